#!/bin/sh
# SPDX-License-Identifier: MIT
# All of `make check` but those lints that look at the source alone, built for one target in a directory of its
# own.  tests/portable/cmocka.h stands in for cmocka, which few targets have.  The arguments are a
# name and what make is told.  Run from the top of the tree; BUILD and MAKE may be set.
set -eu

build=${BUILD:-build}/portable/$1
shift
# Anew each time: objects that other flags have made do not go with ours.
rm -rf "$build"
mkdir -p "$build"
log=$build/check.log
# TEST_TIMEOUT comes in as the time of a whole target; here it is that of one test, emulated at the worst.
TEST_TIMEOUT=1800 ${MAKE:-make} --no-print-directory -j"$(getconf _NPROCESSORS_ONLN)" BUILD="$build" \
	CMOCKA= CPPFLAGS=-Itests/portable CFLAGS=-O2 WERROR= \
	LINTS="tests/lint/headers.sh tests/lint/embed.sh tests/lint/libc.sh tests/lint/exports.sh \
tests/lint/examples.sh" "$@" check >"$log" 2>&1 || true
grep -E '(warning|error): ' "$log" | sort -u | head -n 20
grep -v '^ok ' "$log" | grep -A 40 -E '^(FAIL|skip|make)' | head -n 200 || true
# What a test could not try says so in its own log.
grep -hE '^(not here: |\[ +SKIPPED \] [a-z])' "$build"/logs/*.log | sort -u || true
if ! grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | sed 's/^/check: /' | grep .; then
	echo "it did not come to its end: see $log"
	exit 1
fi
grep -q ' passed, 0 failed$' "$log"
