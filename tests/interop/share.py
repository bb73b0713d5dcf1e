#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mailboxes, rights, quotas and annotations of the Maildir server with clients that know of them: imaplib and curl.

Usage: share.py SERVER SCRATCH
"""
import imaplib
import os
import shutil
import subprocess
import sys

import interop
from interop import check, start

WORK = '"Other Users/joe/Work"'


def login(port, user):
    c = imaplib.IMAP4("127.0.0.1", port, timeout=20)
    c.login(user, interop.PASSWORD)
    return c


def curl(port, user, path, *more):
    url = "imap://127.0.0.1:%d/%s" % (port, path)
    return subprocess.run(["curl", "-s", "-S", "-u", user + ":" + interop.PASSWORD, url, *more], capture_output=True,
                          timeout=60)


def said(answer):
    """OK, and what came with it."""
    check("OK", answer[0] == "OK", answer)
    return answer[1]


def main():
    server, scratch = sys.argv[1:]
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    process, port = start(server, scratch, "--any-user", interop.PASSWORD, "--share", "Other Users", "--quota", "100000S")
    try:
        joe, anna = login(port, "joe"), login(port, "anna")
        offered = said(joe.capability())[0].split()
        check("offered", {b"ACL", b"RIGHTS=kxte", b"LIST-MYRIGHTS", b"QUOTA", b"METADATA"} <= set(offered), offered)
        check("namespace", said(anna.namespace()) == [b'(("" "/")) (("Other Users/" "/")) NIL'])
        joe.create("Work")
        joe.append("Work", r"(\Flagged)", None, b"Subject: one\r\n\r\nbody\r\n")
        check("hidden", anna.select(WORK)[0] == "NO" and curl(port, "anna", "Other%20Users/joe/Work;UID=1").returncode)
        said(joe.setacl("Work", "anna", "lrs"))
        check("list of rights", said(joe.getacl("Work")) == [b"Work joe lrswipkxtecda anna lrs"])
        check("rights", said(anna.myrights(WORK)) == [b'"Other Users/joe/Work" lrs'])
        check("listed", any(b"Other Users/joe/Work" in line for line in said(anna.list())))
        said(anna.select(WORK))
        check("body", said(anna.fetch("1", "(BODY[])"))[0][1] == b"Subject: one\r\n\r\nbody\r\n")
        said(joe.select("Work"))
        check("seen by all", rb"\Seen" in said(joe.fetch("1", "(FLAGS)"))[0])
        check("no more than that", anna.store("1", "+FLAGS", r"(\Deleted)")[0] == "NO" and anna.expunge()[0] == "NO")
        check("nor append", anna.append(WORK, None, None, b"x")[0] == "NO")
        check("curl reads", curl(port, "anna", "Other%20Users/joe/Work;UID=1").stdout == b"Subject: one\r\n\r\nbody\r\n")
        said(joe.setacl("Work", "anna", "+ite"))
        said(anna.append(WORK, None, None, b"Subject: two\r\n\r\n"))
        quota = anna.getquotaroot(WORK)[1]
        check("the owner's quota", quota[0] == [b'"Other Users/joe/Work" joe'] and quota[1] == [b"joe (STORAGE 1 97)"], quota)
        said(anna.copy("1:2", "INBOX"))
        said(anna.store("1:2", "+FLAGS", r"(\Deleted)"))
        anna.expunge()
        check("and joe sees it", said(joe.status("Work", "(MESSAGES)")) == [b"Work (MESSAGES 0)"])
        # imaplib takes a mailbox that becomes READ-ONLY for an error.
        said(anna.select("INBOX"))
        said(joe.deleteacl("Work", "anna"))
        check("gone", anna.select(WORK)[0] == "NO" and not any(b"joe" in line for line in said(anna.list())))
        joe.logout()
        anna.logout()
    finally:
        process.terminate()
        check("clean exit", process.wait(20) == 0)
        print(process.stderr.read().decode(), end="")
    print("share: %d passed, %d failed" % (interop.passed, interop.failed))
    return interop.failed != 0


if __name__ == "__main__":
    sys.exit(main())
