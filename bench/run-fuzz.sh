#!/usr/bin/env bash
# Coverage-guided fuzzing of everything that reads what strangers write (bench/Scanner.Fuzz): no exception, and no cost that grows with more than
# the text. SECONDS_EACH=600 for each reader, one after the other, SEED=1:
#   bench/run-fuzz.sh                  all
#   bench/run-fuzz.sh spf dmarc        these; `Scanner.Fuzz readers` lists the names
# The libraries are instrumented by SharpFuzz (MIT), a tool that is installed into $TOOLS (a temporary folder) and is no part of the project.
# Prints a Markdown table; $RESULTS (artifacts/fuzz) keeps it, and the text of a finding.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
results=${RESULTS:-$root/artifacts/fuzz}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$results"

tools=${TOOLS:-$work/tools}
[ -x "$tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version "${SHARPFUZZ:-2.3.0}" --tool-path "$tools" > /dev/null
dotnet publish -c Release "$root/bench/Scanner.Fuzz" -o "$work/bin" -v q > /dev/null
"$tools/sharpfuzz" "$work/bin/Scanner.Checks.dll"
cp "$(find "$tools/.store" -path '*net10.0*' -name SharpFuzz.Common.dll | head -1)" "$work/bin"
# The list of the build's assemblies does not name that helper. Without a list, whatever lies in the folder is found.
rm "$work/bin/Scanner.Fuzz.deps.json"

readers=("$@")
[ $# -gt 0 ] || mapfile -t readers < <("$work/bin/Scanner.Fuzz" readers)
head='| reader | seconds | texts | edges taken | texts kept | repeated to 60 KiB | slowest of these, ms | findings |
| --- | --- | --- | --- | --- | --- | --- | --- |'
found=0
for reader in "${readers[@]}"; do
    if ! "$work/bin/Scanner.Fuzz" fuzz "$reader" --seconds "${SECONDS_EACH:-600}" --seed "${SEED:-1}" > "$results/$reader.txt" 2>&1; then
        found=1
        tail -3 "$results/$reader.txt" >&2
    fi
done
echo "$head"
for reader in "${readers[@]}"; do grep -m1 '^|' "$results/$reader.txt" || echo "| $reader | | | | | | | see $reader.txt |"; done
exit $found
