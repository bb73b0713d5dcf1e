#!/bin/sh
# SPDX-License-Identifier: MIT
# Every member of the tables that a store fills in stands in tests/storecheck/members.h, which says how the
# conformance kit would notice a mistake in it; of the configuration, every callback.  A structure with
# callbacks that is new is one of them, or is named here as something else.  Run from the top of the tree;
# BUILD may be set.
set -eu

dir=${BUILD:-build}/lint/members
mkdir -p "$dir"

# Members of the structures in the headers, without comments, as "table member".
cat include/imapsrv/*.h | awk '
{
	line = $0
	while (1) {
		if (inside) {
			if (!(end = index(line, "*/")))
				break
			line = substr(line, end + 2)
			inside = 0
		}
		if (!(begin = index(line, "/*"))) {
			print line
			break
		}
		printf "%s", substr(line, 1, begin - 1)
		line = substr(line, begin + 2)
		inside = 1
	}
}' | awk '
BEGIN {
	n = split("store mailboxes watch metadata quota annotate acl sasl urlauth language config", names, " ")
	for (i = 1; i <= n; i++)
		table["imapsrv_" names[i]] = names[i]
	# No store: memory, the hub, the files of the ledger, the kit itself.
	n = split("allocator hub_config ledger_io storecheck", names, " ")
	for (i = 1; i <= n; i++)
		other["imapsrv_" names[i]] = 1
}
/^struct imapsrv_[a-z_]+ \{/ { name = $2; on = (name in table) ? table[name] : ""; next }
/^\}/ { on = name = "" }
!on && /\(\*[a-z_]+\)\(/ && name != "" && !(name in other) { print "table", name }
!on { next }
match($0, /\(\*[a-z_]+\)\(/) { print on, substr($0, RSTART + 2, RLENGTH - 4); next }
on != "config" && match($0, /[a-z_]+;/) {
	name = substr($0, RSTART, RLENGTH - 1)
	if (name != "size" && $0 !~ /^\t\t/)
		print on, name
}' | LC_ALL=C sort >"$dir/headers"
[ "$(wc -l <"$dir/headers")" -gt 60 ] || { echo "members are not found in the headers"; exit 1; }

sed -n 's/^	[A-Z]*(\([a-z]*\), \([a-z_]*\)[,)].*/\1 \2/p' tests/storecheck/members.h |
	LC_ALL=C sort >"$dir/list"
if ! cmp -s "$dir/headers" "$dir/list"; then
	echo "the headers (-) and tests/storecheck/members.h (+) differ:"
	diff "$dir/headers" "$dir/list" | sed -n 's/^</-/p; s/^>/+/p'
	exit 1
fi
