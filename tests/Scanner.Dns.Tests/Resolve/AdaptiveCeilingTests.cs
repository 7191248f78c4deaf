using Microsoft.Extensions.Time.Testing;
using Scanner.Dns.Resolve;

namespace Scanner.Dns.Tests.Resolve;

/// <summary>A client with as many queries to send as the ceiling lets through, up to an offered rate, against resolvers that fail in several ways.</summary>
public sealed class AdaptiveCeilingTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2), Step = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly PriorityQueue<(long SentAt, Pressure Pressure), long> _underWay = new();
    private readonly AdaptiveCeiling _ceiling;
    private readonly Random _random = new(11);
    private double _credit;
    private long _drops;

    public AdaptiveCeilingTests() => _ceiling = new AdaptiveCeiling(Timeout, _time);

    public enum Limiter
    {
        Refuses,
        Drops,
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.01, 0.03)]
    [InlineData(0.05, 0.04)]
    public void A_list_with_dead_names_has_no_ceiling(double servfail, double silent)
    {
        var total = Run(60, 5000, (_, _) => _random.NextDouble() is var draw && draw < servfail ? (Pressure.Failed, false) : draw < servfail + silent ? (Pressure.Failed, true) : default);
        Assert.Equal((0, double.PositiveInfinity), (_ceiling.Cuts, _ceiling.Rate));
        Assert.InRange(total.Sent, 299_000, 301_000);
    }

    [Theory]
    [InlineData(Limiter.Refuses, 1000)]
    [InlineData(Limiter.Drops, 1000)]
    [InlineData(Limiter.Refuses, 5000)]
    [InlineData(Limiter.Drops, 5000)]
    public void A_limit_is_found_and_kept_to(Limiter how, int limit)
    {
        var resolver = new RateBucket(_time.TimestampFrequency) { Rate = limit };
        (Pressure, bool) Ask(long now, bool _)
        {
            if (!resolver.HasRoom(now)) return (how == Limiter.Refuses ? Pressure.Refused : Pressure.Failed, how == Limiter.Drops);
            resolver.Take(now);
            return default;
        }
        // Finding it takes some seconds; a client without ceiling would lose nineteen of twenty there.
        Run(20, 20 * limit, Ask);
        var steady = Run(60, 20 * limit, Ask);
        Assert.InRange((double)steady.Failed / steady.Sent, 0, 0.06);
        Assert.InRange((steady.Sent - steady.Failed) / 60.0, 0.8 * limit, 1.05 * limit);
    }

    [Fact]
    public void A_passing_overload_is_forgotten()
    {
        Run(10, 5000, (_, _) => default);
        var bad = Run(2, 5000, (_, _) => _random.NextDouble() < 0.5 ? (Pressure.Refused, false) : default);
        Assert.True(_ceiling.Cuts > 0, $"{bad.Failed} of {bad.Sent} failed");
        Run(60, 5000, (_, _) => default);
        Assert.Equal(double.PositiveInfinity, _ceiling.Rate);
        Assert.InRange(Run(10, 5000, (_, _) => default).Sent, 49_000, 51_000);
    }

    [Fact]
    public void A_stall_of_some_seconds_costs_less_than_a_minute()
    {
        Run(10, 5000, (_, _) => default);
        Run(4, 5000, (_, _) => (Pressure.Failed, true));
        Run(60, 5000, (_, _) => default);
        Assert.InRange(Run(10, 5000, (_, _) => default).Sent, 45_000, 51_000);
    }

    /// <summary>Slower makes it no better: then it is the names, as in a second pass over those that failed.</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void Failures_that_a_cut_does_not_mend_are_the_lists(double share)
    {
        Run(20, 3000, (_, _) => _random.NextDouble() < share ? (Pressure.Failed, true) : default);
        var later = Run(30, 3000, (_, _) => _random.NextDouble() < share ? (Pressure.Failed, true) : default);
        Assert.InRange(later.Sent, 80_000, 91_000);
        Assert.InRange(_ceiling.Baseline, share - 0.1, share + 0.1);
    }

    [Fact]
    public void Who_refuses_everything_is_not_asked_at_full_rate()
    {
        Run(30, 3000, (_, _) => (Pressure.Refused, false));
        Assert.InRange(Run(30, 3000, (_, _) => (Pressure.Refused, false)).Sent, 100, 30 * 3000 / 10);
    }

    [Fact]
    public void Drops_in_the_kernel_are_answered_at_once()
    {
        // Every answer above 2,000 a second is dropped before anybody reads it.
        var socket = new RateBucket(_time.TimestampFrequency) { Rate = 2000 };
        (Pressure, bool) Ask(long now, bool _)
        {
            if (!socket.HasRoom(now))
            {
                _drops++;
                return (Pressure.Failed, true);
            }
            socket.Take(now);
            return default;
        }
        Run(1.2, 10_000, Ask);
        Assert.True(_ceiling.Cuts > 0, "before the first time-out ends");
        Run(30, 10_000, Ask);
        var steady = Run(60, 10_000, Ask);
        Assert.InRange((double)steady.Failed / steady.Sent, 0, 0.03);
        Assert.InRange(steady.Sent / 60.0, 1500, 2050);
    }

    [Fact]
    public void Few_queries_are_not_judged()
    {
        // Nine a second, all of them failing: dead names at the end of a list.
        Run(30, 9, (_, _) => (Pressure.Failed, true));
        Assert.Equal(0, _ceiling.Cuts);
    }

    [Fact]
    public void After_the_resolver_was_down_there_is_no_ceiling()
    {
        Run(5, 2000, (_, _) => (Pressure.Refused, false));
        Assert.True(_ceiling.Cuts > 0);
        _ceiling.Reset(_time.GetTimestamp());
        Assert.Equal(double.PositiveInfinity, _ceiling.Rate);
    }

    /// <param name="offered">Queries a second that there are.</param>
    /// <param name="ask">What becomes of a query sent now, and whether that is silence.</param>
    private (int Sent, int Failed) Run(double seconds, int offered, Func<long, bool, (Pressure Pressure, bool Silent)> ask)
    {
        int sent = 0, failed = 0;
        for (double passed = 0; passed < seconds; passed += Step.TotalSeconds)
        {
            long now = _time.GetTimestamp();
            while (_underWay.TryPeek(out var query, out long due) && due <= now)
            {
                _underWay.Dequeue();
                _ceiling.Ended(query.SentAt, query.Pressure);
            }
            // Work waits for its turn, but not for ever: at most a second's worth.
            for (_credit = Math.Min(_credit + (offered * Step.TotalSeconds), offered); _credit >= 1 && _ceiling.HasRoom(now); _credit--)
            {
                _ceiling.Sent(now);
                sent++;
                var (pressure, silent) = ask(now, false);
                if (pressure != Pressure.None) failed++;
                _underWay.Enqueue((now, pressure), now + (silent ? Ticks(Timeout) : Ticks(TimeSpan.FromMilliseconds(20))));
            }
            _ceiling.Judge(now, _drops);
            _time.Advance(Step);
        }
        return (sent, failed);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
