#!/usr/bin/env bash
# The weather table with a real resolver: Unbound before NSD with the lab's records, in a network namespace of its own, and the scanner in another;
# between them a link that loses and delays packets. `tc netem` where the kernel has it; elsewhere two tun devices with a program between them that
# does the same (bench/Scanner.Weather/BadLink.cs). Every run is gone on with until it is complete and compared with the truth name by name.
#   bench/run-netem.sh [NAMES] [QPS] [WORDS]      needs root; WORDS: only the weathers whose name matches this regular expression
. "$(dirname "$0")/lib.sh"
names=${1:-1000} qps=${2:-1000} only=${3:-}
[ "$(id -u)" = 0 ] || { say "network namespaces need root"; exit 2; }
need nsd nsd
need unbound unbound
need ip iproute2
dotnet build -c Release -v q --nologo "$root/src/Scanner.Cli" >&2
dotnet build -c Release -v q --nologo "$root/bench/Scanner.Weather" >&2
scanner=$root/artifacts/bin/Scanner.Cli/release/scanner
weather=$root/artifacts/bin/Scanner.Weather/release/Scanner.Weather
here=scan$$ there=dns$$ left=sl$$ right=sr$$ unbound_pid= link_pid= resolver=10.213.7.2
ip netns add $here && ip netns add $there
leave() {
    # NSD and Unbound may be stopped (SIGSTOP): then they end by nothing else.
    [ -z "$unbound_pid" ] || kill -CONT "$unbound_pid" 2>/dev/null || true
    [ -z "$link_pid" ] || kill "$link_pid" 2>/dev/null || true
    stop_all
    ip netns del $here; ip netns del $there
}
trap leave EXIT
for space in $here $there; do ip -n $space link set lo up; done

# link LOSS DELAY JITTER: share of packets, milliseconds each way.
link() {
    [ -z "$link_pid" ] || { kill "$link_pid"; wait "$link_pid" 2>/dev/null || true; link_pid=; }
    ip -n $here link del $left 2>/dev/null || true
    if [ "$emulator" = netem ]; then
        ip link add $left type veth peer name $right
    else
        "$weather" link $left $right "$1" "$2" "$3" & link_pid=$!
        until ip link show $right >/dev/null 2>&1; do sleep 0.1; done
    fi
    ip link set $left netns $here && ip link set $right netns $there
    ip -n $here addr add 10.213.7.1/30 dev $left && ip -n $here link set $left up
    ip -n $there addr add $resolver/30 dev $right && ip -n $there link set $right up
    if [ "$emulator" = netem ]; then
        for end in "$here $left" "$there $right"; do
            read -r space device <<<"$end"
            ip netns exec $space tc qdisc add dev $device root netem limit 20000 loss "$(awk -v l="$1" 'BEGIN{print l * 100}')%" delay "$2ms" "$3ms"
        done
    fi
}
if ip netns exec $there tc qdisc add dev lo root netem loss 0% 2>"$work/tc"; then
    emulator=netem
    ip netns exec $there tc qdisc del dev lo root
else
    emulator=tun
    say "tc netem: $(cat "$work/tc"); two tun devices instead"
fi

"$scanner" lab list "$names" --no-cast >"$work/list.csv"
"$scanner" lab zone "$work/list.csv" >"$work/root.zone"
cat >"$work/nsd.conf" <<CONF
server:
  ip-address: 127.0.0.1@5300
$(nsd_settings nsd)
zone:
  name: "."
  zonefile: "$work/root.zone"
CONF
setsid ip netns exec $there nsd -d -c "$work/nsd.conf" >"$work/nsd.log" 2>&1 &
started+=($!)
# The policy hosts, whose addresses are this machine's own, beside the scanner.
setsid ip netns exec $here "$scanner" lab --ca-file "$work/ca.pem" >"$work/lab.log" 2>&1 &
started+=($!)
until grep -q 'Ctrl+C' "$work/lab.log"; do sleep 0.2; done
https=$(awk '/^HTTPS/{sub(/.*:/,"",$2); print $2}' "$work/lab.log")

# unbound LIMIT: a resolver with an empty cache that refuses clients over so many queries a second; 0 for no limit.
unbound_with() {
    [ -z "$unbound_pid" ] || { kill "$unbound_pid"; wait "$unbound_pid" 2>/dev/null || true; }
    cat >"$work/unbound.conf" <<CONF
server:
  interface: $resolver
  access-control: 10.213.7.0/30 allow
$(unbound_settings)
  ip-ratelimit: $1
  ip-ratelimit-factor: 0
stub-zone:
  name: "."
  stub-addr: 127.0.0.1@5300
remote-control:
  control-enable: yes
  control-interface: "$work/control"
  control-use-cert: no
CONF
    setsid ip netns exec $there unbound -d -c "$work/unbound.conf" >"$work/unbound.log" 2>&1 &
    unbound_pid=$!
    started+=($!)
    until ip netns exec $there ss -Hlun "sport = :53" | grep -q .; do sleep 0.1; kill -0 "$unbound_pid"; done
}

# What happens, FROM seconds after the first question about a name, for LENGTH seconds: Unbound falls silent, or NSD behind it does (then Unbound says SERVFAIL, late), or Unbound says one
# thing to everything, at once: SERVFAIL (it has nobody to ask), REFUSED, or NXDOMAIN, which is a lie.
spell() {
    local pid begin end
    case $1 in
        nothing) return ;;
        silence) pid=$(pgrep -s "$unbound_pid" | tr '\n' ' '); begin="kill -STOP $pid" end="kill -CONT $pid" ;;
        servers) pid=$(pgrep -s "${started[0]}" | tr '\n' ' '); begin="kill -STOP $pid" end="kill -CONT $pid" ;;
        servfail) begin="control stub_remove ." end="control stub_add . 127.0.0.1@5300" ;;
        refused) begin="control local_zone . always_refuse" end="control local_zone_remove ." ;;
        nxdomain) begin="control local_zone . always_nxdomain" end="control local_zone_remove ." ;;
    esac
    ( until [ -e "$work/run/run.json" ]; do sleep 0.1; done; sleep "$2"; $begin; sleep "$3"; $end ) &
}
control() { unbound-control -c "$work/unbound.conf" -q "$@" || say "unbound-control $*: failed"; }

failed=0
# run NAME LOSS DELAY JITTER LIMIT WHAT FROM LENGTH
run() {
    [[ $1 =~ $only ]] || return 0
    local begin=$SECONDS sessions=0 status=1
    rm -rf "$work/run"
    # First the link: its far end has the address that Unbound listens at.
    link "$2" "$3" "$4"
    unbound_with "$5"
    spell "$6" "${7:-0}" "${8:-0}"
    while [ $status != 0 ]; do
        sessions=$((sessions + 1))
        [ $sessions -le 6 ] || { say "$1: not complete after 6 sessions"; cat "$work/scan.txt" >&2; return 1; }
        [ $sessions = 1 ] || sleep 5
        local resume=(); [ ! -e "$work/run/run.json" ] || resume=(--resume)
        status=0
        ip netns exec $here "$scanner" scan "$work/list.csv" -o "$work/run" "${resume[@]}" --resolver $resolver --qps "$qps" --pass-pause 5 --no-report \
            --https-port "$https" --ca-file "$work/ca.pem" --allow-special-addresses --https-gap 0 --https-per-host 64 --progress none >"$work/scan.txt" 2>&1 || status=$?
    done
    "$weather" judge "$work/run" "$names" "$1" $sessions $((SECONDS - begin)) || [ "$6" = nxdomain ] || failed=1
}

# The processes of a session: setsid made the child of this shell the leader, so its number is the session's.
echo "| weather | names | wrong class | falsely absent | unknown after pass 1 | after all passes | queries a name | sessions | seconds |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
run "calm" 0 0 0 0 nothing
run "1 % loss each way" 0.01 0 0 0 nothing
run "5 % loss each way" 0.05 0 0 0 nothing
run "20 % loss each way" 0.2 0 0 0 nothing
run "50 % loss each way" 0.5 0 0 0 nothing
run "500 ms there and back, jitter 200 ms" 0 250 100 0 nothing
run "resolver dead for 30 s" 0 0 0 0 silence 1 30
run "its servers dead for 30 s" 0 0 0 0 servers 1 30
run "SERVFAIL to all for 20 s" 0 0 0 0 servfail 1 20
run "REFUSED to all for 20 s" 0 0 0 0 refused 1 20
run "drops what is over 400 queries/s" 0 0 0 400 nothing
run "5 % loss, 200 ms, jitter 100 ms, over 600/s dropped, dead for 10 s" 0.05 100 50 600 silence 2 10
run "NXDOMAIN to all for 2 s (a lie)" 0 0 0 0 nxdomain 1 2
echo
echo "Link: $([ "$emulator" = netem ] && echo 'tc netem' || echo 'two tun devices (this kernel has no netem)'); $(unbound -V | head -1), $(nsd -v 2>&1 | head -1), $(hardware), $(date -u +%Y-%m-%dT%H:%MZ), commit $(git -C "$root" rev-parse --short HEAD)"
[ "$failed" = 0 ]
