using System.Buffers.Binary;
using System.Collections.Frozen;
using System.IO.Hashing;
using System.Text;

namespace Scanner.Input;

/// <summary>Which names of a list are scanned: what <c>--top</c>, <c>--sample</c> and <c>--shard</c> leave, in this order. Every decision
/// follows from the name's hash and rank alone, so the second reading of a list needs no memory of the first but the duplicates.</summary>
internal sealed class NameSelection
{
    private readonly ListOptions _options;
    private readonly UInt128 _sampleLimit;
    private readonly FrozenDictionary<UInt128, int> _bestLines;

    public NameSelection(ListOptions options, SeenNames seen)
    {
        _options = options;
        _sampleLimit = SampleLimit(options, seen);
        _bestLines = seen.Entries().Where(e => e.Marks.HasFlag(SeenNames.Mark.Duplicate)).ToFrozenDictionary(e => e.Hash, e => e.Line);
    }

    /// <summary>A hash of the normalised name: the same on every machine.</summary>
    public static UInt128 HashOf(string name)
    {
        int room = Encoding.UTF8.GetMaxByteCount(name.Length);
        Span<byte> octets = room <= 1024 ? stackalloc byte[room] : new byte[room];
        return XxHash128.HashToUInt128(octets[..Encoding.UTF8.GetBytes(name, octets)]);
    }

    /// <param name="rank">The best rank of the name.</param>
    public bool Includes(UInt128 hash, int rank) =>
        rank <= (_options.Top ?? int.MaxValue)
        && (_options.Sample is null || SampleKey(hash, _options.Seed) <= _sampleLimit)
        && ShardOf(hash, _options.Shard.Count) == _options.Shard.Index;

    /// <summary>Of a name that is listed more than once only the line with the best rank stands for it.</summary>
    public bool IsItsLine(UInt128 hash, int line) => !_bestLines.TryGetValue(hash, out int best) || best == line;

    // The upper half of the hash, spread evenly over 1 to count.
    private static int ShardOf(UInt128 hash, int count) => 1 + (int)Math.BigMul((ulong)(hash >> 64), (ulong)count, out _);

    // The N names with the smallest keys are a uniform sample: the keys are as good as random, and another seed gives other keys.
    private static UInt128 SampleKey(UInt128 hash, long seed)
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, hash);
        return XxHash128.HashToUInt128(octets, seed);
    }

    private static UInt128 SampleLimit(ListOptions options, SeenNames seen)
    {
        if (options.Sample is not { } size) return UInt128.MaxValue;
        var keys = seen.Entries().Where(e => e.Rank <= (options.Top ?? int.MaxValue)).Select(e => SampleKey(e.Hash, options.Seed)).ToArray();
        if (keys.Length <= size) return UInt128.MaxValue;
        Array.Sort(keys);
        return keys[size - 1];
    }
}
