using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Scanner.Aggregate;
using Scanner.Input;
using Scanner.Lab.Servers;
using Scanner.Lab.World;
using Scanner.Write;

namespace Scanner.Weather;

/// <summary>
/// Do the others suffer when one name in ten is hostile? The same list is scanned twice, and the second time one name in ten answers with the
/// worst; what counts is how fast the others were begun, by their scan_ts. The lab is a process of its own: making up the worst answers there are
/// is not part of the scanner's CPU time.
/// </summary>
/// <param name="delay">Milliseconds that the resolver takes for each answer.</param>
internal sealed class HostileRun(int names, int queriesPerSecond, int inFlight, int delay, string folder)
{
    /// <summary>Calm and mixed in turns, so that a machine that slows down meets both.</summary>
    private const int Pairs = 3;

    public async Task<string> RunAsync()
    {
        string[] ordinary = [.. LabList.Names(names)];
        string[] mixed = [.. ordinary.Select((name, i) => i % 10 == 9 ? HostileWorld.NameOf(i / 10) : name)];
        var others = ordinary.Intersect(mixed, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        // The first scan of a process is compiled while it runs: what is compared comes after it.
        await ScanAsync(mixed, others, "warm").ConfigureAwait(false);
        var table = new StringBuilder("""
            | run | others begun a second | of calm | queries | CPU of the scanner, s | seconds | peak heap, MB | unknown among the others |
            | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |

            """);
        for (int pair = 1; pair <= Pairs; pair++)
        {
            var calm = await ScanAsync(ordinary, others, $"calm-{pair}").ConfigureAwait(false);
            var beside = await ScanAsync(mixed, others, $"hostile-{pair}").ConfigureAwait(false);
            table.AppendLine(calm.Line("calm", null)).AppendLine(beside.Line("10 % hostile", beside.Rate / calm.Rate));
        }
        return table.ToString();
    }

    /// <summary>The lab in a process of its own, until standard input ends. Says where it is in one line: DNS endpoint, HTTPS port, file of its root certificate.</summary>
    public static async Task ServeAsync(string folder, int delay)
    {
        await using var lab = await LabHost.StartAsync(new HostileWorld(new LabWorld()), new LabHostOptions { AnswerDelay = TimeSpan.FromMilliseconds(delay) }, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        string authority = Path.Combine(folder, "root.pem");
        await File.WriteAllTextAsync(authority, lab.RootPem).ConfigureAwait(false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{lab.DnsEndpoint} {lab.HttpsPort} {authority}"));
        await Console.In.ReadToEndAsync().ConfigureAwait(false);
    }

    private async Task<Measured> ScanAsync(string[] listed, HashSet<string> others, string name)
    {
        string run = Path.Combine(folder, name);
        using var lab = Process.Start(new ProcessStartInfo(ChaosRun.Self[0], [.. ChaosRun.Self[1..], "serve", folder, delay.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string[] where = (await lab.StandardOutput.ReadLineAsync().ConfigureAwait(false) ?? throw new InvalidOperationException("the lab did not start")).Split(' ', 3);
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(where[2]);
        using var source = ListSource.FromText("mixed", new MemoryStream(Encoding.ASCII.GetBytes(string.Join('\n', listed))));
        long peak = 0;
        using var sampler = new Timer(_ => peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false)), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        var options = WeatherRun.Options(IPEndPoint.Parse(where[0]), int.Parse(where[1], CultureInfo.InvariantCulture), roots, run, queriesPerSecond) with { WriteReport = false };
        options = options with { Resolver = options.Resolver with { InFlight = inFlight } };
        var before = Environment.CpuUsage.TotalTime;
        var outcome = await new ScanRun(options, new WeatherRun.Quiet(), TimeProvider.System).RunAsync(source, CancellationToken.None).ConfigureAwait(false);
        var used = Environment.CpuUsage.TotalTime - before;
        lab.StandardInput.Close();
        await lab.WaitForExitAsync().ConfigureAwait(false);
        if (outcome.StoppedBecause is { } stopped) throw new InvalidOperationException(stopped);
        using var rows = RowDatabase.Open(RunFolder.Open(run).ClosedParts());
        var read = rows.Query("SELECT name, epoch(scan_ts), unknown_answers > 0 FROM domains", r => (Name: r.GetString(0), Begun: r.GetDouble(1), Unknown: r.GetBoolean(2)))
            .Where(row => others.Contains(row.Name)).ToList();
        double rate = read.Count / (read.Max(row => row.Begun) - read.Min(row => row.Begun));
        long unknown = read.Count(row => row.Unknown);
        return new Measured(rate, peak / 1048576.0, unknown, outcome.QueriesSent, used.TotalSeconds, outcome.Elapsed.TotalSeconds);
    }

    /// <param name="Rate">Names begun a second, of those that are in both lists.</param>
    private sealed record Measured(double Rate, double PeakMegabytes, long Unknown, long Queries, double CpuSeconds, double Seconds)
    {
        public string Line(string run, double? ofCalm) => string.Create(CultureInfo.InvariantCulture,
            $"| {run} | {Rate:N1} | {ofCalm:P1} | {Queries:N0} | {CpuSeconds:N1} | {Seconds:N1} | {PeakMegabytes:N0} | {Unknown:N0} |");
    }
}
