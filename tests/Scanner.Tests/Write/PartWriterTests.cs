using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using DuckDB.NET.Data;
using Scanner.Checks.Mx;
using Scanner.Write;

namespace Scanner.Tests.Write;

/// <summary>The files are read back by DuckDB, which shares no code with the writer.</summary>
public sealed class PartWriterTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EveryColumnOfEveryRowComesBackAsItWas()
    {
        // 25 rows in groups of 9: three row groups, the last one shorter, each a mixture.
        var rows = Enumerable.Range(1, 25).Select(Mixture).ToArray();
        await WriteAsync(rows, new() { RowsPerGroup = 9 });

        Assert.Equal(3, Scalar<long>($"SELECT count(DISTINCT row_group_id) FROM parquet_metadata({Part(0)})"));
        var read = Query($"FROM read_parquet({Part(0)}) ORDER BY rank");
        Assert.Equal(rows.Length, read.Count);
        foreach (var (row, back) in rows.Zip(read))
        {
            using var json = JsonDocument.Parse(Json(row));
            foreach (var column in ResultSchema.Columns)
                Assert.Equal((column.Name, Text(json.RootElement.GetProperty(column.Name))), (column.Name, Text(back[column.Name])));
        }
    }

    [Fact]
    public async Task ValuesByHand()
    {
        await WriteAsync([Samples.Full(1), Samples.Bare(2), Samples.AllAbsent(3), Samples.AllUnknown(4)]);
        string from = $"FROM read_parquet({Part(0)})";

        Assert.Equal(@"v=spf1 \\ \226\128 ü 漢字 😀 ""quoted"" ~all", Scalar<string>($"SELECT spf_raw {from} WHERE rank = 1"));
        Assert.Equal("v=DMARC1; p=\t\u001B[31mred", Scalar<string>($"SELECT dmarc_raw {from} WHERE rank = 1"));
        Assert.Equal("MÜNCHEN\\\"'.Example.", Scalar<string>($"SELECT name_input {from} WHERE rank = 1"));
        Assert.Equal([null, "v=spf1"], [Scalar<string?>($"SELECT nullif(spf_candidates[1], '') {from} WHERE rank = 1"), Scalar<string>($"SELECT spf_candidates[2] {from} WHERE rank = 1")]);
        Assert.Equal(70_000, Scalar<long>($"SELECT length(spf_candidates[3]) {from} WHERE rank = 1"));
        Assert.Equal(4_294_967_296, Scalar<long>($"SELECT spf_ipv4_count {from} WHERE rank = 1"));
        Assert.Equal(4_000_000_000, Scalar<long>($"SELECT q_mx_ttl {from} WHERE rank = 1"));
        Assert.Equal(12.5f, Scalar<float>($"SELECT q_mx_ms {from} WHERE rank = 1"));
        Assert.Equal("20 mx2.example|10 mx1.example", Scalar<string>($"SELECT array_to_string(mx_raw, '|') {from} WHERE rank = 1"));
        Assert.Equal("timeout|servfail", Scalar<string>($"SELECT array_to_string(q_mx_failed, '|') {from} WHERE rank = 1"));
        // 03:04:05 at +02:00, microseconds kept.
        Assert.Equal(1_767_315_845_123_456, Scalar<long>($"SELECT epoch_us(scan_ts) {from} WHERE rank = 1"));
        Assert.Equal(1, Scalar<long>($"SELECT count(*) {from} WHERE name = 'd3.example'"));

        // An empty tag is not a missing one.
        Assert.Equal("", Scalar<string>($"SELECT dmarc_sp_raw {from} WHERE rank = 1"));
        Assert.Equal(3, Scalar<long>($"SELECT count(*) {from} WHERE dmarc_sp_raw IS NULL"));
        // Not asked: null. Asked, nothing there: an empty list. Could not tell: null.
        Assert.Equal([null, 0L, null], Query($"SELECT len(mx_hosts) AS n {from} WHERE rank > 1 ORDER BY rank").Select(r => r["n"]));
        Assert.Equal([null, 0L, null], Query($"SELECT len(spf_errors) AS n {from} WHERE rank > 1 ORDER BY rank").Select(r => r["n"]));
        Assert.Equal([null, false, null], Query($"SELECT runs_mail {from} WHERE rank > 1 ORDER BY rank").Select(r => r["runs_mail"]));
        Assert.Equal([null, false, null], Query($"SELECT q_mx_ad {from} WHERE rank > 1 ORDER BY rank").Select(r => r["q_mx_ad"]));
        Assert.Equal([null, "nodata", "timeout"], Query($"SELECT q_mx_status {from} WHERE rank > 1 ORDER BY rank").Select(r => r["q_mx_status"]));
    }

    [Fact]
    public async Task WhatWasNotAskedIsNullAndNotEmpty()
    {
        await WriteAsync([Samples.Bare(1), Samples.Bare(2)]);
        string[] filled = ["psl_version", "vantage"];
        foreach (var column in ResultSchema.Columns)
        {
            long nulls = Scalar<long>($"SELECT count(*) - count({column.Name}) FROM read_parquet({Part(0)})");
            Assert.Equal((column.Name, column.Nullable && !filled.Contains(column.Name) ? 2 : 0), (column.Name, nulls));
        }
    }

    [Fact]
    public async Task TypesAsTheReaderSeesThem()
    {
        await WriteAsync([Samples.Full(1)]);
        var types = Query($"DESCRIBE FROM read_parquet({Part(0)})").ToDictionary(r => (string)r["column_name"]!, r => (string)r["column_type"]!);
        Assert.Equal(ResultSchema.Columns.Select(c => c.Name), types.Keys);
        foreach (var column in ResultSchema.Columns)
        {
            string expected = column.Type switch
            {
                ColumnType.Int32 => "INTEGER",
                ColumnType.Int64 => "BIGINT",
                ColumnType.Float => "FLOAT",
                ColumnType.Bool => "BOOLEAN",
                ColumnType.String => "VARCHAR",
                ColumnType.StringList => "VARCHAR[]",
                _ => "TIMESTAMP WITH TIME ZONE",
            };
            Assert.Equal((column.Name, expected), (column.Name, types[column.Name]));
        }
    }

    [Fact]
    public async Task ZstdDictionariesAndMetadata()
    {
        await WriteAsync(Enumerable.Range(1, 500).Select(Mixture));
        Assert.Equal("ZSTD", Scalar<string>($"SELECT string_agg(DISTINCT compression, ',') FROM parquet_metadata({Part(0)})"));
        foreach (string column in new[] { "spf_status", "mx_class", "tld", "mx_hosts, list, element" })
            Assert.Contains("DICTIONARY", Scalar<string>($"SELECT encodings FROM parquet_metadata({Part(0)}) WHERE path_in_schema = '{column}'"), StringComparison.Ordinal);
        var metadata = Query($"SELECT decode(key) AS k, decode(value) AS v FROM parquet_kv_metadata({Part(0)})").ToDictionary(r => (string)r["k"]!, r => r["v"]);
        Assert.Equal("1", metadata["schema_version"]);
        Assert.Equal("0.1.0", metadata["tool_version"]);
        Assert.Equal("ab12", metadata["list_sha256"]);
        Assert.Equal("20260102T030405Z-1", metadata["scan_id"]);
    }

    [Fact]
    public async Task RollsToTheNextPartAndKeepsTheTemporaryNameUntilClosed()
    {
        await using (var writer = new PartWriter(_folder.Path, Samples.Stamp, new() { RowsPerGroup = 2, RowsPerPart = 5, FirstPart = 3 }))
        {
            for (int rank = 1; rank <= 12; rank++) await writer.AddAsync(Mixture(rank));
            Assert.Equal([_folder["part-00003.parquet"], _folder["part-00004.parquet"]], writer.ClosedParts);
            Assert.Equal(10, writer.RowsClosed);
            Assert.Equal([".part-00005.parquet.tmp", "part-00003.parquet", "part-00004.parquet"], Files());
        }
        Assert.Equal(["part-00003.parquet", "part-00004.parquet", "part-00005.parquet"], Files());
        Assert.Equal([5L, 5L, 2L], Enumerable.Range(3, 3).Select(n => Scalar<long>($"SELECT count(*) FROM read_parquet({Part(n)})")));
    }

    [Fact]
    public async Task ACrashLeavesNoPartUnderItsName()
    {
        var writer = new PartWriter(_folder["domains"], Samples.Stamp, new() { RowsPerGroup = 2, RowsPerPart = 5 });
        for (int rank = 1; rank <= 8; rank++) await writer.AddAsync(Mixture(rank));
        // Nobody disposes it: what a killed process leaves behind.
        var run = RunFolder.Open(_folder.Path);
        Assert.Equal(["part-00000.parquet"], run.ClosedParts().Select(Path.GetFileName));
        Assert.Equal(1, run.NextPart());
        Assert.True(File.Exists(_folder["domains/.part-00001.parquet.tmp"]));

        run.RemoveUnfinishedParts();
        Assert.Equal(["part-00000.parquet"], Directory.GetFiles(run.DomainsPath).Select(Path.GetFileName));
    }

    [Fact]
    public async Task LongTextsCloseARowGroupEarly()
    {
        await WriteAsync(Enumerable.Range(1, 6).Select(Samples.Full), new() { MaxBufferedCharacters = 100_000 });
        // 70,000 characters in each: two rows reach the bound.
        Assert.Equal(3, Scalar<long>($"SELECT count(DISTINCT row_group_id) FROM parquet_metadata({Part(0)})"));
        Assert.Equal(6, Scalar<long>($"SELECT count(DISTINCT rank) FROM read_parquet({Part(0)})"));
    }

    [Fact]
    public async Task TakesAChannelToItsEnd()
    {
        var channel = Channel.CreateBounded<DomainResult>(4);
        await using var writer = new PartWriter(_folder.Path, Samples.Stamp);
        var running = writer.RunAsync(channel.Reader, TestContext.Current.CancellationToken);
        for (int rank = 1; rank <= 20; rank++) await channel.Writer.WriteAsync(Mixture(rank), TestContext.Current.CancellationToken);
        channel.Writer.Complete();
        await running;
        Assert.Equal(20, writer.RowsClosed);
        Assert.Equal(20, Scalar<long>($"SELECT count(*) FROM read_parquet({Part(0)})"));
    }

    [Fact]
    public async Task WhatArrivedBeforeCancellationIsKept()
    {
        using var stop = new CancellationTokenSource();
        var channel = Channel.CreateUnbounded<DomainResult>();
        for (int rank = 1; rank <= 3; rank++) channel.Writer.TryWrite(Mixture(rank));
        await using (var writer = new PartWriter(_folder.Path, Samples.Stamp))
        {
            var running = writer.RunAsync(channel.Reader, stop.Token);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }
        Assert.Equal(3, Scalar<long>($"SELECT count(*) FROM read_parquet({Part(0)})"));
    }

    [Fact]
    public async Task NoRowsNoFile()
    {
        await WriteAsync([]);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task AnErrorOfTheDiskNamesThePath()
    {
        File.WriteAllText(_folder["taken"], "");
        var writer = new PartWriter(_folder["taken"], Samples.Stamp);
        await writer.AddAsync(Samples.Bare(1));
        var error = await Assert.ThrowsAsync<IOException>(writer.CloseAsync);
        Assert.Contains(_folder["taken"], error.Message, StringComparison.Ordinal);
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task APartThatIsThereIsNeverOverwritten()
    {
        File.WriteAllText(_folder["part-00000.parquet"], "somebody's rows");
        var writer = new PartWriter(_folder.Path, Samples.Stamp);
        await writer.AddAsync(Samples.Bare(1));
        await Assert.ThrowsAsync<IOException>(writer.CloseAsync);
        await writer.DisposeAsync();
        Assert.Equal("somebody's rows", File.ReadAllText(_folder["part-00000.parquet"]));
    }

    [Fact]
    public async Task ARowWithoutItsNameSpoilsThePartAndNotTheClosedOnes()
    {
        var writer = new PartWriter(_folder.Path, Samples.Stamp, new() { RowsPerPart = 2 });
        for (int rank = 1; rank <= 3; rank++) await writer.AddAsync(Samples.Bare(rank));
        var broken = Samples.Bare(4);
        broken = broken with { Name = broken.Name with { Tld = null! } };
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.AddAsync(broken));
        await writer.DisposeAsync();
        Assert.Equal(["part-00000.parquet"], Files());
    }

    /// <summary>Full, bare, absent and unknown rows in turn, and one with a bare null MX.</summary>
    private static DomainResult Mixture(int rank) => (rank % 5) switch
    {
        0 => Samples.Full(rank),
        1 => Samples.Bare(rank),
        2 => Samples.AllAbsent(rank),
        3 => Samples.AllUnknown(rank),
        _ => Samples.Bare(rank).Mx(MxClass.NullMx),
    };

    private async Task WriteAsync(IEnumerable<DomainResult> rows, PartWriterOptions? options = null)
    {
        await using var writer = new PartWriter(_folder.Path, Samples.Stamp, options);
        foreach (var row in rows) await writer.AddAsync(row);
    }

    private IEnumerable<string?> Files() => Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private string Part(int number) => $"'{_folder[PartWriter.PartName(number)].Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Json(DomainResult row)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) ResultSchema.WriteJson(json, row, Samples.Stamp);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static T Scalar<T>(string sql) => (T)Query(sql)[0].Values.Single()!;

    private static List<Dictionary<string, object?>> Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<Dictionary<string, object?>>();
        while (reader.Read())
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(reader.GetName, i => reader.IsDBNull(i) ? null : reader.GetValue(i)));
        return rows;
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        float f => f.ToString(CultureInfo.InvariantCulture),
        DateTime t => t.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        string s => s,
        IEnumerable<string> list => $"[{string.Join('\u0001', list)}]",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => $"[{string.Join('\u0001', value.EnumerateArray().Select(v => v.GetString()))}]",
        _ => value.GetRawText(),
    };
}
