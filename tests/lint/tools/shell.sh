#!/bin/sh
# SPDX-License-Identifier: MIT
# The scripts are what their first line says.  Run from the top of the tree.
set -eu

if ! command -v shellcheck >/dev/null 2>&1; then
	echo "shellcheck is not installed"
	exit 77
fi
find tests -name '*.sh' -type f | LC_ALL=C sort | xargs shellcheck
[ ! -e .ci/run ] || shellcheck .ci/run
