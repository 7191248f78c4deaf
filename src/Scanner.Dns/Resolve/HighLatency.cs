namespace Scanner.Dns.Resolve;

/// <summary>
/// The time within which 95 of 100 answers of late have come, estimated in one number: an answer above it moves it up by 19 small steps,
/// one below it down by one (stochastic approximation of a quantile). It follows changes within some hundred answers. Not for several threads.
/// </summary>
internal sealed class HighLatency
{
    public const double Share = 0.95;

    /// <summary>Answers before the estimate is worth something.</summary>
    public const int MinSamples = 100;

    /// <summary>Relative, so that it suits microseconds as well as seconds.</summary>
    private const double Step = 0.02;

    private double _estimate;
    private int _samples;

    /// <param name="ticks">Of the clock, above 0.</param>
    public void Add(long ticks)
    {
        if (_samples < MinSamples)
        {
            // The largest of the first hundred: too high rather than too low.
            _estimate = Math.Max(_estimate, Math.Max(ticks, 1));
            _samples++;
            return;
        }
        _estimate *= 1 + (Step * (ticks > _estimate ? Share : Share - 1));
    }

    /// <summary>In ticks of the clock; null until there are enough answers.</summary>
    public long? Ticks => _samples < MinSamples ? null : (long)_estimate;
}
