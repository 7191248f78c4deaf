#!/usr/bin/env bash
# Scans of the lab under every kind of bad weather, gone on with until complete and compared with the truth name by name: a table of wrong
# classes (must be 0, but where a resolver lies), unknown names before and after the passes, queries a name, sessions and duration.
#   bench/run-weather.sh [NAMES] [QPS] [WORDS]    all weathers, or those whose name contains WORDS
#   bench/run-weather.sh hostile [NAMES] [QPS] [IN-FLIGHT] [DELAY]    one name in ten is hostile: do the others suffer? DELAY: ms that the resolver takes
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build -c Release "$root/bench/Scanner.Weather/Scanner.Weather.csproj" -v q
mode=weather
if [ "${1:-}" = hostile ]; then mode=hostile; shift; fi
exec "$root/artifacts/bin/Scanner.Weather/release/Scanner.Weather" "$mode" "${1:-2000}" "${2:-1000}" "${@:3}"
