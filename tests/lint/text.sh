#!/bin/sh
# SPDX-License-Identifier: MIT
# What a reader should not meet: notes to oneself, things that are not there yet, paths of one machine,
# files without a licence.  Run from the top of the tree.
set -eu

failed=0
complain() {
	echo "$1"
	failed=1
}

# What compilers and editors leave behind; what is built is under build*.
for name in *; do
	case $name in
	Makefile | lib | include | examples | tests | man | README | COPYING | build*) ;;
	*) complain "$name does not belong at the top level" ;;
	esac
done

if grep -rnE '(^|[^A-Za-z0-9_])(TODO|FIXME|XXX|HACK)([^A-Za-z0-9_]|$)' lib include examples; then
	complain "notes to oneself"
fi
if grep -rniE '(^|[^a-z])(not implemented|not yet implemented|unimplemented|placeholder)([^a-z]|$)' \
	lib include examples || grep -rniE '(^|[^a-z])stubs?([^a-z]|$)' lib include; then
	complain "things that are not there yet"
fi
if grep -rnE '(^|[^A-Za-z0-9_.~*])/(home|root|tmp|work|opt|srv|mnt|usr/(local|lib|share|include)|var)/' \
	lib include examples tests man README 2>/dev/null | grep -v '^tests/lint/text\.sh:'; then
	complain "paths of one machine"
fi

dir=${BUILD:-build}/lint/text
mkdir -p "$dir"
find lib include examples tests man -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \
	-o -name '*.[1-9]' \) | LC_ALL=C sort >"$dir/files"
while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line"
	if grep -nE '[ 	]+$' "$file" | sed "s|^|$file:|" | grep .; then
		complain "spaces at the end of a line"
	fi
	case $file in
	*.[ch])
		# Tabs count eight columns; octets that go on with a UTF-8 character count none.
		expand "$file" | LC_ALL=C tr -d '\200-\277' |
			awk -v file="$file" 'length > 100 { print file ":" NR ": " length " columns" }'
		;;
	esac
done <"$dir/files" >"$dir/found"
grep -v ' columns$' "$dir/found" && failed=1
grep -v '^tests/' "$dir/found" | grep ' columns$' && complain "what is read has no more than 100 columns"
grep -c ' columns$' "$dir/found" | sed '/^0$/d; s/$/ lines have more than 100 columns (a note)/'
exit $failed
