using System.CommandLine;

namespace Scanner.Cli;

/// <summary>Every command, and what the program says when it is given none.</summary>
internal static class Commands
{
    public static RootCommand Root()
    {
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
            CompletionCommand.Create(),
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
        return root;
    }
}
