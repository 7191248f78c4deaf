using System.Net;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Resolve;

/// <summary>What the resolver layer has done so far. Any thread may read; see the methods for who may count.</summary>
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
    private long _hedged;
    private readonly double[] _rates;
    private readonly int[] _cuts;
    private readonly Lock _transportLock = new();
    private readonly TransportSnapshot[] _ended;
    private IReadOnlyList<IDnsTransport> _transports = [];

    /// <param name="resolvers">Those that are counted for, in the order in which the resolver has its transports.</param>
    public ResolverStatistics(IEnumerable<IPEndPoint> resolvers)
    {
        _resolvers = [.. resolvers];
        _answered = new long[_resolvers.Length];
        _failed = new long[_resolvers.Length];
        _cuts = new int[_resolvers.Length];
        _rates = new double[_resolvers.Length];
        _ended = new TransportSnapshot[_resolvers.Length];
        Array.Fill(_ended, new TransportSnapshot());
        Array.Fill(_rates, double.PositiveInfinity);
    }

    /// <summary>Queries waiting for an answer right now.</summary>
    public long InFlight => Interlocked.Read(ref _inFlight);

    /// <summary>Queries sent, retries included.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Not for several threads: <see cref="FlowControl"/> counts under its lock. So do the others but <see cref="FinalAnswer"/>.</summary>
    internal void Sending(bool isRetry)
    {
        _sent++;
        _inFlight++;
        if (isRetry) _retries++;
    }

    /// <param name="answered">Something came from the resolver, whatever its RCODE; null when nobody waited any longer.</param>
    internal void Ended(int index, bool? answered, bool overTcp)
    {
        _inFlight--;
        if (answered is { } came) (came ? _answered : _failed)[index]++;
        if (overTcp) _overTcp++;
    }

    /// <summary>What is counted on the wire is these transports' from now on; one for each resolver.</summary>
    internal void Watch(IReadOnlyList<IDnsTransport> transports)
    {
        lock (_transportLock) _transports = transports;
    }

    /// <summary>The transports are about to be closed: what they counted stays.</summary>
    internal void Unwatch()
    {
        lock (_transportLock)
        {
            for (int i = 0; i < _transports.Count; i++) _ended[i] = _ended[i].Plus(_transports[i].Snapshot());
            _transports = [];
        }
    }

    private TransportSnapshot Wire(int index)
    {
        lock (_transportLock) return index < _transports.Count ? _ended[index].Plus(_transports[index].Snapshot()) : _ended[index];
    }

    internal void Hedged() => Interlocked.Increment(ref _hedged);

    internal void Ceiling(int index, double rate, int cuts) => (_rates[index], _cuts[index]) = (rate, cuts);

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
            Hedged = Interlocked.Read(ref _hedged),
            InFlight = InFlight,
            Answers = answers,
            Resolvers = [.. _resolvers.Select((r, i) => new ResolverTally(r, Interlocked.Read(ref _answered[i]), Interlocked.Read(ref _failed[i]))
            {
                Ceiling = double.IsPositiveInfinity(_rates[i]) ? null : _rates[i],
                Cuts = _cuts[i],
                Wire = Wire(i),
            })],
        };
    }
}

/// <summary>The counters of a <see cref="ResolverStatistics"/> at one moment.</summary>
public sealed record ResolverSnapshot
{
    /// <summary>Queries sent, retries included. An answer over TCP after truncation is part of the same query.</summary>
    public long Sent { get; init; }

    /// <summary>Those of them that were not the first for their question.</summary>
    public long Retries { get; init; }

    /// <summary>Queries that went over TCP in the end.</summary>
    public long OverTcp { get; init; }

    /// <summary>Questions that were put to a second resolver because the first took long.</summary>
    public long Hedged { get; init; }

    /// <summary>Queries waiting for an answer at that moment.</summary>
    public long InFlight { get; init; }

    /// <summary>Final answers, by type asked and status; only what happened. Types from 64 on are counted under 0.</summary>
    public required IReadOnlyDictionary<(DnsRecordType Type, DnsStatus Status), long> Answers { get; init; }

    /// <summary>One entry a resolver, in the order they were given.</summary>
    public required IReadOnlyList<ResolverTally> Resolvers { get; init; }
}

/// <param name="Answered">Queries to which it sent anything at all.</param>
/// <param name="Failed">Queries that ended in silence or a network error.</param>
public readonly record struct ResolverTally(IPEndPoint Resolver, long Answered, long Failed)
{
    /// <summary>Queries a second that it gets now because it showed overload; null for no ceiling.</summary>
    public double? Ceiling { get; init; }

    /// <summary>How often that was lowered, in the latest pass.</summary>
    public int Cuts { get; init; }

    /// <summary>What happened on the wire: datagrams, connections, drops, latencies.</summary>
    public required TransportSnapshot Wire { get; init; }
}
