using Scanner.Dns.Resolve;

namespace Scanner.Dns.Tests.Resolve;

public sealed class HighLatencyTests
{
    [Fact]
    public void Unknown_until_there_are_enough_answers()
    {
        var latency = new HighLatency();
        for (int i = 1; i < HighLatency.MinSamples; i++) latency.Add(1000);
        Assert.Null(latency.Ticks);
        latency.Add(1000);
        Assert.Equal(1000, latency.Ticks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void Five_of_a_hundred_are_above_it(int scale)
    {
        var latency = new HighLatency();
        var random = new Random(7);
        int above = 0;
        for (int i = 0; i < 40_000; i++)
        {
            // 1,000 to 101,000 evenly: 95 % are below 96,000.
            long ticks = (1000 + (long)(random.NextDouble() * 100_000)) * scale;
            if (i >= 20_000 && ticks > latency.Ticks) above++;
            latency.Add(ticks);
        }
        Assert.InRange(above / 20_000.0, 0.03, 0.07);
    }

    [Fact]
    public void Follows_a_change()
    {
        var latency = new HighLatency();
        for (int i = 0; i < 1000; i++) latency.Add(1000);
        for (int i = 0; i < 500; i++) latency.Add(10_000);
        Assert.InRange(latency.Ticks!.Value, 9_000, 11_000);
    }
}
