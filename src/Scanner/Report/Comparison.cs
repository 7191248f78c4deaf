using System.Globalization;
using Scanner.Aggregate;
using Scanner.Report.Charts;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>Names of both lists by what became of one protocol. Unknown on either side is on neither.</summary>
public sealed record TransitionCounts(string Protocol, string Denominator, long Appeared, long Vanished, long Strengthened, long Weakened, long Changed, long Same, long Unknown, long Size);

/// <param name="P">Of <see cref="McNemar"/>.</param>
public sealed record MetricChange(string Metric, string Denominator, long YesBefore, long YesAfter, long Gained, long Lost, long Decided, long Unknown, long Size, double P);

public sealed record Mover(string Kind, string Value, string Metric, long Gained, long Lost, long Net, long Decided, long Size);

/// <summary>One metric over mail in one run of a series.</summary>
public sealed record TrendPoint(int Run, string Metric, string Denominator, long Numerator, long Decided, long Unknown, long Size, double? Share, double? Low, double? High);

/// <summary>What changed between two runs, and, for three and more, the series. Everything is counted by the <c>t20</c> queries.</summary>
public sealed record Comparison
{
    /// <summary>In the order given; the first and the last are compared.</summary>
    public required IReadOnlyList<RunHeader> Runs { get; init; }

    public required long Entered { get; init; }

    public required long Left { get; init; }

    public required long InBoth { get; init; }

    public required IReadOnlyList<TransitionCounts> Transitions { get; init; }

    public required IReadOnlyList<MetricChange> Metrics { get; init; }

    public required IReadOnlyList<Mover> Movers { get; init; }

    public required IReadOnlyList<TrendPoint> Trend { get; init; }

    public required IReadOnlyList<Drawing> Plots { get; init; }

    /// <summary>Rows of changed_names.parquet.</summary>
    public required long ChangedNames { get; init; }

    public bool IsSeries => Runs.Count > 2;

    public RunHeader Old => Runs[0];

    public RunHeader New => Runs[^1];

    /// <summary>What a protocol's states are, for people.</summary>
    public static IReadOnlyDictionary<string, string> Protocols { get; } = new Dictionary<string, string>
    {
        ["mail"] = "runs mail",
        ["spf"] = "SPF",
        ["dmarc"] = "DMARC",
        ["mtasts"] = "MTA-STS",
        ["tlsrpt"] = "TLS-RPT",
        ["dkim"] = "DKIM",
        ["dane"] = "DANE",
        ["bimi"] = "BIMI",
        ["dnssec"] = "DNSSEC",
    };
}

/// <summary>Writes a comparison: <c>compare.md</c>, <c>compare.html</c>, <c>tables/</c> with the changed names, <c>plots/</c>.</summary>
public static class Comparer
{
    private static readonly string[] _transitions = ["appeared", "vanished", "strengthened", "weakened", "changed", "same"];

    private static readonly string[] _tables = ["t20_difference", "t20_churn", "t20_movers", "changed_names"];

    /// <param name="folders">Run folders, old ones first; shards of one run are put together (<see cref="RunSet.Group"/>).</param>
    /// <exception cref="RunFolderException">Fewer than two runs, shards that overlap or are missing, or a run with a name twice.</exception>
    /// <exception cref="IOException">A file cannot be read or written; the message names it.</exception>
    public static Comparison Write(IReadOnlyList<RunFolder> folders, string outputFolder)
    {
        var runs = RunSet.Group(folders);
        if (runs.Count < 2) throw new RunFolderException("compare needs two runs or more: these folders are shards of one");
        string tables = Path.Combine(outputFolder, "tables"), sql = Path.Combine(tables, "sql");
        Directory.CreateDirectory(sql);

        using var rows = RowDatabase.OpenRuns([runs[0].Parts, runs[^1].Parts]);
        if (rows.Query("SELECT count(*) - count(DISTINCT (run, hash(name))) FROM domains WHERE run IS NOT NULL", r => r.GetInt64(0))[0] is > 0 and var twice)
            throw new RunFolderException($"{twice} names are in more than one row of a run: its shards overlap, or it is damaged");
        rows.Run(RowDatabase.Sql("compare"));
        foreach (string query in RowDatabase.Prelude.Append("compare").Concat(_tables).Append("t20_mcnemar").Append("t20_trend"))
            AtomicFile.Write(Path.Combine(sql, query + ".sql"), RowDatabase.Sql(query));
        AtomicFile.Write(Path.Combine(sql, "schema.sql"), RowColumns.SchemaSql);
        long changed = 0;
        foreach (string table in _tables)
        {
            long count = rows.Export(RowDatabase.Sql(table), tables, table).Rows;
            if (table == "changed_names") changed = count;
        }
        var metrics = Metrics(rows);
        ExportMcNemar(rows, metrics, tables);
        var churn = rows.Query(RowDatabase.Sql("t20_churn"), r => (Kind: r.GetString(0), Names: r.GetInt64(2))).ToDictionary(c => c.Kind, c => c.Names);

        var comparison = new Comparison
        {
            Runs = [.. runs.Select(Summary.HeaderOf)],
            Entered = churn.GetValueOrDefault("entered"),
            Left = churn.GetValueOrDefault("left"),
            InBoth = churn.GetValueOrDefault("in both lists"),
            Transitions = Transitions(rows),
            Metrics = metrics,
            Movers = rows.Query(RowDatabase.Sql("t20_movers"), r => new Mover(r.GetString(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(8), r.GetInt64(10))),
            Trend = Trend(runs, rows, tables),
            Plots = [],
            ChangedNames = changed,
        };
        comparison = comparison with { Plots = ComparisonPlots.Of(comparison) };
        PlotFiles.Write(comparison.Plots, Path.Combine(outputFolder, "plots"));
        AtomicFile.Write(Path.Combine(outputFolder, "compare.md"), CompareText.Markdown(comparison));
        AtomicFile.Write(Path.Combine(outputFolder, "compare.html"), CompareText.Html(comparison));
        return comparison;
    }

    private static IReadOnlyList<TransitionCounts> Transitions(RowDatabase rows) => rows.Query(
        $"""
        WITH cells AS ({RowDatabase.Sql("t20_difference").TrimEnd().TrimEnd(';')}
        )
        SELECT
            protocol, denominator, {string.Join(", ", _transitions.Select(t => $"coalesce(sum(numerator) FILTER (transition = '{t}'), 0)::BIGINT"))},
            max(unknown), max(size)
        FROM cells GROUP BY protocol, denominator ORDER BY denominator, protocol
        """,
        r => new TransitionCounts(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetInt64(9)));

    private static IReadOnlyList<MetricChange> Metrics(RowDatabase rows) => rows.Query(RowDatabase.Sql("t20_mcnemar"), r => new MetricChange(
        r.GetString(0), r.GetString(5), r.GetInt64(1), r.GetInt64(6), r.GetInt64(2), r.GetInt64(3), r.GetInt64(7), r.GetInt64(8), r.GetInt64(9), McNemar.P(r.GetInt64(2), r.GetInt64(3))));

    private static void ExportMcNemar(RowDatabase rows, IReadOnlyList<MetricChange> metrics, string tables)
    {
        rows.Run("CREATE OR REPLACE TABLE mcnemar_p (metric VARCHAR, denominator VARCHAR, p DOUBLE)");
        foreach (var m in metrics)
            rows.Run(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO mcnemar_p VALUES ({RowDatabase.Quote(m.Metric)}, {RowDatabase.Quote(m.Denominator)}, {m.P:R})"));
        rows.Export($"SELECT m.*, p FROM ({RowDatabase.Sql("t20_mcnemar").TrimEnd().TrimEnd(';')}\n) m LEFT JOIN mcnemar_p USING (metric, denominator) ORDER BY denominator, metric", tables, "t20_mcnemar");
    }

    /// <summary>Of two runs from the rows at hand; of more from all of them.</summary>
    private static IReadOnlyList<TrendPoint> Trend(IReadOnlyList<RunSet> runs, RowDatabase pair, string tables)
    {
        if (runs.Count == 2) return Read(pair);
        using var all = RowDatabase.OpenRuns([.. runs.Select(r => r.Parts)]);
        return Read(all);

        IReadOnlyList<TrendPoint> Read(RowDatabase rows)
        {
            rows.Export(RowDatabase.Sql("t20_trend"), tables, "t20_trend");
            return rows.Query(RowDatabase.Sql("t20_trend"), r => new TrendPoint(
                r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6),
                r.IsDBNull(7) ? null : r.GetDouble(7), r.IsDBNull(8) ? null : r.GetDouble(8), r.IsDBNull(9) ? null : r.GetDouble(9)));
        }
    }
}
