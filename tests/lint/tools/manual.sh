#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages are sound mdoc.  Run from the top of the tree.
set -eu

if ! command -v mandoc >/dev/null 2>&1; then
	echo "mandoc is not installed"
	exit 77
fi
mandoc -Tlint -Wwarning man/*.[1-9]
