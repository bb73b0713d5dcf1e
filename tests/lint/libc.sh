#!/bin/sh
# SPDX-License-Identifier: MIT
# The library computes and does nothing else.  Of libc it uses only what is listed here, memory comes from
# base/mem.c alone, and it has no writable global: nothing that a thread, a locale, a clock or another
# user of the process could disturb.  Run from the top of the tree; CC and BUILD may be set.
set -eu

cc=${CC:-cc}
dir=${BUILD:-build}/lint/libc
rm -rf "$dir"
mkdir -p "$dir"
# Those of the compiler's target.
nm=$($cc -print-prog-name=nm)
size=$($cc -print-prog-name=size)
failed=0

headers='limits\.h|stdarg\.h|stdalign\.h|stdbool\.h|stddef\.h|stdint\.h|string\.h|iconv\.h'
if grep -nE '^[ \t]*#[ \t]*include[ \t]*<' lib/*/*.[ch] |
	grep -vE "<($headers)>" | grep -v '^lib/base/mem\.c:.*<stdlib\.h>'; then
	echo "these system headers are not for lib/"
	failed=1
fi
# What a macro or the compiler may hide from the symbol table.
if grep -nE '(^|[^A-Za-z0-9_])(alloca|strcpy|strcat|sprintf|vsprintf|strtok|strncpy|setjmp|longjmp|errno|_Thread_local|__thread)[ \t]*\(?' \
	lib/*/*.[ch] | grep -vE ':[0-9]+:[ \t]*(/?\*|//)' | grep -E '(alloca|strcpy|strcat|sprintf|vsprintf|strtok|strncpy|setjmp|longjmp)[ \t]*\(|errno|_Thread_local|__thread'; then
	echo "these are not for lib/"
	failed=1
fi

allowed='memchr|memcmp|memcpy|memmove|memset|strchr|strcmp|strlen|strncmp'
allowed="$allowed|iconv|iconv_open|iconv_close"
# What a compiler may add by itself.
allowed="$allowed|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|bcmp"
# Its own division, where a machine has none of 64 bits.
allowed="$allowed|__u?(div|mod)di3|__u?divmoddi4"
for source in lib/*/*.c; do
	name=$(printf '%s' "${source#lib/}" | tr / _)
	object=$dir/${name%.c}.o
	# -fPIC puts constant tables that hold addresses where an embedder's shared library has them.
	$cc -std=c11 -O1 -fPIC -fdata-sections -Iinclude -Ilib -c -o "$object" "$source"
	also='isrv_[a-z0-9_]*|imapsrv_[a-z0-9_]*'
	[ "$source" = lib/base/mem.c ] && also="$also|malloc|realloc|free"
	if $nm -u "$object" | awk '{ print $NF }' | sed 's/@.*//' | grep -vxE "$allowed|$also" >"$dir/found"; then
		sed "s|^|$source: must not use |" "$dir/found"
		failed=1
	fi
	# .data.rel.ro is read-only once the loader is done with it.
	if $size -A -d "$object" | awk '$2 > 0 && $1 ~ /^\.(data|bss|tdata|tbss)/ &&
	    $1 !~ /^\.data\.rel\.ro/ { print $1 }' | grep . >"$dir/found"; then
		sed "s|^|$source: writable: |" "$dir/found"
		failed=1
	fi
done
exit $failed
