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

public sealed class ReporterTests(ReporterTests.PopulationRun population) : IClassFixture<ReporterTests.PopulationRun>, IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The report of <see cref="Population"/>, written once for all tests: a report takes seconds.</summary>
    public sealed class PopulationRun : IAsyncLifetime
    {
        private readonly TestFolder _folder = new();

        public Summary Summary { get; private set; } = null!;

        public string this[string file] => _folder[$"run/{file}"];

        public async ValueTask InitializeAsync()
        {
            var run = await WriteRowsAsync(_folder["run"], Population());
            Summary = Reporter.Write([run], run.FullPath);
        }

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }

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
    public void TheSentenceOfTheHeadline()
    {
        var summary = population.Summary;
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
    public void ARunOfTheLabCannotBeTakenForOneOfRealNames()
    {
        Assert.Null(Headline.Simulated(population.Summary));
        Summary With(string lab) => population.Summary with { Run = population.Summary.Run with { Manifests = [RunFolderTests.Manifest with { Options = new Dictionary<string, string> { ["lab"] = lab } }] } };
        Assert.Null(Headline.Simulated(With("no")));
        var simulated = With("simulated internet, seed 1");
        string said = Headline.Simulated(simulated)!;
        Assert.Equal(said, Headline.Notes(simulated).First());
        Assert.Contains(said, HeadlineText.Text(simulated), StringComparison.Ordinal);
        Assert.Contains(said, SummaryMarkdown.Text(simulated), StringComparison.Ordinal);
    }

    [Fact]
    public void SummaryJsonIsWhatTheInterfaceSays()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(population["summary.json"]));
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
    public void TheTerminalTableFitsAHundredColumns()
    {
        string text = HeadlineText.Text(population.Summary);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= HeadlineText.Width, line));
        // A narrow terminal: nothing is wrapped by it, and one denominator is left.
        string narrow = HeadlineText.Text(population.Summary, 80);
        Assert.All(narrow.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("spf_published", narrow, StringComparison.Ordinal);
        Assert.DoesNotContain("listed  ", narrow, StringComparison.Ordinal);
        Assert.Contains("spf_published         88.89 %   80.00-90.00             8/9       1  80.00 %            8/10       2\n", text, StringComparison.Ordinal);
        Assert.Equal(Metrics.All.Count, text.Split('\n').Count(l => l.Contains('/', StringComparison.Ordinal) && l.Contains('%', StringComparison.Ordinal) && l.Contains('_', StringComparison.Ordinal)));
    }

    [Fact]
    public void ManyMillionNamesFitToo()
    {
        var summary = population.Summary;
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
    public void ReportFromTheRowsAloneIsTheOneOfTheScan()
    {
        string[] files = [.. Directory.GetFiles(population["tables"], "*.csv").Order().Select(f => $"tables/{Path.GetFileName(f)}"), "summary.json", "summary.md", "report.html"];
        Assert.Equal(Tables.All.Count + 3, files.Length);
        Reporter.Write([RunFolder.Open(population[""])], _folder["elsewhere"]);
        foreach (string file in files) Assert.Equal(File.ReadAllText(population[file]), File.ReadAllText(_folder[$"elsewhere/{file}"]));
    }

    [Fact]
    public async Task ShardsMakeTheSameFiguresAsTheWhole()
    {
        var a = await WriteRowsAsync(_folder["a"], Population().Where(r => r.Name.Rank <= 5));
        var b = await WriteRowsAsync(_folder["b"], Population().Where(r => r.Name.Rank > 5));
        var summary = Reporter.Write([a, b], _folder["both"]);
        Assert.Equal(population.Summary.Figures.All, summary.Figures.All);
        Assert.Equal(File.ReadAllText(population["summary.json"]), File.ReadAllText(_folder["both/summary.json"]));
    }

    [Fact]
    public async Task RunsOverDifferentListsAreRefused()
    {
        var a = await WriteRowsAsync(_folder["a"], [Samples.AllAbsent(1)]);
        var b = await WriteRowsAsync(_folder["b"], [Samples.AllAbsent(2)], RunFolderTests.Manifest with { List = "other.csv", ListSha256 = "cd34" });
        var error = Assert.Throws<RunFolderException>(() => Reporter.Write([a, b], _folder["c"]));
        Assert.Contains("list.csv and other.csv", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheSameRunTwiceIsRefused()
    {
        var run = await WriteRowsAsync(_folder["a"], [Samples.AllAbsent(1), Samples.AllAbsent(2)]);
        Assert.Contains("2 names are in more than one", Assert.Throws<RunFolderException>(() => Reporter.Write([run, run], _folder["c"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunStoppedEarlySaysSo()
    {
        var summary = population.Summary with { Run = population.Summary.Run with { Complete = false, Ended = null } };
        Assert.Contains("THE RUN IS NOT COMPLETE", HeadlineText.Text(summary), StringComparison.Ordinal);
        Assert.Contains("THE RUN IS NOT COMPLETE", SummaryMarkdown.Text(summary), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(SummaryJson.Text(summary));
        Assert.False(json.RootElement.GetProperty("run").GetProperty("complete").GetBoolean());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("run").GetProperty("ended").ValueKind);
    }

    [Fact]
    public async Task WithoutMxTheHeadlineIsOverAllNames()
    {
        var run = await WriteRowsAsync(_folder["run"], [Samples.Bare(1).Spf(SpfStatus.Valid, SpfClass.Fail, SpfEffectiveAll.Fail, SpfPermissive.None)]);
        using var rows = RowDatabase.Open(run.ClosedParts());
        var summary = population.Summary with { Figures = Figures.Compute(rows) };
        Assert.Equal("Of all listed names, 100.0 % publish SPF.", Headline.Sentence(summary));
        Assert.Contains("spf_published", HeadlineText.Text(summary), StringComparison.Ordinal);
        Assert.Contains("| `mail` | not measured |", SummaryMarkdown.Text(summary), StringComparison.Ordinal);
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
    public void TheNameOfTheListIsTextAndNotMarkdown()
    {
        var summary = population.Summary with { Run = population.Summary.Run with { List = "a|b<script>*c*\n`d`.csv" } };
        Assert.Contains(@"| list | a\|b&lt;script>\*c\* \`d\`.csv |", SummaryMarkdown.Text(summary), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.86, 1, "86.0 %")]
    [InlineData(0.0, 1, "0.0 %")]
    [InlineData(0.0004, 1, "0.04 %")]
    [InlineData(0.000001, 2, "0.0001 %")]
    [InlineData(1.0, 2, "100.00 %")]
    public void AShareThatIsNotZeroNeverPrintsAsZero(double share, int decimals, string text) => Assert.Equal(text, Headline.Percent(share, decimals));

    private static async Task<RunFolder> WriteRowsAsync(string path, IEnumerable<DomainResult> rows, RunManifest? manifest = null)
    {
        var run = RunFolder.Create(path);
        run.Save(manifest ?? RunFolderTests.Manifest);
        await Samples.WriteAsync(run.FullPath, rows);
        return run;
    }
}
