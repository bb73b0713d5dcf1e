#!/bin/sh
# SPDX-License-Identifier: MIT
# Instructions per unit of work, counted by callgrind: the difference of two runs, so that start-up does
# not count.  Usage: count.sh PATH-OF-SESSION-BENCH; the one of messages lies beside it.
bench=$1
if ! command -v valgrind >/dev/null 2>&1; then
	echo "valgrind is not installed: no instruction counts"
	exit 0
fi
total() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" "$1" "$2" 2>&1 |
		sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
count() {
	a=$(total "$2" "$3")
	b=$(total "$2" $(($3 * 2)))
	awk -v what="$1" -v a="$a" -v b="$b" -v n="$3" -v unit="$4" 'BEGIN {
		printf "%-34s %12.2f instructions per %s\n", what, (b - a) / n, unit }'
}
count "NOOP, a million selected" noop 2000 command
count "UID STORE +FLAGS.SILENT" store 2000 command
count "FETCH of one message's facts" fetch1 2000 command
count "UID SEARCH" search 2000 command
count "STORE, a search followed" context 2000 command
count "STORE, a SORT followed" "context sorted" 2000 command
count "untagged FETCH FLAGS" flags 20000 response
count "untagged UIDFETCH FLAGS" uidflags 20000 response
count "UIDBATCHES, 100 batches" uidbatches 2000 "two commands"
count "BODY[] of 65536 octets, lent" body 500 message
count "APPEND literal" literal 10000000 octet

bench=${1%/*}/message
count "ENVELOPE BODYSTRUCTURE, read" read-one 500 message
count "  kept: a text" kept-one 500 message
count "  with an attachment" kept-two 500 message
count "  in two forms with one" kept-three 500 message
count "BODY[], pulled" pulled 10000000 octet
count "  with bare LFs" lf 10000000 octet

# A million should cost at most 1.2 times what ten thousand do.
bench=${1%/*}/resync
for changes in 0 100 10000; do
	n=$((changes > 1000 ? 2 : 20))
	for how in "" -compare; do
		for messages in 10000 1000000; do
			count "QRESYNC $messages-$changes$how" "$messages-$changes$how" $n SELECT
		done
	done
done
