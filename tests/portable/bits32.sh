#!/bin/sh
# SPDX-License-Identifier: MIT
# Where pointers and size_t have 32 bits.  Run from the top of the tree; CC and BUILD may be set.
set -eu

dir=${BUILD:-build}/portable
mkdir -p "$dir"
printf '#include <errno.h>\nint main(void)\n{\n\treturn sizeof(void *) != 4;\n}\n' >"$dir/pointers.c"
for cc in "${CC:-cc} -m32" i686-linux-gnu-gcc; do
	if $cc -o "$dir/pointers" "$dir/pointers.c" 2>/dev/null && "$dir/pointers"; then
		exec sh tests/portable/target.sh bits32 CC="$cc"
	fi
done
echo "no compiler makes 32-bit programs that run here (gcc-multilib, or i686-linux-gnu-gcc and its libc)"
exit 77
