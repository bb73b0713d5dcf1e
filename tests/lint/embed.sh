#!/bin/sh
# SPDX-License-Identifier: MIT
# The library can be used by copying lib/ and include/ and nothing else: it compiles in one command, without
# this Makefile, and what comes out works.  Run from the top of the tree; CC and BUILD may be set.
set -eu

cc=${CC:-cc}
dir=${BUILD:-build}/lint/embed
rm -rf "$dir"
mkdir -p "$dir"
cp -R lib include "$dir"
cp examples/minimal.c "$dir"
cd "$dir"
$cc -Iinclude -Ilib -o minimal minimal.c lib/*/*.c
answer=$(printf 'a select inbox\r\nb logout\r\n' | ./minimal | tr -d '\r')
case $answer in
*"a OK [READ-WRITE]"*"b OK"*) ;;
*)
	echo "the minimal example answered: $answer"
	exit 1
	;;
esac
