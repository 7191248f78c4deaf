using System.Diagnostics;
using Scanner.Dns.Resolve;

namespace Scanner.Dns.Tests.Resolve;

/// <summary>The limiter keeps its own clock, so these run in real time: short, and only the upper bound of the rate is exact.</summary>
public sealed class QueryPermitsTests
{
    [Theory]
    [InlineData(1, 1)] // the first at once, no second
    [InlineData(30, 9)]
    [InlineData(150, 45)]
    [InlineData(997, 300)]
    [InlineData(20_000, 6000)]
    public async Task Rate_is_never_above_the_ceiling(int perSecond, int queries)
    {
        using var permits = new QueryPermits(100_000, perSecond);
        using var enough = new CancellationTokenSource();
        int granted = 0;
        var watch = Stopwatch.StartNew();
        var asking = Parallel.ForEachAsync(Enumerable.Range(0, queries + 1), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = enough.Token }, async (_, token) =>
        {
            await permits.AcquireAsync(token);
            permits.Release();
            if (Interlocked.Increment(ref granted) == queries) await enough.CancelAsync();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        double seconds = watch.Elapsed.TotalSeconds;
        double burst = Math.Max(1, 0.02 * perSecond + 1);
        Assert.True(granted <= burst + seconds * perSecond + 1, $"{granted} in {seconds:0.000} s at {perSecond}/s");
        Assert.True(seconds < 2 + 3.0 * queries / perSecond, $"{granted} took {seconds:0.000} s at {perSecond}/s");
    }

    [Fact]
    public async Task Cancelled_waiting_gives_the_place_back()
    {
        using var permits = new QueryPermits(1, 1);
        await permits.AcquireAsync(default);
        permits.Release();
        using var cancel = new CancellationTokenSource();
        var waiting = permits.AcquireAsync(cancel.Token).AsTask(); // has the place, waits for a token
        var behind = permits.AcquireAsync(default).AsTask(); // waits for the place
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await behind; // within a second, by the next token
    }

    [Fact]
    public async Task Zero_is_no_ceiling()
    {
        using var permits = new QueryPermits(1, 0);
        for (int i = 0; i < 10_000; i++)
        {
            var acquiring = permits.AcquireAsync(default).AsTask();
            Assert.True(acquiring.IsCompletedSuccessfully);
            await acquiring;
            permits.Release();
        }
    }
}
