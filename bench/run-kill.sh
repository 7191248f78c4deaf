#!/usr/bin/env bash
# kill -9 at random moments of a scan, then --resume, again and again: every name must have its row once, and every figure must equal that
# of a calm run. The bounded version runs with the tests; this is the long one.
#   bench/run-kill.sh [KILLS] [SEED]        200 kills; the seed that is printed repeats a run
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build -c Release "$root/tests/Scanner.Tests/Scanner.Tests.csproj" -v q
export SCANNER_KILLS=${1:-200}
if [ -n "${2:-}" ]; then export SCANNER_SEED=$2; fi
exec "$root/artifacts/bin/Scanner.Tests/release/Scanner.Tests" --filter-class '*KillTests*' --show-live-output on
