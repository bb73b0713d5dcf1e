#!/bin/sh
# SPDX-License-Identifier: MIT
# Another C library, and everything linked statically.  Run from the top of the tree.
set -eu

if ! command -v musl-gcc >/dev/null 2>&1; then
	echo "musl-gcc is not installed"
	exit 77
fi
exec sh tests/portable/target.sh musl CC=musl-gcc LDFLAGS=-static
