#!/bin/sh
# SPDX-License-Identifier: MIT
# All of `make check` but those lints that look at the source alone, built for one target in a directory of its
# own.  tests/portable/cmocka.h stands in for cmocka, which few targets have.  The arguments are a
# name and what make is told.  Run from the top of the tree; BUILD and MAKE may be set.
set -eu

build=${BUILD:-build}/portable/$1
shift
mkdir -p "$build"
# Histories of the simulators: a few, for the sake of the emulated.
${MAKE:-make} BUILD="$build" CMOCKA= CPPFLAGS=-Itests/portable SIM_CHECK=500 WERROR= \
	LINTS='tests/lint/headers.sh tests/lint/embed.sh tests/lint/libc.sh' "$@" check \
	>"$build/check.log" 2>&1 || true
grep -E '(warning|error): ' "$build/check.log" | sort -u | head -n 20
grep -v '^ok ' "$build/check.log" | grep -A 40 -E '^(FAIL|skip|make)' | head -n 200 || true
case $(tail -n 1 "$build/check.log") in
*" passed, 0 failed") ;;
*) status=1 ;;
esac
grep -E '^[0-9]+ passed, [0-9]+ failed$' "$build/check.log" | tail -n 1 | sed 's/^/check: /'
exit "${status:-0}"
