#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck over the library.  Run from the top of the tree; BUILD may be set.
set -eu

if ! command -v cppcheck >/dev/null 2>&1; then
	echo "cppcheck is not installed"
	exit 77
fi
dir=${BUILD:-build}/lint/cppcheck
mkdir -p "$dir"
# Suppressed: what it cannot know without the system's headers, and a loop that it does not follow.
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
	--error-exitcode=1 --cppcheck-build-dir="$dir" --suppress=missingIncludeSystem \
	--suppress=nullPointerRedundantCheck:lib/command/list_tree.c \
	-Iinclude -Ilib lib
