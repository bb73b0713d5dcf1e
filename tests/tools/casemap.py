#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes lib/base/casemap_table.h and casemap_texts.h: what i;unicode-casemap (RFC 5051 2) makes of
each character.

    python3 tests/tools/casemap.py lib/base

The data is that of Python's unicodedata; the version of Unicode stands in the output.  Hangul
syllables are left out: they decompose by arithmetic (Unicode 3.12).
"""

import sys
import unicodedata

LAST = 0x2FFFF
SHIFT = 5
BLOCK = 1 << SHIFT


HEAD = """/* SPDX-License-Identifier: MIT */
/*
 * base/casemap_%s - written by tests/tools/casemap.py from Unicode %s; %d octets in all.
%s */
#ifndef ISRV_BASE_CASEMAP_%s_H
#define ISRV_BASE_CASEMAP_%s_H

#include <stdint.h>

"""
ABOUT_TABLE = """\
 * A character's block is found by its upper bits, and in it a value by its lower ones: 0, itself;
 * below CASEMAP_TEXTS, the number of a difference; else a place in casemap_texts.
"""
ABOUT_TEXTS = """\
 * What characters become, in UTF-8, the length before each.
"""


def table(out, kind, name, numbers):
    out.write("\nstatic const %s %s[] = {\n" % (kind, name))
    line = "\t"
    for n in numbers:
        item = "%d," % n
        if len(line) + len(item) + 7 > 100:
            out.write(line + "\n")
            line = "\t"
        line += item
    out.write(line + "\n};\n")


def title(c):
    """The simple titlecase mapping: the full one wherever that is one character."""
    t = chr(c).title()
    return ord(t) if len(t) == 1 else c


def decompose(c):
    out, todo = [], [c]
    while todo:
        c = todo.pop(0)
        parts = unicodedata.decomposition(chr(c)).split()
        if parts and parts[0].startswith("<"):
            parts = parts[1:]
        if parts:
            todo = [int(p, 16) for p in parts] + todo
        else:
            out.append(c)
    return out


def mapped(c):
    if 0xAC00 <= c <= 0xD7A3 or 0xD800 <= c <= 0xDFFF:
        return [c]
    return decompose(title(c))


def main():
    deltas, texts, values = {}, {}, {}
    for c in range(LAST + 1):
        m = mapped(c)
        if m == [c]:
            continue
        if len(m) == 1 and title(c) == m[0]:
            deltas.setdefault(m[0] - c, len(deltas) + 1)
            values[c] = ("delta", m[0] - c)
        else:
            text = "".join(map(chr, m)).encode()
            texts.setdefault(text)
            values[c] = ("text", text)
    for c in range(LAST + 1, 0x110000):
        assert mapped(c) == [c]

    # Texts as length and octets; longer ones first, so that a text inside another shares it.
    pool, places = bytearray(), {}
    for text in sorted(texts, key=lambda t: (-len(t), t)):
        item = bytes([len(text)]) + text
        at = pool.find(item)
        if at < 0:
            at = len(pool)
            pool += item
        places[text] = at
    first = len(deltas) + 1
    assert first + len(pool) <= 0xFFFF

    blocks, index = {}, []
    for start in range(0, LAST + 1, BLOCK):
        row = []
        for c in range(start, start + BLOCK):
            kind, what = values.get(c, (None, None))
            row.append(0 if not kind else deltas[what] if kind == "delta" else first + places[what])
        index.append(blocks.setdefault(tuple(row), len(blocks)))
    while index and index[-1] == blocks[(0,) * BLOCK]:
        index.pop()
    assert blocks[(0,) * BLOCK] == 0 and len(blocks) <= 0xFFFF

    size = 2 * len(index) + 2 * BLOCK * len(blocks) + len(pool) + 4 * len(deltas)
    version = unicodedata.unidata_version
    with open(sys.argv[1] + "/casemap_table.h", "w") as out:
        out.write(HEAD % ("table", version, size, ABOUT_TABLE, "TABLE", "TABLE"))
        out.write('#define CASEMAP_UNICODE "%s"\n\n' % version)
        out.write("enum { CASEMAP_SHIFT = %d, CASEMAP_BLOCKS = %d, CASEMAP_TEXTS = %d };\n"
                  % (SHIFT, len(index), first))
        table(out, "int32_t", "casemap_deltas", [0] + sorted(deltas, key=deltas.get))
        table(out, "uint16_t", "casemap_index", index)
        table(out, "uint16_t", "casemap_values", [v for row in blocks for v in row])
        out.write("\n#endif\n")
    with open(sys.argv[1] + "/casemap_texts.h", "w") as out:
        out.write(HEAD % ("texts", version, size, ABOUT_TEXTS, "TEXTS", "TEXTS"))
        table(out, "uint8_t", "casemap_texts", pool)
        out.write("\n#endif\n")


main()
