#!/usr/bin/env bash
# What a scan costs from end to end: `scan` over 10,000, 100,000 and 1,000,000 names of the simulated internet, whose records NSD serves.
# No server runs in the scanner's process. Afterwards every row is compared with the truth. The program is the one that pack.sh makes: one file,
# compiled ahead of time (PROGRAM=artifacts/bin/Scanner.Cli/release/scanner for that of a plain build, which compiles while it runs).
#   SIZES="10000 100000" ROUNDS=3 IN_FLIGHT=1000 SCAN_OPTIONS="--transport dnsclient" POLICIES=1 bench/run-scan.sh
# Without POLICIES=1 no policy host is served: the MTA-STS policies of one name in a hundred are then not fetched (their hosts have
# loopback addresses, which a scan does not connect to unless it is told to), and the columns that depend on them are not compared.

. "$(dirname "$0")/lib.sh"
sizes=${SIZES:-"10000 100000 1000000"}
rounds=${ROUNDS:-1}
# NSD answers within the millisecond: with 400 queries in flight both cores are busy. More names under way only wait before it and take memory.
in_flight=${IN_FLIGHT:-400}
server_core=${SERVER_CORE:-0}
scanner_cores=${SCANNER_CORES:-0,1}
policies=${POLICIES:-0}
read -ra extra <<<"${SCAN_OPTIONS:-}"

need nsd nsd
need taskset util-linux
[ -x /usr/bin/time ] || need /usr/bin/time time
scanner=${PROGRAM:-}
if [ -z "$scanner" ]; then
    "$root/data-samples/packaging/pack.sh" --output "$work/packages" "linux-$([ "$(uname -m)" = aarch64 ] && echo arm64 || echo x64)" >&2
    scanner=$(echo "$work"/packages/linux-*/scanner)
    export DOTNET_BUNDLE_EXTRACT_BASE_DIR=$work/extracted
    "$scanner" --version >&2 # unpacks its native libraries, once
fi

https=()
if [ "$policies" = 1 ]; then
    # The lab in a process of its own, for its HTTPS side only; NSD answers DNS.
    setsid taskset -c "$server_core" "$scanner" lab --ca-file "$work/ca.pem" >"$work/lab.log" 2>&1 &
    started+=($!)
    until grep -q 'Ctrl+C' "$work/lab.log"; do sleep 0.2; done
    https=(--https-port "$(awk '/^HTTPS/{sub(/.*:/,"",$2); print $2}' "$work/lab.log")" --ca-file "$work/ca.pem" --allow-special-addresses)
fi

folder=$(results_folder)
raw=$folder/scan.jsonl
: > "$raw"
field() { grep -o "\"$1\": *[0-9.]*" "$work/run/run.json" | head -1 | sed 's/.*: *//'; }

for size in $sizes; do
    "$scanner" lab list "$size" --no-cast > "$work/list.csv"
    "$scanner" lab zone "$work/list.csv" > "$work/root.zone"
    start_nsd . "$work/root.zone" "$server_core"
    say "$size names, NSD on 127.0.0.1:$nsd_port with $(wc -l < "$work/root.zone") records"
    for ((round = 1; round <= rounds; round++)); do
        rm -rf "$work/run"
        status=0
        measured taskset -c "$scanner_cores" /usr/bin/time -o "$work/rss" -f %M "$scanner" scan "$work/list.csv" -o "$work/run" \
            --resolver "127.0.0.1:$nsd_port" --qps 0 --in-flight "$in_flight" --progress none "${https[@]}" "${extra[@]}" || status=$?
        [ $status = 0 ] || { say "scan ended with $status"; cat "$work/out" "$work/err" >&2; exit 1; }
        except=(--except mtasts_)
        [ "$policies" = 0 ] || except=()
        # Its exit status says whether anything differs, and the line says what.
        truth=$("$scanner" lab verify "$work/run" "${except[@]}" > "$work/verify" || true; tail -1 "$work/verify")
        awk -v names="$size" -v wall="$wall" -v user="$user" -v kernel="$system" -v queries="$(field queries_sent)" -v retries="$(field retries)" \
            -v rss="$(tail -1 "$work/rss")" -v other="$other" -v truth="$truth" 'BEGIN{
            printf "{\"names\":%d,\"seconds\":%s,\"user_seconds\":%s,\"system_seconds\":%s,\"cpu_microseconds_per_name\":%.1f,\"user_microseconds_per_name\":%.1f,\"names_per_second\":%.0f,\"queries\":%d,\"retries\":%d,\"queries_per_second\":%.0f,\"peak_megabytes\":%.0f,\"other_load_percent\":%s,\"truth\":\"%s\"}\n",
            names, wall, user, kernel, (user+kernel)*1e6/names, user*1e6/names, names/wall, queries, retries, queries/wall, rss/1000, other, truth}' >> "$raw"
        say "$(tail -1 "$raw")"
    done
    kill -TERM -- "-$nsd_pid" && wait "$nsd_pid" 2>/dev/null || true
    unset 'started[-1]'
done

{
    echo "# Scans from end to end"
    echo
    conditions
    echo "- command: SIZES=\"$sizes\" ROUNDS=$rounds IN_FLIGHT=$in_flight SCAN_OPTIONS=\"${extra[*]}\" POLICIES=$policies bench/run-scan.sh"
    echo "- NSD on core $server_core, scanner on cores $scanner_cores; whole process from start to exit, figures and report included"
    echo
    echo "| names | s | CPU s (user + system) | CPU us/name | user us/name | names/s | queries/name | queries/s | retries | peak MB | other load % | rows against the truth |"
    echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    sed 's/[{}"]//g' "$raw" | awk -F'[:,]' '{
        for (i = 1; i < NF; i += 2) v[$i] = $(i + 1)
        truth = $0; sub(/.*truth:/, "", truth)
        printf "| %d | %.1f | %.1f (%.1f + %.1f) | %.1f | %.1f | %d | %.2f | %d | %d | %d | %d | %s |\n", v["names"], v["seconds"], v["user_seconds"] + v["system_seconds"], v["user_seconds"], v["system_seconds"],
            v["cpu_microseconds_per_name"], v["user_microseconds_per_name"], v["names_per_second"], v["queries"] / v["names"], v["queries_per_second"], v["retries"], v["peak_megabytes"], v["other_load_percent"], truth}'
    echo
    echo "What a further name costs, the fixed part (start, compiler, SQL engine, plots) left out; from the means of the rounds:"
    echo
    sed 's/[{}"]//g' "$raw" | awk -F'[:,]' '{
        for (i = 1; i < NF; i += 2) v[$i] = $(i + 1)
        n = v["names"]; if (!(n in rounds)) sizes[++count] = n
        rounds[n]++; user[n] += v["user_seconds"]; all[n] += v["user_seconds"] + v["system_seconds"]; peak[n] += v["peak_megabytes"]}
        END { for (i = 2; i <= count; i++) { a = sizes[i - 1]; b = sizes[i]
            printf "- from %d to %d names: %.1f CPU us a name, %.1f of it user; peak memory x %.2f\n", a, b, (all[b] / rounds[b] - all[a] / rounds[a]) * 1e6 / (b - a),
                (user[b] / rounds[b] - user[a] / rounds[a]) * 1e6 / (b - a), peak[b] / rounds[b] / (peak[a] / rounds[a]) } }'
} > "$folder/scan.md"
cat "$folder/scan.md"
