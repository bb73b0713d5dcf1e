#!/bin/sh
# SPDX-License-Identifier: MIT
# serve.sh BUILD - makes a small Maildir from samples/ below BUILD/serve, and serves it to user demo
# (password demo) on 127.0.0.1:1143, or what LISTEN says.  Started again, it starts afresh.
set -eu

build=${1:?usage: serve.sh BUILD}
here=$(dirname "$0")
listen=${LISTEN:-127.0.0.1:1143}
root=$build/serve
mail=$root/demo

rm -rf "$root"
for dir in "$mail" "$mail/.Sent" "$mail/.Drafts" "$mail/.Trash" "$mail/.Lighthouse" \
           "$mail/.Lighthouse.2025"; do
	mkdir -p "$dir/tmp" "$dir/new" "$dir/cur"
done

# Delivered one minute after the other; the first has been read and is flagged.
n=0
for sample in "$here"/samples/*.eml; do
	n=$((n + 1))
	file=$mail/new/177300000$n.sample$n.example
	[ $n -gt 1 ] || file=$mail/cur/1773000001.sample1.example:2,FS
	cp "$sample" "$file"
	touch -t 20260309100$n "$file"
done
cp "$here/samples/7-reply.eml" "$mail/.Lighthouse.2025/cur/1773000000.old.example:2,RS"
printf 'INBOX\nSent\nDrafts\nTrash\nLighthouse\nLighthouse.2025\n' > "$mail/subscriptions"

cat <<TEXT
A mailbox with $n messages for user demo, password demo.  In another terminal:

  curl -u demo:demo imap://$listen/                          the mailboxes
  curl -u demo:demo 'imap://$listen/INBOX;UID=3'             a message
  curl -u demo:demo imap://$listen/INBOX -X 'SEARCH SUBJECT lamp'
  mutt -f imap://demo@$listen/INBOX

and deliver something while a client is idling:

  cp $here/samples/4-encoded-subject.eml $mail/new/\$(date +%s).new.example

Ctrl-C ends the server.
TEXT

exec "$build/imapsrv-maildir" --root "$root" --listen "$listen" --user demo:demo
