using System.CommandLine;
using System.Globalization;
using Scanner.Input;
using Scanner.Lab.World;

namespace Scanner.Cli;

/// <summary><c>scanner lab</c>: the simulated internet on its own, its lists and its truth.</summary>
internal sealed class LabCommand
{
    private readonly LabOptions _lab = new();

    public static Command Create() => new LabCommand().Build();

    private Command Build()
    {
        var caFile = new Option<string>("--ca-file") { Description = "where to write the root certificate of the simulated policy hosts", HelpName = "FILE", DefaultValueFactory = _ => "lab-ca.pem" };
        var command = new Command("lab", "serves the bundled simulated internet (DNS and HTTPS on loopback) until stopped, and prints its addresses") { caFile };
        _lab.AddTo(command, always: true);
        command.SetAction((parsed, _) => ExitCode.OfAsync(() => ServeAsync(parsed, parsed.GetValue(caFile)!)));
        command.Subcommands.Add(Truth());
        command.Subcommands.Add(List());
        command.Subcommands.Add(Zone());
        command.Subcommands.Add(Verify());
        return command;
    }

    private async Task<int> ServeAsync(ParseResult parsed, string caFile)
    {
        using var signals = new StopSignals();
        await using var lab = await _lab.StartAsync(parsed, TimeProvider.System).ConfigureAwait(false);
        await File.WriteAllTextAsync(caFile, lab.Host.RootPem).ConfigureAwait(false);
        Console.WriteLine($"DNS     {lab.Host.DnsEndpoint} (UDP and TCP)");
        Console.WriteLine($"HTTPS   127.0.0.1:{lab.Host.HttpsPort}");
        Console.WriteLine($"CA      {caFile}");
        Console.WriteLine($"world   {lab.Description}");
        Console.WriteLine($"scan it with: scanner scan LIST --resolver {lab.Host.DnsEndpoint} --https-port {lab.Host.HttpsPort} --ca-file {caFile} --allow-special-addresses");
        Console.WriteLine("Ctrl+C stops it.");
        try
        {
            await Task.Delay(Timeout.Infinite, signals.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The signal.
        }
        return ExitCode.Complete;
    }

    /// <summary><c>lab truth LIST</c>: what a perfect scan of the list would find, without asking DNS.</summary>
    private static Command Truth()
    {
        var list = new Argument<string?>("LIST") { Description = "a list as for scan; left out, the bundled one", Arity = ArgumentArity.ZeroOrOne };
        var lab = new LabOptions();
        var command = new Command("truth", "prints the row classes that a perfect scan of LIST would find, as CSV, without asking DNS") { list };
        lab.AddTo(command, always: true);
        command.SetAction((parsed, _) => ExitCode.OfAsync(() =>
        {
            string? path = parsed.GetValue(list);
            using var source = path is null ? LabOptions.OpenBundledList() : ListSource.Open(path);
            var options = new ListOptions { Source = path ?? "lab" };
            var survey = ListSurvey.Read(source, options);
            var truth = new LabTruth(lab.World(parsed));
            Console.WriteLine("rank,name," + string.Join(',', TruthColumns));
            foreach (var name in ListReader.Read(source, survey, options))
            {
                var row = truth.Expect(name);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name.Rank},{name.Name},") + string.Join(',', TruthColumns.Select(column => Csv(row.GetValueOrDefault(column)))));
            }
            return Task.FromResult(ExitCode.Complete);
        }));
        return command;
    }

    /// <summary>The columns that the population decides; a cast name decides others as well, which <c>lab verify</c> compares.</summary>
    private static readonly string[] TruthColumns =
    [
        "mx_class", "runs_mail", "spf_status", "spf_class", "spf_all", "spf_effective_all", "spf_lookups_worst", "dmarc_record", "dmarc_class", "dmarc_own",
        "dmarc_source", "dmarc_source_name", "dmarc_policy_9989", "dmarc_policy_7489", "enf_p", "enf_9989", "mtasts_status", "mtasts_mode", "mtasts_error",
        "mtasts_mx_match", "tlsrpt_status",
    ];

    private static string Csv(string? value) => value?.IndexOfAny([',', '"']) >= 0 ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value ?? "";

    /// <summary><c>lab verify RUN</c>: exit 0 when every row is the truth's.</summary>
    private static Command Verify()
    {
        var run = new Argument<string>("RUN") { Description = "the run folder of a scan of the lab" };
        var lab = new LabOptions();
        var except = new Option<string?>("--except") { Description = "leave out columns that begin so, such as mtasts_ where no policy host was served", HelpName = "PREFIX" };
        var command = new Command("verify", "compares every row of a scan of the lab with the truth, column by column") { run, except };
        lab.AddTo(command, always: true);
        command.SetAction((parsed, _) => ExitCode.OfAsync(() =>
        {
            var verify = new LabVerify(lab.World(parsed), parsed.GetValue(except));
            verify.Compare(Write.RunFolder.Open(parsed.GetValue(run)!).FullPath);
            foreach (string example in verify.Examples) Console.WriteLine(Terminal.Safe(example));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{verify.Rows:N0} rows, {verify.Values:N0} values compared: {verify.Differences.Values.Sum():N0} differ, of them {verify.Unknown:N0} unknown and {verify.FalselyAbsent:N0} falsely absent"));
            return Task.FromResult(verify.Differences.Count == 0 ? ExitCode.Complete : ExitCode.Stopped);
        }));
        return command;
    }

    /// <summary><c>lab list N</c>: a ranked list of any length whose truth is known.</summary>
    private static Command List()
    {
        var count = new Argument<int>("N") { Description = "names of the population; the cast comes with them" };
        var noCast = new Option<bool>("--no-cast") { Description = "names of the population only, whose records any name server can serve" };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0) result.AddError("lab list N: must be 0 or more");
        });
        var command = new Command("list", "prints a ranked list of N names of the simulated internet, in the Majestic Million's form") { count, noCast };
        command.SetAction((parsed, _) => ExitCode.OfAsync(() =>
        {
            LabList.Write(Console.Out, parsed.GetValue(noCast) ? new Cast([]) : Cast.Bundled, parsed.GetValue(count), seed: 1);
            return Task.FromResult(ExitCode.Complete);
        }));
        return command;
    }

    /// <summary><c>lab zone LIST</c>: the records of the list's names for a real name server.</summary>
    private static Command Zone()
    {
        var list = new Argument<string>("LIST") { Description = "a list as for scan" };
        var lab = new LabOptions();
        var command = new Command("zone", "prints the root zone with all that a scan of LIST asks for, as a master file for a name server such as NSD") { list };
        lab.AddTo(command, always: true);
        command.SetAction((parsed, _) => ExitCode.OfAsync(() =>
        {
            string path = parsed.GetValue(list)!;
            using var source = ListSource.Open(path);
            var options = new ListOptions { Source = path };
            var survey = ListSurvey.Read(source, options);
            // Not Console.Out: that flushes after every record.
            using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
            ZoneFile.Write(output, lab.World(parsed), ListReader.Read(source, survey, options).Select(name => name.Name));
            return Task.FromResult(ExitCode.Complete);
        }));
        return command;
    }
}
