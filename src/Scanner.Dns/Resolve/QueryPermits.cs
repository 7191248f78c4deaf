using System.Threading.RateLimiting;

namespace Scanner.Dns.Resolve;

/// <summary>
/// The two ceilings that every query passes, retries included: how many may wait for an answer, and how many may be sent in a second.
/// The place comes first and the token second, so that tokens are spent at the moment of sending and never saved up by a queue.
/// </summary>
internal sealed class QueryPermits : IDisposable
{
    /// <summary>How often tokens drop into the bucket. Short, so that queries leave as a stream and not in bursts that overflow
    /// socket buffers; not shorter than timers keep.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _places;
    private readonly TokenBucketRateLimiter? _tokens;
    private readonly ITimer? _replenisher;

    public QueryPermits(int inFlight, int queriesPerSecond)
    {
        _places = new SemaphoreSlim(inFlight, inFlight);
        if (queriesPerSecond == 0) return;
        // Whole tokens at a period of at least one tick, whose quotient is exactly the rate: 1000/s is 10 per 10 ms, 150/s is 2 per 13.3 ms.
        int perPeriod = (int)Math.Ceiling(queriesPerSecond * Tick.TotalSeconds);
        _tokens = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokensPerPeriod = perPeriod,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)perPeriod / queriesPerSecond),
            // Above one token there is room for a tick that comes late; this is also the largest burst, 20 ms worth of queries.
            TokenLimit = Math.Max(1, 2 * perPeriod - 1),
            // By our timer, because then the elapsed time counts. The automatic one adds a period's tokens per callback, however late.
            AutoReplenishment = false,
            QueueLimit = int.MaxValue, // bounded by the places
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        // The limiter reads the machine's monotonic clock by itself, so a test's clock has no business here.
        _replenisher = TimeProvider.System.CreateTimer(static s => ((TokenBucketRateLimiter)s!).TryReplenish(), _tokens, Tick, Tick);
    }

    /// <summary>Waits for both. The caller sends one query, and then calls <see cref="Release"/>.</summary>
    public async ValueTask AcquireAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_tokens is null) return;
        try
        {
            using var lease = await _tokens.AcquireAsync(1, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    public void Release() => _places.Release();

    public void Dispose()
    {
        _replenisher?.Dispose();
        _tokens?.Dispose();
        _places.Dispose();
    }
}
