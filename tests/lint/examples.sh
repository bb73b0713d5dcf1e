#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples of the manual compile, or stand in examples/minimal.c as they are; what README shows of that
# stands in it too.  The loop of imapsrv_session(3) is tested by tests/unit/t_loop.c.  Run from the top of the tree; CC and BUILD may be set.
set -eu

cc=${CC:-cc}
dir=${BUILD:-build}/lint/examples
rm -rf "$dir"
mkdir -p "$dir"
failed=0

flat() { # without indentation
	sed 's/^[ 	]*//' "$@"
}
minimal=$(flat examples/minimal.c)
is_in_minimal() {
	case $minimal in
	*"$(flat "$1")"*) return 0 ;;
	esac
	return 1
}

# One file for each display under EXAMPLES.
awk -v dir="$dir" '
FNR == 1 { examples = 0; n = 0; name = FILENAME; sub(/.*\//, "", name) }
/^\.Sh/ { examples = /EXAMPLES/ }
examples && /^\.Bd -literal/ { file = dir "/" name "-" ++n; next }
/^\.Ed/ { if (file) close(file); file = "" }
file { gsub(/\\e/, "\\"); sub(/^\\&/, ""); print > file }
' man/*.[37]
for block in "$dir"/*; do
	is_in_minimal "$block" && continue
	{
		printf '#include <%s>\n' errno.h poll.h stdlib.h string.h sys/socket.h unistd.h imapsrv.h
		cat "$block"
	} >"$block.c"
	if ! $cc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wno-unused-function -Werror -Iinclude \
		-c -o "$block.o" "$block.c"; then
		echo "man/${block##*/}: neither compiles nor stands in examples/minimal.c"
		failed=1
	fi
done

case $(flat tests/unit/t_loop.c) in
*"$(flat "$dir"/imapsrv_session.3-1)"*) ;;
*)
	echo "man/imapsrv_session.3: its loop is not the one that tests/unit/t_loop.c tests"
	failed=1
	;;
esac

# Paragraphs of code in README, up to the commands that build it.
sed -n '/^EXAMPLE/,/^With the library installed/p' README | awk -v dir="$dir" '
/^\t/ { if (!code) file = dir "/readme-" ++n; code = 1 }
!/^\t/ { code = 0 }
code { print > file }
'
for block in "$dir"/readme-*; do
	if ! is_in_minimal "$block"; then
		echo "README: this does not stand in examples/minimal.c:"
		cat "$block"
		failed=1
	fi
done
lines=$(wc -l <examples/minimal.c)
if ! grep -q "server in $((lines)) lines" README; then
	echo "README: examples/minimal.c has $((lines)) lines"
	failed=1
fi
[ "$lines" -lt 200 ] || { echo "examples/minimal.c has $((lines)) lines"; failed=1; }
exit $failed
