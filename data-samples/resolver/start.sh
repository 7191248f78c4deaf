#!/bin/sh
# Starts Unbound with the configuration beside this file, in the foreground, without root. Ctrl+C stops it.
# Usage: ./start.sh [FOLDER]     the folder for its pid file and trust anchor (default: ./unbound-run)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-unbound-run}

command -v unbound >/dev/null || { echo "unbound is not installed (Debian, Ubuntu: apt install unbound; macOS: brew install unbound)" >&2; exit 2; }
mkdir -p "$folder"
cd "$folder"

# The root's trust anchor: the system's where it is kept up to date, or fetched and checked by unbound-anchor (RFC 5011).
if [ -r /usr/share/dns/root.key ]; then
    cp /usr/share/dns/root.key root.key
elif command -v unbound-anchor >/dev/null; then
    unbound-anchor -a root.key || [ -s root.key ]
else
    echo "neither /usr/share/dns/root.key (package dns-root-data) nor unbound-anchor is here: no trust anchor, no validation" >&2
    exit 2
fi

{ cat "$here/unbound.conf"; printf 'server:\n    directory: "%s"\n    auto-trust-anchor-file: "root.key"\n' "$PWD"; } >unbound.conf
unbound-checkconf unbound.conf >/dev/null
echo "unbound answers on 127.0.0.1 port 5353 until stopped: scanner scan LIST --resolver 127.0.0.1:5353"
exec unbound -d -c unbound.conf
