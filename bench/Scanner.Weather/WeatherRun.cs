using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Scanner.Aggregate;
using Scanner.Checks.MtaSts;
using Scanner.Dns.Resolve;
using Scanner.Input;
using Scanner.Lab.Servers;
using Scanner.Lab.World;
using Scanner.Write;

namespace Scanner.Weather;

/// <param name="Wrong">Names with a decided class that is not the truth's.</param>
/// <param name="FalselyAbsent">Of them, "there is none" where there is one.</param>
/// <param name="UnknownFirst">Names with an unknown answer after the first pass.</param>
/// <param name="UnknownLast">After the last.</param>
/// <param name="Sessions">Processes it would have taken: one, and one for every time that no resolver answered any more.</param>
internal sealed record WeatherResult(int Names, int Wrong, int FalselyAbsent, long UnknownFirst, long UnknownLast, double QueriesPerName, int Sessions, double Seconds, string? Example)
{
    public const string Header = """
        | weather | names | wrong class | falsely absent | unknown after pass 1 | after all passes | queries a name | sessions | seconds |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        """;

    public string Line(string weather) => string.Create(CultureInfo.InvariantCulture,
        $"| {weather} | {Names:N0} | {Wrong:N0} | {FalselyAbsent:N0} | {(double)UnknownFirst / Names:P2} | {(double)UnknownLast / Names:P2} | {QueriesPerName:N1} | {Sessions} | {Seconds:N0} |");
}

/// <summary>One scan of the lab's population under a weather, gone on with until it is complete, and compared with the truth name by name.</summary>
internal sealed class WeatherRun(int names, int queriesPerSecond, string folder)
{
    private const int MostSessions = 5;

    private static readonly string[] Columns = ["mx_class", "runs_mail", "spf_status", "spf_class", "dmarc_record", "dmarc_class", "mtasts_status", "tlsrpt_status"];
    private static readonly string[] UnknownWords = ["unknown", "temperror", "mx_unverified", "dynamic"];
    private static readonly string[] AbsentWords = ["absent", "none", "nxdomain", "no_mail", "false"];

    public async Task<WeatherResult> RunAsync(Weather weather)
    {
        var world = new LabWorld();
        string[] listed = [.. LabList.Names(names)];
        string run = Path.Combine(folder, string.Concat(weather.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')));
        await using var lab = await LabHost.StartAsync(
            new WeatherWorld(world, weather, TimeProvider.System),
            new LabHostOptions { FaultRates = new LabFaultRates { Drop = weather.Loss, Servfail = weather.Servfail, Seed = 1 } },
            TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        int sessions = 0;
        string? stopped = "not begun";
        while (stopped is not null && sessions < MostSessions)
        {
            if (sessions > 0) await Task.Delay(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            sessions++;
            try
            {
                using var source = ListSource.FromText("population", new MemoryStream(Encoding.ASCII.GetBytes(string.Join('\n', listed))));
                stopped = (await new ScanRun(Options(lab, run, queriesPerSecond), new Quiet(), TimeProvider.System).RunAsync(source, CancellationToken.None).ConfigureAwait(false)).StoppedBecause;
            }
            catch (Dns.ResolverUnreachableException e)
            {
                stopped = e.Message;
            }
        }
        if (stopped is not null) throw new InvalidOperationException($"{weather.Name}: not complete after {sessions} sessions: {stopped}");
        return Judge(weather.Name, run, names, sessions, watch.Elapsed.TotalSeconds);
    }

    /// <summary>What a complete run over the population came to, with the truth beside it.</summary>
    /// <exception cref="InvalidOperationException">A name has no row, or two.</exception>
    public static WeatherResult Judge(string weather, string run, int names, int sessions, double seconds)
    {
        var manifest = RunFolder.Open(run).LoadManifest();
        var (wrong, absent, example) = Compare(run, new LabTruth(new LabWorld()));
        using var rows = RowDatabase.Open(RunFolder.Open(run).ClosedParts());
        var (open, distinct) = rows.Query("SELECT count(*) FILTER (unknown_answers > 0), count(DISTINCT name) FROM domains", r => (r.GetInt64(0), r.GetInt64(1)))[0];
        if (manifest.RowsWritten != names || distinct != names) throw new InvalidOperationException($"{weather}: {manifest.RowsWritten} rows and {distinct} different names for {names} names");
        return new WeatherResult(
            names, wrong, absent, manifest.Passes[0].Asked - manifest.Passes[0].Settled, open, (double)manifest.QueriesSent / names, sessions, seconds, example);
    }

    /// <summary>Waits are cut short (a second's limit for the first try, five seconds' pause), so that a bad day fits into minutes; everything else
    /// is a scan's default.</summary>
    public static ScanOptions Options(LabHost lab, string run, int queriesPerSecond) => Options(lab.DnsEndpoint, lab.HttpsPort, lab.RootCertificates, run, queriesPerSecond);

    /// <inheritdoc cref="Options(LabHost, string, int)"/>
    public static ScanOptions Options(IPEndPoint resolver, int httpsPort, X509Certificate2Collection roots, string run, int queriesPerSecond) => new()
    {
        List = new ListOptions { Source = "-" },
        Output = run,
        Resume = File.Exists(Path.Combine(run, "run.json")),
        Resolvers = [resolver],
        Resolver = new ResolverOptions { QueriesPerSecond = queriesPerSecond, TimeoutSeconds = 1 },
        PolicyFetch = new PolicyFetchOptions
        {
            UserAgent = "weather",
            Port = httpsPort,
            TrustedRoots = roots,
            AllowSpecialAddresses = SpecialAddressUse.LoopbackOnly,
            Timeout = TimeSpan.FromSeconds(5),
        },
        Politeness = PolitenessOptions.None,
        PassPause = TimeSpan.FromSeconds(5),
        LaterTimeFactor = 1,
    };

    /// <summary>Counts the names of the population with a decided class that is not the truth's; hostile names have no truth to compare with.</summary>
    public static (int Wrong, int Absent, string? Example) Compare(string run, LabTruth truth)
    {
        int wrong = 0, absent = 0;
        string? example = null;
        using var rows = RowDatabase.Open(RunFolder.Open(run).ClosedParts());
        var read = rows.Query($"SELECT name, input_class, org_domain_psl, coalesce(mtasts_transient, false), {string.Join(", ", Columns.Select(c => $"{c}::VARCHAR"))} FROM domains", r =>
            (Name: r.GetString(0), Org: r.IsDBNull(2) ? null : r.GetString(2), Transient: r.GetBoolean(3), Values: Columns.Select((_, i) => r.IsDBNull(4 + i) ? null : r.GetString(4 + i)).ToArray()));
        foreach (var row in read.Where(row => !row.Name.EndsWith(HostileWorld.Below, StringComparison.Ordinal)))
        {
            var expected = truth.Expect(row.Name, row.Org);
            bool isWrong = false, isAbsent = false;
            for (int i = 0; i < Columns.Length; i++)
            {
                if (!expected.TryGetValue(Columns[i], out string? want) || want is null) continue;
                string? got = row.Values[i];
                // A policy that could not be fetched for a reason that may pass says so in mtasts_transient (classification.md 6.2).
                if (got == want || got is null || UnknownWords.Contains(got) || UnknownWords.Contains(want) || (Columns[i] == "mtasts_status" && row.Transient)) continue;
                isWrong = true;
                isAbsent |= AbsentWords.Contains(got) && !AbsentWords.Contains(want);
                example ??= string.Create(CultureInfo.InvariantCulture, $"{row.Name} {Columns[i]}: truth {want}, row {got}");
            }
            if (isWrong) wrong++;
            if (isAbsent) absent++;
        }
        return (wrong, absent, example);
    }

    internal sealed class Quiet : IScanObserver
    {
        public void ListSurveyed(ListSurvey survey)
        {
        }

        public void Warning(string text) => Console.Error.WriteLine(text);

        public void Started(ScanProgress progress, ResolverStatistics statistics)
        {
        }
    }
}
