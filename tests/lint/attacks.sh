#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/ATTACKS: all its entries are there, each names tests that exist and are run, one of them named after it;
# and no script of tests/script/attack is forgotten.  Run from the top of the tree.
set -eu

list=tests/ATTACKS
failed=0
complain() {
	echo "$1"
	failed=1
}

entries=$(sed -n 's/^\([TR][0-9][0-9]\) .*/\1/p' "$list")
wanted=$(awk 'BEGIN { for (i = 1; i <= 44; i++) printf "T%02d\n", i; for (i = 1; i <= 12; i++) printf "R%02d\n", i }')
[ "$entries" = "$wanted" ] || complain "$list: the entries are T01 to T44 and R01 to R12, in order"

# Does the file run a test of that name?
has_test() {
	case $1 in
	tests/script/runner.c) grep -q "\.name = \"$2\"" "$1" ;;
	*) grep -qE "(cmocka_unit_test[a-z_]*\(|^[ 	]*[A-Z]*\()$2[,)]" "$1" ;;
	esac
}

entry=
named=1
while IFS= read -r line; do
	case $line in
	[TR][0-9][0-9]\ *)
		[ "$named" = 1 ] || complain "$entry: no test is named after it"
		entry=${line%% *}
		named=0
		;;
	'	'*)
		line=${line#?}
		file=${line%% *}
		name=${line#"$file"}
		name=${name# }
		[ -f "$file" ] || { complain "$entry: there is no $file"; continue; }
		[ -z "$name" ] || has_test "$file" "$name" || complain "$entry: $file runs no test $name"
		case $name/${file##*/} in
		"$entry"[_-]* | */"$entry"[_-]*) named=1 ;;
		esac
		;;
	esac
done <"$list"
[ "$named" = 1 ] || complain "$entry: no test is named after it"

for script in tests/script/attack/*.txt; do
	grep -q "	$script\$" "$list" || complain "$list does not name $script"
done
tests=$(sed -n 's/.*cmocka_unit_test(\([TR][0-9][0-9]_[a-z_]*\)).*/\1/p' tests/attack/*.c tests/unit/*.c)
for test in $tests; do
	grep -q " $test\$" "$list" || complain "$list does not name $test"
done
exit $failed
