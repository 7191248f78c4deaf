using System.Runtime.CompilerServices;
using Scanner.Aggregate;
using Scanner.Checks;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Input;
using Scanner.Report;
using Scanner.Resolve;
using Scanner.Write;

namespace Scanner;

/// <summary>Who watches a run: the terminal, a log, a test.</summary>
public interface IScanObserver
{
    void ListSurveyed(ListSurvey survey);

    void Warning(string text);

    void Started(ScanProgress progress, ResolverStatistics statistics);

    /// <param name="pass">2 or more.</param>
    /// <param name="names">With an unknown answer.</param>
    /// <param name="wait">Until the first of them is asked about again.</param>
    void PassBegins(int pass, long names, TimeSpan wait) { }

    void PassEnded(PassCounts counts) { }

    void PartClosed(ClosedPart part) { }

    /// <param name="fault">Of this program, while it worked on the name; the row says so too.</param>
    void NameFailed(string name, string fault) { }
}

/// <summary>How a run ended.</summary>
/// <param name="RowsWritten">Rows in the folder, those that a resumed run would write anew included.</param>
/// <param name="StoppedBecause">Null when every listed name has its final row.</param>
/// <param name="Summary">Null when there is no row to count.</param>
public sealed record ScanOutcome(string Folder, long RowsExpected, long RowsWritten, long QueriesSent, TimeSpan Elapsed, string? StoppedBecause, Summary? Summary);

/// <summary>
/// One run from the list to the summaries: survey the list, see that a resolver answers, begin the folder or go on with it, scan, ask again
/// what stayed unknown, write down what happened. Nothing is written before the list and the resolvers have been found usable.
/// </summary>
/// <param name="files">What writes to the disk; left out, the disk itself.</param>
public sealed class ScanRun(ScanOptions options, IScanObserver observer, TimeProvider time, RunFiles? files = null)
{
    private readonly RunFiles _files = files ?? RunFiles.Real;
    private readonly ResolverStatistics _statistics = new(options.Resolvers);
    private NameTrace? _trace;

    /// <summary>The first pass, and those over what it left unknown.</summary>
    private int LastPass => 1 + options.Passes;

    /// <exception cref="InputException">The list is unusable; nothing was written.</exception>
    /// <exception cref="RunFolderException">The folder is; nothing was written.</exception>
    /// <exception cref="ResolverUnreachableException">No resolver answers; nothing was written.</exception>
    /// <exception cref="IOException">The disk failed; what was closed stays, and the run can be gone on with.</exception>
    public async Task<ScanOutcome> RunAsync(ListSource source, CancellationToken stopReading)
    {
        long start = time.GetTimestamp();
        var survey = ListSurvey.Read(source, options.List, stopReading);
        observer.ListSurveyed(survey);

        await using (var probing = NewResolver(options.Resolver)) options = options with { AdTrusted = await ProbeAsync(probing, stopReading).ConfigureAwait(false) };
        await using var store = await OpenAsync(source, survey).ConfigureAwait(false);
        using var trace = _trace = options.Trace is { } traced ? new NameTrace(traced, Path.Combine(store.Folder.FullPath, "trace.jsonl"), time) : null;
        using var timeUp = new CancellationTokenSource(options.MaxDuration ?? Timeout.InfiniteTimeSpan, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopReading, timeUp.Token);

        var progress = new ScanProgress { Total = survey.Selected };
        var session = new Session(store, progress, start);
        store.Counters = () => CountersOf(session);
        store.PartClosed = observer.PartClosed;
        string? stopped;
        long notScanned;
        using (var order = ScanOrder.Build(source, survey, options.List, store.Folder.OrderPath, stopReading))
        {
            progress.Restore(survey.Selected - store.OpenCount, Enumerable.Range(1, LastPass).Sum(pass => (long)store.PendingCount(pass)));
            observer.Started(progress, _statistics);
            stopped = await ScanAsync(session, order, stop.Token).ConfigureAwait(false);
            if (stopped is null && stop.IsCancellationRequested) stopped = timeUp.IsCancellationRequested ? "its time was up (--max-duration)" : "stopped by a signal";
            if (stopped is null) await SettleRestAsync(session).ConfigureAwait(false);
            else await WriteProvisionalAsync(session, timeUp.IsCancellationRequested ? order : null).ConfigureAwait(false);
            await store.CommitAsync().ConfigureAwait(false);
            notScanned = store.OpenCount;
        }
        // Rows in = rows out: counted, not assumed.
        if (stopped is null && store.Done.Count != survey.Selected)
            stopped = $"{survey.Selected - store.Done.Count} of {survey.Selected} names have no row: a fault of this program";
        return Finish(session, survey, stopped, notScanned);
    }

    /// <summary>What the methods of one session share.</summary>
    private sealed record Session(RunStore Store, ScanProgress Progress, long Start)
    {
        /// <summary>Of the resolvers of passes that are over.</summary>
        public long CacheHits { get; set; }

        public CachingResolver? Shared { get; set; }
    }

    /// <summary>Goes through the passes that are still to be done.</summary>
    /// <returns>Why it ended early, but for a stop that was asked for; null otherwise.</returns>
    private async Task<string?> ScanAsync(Session session, ScanOrder order, CancellationToken stop)
    {
        var store = session.Store;
        // One for all passes: what a server asks for in one holds in the next. A stop lets the fetches under way finish, and nobody wait.
        using var turns = new PolicyFetchTurns(options.Politeness, options.HttpsConcurrency, time);
        await using var stopping = stop.Register(turns.GiveUp);
        int open = store.OpenCount;
        if (open > 0 && await RunPassAsync(session, turns, 1, open, FirstPass(order, store), stop).ConfigureAwait(false) is { } first) return first;
        // The session that asked the last name was ended before the pass was.
        if (open == 0 && store.Passes.Count == 0 && !stop.IsCancellationRequested) await EndPassAsync(session, 1).ConfigureAwait(false);
        var pause = ScanPasses.PauseAfter(options, time.GetElapsedTime(session.Start));
        for (int pass = 2; pass <= LastPass && !stop.IsCancellationRequested; pass++)
        {
            int names = store.PendingCount(pass - 1);
            if (names == 0) continue;
            var wait = store.Pending(pass - 1).Select(pending => WaitFor(pending, pause, time.GetUtcNow())).First();
            observer.PassBegins(pass, names, wait);
            if (!await DelayAsync(wait, stop).ConfigureAwait(false)) return null;
            store.DropProvisional();
            if (await RunPassAsync(session, turns, pass, names, LaterPass(store, pass, pause, stop), stop).ConfigureAwait(false) is { } reason) return reason;
        }
        return null;
    }

    private async Task<string?> RunPassAsync(Session session, PolicyFetchTurns turns, int pass, int names, IAsyncEnumerable<ScanItem> items, CancellationToken stop)
    {
        var (store, progress) = (session.Store, session.Progress);
        var passOptions = ScanPasses.OptionsFor(options, pass, LastPass);
        await using var stub = NewResolver(passOptions.Resolver);
        var shared = session.Shared = new CachingResolver(stub, passOptions.Resolver.CacheEntries, time);
        var scanner = new DomainScanner(stub, shared, passOptions, time);
        var stamp = StampOf(store.Begun);
        var pipeline = new ScanPipeline(scanner, new HttpsPolicyFetcher(shared, passOptions.PolicyFetch, time, turns), passOptions, progress, time, pass, _trace, stub);
        progress.BeginPass(pass, names);
        if (pass < LastPass) store.BeginKeeping(pass);
        var held = pass == 1 ? new HeldRows(ScanPipeline.WorkersFor(passOptions.Resolver)) : null;
        string? reason = await pipeline.RunAsync(items, WriteAsync, stop, CancellationToken.None).ConfigureAwait(false);
        if (held is not null) await ReleaseAsync(held, all: true).ConfigureAwait(false);
        await store.CommitAsync().ConfigureAwait(false);
        session.CacheHits += shared.Hits + shared.Coalesced;
        session.Shared = null;
        if (reason is null && !stop.IsCancellationRequested) await EndPassAsync(session, pass).ConfigureAwait(false);
        return reason;

        ValueTask WriteAsync(DomainResult row)
        {
            if (row.ScanError is { } fault) observer.NameFailed(row.Name.Name, fault);
            if (_trace is { } following && following.Wants(row.Name.Name)) following.Finished(row, pass, stamp);
            var now = time.GetUtcNow();
            if (held is null) return AddAsync(row, now, isSuspect: false);
            bool before = held.IsSuspecting;
            held.Add(row, now);
            if (held.IsSuspecting && !before) shared.DistrustDenials();
            else if (before && !held.IsSuspecting) shared.TrustDenials();
            return ReleaseAsync(held, all: false);
        }

        async ValueTask ReleaseAsync(HeldRows held, bool all)
        {
            while (held.TryTake(all, out var row, out var ended, out bool isSuspect)) await AddAsync(row, ended, isSuspect).ConfigureAwait(false);
        }

        ValueTask AddAsync(DomainResult row, DateTimeOffset ended, bool isSuspect)
        {
            // Excluded names and our own faults have nothing that asking again would settle. Whether a denial is to be believed shows after the pass.
            if (pass == LastPass || row.Evidence is not { } evidence || row.ScanError is not null) return store.AddAsync(row);
            if (evidence.Unknown == 0 && (pass > 1 || !(isSuspect || evidence.IsDenied(row.Name.Name)))) return store.AddAsync(row);
            store.Keep(row, pass, ended);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>When all names of a pass are through: what it has settled and what still waits gets rows, and is counted.</summary>
    private async Task EndPassAsync(Session session, int pass)
    {
        var store = session.Store;
        // The names are gone, and the SQL engine wants memory.
        MemoryCeiling.Release();
        if (pass == 1 && store.PendingCount(1) > 0) await SettleDenialsAsync(session).ConfigureAwait(false);
        await WriteProvisionalAsync(session, null).ConfigureAwait(false);
        MemoryCeiling.Release();
        var counts = PassReport.Read(store.Folder, pass, isLast: store.LastPendingPass == 0) with { Ended = time.GetUtcNow() };
        store.EndPass(counts);
        observer.PassEnded(counts);
    }

#pragma warning disable CS1998 // the list is read without waiting; only later passes wait
    private static async IAsyncEnumerable<ScanItem> FirstPass(ScanOrder order, RunStore store)
    {
        foreach (var name in order.Names(position => !store.IsOpen(position))) yield return new ScanItem(name.Position, name.Name);
    }
#pragma warning restore CS1998

    private async IAsyncEnumerable<ScanItem> LaterPass(RunStore store, int pass, TimeSpan pause, [EnumeratorCancellation] CancellationToken stop = default)
    {
        long start = time.GetTimestamp();
        foreach (var pending in store.Pending(pass - 1))
        {
            // The time of the question is a wall clock's, which may jump; our own patience is not.
            var wait = WaitFor(pending, pause - time.GetElapsedTime(start), time.GetUtcNow());
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, stop).ConfigureAwait(false);
            pending.Evidence.Doubted = IsDoubted(store, pending);
            yield return new ScanItem(pending.Position, pending.Name, pending);
        }
    }

    private static bool IsDoubted(RunStore store, PendingName pending) => store.Doubts is { } spells && spells.Any(spell => spell.Covers(pending));

    /// <summary>After the first pass: names that do not exist, as far as anybody said, get their rows, but for those that a resolver denied while it
    /// denied far more than usual. They are asked again with those that are unknown.</summary>
    private async Task SettleDenialsAsync(Session session)
    {
        var store = session.Store;
        if (store.Doubts is null)
        {
            using var rows = RowDatabase.Open(store.Folder.ClosedParts(), RowUse.Rows);
            store.Doubt(DenialWatch.Find(rows, store.Pending(1)));
            foreach (var spell in store.Doubts!) observer.Warning($"{spell}: they are asked about again");
        }
        var scanner = Replayer();
        foreach (var pending in store.Pending(1).Where(pending => pending.Evidence.Unknown == 0 && !IsDoubted(store, pending)))
            await store.AddAsync(await scanner.ReplayAsync(new ScanItem(pending.Position, pending.Name, pending), 1).ConfigureAwait(false)).ConfigureAwait(false);
        await store.CommitAsync().ConfigureAwait(false);
    }

    /// <summary>From now, at most the whole pause.</summary>
    private static TimeSpan WaitFor(PendingName pending, TimeSpan pause, DateTimeOffset now)
    {
        var wait = pending.AskedAt + pause - now;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > pause ? pause : wait;
    }

    /// <returns>False when it was stopped.</returns>
    private async Task<bool> DelayAsync(TimeSpan wait, CancellationToken stop)
    {
        try
        {
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, stop).ConfigureAwait(false);
            return !stop.IsCancellationRequested;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Rows for the names that wait for a later pass, as they are known now; and, when an order is given, for those that nobody
    /// has asked yet.</summary>
    private Task WriteProvisionalAsync(Session session, ScanOrder? unscanned)
    {
        var store = session.Store;
        store.DropProvisional();
        return store.WriteProvisionalAsync(Rows());

        async IAsyncEnumerable<DomainResult> Rows()
        {
            var scanner = Replayer();
            for (int pass = 1; pass <= LastPass || pass <= store.LastPendingPass; pass++)
                foreach (var pending in store.Pending(pass)) yield return await scanner.ReplayAsync(new ScanItem(pending.Position, pending.Name, pending), pass).ConfigureAwait(false);
            foreach (var name in unscanned?.Names(position => !store.IsOpen(position)) ?? [])
                yield return await scanner.ReplayAsync(new ScanItem(name.Position, name.Name), 1).ConfigureAwait(false);
        }
    }

    /// <summary>After the last pass nobody waits, unless a session before was told to make more passes than this one: those names keep what
    /// they have.</summary>
    private async Task SettleRestAsync(Session session)
    {
        var store = session.Store;
        store.DropProvisional();
        var scanner = Replayer();
        for (int pass = store.LastPendingPass; pass > 0; pass = store.LastPendingPass)
            foreach (var pending in store.Pending(pass))
                await store.AddAsync(await scanner.ReplayAsync(new ScanItem(pending.Position, pending.Name, pending), pass).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>It asks nobody.</summary>
    private DomainScanner Replayer()
    {
        var nobody = new EvidenceResolver(new NameEvidence());
        return new DomainScanner(nobody, nobody, options, time);
    }

    private ScanOutcome Finish(Session session, ListSurvey survey, string? stopped, long notScanned)
    {
        var store = session.Store;
        var counters = CountersOf(session);
        var wire = _statistics.Snapshot();
        var used = ResourcesUsed.Now();
        MemoryCeiling.Release();
        using var rows = RowDatabase.Open(store.Folder.ClosedParts(), options.WriteReport ? RowUse.Report : RowUse.Figures);
        var counted = PassReport.ReadRun(rows, store.Passes);
        store.Folder.Save(store.Begun with
        {
            Ended = time.GetUtcNow(),
            Passes = counted.Passes,
            DenialSpells = store.Doubts ?? [],
            QueryStatus = counted.QueryStatus,
            QueriesSent = counters.Sent,
            Retries = counters.Retries,
            TcpShare = counters.Sent == 0 ? null : (double)counters.OverTcp / counters.Sent,
            Hedged = wire.Hedged,
            Wire = [.. wire.Resolvers.Select(WireCounts.Of)],
            Resources = used,
            CacheHits = counters.CacheHits,
            PolicyFetches = counters.Policies,
            RowsWritten = counted.Rows,
            RowsProvisional = counted.Rows - store.Done.Count,
            NotScanned = notScanned,
            Resumed = store.Sessions - 1,
            Seconds = counters.Seconds,
            Complete = stopped is null,
            InterruptedReason = stopped,
        });
        if (stopped is null) store.ForgetPending();
        var summary = counted.Rows == 0 || !options.WriteReport ? null : Reporter.Write(store.Folder, store.Folder.FullPath, rows);
        return new ScanOutcome(options.Output, survey.Selected, counted.Rows, counters.Sent, time.GetElapsedTime(session.Start), stopped, summary);
    }

    private RunCounters CountersOf(Session session)
    {
        var sent = _statistics.Snapshot();
        long hits = session.CacheHits + (session.Shared is { } shared ? shared.Hits + shared.Coalesced : 0);
        return session.Store.CountersBefore.Plus(
            new RunCounters(sent.Sent, sent.Retries, sent.OverTcp, hits, session.Progress.PoliciesFetched, time.GetElapsedTime(session.Start).TotalSeconds));
    }

    private async Task<RunStore> OpenAsync(ListSource source, ListSurvey survey)
    {
        var decisive = ResultOptions.Of(options);
        var begun = Begin(source, survey, decisive);
        if (!options.Resume)
        {
            DiskSpace.Check(Path.GetFullPath(options.Output), survey.Selected);
            var made = Write.RunFolder.Create(options.Output);
            return RunStore.Create(made, begun, StampOf(begun), survey.Selected, _files, time, options.RowsPerPart);
        }
        var folder = Write.RunFolder.Open(options.Output);
        var state = await StoreState.ReadAsync(folder, survey.Selected, found => Accept(found, begun), _files).ConfigureAwait(false);
        foreach (string repair in state.Repairs) observer.Warning(repair);
        try
        {
            DiskSpace.Check(folder.FullPath, survey.Selected - state.Done.Count);
        }
        catch
        {
            state.Dispose();
            throw;
        }
        return RunStore.Resume(folder, state, StampOf(state.Begun!), _files, time, options.RowsPerPart);
    }

    /// <exception cref="RunFolderException">The run was begun over another list or under other options; the message names every difference.</exception>
    private void Accept(RunManifest found, RunManifest now)
    {
        var differences = new List<string>();
        if (found.ListSha256 != now.ListSha256) differences.Add($"the list ({found.List}, sha256 {Short(found.ListSha256)}; now {now.List}, {Short(now.ListSha256)})");
        if (found.ToolVersion != now.ToolVersion) differences.Add($"the program's version ({found.ToolVersion}; now {now.ToolVersion})");
        foreach (string name in found.ResultOptions.Keys.Union(now.ResultOptions.Keys).Order(StringComparer.Ordinal))
        {
            string before = found.ResultOptions.GetValueOrDefault(name, "not set"), after = now.ResultOptions.GetValueOrDefault(name, "not set");
            if (before != after) differences.Add($"{name} ({Short(before)}; now {Short(after)})");
        }
        if (differences.Count > 0)
            throw new RunFolderException($"the run in {options.Output} cannot be gone on with, because it was begun differently: {string.Join(", ", differences)}");

        // A hash is told apart by its beginning.
        static string Short(string text) => text.Length == 64 ? text[..12] : text.Length == 0 ? "none" : text;
    }

    private StubResolver NewResolver(ResolverOptions resolver) =>
        new(resolver, [.. DnsTransports.Create(options.Resolvers, resolver).Select(transport => _trace?.Listen(transport) ?? transport)], time, _statistics);

    /// <returns>Whether the AD bit means anything in this run.</returns>
    private async Task<bool> ProbeAsync(StubResolver stub, CancellationToken ct)
    {
        var probes = await stub.ProbeAsync(ct).ConfigureAwait(false);
        var silent = probes.Where(probe => !probe.Answers).ToList();
        if (silent.Count == options.Resolvers.Count) throw NoResolver(silent);
        foreach (var probe in silent) observer.Warning($"resolver {probe.Resolver} does not answer ({probe.Status.Word()}); going on with the others");
        if (AdTrust.WhyNot(options, probes) is not { } reason) return true;
        if ((options.Checks & (ScanChecks.Dane | ScanChecks.Dnssec)) != 0) observer.Warning(reason);
        return false;
    }

    /// <summary>What to say when not one resolver answers the first question.</summary>
    public static ResolverUnreachableException NoResolver(IEnumerable<ResolverProbe> silent) => new(
        $"no resolver answers ({string.Join(", ", silent.Select(probe => $"{probe.Resolver}: {probe.Status.Word()}"))}): check the address, or name another with --resolver HOST[:PORT]; nothing was done");

    private static RunStamp StampOf(RunManifest begun) => new()
    {
        ScanId = begun.ScanId,
        ToolVersion = begun.ToolVersion,
        ListSha256 = begun.ListSha256,
        OptionsSha256 = begun.OptionsSha256,
        PslVersion = begun.PslVersion,
        Vantage = begun.Vantage,
    };

    private RunManifest Begin(ListSource source, ListSurvey survey, IReadOnlyDictionary<string, string> decisive) => new()
    {
        ScanId = Guid.CreateVersion7(time.GetUtcNow()).ToString(),
        ToolVersion = RunManifest.Tool.Version,
        ToolCommit = RunManifest.Tool.Commit,
        CommandLine = options.CommandLine,
        Options = options.Effective(),
        ResultOptions = decisive,
        OptionsSha256 = ResultOptions.Hash(decisive),
        List = Path.GetFileName(source.DisplayName),
        ListSha256 = survey.Sha256,
        Lines = new LineCounts(survey.LinesRead, survey.LinesSkipped, survey.Names, survey.InvalidLines, survey.DuplicateLines, survey.SelectedUnqueryable, survey.SelectedExcluded),
        PslVersion = options.List.PublicSuffixList.Version,
        DataVersions = RunManifest.EmbeddedData,
        Resolvers = [.. options.Resolvers.Select(server => server.ToString())],
        Checks = options.Checks.Names(),
        Started = time.GetUtcNow(),
        Host = Environment.MachineName,
        Vantage = options.Vantage,
        Contact = options.Contact,
    };
}
