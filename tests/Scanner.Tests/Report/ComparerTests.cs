using Scanner.Aggregate;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Report;
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Report;

public sealed class ComparerTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static DomainResult Row(int rank, DmarcClass dmarc, SpfClass spf = SpfClass.Softfail, MtaStsStatus sts = MtaStsStatus.Absent, MxClass mx = MxClass.MxPresent) => Samples.Bare(rank)
        .Mx(mx)
        .Spf(spf switch { SpfClass.None => SpfStatus.None, SpfClass.Unknown => SpfStatus.Unknown, SpfClass.Invalid => SpfStatus.PermerrorSyntax, _ => SpfStatus.Valid }, spf)
        .Dmarc(dmarc, own: dmarc == DmarcClass.Unknown ? null : dmarc != DmarcClass.Absent, enforcing: dmarc == DmarcClass.Unknown ? null : dmarc is DmarcClass.Quarantine or DmarcClass.Reject)
        .MtaSts(sts).TlsRpt(TlsRptStatus.Absent);

    private async Task<Comparison> CompareAsync(DomainResult[] before, DomainResult[] after)
    {
        await RunAsync("old", before);
        await RunAsync("new", after);
        return Comparer.Write([RunFolder.Open(_folder["old"]), RunFolder.Open(_folder["new"])], _folder["out"]);
    }

    [Fact]
    public async Task EveryTransitionIsCountedByHand()
    {
        var comparison = await CompareAsync(
        [
            Row(1, DmarcClass.Absent), Row(2, DmarcClass.Reject), Row(3, DmarcClass.None), Row(4, DmarcClass.Reject), Row(5, DmarcClass.None),
            Row(6, DmarcClass.Unknown), Row(7, DmarcClass.Reject), Row(8, DmarcClass.NoEffect), Row(9, DmarcClass.Absent),
        ],
        [
            Row(1, DmarcClass.None),         // appeared
            Row(2, DmarcClass.Absent),       // vanished
            Row(3, DmarcClass.Quarantine),   // strengthened
            Row(4, DmarcClass.None),         // weakened
            Row(5, DmarcClass.None),         // same
            Row(6, DmarcClass.Reject),       // unknown before
            Row(7, DmarcClass.Unknown),      // unknown after: it did not lose its record
            Row(8, DmarcClass.None),         // strengthened
            Row(10, DmarcClass.Reject),      // entered; 9 left
        ]);
        Assert.Equal((8, 1, 1), (comparison.InBoth, comparison.Entered, comparison.Left));
        var dmarc = comparison.Transitions.Single(t => t is { Protocol: "dmarc", Denominator: "both lists" });
        Assert.Equal(new TransitionCounts("dmarc", "both lists", 1, 1, 2, 1, 0, 1, 2, 8), dmarc);
        // Enforcing, of the six known on both sides: 2 lost it, 3 gained it, 4 lost it.
        var enforcing = comparison.Metrics.Single(m => m is { Metric: "enf_9989", Denominator: "both lists" });
        Assert.Equal((2, 1, 1, 2, 6, 2, 8), (enforcing.YesBefore, enforcing.YesAfter, enforcing.Gained, enforcing.Lost, enforcing.Decided, enforcing.Unknown, enforcing.Size));
        Assert.Equal(1, enforcing.P);
        Assert.Equal(
            ["n1 absent none appeared", "n2 reject absent vanished", "n3 none quarantine strengthened", "n4 reject none weakened", "n8 no_effect none strengthened"],
            ParquetRows.Query($"SELECT 'n' || old_rank || ' ' || before || ' ' || after || ' ' || transition AS t FROM '{Sql("tables/changed_names.parquet")}' WHERE protocol = 'dmarc' ORDER BY old_rank").Select(r => (string)r["t"]!));
    }

    [Fact]
    public async Task StrengthOfTheOtherProtocols()
    {
        var comparison = await CompareAsync(
            [Row(1, DmarcClass.None, SpfClass.Softfail), Row(2, DmarcClass.None, SpfClass.Fail), Row(3, DmarcClass.None, SpfClass.Dynamic), Row(4, DmarcClass.None, SpfClass.Invalid), Row(5, DmarcClass.None, SpfClass.None, MtaStsStatus.ValidTesting), Row(6, DmarcClass.None, SpfClass.Unknown, MtaStsStatus.ValidEnforce, MxClass.NoMail)],
            [Row(1, DmarcClass.None, SpfClass.Fail), Row(2, DmarcClass.None, SpfClass.Pass), Row(3, DmarcClass.None, SpfClass.Fail), Row(4, DmarcClass.None, SpfClass.None), Row(5, DmarcClass.None, SpfClass.Dynamic, MtaStsStatus.ValidEnforce), Row(6, DmarcClass.None, SpfClass.Fail, MtaStsStatus.FetchFailedTls)]);
        TransitionCounts Of(string protocol) => comparison.Transitions.Single(t => t.Protocol == protocol && t.Denominator == "both lists");
        Assert.Equal(new TransitionCounts("spf", "both lists", 1, 1, 1, 1, 1, 0, 1, 6), Of("spf"));
        Assert.Equal(new TransitionCounts("mtasts", "both lists", 0, 0, 1, 1, 0, 4, 0, 6), Of("mtasts"));
        Assert.Equal(new TransitionCounts("mail", "both lists", 1, 0, 0, 0, 0, 5, 0, 6), Of("mail"));
        Assert.Equal(5, comparison.Transitions.Single(t => t is { Protocol: "mtasts", Denominator: "mail in both" }).Size);
        Assert.DoesNotContain(comparison.Transitions, t => t.Protocol == "dkim");
    }

    [Fact]
    public async Task ACheckThatOneRunDidNotMakeIsNotCompared()
    {
        var comparison = await CompareAsync([Samples.Bare(1).Mx(MxClass.MxPresent).TlsRpt(TlsRptStatus.Absent)], [Row(1, DmarcClass.Reject)]);
        Assert.Equal(["mail", "tlsrpt"], comparison.Transitions.Select(t => t.Protocol).Distinct());
        Assert.All(comparison.Metrics, m => Assert.Equal("tlsrpt_published", m.Metric));
    }

    [Fact]
    public async Task ThreeRunsGiveASeries()
    {
        foreach (var (name, enforcing) in new[] { ("a", 1), ("b", 2), ("c", 4) })
            await RunAsync(name, [.. Enumerable.Range(1, 10).Select(n => Row(n, n <= enforcing ? DmarcClass.Reject : DmarcClass.Absent))]);
        var comparison = Comparer.Write([.. new[] { "a", "b", "c" }.Select(n => RunFolder.Open(_folder[n]))], _folder["out"]);
        Assert.Equal([0.1, 0.2, 0.4], comparison.Trend.Where(p => p is { Metric: "enf_9989", Denominator: "mail" }).OrderBy(p => p.Run).Select(p => p.Share));
        Assert.Contains(comparison.Plots, p => p.Name == "p12_trend");
        Assert.Contains("| `enf_9989` | 10.00 % | 20.00 % | 40.00 % |", File.ReadAllText(_folder["out/compare.md"]), StringComparison.Ordinal);
        Assert.Equal(3, comparison.Transitions.Single(t => t is { Protocol: "dmarc", Denominator: "both lists" }).Appeared);
    }

    [Fact]
    public async Task ShardsOfEachNightAreOneRun()
    {
        DomainResult[] old = [.. Enumerable.Range(1, 6).Select(n => Row(n, DmarcClass.None))], after = [.. Enumerable.Range(1, 6).Select(n => Row(n, DmarcClass.Reject))];
        foreach (var (night, rows) in new[] { ("old", old), ("new", after) })
            for (int i = 1; i <= 2; i++) await RunAsync($"{night}{i}", [.. rows.Where(r => r.Name.Rank % 2 == i - 1)], Shard(i, 2));
        RunFolder[] Folders(params string[] names) => [.. names.Select(n => RunFolder.Open(_folder[n]))];
        var comparison = Comparer.Write(Folders("old1", "old2", "new1", "new2"), _folder["out"]);
        Assert.Equal(2, comparison.Runs.Count);
        Assert.Equal(6, comparison.Transitions.Single(t => t is { Protocol: "dmarc", Denominator: "both lists" }).Strengthened);

        Assert.Contains("number 2 is missing", Refused(() => Comparer.Write(Folders("old1", "old2", "new1"), _folder["x"])), StringComparison.Ordinal);
        Assert.Contains("shards of one", Refused(() => Comparer.Write(Folders("old1", "old2"), _folder["x"])), StringComparison.Ordinal);
        Assert.Contains("both shard 1/2: they overlap", Refused(() => Reporter.Write(Folders("old1", "new1"), _folder["x"])), StringComparison.Ordinal);
        Assert.Contains("numbers 2, 3 are missing", Refused(() => Reporter.Write([RunFolder.Open(_folder["old1"]), .. ShardOfFour()], _folder["x"])), StringComparison.Ordinal);
        // One shard alone may have its report: it says which it is.
        Reporter.Write(Folders("new1"), _folder["alone"]);
        Assert.Contains("shard: 1/2", File.ReadAllText(_folder["alone/summary.md"]), StringComparison.Ordinal);

        IEnumerable<RunFolder> ShardOfFour()
        {
            RunFolder.Open(_folder["old1"]).Save(Shard(1, 4));
            var last = RunFolder.Create(_folder["four"]);
            last.Save(Shard(4, 4));
            yield return last;
        }

        static string Refused(Action action) => Assert.Throws<RunFolderException>(action).Message;
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(10, 0, 0.001953125)]        // 2 / 2^10
    [InlineData(8, 2, 0.109375)]            // 2 * (1 + 10 + 45) / 1024
    [InlineData(900, 800, 0.01635)]         // chi-square 99^2 / 1700 = 5.765
    [InlineData(1000, 1000, 1)]
    public void McNemarsP(long gained, long lost, double p)
    {
        Assert.Equal(p, McNemar.P(gained, lost), 0.00002);
        Assert.Equal(p, McNemar.P(lost, gained), 0.00002);
    }

    private static RunManifest Shard(int index, int count) => RunFolderTests.Manifest with { Options = new Dictionary<string, string> { ["shard"] = $"{index}/{count}" } };

    private string Sql(string path) => _folder[$"out/{path}"].Replace("'", "''", StringComparison.Ordinal);

    private async Task RunAsync(string name, DomainResult[] rows, RunManifest? manifest = null)
    {
        var run = RunFolder.Create(_folder[name]);
        run.Save(manifest ?? RunFolderTests.Manifest);
        await Samples.WriteAsync(run.FullPath, rows);
    }
}
