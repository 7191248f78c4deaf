using System.Globalization;
using Scanner.Aggregate;
using Scanner.Write;

namespace Scanner;

/// <summary>What run.json says of rows and passes, counted from the rows themselves.</summary>
internal static class PassReport
{
    /// <summary>The metrics whose movement from pass to pass is kept, over the default denominator.</summary>
    private static readonly string[] HeadlineMetrics = ["spf_published", "dmarc_own", "dmarc_effective", "enf_p", "mtasts_published", "mtasts_working", "tlsrpt_published"];

    /// <summary>Types of question with a column for the pass that answered them.</summary>
    private static readonly string[] Questions = [.. ResultSchema.Columns
        .Select(column => column.Name).Where(name => name.StartsWith("q_", StringComparison.Ordinal) && name.EndsWith("_pass", StringComparison.Ordinal))
        .Select(name => name["q_".Length..^"_pass".Length])];

    /// <summary>Rows, statuses by query type, and the counts of every pass.</summary>
    /// <param name="passes">Those that came to their end. The last of them has its headline by these rows, if it has none yet.</param>
    public static (long Rows, IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> QueryStatus, IReadOnlyList<PassCounts> Passes) ReadRun(
        RowDatabase rows, IReadOnlyList<PassCounts> passes)
    {
        long count = rows.Query("SELECT count(*) FROM domains", r => r.GetInt64(0))[0];
        int last = rows.Query("SELECT coalesce(max(pass), 1)::INTEGER FROM domains", r => r.GetInt32(0))[0];
        var known = passes.ToDictionary(pass => pass.Pass);
        var counts = Enumerable.Range(1, last).Select(pass => known.TryGetValue(pass, out var ended)
            ? Count(rows, pass) with { Ended = ended.Ended, Headline = pass == last && ended.Headline.Count == 0 ? HeadlineOf(rows) : ended.Headline }
            : Count(rows, pass)).ToList();
        return (count, Statuses(rows), counts);
    }

    /// <summary>The pass that has just ended.</summary>
    /// <param name="isLast">Its headline is the run's, which <see cref="ReadRun"/> reads anyway; that of another is read as it stands now.</param>
    public static PassCounts Read(RunFolder folder, int pass, bool isLast)
    {
        using var rows = RowDatabase.Open(folder.ClosedParts(), isLast ? RowUse.Rows : RowUse.Figures);
        var counts = Count(rows, pass);
        return isLast ? counts : counts with { Headline = HeadlineOf(rows) };
    }

    private static IReadOnlyList<PassFigure> HeadlineOf(RowDatabase rows)
    {
        var figures = Figures.Headline(rows);
        string denominator = figures.Any(figure => figure.Denominator == Metrics.Mail) ? Metrics.Mail : Metrics.Listed;
        return [.. figures
            .Where(figure => figure.Denominator == denominator && HeadlineMetrics.Contains(figure.Metric))
            .Select(figure => new PassFigure(figure.Metric, figure.Denominator, figure.Numerator, figure.Decided, figure.Unknown, figure.Size))];
    }

    private static PassCounts Count(RowDatabase rows, int pass)
    {
        string settled = string.Join(" + ", Questions.Select(type => string.Create(CultureInfo.InvariantCulture,
            $"count(*) FILTER (q_{type}_pass = {pass} AND q_{type}_status IN ('ok', 'nodata', 'nxdomain', 'name_too_long'))")));
        return rows.Query(string.Create(CultureInfo.InvariantCulture, $"""
            SELECT count(*) FILTER (pass >= {pass}), count(*) FILTER (pass = {pass} AND unknown_answers = 0), ({settled})::BIGINT
            FROM domains WHERE unknown_answers IS NOT NULL
            """), r => new PassCounts(pass, r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)))[0];
    }

    /// <summary>For each query type the names by final status.</summary>
    private static Dictionary<string, IReadOnlyDictionary<string, long>> Statuses(RowDatabase rows)
    {
        var byType = new Dictionary<string, IReadOnlyDictionary<string, long>>();
        var counted = rows.Query("""
            -- A million names come to a few hundred different combinations: count those, then take them apart.
            WITH combinations AS (SELECT COLUMNS('^q_.*_status$'), count(*) AS names FROM domains GROUP BY ALL)
            SELECT query, status, sum(names)::BIGINT FROM combinations UNPIVOT (status FOR query IN (COLUMNS('^q_.*_status$'))) GROUP BY ALL ORDER BY 2
            """, r => (Column: r.GetString(0), Status: r.GetString(1), Count: r.GetInt64(2)));
        foreach (var column in ResultSchema.Columns)
        {
            if (!column.Name.StartsWith("q_", StringComparison.Ordinal) || !column.Name.EndsWith("_status", StringComparison.Ordinal)) continue;
            var statuses = counted.Where(entry => entry.Column == column.Name).ToDictionary(entry => entry.Status, entry => entry.Count);
            if (statuses.Count > 0) byType[column.Name["q_".Length..^"_status".Length]] = statuses;
        }
        return byType;
    }
}
