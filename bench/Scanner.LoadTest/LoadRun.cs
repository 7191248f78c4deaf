using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;

namespace Scanner.LoadTest;

/// <summary>What to load and how much.</summary>
public sealed record LoadOptions
{
    public required string Client { get; init; }

    public required IReadOnlyList<IPEndPoint> Servers { get; init; }

    /// <summary>False: the bare transport, one try. True: <see cref="StubResolver"/> above it, with all its policy.</summary>
    public bool ThroughStub { get; init; }

    /// <summary>Queries that are measured.</summary>
    public long Queries { get; init; }

    /// <summary>Queries before them that are not: the compiler's tiers and the caches settle.</summary>
    public long WarmUp { get; init; }

    /// <summary>Callers, each of which waits for its answer before it asks again.</summary>
    public int InFlight { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the stub: its rate ceiling, and how often it asks.</summary>
    public ResolverOptions Resolver { get; init; } = new() { QueriesPerSecond = 0 };
}

/// <summary>
/// Keeps a number of queries in flight, compares every answer with the zone's rule, and measures what the process spent on it:
/// CPU from rusage (user and system, all threads), bytes allocated, latencies. The comparison itself is part of what is measured; the
/// transport <c>memory</c> shows how much that is.
/// </summary>
public sealed class LoadRun(LoadOptions options, BenchZone zone)
{
    private readonly LatencyHistogram _latency = new();
    private readonly long[] _outcomes = new long[Enum.GetValues<TransportOutcome>().Length];
    private long _next;
    private long _wrong;
    private long _otherRcodes;

    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        IDnsTransport[] transports = [.. options.Servers.Select(s => Transports.Create(options.Client, s, zone))];
        await using var stub = options.ThroughStub
            ? new StubResolver(options.Resolver with { InFlight = Math.Max(options.InFlight, 1), TimeoutSeconds = options.Timeout.TotalSeconds }, transports, TimeProvider.System)
            : null;
        Func<long, CancellationToken, ValueTask> ask = stub is null ? (n, ct) => AskTransportAsync(transports[n % transports.Length], n, ct) : (n, ct) => AskStubAsync(stub, n, ct);
        try
        {
            await PhaseAsync(options.WarmUp, record: false, ask, cancellationToken).ConfigureAwait(false);
            GC.Collect();
            Array.Clear(_outcomes);
            (_wrong, _otherRcodes) = (0, 0);

            long dropsBefore = KernelDrops(), bytesBefore = GC.GetTotalAllocatedBytes(precise: true), started = Stopwatch.GetTimestamp();
            int collections = GC.CollectionCount(0);
            var cpuBefore = Environment.CpuUsage;
            await PhaseAsync(options.Queries, record: true, ask, cancellationToken).ConfigureAwait(false);
            var cpu = Environment.CpuUsage;
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            double n = options.Queries;
            return new LoadResult
            {
                Client = options.ThroughStub ? $"{options.Client}+stub" : options.Client,
                Queries = options.Queries,
                InFlight = options.InFlight,
                Seconds = seconds,
                QueriesPerSecond = n / seconds,
                UserMicroseconds = (cpu.UserTime - cpuBefore.UserTime).TotalMicroseconds / n,
                SystemMicroseconds = (cpu.PrivilegedTime - cpuBefore.PrivilegedTime).TotalMicroseconds / n,
                BytesPerQuery = (GC.GetTotalAllocatedBytes(precise: true) - bytesBefore) / n,
                Collections = GC.CollectionCount(0) - collections,
                Wrong = _wrong,
                Timeouts = _outcomes[(int)TransportOutcome.Timeout],
                NetworkErrors = _outcomes[(int)TransportOutcome.NetworkError],
                Truncated = _outcomes[(int)TransportOutcome.Truncated],
                Malformed = _outcomes[(int)TransportOutcome.Malformed],
                OtherRcodes = _otherRcodes,
                Retries = stub?.Statistics.Snapshot().Retries ?? 0,
                KernelDrops = KernelDrops() - dropsBefore,
                P50Milliseconds = _latency.Percentile(0.50),
                P95Milliseconds = _latency.Percentile(0.95),
                P99Milliseconds = _latency.Percentile(0.99),
                MaxMilliseconds = _latency.Percentile(1),
                PeakMegabytes = PeakMegabytes(),
            };
        }
        finally
        {
            // The stub owns the transports where there is one.
            if (stub is null) foreach (var transport in transports) await transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task PhaseAsync(long queries, bool record, Func<long, CancellationToken, ValueTask> ask, CancellationToken cancellationToken)
    {
        long end = _next + queries;
        await Task.WhenAll(Enumerable.Range(0, options.InFlight).Select(_ => Task.Run(AskAsync, cancellationToken))).ConfigureAwait(false);
        _next = end;

        async Task AskAsync()
        {
            while (Interlocked.Increment(ref _next) - 1 is var n && n < end)
            {
                long started = Stopwatch.GetTimestamp();
                await ask(n, cancellationToken).ConfigureAwait(false);
                if (record) _latency.Add(Stopwatch.GetTimestamp() - started);
            }
        }
    }

    // From a pool: what the load test itself allocates would count as the client's.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AskTransportAsync(IDnsTransport transport, long n, CancellationToken cancellationToken)
    {
        var reply = await transport.ExchangeAsync(zone[n], default, options.Timeout, cancellationToken).ConfigureAwait(false);
        if (reply.Outcome != TransportOutcome.Answered) Interlocked.Increment(ref _outcomes[(int)reply.Outcome]);
        else if (reply.Rcode is not (0 or 3)) Interlocked.Increment(ref _otherRcodes);
        else if (!zone.IsRight(n, reply.Rcode == 3, reply.Answers)) Interlocked.Increment(ref _wrong);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AskStubAsync(StubResolver stub, long n, CancellationToken cancellationToken)
    {
        var answer = await stub.QueryAsync(zone[n], cancellationToken).ConfigureAwait(false);
        switch (answer.Status)
        {
            case DnsStatus.Ok or DnsStatus.Nodata or DnsStatus.Nxdomain:
                if (!zone.IsRight(n, answer.Status == DnsStatus.Nxdomain, answer.Records)) Interlocked.Increment(ref _wrong);
                break;
            case DnsStatus.Timeout: Interlocked.Increment(ref _outcomes[(int)TransportOutcome.Timeout]); break;
            case DnsStatus.NetworkError: Interlocked.Increment(ref _outcomes[(int)TransportOutcome.NetworkError]); break;
            case DnsStatus.Truncated: Interlocked.Increment(ref _outcomes[(int)TransportOutcome.Truncated]); break;
            case DnsStatus.Malformed: Interlocked.Increment(ref _outcomes[(int)TransportOutcome.Malformed]); break;
            default: Interlocked.Increment(ref _otherRcodes); break;
        }
    }

    /// <summary>Datagrams that the machine dropped for want of socket buffer so far, whoever they were for; 0 where it does not say.</summary>
    private static long KernelDrops()
    {
        const string Path = "/proc/net/snmp";
        if (!File.Exists(Path)) return 0;
        string[][] udp = [.. File.ReadLines(Path).Where(l => l.StartsWith("Udp:", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        int column = udp is [var names, _] ? Array.IndexOf(names, "RcvbufErrors") : -1;
        return column < 0 ? 0 : long.Parse(udp[1][column], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static double PeakMegabytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }
}
