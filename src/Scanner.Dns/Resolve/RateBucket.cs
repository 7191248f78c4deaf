namespace Scanner.Dns.Resolve;

/// <summary>
/// A token bucket without tokens: the time at which the next query would be due if all had kept the rate exactly (the generic cell rate
/// algorithm). In any t seconds at most 1 + rate x (t + 0.02) pass. Costs two additions a query and no timer. Not for several threads.
/// </summary>
internal struct RateBucket
{
    /// <summary>How far ahead of the rate a burst may run: 20 ms, so that a caller that is woken every 10 ms loses nothing. Short, so that
    /// queries leave as a stream and not in bursts that overflow socket buffers.</summary>
    private const double BurstSeconds = 0.02;

    private readonly double _frequency;
    private double _rate = double.PositiveInfinity;
    private readonly double _ahead;
    private double _interval;
    private double _due;

    /// <param name="frequency">Ticks of the clock a second.</param>
    public RateBucket(long frequency)
    {
        _frequency = frequency;
        _ahead = BurstSeconds * frequency;
    }

    /// <summary>Queries a second, above 0; infinite for no ceiling.</summary>
    public double Rate
    {
        readonly get => _rate;
        set
        {
            _rate = value;
            _interval = _frequency / value;
        }
    }

    public readonly bool HasRoom(long now) => double.IsPositiveInfinity(_rate) || _due <= now + _ahead;

    /// <summary>One query leaves now, which <see cref="HasRoom"/> allowed.</summary>
    public void Take(long now)
    {
        if (!double.IsPositiveInfinity(_rate)) _due = Math.Max(_due, now) + _interval;
    }
}
