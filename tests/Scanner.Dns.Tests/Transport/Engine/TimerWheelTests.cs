using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Tests.Transport.Engine;

public sealed class TimerWheelTests
{
    private sealed class Entry(bool expires = true) : WheelEntry
    {
        public bool Expires { get; set; } = expires;

        public override bool TryExpire() => Expires;
    }

    [Fact]
    public void Expires_at_its_tick_and_not_before()
    {
        var wheel = new TimerWheel(slots: 8);
        var entry = new Entry();
        wheel.Add(entry, 5);
        Assert.Empty(Advance(wheel, 4));
        Assert.Same(entry, Assert.Single(Advance(wheel, 5)));
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void A_deadline_rounds_away_waits_for_its_round()
    {
        var wheel = new TimerWheel(slots: 8);
        wheel.Add(new Entry(), 3 + 2 * 8);
        Assert.Empty(Advance(wheel, 3));
        Assert.Empty(Advance(wheel, 18));
        Assert.Single(Advance(wheel, 19));
    }

    [Fact]
    public void A_past_deadline_is_due_at_the_next_tick()
    {
        var wheel = new TimerWheel(slots: 8);
        Advance(wheel, 100);
        wheel.Add(new Entry(), 7);
        Assert.Single(Advance(wheel, 101));
    }

    [Fact]
    public void A_long_sleep_misses_nothing()
    {
        var wheel = new TimerWheel(slots: 8);
        for (int deadline = 1; deadline <= 50; deadline++) wheel.Add(new Entry(), deadline);
        wheel.Add(new Entry(), 1001);
        Assert.Equal(50, Advance(wheel, 1000).Count);
        Assert.Single(Advance(wheel, 1001));
    }

    [Fact]
    public void Removed_from_any_place_in_a_slot()
    {
        foreach (int removed in (int[])[0, 1, 2])
        {
            var wheel = new TimerWheel(slots: 4);
            Entry[] entries = [new(), new(), new()];
            foreach (var entry in entries) wheel.Add(entry, 2);
            wheel.Remove(entries[removed]);
            wheel.Remove(entries[removed]); // and once more, to no effect
            Assert.Equal(entries.Except([entries[removed]]).ToHashSet(), Advance(wheel, 2).ToHashSet());
        }
    }

    [Fact]
    public void What_cannot_expire_yet_is_looked_at_again_at_the_next_tick()
    {
        var wheel = new TimerWheel(slots: 8);
        var entry = new Entry(expires: false);
        wheel.Add(entry, 2);
        Assert.Empty(Advance(wheel, 3));
        Assert.Equal(1, wheel.Count);
        entry.Expires = true;
        Assert.Single(Advance(wheel, 4));
    }

    [Fact]
    public void Against_a_plain_list()
    {
        var random = new Random(1);
        var wheel = new TimerWheel(slots: 16);
        var model = new Dictionary<Entry, long>();
        long now = 0;
        for (int step = 0; step < 20_000; step++)
        {
            if (random.Next(3) > 0)
            {
                var entry = new Entry();
                model[entry] = now + random.Next(1, 60);
                wheel.Add(entry, model[entry]);
            }
            else if (model.Count > 0 && random.Next(2) == 0)
            {
                var entry = model.Keys.ElementAt(random.Next(Math.Min(model.Count, 20)));
                model.Remove(entry);
                wheel.Remove(entry);
            }
            else
            {
                now += random.Next(1, 5);
                var due = model.Where(e => e.Value <= now).Select(e => e.Key).ToHashSet();
                Assert.Equal(due, Advance(wheel, now).ToHashSet());
                foreach (var entry in due) model.Remove(entry);
            }
            Assert.Equal(model.Count, wheel.Count);
        }
    }

    private static List<Entry> Advance(TimerWheel wheel, long tick)
    {
        var expired = new List<Entry>();
        wheel.Advance(tick, expired);
        return expired;
    }
}
