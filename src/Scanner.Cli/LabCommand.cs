using System.CommandLine;
using System.Globalization;
using Scanner.Checks.Names;
using Scanner.Input;
using Scanner.Lab;

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
            using var source = path is null ? LabOptions.OpenBundledList() : ListSource.Open(path, Console.OpenStandardInput);
            var options = new ListOptions { Source = path, PublicSuffixes = PublicSuffixList.Embedded };
            var survey = ListSurvey.Run(source, options);
            var truth = new LabTruth(lab.World(parsed));
            Console.WriteLine("rank,name," + string.Join(',', LabTruth.Columns));
            foreach (var name in ListReader.Read(source, options, survey))
            {
                var row = truth.Expect(name.Name, name.OrganizationalDomain);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name.Rank},{name.Name},") + string.Join(',', LabTruth.Columns.Select(column => row.GetValueOrDefault(column))));
            }
            return Task.FromResult(ExitCode.Complete);
        }));
        return command;
    }

    /// <summary><c>lab list N</c>: a ranked list of any length whose truth is known.</summary>
    private static Command List()
    {
        var count = new Argument<int>("N") { Description = "names of the population; the cast comes with them" };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0) result.AddError("lab list N: must be 0 or more");
        });
        var command = new Command("list", "prints a ranked list of N names of the simulated internet, in the Majestic Million's form") { count };
        command.SetAction((parsed, _) => ExitCode.OfAsync(() =>
        {
            LabList.Write(Console.Out, parsed.GetValue(count));
            return Task.FromResult(ExitCode.Complete);
        }));
        return command;
    }
}
