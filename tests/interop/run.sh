#!/bin/sh
# SPDX-License-Identifier: MIT
# Real clients against the Maildir server.  Installs nothing: says what is missing.
# Usage: run.sh SERVER SCRATCH MESSAGE-OR-MBOX...
missing=
command -v python3 >/dev/null 2>&1 || missing="$missing python3"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
if [ -n "$missing" ]; then
	echo "interop: not run; install:$missing"
	exit 2
fi
here=$(dirname "$0")
server=$1 scratch=$2
shift 2
python3 -B "$here/interop.py" "$server" "$scratch/clients" "$@" || exit 1
python3 -B "$here/compare.py" "$server" "$scratch/compare" "$@" || exit 1
python3 -B "$here/orders.py" "$server" "$scratch/orders" || exit 1
python3 -B "$here/share.py" "$server" "$scratch/share" || exit 1
sh "$here/clients.sh" "$server" "$scratch/more" "$@"
