#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real clients against the Maildir server: Python's imaplib and curl.

Usage: interop.py SERVER SCRATCH [MBOX | MESSAGE...]

Makes a Maildir under SCRATCH from an mbox file or from single messages, starts SERVER on a free
loopback port, and lists, selects, fetches every message (compared octet for octet), flags, appends,
copies, moves, expunges, searches, and watches with IDLE what a second connection does.  A client with
QRESYNC comes back after its server was killed, and is told exactly what changed.
"""
import base64
import hashlib
import hmac
import imaplib
import os
import re
import shutil
import subprocess
import sys
import time

USER, PASSWORD = "joe", "secret"
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED: %s %s" % (name, detail))


def split_mbox(data):
    """Messages of an mbox: each begins at a "From " line; the blank line before the next is not its own."""
    messages, current = [], None
    for line in data.split(b"\n"):
        if line.startswith(b"From "):
            if current is not None:
                messages.append(b"\n".join(current))
            current = []
        elif current is not None:
            current.append(line)
    if current is not None:
        messages.append(b"\n".join(current))
    return messages


def wire(data):
    """As IMAP shows it: every LF without a CR gets one."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


def make_maildir(root, messages):
    for sub in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(root, USER, sub))
    for i, message in enumerate(messages):
        where = "new" if i % 3 == 2 else "cur"
        name = "%d.M%dP1.host" % (1700000000 + i, i)
        if where == "cur":
            name += ":2," + ("S" if i % 2 else "")
        path = os.path.join(root, USER, where, name)
        with open(path, "wb") as f:
            f.write(message)
        os.utime(path, (1700000000 + i, 1700000000 + i))


def start(server, root, *who):
    who = who or ("--any-user", PASSWORD)
    p = subprocess.Popen([server, "--listen", "127.0.0.1:0", "--root", root, "--auth-delay", "0", *who],
                         stderr=subprocess.PIPE)
    line = p.stderr.readline().decode()
    m = re.search(r"listening on .*:(\d+)", line)
    if not m:
        sys.exit("the server did not start: " + line)
    return p, int(m.group(1))


def connect(port):
    c = imaplib.IMAP4("127.0.0.1", port, timeout=20)
    check("login", c.login(USER, PASSWORD)[0] == "OK")
    return c


def fetch_bodies(c, uids="1:*"):
    """UID -> (octets, RFC822.SIZE)"""
    status, data = c.uid("FETCH", uids, "(RFC822.SIZE BODY.PEEK[])")
    found = {}
    for item in data:
        if not isinstance(item, tuple):
            continue
        head = item[0].decode()
        uid = int(re.search(r"UID (\d+)", head).group(1))
        size = int(re.search(r"RFC822.SIZE (\d+)", head).group(1))
        found[uid] = (item[1], size)
    return found


def test_read(c, messages):
    status, names = c.list()
    check("list", status == "OK" and any(b"INBOX" in n for n in names))
    status, data = c.select("INBOX")
    check("select", status == "OK" and int(data[0]) == len(messages), data)
    found = fetch_bodies(c)
    check("every message", len(found) == len(messages), len(found))
    ours = sorted(wire(m) for m in messages)
    check("octets", sorted(b for b, _ in found.values()) == ours)
    check("sizes", all(len(b) == s for b, s in found.values()))
    uid = min(found)
    body = found[uid][0]
    part = c.uid("FETCH", str(uid), "(BODY.PEEK[]<10.50>)")[1][0]
    check("partial", b"BODY[]<10>" in part[0] and part[1] == body[10:60])
    status, data = c.uid("SEARCH", None, "ALL")
    check("search all", sorted(map(int, data[0].split())) == sorted(found))
    large = [u for u, (b, _) in found.items() if len(b) > 3000]
    status, data = c.uid("SEARCH", None, "LARGER", "3000")
    check("search larger", sorted(map(int, data[0].split())) == sorted(large))
    return sorted(found)


def flags_of(c, uid):
    data = c.uid("FETCH", str(uid), "(FLAGS)")[1][0]
    return set(re.search(rb"FLAGS \(([^)]*)\)", data).group(1).split())


def test_flags(c, uids):
    uid = str(uids[0])
    c.uid("STORE", uid, "+FLAGS", "(\\Flagged $Work)")
    check("flags added", {b"\\Flagged", b"$Work"} <= flags_of(c, uid), flags_of(c, uid))
    c.uid("STORE", uid, "-FLAGS", "(\\Flagged)")
    check("flag removed", b"\\Flagged" not in flags_of(c, uid))
    status, data = c.uid("SEARCH", None, "KEYWORD", "$Work")
    check("search keyword", data[0].split() == [uid.encode()])
    c.uid("FETCH", uid, "(BODY[])")
    check("seen by BODY[]", b"\\Seen" in flags_of(c, uid))


def test_change(c, messages):
    text = b"From: a@example.org\r\nSubject: appended\r\n\r\n8-bit \xc3\xa9\r\n"
    before = int(c.select("INBOX")[1][0])
    status, data = c.append("INBOX", "(\\Draft)", '"05-Feb-2001 10:11:12 +0100"', text)
    m = re.search(rb"APPENDUID (\d+) (\d+)", data[0])
    check("append", status == "OK" and m is not None, data)
    uid = m.group(2).decode()
    check("appended octets", fetch_bodies(c, uid)[int(uid)][0] == text)
    data = c.uid("FETCH", uid, "(INTERNALDATE FLAGS)")[1][0]
    check("appended flags", b"\\Draft" in data, data)
    check("appended date", b'" 5-Feb-2001 09:11:12 +0000"' in data
          or b'"05-Feb-2001 09:11:12 +0000"' in data or b'" 5-Feb-2001 10:11:12 +0100"' in data, data)
    check("create", c.create("Work/Done")[0] == "OK")
    check("copy", c.uid("COPY", uid, "Work/Done")[0] == "OK")
    check("copy to nowhere", b"TRYCREATE" in c.uid("COPY", uid, "Nowhere")[1][0])
    check("move", c.uid("MOVE", uid, "Work/Done")[0] == "OK")
    check("moved away", c.uid("FETCH", uid, "(UID)")[1] == [None])
    check("count", int(c.select("INBOX")[1][0]) == before)
    check("both there", int(c.select("Work/Done")[1][0]) == 2)
    c.store("1:*", "+FLAGS", "(\\Deleted)")
    status, data = c.expunge()
    check("expunge", status == "OK" and len(data) == 2, data)
    check("close", c.close()[0] == "OK")
    check("rename", c.rename("Work/Done", "Archiv&AOQ-")[0] == "OK")
    check("subscribe", c.subscribe("Archiv&AOQ-")[0] == "OK")
    check("lsub", any(b"Archiv&AOQ-" in n for n in c.lsub()[1] if n))
    check("status", b"MESSAGES 0" in c.status("Archiv&AOQ-", "(MESSAGES UIDNEXT)")[1][0])
    check("delete", c.delete("Archiv&AOQ-")[0] == "OK")


def read_until(c, pattern, seconds=10):
    """Lines of an idling connection up to one that matches; what was seen."""
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        line = c.readline()
        if not line:
            break
        seen.append(line)
        if re.search(pattern, line):
            return True, seen
    return False, seen


def test_idle(port):
    a, b = connect(port), connect(port)
    a.select("INBOX")
    total = int(b.select("INBOX")[1][0])
    a.send(b"x1 IDLE\r\n")
    check("idle begins", read_until(a, rb"^\+")[0])
    uid = b.uid("SEARCH", None, "ALL")[1][0].split()[0].decode()
    b.uid("STORE", uid, "+FLAGS", "(\\Answered)")
    check("idle sees flags", read_until(a, rb"FETCH .*\\Answered")[0])
    b.append("INBOX", None, None, b"Subject: new\r\n\r\nnew\r\n")
    check("idle sees a new message", read_until(a, rb"\* %d EXISTS" % (total + 1))[0])
    b.select("INBOX")
    b.store(str(total + 1), "+FLAGS", "(\\Deleted)")
    b.expunge()
    check("idle sees an expunge", read_until(a, rb"\* %d EXPUNGE" % (total + 1))[0])
    a.send(b"DONE\r\nx2 NOOP\r\n")
    check("done and the next command", read_until(a, rb"^x1 OK")[0] and read_until(a, rb"^x2 OK")[0])
    b.logout()
    a.shutdown()


def test_delivery(port, root):
    a = connect(port)
    total = int(a.select("INBOX")[1][0])
    a.send(b"x1 IDLE\r\n")
    read_until(a, rb"^\+")
    path = os.path.join(root, USER, "tmp", "delivered.1")
    with open(path, "wb") as f:
        f.write(b"Subject: from outside\n\nhello\n")
    os.rename(path, os.path.join(root, USER, "new", "delivered.1"))
    check("idle sees a delivery", read_until(a, rb"\* %d EXISTS" % (total + 1), 15)[0])
    a.send(b"DONE\r\n")
    read_until(a, rb"^x1 OK")
    a.logout()


def talk(c, tag, line):
    """Says a line that imaplib does not know, and hears all of the answer."""
    c.send(tag + b" " + line + b"\r\n")
    return b"".join(read_until(c, b"^" + tag + b" ")[1])


def come_back(port, known):
    """SELECT with what is known; what is known then, and which UIDs were told of as changed and as gone."""
    c = connect(port)
    check("enable", b"QRESYNC" in talk(c, b"q1", b"ENABLE QRESYNC"))
    how = b" (QRESYNC (%d %d))" % known if known else b""
    text = talk(c, b"q2", b"SELECT INBOX" + how)
    known = tuple(int(re.search(rb"\[%s (\d+)\]" % name, text).group(1))
                  for name in (b"UIDVALIDITY", b"HIGHESTMODSEQ"))
    changed = [int(u) for u in re.findall(rb"FETCH \(UID (\d+) FLAGS", text)]
    gone = re.findall(rb"VANISHED \(EARLIER\) (\S+)", text)
    return c, known, changed, gone


def test_qresync(server, root):
    """With servers of its own, while the other one goes on."""
    process, port = start(server, root)
    c, known, changed, gone = come_back(port, None)
    text = talk(c, b"q3", b"UID SEARCH UNFLAGGED")
    uids = [int(u) for u in re.search(rb"\* SEARCH([ \d]*)", text).group(1).split()]
    check("nothing before it is asked", not changed and not gone and len(uids) > 2)
    c.shutdown()
    b = connect(port)
    b.select("INBOX")
    b.uid("STORE", str(uids[0]), "+FLAGS", "(\\Flagged)")
    b.uid("STORE", str(uids[1]), "+FLAGS", "(\\Deleted)")
    b.uid("EXPUNGE", str(uids[1]))
    data = b.append("INBOX", None, None, b"Subject: resync\r\n\r\nnew\r\n")[1]
    new = int(re.search(rb"APPENDUID \d+ (\d+)", data[0]).group(1))
    process.kill()
    process.wait()
    b.shutdown()
    process.stderr.close()
    process, port = start(server, root)
    c, known, changed, gone = come_back(port, known)
    check("resync changed", changed == [uids[0], new], changed)
    check("resync vanished", gone == [b"%d" % uids[1]], gone)
    c.shutdown()
    cur = os.path.join(root, USER, "cur")
    name = next(n for n in sorted(os.listdir(cur)) if n.endswith(":2,S"))
    os.rename(os.path.join(cur, name), os.path.join(cur, name[:-1] + "RS"))
    c, known, changed, gone = come_back(port, known)
    check("resync from outside", len(changed) == 1 and not gone, (changed, gone))
    c.shutdown()
    c, known, changed, gone = come_back(port, known)
    check("resync of nothing", not changed and not gone, (changed, gone))
    c.shutdown()
    process.terminate()
    check("clean exit", process.wait(20) == 0)
    process.stderr.close()


def curl(port, path, *more):
    url = "imap://127.0.0.1:%d/%s" % (port, path)
    return subprocess.run(["curl", "-s", "-S", "-u", USER + ":" + PASSWORD, url, *more],
                          capture_output=True, timeout=60)


def scram(c, user, password):
    """SCRAM-SHA-256 as RFC 5802 has it, by imaplib's authenticate; the last word is the server's proof."""
    def mac(key, text):
        return hmac.new(key, text, hashlib.sha256).digest()

    bare = "n=%s,r=%s" % (user, base64.b64encode(os.urandom(9)).decode())
    state = {"turn": 0, "proven": False}

    def respond(challenge):
        state["turn"] += 1
        if state["turn"] == 1:
            return ("n,," + bare).encode()
        if state["turn"] == 3:
            state["proven"] = challenge == b"v=" + base64.b64encode(state["verifier"])
            return b""
        first = challenge.decode()
        given = dict(part.split("=", 1) for part in first.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(given["s"]), int(given["i"]))
        final = "c=biws,r=" + given["r"]
        message = ",".join((bare, first, final)).encode()
        key = mac(salted, b"Client Key")
        signature = mac(hashlib.sha256(key).digest(), message)
        state["verifier"] = mac(mac(salted, b"Server Key"), message)
        proof = bytes(a ^ b for a, b in zip(key, signature))
        return (final + ",p=" + base64.b64encode(proof).decode()).encode()

    c.authenticate("SCRAM-SHA-256", respond)
    return state["proven"]


def test_scram(server, scratch):
    """A users file made by --hash-password: SCRAM, and LOGIN as before."""
    root, users = os.path.join(scratch, "scram"), os.path.join(scratch, "users")
    os.makedirs(root)
    line = subprocess.run([server, "--hash-password"], input=b"sesame\n", capture_output=True).stdout
    with open(users, "wb") as f:
        f.write(b"joe:" + line)
    p, port = start(server, root, "--users", users)
    try:
        c = imaplib.IMAP4("127.0.0.1", port)
        check("SCRAM is offered", "AUTH=SCRAM-SHA-256" in c.capabilities)
        check("SCRAM", scram(c, "joe", "sesame"))
        c.logout()
        for user, password in (("joe", "other"), ("jim", "sesame")):
            c = imaplib.IMAP4("127.0.0.1", port)
            try:
                scram(c, user, password)
                check("SCRAM refuses " + user, False)
            except imaplib.IMAP4.error as e:
                check("SCRAM refuses " + user, "AUTHENTICATIONFAILED" in str(e), str(e))
            c.shutdown()
        c = imaplib.IMAP4("127.0.0.1", port)
        check("LOGIN with SCRAM's hash", c.login("joe", "sesame")[0] == "OK")
        c.logout()
    finally:
        p.terminate()
        p.wait()


def test_curl(port, scratch):
    r = curl(port, "")
    check("curl list", r.returncode == 0 and b"INBOX" in r.stdout, r.stderr)
    c = connect(port)
    c.select("INBOX")
    uid = int(c.uid("SEARCH", None, "ALL")[1][0].split()[0])
    expected = fetch_bodies(c, str(uid))[uid][0]
    r = curl(port, "INBOX;UID=%d" % uid)
    check("curl fetch", r.returncode == 0 and r.stdout == expected, r.stderr)
    name = os.path.join(scratch, "upload.eml")
    with open(name, "wb") as f:
        f.write(b"Subject: by curl\r\n\r\nhello\r\n" * 1000)
    r = curl(port, "INBOX", "-T", name)
    check("curl append", r.returncode == 0, r.stderr)
    r = curl(port, "INBOX", "-X", "SEARCH LARGER 20000")
    check("curl search", r.returncode == 0 and b"* SEARCH" in r.stdout, r.stdout)
    r = curl(port, "INBOX", "-X", "EXAMINE INBOX")
    check("curl examine", b"EXISTS" in r.stdout, r.stdout)
    c.logout()


def main():
    server, scratch, sources = sys.argv[1], sys.argv[2], sys.argv[3:]
    messages = []
    for source in sources:
        with open(source, "rb") as f:
            data = f.read()
        messages += split_mbox(data) if data.startswith(b"From ") else [data]
    if not messages:
        sys.exit("no messages to test with")
    shutil.rmtree(scratch, ignore_errors=True)
    root = os.path.join(scratch, "mail")
    make_maildir(root, messages)
    imaplib._MAXLINE = 100000000
    process, port = start(server, root)
    try:
        c = connect(port)
        uids = test_read(c, messages)
        test_flags(c, uids)
        test_change(c, messages)
        c.logout()
        test_idle(port)
        test_delivery(port, root)
        test_curl(port, scratch)
        test_qresync(server, root)
        test_scram(server, scratch)
    finally:
        process.terminate()
        check("clean exit", process.wait(20) == 0)
        print(process.stderr.read().decode(), end="")
    print("%d messages; %d passed, %d failed" % (len(messages), passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
