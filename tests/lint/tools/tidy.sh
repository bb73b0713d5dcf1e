#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy over the library, with the checks of .clang-tidy.  Run from the top of the tree.
set -eu

if ! command -v clang-tidy >/dev/null 2>&1; then
	echo "clang-tidy is not installed"
	exit 77
fi
# One file at a time: one that breaks it takes no other along.
# shellcheck disable=SC2016
printf '%s\n' lib/*/*.c | xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN || echo 1)" sh -c '
	clang-tidy --quiet "$1" -- -std=c11 -Iinclude -Ilib 2>/dev/null' tidy
