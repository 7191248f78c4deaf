<#
.SYNOPSIS
    Scans a ranked list of domains for mail security (SPF, DMARC, MTA-STS, TLS-RPT).

.DESCRIPTION
    Passes everything on to "scanner scan" and returns its exit status:
    0 the run is complete, 1 it stopped early, 2 the command line or the list was unusable.

    The program is looked for in this order:
    1. the path in the environment variable SCANNER_PROGRAM,
    2. a file "scanner" (on Windows "scanner.exe") beside this script,
    3. what this script published earlier, in artifacts/run-scan.
    Where none of them is, it is published there from this checkout, which needs the .NET 10 SDK.
    After a change to the checkout delete artifacts/run-scan, and it is published again.

    Runs in Windows PowerShell 5.1 and in PowerShell 7 on Windows, Linux and macOS.

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
$name = 'scanner'
if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { $name = 'scanner.exe' }
$published = [System.IO.Path]::Combine($PSScriptRoot, 'artifacts', 'run-scan')

$program = [System.Environment]::GetEnvironmentVariable('SCANNER_PROGRAM')
if ($program) {
    if (-not [System.IO.File]::Exists($program)) {
        [System.Console]::Error.WriteLine("run-scan: SCANNER_PROGRAM names $program, and there is no such file")
        exit 2
    }
}
else {
    $program = [System.IO.Path]::Combine($PSScriptRoot, $name)
    if (-not [System.IO.File]::Exists($program)) { $program = [System.IO.Path]::Combine($published, $name) }
}

if (-not [System.IO.File]::Exists($program)) {
    # Set by the SDK for what it starts: the dotnet that is at work.
    $dotnet = [System.Environment]::GetEnvironmentVariable('DOTNET_HOST_PATH')
    if (-not $dotnet) { $dotnet = 'dotnet' }
    $project = [System.IO.Path]::Combine($PSScriptRoot, 'src', 'Scanner.Cli')
    [System.Console]::Error.WriteLine("run-scan: publishing the program to $published")
    # What it says is not the scan's output.
    $said = & $dotnet publish -c Release -v quiet $project -o $published
    if ($LASTEXITCODE -ne 0) {
        [System.Console]::Error.WriteLine([string]::Join([System.Environment]::NewLine, @($said)))
        [System.Console]::Error.WriteLine('run-scan: the program could not be published: is the .NET 10 SDK here? https://dotnet.microsoft.com/download')
        exit 2
    }
}

& $program scan @args
exit $LASTEXITCODE
