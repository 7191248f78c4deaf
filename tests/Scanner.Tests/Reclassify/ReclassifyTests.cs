using Scanner.Cli;
using Scanner.Lab.World;
using Scanner.Write;

namespace Scanner.Tests.Reclassify;

/// <summary><c>reclassify RUN</c>: what the rows hold is enough to make them again.</summary>
public sealed class ReclassifyTests : IDisposable
{
    /// <summary>What says which run it was, and nothing about the names.</summary>
    private static readonly string[] RunColumns = ["scan_id"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--checks", "all", "--mx-addresses", "--check-report-auth")]
    [InlineData("--no-prune")]
    [InlineData("--checks", "dmarc,bimi")]
    public async Task EveryColumnOfALabScanComesBack(params string[] options)
    {
        string run = _folder.Path("run"), again = _folder.Path("again");
        await RunAsync(["scan", "--lab", "-o", run, "--progress", "none", .. options]);
        await RunAsync(["reclassify", run, "-o", again]);

        var before = ParquetRows.Read(run, "*").ToDictionary(r => (string)r["name"]!);
        var after = ParquetRows.Read(again, "*").ToDictionary(r => (string)r["name"]!);
        Assert.Equal(before.Count, after.Count);
        var differences = new List<string>();
        foreach (var (name, row) in before)
            foreach (var column in ResultSchema.Columns.Where(c => !RunColumns.Contains(c.Name)))
                if (Text(row[column.Name]) != Text(after[name][column.Name]) && differences.Count < 30)
                    differences.Add($"{name} {column.Name}: {Text(row[column.Name])} -> {Text(after[name][column.Name])}");
        Assert.True(differences.Count == 0, string.Join('\n', differences));

        // It is a run like any other, and says what it is.
        var manifest = RunFolder.Open(again).LoadManifest();
        Assert.Equal((RunFolder.Open(run).LoadManifest().ScanId, true), (manifest.ReclassifiedFrom, manifest.Complete));
        Assert.True(File.Exists(Path.Combine(again, "summary.json")));
        // The truth knows the default: all five checks, and nothing asked below names that do not exist.
        if (!options.Contains("all")) return;
        var verify = new LabVerify(new LabWorld());
        verify.Compare(again);
        Assert.True(verify.Differences.Count == 0, string.Join('\n', verify.Examples));
    }

    // A run of a version without evidence: what was there is not known any more, and "none" stays "none".
    [Fact]
    public async Task WithoutEvidenceAClassIsUnknownAndNeverInvented()
    {
        string run = _folder.Path("run"), old = _folder.Path("old"), again = _folder.Path("again");
        await RunAsync(["scan", "--lab", "-o", run, "--progress", "none"]);
        Directory.CreateDirectory(Path.Combine(old, "domains"));
        File.Copy(Path.Combine(run, "run.json"), Path.Combine(old, "run.json"));
        ParquetRows.Query($"COPY (SELECT * EXCLUDE (evidence_own, evidence_shared) FROM read_parquet('{run}/domains/part-*.parquet')) TO '{old}/domains/part-00000.parquet' (FORMAT parquet)");
        await RunAsync(["reclassify", old, "-o", again]);

        var counts = ParquetRows.Query($"""
            SELECT a.q_txt_status AS status, b.spf_status AS spf, count(*) AS n
            FROM read_parquet('{run}/domains/part-*.parquet') a JOIN read_parquet('{again}/domains/part-*.parquet') b USING (name)
            WHERE a.spf_status IS NOT NULL GROUP BY ALL
            """);
        Assert.All(counts, r => Assert.Equal((string)r["status"]! is "nodata" or "nxdomain" or "name_too_long" ? "none" : "unknown", r["spf"]));
        Assert.Contains(counts, r => (string)r["status"]! == "ok");
        Assert.Empty(ParquetRows.Query($"""
            SELECT name FROM read_parquet('{run}/domains/part-*.parquet') a JOIN read_parquet('{again}/domains/part-*.parquet') b USING (name)
            WHERE (a.dmarc_own AND NOT b.dmarc_own) OR (a.mx_class <> b.mx_class AND b.mx_class NOT IN ('unknown'))
               OR (a.tlsrpt_status <> b.tlsrpt_status AND b.tlsrpt_status <> 'unknown') OR (a.mtasts_status <> b.mtasts_status AND b.mtasts_status <> 'unknown')
            """));
    }

    [Fact]
    public async Task AFolderWithoutRunIsRefused() =>
        Assert.Equal(2, await ScannerProcess.RunAsync(["reclassify", _folder.Path("nothing")], TestContext.Current.CancellationToken));

    private static async Task RunAsync(string[] arguments)
    {
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync(arguments, null, TestContext.Current.CancellationToken);
        Assert.True(exit == 0, $"exit {exit}\n{output}\n{error}");
    }

    private static string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        System.Collections.IEnumerable list => "[" + string.Join('|', list.Cast<object?>()) + "]",
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture),
    };
}
