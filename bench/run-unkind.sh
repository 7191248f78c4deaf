#!/usr/bin/env bash
# The engine over a network that loses, repeats (5 %) and reorders (20 %): 100 to 50,000 questions at once, 0 to 20 % loss, both kinds of socket. Every
# question is asked until it has an answer, and every answer repeats its question, so that one that was mixed up is seen. No figure here is a time.
#   bench/run-unkind.sh        results/<cpu>/unkind.md

. "$(dirname "$0")/lib.sh"
tests=$root/artifacts/bin/Scanner.Dns.Tests/release/Scanner.Dns.Tests
dotnet build -c Release -v q --nologo "$root/tests/Scanner.Dns.Tests" >&2
say "some ten minutes"
SCANNER_UNKIND=all "$tests" --filter-class "*UnkindNetworkTests" --show-live-output on > "$work/out" 2>&1 || { tail -40 "$work/out" >&2; exit 1; }
folder=$(results_folder)
{
    echo "# Questions over an unkind network"
    echo
    conditions
    echo "- command: bench/run-unkind.sh; all cases passed"
    echo
    echo "| sockets | at once | loss | questions | tries | most open at once | late | unexpected | wrong |"
    echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    grep -oE '\| (batched|plain) \| .* \|$' "$work/out" | sort -u -t'|' -k2,2 -k3,3n -k4,4n
    echo
    echo "Lost are none: each question went on being asked until it was answered. Late answers are those to tries given up, unexpected those sent twice."
} > "$folder/unkind.md"
say "$folder/unkind.md"
