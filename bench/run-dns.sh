#!/usr/bin/env bash
# What a DNS query costs: our transports, MassDNS, dnsperf and a bare C loop against one NSD, server on one core, client on another.
# One command does everything, installs included; see README.md for what the figures mean. Everything can be set from outside:
#   ROUNDS=5 DOMAINS=200000 WARM_UP=400000 SERVERS="nsd unbound" CLIENTS="floor-mmsg massdns dnsclient@200" bench/run-dns.sh
# A client is a name and, after @, its number in flight. MASSDNS_SRC: a checkout of MassDNS to build; without it and without massdns on
# PATH that row is left out by name.

. "$(dirname "$0")/lib.sh"
rounds=${ROUNDS:-5}
domains=${DOMAINS:-200000}
warm_up=${WARM_UP:-400000}
servers=${SERVERS:-nsd}
server_core=${SERVER_CORE:-0}
client_core=${CLIENT_CORE:-1}
clients=${CLIENTS:-"floor-mmsg@1000 floor-plain@1000 massdns@1000 dnsperf@1000 engine@1000 engine-plain@1000 engine+stub@1000 memory@1000 memory+stub@1000 dnsclient@200"}
questions=$((domains * 5))

need nsd nsd
need dnsperf dnsperf
need taskset util-linux
[[ $servers != *unbound* ]] || need unbound unbound

massdns=$(command -v massdns || true)
if [ -n "${MASSDNS_SRC:-}" ]; then
    # Built outside its checkout, with the flags of its own Makefile.
    (cd "$MASSDNS_SRC" && cc -O3 -std=c11 -DHAVE_EPOLL -DHAVE_SYSINFO -DMASSDNS_REVISION="\"$(git describe --tags --always 2>/dev/null || echo unknown)\"" src/main.c -o "$work/massdns")
    massdns=$work/massdns
fi
[ -n "$massdns" ] || say "row massdns left out: no massdns on PATH, and MASSDNS_SRC names no checkout"
massdns_version=$([ -z "${MASSDNS_SRC:-}" ] || git -C "$MASSDNS_SRC" describe --tags --always 2>/dev/null || true)

cc -O2 -Wall -Wextra -o "$work/floor" "$bench/floor/floor.c"
dotnet build -c Release -v q --nologo "$bench/Scanner.LoadTest" >&2
loadtest=("$root/artifacts/bin/Scanner.LoadTest/release/Scanner.LoadTest")
"${loadtest[@]}" zone "$work" --domains "$domains"
text_answers=$(grep -c ' TXT ' "$work/bench.zone")
start_nsd test "$work/bench.zone" "$server_core"
say "NSD on 127.0.0.1:$nsd_port, core $server_core; clients on core $client_core; $questions questions; $rounds rounds"

# run_client NAME IN_FLIGHT PORT: one run; appends its JSON line to $raw.
run_client() {
    local name=$1 window=$2 port=$3 line="" status=0 count lost pin=(taskset -c "$client_core")
    case $name in
    floor-*)
        measured "${pin[@]}" "$work/floor" 127.0.0.1 "$port" "$work/questions.txt" "${name#floor-}" "$window" || status=$?
        line=$(cat "$work/out") ;;
    massdns)
        [ -n "$massdns" ] || return 0
        echo "127.0.0.1:$port" > "$work/resolvers.txt"
        # One type a run: the four TXT questions of each domain. Its output is text; the records in it are counted.
        count=$((domains * 4))
        measured "${pin[@]}" "$massdns" -q --root -r "$work/resolvers.txt" -t TXT -s "$window" --rcvbuf 4194304 --sndbuf 4194304 -o S -w "$work/massdns.out" "$work/txt-names.txt" || status=$?
        lost=$((text_answers - $(grep -c ' TXT ' "$work/massdns.out")))
        line=$(foreign massdns "$count" "$window" "$lost") ;;
    dnsperf)
        measured "${pin[@]}" dnsperf -s 127.0.0.1 -p "$port" -d "$work/questions.txt" -n 1 -c 1 -T 1 -q "$window" -b 4096 -e || status=$?
        count=$(awk '/Queries sent/{print $3}' "$work/out")
        lost=$(awk '/Queries lost/{print $3}' "$work/out")
        line=$(foreign dnsperf "${count:-0}" "$window" "${lost:-0}") ;;
    *)
        local layer=transport transport=$name n=$questions warm=$warm_up
        [[ $name != *+stub ]] || { layer=stub; transport=${name%+stub}; }
        # Eight times slower than the others: a fifth of the questions is enough, and takes as long.
        [[ $transport != dnsclient ]] || { n=$((questions / 5)); warm=$((warm_up / 5)); }
        measured "${pin[@]}" "${loadtest[@]}" run --server "127.0.0.1:$port" --transport "$transport" --layer "$layer" --queries "$n" --warm-up "$warm" --in-flight "$window" --domains "$domains" || status=$?
        line=$(cat "$work/out") ;;
    esac
    [ $status = 0 ] || { say "$name ended with $status"; cat "$work/err" >&2; }
    [ -n "$line" ] || return 0
    echo "${line%\}},\"other_load_percent\":$other}" >> "$raw"
    say "$name@$window: $(tail -1 "$raw")"
}

# foreign CLIENT QUERIES IN_FLIGHT LOST: the JSON line of a program measured from outside, its start included.
foreign() {
    awk -v c="$1" -v n="$2" -v f="$3" -v l="$4" -v w="$wall" -v u="$user" -v s="$system" 'BEGIN{
        if (n == 0) exit
        printf "{\"client\":\"%s\",\"queries\":%d,\"in_flight\":%d,\"seconds\":%s,\"queries_per_second\":%.0f,\"user_microseconds\":%.4f,\"system_microseconds\":%.4f,\"timeouts\":%d}\n", c, n, f, w, n/w, u*1e6/n, s*1e6/n, l}'
}

folder=$(results_folder)
for server in $servers; do
    port=$nsd_port
    if [ "$server" = unbound ]; then
        start_unbound "$server_core"
        port=$unbound_port
        say "warming Unbound on port $port"
        dnsperf -s 127.0.0.1 -p "$port" -d "$work/questions.txt" -n 1 -q 500 -b 4096 -e >/dev/null
    fi
    raw=$folder/dns-$server.jsonl
    : > "$raw"
    for ((round = 1; round <= rounds; round++)); do
        for client in $clients; do
            name=${client%@*}
            window=${client#*@}
            [ "$window" != "$client" ] || window=1000
            run_client "$name" "$window" "$port"
        done
    done
    {
        echo "# DNS clients against $server"
        echo
        conditions
        echo "- MassDNS: ${massdns_version:-unknown version or absent}"
        echo "- command: ROUNDS=$rounds DOMAINS=$domains WARM_UP=$warm_up SERVERS=\"$servers\" CLIENTS=\"$clients\" bench/run-dns.sh"
        echo "- server on core $server_core, client on core $client_core; $rounds interleaved rounds, median (range); ratios are of medians of CPU time"
        echo
        "${loadtest[@]}" table "$raw" --ratio-to massdns --ratio-to dnsperf --ratio-to floor-mmsg
    } > "$folder/dns-$server.md"
    cat "$folder/dns-$server.md"
done
