#!/bin/sh
# SPDX-License-Identifier: MIT
# Mail programs against the Maildir server: mbsync fetches everything and brings a flag back, mutt and neomutt read and copy.
# What is not installed is said and passed over.  Usage: clients.sh SERVER SCRATCH MESSAGE-OR-MBOX...
server=$1
mkdir -p "$2" || exit 1
scratch=$(cd "$2" && pwd)
shift 2
here=$(dirname "$0")
passed=0 failed=0

check() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
	fi
}

have() {
	command -v "$1" >/dev/null 2>&1 && return 0
	echo "clients: $1 is not installed"
	return 1
}

rm -rf "${scratch:?}"/*
python3 -B - "$here" "$scratch" "$@" <<'PY'
import os, sys
sys.path.insert(0, sys.argv[1])
from interop import make_maildir, split_mbox
messages = []
for source in sys.argv[3:]:
    data = open(source, "rb").read()
    messages += split_mbox(data) if data.startswith(b"From ") else [data]
make_maildir(os.path.join(sys.argv[2], "mail"), messages)
print(len(messages), file=open(os.path.join(sys.argv[2], "count"), "w"))
PY
count=$(cat "$scratch/count")
"$server" --listen 127.0.0.1:0 --root "$scratch/mail" --any-user secret 2>"$scratch/log" &
pid=$!
trap 'kill $pid 2>/dev/null' EXIT
tries=0
until port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$scratch/log") && [ -n "$port" ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 1000000 ] || exit 1
done

if have mbsync; then
	mkdir -p "$scratch/mbsync/INBOX"
	cat >"$scratch/mbsyncrc" <<RC
IMAPAccount it
Host 127.0.0.1
Port $port
User joe
Pass secret
SSLType None
AuthMechs LOGIN

IMAPStore far
Account it

MaildirStore near
Path $scratch/mbsync/
Inbox $scratch/mbsync/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Both
SyncState *
RC
	mbsync -q -c "$scratch/mbsyncrc" all >"$scratch/mbsync.log" 2>&1
	check "mbsync fetches" $?
	got=$(find "$scratch/mbsync/INBOX/cur" "$scratch/mbsync/INBOX/new" -type f | wc -l)
	test "$got" -eq "$count"
	check "mbsync has every message" $?
	one=$(find "$scratch/mbsync/INBOX/cur" "$scratch/mbsync/INBOX/new" -type f | sort | head -n 1)
	base=$(basename "$one")
	mv "$one" "$scratch/mbsync/INBOX/cur/${base%%:2,*}:2,FS"
	mbsync -q -c "$scratch/mbsyncrc" all >>"$scratch/mbsync.log" 2>&1
	check "mbsync brings a flag back" $?
	test "$(find "$scratch/mail/joe/cur" -name '*:2,*F*' | wc -l)" -eq 1
	check "the flag is there" $?
fi

# Copies every message of INBOX to a local mbox, by keys; needs a terminal.
read_with() {
	cat >"$scratch/$1.rc" <<RC
set imap_user=joe imap_pass=secret ssl_starttls=no ssl_force_tls=no imap_authenticators="plain:login"
set quit=yes confirmcreate=no confirmappend=no mbox_type=mbox sleep_time=0 header_cache="" timeout=5
set folder="$scratch" record="" wait_key=no move=no resolve=no
push "<tag-pattern>~A<enter><tag-prefix><copy-message>$scratch/$1.mbox<enter><quit>"
RC
	script -qec "timeout 60 $1 -n -F $scratch/$1.rc -f imap://127.0.0.1:$port/INBOX" /dev/null \
		</dev/null >"$scratch/$1.log" 2>&1
	# Lines that separate messages end in a year; a "From " in a text does not.
	got=$(grep -cE '^From [^ ]+ .*:[0-9]{2} [0-9]{4}$' "$scratch/$1.mbox" 2>/dev/null)
	test "${got:-0}" -eq "$count"
	check "$1 reads every message" $?
}
for client in mutt neomutt; do
	if have $client && have script; then
		TERM=vt100 read_with $client
	fi
done
echo "clients: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
