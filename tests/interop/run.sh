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
exec python3 "$(dirname "$0")/interop.py" "$@"
