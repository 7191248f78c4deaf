using System.Diagnostics;

namespace Scanner.LoadTest;

/// <summary>Counts of times in buckets 1/16 of a power of two wide (at most 6 % off), from one tick of the clock up. For many threads.</summary>
public sealed class LatencyHistogram
{
    private const int Bits = 4;
    private readonly long[] _counts = new long[64 << Bits];

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Add(long ticks)
    {
        ulong value = (ulong)Math.Max(ticks, 1);
        int exponent = 63 - System.Numerics.BitOperations.LeadingZeroCount(value);
        int fraction = exponent >= Bits ? (int)(value >> (exponent - Bits)) & ((1 << Bits) - 1) : 0;
        Interlocked.Increment(ref _counts[(exponent << Bits) | fraction]);
    }

    /// <summary>Milliseconds below which <paramref name="share"/> of the times are (upper edge of the bucket); 0 when nothing was added.</summary>
    public double Percentile(double share)
    {
        long total = _counts.Sum(), wanted = (long)Math.Ceiling(total * share), seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && seen > 0) return UpperEdge(i) * 1000.0 / Stopwatch.Frequency;
        }
        return 0;
    }

    private static double UpperEdge(int bucket) => Math.Pow(2, bucket >> Bits) * (1 + (((bucket & ((1 << Bits) - 1)) + 1) / (double)(1 << Bits)));
}
