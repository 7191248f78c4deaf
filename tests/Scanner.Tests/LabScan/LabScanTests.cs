using System.Text.Json;
using Scanner.Cli;
using Scanner.Lab.World;
using Scanner.TestSupport;

namespace Scanner.Tests.LabScan;

/// <summary>Whole scans of the simulated internet, in a process of their own, compared with the truth row by row.</summary>
public sealed class LabScanTests : IDisposable
{
    private const string RealList = "lists/majestic-head-15000.csv";

    /// <summary>Of its 15,000 lines one names a suffix a second time (rank 10,468, the domain of rank 114): 14,999 names.</summary>
    private const long RealNames = 14_999;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_expected_class_of_the_cast_and_of_the_population_is_the_rows()
    {
        string run = await ScanAsync(["--lab"]);
        var verify = Verify(run);
        Assert.True(verify.Rows > 5_000 && Cast.Bundled.Listed.Count() >= 150, $"{verify.Rows} rows, {Cast.Bundled.Listed.Count()} names in the cast");
        Assert.True(verify.Differences.Count == 0, Text(verify));
        Assert.Equal(verify.Rows, ParquetRows.Read(run, "count(DISTINCT name) AS n")[0]["n"]);
    }

    [Fact]
    public async Task A_real_list_has_a_row_for_every_name_and_the_truths_classes_and_shares()
    {
        string? list = SharedVectors.Find(RealList);
        Assert.SkipWhen(list is null, SharedVectors.Missing(RealList));
        string run = await ScanAsync([list!, "--lab"]);
        var verify = Verify(run);
        Assert.Equal(RealNames, verify.Rows);
        Assert.True(verify.Differences.Count == 0, Text(verify));

        // Each row equals the truth, so the shares do; here against the parameters of the population, within four standard errors.
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(run, "summary.json"), TestContext.Current.CancellationToken));
        foreach (var (metric, parameter) in ((string, double)[])[("spf_published", 0.86), ("dmarc_own", 0.57), ("mtasts_published", 0.01)])
        {
            var row = summary.RootElement.GetProperty("metrics").EnumerateArray()
                .Single(m => m.GetProperty("metric").GetString() == metric && m.GetProperty("denominator").GetString() == "mail");
            double share = row.GetProperty("share").GetDouble(), n = row.GetProperty("decided").GetDouble();
            double error = Math.Sqrt(parameter * (1 - parameter) / n);
            Assert.True(Math.Abs(share - parameter) < 4 * error, $"{metric}: {share:P2} of {n}, parameter {parameter:P2}, standard error {error:P2}");
            Assert.Equal(0, row.GetProperty("unknown").GetInt64());
        }
    }

    [Fact]
    public async Task With_packets_lost_and_servers_failing_unknown_is_never_no()
    {
        string? list = SharedVectors.Find(RealList);
        Assert.SkipWhen(list is null, SharedVectors.Missing(RealList));
        string run = await ScanAsync([list!, "--lab", "--lab-drop", "0.05", "--lab-servfail", "0.02", "--timeout", "0.3", "--attempts", "2", "--passes", "0"]);
        var verify = Verify(run);
        Assert.Equal(RealNames, verify.Rows);
        Assert.True(verify.FalselyAbsent == 0, $"{verify.FalselyAbsent} values claim absence:\n{Text(verify)}");
        Assert.True(verify.Unknown > 0, "with such losses some answers stay unknown: a run without any was not faulty enough to show something");
        Assert.Contains("unknown", await File.ReadAllTextAsync(Path.Combine(run, "summary.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True((long)ParquetRows.Read(run, "count(*) FILTER (q_txt_status NOT IN ('ok', 'nodata', 'nxdomain')) AS n")[0]["n"]! > 0);
    }

    [Fact]
    public async Task Report_rebuilds_the_same_summary_from_the_rows_alone()
    {
        string run = await ScanAsync(["--lab", "--top", "300"]);
        string before = await File.ReadAllTextAsync(Path.Combine(run, "summary.json"), TestContext.Current.CancellationToken);
        File.Delete(Path.Combine(run, "summary.json"));
        Assert.Equal(0, await ScannerProcess.RunAsync(["report", run], TestContext.Current.CancellationToken));
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(run, "summary.json"), TestContext.Current.CancellationToken));
    }

    private async Task<string> ScanAsync(string[] arguments)
    {
        string run = _folder.Path("run");
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync(["scan", .. arguments, "-o", run, "--progress", "none"], null, TestContext.Current.CancellationToken);
        Assert.True(exit == 0, $"exit {exit}\n{output}\n{error}");
        return run;
    }

    private static LabVerify Verify(string run)
    {
        var verify = new LabVerify(new LabWorld());
        verify.Compare(run);
        return verify;
    }

    private static string Text(LabVerify verify) =>
        $"{string.Join(", ", verify.Differences.Select(d => $"{d.Key}: {d.Value}"))}\n{string.Join('\n', verify.Examples)}";
}
