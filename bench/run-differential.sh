#!/usr/bin/env bash
# What two npm packages, mailauth and spf-parse, say of the same texts as our parsers, each disagreement in a named and judged class:
#   bench/run-differential.sh > table.md       exit code 1 when a disagreement has no class (bench/differential/compare.py)
# VECTORS=../shared/vectors holds the published texts, COUNT=50000 are mutated from each kind, SEED=20261126. Needs node 20 or newer and Python.
# The packages are no part of the project: they are installed into $NODE_FOLDER, a temporary folder.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
vectors=${VECTORS:-$root/../shared/vectors}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node_folder=${NODE_FOLDER:-$work/npm}
mailauth=${MAILAUTH:-4.13.3} spf_parse=${SPF_PARSE:-1.0.4}

[ -d "$vectors" ] || { echo "no published texts at $vectors: set VECTORS" >&2; exit 2; }
if [ ! -d "$node_folder/node_modules/mailauth" ]; then
    mkdir -p "$node_folder"
    npm install --prefix "$node_folder" --ignore-scripts --no-audit --no-fund "mailauth@$mailauth" "spf-parse@$spf_parse" >&2
fi
dotnet build -c Release "$root/bench/Scanner.Fuzz" -o "$work/bin" -v q >&2

python3 "$root/bench/differential/texts.py" "$vectors" "${COUNT:-50000}" "${SEED:-20261126}" > "$work/texts"
node "$root/bench/differential/others.js" "$node_folder" < "$work/texts" > "$work/others"
"$work/bin/Scanner.Fuzz" verdicts < "$work/texts" > "$work/ours"
python3 "$root/bench/differential/compare.py" "$work/texts" "$work/ours" "$work/others"
