#!/bin/sh
# SPDX-License-Identifier: MIT
# No file of 900 lines or more.  Long functions are named, and do not fail.  Run from the top of the tree.
set -eu

# shellcheck disable=SC2016
find lib include examples tests -name '*.[ch]' -type f | LC_ALL=C sort | xargs awk '
FNR == 1 { end_file(); file = FILENAME; begin = 0 }
{ lines = FNR }
# A function body stands between braces in the first column.
/^\{/ { begin = FNR; name = last }
/^\}/ {
	if (begin && FNR - begin - 1 > 80)
		print file ":" begin ": note: " FNR - begin - 1 " lines in one function: " name
	begin = 0
}
/^[A-Za-z_].*\(/ { last = $0 }
function end_file() {
	if (file != "" && lines >= 900) {
		print file ": " lines " lines"
		failed = 1
	}
}
END { end_file(); exit failed }
'
