using System.Globalization;
using System.Text.Json;
using Scanner.Dns.Resolve;
using Scanner.Write;
using Spectre.Console;

namespace Scanner.Cli;

/// <summary>Shows a running scan on standard error: live on a terminal, else a line every few seconds, or JSON lines for a machine.</summary>
internal sealed class ProgressDisplay : IScanObserver, IAsyncDisposable
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RichInterval = TimeSpan.FromMilliseconds(500);

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly string _mode;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private Task _showing = Task.CompletedTask;

    private ProgressDisplay(string mode, TimeProvider time) => (_mode, _time) = (mode, time);

    public static ProgressDisplay Create(string mode, TimeProvider time) =>
        new(mode == "auto" ? (Terminal.CanRedraw ? "rich" : "plain") : mode, time);

    public void ListSurveyed(Input.ListSurvey survey)
    {
        if (_mode != "json") BadLines.Print(survey, Console.Error);
    }

    public void Warning(string text) => Terminal.Note("warning: " + text);

    public void Started(ScanProgress progress, ResolverStatistics statistics) => _showing = _mode switch
    {
        "rich" => ShowRichAsync(progress, statistics),
        "plain" => ShowLinesAsync(progress, statistics, PlainLine),
        "json" => ShowLinesAsync(progress, statistics, JsonLine),
        _ => Task.CompletedTask,
    };

    public void PassBegins(int pass, long names, TimeSpan wait)
    {
        if (_mode is "plain" or "rich")
            Terminal.Note(Invariant($"pass {pass}: {names:N0} names with an unknown answer are asked again{(wait > TimeSpan.Zero ? $", in {wait.TotalSeconds:N0} s" : "")}"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested) return;
        await _end.CancelAsync().ConfigureAwait(false);
        await _showing.ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task ShowLinesAsync(ScanProgress progress, ResolverStatistics statistics, Func<Rates, string> line)
    {
        var rates = new Rates(progress, statistics, _time);
        while (await TickAsync(PlainInterval).ConfigureAwait(false))
        {
            rates.Update();
            if (!Terminal.Write(line(rates))) return;
        }
    }

    private async Task ShowRichAsync(ScanProgress progress, ResolverStatistics statistics)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var rates = new Rates(progress, statistics, _time);
        await console.Live(Picture(rates)).AutoClear(true).StartAsync(async live =>
        {
            while (await TickAsync(RichInterval).ConfigureAwait(false))
            {
                rates.Update();
                live.UpdateTarget(Picture(rates));
            }
        }).ConfigureAwait(false);
    }

    private static Table Picture(Rates r)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("").AddColumn("");
        table.AddRow("names", Invariant($"{r.Progress.Done:N0} of {r.Progress.Total:N0} ({r.Share:P1})   {r.NamesPerSecond:N0}/s   ETA {r.Eta}"));
        if (r.Progress.Pass > 1) table.AddRow("pass", Invariant($"{r.Progress.Pass}: {r.Progress.PassDone:N0} of {r.Progress.PassTotal:N0} names asked again"));
        table.AddRow("queries", Invariant($"{r.Queries:N0}   {r.QueriesPerSecond:N0}/s   {r.InFlight:N0} in flight   {r.Retries:N0} retries"));
        table.AddRow("answers", Markup.Escape(r.StatusText));
        table.AddRow("unknown", Invariant($"{r.Progress.WithUnknown:N0} names ({r.UnknownShare:P2}) with an answer still unknown"));
        table.AddRow("wire", r.WireText);
        table.AddRow("policies", Invariant($"{r.Progress.PoliciesFetched:N0} fetched, {r.Progress.PoliciesWaiting:N0} waiting"));
        return table;
    }

    private static string PlainLine(Rates r) => Invariant(
        $"{r.Elapsed:hh\\:mm\\:ss} {(r.Progress.Pass > 1 ? Invariant($"pass {r.Progress.Pass}: {r.Progress.PassDone:N0}/{r.Progress.PassTotal:N0} again; ") : "")}{r.Progress.Done:N0}/{r.Progress.Total:N0} names ({r.Share:P1}), {r.NamesPerSecond:N0} names/s, ETA {r.Eta}, {r.QueriesPerSecond:N0} queries/s, unknown {r.UnknownShare:P2} of names; {r.StatusText}");

    private static string JsonLine(Rates r) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["elapsed_s"] = Math.Round(r.Elapsed.TotalSeconds, 1),
        ["pass"] = r.Progress.Pass,
        ["pass_done"] = r.Progress.PassDone,
        ["pass_total"] = r.Progress.PassTotal,
        ["names_done"] = r.Progress.Done,
        ["names_total"] = r.Progress.Total,
        ["names_per_s"] = Math.Round(r.NamesPerSecond, 1),
        ["eta_s"] = r.EtaSeconds is { } eta ? Math.Round(eta) : null,
        ["queries"] = r.Queries,
        ["queries_per_s"] = Math.Round(r.QueriesPerSecond, 1),
        ["retries"] = r.Retries,
        ["in_flight"] = r.InFlight,
        ["policies_fetched"] = r.Progress.PoliciesFetched,
        ["policies_waiting"] = r.Progress.PoliciesWaiting,
        ["names_with_unknown"] = r.Progress.WithUnknown,
        ["wire"] = r.Wire,
        ["answers"] = r.Progress.Statuses.ToDictionary(p => p.Status, p => p.Count),
    }, _json);

    private async Task<bool> TickAsync(TimeSpan interval)
    {
        try
        {
            await Task.Delay(interval, _time, _end.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Speeds since the last look, and the estimate from the whole run so far.</summary>
    private sealed class Rates(ScanProgress progress, ResolverStatistics statistics, TimeProvider time)
    {
        private readonly long _start = time.GetTimestamp();
        private long _lastLook = time.GetTimestamp();
        private long _lastDone, _lastQueries;

        public ScanProgress Progress => progress;

        public TimeSpan Elapsed { get; private set; }

        public double NamesPerSecond { get; private set; }

        public double QueriesPerSecond { get; private set; }

        public long Queries { get; private set; }

        public long Retries { get; private set; }

        public long InFlight { get; private set; }

        public IReadOnlyList<WireCounts> Wire { get; private set; } = [];

        /// <summary>All resolvers together; the latency is the slowest one's.</summary>
        public string WireText => Invariant(
            $"{Wire.Sum(w => w.TimedOut):N0} timed out, {Wire.Sum(w => w.Late):N0} late, {Wire.Sum(w => w.Mismatched + w.Unexpected):N0} mismatched, {Wire.Sum(w => w.Malformed):N0} malformed, {Wire.Sum(w => w.Truncated):N0} truncated, {Wire.Sum(w => w.OverTcp):N0} over TCP, {Wire.Sum(w => w.KernelDrops ?? 0):N0} dropped by the kernel, {Wire.Sum(w => w.CeilingCuts):N0} rate cuts; latency p50 {Latency("p50"):N1} ms, p95 {Latency("p95"):N1} ms");

        public double Share => progress.Total == 0 ? 1 : (double)progress.Done / progress.Total;

        public double UnknownShare => progress.Done == 0 ? 0 : (double)progress.WithUnknown / progress.Done;

        /// <summary>From the speed of the whole run, which jumps less than the last interval's.</summary>
        public double? EtaSeconds => progress.Done == 0 ? null : (progress.Total - progress.Done) * Elapsed.TotalSeconds / progress.Done;

        public string Eta => EtaSeconds is { } seconds ? TimeSpan.FromSeconds(Math.Ceiling(seconds)).ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture) : "?";

        public string StatusText => string.Join(' ', progress.Statuses.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Status} {p.Count:N0}")));

        private double Latency(string percentile) => Wire.Select(w => w.LatencyMs.GetValueOrDefault(percentile)).DefaultIfEmpty(0).Max();

        public void Update()
        {
            var snapshot = statistics.Snapshot();
            double seconds = time.GetElapsedTime(_lastLook).TotalSeconds;
            (Elapsed, Queries, Retries, InFlight) = (time.GetElapsedTime(_start), snapshot.Sent, snapshot.Retries, snapshot.InFlight);
            Wire = [.. snapshot.Resolvers.Select(WireCounts.Of)];
            long done = progress.Done;
            if (seconds > 0) (NamesPerSecond, QueriesPerSecond) = ((done - _lastDone) / seconds, (Queries - _lastQueries) / seconds);
            (_lastDone, _lastQueries, _lastLook) = (done, Queries, time.GetTimestamp());
        }
    }
}
