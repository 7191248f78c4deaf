using System.Diagnostics.Metrics;
using Scanner.Checks;
using Scanner.Dns.Resolve;

namespace Scanner;

/// <summary>
/// The meter <c>Scanner</c>: what a running scan tells whoever listens (System.Diagnostics.Metrics). Every instrument reads counters that
/// the scan keeps anyway, and only when somebody collects: it costs a scan nothing.
/// </summary>
public sealed class ScanMetrics : IDisposable
{
    public const string MeterName = "Scanner";

    private readonly Meter _meter = new(MeterName);

    public ScanMetrics(ScanProgress progress, ResolverStatistics statistics)
    {
        _meter.CreateObservableGauge("scanner.names.total", () => progress.Total, "{name}", "Rows that the run will have");
        _meter.CreateObservableCounter("scanner.names.done", () => progress.Done, "{name}", "Names gone through once");
        _meter.CreateObservableGauge("scanner.names.unknown", () => progress.WithUnknown, "{name}", "Names with an answer that is unknown as things stand");
        _meter.CreateObservableGauge("scanner.pass", () => progress.Pass, null, "The pass under way, 1-based");
        _meter.CreateObservableGauge("scanner.pass.names", () => progress.PassTotal, "{name}", "Names of the pass under way");
        _meter.CreateObservableGauge("scanner.pass.done", () => progress.PassDone, "{name}", "Of them, gone through");
        _meter.CreateObservableGauge("scanner.queue.length", () => Queues(progress), "{item}", "Names waiting for a worker, names waiting for their policy, rows waiting for the writer");
        _meter.CreateObservableCounter("scanner.policies.fetched", () => progress.PoliciesFetched, "{policy}", "MTA-STS policies fetched, well or badly");
        _meter.CreateObservableCounter("scanner.dns.queries", () => statistics.Sent, "{query}", "DNS queries sent, retries included");
        _meter.CreateObservableCounter("scanner.dns.retries", () => statistics.Snapshot().Retries, "{query}", "Of them, not the first for their question");
        _meter.CreateObservableCounter("scanner.dns.tcp", () => statistics.Snapshot().OverTcp, "{query}", "Of them, answered over TCP");
        _meter.CreateObservableCounter("scanner.dns.dropped", () => Dropped(statistics), "{query}", "Queries that ended in silence or a network error, by resolver");
        _meter.CreateObservableCounter("scanner.dns.wire", () => Wire(statistics), "{event}", "What happened on the wire, by resolver");
        _meter.CreateObservableGauge("scanner.dns.in_flight", () => statistics.InFlight, "{query}", "Queries waiting for an answer");
        _meter.CreateObservableCounter("scanner.dns.answers", () => Answers(statistics), "{answer}", "Final answers of a pass, by type asked and status");
        _meter.CreateObservableGauge("scanner.memory.heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Managed heap");
        _meter.CreateObservableGauge("scanner.memory.live", AfterFullCollection, "By", "Managed heap as the last full collection left it: a leak is a slope here");
        _meter.CreateObservableGauge("scanner.memory.committed", () => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes, "By", "What the managed heap takes from the system; the rest of the process is native");
        _meter.CreateObservableGauge("scanner.memory.process", () => Environment.WorkingSet, "By", "Working set of the process");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<int>> Queues(ScanProgress progress) =>
    [
        new(progress.NamesWaiting, Tag("queue", "names")),
        new(progress.PoliciesWaiting, Tag("queue", "policies")),
        new(progress.RowsWaiting, Tag("queue", "rows")),
    ];

    private static IEnumerable<Measurement<long>> Dropped(ResolverStatistics statistics) =>
        statistics.Snapshot().Resolvers.Select(tally => new Measurement<long>(tally.Failed, Tag("resolver", tally.Resolver.ToString())));

    private static IEnumerable<Measurement<long>> Wire(ResolverStatistics statistics)
    {
        foreach (var tally in statistics.Snapshot().Resolvers)
        {
            var wire = tally.Wire;
            foreach (var (kind, count) in ((string, long)[])
                [("late", wire.Late), ("mismatched", wire.Mismatched), ("unexpected", wire.Unexpected), ("malformed", wire.Malformed), ("truncated", wire.Truncated),
                 ("kernel_drop", wire.KernelDrops ?? 0), ("rate_cut", tally.Cuts)])
                yield return new(count, Tag("resolver", tally.Resolver.ToString()), Tag("kind", kind));
        }
    }

    private static IEnumerable<Measurement<long>> Answers(ResolverStatistics statistics) =>
        statistics.Snapshot().Answers.Select(entry => new Measurement<long>(
            entry.Value, Tag("type", entry.Key.Type.ToString().ToUpperInvariant()), Tag("status", entry.Key.Status.Word())));

    private static long AfterFullCollection()
    {
        var last = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return last.HeapSizeBytes - last.FragmentedBytes;
    }

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
