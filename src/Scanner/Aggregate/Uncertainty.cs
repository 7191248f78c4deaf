using System.Globalization;

namespace Scanner.Aggregate;

/// <summary>The intervals of <c>u1_uncertainty</c> for one metric over mail; what each means stands in the query.</summary>
public sealed record Intervals(string Metric, double? Low, double? High, double? WilsonLow, double? WilsonHigh, double? ClusterLow, double? ClusterHigh, long? Clusters, long? EffectiveN);

/// <summary>Brings the cluster bootstrap into the database, so that the table of intervals is a query like any other.</summary>
public static class Uncertainty
{
    /// <summary>Makes the table <c>cluster_intervals</c> and the variable <c>sampled</c> that <c>u1_uncertainty.sql</c> needs.</summary>
    /// <param name="sampled">The run is a random sample of its list: Wilson intervals apply.</param>
    public static void Prepare(RowDatabase rows, bool sampled)
    {
        rows.Run($"SET VARIABLE sampled = {(sampled ? "true" : "false")}");
        rows.Run("CREATE OR REPLACE TABLE cluster_intervals (metric VARCHAR, cluster_low DOUBLE, cluster_high DOUBLE, clusters BIGINT, effective_n DOUBLE)");
        var groups = rows.Query(RowDatabase.Sql("clusters"), r => (Metric: r.GetString(0), Group: new ClusterGroup(r.GetInt64(1), r.GetInt64(2), r.GetInt64(3))));
        foreach (var metric in groups.GroupBy(g => g.Metric))
        {
            if (ClusterBootstrap.Interval([.. metric.Select(g => g.Group)]) is not { } interval) continue;
            rows.Run(string.Create(CultureInfo.InvariantCulture,
                $"INSERT INTO cluster_intervals VALUES ({RowDatabase.Quote(metric.Key)}, {interval.Low:R}, {interval.High:R}, {interval.Clusters}, {(interval.EffectiveN is { } n ? n.ToString("R", CultureInfo.InvariantCulture) : "NULL")})"));
        }
    }

    /// <summary>The intervals by metric; after <see cref="Prepare"/>.</summary>
    public static IReadOnlyDictionary<string, Intervals> Read(RowDatabase rows)
    {
        return rows.Query(RowDatabase.Sql("u1_uncertainty"), r =>
        {
            double? Real(int column) => r.IsDBNull(column) ? null : r.GetDouble(column);
            long? Whole(int column) => r.IsDBNull(column) ? null : r.GetInt64(column);
            return new Intervals(r.GetString(0), Real(7), Real(8), Real(9), Real(10), Real(11), Real(12), Whole(13), Whole(14));
        }).ToDictionary(i => i.Metric);
    }
}
