#!/bin/sh
# SPDX-License-Identifier: MIT
# What hosts can do wrong (tests/unit/t_hostile_*.c): no callback of a session and no answer to one is left out.
# Run from the top of the tree.  (The callbacks of the ledger, the hub and the kit have no session, and tests of
# their own.)
set -eu

headers=
for header in include/imapsrv/*.h; do
	case ${header##*/} in
	ledger.h | hub.h | storecheck.h | types.h) ;;
	*) headers="$headers $header" ;;
	esac
done
world=tests/unit/hostiling.h
failed=0
complain() {
	echo "$1"
	failed=1
}

# Answers: each to every question, and what can be wrong with each by itself.
# shellcheck disable=SC2086,SC2013
for answer in $(sed -n 's/^IMAPSRV_API int imapsrv_op_\([a-z_]*\)(.*/\1/p' $headers); do
	grep -q "^	A($answer, " tests/unit/t_hostile_ops.c || complain "t_hostile_ops.c does not give imapsrv_op_$answer"
	[ "$answer" = "done" ] && continue # test_codes of the same file
	grep -q "\"imapsrv_op_$answer\"" tests/unit/t_hostile_[a-npq-z]*.c ||
		complain "no t_hostile_*.c spoils imapsrv_op_$answer"
done

# Callbacks: with an op they are questions, without they are hooks.
# shellcheck disable=SC2086
callbacks=$(awk '
/^struct imapsrv_[a-z]* \{/ { table = substr($2, 9) }
/\(\*[a-z_]*\)\(void \*user/ {
	member = $0
	sub(/.*\(\*/, "", member)
	sub(/\).*/, "", member)
	print (/struct imapsrv_op \*op/ ? "question" : "hook"), table, member
}' $headers)
echo "$callbacks" | grep -q '^question store fetch$' || complain "the headers are not as this script knows them"
while read -r kind table member; do
	case $kind/$member in
	question/cancel | hook/*)
		grep -qE "(\.$member = on_|\"$member\")" "$world" tests/unit/t_hostile_hooks.c ||
			complain "nobody meddles in $table.$member"
		;;
	*)
		grep -q "^	Q([A-Z_]*, $table, $member, " "$world" || complain "$world does not have $table.$member"
		;;
	esac
done <<EOF
$callbacks
EOF
exit $failed
