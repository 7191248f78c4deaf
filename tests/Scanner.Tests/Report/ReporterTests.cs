using System.Text.Json;
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

public sealed class ReporterTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Ten names that run mail: 8 publish SPF, 1 does not, 1 unknown; 5 publish DMARC, 5 not; 2 enforce; 1 publishes MTA-STS, 9 not.
    // Two that do not, one of which nothing is known.
    private static DomainResult[] Population() =>
    [
        .. Enumerable.Range(1, 10).Select(n => Samples.Bare(n).Mx(MxClass.MxPresent)
            .Spf(n <= 8 ? SpfStatus.Valid : n == 9 ? SpfStatus.None : SpfStatus.Unknown, n <= 8 ? SpfClass.Softfail : n == 9 ? SpfClass.None : SpfClass.Unknown, SpfEffectiveAll.Softfail, SpfPermissive.None)
            .Dmarc(n <= 2 ? DmarcClass.Reject : n <= 5 ? DmarcClass.None : DmarcClass.Absent, own: n <= 5, enforcing: n <= 2)
            .MtaSts(n == 1 ? MtaStsStatus.ValidEnforce : MtaStsStatus.Absent, n == 1 ? MtaStsMxMatch.All : null)
            .TlsRpt(TlsRptStatus.Absent)),
        Samples.AllAbsent(11),
        Samples.AllUnknown(12),
    ];

    [Fact]
    public async Task TheSentenceOfTheHeadline()
    {
        var summary = await RunAsync("run", Population());
        Assert.Equal(
            "Of domains that run mail, 88.9 % publish SPF, 50.0 % publish DMARC (only 20.0 % at an enforcing policy) and 10.0 % publish MTA-STS.",
            Headline.Sentence(summary));
        Assert.Equal(
            [
                "10 of 12 listed names are domains that run mail (mail).",
                "Unknown among them, and counted neither way: SPF 1, DMARC 0, enforcing 0, MTA-STS 0.",
                "Of 1 further listed names it is not known whether they run mail.",
                "Enforcing is enf_9989 (RFC 9989 section 3.2.9); by p or sp alone (enf_p) it is 20.0 %.",
                "Unknown answers over resolvable names: mx 0.00 %, txt 9.09 %, dmarc 0.00 %, mta_sts 0.00 %, tls_rpt 0.00 %, domainkey 0.00 %, bimi 0.00 %, soa 0.00 %.",
            ],
            Headline.Notes(summary));
    }

    [Fact]
    public async Task SummaryJsonIsWhatTheInterfaceSays()
    {
        await RunAsync("run", Population());
        using var json = JsonDocument.Parse(File.ReadAllText(_folder["run/summary.json"]));
        var root = json.RootElement;
        Assert.Equal(1, root.GetProperty("schema_version").GetInt32());
        var run = root.GetProperty("run");
        Assert.Equal("list list_sha256 started ended complete".Split(' '), run.EnumerateObject().Select(p => p.Name));
        Assert.Equal("list.csv", run.GetProperty("list").GetString());
        Assert.Equal("2026-01-02T03:04:05Z", run.GetProperty("started").GetString());
        Assert.True(run.GetProperty("complete").GetBoolean());
        Assert.Equal(
            """{"listed":12,"resolvable":11,"has_mx_rr":10,"mail":10,"mail_usable":null,"mail_or_addr":10,"no_mail_declared":0}""",
            JsonSerializer.Serialize(root.GetProperty("denominators")));

        var metrics = root.GetProperty("metrics").EnumerateArray().ToArray();
        Assert.Equal(Metrics.All.Count * 6, metrics.Length); // mail_usable is null: no figures over it
        Assert.All(metrics, m => Assert.Equal("metric denominator numerator decided unknown size share low high".Split(' '), m.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(
            """{"metric":"spf_published","denominator":"mail","numerator":8,"decided":9,"unknown":1,"size":10,"share":0.888889,"low":0.8,"high":0.9}""",
            JsonSerializer.Serialize(metrics.Single(m => m.GetProperty("metric").GetString() == "spf_published" && m.GetProperty("denominator").GetString() == "mail")));
    }

    [Fact]
    public async Task TheTerminalTableFitsAHundredColumns()
    {
        var summary = await RunAsync("run", Population());
        string text = HeadlineText.Text(summary);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= HeadlineText.Width, line));
        // A narrow terminal: nothing is wrapped by it, and one denominator is left.
        string narrow = HeadlineText.Text(summary, 80);
        Assert.All(narrow.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("spf_published", narrow, StringComparison.Ordinal);
        Assert.DoesNotContain("listed  ", narrow, StringComparison.Ordinal);
        Assert.Contains("spf_published         88.89 %   80.00-90.00             8/9       1  80.00 %            8/10       2\n", text, StringComparison.Ordinal);
        Assert.Equal(Metrics.All.Count, text.Split('\n').Count(l => l.Contains('/', StringComparison.Ordinal) && l.Contains('%', StringComparison.Ordinal) && l.Contains('_', StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ManyMillionNamesFitToo()
    {
        var summary = await RunAsync("run", Population());
        var figures = summary.Figures;
        var huge = new Figures
        {
            Rows = 0,
            DuplicateRows = 0,
            MailUnknown = 0,
            Queries = [],
            Denominators = figures.Denominators,
            All = [.. figures.All.Select(f => f with { Numerator = 350_000_000, Decided = 350_000_000, Unknown = 350_000_000, Share = 1, Low = 1, High = 1 })],
        };
        Assert.All(HeadlineText.Text(summary with { Figures = huge }).Split('\n'), line => Assert.True(line.Length <= HeadlineText.Width, line));
    }

    [Fact]
    public async Task ReportFromTheRowsAloneIsTheOneOfTheScan()
    {
        await RunAsync("run", Population());
        string[] files = [.. Directory.GetFiles(_folder["run/tables"], "*.csv").Order(), _folder["run/summary.json"], _folder["run/summary.md"]];
        Assert.Equal(Tables.All.Count + 2, files.Length);
        string[] first = [.. files.Select(File.ReadAllText)];
        foreach (string file in files) File.Delete(file);

        Reporter.Write([RunFolder.Open(_folder["run"])], _folder["run"]);
        Assert.Equal(first, files.Select(File.ReadAllText));

        Reporter.Write([RunFolder.Open(_folder["run"])], _folder["elsewhere"]);
        Assert.Equal(first[^1], File.ReadAllText(_folder["elsewhere/summary.md"]));
    }

    [Fact]
    public async Task ShardsMakeTheSameFiguresAsTheWhole()
    {
        var whole = await RunAsync("whole", Population());
        await RunAsync("a", Population().Where(r => r.Name.Rank <= 5));
        await RunAsync("b", Population().Where(r => r.Name.Rank > 5));
        var summary = Reporter.Write([RunFolder.Open(_folder["a"]), RunFolder.Open(_folder["b"])], _folder["both"]);
        Assert.Equal(whole.Figures.All, summary.Figures.All);
        Assert.Equal(File.ReadAllText(_folder["whole/summary.json"]), File.ReadAllText(_folder["both/summary.json"]));
    }

    [Fact]
    public async Task RunsOverDifferentListsAreRefused()
    {
        await RunAsync("a", [Samples.AllAbsent(1)]);
        await RunAsync("b", [Samples.AllAbsent(2)], RunFolderTests.Manifest with { List = "other.csv", ListSha256 = "cd34" });
        var error = Assert.Throws<RunFolderException>(() => Reporter.Write([RunFolder.Open(_folder["a"]), RunFolder.Open(_folder["b"])], _folder["c"]));
        Assert.Contains("list.csv and other.csv", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheSameRunTwiceIsRefused()
    {
        await RunAsync("a", [Samples.AllAbsent(1), Samples.AllAbsent(2)]);
        var run = RunFolder.Open(_folder["a"]);
        Assert.Contains("2 names are in more than one", Assert.Throws<RunFolderException>(() => Reporter.Write([run, run], _folder["c"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunStoppedEarlySaysSo()
    {
        var summary = await RunAsync("run", Population(), RunFolderTests.Manifest with { Complete = false, Ended = null });
        Assert.Contains("THE RUN IS NOT COMPLETE", HeadlineText.Text(summary), StringComparison.Ordinal);
        Assert.Contains("THE RUN IS NOT COMPLETE", File.ReadAllText(_folder["run/summary.md"]), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder["run/summary.json"]));
        Assert.False(json.RootElement.GetProperty("run").GetProperty("complete").GetBoolean());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("run").GetProperty("ended").ValueKind);
    }

    [Fact]
    public async Task WithoutMxTheHeadlineIsOverAllNames()
    {
        var summary = await RunAsync("run", [Samples.Bare(1).Spf(SpfStatus.Valid, SpfClass.Fail, SpfEffectiveAll.Fail, SpfPermissive.None)]);
        Assert.Equal("Of all listed names, 100.0 % publish SPF.", Headline.Sentence(summary));
        Assert.Contains("spf_published", HeadlineText.Text(summary), StringComparison.Ordinal);
        Assert.Contains("| `mail` | not measured |", File.ReadAllText(_folder["run/summary.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void ARunWithoutRowsHasAReport()
    {
        RunFolder.Create(_folder["run"]).Save(RunFolderTests.Manifest);
        var summary = Reporter.Write([RunFolder.Open(_folder["run"])], _folder["run"]);
        Assert.Equal("", Headline.Sentence(summary));
        Assert.Contains("0 of 0 listed names", HeadlineText.Text(summary), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheNameOfTheListIsTextAndNotMarkdown()
    {
        await RunAsync("run", Population(), RunFolderTests.Manifest with { List = "a|b<script>*c*\n`d`.csv" });
        Assert.Contains(@"| list | a\|b&lt;script>\*c\* \`d\`.csv |", File.ReadAllText(_folder["run/summary.md"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.86, 1, "86.0 %")]
    [InlineData(0.0, 1, "0.0 %")]
    [InlineData(0.0004, 1, "0.04 %")]
    [InlineData(0.000001, 2, "0.0001 %")]
    [InlineData(1.0, 2, "100.00 %")]
    public void AShareThatIsNotZeroNeverPrintsAsZero(double share, int decimals, string text) => Assert.Equal(text, Headline.Percent(share, decimals));

    private async Task<Summary> RunAsync(string name, IEnumerable<DomainResult> rows, RunManifest? manifest = null)
    {
        var run = RunFolder.Create(_folder[name]);
        run.Save(manifest ?? RunFolderTests.Manifest);
        await Samples.WriteAsync(run.FullPath, rows);
        return Reporter.Write([run], run.FullPath);
    }
}
