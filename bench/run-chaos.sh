#!/usr/bin/env bash
# Chaos: scans of the lab under a drawn weather, with one hostile name in ten, killed (kill -9) at random moments and gone on with, round after
# round. Fails when a name is lost, doubled or has a wrong class. The seed that is printed repeats a run as far as the clock allows.
#   bench/run-chaos.sh [MINUTES] [SEED]           5 minutes and a random seed; the round under way is finished
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build -c Release "$root/bench/Scanner.Weather/Scanner.Weather.csproj" -v q
exec "$root/artifacts/bin/Scanner.Weather/release/Scanner.Weather" chaos "${1:-5}" ${2:+"$2"}
