#!/bin/sh
# SPDX-License-Identifier: MIT
# GCC's own analyzer over the library and the examples.  It runs after the optimizer, so -O2 is part of the
# question.  Run from the top of the tree; GCC may be set.
set -eu

gcc=${GCC:-gcc}
if ! command -v "$gcc" >/dev/null 2>&1; then
	echo "$gcc is not installed"
	exit 77
fi
# It does not see that a table without entries, and nothing else, has no address.
analyzer='-fanalyzer -Wno-analyzer-null-argument -Wno-analyzer-null-dereference'
failed=0
for source in lib/*/*.c examples/*.c examples/*/*.c; do
	# shellcheck disable=SC2086
	$gcc -std=c11 -O2 $analyzer -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
		-Iinclude -Ilib -Werror -c -o /dev/null "$source" || failed=1
done
exit $failed
