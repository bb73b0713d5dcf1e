#!/bin/sh
# SPDX-License-Identifier: MIT
# The functions that the headers declare, those that the shared library exports, those that the manual
# names, and those in tests/lint/exports are the same.  Each is in one manual page only.
# Run from the top of the tree; BUILD may be set.
set -eu

build=${BUILD:-build}
dir=$build/lint/exports
mkdir -p "$dir"

# Declarations: IMAPSRV_API, some words, a name, a parenthesis; possibly on more than one line.
cat include/imapsrv/*.h | awk '
	{ gsub(/\/\*[^*]*\*\//, "") }
	/^#/ { next }
	/IMAPSRV_API/ { open = 1 }
	open {
		text = text " " $0
		if (match(text, /imapsrv_[a-z0-9_]*\(/)) {
			print substr(text, RSTART, RLENGTH - 1)
			open = 0
			text = ""
		}
	}' | LC_ALL=C sort >"$dir/headers"

grep -v '^#' tests/lint/exports | LC_ALL=C sort >"$dir/list"

failed=0
same() { # what-a file-a what-b file-b
	if ! cmp -s "$2" "$4"; then
		echo "$1 (-) and $3 (+) differ:"
		diff "$2" "$4" | sed -n 's/^</-/p; s/^>/+/p'
		failed=1
	fi
}

same "the headers" "$dir/headers" "tests/lint/exports" "$dir/list"

so=$build/libimapsrv.so
if [ ! -e "$so" ]; then
	echo "there is no $so: make it first"
	exit 1
fi
# What gcov brings along is not the library's.
nm -D --defined-only "$so" | awk '$2 ~ /[A-Z]/ { sub(/@.*/, "", $3); print $3 }' |
	grep -v '^_' | grep -vx mangle_path | LC_ALL=C sort >"$dir/library"
same "the headers" "$dir/headers" "$so" "$dir/library"

# NAME sections: the page itself, then ".Nm name ," up to .Nd
awk 'FNR == 1 { on = 0; page = FILENAME; gsub(/.*\/|\.3$/, "", page) }
	/^\.Sh NAME/ { on = 1; next }
	/^\.Nd/ || /^\.Sh/ { on = 0 }
	on && /^\.Nm/ && $2 != page { print $2 }' man/*.3 | LC_ALL=C sort >"$dir/manual"
uniq -d "$dir/manual" | sed 's/$/ is in more than one NAME of man/'
same "the headers" "$dir/headers" "man/*.3" "$dir/manual"
exit $failed
