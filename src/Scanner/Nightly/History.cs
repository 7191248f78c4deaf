using System.Globalization;
using Scanner.Aggregate;
using Scanner.Report;
using Scanner.Report.Charts;

namespace Scanner.Nightly;

/// <summary>
/// The headlines of all nights: <c>history.parquet</c> and <c>history.csv</c>, a row a night, metric and denominator (listed and mail), and the
/// plot <c>trend</c>. The figures are those of each run's own table t02_headline, taken over as they stand, and outlive the run's folder.
/// </summary>
public static class History
{
    private const string Name = "history";

    private static readonly string[] _plotted = ["spf_published", "dmarc_own", "enf_9989", "mtasts_published"];

    /// <summary>Takes in one night, anew where it is there already, and every other complete night that is missing.</summary>
    /// <returns>Nights in the table now.</returns>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static int Update(NightlyFolder folder, DateOnly date)
    {
        Directory.CreateDirectory(folder.HistoryPath);
        string table = Path.Combine(folder.HistoryPath, Name + ".parquet");
        using var database = RowDatabase.Open([], RowUse.Rows);
        string kept = $"FROM read_parquet({RowDatabase.Quote(table)}) WHERE date <> DATE '{NightlyFolder.Text(date)}'";
        var known = File.Exists(table) ? database.Query($"SELECT DISTINCT date::VARCHAR {kept}", r => r.GetString(0)).ToHashSet() : [];
        var sources = folder.Nights().Where(night => night.Complete && !known.Contains(NightlyFolder.Text(night.Date)) && File.Exists(HeadlineOf(night))).Select(Rows).ToList();
        if (File.Exists(table)) sources.Insert(0, kept);
        if (sources.Count == 0) return 0;
        database.Export($"SELECT * FROM ({string.Join(" UNION ALL BY NAME ", sources.Select(source => $"({source})"))}) ORDER BY date, denominator, metric", folder.HistoryPath, Name);

        var plot = Trend(database, table);
        if (plot is not null) PlotFiles.Write([plot], folder.HistoryPath);
        return database.Query($"SELECT count(DISTINCT date) FROM read_parquet({RowDatabase.Quote(table)})", r => (int)r.GetInt64(0))[0];
    }

    private static string HeadlineOf(Night night) => Path.Combine(night.Folder.TablesPath, "t02_headline.parquet");

    private static string Rows(Night night)
    {
        var run = night.Manifest!;
        string Time(DateTimeOffset? at) => at is { } t ? $"TIMESTAMP '{t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}'" : "NULL::TIMESTAMP";
        return $"""
            SELECT DATE '{NightlyFolder.Text(night.Date)}' AS date, {RowDatabase.Quote(run.ScanId)} AS scan_id, {RowDatabase.Quote(run.ListSha256)} AS list_sha256,
                   {RowDatabase.Quote(run.ToolVersion)} AS tool_version, {Time(run.Started)} AS started, {Time(run.Ended)} AS ended,
                   metric, denominator, numerator, decided, unknown, size, share, low, high
            FROM read_parquet({RowDatabase.Quote(HeadlineOf(night))}) WHERE denominator IN ('listed', 'mail')
            """;
    }

    /// <summary>Null before the second night.</summary>
    private static Drawing? Trend(RowDatabase database, string table)
    {
        var points = database.Query(
            $"SELECT date::VARCHAR, metric, share, low, high, size FROM read_parquet({RowDatabase.Quote(table)}) WHERE denominator = 'mail' AND share IS NOT NULL ORDER BY date",
            r => (Date: DateOnly.Parse(r.GetString(0), CultureInfo.InvariantCulture), Metric: r.GetString(1), Share: r.GetDouble(2), Low: r.GetDouble(3), High: r.GetDouble(4), Size: r.GetInt64(5)));
        var dates = points.Select(p => p.Date).Distinct().ToList();
        if (dates.Count < 2) return null;
        Line[] lines = [.. _plotted.Select((metric, i) => new Line(metric, Inks.Series[i],
            [.. points.Where(p => p.Metric == metric).Select(p => ((double)(p.Date.DayNumber - dates[0].DayNumber), p.Share, (double?)p.Low, (double?)p.High))])).Where(line => line.Points.Count > 0)];
        string form = dates[^1].DayNumber - dates[0].DayNumber > 300 ? "yyyy-MM" : "MM-dd";
        return LineCharts.Draw(
            "trend", "Night by night: adoption over mail",
            $"{dates.Count} nights from {NightlyFolder.Text(dates[0])} to {NightlyFolder.Text(dates[^1])}; n = {Headline.Count(points[^1].Size)} names that run mail in the last. All names of each night's list, "
            + "so that list churn is in it. Bands: missing-data bounds (every unknown a no, or a yes). Numbers: history.csv.",
            "night (UTC)", "share of mail", log: false, lines, top: 1,
            // Between two nights there is nothing: a tick there has no name.
            xText: days => days == Math.Floor(days) ? dates[0].AddDays((int)days).ToString(form, CultureInfo.InvariantCulture) : "");
    }
}
