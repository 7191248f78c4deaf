using System.Data.Common;

namespace Scanner.Aggregate;

/// <summary>One metric over one denominator.</summary>
/// <param name="Numerator">Names for which it holds.</param>
/// <param name="Decided">Names for which it is known whether it holds.</param>
/// <param name="Unknown">The others of the denominator; <c>Decided + Unknown = Size</c>.</param>
/// <param name="Share">Numerator / Decided, 0 to 1; null when nothing is decided.</param>
/// <param name="Low">Share of all when every unknown is a no; null for an empty denominator.</param>
/// <param name="High">Share of all when every unknown is a yes.</param>
public sealed record Figure(
    string Metric, string Denominator, long Numerator, long Decided, long Unknown, long Size, double? Share, double? Low, double? High);

/// <param name="Query">The query type as in the columns: mx, txt, dmarc, mta_sts, tls_rpt, a, aaaa.</param>
/// <param name="Status">The word of <c>dns_status</c>.</param>
/// <param name="IsUnknown">The answer does not say whether there is a record.</param>
/// <param name="Listed">Names with this status.</param>
/// <param name="Resolvable">Those of them that resolve.</param>
public sealed record QueryStatusCount(string Query, string Status, bool IsUnknown, long Listed, long Resolvable);

/// <summary>The figures of a run: computed from its Parquet files and from nothing else, by the queries in <c>Sql/</c>.</summary>
public sealed class Figures
{
    /// <summary>Names by denominator, in order; null where the run cannot tell.</summary>
    public required IReadOnlyDictionary<string, long?> Denominators { get; init; }

    /// <summary>By metric, then by denominator, in the order of <see cref="Metrics"/>. Without the checks that were not asked for and
    /// without the denominators that are null.</summary>
    public required IReadOnlyList<Figure> All { get; init; }

    public required IReadOnlyList<QueryStatusCount> Queries { get; init; }

    /// <summary>Rows in the files.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows over one per name: 0, or the files hold a name twice.</summary>
    public required long DuplicateRows { get; init; }

    /// <summary>Listed names of which it is not known whether they run mail: outside of every mail denominator. Null without MX.</summary>
    public required long? MailUnknown { get; init; }

    public static Figures Compute(RowDatabase rows)
    {
        // Over the files: of the facts that are kept for a report, names are no part.
        var (count, duplicates) = rows.Query("SELECT count(*), count(*) - count(DISTINCT hash(name)) FROM domains", r => (r.GetInt64(0), r.GetInt64(1)))[0];
        long? mailUnknown = rows.Query(
            "SELECT CASE WHEN count(mx_class) > 0 THEN count(*) FILTER (in_listed AND coalesce(mx_class, 'unknown') = 'unknown') END FROM facts",
            r => r.IsDBNull(0) ? (long?)null : r.GetInt64(0))[0];
        var denominators = rows.Query("FROM denominators", r => KeyValuePair.Create(r.GetString(0), r.IsDBNull(1) ? (long?)null : r.GetInt64(1)));
        return new Figures
        {
            Rows = count,
            DuplicateRows = duplicates,
            MailUnknown = mailUnknown,
            Denominators = new OrderedDictionary<string, long?>(
                denominators.OrderBy(d => Metrics.Place(Metrics.Denominators, m => m.Name, d.Key))),
            All = Headline(rows),
            Queries = rows.Query(
                RowDatabase.Sql("completeness"),
                r => new QueryStatusCount(r.GetString(0), r.GetString(1), r.GetBoolean(2), r.GetInt64(3), r.GetInt64(4))),
        };
    }

    /// <summary>What <see cref="All"/> holds, alone.</summary>
    public static IReadOnlyList<Figure> Headline(RowDatabase rows) =>
    [
        .. rows.Query(RowDatabase.Sql("t02_headline"), ReadFigure)
            .OrderBy(f => Metrics.Place(Metrics.All, m => m.Name, f.Metric))
            .ThenBy(f => Metrics.Place(Metrics.Denominators, m => m.Name, f.Denominator)),
    ];

    /// <summary>One figure, or null when its check was not asked for or its denominator is null.</summary>
    public Figure? Find(string metric, string denominator) => All.FirstOrDefault(f => f.Metric == metric && f.Denominator == denominator);

    private static Figure ReadFigure(DbDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), Share(r, 6), Share(r, 7), Share(r, 8));

    private static double? Share(DbDataReader r, int column) => r.IsDBNull(column) ? null : r.GetDouble(column);
}
