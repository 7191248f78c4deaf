using System.CommandLine;
using Scanner.Cli;

var root = new RootCommand(
    "Scanner reads a ranked list of domains, asks DNS and HTTPS how each protects its mail (SPF, DMARC, MTA-STS, TLS-RPT), "
    + "and writes Parquet rows and adoption percentages.")
{
    ScanCommand.Create(),
    ReportCommand.Create(),
    CompareCommand.Create(),
    ReclassifyCommand.Create(),
    NightlyCommand.Create(),
    CheckCommand.Create(),
    LabCommand.Create(),
    DoctorCommand.Create(),
};

// Without a word the program says what it is, and what to try first.
root.SetAction(_ =>
{
    Console.WriteLine(
        $"""
        {root.Description}

        scanner scan --lab            a scan of the bundled simulated internet: no network, nothing to set up
        scanner check DOMAIN          one domain, explained
        scanner scan LIST             a ranked list (Majestic Million, Tranco, or one name a line); first: scanner doctor

        scanner --help                every command
        """);
});

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // One clear line for each mistake, and exit 2: nothing was done (interface.md section 1).
    foreach (var error in parsed.Errors) Terminal.Error(error.Message);
    Terminal.Error($"try: scanner {string.Join(' ', CommandPath.Of(parsed))}--help");
    return ExitCode.Unusable;
}
return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
