#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the Maildir server says about messages, beside what Dovecot says of the same files.

Usage: compare.py SERVER SCRATCH [MBOX | MESSAGE...]

Both serve a copy of one Maildir on their standard input and output.  ENVELOPE, BODY, BODYSTRUCTURE, RFC822.SIZE, every section of
every part, its decoded octets, what SEARCH finds for words of the messages, and their order and threads by SORT and THREAD are
compared.  tests/interop/DIFFERENCES explains what may differ; anything else is a failure.
"""
import os
import re
import shutil
import subprocess
import sys

from interop import make_maildir, split_mbox, USER

CONF = """base_dir = %(dir)s/run
state_dir = %(dir)s/run
ssl = no
mail_location = maildir:%(dir)s/mail
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
"""


class Server:
    def __init__(self, command):
        self.p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        self.p.stdout.readline()
        self.n = 0

    def response(self):
        """One response as a list of octet strings, literals apart."""
        parts = []
        while True:
            line = self.p.stdout.readline()
            if not line:
                sys.exit("a server has died")
            m = re.search(rb"~?\{(\d+)\}\r\n$", line)
            parts.append(line)
            if not m:
                return parts
            parts.append(self.p.stdout.read(int(m.group(1))))

    def ask(self, command):
        self.n += 1
        tag = b"t%d " % self.n
        self.p.stdin.write(tag + command + b"\r\n")
        self.p.stdin.flush()
        untagged = []
        while True:
            r = self.response()
            if r[0].startswith(tag):
                return r[0][len(tag):].split()[0], untagged
            untagged.append(parse(r))


def parse(parts):
    """A response as nested lists; strings as bytes, atoms as upper-case str, NIL as None."""
    stack, literal = [[]], False
    for part in parts:
        if literal:
            stack[-1].append(part)
            literal = False
            continue
        body = part[:-2]
        m = re.search(rb"~?\{\d+\}$", body)
        if m:
            body, literal = body[:m.start()], True
        at = 0
        while at < len(body):
            c = body[at:at + 1]
            if c == b"(":
                stack.append([])
                at += 1
            elif c == b")":
                done = stack.pop()
                stack[-1].append(done)
                at += 1
            elif c == b" ":
                at += 1
            elif c == b'"':
                m = re.match(rb'"((?:[^"\\]|\\.)*)"', body[at:])
                stack[-1].append(re.sub(rb"\\(.)", rb"\1", m.group(1)))
                at += m.end()
            else:
                m = re.match(rb"[^ ()\[]+(\[[^\]]*\](<\d+>)?)?|\[", body[at:])
                atom = m.group(0).decode("latin-1").upper()
                stack[-1].append(None if atom == "NIL" else atom)
                at += m.end()
    return stack[0]


def fetch(server, seq, items):
    """The values of items, or None where the server refuses."""
    status, untagged = server.ask(b"FETCH %d (%s)" % (seq, b" ".join(items)))
    if status != b"OK":
        return None
    for r in untagged:
        if len(r) >= 4 and r[1] == str(seq) and r[2] == "FETCH":
            flat = r[3]
            return {flat[i]: flat[i + 1] for i in range(0, len(flat) - 1, 2)}
    return None


def lower(x):
    """Case does not matter in media types, encodings, parameter names: compare as lower case all over."""
    if isinstance(x, list):
        return [lower(i) for i in x]
    return x.lower() if isinstance(x, (bytes, str)) else x


def sections(structure, prefix=()):
    """(section, is a leaf) of each part of a BODYSTRUCTURE."""
    if isinstance(structure[0], list):
        n = 0
        for child in structure:
            if not isinstance(child, list):
                break
            n += 1
            yield from part(child, prefix + (n,))
    elif not prefix:
        yield from part(structure, (1,))


def part(structure, numbers):
    name = ".".join(map(str, numbers)).encode()
    multipart = isinstance(structure[0], list)
    yield name, not multipart
    yield name + b".MIME", False
    if multipart:
        yield from sections(structure, numbers)
    elif lower(structure[0]) == b"message" and lower(structure[1]) == b"rfc822":
        for text in (b".HEADER", b".TEXT", b".HEADER.FIELDS (From Subject)"):
            yield name + text, False
        inner = structure[8]
        if isinstance(inner[0], list):
            yield from sections(inner, numbers)
        else:
            yield from part(inner, numbers + (1,))


class Comparison:
    def __init__(self, known):
        self.known, self.same, self.explained, self.different = known, 0, 0, 0

    def check(self, what, ours, theirs):
        if ours == theirs:
            self.same += 1
            return
        for pattern in self.known:
            if re.search(pattern, what + "\n" + repr(ours) + "\n" + repr(theirs), re.S):
                self.explained += 1
                return
        self.different += 1
        a, b = repr(ours), repr(theirs)
        at = max(0, len(os.path.commonprefix([a, b])) - 60)
        print("DIFFERS: %s\n  ours:   ...%.300s\n  theirs: ...%.300s" % (what, a[at:], b[at:]))


def compare_message(c, ours, theirs, a, b, subject):
    items = [b"ENVELOPE", b"BODY", b"BODYSTRUCTURE", b"RFC822.SIZE", b"BODY.PEEK[HEADER]",
             b"BODY.PEEK[TEXT]", b"BODY.PEEK[HEADER.FIELDS (To Subject X-None)]",
             b"BODY.PEEK[HEADER.FIELDS.NOT (To Received)]", b"BODY.PEEK[]<100.200>"]
    x, y = fetch(ours, a, items), fetch(theirs, b, items)
    for key in sorted(set(x) | set(y)):
        c.check("%s of %s" % (key, subject), lower(x.get(key)), lower(y.get(key)))
    for name, leaf in sections(y["BODYSTRUCTURE"]):
        wanted = [b"BODY.PEEK[" + name + b"]"]
        if leaf:
            wanted += [b"BODY.PEEK[" + name + b"]<5.10>"]
        x, y2 = fetch(ours, a, wanted), fetch(theirs, b, wanted)
        c.check("%s of %s" % (name, subject), x, y2)
        if leaf:
            binary, size = b"BINARY.PEEK[" + name + b"]", b"BINARY.SIZE[" + name + b"]"
            x, y2 = fetch(ours, a, [binary, size]), fetch(theirs, b, [binary])
            octets = x and x.pop(size.decode())
            c.check("BINARY %s of %s" % (name, subject), x, y2)
            # Theirs is not always the length of what they send; ours has to be.
            c.check("BINARY.SIZE %s of %s" % (name, subject), octets,
                    x and str(len(x["BINARY[%s]" % name.decode()])))


def contents(server):
    """BODY[] -> sequence number"""
    status, untagged = server.ask(b"FETCH 1:* (BODY.PEEK[])")
    return {r[3][r[3].index("BODY[]") + 1]: int(r[1]) for r in untagged if r[2:3] == ["FETCH"]}


def dovecot_imap():
    """Where Dovecot keeps its IMAP server; None without Dovecot."""
    try:
        line = subprocess.run(["doveconf", "-d", "-h", "libexec_dir"], capture_output=True).stdout
    except FileNotFoundError:
        return None
    path = os.path.join(line.decode().strip(), "imap")
    return path if os.path.exists(path) else None


def read_known():
    """Patterns of tests/interop/DIFFERENCES: lines that begin with a tab."""
    with open(os.path.join(os.path.dirname(__file__), "DIFFERENCES")) as f:
        return [line.strip() for line in f if line.startswith("\t")]


def found(server, program):
    """The sequence numbers of a SEARCH"""
    status, untagged = server.ask(b"SEARCH " + program)
    return [int(n) for r in untagged if r[1:2] == ["SEARCH"] for n in r[2:]] if status == b"OK" else status


def searches(bodies):
    """Programs made of words of the messages: every key that looks into one."""
    for body in bodies:
        for field in (b"Subject", b"From", b"To", b"Cc", b"Message-ID"):
            m = re.search(rb"(?im)^%s:[^\r\n]*?([A-Za-z0-9@.]{4,30})[ >\r]" % field, body)
            if m:
                key = field if field != b"Message-ID" else b"HEADER " + field
                yield key.upper() + b' "' + m.group(1) + b'"'
        text = body.partition(b"\r\n\r\n")[2]
        words = re.findall(rb"[A-Za-z]{5,}(?: [a-z]+)?", text)[:400:57]
        for word in words:
            yield b'BODY "' + word.swapcase() + b'"'
            yield b'NOT TEXT "' + word + b'"'
        m = re.search(rb"(?im)^Date:[^\r\n]*?(\d+) (\w{3}) (\d{4})", body)
        if m:
            for key in (b"SENTON", b"SENTBEFORE", b"SENTSINCE"):
                yield key + b" " + b"-".join(m.groups())


def compare_searches(c, ours, theirs, mine, other):
    of_mine = {n: body for body, n in mine.items()}
    of_other = {n: body for body, n in other.items()}
    for program in sorted(set(searches(mine))):
        x, y = found(ours, program), found(theirs, program)
        c.check("SEARCH " + repr(program), isinstance(x, list) and sorted(of_mine[n] for n in x),
                isinstance(y, list) and sorted(of_other[n] for n in y))


SORTS = [b"ARRIVAL", b"CC", b"DATE", b"DISPLAYFROM", b"DISPLAYTO", b"FROM", b"SIZE", b"SUBJECT", b"TO"]


def tree(members, number):
    """A thread with the messages' names for their numbers; siblings stay in their order."""
    return [tree(m, number) if isinstance(m, list) else number[int(m)] for m in members]


def compare_orders(c, ours, theirs, mine, other):
    """The messages lie in the two mailboxes in the same order: so does what is equal."""
    name = {body: i for i, body in enumerate(sorted(mine, key=mine.get))}
    of_mine = {n: name[body] for body, n in mine.items()}
    of_other = {n: name.get(body) for body, n in other.items()}
    programs = [b"(%s%s) UTF-8 ALL" % (reverse, key) for key in SORTS for reverse in (b"", b"REVERSE ")]
    programs += [b"(SUBJECT REVERSE DATE) UTF-8 ALL", b"(FROM SUBJECT ARRIVAL) UTF-8 SINCE 1-Jan-1995"]
    for program in programs:
        answers = []
        for server, number in ((ours, of_mine), (theirs, of_other)):
            untagged = server.ask(b"SORT " + program)[1]
            answers.append([number[int(n)] for r in untagged if r[1:2] == ["SORT"] for n in r[2:]])
        c.check("SORT " + repr(program), *answers)
    for algorithm in (b"REFERENCES", b"ORDEREDSUBJECT"):
        answers = []
        for server, number in ((ours, of_mine), (theirs, of_other)):
            status, untagged = server.ask(b"THREAD " + algorithm + b" UTF-8 ALL")
            answers.append([tree(t, number) for r in untagged if r[1:2] == ["THREAD"] for t in r[2:]])
        if status == b"OK":
            c.check("THREAD " + repr(algorithm), *answers)


def start(server, imap, scratch, messages):
    """Both servers, with a copy of the same Maildir selected"""
    shutil.rmtree(scratch, ignore_errors=True)
    root, dovecot = os.path.join(scratch, "mail"), os.path.join(scratch, "dovecot")
    make_maildir(root, messages)
    os.makedirs(os.path.join(dovecot, "run"))
    shutil.copytree(os.path.join(root, USER), os.path.join(dovecot, "mail"))
    with open(os.path.join(dovecot, "conf"), "w") as f:
        f.write(CONF % {"dir": os.path.abspath(dovecot)})
    subprocess.run(["chown", "-R", "nobody:nogroup", dovecot], check=True)
    ours = Server([server, "--root", root, "--stdio", USER, "--quiet"])
    theirs = Server(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env",
                     "USER=nobody", "HOME=" + dovecot, imap, "-c",
                     os.path.join(dovecot, "conf")])
    for s in (ours, theirs):
        s.ask(b"SELECT INBOX")
    return ours, theirs


def main():
    server, scratch, sources = sys.argv[1], sys.argv[2], sys.argv[3:]
    imap = dovecot_imap()
    if not imap or os.getuid() != 0:
        print("compare: not run; it needs root and dovecot-imapd")
        return 0
    messages = []
    for source in sources:
        with open(source, "rb") as f:
            data = f.read()
        messages += split_mbox(data) if data.startswith(b"From ") else [data]
    ours, theirs = start(server, imap, scratch, messages)
    mine, other = contents(ours), contents(theirs)
    c = Comparison(read_known())
    c.check("octets of all messages", sorted(mine), sorted(other))
    for body in sorted(set(mine) & set(other)):
        subject = re.search(rb"(?im)^subject:.*", body)
        compare_message(c, ours, theirs, mine[body], other[body], subject and subject.group(0)[:60])
    compare_searches(c, ours, theirs, mine, other)
    compare_orders(c, ours, theirs, mine, other)
    print("compare: %d messages; %d answers the same, %d explained, %d different" %
          (len(mine), c.same, c.explained, c.different))
    return c.different != 0


if __name__ == "__main__":
    sys.exit(main())
