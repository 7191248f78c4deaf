using Scanner.Dns.Resolve;

namespace Scanner.Write;

/// <summary>What happened between us and one resolver, for run.json: of the last session, if the run was gone on with.</summary>
/// <param name="Resolver">Address and port.</param>
/// <param name="Sent">Datagrams.</param>
/// <param name="Answered">Queries answered, over UDP and TCP.</param>
/// <param name="TimedOut">Queries for which the time was up.</param>
/// <param name="NetworkErrors">Queries that ended with a socket error or an ICMP refusal.</param>
/// <param name="Late">Datagrams for a query that had been given up: with many of these the time-out is too short.</param>
/// <param name="Mismatched">Datagrams with the ID of an open query and another question: forged, or a broken server.</param>
/// <param name="Unexpected">Datagrams with an ID that no query had: duplicates, or forged.</param>
/// <param name="Malformed">Answers that do not parse.</param>
/// <param name="Truncated">Answers with TC=1; each went on over TCP.</param>
/// <param name="OverTcp">Messages sent over TCP.</param>
/// <param name="KernelDrops">Datagrams that the kernel dropped because our buffer was full; null where the system does not say.</param>
/// <param name="CeilingCuts">How often the rate was lowered because it showed overload, in the last pass.</param>
/// <param name="LatencyMs">Milliseconds from sending to answer over UDP, by percentile; empty without an answer.</param>
public sealed record WireCounts(
    string Resolver, long Sent, long Answered, long TimedOut, long NetworkErrors, long Late, long Mismatched, long Unexpected, long Malformed,
    long Truncated, long OverTcp, long TcpConnections, long? KernelDrops, int CeilingCuts, IReadOnlyDictionary<string, double> LatencyMs)
{
    private static readonly (string Name, double Share)[] Percentiles = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

    public static WireCounts Of(ResolverTally tally)
    {
        var wire = tally.Wire;
        return new WireCounts(
            tally.Resolver.ToString(), wire.Sent, wire.Answered, wire.TimedOut, wire.NetworkErrors, wire.Late, wire.Mismatched, wire.Unexpected, wire.Malformed,
            wire.Truncated, wire.OverTcp, wire.TcpConnections, wire.KernelDrops, tally.Cuts,
            Percentiles
                .Select(p => (p.Name, Value: wire.Latency.Percentile(p.Share)))
                .Where(p => p.Value is not null)
                .ToDictionary(p => p.Name, p => Math.Round(p.Value!.Value, 3)));
    }
}

/// <summary>What the process has used up to now, for run.json: of the last session.</summary>
/// <param name="CpuUserSeconds">In the program; with <c>--lab</c> the simulated internet is part of it.</param>
/// <param name="CpuSystemSeconds">In the kernel.</param>
/// <param name="PeakMemoryMegabytes">Largest working set, 10^6 octets; the report comes later and is not in it.</param>
/// <param name="AllocatedMegabytes">Managed memory asked for, 10^6 octets.</param>
/// <param name="Collections">Garbage collections by generation, each with those above it.</param>
public sealed record ResourcesUsed(double CpuUserSeconds, double CpuSystemSeconds, long PeakMemoryMegabytes, long AllocatedMegabytes, IReadOnlyList<int> Collections)
{
    public static ResourcesUsed Now()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return new ResourcesUsed(
            Math.Round(process.UserProcessorTime.TotalSeconds, 2),
            Math.Round(process.PrivilegedProcessorTime.TotalSeconds, 2),
            process.PeakWorkingSet64 / 1_000_000,
            GC.GetTotalAllocatedBytes() / 1_000_000,
            [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(GC.CollectionCount)]);
    }
}
