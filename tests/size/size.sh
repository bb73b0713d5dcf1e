#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: CC=cc CFLAGS=... BUILD=DIR size.sh
#
# What the library adds to a static program, stripped and linked with --gc-sections: to one that uses as
# little of it as one can (least.c), and to one that takes the address of every public function.  The
# linker's map says which sections of libimapsrv.a were kept: libc and its iconv are not counted.
set -e
dir=$BUILD/size
mkdir -p "$dir"

{
	echo '#include <imapsrv.h>'
	echo 'typedef void function(void);'
	echo 'function *volatile all[] = {'
	sed -n 's/^imapsrv_.*/	(function *)&,/p' tests/lint/exports
	echo '};'
	echo 'int main(void) { return all[0] == all[1]; }'
} > "$dir/everything.c"
cp tests/size/least.c "$dir/least.c"

printf '%-12s %9s %9s %9s %9s %9s\n' program code constants data unwinding file
for program in least everything; do
	# shellcheck disable=SC2086
	$CC -std=c11 -Iinclude $CFLAGS -w -ffunction-sections -static -s $LDFLAGS -Wl,--gc-sections \
	    -Wl,-Map="$dir/$program.map" -o "$dir/$program" "$dir/$program.c" "$BUILD/libimapsrv.a"
	file=$(($(wc -c < "$dir/$program")))
	awk -v program="$program" -v file="$file" '
	function number(hex, i, n) {
		n = 0
		for (i = 3; i <= length(hex); i++)
			n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
		return n
	}
	/^Linker script and memory map/ { kept = 1 }
	!kept { next }
	/^ \./ { section = $1 }
	/libimapsrv\.a\(/ {
		# "section address size file", or the section on a line of its own before
		size = number(NF > 3 ? $3 : $2)
		kind = section ~ /^\.text/ ? 1 : section ~ /^\.rodata/ ? 2 : \
		       section ~ /^\.(data|bss)/ ? 3 : section ~ /^\.eh_frame/ ? 4 : 0
		sum[kind] += size
	}
	END {
		printf "%-12s %9d %9d %9d %9d %9d\n", program, sum[1], sum[2], sum[3], sum[4], file
	}' "$dir/$program.map"
done
