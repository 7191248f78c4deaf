#!/usr/bin/env bash
# Mutation testing of src/Scanner.Checks with Stryker.NET, one folder of the project at a time:
#   bench/run-mutation.sh                              every folder
#   bench/run-mutation.sh Dmarc 'Spf/Spf[A-M]*.cs'     these; a large folder may be given in parts
#   bench/run-mutation.sh --table                      the scores so far
# The mutants of a folder meet the tests of the folder of the same name, not the whole suite: that keeps a batch at a few minutes (each test is
# run once by itself to see which mutants it reaches) and makes the score a lower bound. Results go to $RESULTS (artifacts/mutation): NAME.json as Stryker writes it, and NAME.survivors
# with one line for each mutant that no test noticed. CONCURRENCY=1, STRYKER=5.1.0.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
results=${RESULTS:-$root/artifacts/mutation}
version=${STRYKER:-5.1.0}
mkdir -p "$results"

# Reads Stryker's reports: a table over all, or the survivors of one.
report() { python3 "$root/bench/mutation-report.py" "$results" "$@"; }

if [ "${1:-}" = --table ]; then
    report
    exit
fi
[ $# -gt 0 ] || set -- $(cd "$root/src/Scanner.Checks" && ls -d */ | tr -d / | grep -v -x -e bin -e obj)

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
mv "$copy/tests/Scanner.Checks.Tests" "$work/all-tests"
# ConfigureAwait(true) does the same where nothing has a context to come back to: no test can tell.
echo '{ "stryker-config": { "ignore-methods": ["ConfigureAwait"] } }' > "$work/stryker-config.json"

for target in "$@"; do
    folder=${target%%/*}
    name=${target//\//-}
    name=${name//[^A-Za-z0-9-]/_}
    glob="**/$target"
    [ "$target" != "$folder" ] || glob="**/$folder/**/*.cs"
    tests=$copy/tests/Scanner.Checks.Tests
    rm -rf "$tests" "$work/out"
    mkdir "$tests"
    # DmarcZone: the zone that other folders' tests build on too.
    for part in "$folder" Dmarc/DmarcZone.cs; do [ -e "$tests/$part" ] || (cd "$work/all-tests" && cp -r --parents "$part" "$tests"); done
    cp "$work"/all-tests/*.csproj "$tests"
    if ! (cd "$tests" && "$tools/dotnet-stryker" --config-file "$work/stryker-config.json" --test-runner mtp --configuration Release --project Scanner.Checks.csproj \
        --concurrency "${CONCURRENCY:-1}" --mutate "$glob" --reporter Json --skip-version-check --output "$work/out" > "$results/$name.log" 2>&1); then
        tail -20 "$results/$name.log" >&2
        exit 1
    fi
    cp "$work/out/reports/mutation-report.json" "$results/$name.json"
    report "$name"
done
