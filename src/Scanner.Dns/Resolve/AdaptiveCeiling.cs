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
/// <para>
/// Shares are of cohorts, the queries sent within half a second, and are known when the last of them has ended. Shares of what
/// happens to end at the same time would be wrong whenever the rate changes: answers come at once, silences after the whole time-out.
/// </para>
/// Not for several threads: <see cref="FlowControl"/> calls it under its lock. Times are ticks of the clock it was made with.
/// </summary>
internal sealed class AdaptiveCeiling
{
    /// <summary>The length of a cohort: hundreds of queries at the rates at which overload is likely.</summary>
    public static readonly TimeSpan Cohort = TimeSpan.FromSeconds(0.5);

    /// <summary>Queries without which a cohort is not judged: with fewer, five failures by chance are ten percent.</summary>
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

    /// <summary>The step up, in parts of the rate after the cut. There is one for each cohort that was sent wholly after the last step and has
    /// ended well, so that the rate is never raised twice before it is known what once has done. The old limit is met again after four or
    /// five steps and passed by some ten percent before it is found out: about three in a hundred first tries fail then, on average.</summary>
    public const double Increase = 0.04;

    /// <summary>After so many steps in a row each is twice the one before: whoever gets that far is beyond the old limit, and the overload was
    /// a passing one.</summary>
    public const int StepsToDouble = 8;

    /// <summary>Dropped datagrams, in parts of the queries: each costs a whole time-out, so hardly any are borne.</summary>
    public const double MaxDropped = 0.001;

    /// <summary>So much of a cohort must have ended for it to be judged before its time.</summary>
    private const double NearlyAll = 0.9;

    private readonly double _frequency;
    private readonly long _start;
    private readonly long _length;
    private readonly long _patience;
    private readonly Tally[] _cohorts;
    private RateBucket _bucket;
    private double _baseline = InitialBaseline;

    /// <summary>The oldest cohort that has not been judged yet.</summary>
    private long _next;
    private long _dropsCohort;
    private long _drops;

    // Since the last change of the rate.
    private long _changedAt;
    private double _step;
    private int _steps;

    // Since the last cut.
    private bool _settling;
    private bool _isOurs;
    private double _rateBefore;
    private double _goodBefore;

    /// <summary>Queries a second when the first cut was made since there was no ceiling.</summary>
    private double _firstRate;

    /// <param name="timeout">Of a first try: how late a silence is known. Retries may take longer and are then taken for neither.</param>
    public AdaptiveCeiling(TimeSpan timeout, TimeProvider time)
    {
        _frequency = time.TimestampFrequency;
        _length = (long)(Cohort.TotalSeconds * _frequency);
        // A tenth of a second more, for transports that look at deadlines now and then.
        _patience = (long)((timeout.TotalSeconds + 0.1) * _frequency);
        _cohorts = new Tally[(int)(_patience / _length) + 4];
        for (int i = 0; i < _cohorts.Length; i++) _cohorts[i].Index = -1;
        _bucket = new RateBucket(time.TimestampFrequency) { Rate = double.PositiveInfinity };
        _start = _changedAt = time.GetTimestamp();
    }

    /// <summary>Queries a second; infinite while there is no ceiling.</summary>
    public double Rate => _bucket.Rate;

    /// <summary>How often the rate was cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>The share of failures that is taken for the list's own.</summary>
    public double Baseline => _baseline;

    private bool IsLimited => !double.IsPositiveInfinity(_bucket.Rate);

    public bool HasRoom(long now) => _bucket.HasRoom(now);

    public void Sent(long now)
    {
        _bucket.Take(now);
        long index = (now - _start) / _length;
        ref var cohort = ref _cohorts[index % _cohorts.Length];
        if (cohort.Index != index) cohort = new Tally { Index = index };
        cohort.Sent++;
    }

    /// <param name="pressure">Null for a query that was given up: it counts as not sent.</param>
    public void Ended(long sentAt, Pressure? pressure)
    {
        long index = (sentAt - _start) / _length;
        ref var cohort = ref _cohorts[index % _cohorts.Length];
        if (cohort.Index != index) return;
        switch (pressure)
        {
            case null: cohort.Sent--; return;
            case Pressure.Failed: cohort.Failed++; break;
            case Pressure.Refused: cohort.Refused++; break;
        }
        cohort.Ended++;
    }

    /// <summary>Judges the cohorts that are ripe. To be called several times a second.</summary>
    /// <param name="drops">Datagrams that the kernel has dropped so far.</param>
    public void Judge(long now, long drops)
    {
        long current = (now - _start) / _length;
        if (current > _dropsCohort)
        {
            long dropped = drops - _drops;
            (_dropsCohort, _drops) = (current, drops);
            ref var last = ref _cohorts[(current - 1) % _cohorts.Length];
            if (dropped > 1 && !_settling && last.Index == current - 1 && IsFresh(last) && dropped > MaxDropped * last.Sent)
                Cut(now, last.Sent, Math.Max(0, last.Sent - dropped), isOurs: true);
        }
        for (_next = Math.Max(_next, current - _cohorts.Length + 1); _next < current; _next++)
        {
            ref var cohort = ref _cohorts[_next % _cohorts.Length];
            if (cohort.Index != _next || cohort.Sent < MinSamples || !IsFresh(cohort)) continue;
            bool ripe = cohort.Ended >= cohort.Sent || now >= _start + ((_next + 1) * _length) + _patience;
            bool telling = !_settling && cohort.Ended >= NearlyAll * cohort.Sent && IsOverload(cohort);
            if (!ripe && !telling) return;
            if (cohort.Ended > 0) Conclude(now, cohort);
        }
    }

    /// <summary>Forgets what was measured: the resolver was down, which says nothing about rates.</summary>
    public void Reset(long now)
    {
        _bucket.Rate = double.PositiveInfinity;
        _settling = false;
        _changedAt = now;
    }

    /// <summary>Was it sent wholly at the present rate?</summary>
    private bool IsFresh(in Tally cohort) => _start + (cohort.Index * _length) >= _changedAt;

    private bool IsOverload(in Tally cohort)
    {
        double share = Math.Max(_baseline, 0.01);
        double margin = Math.Max(Margin, 3 * Math.Sqrt(share * (1 - share) / cohort.Ended));
        return cohort.Ended > 0 && cohort.Bad > (_baseline + margin) * cohort.Ended;
    }

    private void Conclude(long now, in Tally cohort)
    {
        double failures = (double)cohort.Bad / cohort.Ended;
        if (_settling)
        {
            _settling = false;
            if (!_isOurs && !IsRelief(failures, cohort.Ended) && 2 * cohort.Refused <= cohort.Bad)
            {
                // The list's own. (No list makes a resolver refuse: whoever says REFUSED means us.)
                _baseline = failures;
                Change(now, _rateBefore);
                return;
            }
        }
        if (IsOverload(cohort)) Cut(now, cohort.Sent, cohort.Ended - cohort.Bad, isOurs: false);
        else if (IsLimited) Raise(now, cohort.Sent * _frequency / _length);
        // Slowly: the list's share changes over thousands of names. Not under a ceiling, where failures may be of our making: the baseline
        // would follow the rate up.
        else _baseline += 0.05 * (failures - _baseline);
    }

    /// <summary>Has the cut made failures fewer? The part above the baseline has halved, or clearly more of the queries are answered: far above
    /// its limit a resolver fails most of them at an eighth of the rate as well.</summary>
    private bool IsRelief(double failures, int samples) =>
        failures - _baseline <= (1 - _goodBefore - _baseline) / 2
        || 1 - failures >= (1.3 * _goodBefore) + (3 * Math.Sqrt(_goodBefore * (1 - _goodBefore) / samples));

    /// <param name="sent">Queries of a cohort, and of them <paramref name="good"/> were answered well.</param>
    private void Cut(long now, long sent, long good, bool isOurs)
    {
        double from = Math.Min(_bucket.Rate, sent * _frequency / _length);
        if (!IsLimited) _firstRate = from;
        _rateBefore = _bucket.Rate;
        _goodBefore = (double)good / sent;
        _isOurs = isOurs;
        _settling = true;
        Cuts++;
        double rate = Math.Max(Math.Max(Decrease * _goodBefore, DeepestCut) * from, MinRate);
        _step = Increase * rate;
        _steps = 0;
        Change(now, rate);
    }

    private void Raise(long now, double sent)
    {
        if (++_steps > StepsToDouble) _step *= 2;
        // Nobody has needed the rate: more of it would prove nothing, but after a while the ceiling is of no use either.
        double rate = sent >= 0.7 * _bucket.Rate ? _bucket.Rate + _step : _steps > 2 * StepsToDouble ? double.PositiveInfinity : _bucket.Rate;
        // Well above what was once too much.
        Change(now, rate > 1.5 * _firstRate ? double.PositiveInfinity : rate);
    }

    private void Change(long now, double rate)
    {
        _bucket.Rate = rate;
        _changedAt = now;
    }

    private struct Tally
    {
        public long Index;
        public int Sent;
        public int Ended;
        public int Failed;
        public int Refused;

        public readonly int Bad => Failed + Refused;
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
