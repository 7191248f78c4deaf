#!/usr/bin/env bash
# One long scan of the lab, looked at every five seconds from outside: resident memory, open files, sockets, queues. A line a look, as CSV,
# on standard output; at the end the first and the last quarter of the looks side by side on standard error.
# With OUT=<folder> the samples and a plot of them (soak.csv, soak.svg) are left there.
#   bench/run-soak.sh [DURATION] [NAMES] [QPS]    30m, a million names, as fast as it goes (0); a rate keeps the machine free for others
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
duration=${1:-30m} names=${2:-1000000} qps=${3:-0}
dotnet build -c Release "$root/src/Scanner.Cli/Scanner.Cli.csproj" -v q >&2
dotnet build -c Release "$root/bench/Scanner.Weather/Scanner.Weather.csproj" -v q >&2
scanner="$root/artifacts/bin/Scanner.Cli/release/scanner.dll"
work=${BENCH_WORK:-$(mktemp -d --suffix=.scanner-soak)}
mkdir -p "$work"
port=$((20000 + RANDOM % 12000))
# Lab and scanner in processes of their own: what is looked at is the scanner alone.
dotnet "$scanner" lab --ca-file "$work/ca.pem" >"$work/lab.txt" 2>&1 &
lab=$!
scan=
stop() {
    [ -z "$scan" ] || kill -9 "$scan" 2>/dev/null || true
    kill "$lab" 2>/dev/null || true
    [ -n "${BENCH_WORK:-}" ] || rm -rf "$work"
}
trap stop EXIT
until grep -q '^DNS' "$work/lab.txt"; do sleep 0.2; kill -0 "$lab"; done
dns=$(sed -n 's/^DNS *\([^ ]*\).*/\1/p' "$work/lab.txt")
https=$(sed -n 's/^HTTPS *[^:]*:\([0-9]*\).*/\1/p' "$work/lab.txt")
dotnet "$scanner" lab list "$names" >"$work/list.csv"
dotnet "$scanner" scan "$work/list.csv" -o "$work/run" --resolver "$dns" --https-port "$https" --ca-file "$work/ca.pem" --allow-special-addresses \
    --qps "$qps" --no-report --max-duration "$duration" --metrics-port "$port" --progress none --pass-pause 5 >"$work/scan.txt" 2>&1 &
scan=$!
megabytes() { echo $(($(metric "scanner_memory_$1") / 1048576)); }
metric() { sed -n "s/^$1 //p" <<<"$metrics" | head -1; }
echo "seconds,rss_mb,anon_mb,committed_mb,heap_mb,live_mb,open_files,sockets,names_done,in_flight,queue_names,queue_policies,queue_rows" | tee "$work/soak.csv"
begin=$SECONDS
while kill -0 "$scan" 2>/dev/null; do
    sleep 5
    metrics=$(curl -s --max-time 4 "http://127.0.0.1:$port/metrics") || continue
    # The endpoint is there before the run has begun, and has nothing to say then.
    [ -n "$(metric scanner_memory_heap)" ] || continue
    # Resident: all of it, and without the files that are mapped. Of the latter what the managed heap has committed is its own, the rest native.
    rss=$(awk '/^VmRSS/ { all = $2 } /^RssAnon/ { printf "%.0f,%.0f", all / 1024, $2 / 1024 }' "/proc/$scan/status" 2>/dev/null) || break
    files=$(ls "/proc/$scan/fd" 2>/dev/null | wc -l)
    sockets=$(ls -l "/proc/$scan/fd" 2>/dev/null | grep -c socket: || true)
    echo "$((SECONDS - begin)),$rss,$(megabytes committed),$(megabytes heap),$(megabytes live),$files,$sockets,$(metric scanner_names_done_total),$(metric scanner_dns_in_flight),$(metric 'scanner_queue_length{queue="names"}'),$(metric 'scanner_queue_length{queue="policies"}'),$(metric 'scanner_queue_length{queue="rows"}')" | tee -a "$work/soak.csv"
done
status=0
wait "$scan" || status=$?
tail -4 "$work/scan.txt" >&2
echo "exit $status (1: its time was up)" >&2
awk -F, 'NR > 1 { n++; for (i = 1; i <= NF; i++) v[n, i] = $i; for (i = 2; i <= 8; i++) if ($i > peak[i]) peak[i] = $i }
    END { q = int(n / 4); if (q < 1) q = 1; split("seconds rss_mb anon_mb committed_mb heap_mb live_mb open_files sockets", name, " ")
        for (i = 2; i <= 8; i++) { a = b = 0; for (j = 1; j <= q; j++) { a += v[j, i]; b += v[n + 1 - j, i] }
            printf "%-12s first quarter %8.1f   last quarter %8.1f   peak %8.1f\n", name[i], a / q, b / q, peak[i] } }' "$work/soak.csv" >&2
if [ -n "${OUT:-}" ]; then
    mkdir -p "$OUT"
    cp "$work/soak.csv" "$OUT/soak.csv"
    "$root/artifacts/bin/Scanner.Weather/release/Scanner.Weather" soak "$work/soak.csv" >"$OUT/soak.svg"
fi
