namespace Scanner.Aggregate;

/// <summary>Clusters that are alike: so many providers with this number of decided names, of which so many are a yes.</summary>
public readonly record struct ClusterGroup(long Yes, long Decided, long Clusters);

/// <param name="Low">2.5th percentile of the replicates' shares.</param>
/// <param name="High">97.5th percentile.</param>
/// <param name="EffectiveN">Independent names that would have the replicates' variance: share * (1 - share) / variance; null where the
/// share is 0 or 1 or no variance showed.</param>
public sealed record ClusterInterval(double Low, double High, long Clusters, double? EffectiveN);

/// <summary>
/// How far a share would move if other providers had been met. Names of one provider share its defaults, so resampling names would make
/// the interval far too narrow; here whole providers are drawn. Each replicate gives every cluster an independent Poisson(1) weight
/// (the Poisson bootstrap, which for many clusters is drawing them with replacement), and k clusters that are alike then weigh
/// Poisson(k) together: a million clusters cost no more than their different sizes. Percentile interval, 95 %.
/// </summary>
public static class ClusterBootstrap
{
    /// <summary>1,000: the usual number for a percentile interval; the ends are then good to about a tenth of the interval's width.</summary>
    public const int Replicates = 1000;

    /// <summary>With fewer clusters the percentiles say nothing.</summary>
    public const int FewestClusters = 10;

    /// <summary>Above this mean a Poisson variate is drawn as a rounded normal one: the skewness left out is under a seventh.</summary>
    private const double NormalFrom = 50;

    /// <param name="seed">The same seed gives the same interval.</param>
    /// <returns>Null with fewer than <see cref="FewestClusters"/> clusters.</returns>
    public static ClusterInterval? Interval(IReadOnlyList<ClusterGroup> groups, int seed = 1)
    {
        long clusters = groups.Sum(g => g.Clusters), decided = groups.Sum(g => g.Decided * g.Clusters);
        if (clusters < FewestClusters) return null;
        double share = (double)groups.Sum(g => g.Yes * g.Clusters) / decided;
        var random = new Random(seed);
        double[] shares = new double[Replicates];
        for (int i = 0; i < Replicates; i++)
        {
            double yes = 0, all = 0;
            foreach (var group in groups)
            {
                double weight = Poisson(random, group.Clusters);
                yes += weight * group.Yes;
                all += weight * group.Decided;
            }
            shares[i] = all > 0 ? yes / all : share;
        }
        Array.Sort(shares);
        double mean = shares.Average(), variance = shares.Sum(s => (s - mean) * (s - mean)) / (Replicates - 1);
        return new ClusterInterval(
            shares[(int)(0.025 * Replicates)],
            shares[(int)Math.Ceiling(0.975 * Replicates) - 1],
            clusters,
            variance > 0 && share is > 0 and < 1 ? share * (1 - share) / variance : null);
    }

    private static double Poisson(Random random, double mean)
    {
        if (mean >= NormalFrom)
        {
            // Box and Muller 1958.
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return Math.Max(0, Math.Round(mean + Math.Sqrt(mean) * normal));
        }
        // Knuth: count uniform factors until their product falls below e^-mean.
        double limit = Math.Exp(-mean), product = random.NextDouble();
        int count = 0;
        while (product > limit)
        {
            product *= random.NextDouble();
            count++;
        }
        return count;
    }
}
