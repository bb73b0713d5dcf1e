#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs tests and counts them, JOBS (1) of them at a time.  Each argument is a command; what it printed is in
# LOGS/NAME.log and is shown when it fails.  The number of tests in it comes from cmocka's summary, or from a
# last line like "scripts: 12 passed, 0 failed"; anything else is one test.  Exit status 77 means that it could
# not run here.  A command that takes longer than TEST_TIMEOUT seconds (600) has failed.
# Usage: run.sh LOGS COMMAND...
set -u

logs=$1
shift
jobs=${JOBS:-1}
mkdir -p "$logs"
turns=$(mktemp -d "$logs/turns.XXXXXX") || exit 1
trap 'rm -rf "$turns"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
skipped=0

limit=
if command -v timeout >/dev/null 2>&1; then
	limit="timeout ${TEST_TIMEOUT:-600}"
fi

# "src/a b/t_x.sh arguments" -> "t_x"
name_of() {
	name=
	for word in $1; do
		case $word in
		sh | env | *=*) continue ;;
		esac
		name=${word##*/}
		break
	done
	printf '%s' "${name%.sh}"
}

count() { # log: sets good and bad
	good=0
	bad=0
	if grep -q '^\[==========\]' "$1"; then
		good=$(sed -n 's/^\[  PASSED  \] \([0-9][0-9]*\) test(s).*/\1/p' "$1" | awk '{ n += $1 } END { print n + 0 }')
		bad=$(sed -n 's/^\[  FAILED  \] \([0-9][0-9]*\) test(s).*/\1/p' "$1" | awk '{ n += $1 } END { print n + 0 }')
	else
		last=$(tail -n 1 "$1" | sed -n 's/^[a-z ]*: \([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed.*/\1 \2/p')
		if [ -n "$last" ]; then
			good=${last% *}
			bad=${last#* }
		fi
	fi
}

report() { # command status
	name=$(name_of "$1")
	log=$logs/$name.log
	if [ "$2" -eq 77 ]; then
		skipped=$((skipped + 1))
		echo "skip  $name: $(tail -n 1 "$log")"
		return
	fi
	count "$log"
	[ "$2" -ne 124 ] || echo "it took too long" >>"$log"
	if [ "$((good + bad))" -eq 0 ] && [ "$2" -eq 0 ]; then
		good=1
	elif [ "$bad" -eq 0 ] && [ "$2" -ne 0 ]; then
		bad=1
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" -eq 0 ]; then
		echo "ok    $name ($good)"
		return
	fi
	echo "FAIL  $name ($bad failed, $good passed, exit status $2): $1"
	grep -v -e '^\[ RUN ' -e '^\[       OK ' "$log" | tail -n 40 | sed 's/^/      | /'
}

# Takes the commands that no other worker has taken (a directory is made by one of them only), and tells
# the number and the exit status of each.
work() {
	n=0
	for command in "$@"; do
		n=$((n + 1))
		mkdir "$turns/$n" 2>/dev/null || continue
		sh -c "exec $limit $command" >"$logs/$(name_of "$command").log" 2>&1 </dev/null
		echo "$n $?"
	done
}

mkfifo "$turns/done" || exit 1
(
	while [ "$jobs" -gt 0 ]; do
		work "$@" &
		jobs=$((jobs - 1))
	done
	wait
) >"$turns/done" &

left=$#
while read -r n status; do
	eval "report \"\${$n}\" $status"
	left=$((left - 1))
done <"$turns/done"

if [ $left -ne 0 ]; then
	echo "FAIL  $left of $# were not run to their end"
	failed=$((failed + left))
fi
[ $skipped -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
