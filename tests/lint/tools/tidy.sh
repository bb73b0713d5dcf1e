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
# These guess at what an earlier state or another file has made sure of; the sanitizers, which know, watch
# for the same at run time.
checks="$checks,-clang-analyzer-core.NonNullParamChecker,-clang-analyzer-core.NullDereference"
checks="$checks,-clang-analyzer-core.CallAndMessage,-clang-analyzer-core.UndefinedBinaryOperatorResult"
export checks

# One file at a time: one that breaks it takes no other along.
# shellcheck disable=SC2016
printf '%s\n' lib/*/*.c | xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN || echo 1)" sh -c '
	clang-tidy --quiet --checks="$checks" --warnings-as-errors="*" "$1" -- \
		-std=c11 -Iinclude -Ilib 2>/dev/null' tidy
