namespace Scanner;

/// <summary>
/// Holds back new names while the heap is over the ceiling: what is in memory belongs to names under way and to rows on their way to the
/// disk, and both only become fewer. So a list full of the largest answers there are makes the scan slower and not the machine full.
/// One caller.
/// </summary>
internal sealed class MemoryCeiling(int megabytes, TimeProvider time)
{
    /// <summary>Names between two looks at the heap: at most some ten megabytes of answers.</summary>
    private const int Stride = 64;

    private const long WorthReleasing = 64 * 1024 * 1024;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>A full collection at most this often: it stops every thread for some ten milliseconds.</summary>
    private static readonly TimeSpan CollectEvery = TimeSpan.FromSeconds(2);

    private readonly long _limit = megabytes * 1024L * 1024;
    private int _count;
    private long _collectedAt;

    /// <summary>Gives memory back to the system before the counting begins, which is done by a library with a heap of its own: the peak of a
    /// run is then that of its scan.</summary>
    public static void Release()
    {
        if (GC.GetGCMemoryInfo().TotalCommittedBytes > WorthReleasing) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <param name="idle">Nothing waits before the workers: then there is nothing to wait for either, and going on is the only way to learn more.</param>
    public async ValueTask WaitAsync(bool idle, CancellationToken cancellationToken)
    {
        if (++_count % Stride != 0) return;
        while (GC.GetTotalMemory(forceFullCollection: false) > _limit)
        {
            // Most of it may be garbage that nobody has collected yet.
            if (_collectedAt == 0 || time.GetElapsedTime(_collectedAt) > CollectEvery)
            {
                GC.Collect();
                _collectedAt = time.GetTimestamp();
                continue;
            }
            if (idle) return;
            await Task.Delay(LookAgain, time, cancellationToken).ConfigureAwait(false);
            idle = true;
        }
    }
}
