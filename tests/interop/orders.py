#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How the Maildir server sorts and threads made-up messages, beside how Dovecot does.

Usage: orders.py SERVER SCRATCH [SEED...]

The messages have subjects with every mark of replies and forwards, dates with and without zones, and references that are truncated,
loop, and name what is not there.
"""
import os
import random
import sys

from compare import Comparison, compare_orders, contents, dovecot_imap, start

MESSAGES = 300
SUBJECTS = ["alpha", "beta", "gamma", "[list] alpha", "Re: alpha", "RE[2]: beta", "Fwd: gamma", "fw: [x] [y] alpha", "[fwd: beta]",
            "alpha (fwd)", "re: [fwd: [list] gamma (fwd)]", "", "Re:", "[only]", "[a][b]", "[a] [b] c", "=?utf-8?q?Re=3A_=C3=A4pfel?=",
            "\u00e4pfel", "\u00c4pfel", "=?iso-8859-1?q?=C4PFEL?=", "aepfel", "[fwd: [fwd: delta]]", "delta", "Re: [delta]",
            "fwd:fwd:re:delta", "[fwd: delta] (fwd)", "re [x]: delta", "re[x][y]: delta", "a\tb", "a   b", "(fwd) delta",
            "delta (fwd) (fwd)", "zeta [list]", "[list]re:zeta"]
NAMES = ["Anna <anna@x.example>", "anna@y.example", '"B, C" <bc@x.example>', "=?utf-8?q?=C3=84nne?= <z@x>", "zoe <ANNA@q>",
         "list: a@x, b@x;", "undisclosed-recipients:;", "<b@z>"]
ZONES = [" +0000", " -0800", " +0530", " GMT", " EST", "", " XYZ"]


def references(r, i):
    """None, or some of the messages around this one"""
    def some(low, high):
        return "<%d@m>" % r.randint(max(0, i - low), i + high)
    count = r.choice([0, 0, 1, 1, 2, 3, 4])
    if not count:
        return []
    if r.random() < 0.8:
        return ["References: " + " ".join(some(40, 10) for _ in range(count))]
    return ["In-Reply-To: " + r.choice(["", 'message of "x" ']) + some(20, 5)]


def message(r, i):
    lines = ["From: " + r.choice(NAMES[:5])]
    lines += ["%s: %s" % (field, r.choice(NAMES)) for field in ("To", "Cc") if r.random() < 0.8]
    if r.random() < 0.9:
        lines.append("Subject: " + r.choice(SUBJECTS))
    lines.append("Date: %s%d Jan 20%d %02d:%02d:%02d%s" % (r.choice(["", "Mon, "]), r.randint(1, 28), r.randint(10, 12), r.randint(0, 23),
                                                        r.randint(0, 59), r.randint(0, 59), r.choice(ZONES)))
    if r.random() < 0.93:
        lines.append("Message-ID: <%d@m>" % (i if r.random() < 0.95 else r.randint(0, MESSAGES)))
    lines += references(r, i) + ["", "message %d %s" % (i, "x" * r.randint(0, 50)), ""]
    return "\r\n".join(lines).encode()


def main():
    server, scratch, seeds = sys.argv[1], sys.argv[2], [int(a) for a in sys.argv[3:]] or [1, 2, 3]
    imap = dovecot_imap()
    if not imap or os.getuid() != 0:
        print("orders: not run; it needs root and dovecot-imapd")
        return 0
    c = Comparison([])
    for seed in seeds:
        r = random.Random(seed)
        ours, theirs = start(server, imap, scratch, [message(r, i) for i in range(MESSAGES)])
        mine, other = contents(ours), contents(theirs)
        c.check("octets of all messages", sorted(mine), sorted(other))
        compare_orders(c, ours, theirs, mine, other)
    print("orders: %d mailboxes of %d messages; %d answers the same, %d different" % (len(seeds), MESSAGES, c.same, c.different))
    return c.different != 0


if __name__ == "__main__":
    sys.exit(main())
