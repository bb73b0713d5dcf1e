#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs tests and counts them.  Each argument is a command; what it printed is in LOGS/NAME.log and is
# shown when it fails.  The number of tests in it comes from cmocka's summary, or from a last line like
# "scripts: 12 passed, 0 failed"; anything else is one test.  Exit status 77 means that it could not run here.
# A command that takes longer than TEST_TIMEOUT seconds (600) has failed.
# Usage: run.sh LOGS COMMAND...
set -u

logs=$1
shift
mkdir -p "$logs"
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

for command in "$@"; do
	name=$(name_of "$command")
	log=$logs/$name.log
	sh -c "exec $limit $command" >"$log" 2>&1 </dev/null
	status=$?
	if [ $status -eq 77 ]; then
		skipped=$((skipped + 1))
		echo "skip  $name: $(tail -n 1 "$log")"
		continue
	fi
	count "$log"
	[ $status -ne 124 ] || echo "it took too long" >>"$log"
	if [ "$((good + bad))" -eq 0 ] && [ $status -eq 0 ]; then
		good=1
	elif [ "$bad" -eq 0 ] && [ $status -ne 0 ]; then
		bad=1
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" -eq 0 ]; then
		echo "ok    $name ($good)"
		continue
	fi
	echo "FAIL  $name ($bad failed, $good passed, exit status $status): $command"
	grep -v -e '^\[ RUN ' -e '^\[       OK ' "$log" | tail -n 40 | sed 's/^/      | /'
done

[ $skipped -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
