#!/usr/bin/env bash
# A small internet of real servers: NSD for the root, NSD for the top-level domains, NSD for the hosters of all names (a zone each), Unbound with the
# configuration of data-samples/resolver in front, and a scan through it. In a network namespace of its own: nothing leaves the machine, and the
# servers have addresses as on the internet, on port 53. What the zones hold is known, so every row is compared with it.
#   SIZES="10000 100000" QPS=4000 SCAN_OPTIONS="--passes 1" bench/run-internet.sh
# SCANNER=<path> takes a program that is built already.
# Needs root, or user namespaces (unshare --map-root-user).

. "$(dirname "$0")/lib.sh"
sizes=${SIZES:-"10000 100000"}
qps=${QPS:-4000}
read -ra extra <<<"${SCAN_OPTIONS:-}"
scanner=${SCANNER:-$root/artifacts/bin/Scanner.Cli/release/scanner}

if [ -z "${SMALL_INTERNET:-}" ]; then
    need nsd nsd
    need unbound unbound
    need unshare util-linux
    need ip iproute2
    [ -n "${SCANNER:-}" ] || dotnet build -c Release -v q --nologo "$root/src/Scanner.Cli" >&2
    flags=(--net)
    [ "$(id -u)" = 0 ] || flags+=(--map-root-user)
    SMALL_INTERNET=1 unshare "${flags[@]}" "$0" "$@"
    exit
fi
PATH=$PATH:/usr/sbin
folder=$(results_folder)
raw=$folder/internet.jsonl
: > "$raw"

root_server=198.41.0.4
tld_server=192.5.6.30
hosters=20
ip link set lo up
ip addr add "$root_server/32" dev lo
ip addr add "$tld_server/32" dev lo
for ((k = 1; k <= hosters; k++)); do ip addr add "203.0.113.$k/32" dev lo; done

# From the one root zone of `lab zone` the zones of three levels: root.zone, tld/*, host/* and what NSD must know of them.
# A name's zone is the one below its top-level domain, or below a registry's second level such as co.uk. Few hosters have most of the zones.
cut_zones() {
    rm -rf "$work/zones" && mkdir -p "$work/zones/tld" "$work/zones/host"
    awk '!/^[$]/ && $1 != "." && $1 !~ /root-servers/' "$1" | awk -v dir="$work/zones" -v tlds="$tld_server" -v hosters="$hosters" '
        function apex(owner,   l, n, two) {
            n = split(owner, l, ".") - 1          # the last field is empty: names end in a dot
            if (n < 2) return l[n] "."
            two = l[n - 1] "." l[n] "."
            if (two ~ /^(co|com|org|net|gov|edu|ac|or|ne|go)[.][a-z][a-z][.]$/) return n < 3 || l[n - 2] ~ /^[_*]/ ? two : l[n - 2] "." two
            return l[n - 1] ~ /^[_*]/ ? l[n] "." : two
        }
        function above(zone) { sub(/^[^.]*[.]/, "", zone); return zone }
        function is_registry(zone) { return zone ~ /^[^.]+[.]$/ || zone ~ /^(co|com|org|net|gov|edu|ac|or|ne|go)[.][a-z][a-z][.]$/ }
        function soa(zone, server) { return zone " 3600 IN SOA " server " hostmaster." (zone == "." ? "net." : zone) " 1 3600 900 86400 300\n" zone " 3600 IN NS " server "\n" }
        function hoster(zone,   i, h) { h = 7; for (i = 1; i <= length(zone); i++) h = (h * 31 + index("abcdefghijklmnopqrstuvwxyz0123456789-.", substr(zone, i, 1))) % 1000003; return 1 + int(hosters * (h / 1000003) ^ 2) }
        function registry(zone) {
            if (zone in registries) return
            registries[zone] = 1
            if (zone ~ /^[^.]+[.]$/) delegated[""] = delegated[""] zone " 172800 IN NS a.nic." zone "\na.nic." zone " 172800 IN A " tlds "\n"
            else { registry(above(zone)); delegated[above(zone)] = delegated[above(zone)] zone " 172800 IN NS a.nic." zone "\na.nic." zone " 172800 IN A " tlds "\n" }
        }
        {
            zone = apex($1)
            if (zone == $1 && $4 == "CNAME") alias[zone] = 1
            text[zone] = text[zone] $0 "\n"
        }
        END {
            registry("net.")
            for (zone in text) {
                if (is_registry(zone)) { registry(zone); inside[zone] = inside[zone] text[zone]; continue }
                registry(above(zone))
                # An alias cannot stand beside the SOA of a zone of its own (RFC 1034 section 3.6.2).
                if (zone in alias) { inside[above(zone)] = inside[above(zone)] text[zone]; continue }
                k = hoster(zone)
                delegated[above(zone)] = delegated[above(zone)] zone " 86400 IN NS ns1.hoster" k ".net.\n"
                file = dir "/host/" zone "zone"
                printf "%s%s", soa(zone, "ns1.hoster" k ".net."), text[zone] > file
                close(file)
                print zone > (dir "/host.list")
                zones++
            }
            for (k = 1; k <= hosters; k++) {
                zone = "hoster" k ".net."
                delegated["net."] = delegated["net."] zone " 86400 IN NS ns1." zone "\nns1." zone " 86400 IN A 203.0.113." k "\n"
                file = dir "/host/" zone "zone"
                printf "%sns1.%s 86400 IN A 203.0.113.%d\n", soa(zone, "ns1." zone), zone, k > file
                close(file)
                print zone > (dir "/host.list")
            }
            for (zone in registries) {
                file = dir "/tld/" zone "zone"
                printf "%sa.nic.%s 172800 IN A %s\n%s%s", soa(zone, "a.nic." zone), zone, tlds, delegated[zone], inside[zone] > file
                close(file)
                print zone > (dir "/tld.list")
            }
            printf "%sa.root-servers.net. 518400 IN A '"$root_server"'\n%s", soa(".", "a.root-servers.net."), delegated[""] > (dir "/root.zone")
        }'
}

# start_level NAME ADDRESS…: an NSD with the zones of $work/zones/NAME.list on these addresses.
start_level() {
    local level=$1 zone
    shift
    {
        echo "server:"
        for address in "$@"; do echo "  ip-address: $address@53"; done
        nsd_settings "$level"
        if [ "$level" = root ]; then printf 'zone:\n  name: "."\n  zonefile: "zones/root.zone"\n'
        else while read -r zone; do printf 'zone:\n  name: "%s"\n  zonefile: "zones/%s/%szone"\n' "$zone" "$level" "$zone"; done < "$work/zones/$level.list"; fi
    } > "$work/$level.conf"
    setsid nsd -d -c "$work/$level.conf" >"$work/$level.log" 2>&1 &
    started+=($!)
    local tries=0
    until (exec 3<>"/dev/tcp/$1/53") 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || { say "the $level server does not start"; tail "$work/$level.log" >&2; exit 1; }
        sleep 0.1
    done
}

# The sample's own file; behind it where this internet's root is, and a socket to read the counters.
start_resolver() {
    printf '. 518400 IN NS a.root-servers.net.\na.root-servers.net. 518400 IN A %s\n' "$root_server" > "$work/hints"
    {
        cat "$root/data-samples/resolver/unbound.conf"
        printf 'server:\n    directory: "%s"\n    root-hints: "%s/hints"\n    extended-statistics: yes\n' "$work" "$work"
        printf 'remote-control:\n    control-enable: yes\n    control-use-cert: no\n    control-interface: "%s/control"\n' "$work"
    } > "$work/unbound.conf"
    setsid unbound -d -c "$work/unbound.conf" >"$work/unbound.log" 2>&1 &
    started+=($!)
    wait_for_tcp 5353 "$work/unbound.log"
}

counter() { sed -n "s/^$1=//p" "$2"; }
datagrams() { awk '/^Udp: [0-9]/{print $5}' /proc/net/snmp; }
field() { grep -o "\"$1\": *[0-9.]*" "$work/run/run.json" | head -1 | sed 's/.*: *//'; }

for size in $sizes; do
    "$scanner" lab list "$size" --no-cast > "$work/list.csv"
    "$scanner" lab zone "$work/list.csv" > "$work/all.zone"
    cut_zones "$work/all.zone"
    start_level root "$root_server"
    start_level tld "$tld_server"
    addresses=()
    for ((k = 1; k <= hosters; k++)); do addresses+=("203.0.113.$k"); done
    start_level host "${addresses[@]}"
    start_resolver
    zones=$(cat "$work/zones/host.list" "$work/zones/tld.list" | wc -l)
    say "$size names: the root, $(wc -l < "$work/zones/tld.list") registries, $(wc -l < "$work/zones/host.list") zones at $hosters hosters"

    rm -rf "$work/run"
    before=$(datagrams) status=0
    measured "$scanner" scan "$work/list.csv" -o "$work/run" --resolver 127.0.0.1:5353 --qps "$qps" --progress none "${extra[@]}" || status=$?
    after=$(datagrams)
    [ $status = 0 ] || { say "scan ended with $status"; cat "$work/out" "$work/err" >&2; exit 1; }
    unbound-control -c "$work/unbound.conf" stats_noreset > "$work/stats"
    # Policy hosts are not part of this internet.
    truth=$("$scanner" lab verify "$work/run" --except mtasts_ > "$work/verify" || true; tail -1 "$work/verify")
    head -20 "$work/verify" >&2
    asked=$(counter total.num.queries "$work/stats") hits=$(counter total.num.cachehits "$work/stats")
    # Every question and every answer is one datagram of this namespace: what is not between scanner and resolver is between resolver and authorities.
    awk -v names="$size" -v zones="$zones" -v wall="$wall" -v queries="$(field queries_sent)" -v retries="$(field retries)" -v asked="$asked" -v hits="$hits" -v sent=$((after - before)) \
        -v recursion="$(counter total.recursion.time.avg "$work/stats")" -v median="$(counter total.recursion.time.median "$work/stats")" -v limited="$(counter num.query.ratelimited "$work/stats" | head -1)" -v servfail="$(counter num.answer.rcode.SERVFAIL "$work/stats")" \
        -v user="$user" -v kernel="$system" -v other="$other" -v truth="$truth" 'BEGIN{
        printf "{\"names\":%d,\"zones\":%d,\"seconds\":%s,\"queries\":%d,\"retries\":%d,\"resolver_questions\":%d,\"cache_hits\":%d,\"authority_questions\":%d,\"recursion_average_ms\":%.2f,\"recursion_median_ms\":%.2f,\"ratelimited\":%d,\"servfail\":%d,\"scanner_cpu_seconds\":%.1f,\"other_load_percent\":%s,\"truth\":\"%s\"}\n",
        names, zones, wall, queries, retries, asked, hits, (sent - 2 * asked) / 2, recursion * 1000, median * 1000, limited, servfail, user + kernel, other, truth}' >> "$raw"
    say "$(tail -1 "$raw")"
    for pid in "${started[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    started=()
done

{
    echo "# A scan through Unbound over a small internet"
    echo
    conditions
    echo "- command: SIZES=\"$sizes\" QPS=$qps SCAN_OPTIONS=\"${extra[*]}\" bench/run-internet.sh"
    echo "- Unbound with data-samples/resolver/unbound.conf and an empty cache; NSD for the root, for the registries, and for $hosters hosters; one network namespace, no delays, no DNSSEC (the root is unsigned)"
    echo
    echo "| names | zones | s | names/s | queries/name | retries | cache misses | authority questions/name | recursion ms, average (median) | ratelimited | SERVFAIL | scanner CPU s | other load % | rows against the zones |"
    echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    sed 's/[{}"]//g' "$raw" | awk -F'[:,]' '{
        for (i = 1; i < NF; i += 2) v[$i] = $(i + 1)
        truth = $0; sub(/.*truth:/, "", truth)
        printf "| %d | %d | %.1f | %d | %.2f | %d | %.1f %% | %.2f | %s (%s) | %d | %d | %.1f | %d | %s |\n", v["names"], v["zones"], v["seconds"], v["names"] / v["seconds"], v["queries"] / v["names"], v["retries"],
            100 * (1 - v["cache_hits"] / v["resolver_questions"]), v["authority_questions"] / v["names"], v["recursion_average_ms"], v["recursion_median_ms"], v["ratelimited"], v["servfail"], v["scanner_cpu_seconds"], v["other_load_percent"], truth}'
} > "$folder/internet.md"
cat "$folder/internet.md"
