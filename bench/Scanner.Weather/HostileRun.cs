using System.Globalization;
using System.Text;
using Scanner.Aggregate;
using Scanner.Input;
using Scanner.Lab.Servers;
using Scanner.Lab.World;
using Scanner.Write;

namespace Scanner.Weather;

/// <summary>Do the others suffer when one name in ten is hostile? The same ordinary names are scanned twice, alone and with a ninth more names
/// that answer with the worst; what counts is how fast the ordinary names were begun, by their scan_ts.</summary>
internal static class HostileRun
{
    public static async Task<string> RunAsync(int names, int queriesPerSecond, string folder)
    {
        string[] ordinary = [.. LabList.Names(names)];
        string[] hostile = [.. Enumerable.Range(0, names / 9).Select(HostileWorld.NameOf)];
        // The first scan of a process is compiled while it runs: what is compared comes after it.
        await ScanAsync(ordinary, Path.Combine(folder, "warm"), queriesPerSecond).ConfigureAwait(false);
        var calm = await ScanAsync(ordinary, Path.Combine(folder, "calm"), queriesPerSecond).ConfigureAwait(false);
        var mixed = await ScanAsync([.. ordinary, .. hostile], Path.Combine(folder, "hostile"), queriesPerSecond).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"""
            | run | names | ordinary names begun a second | peak heap, MB | unknown among the ordinary |
            | --- | ---: | ---: | ---: | ---: |
            | calm | {ordinary.Length:N0} | {calm.Rate:N1} | {calm.PeakMegabytes:N0} | {calm.Unknown:N0} |
            | 10 % hostile | {ordinary.Length + hostile.Length:N0} | {mixed.Rate:N1} | {mixed.PeakMegabytes:N0} | {mixed.Unknown:N0} |

            Ordinary names beside hostile ones: {mixed.Rate / calm.Rate:P1} of the calm speed, where nine tenths of the queries are theirs at best.
            """);
    }

    private static async Task<(double Rate, double PeakMegabytes, long Unknown)> ScanAsync(string[] names, string run, int queriesPerSecond)
    {
        await using var lab = await LabHost.StartAsync(new HostileWorld(new LabWorld()), new LabHostOptions(), TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        using var source = ListSource.FromText("mixed", new MemoryStream(Encoding.ASCII.GetBytes(string.Join('\n', names))));
        long peak = 0;
        using var sampler = new Timer(_ => peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false)), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        var options = WeatherRun.Options(lab, run, queriesPerSecond) with { Passes = 0 };
        var outcome = await new ScanRun(options, new WeatherRun.Quiet(), TimeProvider.System).RunAsync(source, CancellationToken.None).ConfigureAwait(false);
        if (outcome.StoppedBecause is { } stopped) throw new InvalidOperationException(stopped);
        using var rows = RowDatabase.Open(RunFolder.Open(run).ClosedParts());
        var (rate, unknown) = rows.Query("""
            SELECT count(*) / (epoch(max(scan_ts)) - epoch(min(scan_ts))), count(*) FILTER (unknown_answers > 0)
            FROM domains WHERE name NOT LIKE '%.hostile.example'
            """, r => (r.GetDouble(0), r.GetInt64(1)))[0];
        return (rate, peak / 1048576.0, unknown);
    }
}
