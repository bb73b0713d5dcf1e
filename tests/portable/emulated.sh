#!/bin/sh
# SPDX-License-Identifier: MIT
# A compiler for another machine, whose programs start by name: each that it links is put beside a script
# of its name that has an emulator run it.  TARGET_CC is the compiler, EMULATOR a user emulator of QEMU with its
# options; the arguments are the compiler's.
set -eu

$TARGET_CC "$@"
program=
links=1
while [ $# -gt 0 ]; do
	case $1 in
	-c | -S | -E | -shared | -print-* | -dump* | --version) links= ;;
	-o)
		program=$2
		shift
		;;
	esac
	shift
done
[ -n "$links" ] && [ -f "$program" ] || exit 0
target=$(cd "$(dirname "$program")" && pwd)/${program##*/}.target
mv "$program" "$target"
cat >"$program" <<END
#!/bin/sh
exec $EMULATOR -0 "\$0" "$target" "\$@"
END
chmod +x "$program"
