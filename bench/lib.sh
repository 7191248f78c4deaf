# Shared by run-dns.sh and run-scan.sh: programs, servers on free loopback ports, measuring. Not run by itself.

set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$bench")
work=${BENCH_WORK:-$(mktemp -d --suffix=.scanner-bench)}
mkdir -p "$work"
started=()

say() { echo "bench: $*" >&2; }

# Ends what this script started and nothing else; the servers lead sessions of their own.
stop_all() {
    for pid in "${started[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    [ -n "${BENCH_WORK:-}" ] || rm -rf "$work"
}
trap stop_all EXIT

# need PROGRAM PACKAGE: installs the Debian package where the program is absent. Fails when that is not possible.
need() {
    PATH=$PATH:/usr/sbin
    command -v "$1" >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { say "$1 is not installed: install the package $2"; exit 2; }
    say "installing $2"
    # No service of the distribution is wanted: the servers run here, on ports of their own.
    printf '#!/bin/sh\nexit 101\n' > "$work/policy-rc.d" && chmod +x "$work/policy-rc.d"
    if [ ! -e /usr/sbin/policy-rc.d ]; then cp "$work/policy-rc.d" /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d; stop_all' EXIT; fi
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y "$2" >&2
}

# A port that nobody listens on now, over TCP or UDP.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        ss -Hlntu "sport = :$port" | grep -q . || { echo "$port"; return; }
    done
}

wait_for_tcp() {
    local tries=0
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { say "nothing listens on port $1 after a minute"; cat "$2" >&2; exit 1; }
        sleep 0.1
    done
}

# nsd_settings NAME: the lines of the server section that every NSD here has, and no remote control. NAME is of its files in $work.
nsd_settings() {
    cat <<CONF
  username: ""
  chroot: ""
  zonesdir: "$work"
  pidfile: "$work/$1.pid"
  database: ""
  xfrdfile: "$work/$1.xfrd"
  zonelistfile: "$work/$1.zones"
  xfrdir: "$work"
  server-count: 1
  minimal-responses: yes
  # NSD answers one client at most 200 times a second by default where response rate limiting is compiled in.
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
CONF
}

# unbound_settings: the same for Unbound, which has a stub zone behind it on loopback and no use for DNSSEC.
unbound_settings() {
    cat <<CONF
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: "$work/unbound.pid"
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  outgoing-range: 4096
  num-queries-per-thread: 4096
CONF
}

# start_nsd ORIGIN ZONEFILE CORE: sets nsd_port and nsd_pid.
start_nsd() {
    nsd_port=$(free_port)
    cat > "$work/nsd.conf" <<CONF
server:
  ip-address: 127.0.0.1@$nsd_port
$(nsd_settings nsd)
zone:
  name: "$1"
  zonefile: "$2"
CONF
    setsid taskset -c "$3" nsd -d -c "$work/nsd.conf" >"$work/nsd.log" 2>&1 &
    nsd_pid=$!
    started+=("$nsd_pid")
    wait_for_tcp "$nsd_port" "$work/nsd.log"
}

# start_unbound CORE: a cache in front of NSD for the zone test.; sets unbound_port and unbound_pid.
start_unbound() {
    unbound_port=$(free_port)
    cat > "$work/unbound.conf" <<CONF
server:
  interface: 127.0.0.1@$unbound_port
$(unbound_settings)
  local-zone: "test." nodefault
  # Room for the whole zone, so that the second round is answered from memory.
  msg-cache-size: 1g
  rrset-cache-size: 1g
  so-rcvbuf: 4m
stub-zone:
  name: "test."
  stub-addr: 127.0.0.1@$nsd_port
CONF
    setsid taskset -c "$1" unbound -d -c "$work/unbound.conf" >"$work/unbound.log" 2>&1 &
    unbound_pid=$!
    started+=("$unbound_pid")
    wait_for_tcp "$unbound_port" "$work/unbound.log"
}

# CPU ticks (1/100 s) of all processes of the servers' sessions.
server_ticks() {
    local total=0 pid fields
    for session in "${started[@]}"; do
        for pid in $(pgrep -s "$session"); do
            fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || continue
            set -- $fields
            total=$((total + ${12} + ${13}))
        done
    done
    echo $total
}

# CPU ticks that all cores together were not idle, steal included.
busy_ticks() { awk '/^cpu /{print $2+$3+$4+$7+$8+$9; exit}' /proc/stat; }

# measured COMMAND...: runs it with standard output in $work/out and standard error in $work/err; sets wall, user, system (seconds)
# and other: CPU that neither it nor the servers used, in percent of one core. Other programs on the machine disturb, and this says how much.
measured() {
    local busy server status=0
    busy=$(busy_ticks); server=$(server_ticks)
    TIMEFORMAT='%R %U %S'
    { time "$@" >"$work/out" 2>"$work/err"; } 2>"$work/time" || status=$?
    read -r wall user system <"$work/time"
    other=$(awk -v b=$(($(busy_ticks) - busy)) -v s=$(($(server_ticks) - server)) -v u="$user" -v y="$system" -v w="$wall" \
        'BEGIN{o=(b-s-100*(u+y))/w; printf "%.0f", o<0?0:o}')
    return $status
}

hardware() { lscpu | awk -F: '/^(Model name|CPU\(s\)|Hypervisor vendor)/{gsub(/^ +/,"",$2); printf "%s%s", sep, $2; sep=", "}'; }

# The folder of results for this machine: bench/results/<cpu>, or $RESULTS.
results_folder() {
    if [ -n "${RESULTS:-}" ]; then mkdir -p "$RESULTS"; echo "$RESULTS"; return; fi
    local name
    name=$(lscpu | awk -F: '/^Model name/{gsub(/^ +/,"",$2); print $2; exit}')-$(nproc)cpu
    name=$(echo "$name" | tr 'A-Z' 'a-z' | sed 's/[^a-z0-9]\+/-/g')
    mkdir -p "$bench/results/$name"
    echo "$bench/results/$name"
}

# What a reader needs to judge and repeat a result.
# memory_latency: nanoseconds of a random access in 16 MiB, now (floor/latency.c).
memory_latency() {
    [ -x "$work/latency" ] || cc -O2 -Wall -Wextra -o "$work/latency" "$bench/floor/latency.c"
    "$work/latency"
}

conditions() {
    echo "- date: $(date -u +%Y-%m-%dT%H:%MZ)"
    echo "- commit: $(git -C "$root" rev-parse --short HEAD)$(git -C "$root" diff --quiet HEAD -- src bench/Scanner.LoadTest || echo ' with uncommitted changes')"
    echo "- hardware: $(hardware), $(awk '/MemTotal/{printf "%.0f GiB", $2/1048576}' /proc/meminfo)"
    if command -v cc >/dev/null; then echo "- memory: $(memory_latency) ns for a random access in 16 MiB, right after the last run"; fi
    echo "- kernel: $(uname -sr), rmem_max $(cat /proc/sys/net/core/rmem_max)"
    echo "- versions: .NET $(dotnet --list-runtimes | awk '/NETCore.App/{v=$2} END{print v}'), $(nsd -v 2>&1 | head -1)$(command -v unbound >/dev/null && unbound -V | head -1 | sed 's/^Version/, Unbound/')$(command -v dnsperf >/dev/null && dnsperf -h 2>&1 | grep -o 'Version.*' | sed 's/^/, dnsperf /')"
}
