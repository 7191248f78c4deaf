<#
.SYNOPSIS
    Scans a ranked list of domains for mail security (SPF, DMARC, MTA-STS, TLS-RPT).

.DESCRIPTION
    Passes everything on to "scanner scan" and returns its exit status:
    0 the run is complete, 1 it stopped early, 2 the command line or the list was unusable.

    Needs the .NET 10 SDK. Runs the program from this checkout; to run another build of it,
    put the path of that program into the environment variable SCANNER_PROGRAM.

.EXAMPLE
    ./run-scan.ps1 --lab
    Scans the simulated internet that comes with the program. Needs no network.

.EXAMPLE
    ./run-scan.ps1 majestic_million.csv --resolver 127.0.0.1 --qps 4000
    Scans a real list through a resolver on this machine.

.EXAMPLE
    ./run-scan.ps1 --help
    Shows every option.

.LINK
    README.md
#>

# No param block on purpose: every argument, known to PowerShell or not, goes through as it was typed.
# .NET calls instead of cmdlets, so that it also runs where only the engine is there.
$project = [System.IO.Path]::Combine($PSScriptRoot, 'src', 'Scanner.Cli')
$program = [System.Environment]::GetEnvironmentVariable('SCANNER_PROGRAM')

if ($program) {
    & $program scan @args
}
else {
    & dotnet run -c Release --project $project '--' scan @args
}

exit $LASTEXITCODE
