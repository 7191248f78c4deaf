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
}

/// <summary>How a run ended.</summary>
/// <param name="StoppedBecause">Null when every listed name has its row.</param>
/// <param name="Summary">Null when there is no row to count.</param>
public sealed record ScanOutcome(string Folder, long RowsExpected, long RowsWritten, long QueriesSent, TimeSpan Elapsed, string? StoppedBecause, Summary? Summary);

/// <summary>
/// One run from the list to the summaries: survey the list, see that a resolver answers, make the folder, run the pipeline, write down
/// what happened. Nothing is written before the list and the resolvers have been found usable.
/// </summary>
public sealed class ScanRun(ScanOptions options, IScanObserver observer, TimeProvider time)
{
    /// <exception cref="InputException">The list is unusable; nothing was written.</exception>
    /// <exception cref="RunFolderException">The folder is; nothing was written.</exception>
    /// <exception cref="ResolverUnreachableException">No resolver answers; nothing was written.</exception>
    /// <exception cref="IOException">The disk failed; what was closed stays.</exception>
    public async Task<ScanOutcome> RunAsync(ListSource source, CancellationToken stopReading)
    {
        var survey = ListSurvey.Read(source, options.List, stopReading);
        observer.ListSurveyed(survey);

        await using var stub = new StubResolver(options.Resolver, Transports.Create(options.Resolvers, options.Resolver), time);
        await ProbeAsync(stub, stopReading).ConfigureAwait(false);
        var shared = new CachingResolver(stub, options.Resolver.CacheEntries, time);

        var folder = Write.RunFolder.Create(options.Output);
        var manifest = Begin(source, survey);
        folder.Save(manifest);

        var progress = new ScanProgress { Total = survey.Selected };
        observer.Started(progress, stub.Statistics);
        var stamp = new RunStamp
        {
            ScanId = manifest.ScanId,
            ToolVersion = manifest.ToolVersion,
            ListSha256 = manifest.ListSha256,
            PslVersion = manifest.PslVersion,
            Vantage = options.Vantage,
        };
        var pipeline = new ScanPipeline(new DomainScanner(stub, shared, options, time), new HttpsPolicyFetcher(shared, options.PolicyFetch, time), options, progress);
        var tally = new StatusTally();
        long start = time.GetTimestamp();
        PipelineResult ended;
        await using (var writer = new PartWriter(folder.DomainsPath, stamp))
        {
            ended = await pipeline.RunAsync(ListReader.Read(source, survey, options.List), WriteAsync, stopReading, CancellationToken.None).ConfigureAwait(false);
            await writer.CloseAsync().ConfigureAwait(false);

            ValueTask WriteAsync(DomainResult row)
            {
                tally.Count(row);
                return writer.AddAsync(row);
            }
        }

        // Rows in = rows out: counted, not assumed.
        string? stopped = ended.StoppedBecause
            ?? (ended.RowsWritten == survey.Selected ? null : $"{survey.Selected - ended.RowsWritten} of {survey.Selected} names have no row: a fault of this program");
        var statistics = stub.Statistics.Snapshot();
        folder.Save(manifest with
        {
            Ended = time.GetUtcNow(),
            Passes = [new PassCounts(1, ended.RowsWritten, ended.RowsWritten - progress.WithUnknown, tally.Settled)],
            QueryStatus = tally.ByQueryType(),
            QueriesSent = statistics.Sent,
            Retries = statistics.Retries,
            TcpShare = statistics.Sent == 0 ? null : (double)statistics.OverTcp / statistics.Sent,
            CacheHits = shared.Hits + shared.Coalesced,
            PolicyFetches = progress.PoliciesFetched,
            RowsWritten = ended.RowsWritten,
            Complete = stopped is null,
            InterruptedReason = stopped,
        });
        var summary = ended.RowsWritten == 0 ? null : Reporter.Write([folder], folder.FullPath);
        return new ScanOutcome(options.Output, survey.Selected, ended.RowsWritten, statistics.Sent, time.GetElapsedTime(start), stopped, summary);
    }

    private async Task ProbeAsync(StubResolver stub, CancellationToken ct)
    {
        var silent = (await stub.ProbeAsync(ct).ConfigureAwait(false)).Where(probe => !probe.Answers).ToList();
        if (silent.Count == options.Resolvers.Count) throw NoResolver(silent);
        foreach (var probe in silent) observer.Warning($"resolver {probe.Resolver} does not answer ({probe.Status.Word()}); going on with the others");
    }

    /// <summary>What to say when not one resolver answers the first question.</summary>
    public static ResolverUnreachableException NoResolver(IEnumerable<ResolverProbe> silent) => new(
        $"no resolver answers ({string.Join(", ", silent.Select(probe => $"{probe.Resolver}: {probe.Status.Word()}"))}): check the address, or name another with --resolver HOST[:PORT]; nothing was done");

    private RunManifest Begin(ListSource source, ListSurvey survey) => new()
    {
        ScanId = Guid.CreateVersion7(time.GetUtcNow()).ToString(),
        ToolVersion = RunManifest.Tool.Version,
        ToolCommit = RunManifest.Tool.Commit,
        CommandLine = options.CommandLine,
        Options = options.Effective(),
        List = Path.GetFileName(source.DisplayName),
        ListSha256 = survey.Sha256,
        Lines = new LineCounts(survey.LinesRead, survey.LinesSkipped, survey.Names, survey.InvalidLines, survey.DuplicateLines, survey.SelectedUnqueryable, survey.SelectedExcluded),
        PslVersion = options.List.PublicSuffixList.Version,
        Resolvers = [.. options.Resolvers.Select(server => server.ToString())],
        Checks = options.Checks.Names(),
        Started = time.GetUtcNow(),
        Host = Environment.MachineName,
        Vantage = options.Vantage,
        Contact = options.Contact,
    };

    /// <summary>Final statuses by query type, counted as the rows go by. One thread.</summary>
    private sealed class StatusTally
    {
        private static readonly string[] QueryTypes = ["mx", "txt", "dmarc", "mta_sts", "tls_rpt", "a", "aaaa"];
        private readonly long[,] _counts = new long[QueryTypes.Length, Enum.GetValues<DnsStatus>().Length];

        /// <summary>Answers that are not unknown.</summary>
        public long Settled { get; private set; }

        public void Count(DomainResult row)
        {
            ReadOnlySpan<DnsAnswer?> answers = [row.Mx?.Answer, row.Spf?.Answer, row.Dmarc?.Answer, row.MtaSts?.Answer, row.TlsRpt?.Answer, row.Mx?.A, row.Mx?.Aaaa];
            for (int i = 0; i < answers.Length; i++)
            {
                if (answers[i] is not { } answer) continue;
                _counts[i, (int)answer.Status]++;
                if (!answer.Status.IsUnknown()) Settled++;
            }
        }

        public Dictionary<string, IReadOnlyDictionary<string, long>> ByQueryType()
        {
            var byType = new Dictionary<string, IReadOnlyDictionary<string, long>>();
            for (int i = 0; i < QueryTypes.Length; i++)
            {
                var counts = Enum.GetValues<DnsStatus>().Select(s => (Status: s, Count: _counts[i, (int)s])).Where(p => p.Count > 0).ToDictionary(p => p.Status.Word(), p => p.Count);
                if (counts.Count > 0) byType[QueryTypes[i]] = counts;
            }
            return byType;
        }
    }
}
