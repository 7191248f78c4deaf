using System.Text.Json;
using Scanner.Write;

namespace Scanner.Tests.Write;

public sealed class RunFolderTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal static RunManifest Manifest { get; } = new()
    {
        ScanId = "s1",
        ToolVersion = "0.1.0",
        ToolCommit = "abc",
        CommandLine = ["scan", "münchen <list>.csv"],
        Options = new Dictionary<string, string> { ["qps"] = "1000" },
        List = "list.csv",
        ListSha256 = "ab12",
        Lines = new LineCounts(10, 1, 7, 1, 1, 0, 2),
        PslVersion = "2026",
        Resolvers = ["127.0.0.1:53"],
        Checks = ["mx", "spf"],
        Started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Ended = new DateTimeOffset(2026, 1, 2, 4, 4, 5, TimeSpan.Zero),
        Host = "h",
        Vantage = "v",
        Passes = [new PassCounts(1, 7, 6, 30), new PassCounts(2, 1, 1, 2)],
        QueryStatus = new Dictionary<string, IReadOnlyDictionary<string, long>> { ["mx"] = new Dictionary<string, long> { ["ok"] = 7 } },
        QueriesSent = 40,
        Retries = 3,
        TcpShare = 0.1,
        CacheHits = 2,
        PolicyFetches = 1,
        RowsWritten = 7,
        Complete = true,
    };

    [Fact]
    public void The_folder_above_the_runs_is_told_which_run_could_be_meant()
    {
        string runs = _folder["runs"], latest = Path.Combine(runs, "2026-01-02");
        foreach (string run in (string[])["2026-01-01", "2026-01-02", "empty"]) Directory.CreateDirectory(Path.Combine(runs, run));
        File.WriteAllText(Path.Combine(runs, "2026-01-01", "run.json"), "{}");
        File.WriteAllText(Path.Combine(latest, "run.json"), "{}");
        Assert.Contains($"Is {latest} meant?", Assert.Throws<RunFolderException>(() => RunFolder.Open(runs)).Message, StringComparison.Ordinal);
        Assert.EndsWith("is there", Assert.Throws<RunFolderException>(() => RunFolder.Open(Path.Combine(runs, "empty"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheManifestComesBackAsItWas()
    {
        var run = RunFolder.Create(_folder["run"]);
        run.Save(Manifest);
        Assert.Equal(Manifest.ToJson(), RunFolder.Open(_folder["run"]).LoadManifest().ToJson());
        Assert.Equal(["domains", "run.json"], Directory.GetFileSystemEntries(run.FullPath).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void TheManifestSpeaksTheInterfacesWords()
    {
        using var json = JsonDocument.Parse(Manifest.ToJson());
        Assert.Equal(
            "schema_version scan_id tool_version tool_commit command_line options result_options options_sha256 list list_sha256 lines psl_version data_versions resolvers checks started reclassified_from reclassified_at ended host vantage contact passes denial_spells query_status queries_sent retries tcp_share hedged wire resources cache_hits policy_fetches rows_written rows_provisional not_scanned resumed seconds complete interrupted_reason".Split(' '),
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            "read blank valid invalid duplicate unqueryable excluded".Split(' '),
            json.RootElement.GetProperty("lines").EnumerateObject().Select(p => p.Name));
        Assert.Equal(7, json.RootElement.GetProperty("query_status").GetProperty("mx").GetProperty("ok").GetInt64());
        Assert.Contains("münchen <list>.csv", Manifest.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void ANewRunRefusesAFolderThatHoldsOne()
    {
        RunFolder.Create(_folder["run"]).Save(Manifest);
        var error = Assert.Throws<RunFolderException>(() => RunFolder.Create(_folder["run"]));
        Assert.Contains("already holds a run", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClosedPartsWithoutManifestAreARunToo()
    {
        var run = RunFolder.Create(_folder["run"]);
        File.WriteAllText(Path.Combine(run.DomainsPath, "part-00000.parquet"), "");
        Assert.Throws<RunFolderException>(() => RunFolder.Create(_folder["run"]));
    }

    [Fact]
    public void AnEmptyFolderAndOtherFilesAreNoRun()
    {
        File.WriteAllText(_folder["notes.txt"], "");
        Assert.False(RunFolder.Create(_folder.Path).HoldsRun);
        Assert.Throws<RunFolderException>(() => RunFolder.Open(_folder.Path));
    }

    [Fact]
    public void PartsComeByNumberAndNothingElseIsOne()
    {
        var run = RunFolder.Create(_folder["run"]);
        foreach (string name in new[] { "part-00010.parquet", "part-00009.parquet", "part-100000.parquet", ".part-00011.parquet.tmp", "part-x.parquet", "part-1.csv" })
            File.WriteAllText(Path.Combine(run.DomainsPath, name), "");
        Assert.Equal(["part-00009.parquet", "part-00010.parquet", "part-100000.parquet"], run.ClosedParts().Select(Path.GetFileName));
        Assert.Equal(100_001, run.NextPart());
    }

    [Theory]
    [InlineData("", "damaged", "an empty file")]
    [InlineData("{\"scan_id\":", "damaged", "cut off")]
    [InlineData("{}", "damaged", "without what must be there")]
    [InlineData("{\"scan_id\":null,\"tool_version\":\"1\",\"list\":\"l\",\"list_sha256\":\"a\",\"checks\":[],\"started\":\"2026-01-02T03:04:05Z\"}", "damaged", "null for an id")]
    [InlineData("{\"schema_version\":99,\"scan_id\":\"s\",\"tool_version\":\"1\",\"list\":\"l\",\"list_sha256\":\"a\",\"checks\":[],\"started\":\"2026-01-02T03:04:05Z\"}", "newer", "of a later version")]
    public void ABadManifestIsRefusedWithItsPath(string text, string word, string why)
    {
        var run = RunFolder.Create(_folder["run"]);
        File.WriteAllText(run.ManifestPath, text);
        var error = Assert.Throws<RunFolderException>(run.LoadManifest);
        Assert.True(error.Message.Contains(word, StringComparison.Ordinal) && error.Message.Contains(run.ManifestPath, StringComparison.Ordinal), why + ": " + error.Message);
    }

    [Fact]
    public void AMissingManifestSaysSo() =>
        Assert.Contains("missing", Assert.Throws<RunFolderException>(RunFolder.Create(_folder["run"]).LoadManifest).Message, StringComparison.Ordinal);
}
