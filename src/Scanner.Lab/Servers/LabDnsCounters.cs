using Scanner.Dns;

namespace Scanner.Lab.Servers;

/// <summary>What a <see cref="LabDnsServer"/> has seen and said so far. Every query ends in exactly one of
/// <see cref="AnswersByRcode"/>, <see cref="Dropped"/> and <see cref="Unanswered"/>; those of <c>Late</c> count when they are decided.</summary>
public sealed record LabDnsCounts
{
    public long UdpQueries { get; init; }

    public long TcpQueries { get; init; }

    public long TcpConnections { get; init; }

    /// <summary>Thrown away by <see cref="LabFaultRates.Drop"/>.</summary>
    public long Dropped { get; init; }

    /// <summary>Left without an answer by a <see cref="LabDnsFault"/>, or no query at all.</summary>
    public long Unanswered { get; init; }

    public IReadOnlyDictionary<DnsRecordType, long> QueriesByType { get; init; } = new Dictionary<DnsRecordType, long>();

    /// <summary>By the whole RCODE, 0 to 4095; truncated answers count as RCODE 0.</summary>
    public IReadOnlyDictionary<int, long> AnswersByRcode { get; init; } = new Dictionary<int, long>();

    public long Queries => UdpQueries + TcpQueries;
}

/// <summary>The tally of one thread, or of many: increments are atomic, and cheap as long as one thread owns it.</summary>
internal sealed class LabDnsTally
{
    private const int NamedTypes = 260, NamedRcodes = 17;

    private readonly long[] _types = new long[NamedTypes];
    private readonly long[] _rcodes = new long[NamedRcodes];
    private long _queries, _dropped, _unanswered;

    public long Queries => Interlocked.Read(ref _queries);

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Unanswered => Interlocked.Read(ref _unanswered);

    public void CountQuery() => Interlocked.Increment(ref _queries);

    /// <summary>Types from 259 on share one place: nobody asks them here.</summary>
    public void CountType(DnsRecordType type) => Interlocked.Increment(ref _types[Math.Min((int)type, NamedTypes - 1)]);

    public void CountAnswer(int rcode) => Interlocked.Increment(ref _rcodes[Math.Min(rcode, NamedRcodes - 1)]);

    public void CountDropped() => Interlocked.Increment(ref _dropped);

    public void CountUnanswered() => Interlocked.Increment(ref _unanswered);

    public void AddTo(Dictionary<DnsRecordType, long> types, Dictionary<int, long> rcodes)
    {
        for (int i = 0; i < _types.Length; i++) Add(types, (DnsRecordType)i, Interlocked.Read(ref _types[i]));
        for (int i = 0; i < _rcodes.Length; i++) Add(rcodes, i, Interlocked.Read(ref _rcodes[i]));
    }

    private static void Add<TKey>(Dictionary<TKey, long> sums, TKey key, long value) where TKey : notnull
    {
        if (value != 0) sums[key] = sums.GetValueOrDefault(key) + value;
    }
}
