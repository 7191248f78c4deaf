using System.Net;

namespace Scanner.Dns.Resolve;

/// <summary>What the resolver layer has done so far. Counting is thread-safe and costs one interlocked addition.</summary>
public sealed class ResolverStatistics
{
    /// <summary>Types below this have a row of their own; the others share row 0, which no type uses.</summary>
    private const int TypeRows = 64;

    private static readonly int StatusCount = Enum.GetValues<DnsStatus>().Length;

    private readonly IPEndPoint[] _resolvers;
    private readonly long[] _answered;
    private readonly long[] _failed;
    private readonly long[] _final = new long[TypeRows * StatusCount];
    private long _sent;
    private long _retries;
    private long _overTcp;
    private long _inFlight;

    public ResolverStatistics(IEnumerable<IPEndPoint> resolvers)
    {
        _resolvers = [.. resolvers];
        _answered = new long[_resolvers.Length];
        _failed = new long[_resolvers.Length];
    }

    /// <summary>Queries waiting for an answer right now.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    /// <summary>Queries sent, retries included.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    internal void QuerySent(bool isRetry)
    {
        Interlocked.Increment(ref _sent);
        Interlocked.Increment(ref _inFlight);
        if (isRetry) Interlocked.Increment(ref _retries);
    }

    internal void QueryEnded() => Interlocked.Decrement(ref _inFlight);

    /// <param name="answered">Something came from it, whatever its RCODE.</param>
    internal void FromResolver(int index, bool answered, bool overTcp)
    {
        Interlocked.Increment(ref (answered ? _answered : _failed)[index]);
        if (overTcp) Interlocked.Increment(ref _overTcp);
    }

    internal void FinalAnswer(DnsRecordType type, DnsStatus status) =>
        Interlocked.Increment(ref _final[((int)type < TypeRows ? (int)type : 0) * StatusCount + (int)status]);

    /// <summary>The counters now. They are read one after the other, so while queries run they may differ by a few.</summary>
    public ResolverSnapshot Snapshot()
    {
        var answers = new Dictionary<(DnsRecordType Type, DnsStatus Status), long>();
        for (int i = 0; i < _final.Length; i++)
        {
            long count = Interlocked.Read(ref _final[i]);
            if (count > 0) answers.Add(((DnsRecordType)(i / StatusCount), (DnsStatus)(i % StatusCount)), count);
        }
        return new ResolverSnapshot
        {
            Sent = Sent,
            Retries = Interlocked.Read(ref _retries),
            OverTcp = Interlocked.Read(ref _overTcp),
            InFlight = InFlight,
            Answers = answers,
            Resolvers = [.. _resolvers.Select((r, i) => new ResolverTally(r, Interlocked.Read(ref _answered[i]), Interlocked.Read(ref _failed[i])))],
        };
    }
}

public sealed record ResolverSnapshot
{
    /// <summary>Queries sent, retries included. An answer over TCP after truncation is part of the same query.</summary>
    public long Sent { get; init; }

    /// <summary>Those of them that were not the first for their question.</summary>
    public long Retries { get; init; }

    public long OverTcp { get; init; }

    public long InFlight { get; init; }

    /// <summary>Final answers, by type asked and status; only what happened. Types from 64 on are counted under 0.</summary>
    public required IReadOnlyDictionary<(DnsRecordType Type, DnsStatus Status), long> Answers { get; init; }

    public required IReadOnlyList<ResolverTally> Resolvers { get; init; }
}

/// <param name="Answered">Queries to which it sent anything at all.</param>
/// <param name="Failed">Queries that ended in silence or a network error.</param>
public readonly record struct ResolverTally(IPEndPoint Resolver, long Answered, long Failed);
