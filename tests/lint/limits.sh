#!/bin/sh
# SPDX-License-Identifier: MIT
# Every member of struct imapsrv_limits is described in imapsrv_engine(3), and tried at its edge: by a
# script of its name, or by name in one of the unit tests that look for edges.
set -eu
members=$(sed -n '/^struct imapsrv_limits {/,/^};/p' include/imapsrv/engine.h |
	sed -n 's/^\t\(size_t\|uint64_t\|uint32_t\) \([a-z_]*\);.*/\2/p' | grep -vx size)
[ "$(echo "$members" | wc -l)" -gt 40 ] || { echo "the members cannot be read"; exit 1; }
bad=0
for member in $members; do
	grep -q "^\.It Va $member " man/imapsrv_engine.3 ||
		{ echo "$member is not in imapsrv_engine(3)"; bad=1; }
	[ -f "tests/script/limits/$(echo "$member" | tr _ -).txt" ] ||
		grep -q "\"$member\"\|limit $member " tests/unit/t_limit_edges.c ||
		grep -q "limits.$member\b" tests/unit/t_limit_edges.c tests/unit/t_turn.c ||
		{ echo "nothing tries $member at its edge"; bad=1; }
done
exit $bad
