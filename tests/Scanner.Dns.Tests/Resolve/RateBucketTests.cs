using Scanner.Dns.Resolve;

namespace Scanner.Dns.Tests.Resolve;

public sealed class RateBucketTests
{
    private const long Frequency = 10_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(150)]
    [InlineData(997)]
    [InlineData(20_000)]
    public void Rate_is_met_and_never_exceeded_whoever_asks_how_often(int perSecond)
    {
        foreach (long step in (long[])[Frequency / 100_000, Frequency / 1000, Frequency / 100])
        {
            var bucket = new RateBucket(Frequency) { Rate = perSecond };
            var passed = new List<long>();
            for (long now = 0; now < 10 * Frequency; now += step)
            {
                while (bucket.HasRoom(now))
                {
                    bucket.Take(now);
                    passed.Add(now);
                }
            }
            Assert.InRange(passed.Count, (int)(9.9 * perSecond), 1 + (int)(10.02 * perSecond));
            // Nor in any second of it.
            for (int first = 0, last = 0; last < passed.Count; last++)
            {
                while (passed[last] - passed[first] >= Frequency) first++;
                Assert.True(last - first + 1 <= 1 + (1.02 * perSecond), $"{last - first + 1} within a second at {perSecond}/s");
            }
        }
    }

    [Fact]
    public void What_was_not_used_is_not_saved_up()
    {
        var bucket = new RateBucket(Frequency) { Rate = 1000 };
        int burst = 0;
        for (long now = 60 * Frequency; bucket.HasRoom(now); burst++) bucket.Take(now);
        Assert.InRange(burst, 1, 21);
    }

    [Fact]
    public void No_ceiling()
    {
        var bucket = new RateBucket(Frequency) { Rate = double.PositiveInfinity };
        for (int i = 0; i < 100_000; i++)
        {
            Assert.True(bucket.HasRoom(0));
            bucket.Take(0);
        }
    }
}
