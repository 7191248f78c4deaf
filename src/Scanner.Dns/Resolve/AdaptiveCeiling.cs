namespace Scanner.Dns.Resolve;

/// <summary>
/// How many queries a second one resolver gets: no ceiling until it shows that it is overloaded, then additive increase and multiplicative
/// decrease, like TCP's (RFC 5681 §3.1), but of the rate. Not of the window: a resolver that limits its clients answers REFUSED at once, and
/// a window of ten at 0.1 ms is still 100,000 queries a second.
/// <para>
/// Pressure is the share of queries that end in silence, SERVFAIL or REFUSED. Some of it belongs to the list: dead names time out and broken
/// ones are SERVFAIL however slowly one asks. So there is a baseline, which is learned, and only what is above it counts. Whether
/// failures come from the rate is found out by trying: after a cut they must become fewer. If they do not, the list is to blame; the
/// old rate comes back and the baseline is what was seen. Datagrams that the kernel dropped for want of buffer are always ours.
/// </para>
/// Not for several threads: <see cref="FlowControl"/> calls it under its lock. Times are ticks of the clock it was made with.
/// </summary>
internal sealed class AdaptiveCeiling
{
    /// <summary>The time over which shares are measured: hundreds of queries at the rates at which overload is likely.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(0.5);

    /// <summary>Queries without which a window is not judged: with fewer, five failures by chance are ten percent.</summary>
    public const int MinSamples = 50;

    /// <summary>The baseline to begin with. One to five percent of a real list's questions stay unanswered.</summary>
    public const double InitialBaseline = 0.05;

    /// <summary>What failures must be above the baseline: five points, or three standard deviations of a sample of that size, whichever is more.
    /// Below five points retries make good what is lost.</summary>
    public const double Margin = 0.05;

    /// <summary>Of the queries that were answered well, this share is the next rate. They are what the resolver can do; a little less
    /// lets its queue drain.</summary>
    public const double Decrease = 0.85;

    /// <summary>One cut is not below this part of the rate: a resolver that reloads for a second has answered nothing then, and is not slow.</summary>
    public const double DeepestCut = 0.125;

    /// <summary>Queries a second that are always allowed: with less nothing could be measured.</summary>
    public const double MinRate = 50;

    /// <summary>The step up after each good window, in parts of the rate after the cut: the old limit is met again after nine windows,
    /// and passed by two percent a window, so that it is found before much is lost.</summary>
    public const double Increase = 0.02;

    /// <summary>After so many good windows in a row the step doubles: whoever gets that far is beyond the old limit, and the overload was
    /// a passing one. A thousandfold rate is back after a minute.</summary>
    public const int WindowsToDouble = 10;

    /// <summary>Dropped datagrams in a window, in parts of the queries: each costs a whole time-out, so hardly any are borne.</summary>
    public const double MaxDropped = 0.001;

    private readonly double _frequency;
    private readonly long _window;
    private readonly long _settle;
    private RateBucket _bucket;
    private double _baseline = InitialBaseline;
    private double _step;
    private int _goodWindows;

    // Of the window.
    private long _windowStart;
    private long _lastDrops;
    private int _sent;
    private int _ended;
    private int _failed;
    private int _refused;

    // Since the last cut.
    private long _cutAt = long.MinValue;
    private bool _settling;
    private bool _ours;
    private double _rateBefore;
    private double _failedBefore;
    private double _firstRate = double.PositiveInfinity;

    /// <param name="timeout">Of a first try: how late a silence is known.</param>
    public AdaptiveCeiling(TimeSpan timeout, TimeProvider time)
    {
        _frequency = time.TimestampFrequency;
        _window = (long)(Window.TotalSeconds * _frequency);
        _settle = _window + (long)(timeout.TotalSeconds * _frequency);
        _bucket = new RateBucket(time.TimestampFrequency) { Rate = double.PositiveInfinity };
        _windowStart = time.GetTimestamp();
    }

    /// <summary>Queries a second; infinite while there is no ceiling.</summary>
    public double Rate => _bucket.Rate;

    /// <summary>How often the rate was cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>The share of failures that is taken for the list's own.</summary>
    public double Baseline => _baseline;

    public bool HasRoom(long now) => _bucket.HasRoom(now);

    public void Sent(long now)
    {
        _bucket.Take(now);
        _sent++;
    }

    /// <param name="sentAt">When it was sent: what was sent before the last cut tells nothing about the rate after it.</param>
    public void Ended(long sentAt, Pressure pressure)
    {
        if (sentAt < _cutAt || (_settling && sentAt > _cutAt + _window)) return;
        _ended++;
        if (pressure == Pressure.None) return;
        _failed++;
        if (pressure == Pressure.Refused) _refused++;
    }

    /// <summary>Judges the window, if it is over. To be called several times a second.</summary>
    /// <param name="drops">Datagrams that the kernel has dropped so far.</param>
    public void Judge(long now, long drops)
    {
        // After a cut only the queries of its first window are looked at, and only when the last of them has had its time.
        if (now - _windowStart < (_settling ? _settle : _window)) return;
        double seconds = (now - _windowStart) / _frequency;
        bool dropping = drops - _lastDrops > Math.Max(MaxDropped * _ended, 1);
        if (_ended < MinSamples && !dropping && seconds < 10 * Window.TotalSeconds) return;

        double failures = _ended == 0 ? 0 : (double)_failed / _ended;
        bool enough = _ended >= MinSamples;
        bool overloaded = dropping || (enough && failures > _baseline + MarginOf(_ended));
        if (_settling && enough) overloaded = Settled(failures, overloaded);
        _settling = false;
        if (overloaded) Cut(now, failures, _sent / seconds, (_ended - _failed) / seconds, dropping);
        else if (enough) Grow(failures, _sent / seconds);
        _windowStart = now;
        _lastDrops = drops;
        _sent = _ended = _failed = _refused = 0;
    }

    /// <summary>Forgets what was measured: the resolver was down, which says nothing about rates.</summary>
    public void Reset(long now)
    {
        _bucket.Rate = double.PositiveInfinity;
        _settling = false;
        _goodWindows = 0;
        _cutAt = _windowStart = now;
        _firstRate = double.PositiveInfinity;
        _sent = _ended = _failed = _refused = 0;
    }

    private double MarginOf(int samples)
    {
        double share = Math.Max(_baseline, 0.01);
        return Math.Max(Margin, 3 * Math.Sqrt(share * (1 - share) / samples));
    }

    /// <summary>What the cut has brought. Returns whether another one is due.</summary>
    private bool Settled(double failures, bool overloaded)
    {
        // The part above the baseline has halved at least: it was the rate.
        if (_ours || !overloaded || failures - _baseline <= (_failedBefore - _baseline) / 2) return overloaded;
        // No list makes a resolver refuse: whoever says REFUSED means us.
        if (2 * _refused > _failed) return true;
        _baseline = failures;
        _bucket.Rate = _rateBefore;
        if (double.IsPositiveInfinity(_rateBefore)) _firstRate = double.PositiveInfinity;
        return false;
    }

    private void Cut(long now, double failures, double sent, double good, bool dropping)
    {
        _rateBefore = _bucket.Rate;
        _failedBefore = failures;
        _ours = dropping;
        double from = Math.Min(_rateBefore, Math.Max(sent, MinRate));
        if (double.IsPositiveInfinity(_firstRate)) _firstRate = from;
        // Answers of queries that were sent before may have made it look better than what was sent.
        double rate = Math.Max(Decrease * Math.Min(good, from), Math.Max(DeepestCut * from, MinRate));
        _bucket.Rate = rate;
        _step = Increase * rate;
        _goodWindows = 0;
        _cutAt = now;
        _settling = true;
        Cuts++;
    }

    private void Grow(double failures, double sent)
    {
        // Slowly: the list's share changes over thousands of names.
        _baseline += 0.05 * (failures - _baseline);
        if (double.IsPositiveInfinity(_bucket.Rate)) return;
        if (++_goodWindows % WindowsToDouble == 0) _step *= 2;
        // Nobody has needed the rate: more of it would prove nothing, but after a while the ceiling is of no use either.
        if (sent >= 0.7 * _bucket.Rate) _bucket.Rate += _step;
        else if (_goodWindows >= 4 * WindowsToDouble) _bucket.Rate = double.PositiveInfinity;
        // Well above what was once too much.
        if (_bucket.Rate > 1.5 * _firstRate) _bucket.Rate = double.PositiveInfinity;
        if (double.IsPositiveInfinity(_bucket.Rate)) _firstRate = double.PositiveInfinity;
    }
}

/// <summary>What one query's end says about the resolver's load.</summary>
internal enum Pressure : byte
{
    None = 0,
    /// <summary>Silence or SERVFAIL: overload, or a name whose own servers fail.</summary>
    Failed = 1,
    /// <summary>RCODE 5.</summary>
    Refused = 2,
}
