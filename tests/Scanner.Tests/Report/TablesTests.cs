using System.Globalization;
using System.Text.Json;
using Scanner.Aggregate;
using Scanner.Checks.Dmarc;
using Scanner.Checks.Mx;
using Scanner.Checks.Spf;
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Report;

/// <summary>tables/: what is the same in all tables, and single rows counted by hand.</summary>
[Collection(MixedRun.Name)]
public sealed class TablesTests(MixedRun mixed) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Files => [.. Tables.All.Select(t => t.File)];

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryRowHasNumeratorDenominatorUnknownShareAndBounds(string file)
    {
        var rows = ParquetRows.Query($"FROM '{Sql(mixed.Path)}/tables/{file}.parquet'");
        foreach (var row in rows)
        {
            long numerator = Whole(row["numerator"]), decided = Whole(row["decided"]), unknown = Whole(row["unknown"]), size = Whole(row["size"]);
            string text = string.Join(", ", row.Select(c => $"{c.Key}={c.Value}"));
            Assert.True(decided + unknown == size && numerator >= 0 && !string.IsNullOrEmpty((string?)row["denominator"]), text);
            Assert.True(row["share"] is null || numerator > decided || Math.Abs((double)row["share"]! - ((double)numerator / decided)) < 1e-12, text);
            if (size > 0) Assert.True(row["low"] is double low && row["high"] is double high && low <= high && high <= 1 && (row["share"] is not double share || (share >= low && share <= high)), text);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryQuerySaysWhatItCountsAndWhoseTableItRebuilds(string file)
    {
        string sql = RowDatabase.Sql(file);
        var table = Tables.All.Single(t => t.File == file);
        Assert.StartsWith($"-- {table.Number}", sql, StringComparison.Ordinal);
        Assert.False(string.IsNullOrWhiteSpace(table.Study));
        Assert.All(sql.Split('\n'), line => Assert.True(line.Length <= 200, line));
    }

    [Fact]
    public void TheCatalogueNamesEveryFile()
    {
        string folder = Path.Combine(mixed.Path, "tables");
        using var index = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "index.json")));
        var tables = index.RootElement.GetProperty("tables").EnumerateArray().ToArray();
        Assert.Equal(Tables.All.Select(t => t.File), tables.Select(t => t.GetProperty("name").GetString()));
        foreach (var table in tables)
        {
            foreach (string kind in (string[])["csv", "parquet", "query"]) Assert.True(File.Exists(Path.Combine(folder, table.GetProperty(kind).GetString()!)));
            string header = File.ReadLines(Path.Combine(folder, table.GetProperty("csv").GetString()!)).First();
            Assert.Equal(header.Split(','), table.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        }
        foreach (var query in index.RootElement.GetProperty("prelude").EnumerateArray()) Assert.True(File.Exists(Path.Combine(folder, query.GetString()!)));
    }

    [Fact]
    public async Task ACheckThatDidNotRunHasNoRowsAndSaysSo()
    {
        await RunAsync("run", [Samples.Bare(1).Mx(MxClass.MxPresent).Spf(SpfStatus.None, SpfClass.None)]);
        using var index = JsonDocument.Parse(File.ReadAllText(_folder["run/tables/index.json"]));
        foreach (var table in index.RootElement.GetProperty("tables").EnumerateArray())
        {
            string name = table.GetProperty("name").GetString()!;
            bool measured = name is not ("t09_dmarc_records" or "t10_dmarc_policy" or "t11_dmarc_source" or "t12_dmarc_reports" or "t13_mtasts" or "t16_dkim" or "t17_dane");
            Assert.Equal((name, measured), (name, table.GetProperty("measured").GetBoolean()));
            if (measured) continue;
            Assert.Equal(0, table.GetProperty("rows").GetInt64());
            Assert.Single(File.ReadAllLines(_folder[$"run/tables/{name}.csv"]));
            Assert.StartsWith("not measured", table.GetProperty("note").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void QueriesRunAloneAsANotebookRunsThem()
    {
        using var connection = mixed.OpenAsANotebook();
        string tables = Path.Combine(mixed.Path, "tables");
        foreach (var table in Tables.All.Where(t => t.File != "u1_uncertainty"))
        {
            var alone = ParquetRows.Query(connection, File.ReadAllText(Path.Combine(tables, "sql", table.File + ".sql")));
            Assert.Equal((table.File, ParquetRows.Query(connection, $"SELECT count(*) AS n FROM '{Sql(tables)}/{table.File}.parquet'")[0]["n"]), (table.File, (object)(long)alone.Count));
        }
    }

    [Fact]
    public void OfEquallyFrequentValuesThoseThatSortFirstArePicked()
    {
        using var connection = mixed.OpenAsANotebook();
        string Picked(string items, string most) => string.Join(' ', ParquetRows.Query(
            connection, $"SELECT class || numerator || '/' || decided || '/' || unknown AS cell FROM shares_of_each({items}, rank <= 4, ''{most}) WHERE denominator = 'listed' ORDER BY numerator DESC, class").Select(row => row["cell"]));
        // Rank 1 says a b c, 2 says b c, 3 says c twice, and 4 is unknown.
        const string items = "CASE rank WHEN 1 THEN ['c', 'a', 'b'] WHEN 2 THEN ['b', 'c'] WHEN 3 THEN ['c', 'd', 'c'] END";
        Assert.Equal("c3/3/1 b2/3/1 a1/3/1 d1/3/1", Picked(items, ""));
        Assert.Equal("c3/3/1 b2/3/1 a1/3/1", Picked(items, ", most := 3"));
        Assert.Equal("", Picked("NULL::VARCHAR[]", ""));
    }

    [Fact]
    public async Task FormulasAndControlCharactersAreHarmlessInCsvAndExactInParquet()
    {
        string[] evil = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "a\u202Eb\u001B[31m", "plain", "'quoted, \"text\""];
        await Samples.WriteAsync(_folder["run"], evil.Select((text, i) => Samples.Full(i + 1) with { Dmarc = Samples.Full(1).Dmarc! with { RuaHosts = [text], Record = DmarcRecordState.Valid, Source = DmarcSource.Self } }));
        RunFolder.Create(_folder["x"]);
        using var rows = RowDatabase.Open(RunFolder.Open(_folder["run"]).ClosedParts());
        rows.Export("SELECT rua_hosts[1] AS host FROM domains ORDER BY rank", _folder.Path, "hosts");
        Assert.Equal(evil, ParquetRows.Query($"FROM '{Sql(_folder["hosts.parquet"])}'").Select(r => (string)r["host"]!));
        Assert.Equal(
            ["'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(1)", "'\uFFFD=1", "a\uFFFDb\uFFFD[31m", "plain", "'quoted, \"text\""],
            ParquetRows.Query($"FROM read_csv('{Sql(_folder["hosts.csv"])}', header = true, all_varchar = true)").Select(r => (string)r["host"]!));
    }

    [Fact]
    public async Task SingleCellsByHand()
    {
        await RunAsync("run",
        [
            .. Enumerable.Range(1, 8).Select(n => Samples.Bare(n).Mx(MxClass.MxPresent).Spf(SpfStatus.Valid, SpfClass.Fail, SpfEffectiveAll.Fail, SpfPermissive.None)),
            Samples.Bare(9).Mx(MxClass.MxPresent).Spf(SpfStatus.PermerrorLookupLimit, SpfClass.Invalid),
            Samples.Bare(10).Mx(MxClass.MxPresent).Spf(SpfStatus.Temperror, SpfClass.Unknown),
            Samples.Bare(101).Mx(MxClass.MxPresent).Spf(SpfStatus.Unknown, SpfClass.Unknown),
            Samples.Bare(102).Mx(MxClass.NullMx).Spf(SpfStatus.None, SpfClass.None),
            Samples.Bare(103).Mx(MxClass.Unknown).Spf(SpfStatus.None, SpfClass.None),
        ]);
        // 13 listed, one of which MX was not answered.
        Assert.Equal("11 12 1 13", Cell("t01_population", "measure = 'step' AND value = 'mail' AND input_class = 'all'"));
        // Ranks 1 to 100: 10 published and decided. 101 to 1,000: one of mail, and that is unknown. Cumulative: 10 of 11.
        Assert.Equal("10 10 0 10", Cell("t03_rank", "bucket_kind = 'disjoint' AND bucket = '1-100' AND metric = 'spf_published' AND denominator = 'mail'"));
        Assert.Equal("0 0 1 1", Cell("t03_rank", "bucket = '101-1k' AND metric = 'spf_published' AND denominator = 'mail'"));
        Assert.Equal("10 10 1 11", Cell("t03_rank", "bucket_kind = 'cumulative' AND bucket = '1-1k' AND metric = 'spf_published' AND denominator = 'mail'"));
        // Of ten published: eight sound, one over the limit, one that could not be finished.
        Assert.Equal("8 9 1 10", Cell("t07_spf_errors", "measure = 'split' AND value = 'no_error' AND denominator = 'mail:is_spf_published'"));
        Assert.Equal("1 9 1 10", Cell("t07_spf_errors", "measure = 'split' AND value = 'evaluation' AND denominator = 'mail:is_spf_published'"));
        Assert.Equal("8 9 2 11", Cell("t06_spf_qualifier", "effective_all = 'fail' AND denominator = 'mail'"));
    }

    private string Cell(string table, string where)
    {
        var row = Assert.Single(ParquetRows.Query($"FROM '{Sql(_folder[$"run/tables/{table}.parquet"])}' WHERE {where}"));
        return string.Create(CultureInfo.InvariantCulture, $"{row["numerator"]} {row["decided"]} {row["unknown"]} {row["size"]}");
    }

    private static long Whole(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private static string Sql(string path) => path.Replace("'", "''", StringComparison.Ordinal);

    private Task RunAsync(string name, IEnumerable<DomainResult> rows) => MixedRun.WriteReportAsync(_folder[name], rows);
}
