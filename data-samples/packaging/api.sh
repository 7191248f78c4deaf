#!/usr/bin/env bash
# Compares the public members of Scanner.Dns and Scanner.Checks with PublicAPI.Shipped.txt and PublicAPI.Unshipped.txt beside each project.
#   api.sh            fails where a member is missing there, or stands there and is gone
#   api.sh --update   writes the new members into PublicAPI.Unshipped.txt: read the difference before you commit it
# On a release the lines of Unshipped move to Shipped; from then on a line that has to go is a breaking change.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 CheckPublicApi=true
work=$(mktemp -d --suffix=.scanner-api)
trap 'rm -rf "$work"' EXIT
# Build products of its own: the analyzer is no part of an ordinary build.
export ArtifactsPath=$work
for library in Scanner.Dns Scanner.Checks; do
  if [ "${1:-}" = --update ]; then
    printf '#nullable enable\n' >"src/$library/PublicAPI.Unshipped.txt"
    dotnet format analyzers "src/$library/$library.csproj" --diagnostics RS0016 --severity info --verbosity quiet
    LC_ALL=C sort -u -o "src/$library/PublicAPI.Unshipped.txt" "src/$library/PublicAPI.Unshipped.txt"
  fi
  dotnet build -c Release -v quiet "src/$library/$library.csproj"
  echo "$library: $(grep -vc '^#' "src/$library/PublicAPI.Unshipped.txt") members, not shipped yet"
done
