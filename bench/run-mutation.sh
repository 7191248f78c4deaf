#!/usr/bin/env bash
# Mutation testing of src/Scanner.Checks with Stryker.NET:
#   bench/run-mutation.sh                              every folder of the project, one after the other
#   bench/run-mutation.sh Bimi Dane                    these, in one run
#   bench/run-mutation.sh 'Spf/Spf[A-M]*.cs'           a part of a large folder
#   bench/run-mutation.sh --table                      the scores so far
# The mutants of a run meet the tests of the folders of the same names, not the whole suite: each test is run once by itself to see which mutants
# it reaches, and that is what takes the time. So the score is a lower bound. Results go to $RESULTS (artifacts/mutation): NAME.json as Stryker
# writes it, and NAME.survivors with one line for each mutant that no test noticed. CONCURRENCY=1, STRYKER=5.1.0.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
results=${RESULTS:-$root/artifacts/mutation}
version=${STRYKER:-5.1.0}
mkdir -p "$results"

if [ "${1:-}" = --table ]; then
    python3 "$root/bench/mutation-report.py" "$results"
    exit
fi
if [ $# = 0 ]; then
    for folder in "$root"/src/Scanner.Checks/*/; do "$0" "$(basename "$folder")"; done
    exit
fi

tools=$results/tools-$version
[ -x "$tools/dotnet-stryker" ] || dotnet tool install dotnet-stryker --version "$version" --tool-path "$tools" > /dev/null

# Stryker mutates the tree that it is given, so it gets a copy. The public vectors lie beside the copy as they do beside the repository.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
copy=$work/repository
mkdir "$copy"
(cd "$root" && git ls-files -z --cached --others --exclude-standard -- src tests '*.props' '*.txt' global.json .editorconfig \
    | xargs -0 -r cp --parents -t "$copy" 2> /dev/null) || true # a file deleted and not yet committed is no matter
[ ! -d "$root/../shared" ] || ln -s "$(cd "$root/../shared" && pwd)" "$work/shared"
tests=$copy/tests/Scanner.Checks.Tests
mv "$tests" "$work/all-tests"
mkdir "$tests"
# DmarcZone: the zone that other folders' tests build on too.
cp "$work"/all-tests/*.csproj "$tests"
(cd "$work/all-tests" && cp --parents Dmarc/DmarcZone.cs "$tests")
globs=()
for target in "$@"; do
    folder=${target%%/*}
    cp -r "$work/all-tests/$folder" "$tests"
    if [ "$target" = "$folder" ]; then globs+=(--mutate "**/$folder/**/*.cs"); else globs+=(--mutate "**/$target"); fi
done
# ConfigureAwait(true) does the same where nothing has a context to come back to: no test can tell.
echo '{ "stryker-config": { "ignore-methods": ["ConfigureAwait"] } }' > "$work/stryker-config.json"

name=$(IFS=-; echo "$*")
name=${name//[^A-Za-z0-9-]/_}
if ! (cd "$tests" && "$tools/dotnet-stryker" --config-file "$work/stryker-config.json" --test-runner mtp --configuration Release \
    --project Scanner.Checks.csproj --concurrency "${CONCURRENCY:-1}" "${globs[@]}" --reporter Json --skip-version-check --output "$work/out" \
    > "$results/$name.log" 2>&1); then
    tail -20 "$results/$name.log" >&2
    exit 1
fi
cp "$work/out/reports/mutation-report.json" "$results/$name.json"
python3 "$root/bench/mutation-report.py" "$results" "$name"
