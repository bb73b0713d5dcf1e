#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy over the library, with a short list: checks that find faults, not tastes.  Run from the top of
# the tree.
set -eu

if ! command -v clang-tidy >/dev/null 2>&1; then
	echo "clang-tidy is not installed"
	exit 77
fi
checks='-*,clang-analyzer-*'
checks="$checks,bugprone-assignment-in-if-condition,bugprone-infinite-loop,bugprone-macro-parentheses"
checks="$checks,bugprone-misplaced-widening-cast,bugprone-redundant-branch-condition"
checks="$checks,bugprone-signed-char-misuse,bugprone-sizeof-expression,bugprone-suspicious-memset-usage"
checks="$checks,bugprone-suspicious-semicolon,bugprone-suspicious-string-compare"
checks="$checks,bugprone-unused-return-value,misc-redundant-expression,misc-static-assert"
checks="$checks,readability-misleading-indentation"
# It wants memcpy_s, which libc has not.
checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
# It does not know that a span without octets has no address; the sanitizers watch that.
checks="$checks,-clang-analyzer-core.NonNullParamChecker"
# In wire/ a failure is what isrv_rd_fail returns, false always, but out of the analyzer's sight.
wire='-clang-analyzer-core.CallAndMessage,-clang-analyzer-core.NullDereference'

failed=0
# One at a time: a file that breaks it takes no other along.
for source in lib/*/*.c; do
	these=$checks
	[ "${source#lib/wire/}" = "$source" ] || these=$checks,$wire
	clang-tidy --quiet --checks="$these" --warnings-as-errors='*' "$source" -- \
		-std=c11 -Iinclude -Ilib 2>/dev/null || failed=1
done
exit $failed
