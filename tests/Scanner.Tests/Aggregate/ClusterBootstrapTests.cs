using Scanner.Aggregate;

namespace Scanner.Tests.Aggregate;

public sealed class ClusterBootstrapTests
{
    [Fact]
    public void NamesOfTheirOwnGiveTheBinomialInterval()
    {
        // 4,000 yes and 6,000 no, each a cluster of one: standard error sqrt(0.4 * 0.6 / 10,000) = 0.0049, so 0.3904 to 0.4096.
        var interval = ClusterBootstrap.Interval([new(1, 1, 4000), new(0, 1, 6000)])!;
        Assert.Equal(10_000, interval.Clusters);
        Assert.InRange(interval.Low, 0.388, 0.393);
        Assert.InRange(interval.High, 0.407, 0.412);
        Assert.InRange(interval.EffectiveN!.Value, 8_500, 11_500);
    }

    [Fact]
    public void ProvidersThatDecideForManyWidenIt()
    {
        // The same 10,000 names, but 100 providers with 100 names each decide for all of theirs: 100 independent decisions.
        var interval = ClusterBootstrap.Interval([new(100, 100, 40), new(0, 100, 60)])!;
        Assert.InRange(interval.Low, 0.28, 0.32);
        Assert.InRange(interval.High, 0.48, 0.52);
        Assert.InRange(interval.EffectiveN!.Value, 80, 125);
    }

    [Fact]
    public void TheSameSeedGivesTheSame() => Assert.Equal(ClusterBootstrap.Interval([new(1, 2, 50), new(0, 1, 70)]), ClusterBootstrap.Interval([new(1, 2, 50), new(0, 1, 70)]));

    [Fact]
    public void TooFewClustersGiveNone() => Assert.Null(ClusterBootstrap.Interval([new(500, 1000, 9)]));

    [Fact]
    public void AllTheSameHasNoEffectiveNumber()
    {
        var interval = ClusterBootstrap.Interval([new(1, 1, 100)])!;
        Assert.Equal((1, 1, null), (interval.Low, interval.High, interval.EffectiveN));
    }
}
