using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Scanner.Aggregate;
using Scanner.Dns;
using Scanner.Input;
using Scanner.Lab;
using Scanner.Lab.Servers;
using Scanner.Lab.World;
using Scanner.Write;

namespace Scanner.Weather;

/// <summary>
/// Everything at once, drawn from a seed: a weather, one hostile name in ten, and a scanner process that is killed (kill -9) at random moments and
/// gone on with until the run is complete. Then every name must have its row once, and no name of the population a class that is not the truth's.
/// Round after round, until the time is up.
/// </summary>
internal sealed class ChaosRun(int seed, TimeSpan time, string folder)
{
    private const int Names = 600, HostileNames = Names / 9, QueriesPerSecond = 1000;

    /// <summary>A session that ends by itself because nobody answers is no fault; one that never comes to an end is.</summary>
    private const int MostSessions = 25;

    private static readonly TimeSpan LongestSession = TimeSpan.FromMinutes(2);

    /// <summary>This very program, whichever way it was started.</summary>
    public static readonly string[] Self =
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) != "dotnet" ? [path] : ["dotnet", typeof(ChaosRun).Assembly.Location];

    private readonly Random _random = new(seed);

    /// <returns>What went wrong; null when nothing did.</returns>
    public async Task<string?> RunAsync()
    {
        var watch = Stopwatch.StartNew();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"chaos: seed {seed}, {time.TotalMinutes:0.#} minutes, {Names} names of the population and {HostileNames} hostile ones in each round"));
        Console.WriteLine("| round | weather | sessions | of them killed | unknown at the end | wrong class | queries a name | seconds |");
        Console.WriteLine("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        for (int round = 1; round == 1 || watch.Elapsed < time; round++)
            if (await RoundAsync(round).ConfigureAwait(false) is { } fault) return string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}: {fault}");
        return null;
    }

    /// <summary>One session, in a process of its own that may be killed: the arguments are those of <see cref="StartAsync"/>.</summary>
    public static async Task<int> SessionAsync(string[] arguments)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(arguments[4]);
        var options = WeatherRun.Options(IPEndPoint.Parse(arguments[2]), int.Parse(arguments[3], CultureInfo.InvariantCulture), roots, arguments[1], QueriesPerSecond) with
        {
            RowsPerPart = 100,
            // Hostile names take all the time they are given.
            NameDeadlineSeconds = 12,
            PassPause = TimeSpan.FromSeconds(1),
            WriteReport = false,
        };
        using var source = ListSource.Open(arguments[0]);
        try
        {
            var outcome = await new ScanRun(options, new WeatherRun.Quiet(), TimeProvider.System).RunAsync(source, CancellationToken.None).ConfigureAwait(false);
            if (outcome.StoppedBecause is not { } stopped) return 0;
            Console.Error.WriteLine(stopped);
            return 1;
        }
        catch (ResolverUnreachableException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private async Task<string?> RoundAsync(int round)
    {
        var weather = Draw();
        var world = new LabWorld();
        string run = Path.Combine(folder, $"chaos-{round}"), list = run + ".txt", authority = run + ".pem";
        string[] names = [.. LabList.Names(Names), .. Enumerable.Range(0, HostileNames).Select(HostileWorld.NameOf)];
        await File.WriteAllLinesAsync(list, names).ConfigureAwait(false);
        await using var lab = await LabHost.StartAsync(
            new WeatherWorld(new HostileWorld(world), weather, TimeProvider.System),
            new LabHostOptions { FaultRates = new LabFaultRates { Drop = weather.Loss, Servfail = weather.Servfail, Seed = _random.Next() } },
            TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        await File.WriteAllTextAsync(authority, lab.RootPem).ConfigureAwait(false);

        var watch = Stopwatch.StartNew();
        int sessions = 0, killed = 0, kills = _random.Next(1, 5), exit = -1;
        while (exit != 0)
        {
            if (++sessions > MostSessions) return $"not complete after {MostSessions} sessions";
            TimeSpan? moment = killed < kills ? TimeSpan.FromSeconds(0.3 + 6 * _random.NextDouble()) : null;
            exit = await StartAsync([list, run, lab.DnsEndpoint.ToString(), lab.HttpsPort.ToString(CultureInfo.InvariantCulture), authority], moment).ConfigureAwait(false);
            if (exit == 137) killed++;
            else if (exit is not (0 or 1)) return $"a session ended with {exit}";
        }

        using var rows = RowDatabase.Open(RunFolder.Open(run).ClosedParts());
        var listed = rows.Query("SELECT name, coalesce(unknown_answers, 0) FROM domains", r => (Name: r.GetString(0), Unknown: Convert.ToInt64(r.GetValue(1), CultureInfo.InvariantCulture)));
        if (names.Except(listed.Select(row => row.Name)).FirstOrDefault() is { } lost) return $"{lost} has no row";
        if (listed.GroupBy(row => row.Name).FirstOrDefault(group => group.Count() > 1) is { } twice) return $"{twice.Key} has {twice.Count()} rows";
        if (listed.Count != names.Length) return $"{listed.Count} rows for {names.Length} names";
        var (wrong, _, example) = WeatherRun.Compare(run, new LabTruth(world));
        if (wrong > 0) return $"{wrong} names with a wrong class, for example {example}";
        double queries = (double)RunFolder.Open(run).LoadManifest().QueriesSent / names.Length;
        long unknown = listed.Count(row => row.Unknown > 0 && !row.Name.EndsWith(HostileWorld.Below, StringComparison.Ordinal));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {round} | {weather.Name} | {sessions} | {killed} | {(double)unknown / Names:P2} | {wrong} | {queries:N1} | {watch.Elapsed.TotalSeconds:N0} |"));
        Directory.Delete(run, recursive: true);
        return null;
    }

    private Weather Draw()
    {
        double loss = Pick(0, 0.01, 0.05, 0.2), servfail = Pick(0, 0, 0.02), from = 0.5 + 4 * _random.NextDouble(), length = 1 + 7 * _random.NextDouble();
        int refused = Pick(0, 0, 400, 700);
        var spell = Pick(LabDnsFault.None, LabDnsFault.Silent, LabDnsFault.Servfail, LabDnsFault.Refused, LabDnsFault.Malformed);
        string name = string.Create(CultureInfo.InvariantCulture,
            $"{loss:P0} loss, {servfail:P0} SERVFAIL, {(refused == 0 ? "" : $"REFUSED over {refused}/s, ")}{(spell == LabDnsFault.None ? "no spell" : $"{spell} from {from:0.0} s for {length:0.0} s")}");
        return new Weather(name) { Loss = loss, Servfail = servfail, RefusedOver = refused, Spell = spell, From = from, Until = from + length };
    }

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    /// <param name="kill">After this; null for a session that may end by itself.</param>
    /// <returns>Its exit status; 137 when it was killed.</returns>
    private static async Task<int> StartAsync(string[] arguments, TimeSpan? kill)
    {
        using var process = Process.Start(new ProcessStartInfo(Self[0], [.. Self[1..], "session", .. arguments]))!;
        using var soon = new CancellationTokenSource(kill ?? LongestSession);
        try
        {
            await process.WaitForExitAsync(soon.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync().ConfigureAwait(false);
        }
        return process.ExitCode;
    }
}
