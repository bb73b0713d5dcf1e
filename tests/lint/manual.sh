#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual says what the headers say: every member and constant of a public structure or enumeration
# is named in it, structures that it shows are those of the headers, every limit stands there with its
# default, and every capability with what it takes.  Its lines have 80 columns at most, but for code.
# Run from the top of the tree; BUILD may be set.
set -eu

dir=${BUILD:-build}/lint/manual
mkdir -p "$dir"
failed=0
complain() { # of each line of a file
	if [ -s "$1" ]; then
		sed "s|^|$2: |" "$1"
		failed=1
	fi
}

# The headers without comments.
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
}' >"$dir/headers"
# A backslash before a minus sign is the manual's own.
cat man/*.[37] | sed 's/\\-/-/g' >"$dir/man"
tr -c 'A-Za-z0-9_' '\n' <"$dir/man" | LC_ALL=C sort -u >"$dir/words"

awk '
/^(struct|enum) imapsrv_[a-z_]+ \{/ { in_enum = $1 == "enum"; in_struct = !in_enum; next }
/^\}/ { in_enum = in_struct = 0 }
in_enum {
	while (match($0, /IMAPSRV_[A-Z0-9_]+/)) {
		print substr($0, RSTART, RLENGTH)
		$0 = substr($0, RSTART + RLENGTH)
		sub(/^[^,]*/, "")
	}
}
in_struct && match($0, /\(\*[a-z_]+\)/) { print substr($0, RSTART + 2, RLENGTH - 3); next }
in_struct && match($0, /[a-z_0-9]+(\[[^]]*\])?;/) {
	name = substr($0, RSTART, RLENGTH)
	sub(/[[;].*/, "", name)
	print name
}' "$dir/headers" | LC_ALL=C sort -u >"$dir/names"
[ "$(wc -l <"$dir/names")" -gt 300 ] || { echo "members are not found in the headers"; failed=1; }
LC_ALL=C comm -23 "$dir/names" "$dir/words" >"$dir/missing"
complain "$dir/missing" "not in man/*.[37]"

# Structures that are shown, with no space in them.
tr -d ' \t\n' <"$dir/headers" >"$dir/flat"
awk -v flat="$dir/flat" '
BEGIN { getline all <flat }
/^struct imapsrv_[a-z_]+ \{$/ { text = ""; what = $2; open = 1 }
open { text = text $0 }
open && /^\};/ {
	open = 0
	gsub(/[ \t]/, "", text)
	if (!index(all, text))
		print FILENAME ": struct " what
}' man/*.[37] >"$dir/shown"
complain "$dir/shown" "not as in the headers"

# Limits: ".It Va name Pq value" against the defaults.
sed -n 's/^	DEFAULT(\([a-z_]*\), \(.*\));$/\1 \2/p' lib/base/limits.c | awk '
{
	name = $1
	sub(/^[a-z_]+ /, "")
	gsub(/\(size_t\)|UINT64_C|[()u]/, "")
	print name, $2 == "<<" ? $1 * 2 ^ $3 : $1
}' | LC_ALL=C sort >"$dir/defaults"
sed -n 's/^\.It Va \([a-z_]*\) Pq /\1 /p' man/imapsrv_engine.3 | awk '
{
	gsub(/,|Dv /, "")
	print $1, $3 == "KiB" ? $2 * 1024 : $3 == "MiB" ? $2 * 1048576 : $2
}' | LC_ALL=C sort >"$dir/told"
diff "$dir/defaults" "$dir/told" >"$dir/limits" || true
complain "$dir/limits" "defaults of lib (<) and man/imapsrv_engine.3 (>)"

# Capabilities: each is a word of the first column of the table.
sed -n '/^\.Ss Capabilities/,/^\.Ss/s/^\.It \(.*\) Ta .*/\1/p' man/imapsrv.7 |
	sed 's/\\-/-/g' | tr -s ', ' '\n' | LC_ALL=C sort -u >"$dir/rows"
sed -n 's/.*\.name = "\([^"][^"]*\)".*/\1/p' lib/session/caps_table.c | LC_ALL=C sort -u >"$dir/caps"
[ -s "$dir/caps" ] || { echo "no capability is found in lib/session/caps_table.c"; failed=1; }
LC_ALL=C comm -23 "$dir/caps" "$dir/rows" >"$dir/missing"
complain "$dir/missing" "not in the table of man/imapsrv.7"

# And the other way: nothing stands there that the library does not say, nor in both tables; and what is
# in IANA's registry is in one of them.
names() { # of the first column of the table under that heading
	sed -n "/^\.Ss $1\$/,/^\.El/s/^\.It \([^ ].*\) Ta .*/\1/p" man/imapsrv.7 |
		sed 's/\\-/-/g; s/ Ns Em .*//; /^Em /d' | tr -s ', ' '\n' | LC_ALL=C sort
}
names Capabilities >"$dir/here"
names "Capabilities that are not here" >"$dir/not-here"
{ [ -s "$dir/here" ] && [ -s "$dir/not-here" ]; } || { echo "no tables in man/imapsrv.7"; failed=1; }
{
	cat "$dir/caps"
	echo AUTH= # of the host's mechanisms
	grep -o 'QUOTA=RES-\|RIGHTS=' lib/session/caps_table.c
} | LC_ALL=C sort -u >"$dir/said"
LC_ALL=C comm -23 "$dir/here" "$dir/said" >"$dir/more"
complain "$dir/more" "in the table of man/imapsrv.7, but not said"
LC_ALL=C comm -12 "$dir/not-here" "$dir/said" >"$dir/both"
complain "$dir/both" "said, but not here by man/imapsrv.7"
LC_ALL=C sort "$dir/here" "$dir/not-here" | LC_ALL=C uniq -d >"$dir/twice"
complain "$dir/twice" "twice in the tables of man/imapsrv.7"
sed '/^#/d' tests/lint/registry | LC_ALL=C sort >"$dir/registry"
LC_ALL=C sort -m "$dir/here" "$dir/not-here" >"$dir/all"
LC_ALL=C comm -23 "$dir/registry" "$dir/all" >"$dir/unknown"
complain "$dir/unknown" "registered, and in no table of man/imapsrv.7"

# The clauses of the conformance kit.
sed -n 's/^	X([A-Z0-9_]*, "\([a-z0-9.]*\)".*/\1/p' lib/storecheck/clauses.h | LC_ALL=C sort >"$dir/clauses"
sed -n '/^\.\\" clauses/,/^\.El/s/^\.It //p' man/imapsrv_storecheck.3 | LC_ALL=C sort >"$dir/told"
[ -s "$dir/clauses" ] || { echo "no clause is found in lib/storecheck/clauses.h"; failed=1; }
diff "$dir/clauses" "$dir/told" >"$dir/differ" || true
complain "$dir/differ" "clauses of lib (<) and man/imapsrv_storecheck.3 (>)"

awk '
FNR == 1 || /^\.Ed/ { code = 0 }
!code && length > 80 { print FILENAME ":" FNR ": " length " columns" }
/^\.Bd -literal/ { code = 1 }' man/*.[1-9] >"$dir/wide"
complain "$dir/wide" "too wide"
exit $failed
