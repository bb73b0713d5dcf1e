#!/bin/sh
# SPDX-License-Identifier: MIT
# C11 and nothing beyond: lib/ and include/, copied into an empty directory, compile in one command with each
# compiler that is installed, which is told to refuse extensions.  Run from the top of the tree; BUILD may be set.
set -eu

failed=0
for cc in gcc clang tcc; do
	if ! command -v $cc >/dev/null 2>&1; then
		echo "$cc is not installed"
		continue
	fi
	flags='-std=c11 -Wall -Werror -D_POSIX_C_SOURCE=200809L -D__attribute__(x)='
	[ $cc = tcc ] || flags="$flags -Wextra -pedantic-errors"
	CC="$cc $flags" sh tests/lint/embed.sh || failed=1
done
exit $failed
