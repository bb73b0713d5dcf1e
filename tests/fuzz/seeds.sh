#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes inputs of fuzz_session from the scripts: what their clients send, and some of what their hosts do, over
# a store that can do everything; half of them with access control lists.
# Usage: seeds.sh DIRECTORY SCRIPT...
set -eu

dir=$1
shift
mkdir -p "$dir"
LC_ALL=C awk -v dir="$dir" '
function octet(n) {
	printf "%c", n >out
}
# What stands for octets in a line of escapes.
function put_escaped(text,    c) {
	while (text != "") {
		c = substr(text, 1, 1)
		text = substr(text, 2)
		if (c != "\\") {
			printf "%s", c >out
			continue
		}
		c = substr(text, 1, 1)
		text = substr(text, 2)
		if (c == "x") {
			octet(16 * (index(digits, substr(text, 1, 1)) - 1) + index(digits, substr(text, 2, 1)) - 1)
			text = substr(text, 3)
		} else if (c == "0") {
			octet(0)
		} else {
			printf "%s", c == "r" ? "\r" : c == "n" ? "\n" : c == "t" ? "\t" : c >out
		}
	}
}
function act(letter, parameter) {
	octet(255)
	printf "%s", letter >out
	octet(parameter)
}
function finish() {
	if (out != "")
		close(out)
}
BEGIN {
	digits = "0123456789abcdef"
	action["deliver"] = "d"
	action["expunge"] = "x"
	action["flags"] = "f"
	action["hold"] = "h"
	action["release"] = "r"
	action["tick"] = "T"
	action["tls"] = "S"
	action["message"] = "d"
	action["expire"] = "x"
	action["silently"] = "D"
	action["event"] = "e"
	action["access"] = "a"
	action["create"] = "C"
	action["delete"] = "K"
	action["rename"] = "R"
	action["fail"] = "b"
	action["stall"] = "s"
	action["unstall"] = "u"
	action["disconnect"] = "Q"
	action["bye"] = "B"
	action["compress"] = "z"
	action["trim"] = "m"
	action["eof"] = "E"
}
FNR == 1 {
	finish()
	name = FILENAME
	sub(/^.*script\//, "", name)
	sub(/\.txt$/, "", name)
	gsub(/\//, "-", name)
	out = dir "/" name
	# HEAD of fuzz_session.c.
	octet(3); octet(1); octet(246 + 8 * (++count % 2)); octet(128); octet(0)
	session = 0; begun = 0
}
/^host: preauth/ { session += 8 }
/^host: starttls/ { session += 2 }
!begun && /^[CH]/ {
	begun = 1
	octet(session); octet(128); octet(176); octet(8); octet(1)
}
/^C[2-8]?: / {
	sub(/^C[2-8]?: /, "")
	printf "%s\r\n", $0 >out
}
/^C[2-8]?- / {
	sub(/^C[2-8]?- /, "")
	put_escaped($0)
}
/^C[2-8]?= / {
	for (i = 0; i < $2 && i < 1000; i++)
		printf "x" >out
}
/^H: / && $2 in action { act(action[$2], 1 + $3 % 200) }
END { finish() }' "$@"
