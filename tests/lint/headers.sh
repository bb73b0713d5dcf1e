#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C99, C11 and C++, with every warning an error, and each _INIT
# macro initializes its structure.  Run from the top of the tree; CC, CXX and BUILD may be set.
set -eu

cc=${CC:-cc}
cxx=${CXX:-c++}
dir=${BUILD:-build}/lint/headers
mkdir -p "$dir"

for header in include/imapsrv.h include/imapsrv/*.h; do
	name=${header#include/}
	stem=$(printf '%s' "$name" | tr '/.' '__')
	{
		printf '#include <%s>\n' "$name"
		# Twice, so that the include guard is tried too.
		printf '#include <%s>\n' "$name"
		sed -n 's/^#define \(IMAPSRV_[A-Z_]*\)_INIT.*/\1/p' "$header" | while read -r macro; do
			type=$(printf '%s' "$macro" | tr '[:upper:]' '[:lower:]')
			printf 'void use_%s(struct %s *to);\n' "$type" "$type"
			printf 'void use_%s(struct %s *to)\n{\n' "$type" "$type"
			printf '\tconst struct %s from = %s_INIT;\n\t*to = from;\n}\n' "$type" "$macro"
		done
		printf 'extern int not_empty;\n'
	} >"$dir/$stem.c"
	cp "$dir/$stem.c" "$dir/$stem.cc"
	# A macro that sets only the first members leaves the others zero: that is what it is for.
	flags="-Wall -Wextra -Wno-missing-field-initializers -pedantic -Werror -Iinclude"
	for std in c99 c11; do
		# shellcheck disable=SC2086
		$cc -std=$std $flags -Wstrict-prototypes -c -o "$dir/$stem.o" "$dir/$stem.c"
	done
	command -v "${cxx%% *}" >/dev/null 2>&1 || continue
	# shellcheck disable=SC2086
	$cxx -std=c++11 $flags -c -o "$dir/$stem.o" "$dir/$stem.cc"
done
