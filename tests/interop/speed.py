#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long the Maildir server takes to search, sort and thread a mailbox, beside Dovecot without a full-text index, in one run.

Usage: speed.py SERVER SCRATCH [MESSAGES]

Each command is given twice to each: what either keeps from the first time (Dovecot its cache, ours its descriptions) is there the second
time.  Compare times within one run only.
"""
import os
import sys
import time

from compare import dovecot_imap, start

WORDS = ("lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam nonumy eirmod tempor invidunt ut labore et dolore magna "
         "aliquyam erat sed diam voluptua").split()
COMMANDS = [b"SEARCH UNSEEN", b"SEARCH SINCE 15-Nov-2023", b"SEARCH SENTSINCE 20-Jan-2026", b"SEARCH SUBJECT \"number 77\"",
            b"SEARCH HEADER X-None nothing", b"SEARCH BODY \"not to be found\"", b"SEARCH TEXT \"not to be found\"",
            b"SORT (REVERSE ARRIVAL) UTF-8 ALL", b"SORT (SUBJECT DATE) UTF-8 ALL", b"SORT (DISPLAYFROM) UTF-8 ALL",
            b"THREAD REFERENCES UTF-8 ALL", b"THREAD ORDEREDSUBJECT UTF-8 ALL"]


def message(i, count):
    """Threads of ten messages"""
    thread, place = i % (count // 10 + 1), i // (count // 10 + 1)
    lines = ["From: Person %d <person%d@example.com>" % (i % 997, i % 997), "To: list@example.org",
             "Subject: %ssubject of thread number %d" % ("Re: " if place else "", thread),
             "Date: %d Jan 2026 %02d:%02d:%02d +0000" % (1 + i % 28, i % 24, i % 60, i % 59), "Message-ID: <%d.%d@m>" % (thread, place)]
    if place:
        lines.append("References: " + " ".join("<%d.%d@m>" % (thread, k) for k in range(place)))
    lines += ["Content-Type: text/plain; charset=utf-8", ""]
    text = " ".join(WORDS[(i * 7 + k * k) % len(WORDS)] for k in range(300))
    lines += [text[k:k + 76] for k in range(0, len(text), 76)]
    return ("\r\n".join(lines) + "\r\n").encode()


def timed(server, command):
    before = time.monotonic()
    status, untagged = server.ask(command)
    return time.monotonic() - before, status, untagged


def main():
    server, scratch = sys.argv[1], sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
    imap = dovecot_imap()
    if not imap or os.getuid() != 0:
        print("speed: not run; it needs root and dovecot-imapd")
        return 0
    messages = [message(i, count) for i in range(count)]
    octets = sum(map(len, messages))
    servers = start(server, imap, scratch, messages)
    print("%d messages, %.0f MB          ours: first   again    dovecot: first   again   (seconds)" % (count, octets / 1e6))
    different = 0
    for command in COMMANDS:
        times, answers = [], []
        for s in servers:
            for _ in range(2):
                took, status, untagged = timed(s, command)
                times.append(took)
            answers.append((status, sum(len(r) for r in untagged)))
        different += answers[0] != answers[1]
        rate = "  %6.0f MB/s, %6.0f" % (octets / times[1] / 1e6, octets / times[3] / 1e6) if b"found" in command else ""
        print("%-34s %8.3f %8.3f          %8.3f %8.3f%s%s" % ((command.decode()[:34],) + tuple(times) + (
            rate, "" if answers[0] == answers[1] else "   (answers differ)")))
    return different != 0


if __name__ == "__main__":
    sys.exit(main())
