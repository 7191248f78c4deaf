#!/usr/bin/env bash
# What a policy fetch costs beside curl, what hostile hosts can do to us, and whether fetches slow the scan's DNS work down.
# One command does everything; BENCH-FETCH.md says what the figures mean. Everything can be set from outside:
#   HOSTS=2000 ROUNDS=4 PARALLEL=64 ATTACKS=10000 NAMES=10000 PARTS="throughput attack order" bench/run-fetch.sh
set -euo pipefail
cd "$(dirname "$0")/.."
hosts=${HOSTS:-2000} rounds=${ROUNDS:-4} parallel=${PARALLEL:-64} attacks=${ATTACKS:-10000} names=${NAMES:-10000}
parts=${PARTS:-throughput attack order}
PATH=$PATH:/usr/sbin
for program in nginx curl taskset; do
    command -v "$program" >/dev/null || { echo "bench: $program is not installed (Debian packages nginx, curl, util-linux)" >&2; exit 2; }
done
work=$(mktemp -d --suffix=.fetch-bench)
nginx=
stop() {
    if [ -n "$nginx" ]; then kill "$nginx" 2>/dev/null || true; wait "$nginx" 2>/dev/null || true; nginx=; fi
}
trap 'stop; rm -rf "$work"' EXIT
chmod 755 "$work"

dotnet build -c Release -v q --nologo bench/Scanner.FetchBench >&2
bench=artifacts/bin/Scanner.FetchBench/release/Scanner.FetchBench
echo "$(date -u +%Y-%m-%dT%H:%MZ), commit $(git rev-parse --short HEAD), $(nproc) cores ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)), $(uptime | sed 's/.*load/load/')"
echo "$(nginx -v 2>&1), $(curl --version | head -1 | cut -d' ' -f1-2), $(openssl version | cut -d' ' -f1-2), .NET SDK $(dotnet --version)"

# Server on one core, client on the other. curl gets the same hosts, as many at once, the same root, and one connection a host as we do:
# every host is another name.
throughput() {
    local http=$1 port=$((20000 + RANDOM % 10000)) TIMEFORMAT='%R %U %S'
    echo "--- throughput: $hosts hosts, $parallel at once, $http"
    "$bench" hosts "$work" "$hosts" "$port" "$http"
    taskset -c 0 nginx -p "$work" -c "$work/nginx.conf" -e "$work/error.log" &
    nginx=$!
    for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
    taskset -c 1 "$bench" fetch "$work" "$hosts" "$port" "$parallel" "$rounds" & local ours=$!
    wait "$ours"
    for round in $(seq "$rounds"); do
        { time taskset -c 1 curl --silent --parallel --parallel-max "$parallel" --parallel-immediate --cacert "$work/root.pem" --write-out '%{http_code}\n' \
            --config "$work/curl.conf" >"$work/codes"; } 2>"$work/time"
        # curl draws a progress meter for parallel transfers, silent or not; the times come last.
        tail -1 "$work/time" | awk -v n="$hosts" -v ok="$(grep -c '^200$' "$work/codes")" -v round="$round" \
            '{ printf "curl round %d: %.0f fetches/s, %.2f CPU ms/fetch, %d failed\n", round, n / $1, 1000 * ($2 + $3) / n, n - ok }'
    done
    stop
    rm -f "$work"/*.crt
}

for part in $parts; do
    case $part in
        throughput) throughput h2; throughput h1 ;;
        attack) echo "--- hostile hosts: $attacks fetches, $parallel at once"; "$bench" attack "$work" "$attacks" "$parallel" ;;
        order) echo "--- DNS throughput with and without policies"; "$bench" order "$names" "$rounds" ;;
        *) echo "bench: no part '$part'" >&2; exit 2 ;;
    esac
done
