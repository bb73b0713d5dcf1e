#!/bin/sh
# SPDX-License-Identifier: MIT
# A big-endian machine, emulated: s390x.  With the library that comes with the cross compiler there are no
# charsets beyond the library's own, which the tests pass over; with that of the machine itself, a foreign
# package, there are.  Run from the top of the tree; BUILD may be set.
set -eu

for tool in s390x-linux-gnu-gcc qemu-s390x; do
	if ! command -v $tool >/dev/null 2>&1; then
		echo "$tool is not installed"
		exit 77
	fi
done
export TARGET_CC=s390x-linux-gnu-gcc EMULATOR=qemu-s390x
[ -e /lib/ld64.so.1 ] || EMULATOR="qemu-s390x -L /usr/s390x-linux-gnu"
# Emulated, a script takes ten times as long: it is cut and faulted at fewer places.
exec sh tests/portable/target.sh bigendian CC="sh $PWD/tests/portable/emulated.sh" \
	SCRIPT_FLAGS='--budget 2'
