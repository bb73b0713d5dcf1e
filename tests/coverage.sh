#!/bin/sh
# SPDX-License-Identifier: MIT
# Sums up what a run of programs that were built with --coverage has reached in lib/: lines and branches of
# each room, then every line that was never reached.  Lines that nothing can reach are explained in
# tests/COVERAGE, which says how; what stands there and was reached after all is named as well.  Fails if there
# is a line that was neither reached nor explained, or if fewer than 95 % of all branches were taken.
# Usage: coverage.sh BUILD, from the top of the tree; GCOV may be set.
set -eu

build=$1
gcov=${GCOV:-gcov}
dir=$build/gcov
if ! command -v "$gcov" >/dev/null 2>&1; then
	echo "$gcov is not installed"
	exit 77
fi
top=$PWD
build=$(cd "$build" && pwd)
rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"
for source in "$top"/lib/*/*.c; do
	name=${source#"$top/"}
	object=$build/${name%.c}
	# Seen from the top of the tree, where it was compiled; one text for each source, inline
	# functions of headers aside.
	(cd "$top" && "$gcov" --branch-probabilities --stdout "$object.gcno" 2>/dev/null) |
		awk -v source="$name" '
		/^ *-: *0:Source:/ { on = substr($0, index($0, "Source:") + 7) == source }
		on' >"$(printf '%s' "$name" | tr / -).gcov"
done
cd "$top"

awk -v explained=tests/COVERAGE '
function trim(text) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}
function part(n, all) {
	return all ? sprintf("%6.2f %% of %6d", 100 * n / all, all) : "none"
}
BEGIN {
	while ((getline line <explained) > 0) {
		if (line !~ /^lib\/[^:]*: /)
			continue
		at = index(line, ": ")
		known[substr(line, 1, at - 1), trim(substr(line, at + 2))] = 0
	}
}
/^ *-: *0:Source:/ {
	file = $0
	sub(/^ *-: *0:Source:/, "", file)
	split(file, path, "/")
	room = path[2]
	if (!(room in lines))
		rooms[++count] = room
	next
}
/^ *(-|[0-9]+\*?|#####|=====): *[0-9]+:/ {
	at = index($0, ":")
	times = trim(substr($0, 1, at - 1))
	rest = substr($0, at + 1)
	at = index(rest, ":")
	if (times == "-" || trim(substr(rest, 1, at - 1)) == 0)
		next
	before = code
	code = trim(substr(rest, at + 1))
	both = before " " code
	dead = times ~ /^[#=]/
	lines[room]++
	if (!dead) {
		reached[room]++
	} else if ((file, code) in known) {
		known[file, code]++
		told[room]++
	} else if ((file, both) in known) {
		known[file, both]++
		told[room]++
	} else {
		missing[++misses] = file ":" trim(substr(rest, 1, at - 1)) ": " code
	}
	next
}
/^branch / {
	if (dead)
		next
	branches[room]++
	if ($0 !~ /taken 0%|never executed/)
		taken[room]++
}
END {
	printf "%-11s %-20s %-20s %s\n", "room", "lines", "branches", "explained lines"
	for (i = 1; i <= count; i++) {
		r = rooms[i]
		printf "%-11s %s  %s  %d\n", r, part(reached[r], lines[r]), part(taken[r], branches[r]), told[r]
		l += lines[r]; lr += reached[r]; b += branches[r]; bt += taken[r]; t += told[r]
	}
	printf "%-11s %s  %s  %d\n", "lib", part(lr, l), part(bt, b), t
	if (misses)
		print "\nnever reached:"
	for (i = 1; i <= misses; i++)
		print missing[i]
	for (k in known) {
		if (known[k])
			continue
		split(k, words, SUBSEP)
		print "tests/COVERAGE explains what was reached, or is not there: " words[1] ": " words[2]
	}
	printf "\n%d lines never reached and not explained\n", misses
	few = 100 * bt < 95 * b
	if (few)
		print "fewer than 95 % of branches were taken"
	exit misses || few
}' "$dir"/*.gcov
