#!/usr/bin/env bash
# Makes what is given to others, under artifacts/packages (or --output DIR):
#   pack.sh [--output DIR] [KIND…]     without KIND all of them
#   linux-x64 linux-arm64 win-x64 osx-arm64   one file each, for machines without .NET
#   tool        the .NET tool:  dotnet tool install --tool-path DIR --add-source DIR/tool --prerelease Scanner.Tool
#   libraries   the NuGet packages Scanner.Dns and Scanner.Checks
#   sbom        sbom.json (CycloneDX): every package that goes in, with its licence and hash
# The version is that of the last git tag v*; between tags MinVer counts the commits since.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
out=$PWD/artifacts/packages
if [ "${1:-}" = --output ]; then mkdir -p "$2" && out=$(cd "$2" && pwd) && shift 2; fi
[ $# -gt 0 ] || set -- linux-x64 linux-arm64 win-x64 osx-arm64 tool libraries sbom
mkdir -p "$out"
# Paths of this machine do not go into the files: two builds of one commit are the same, octet for octet, wherever they are made.
same=(-c Release -v quiet -p:ContinuousIntegrationBuild=true -p:PathMap="$PWD=/_")

for kind in "$@"; do
  rm -rf "${out:?}/$kind"
  case $kind in
    linux-x64 | linux-arm64 | win-x64 | osx-arm64)
      dotnet publish src/Scanner.Cli/Scanner.Cli.csproj "${same[@]}" -p:PublishProfile="$kind" -o "$out/$kind"
      # Skia's own symbols for Windows, 97 MB.
      rm -f "$out/$kind"/*.pdb
      ;;
    tool)
      dotnet pack src/Scanner.Cli/Scanner.Cli.csproj "${same[@]}" -p:PackAsTool=true -o "$out/tool"
      ;;
    libraries)
      for library in Scanner.Dns Scanner.Checks; do
        dotnet pack "src/$library/$library.csproj" "${same[@]}" -o "$out/libraries"
      done
      ;;
    sbom)
      dotnet tool restore >/dev/null
      # CycloneDX reads what the last restore wrote; without one its list is empty, and it says nothing.
      dotnet restore -v quiet src/Scanner.Cli/Scanner.Cli.csproj
      # In a folder that is no repository there is no MinVer to ask.
      version=$(dotnet msbuild src/Scanner.Cli/Scanner.Cli.csproj -t:MinVer -getProperty:Version 2>/dev/null || echo 0.1.0)
      dotnet CycloneDX src/Scanner.Cli/Scanner.Cli.csproj -o "$out" -fn sbom.json -F Json -ed -dpr -sn Scanner -sv "$version" >/dev/null
      grep -q '"purl": "pkg:nuget/' "$out/sbom.json" || { echo "pack.sh: sbom.json names no package" >&2; exit 1; }
      ;;
    *)
      echo "pack.sh: $kind is none of linux-x64 linux-arm64 win-x64 osx-arm64 tool libraries sbom" >&2
      exit 2
      ;;
  esac
  echo "$kind: done"
done
(cd "$out" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
echo "written to $out"
