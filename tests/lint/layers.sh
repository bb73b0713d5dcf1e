#!/bin/sh
# SPDX-License-Identifier: MIT
# The rooms of lib/ stand one above the other, and a file includes only from its own room and from
# lower ones.  Public headers include only public headers.  Run from the top of the tree.
set -eu

awk '
BEGIN {
	n = split("base wire message search mailbox notify session command", order, " ")
	for (i = 1; i <= n; i++)
		rank[order[i]] = i
	# These stand beside the others.
	only["ledger", "ledger"] = only["ledger", "base"] = 1
	only["storecheck", "storecheck"] = only["storecheck", "base"] = 1
}
FNR == 1 {
	split(FILENAME, path, "/")
	public = path[1] == "include"
	room = path[2]
	if (!public && !(room in rank) && !((room, room) in only))
		complain("lib/" room " is not a room")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	match($0, /"[^"]*"/)
	name = substr($0, RSTART + 1, RLENGTH - 2)
	if (name ~ /^imapsrv\// || name == "imapsrv.h")
		next
	if (public) {
		complain("a public header includes \"" name "\"")
		next
	}
	if (split(name, to, "/") != 2) {
		complain("\"" name "\" does not name its room")
		next
	}
	if ((to[1] in rank) && (room in rank) && rank[to[1]] <= rank[room])
		next
	if ((room, to[1]) in only)
		next
	complain(room " must not include from " to[1] ": \"" name "\"")
}
function complain(what) {
	print FILENAME ":" FNR ": " what
	failed = 1
}
END { exit failed }
' include/*.h include/imapsrv/*.h lib/*/*.[ch]
