#!/bin/sh
# SPDX-License-Identifier: MIT
# A big-endian machine, emulated: s390x.  With the library that comes with the cross compiler there are no
# charsets beyond the library's own, which the tests pass over; with that of the machine itself, a foreign
# package, there are.  Run from the top of the tree; BUILD, EMULATED_BUDGET (of script-run) and
# EMULATED_HISTORIES (of the simulators) may be set.
set -eu

for tool in s390x-linux-gnu-gcc qemu-s390x; do
	if ! command -v $tool >/dev/null 2>&1; then
		echo "$tool is not installed"
		exit 77
	fi
done
export TARGET_CC=s390x-linux-gnu-gcc EMULATOR=qemu-s390x
[ -e /lib/ld64.so.1 ] || EMULATOR="qemu-s390x -L /usr/s390x-linux-gnu"
# Emulated, everything takes ten times as long: the kinds of tests are the same, but there are fewer of each.
budget=${EMULATED_BUDGET:-2}
histories=${EMULATED_HISTORIES:-500}
echo "each script is cut and faulted at $budget points of each kind, each simulator has $histories histories"
exec sh tests/portable/target.sh bigendian CC="sh $PWD/tests/portable/emulated.sh" \
	SCRIPT_FLAGS="--budget $budget" SIM_CHECK="$histories"
