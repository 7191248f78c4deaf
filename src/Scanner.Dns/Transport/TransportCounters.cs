using System.Numerics;

namespace Scanner.Dns.Transport;

/// <summary>What happened on the wire between us and one server.</summary>
public sealed record TransportSnapshot
{
    /// <summary>Datagrams sent.</summary>
    public long Sent { get; init; }

    /// <summary>Queries answered, over UDP and TCP, malformed answers not included.</summary>
    public long Answered { get; init; }

    /// <summary>Queries for which the time was up.</summary>
    public long TimedOut { get; init; }

    /// <summary>Queries that ended with a socket error or an ICMP refusal.</summary>
    public long NetworkErrors { get; init; }

    /// <summary>Datagrams that came for a query given up before: with many of these the time-out is too short.</summary>
    public long Late { get; init; }

    /// <summary>Datagrams with the ID of an open query, but another question or no response at all: forged, or a broken server.</summary>
    public long Mismatched { get; init; }

    /// <summary>Datagrams with an ID that no query has now: duplicates of an answer, or forged.</summary>
    public long Unexpected { get; init; }

    /// <summary>Answers to our question that do not parse, and datagrams shorter than a header.</summary>
    public long Malformed { get; init; }

    /// <summary>Answers with TC=1, or too long for our buffer; each went on over TCP.</summary>
    public long Truncated { get; init; }

    /// <summary>Messages sent over TCP.</summary>
    public long OverTcp { get; init; }

    /// <summary>TCP connections opened.</summary>
    public long TcpConnections { get; init; }

    /// <summary>Datagrams that the kernel threw away because our receive buffer was full; null where the system does not say.</summary>
    public long? KernelDrops { get; init; }

    /// <summary>Octets that the kernel granted for one socket's receive buffer, its own overhead included; 0 before the first query.</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>Time from sending to answer, UDP only.</summary>
    public LatencyHistogram Latency { get; init; } = new();

    /// <summary>Both together: the passes of a run each have a transport of their own. The receive buffer is the other's.</summary>
    public TransportSnapshot Plus(TransportSnapshot other)
    {
        var latency = new LatencyHistogram();
        latency.Add(Latency);
        latency.Add(other.Latency);
        return new()
        {
            Sent = Sent + other.Sent,
            Answered = Answered + other.Answered,
            TimedOut = TimedOut + other.TimedOut,
            NetworkErrors = NetworkErrors + other.NetworkErrors,
            Late = Late + other.Late,
            Mismatched = Mismatched + other.Mismatched,
            Unexpected = Unexpected + other.Unexpected,
            Malformed = Malformed + other.Malformed,
            Truncated = Truncated + other.Truncated,
            OverTcp = OverTcp + other.OverTcp,
            TcpConnections = TcpConnections + other.TcpConnections,
            KernelDrops = KernelDrops is null && other.KernelDrops is null ? null : (KernelDrops ?? 0) + (other.KernelDrops ?? 0),
            ReceiveBuffer = other.ReceiveBuffer,
            Latency = latency,
        };
    }
}

/// <summary>
/// Counts durations in buckets that grow with them: eight a doubling, so that a percentile is at most 12.5 % above the truth.
/// One writer; readers may miss the last few.
/// </summary>
public sealed class LatencyHistogram
{
    private const int SubBits = 3;
    private const int SubBuckets = 1 << SubBits;

    /// <summary>Up to 2^36 microseconds, 19 hours.</summary>
    private const int Doublings = 34;

    private readonly long[] _counts = new long[Doublings * SubBuckets];

    /// <summary>Durations counted so far.</summary>
    public long Count => _counts.Sum();

    /// <summary>The time within which this share of the answers came, in milliseconds; null without any answer.</summary>
    /// <param name="share">0 to 1.</param>
    public double? Percentile(double share)
    {
        long total = Count;
        if (total == 0) return null;
        long rank = Math.Max(1, (long)Math.Ceiling(share * total));
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            rank -= _counts[bucket];
            if (rank <= 0) return UpperBound(bucket) / 1000.0;
        }
        return UpperBound(_counts.Length - 1) / 1000.0;
    }

    internal void Add(long microseconds) => _counts[BucketOf(microseconds)]++;

    internal void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++) _counts[i] += Volatile.Read(ref other._counts[i]);
    }

    private static int BucketOf(long microseconds)
    {
        if (microseconds < SubBuckets) return (int)Math.Max(0, microseconds);
        int doubling = BitOperations.Log2((ulong)microseconds) - SubBits;
        return Math.Min((doubling << SubBits) + (int)(microseconds >> doubling), Doublings * SubBuckets - 1);
    }

    /// <summary>The largest duration of the bucket, microseconds.</summary>
    private static long UpperBound(int bucket)
    {
        if (bucket < SubBuckets) return bucket;
        int doubling = (bucket >> SubBits) - 1;
        return ((long)(bucket & (SubBuckets - 1) | SubBuckets) + 1 << doubling) - 1;
    }
}

/// <summary>The running counts behind a <see cref="TransportSnapshot"/>. Fields are added to with <see cref="Interlocked"/>, once a batch where there are batches.</summary>
internal sealed class TransportCounters
{
    public long Sent;
    public long Answered;
    public long TimedOut;
    public long NetworkErrors;
    public long Late;
    public long Mismatched;
    public long Unexpected;
    public long Malformed;
    public long Truncated;
    public long OverTcp;
    public long TcpConnections;

    public TransportSnapshot Snapshot() => new()
    {
        Sent = Interlocked.Read(ref Sent),
        Answered = Interlocked.Read(ref Answered),
        TimedOut = Interlocked.Read(ref TimedOut),
        NetworkErrors = Interlocked.Read(ref NetworkErrors),
        Late = Interlocked.Read(ref Late),
        Mismatched = Interlocked.Read(ref Mismatched),
        Unexpected = Interlocked.Read(ref Unexpected),
        Malformed = Interlocked.Read(ref Malformed),
        Truncated = Interlocked.Read(ref Truncated),
        OverTcp = Interlocked.Read(ref OverTcp),
        TcpConnections = Interlocked.Read(ref TcpConnections),
    };

    public void CountOutcome(TransportOutcome outcome)
    {
        switch (outcome)
        {
            case TransportOutcome.Answered: Interlocked.Increment(ref Answered); break;
            case TransportOutcome.Timeout: Interlocked.Increment(ref TimedOut); break;
            case TransportOutcome.NetworkError: Interlocked.Increment(ref NetworkErrors); break;
            case TransportOutcome.Malformed: Interlocked.Increment(ref Malformed); break;
        }
    }
}
