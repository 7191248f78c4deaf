using System.Collections.Concurrent;
using System.Globalization;
using Scanner.Aggregate;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Input;
using Scanner.Lab;
using Scanner.Lab.Servers;
using Scanner.Resolve;
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Resume;

/// <summary>A resolver that says for a while that nothing exists: it is found out after the first pass, and what it denied is asked again.</summary>
public sealed class DenialTests : IDisposable
{
    private const int Names = 500;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(100, 160)]
    [InlineData(0, 80)]
    [InlineData(150, Names)]
    [InlineData(30, Names - 30)]
    [InlineData(0, Names)]
    public async Task What_is_denied_in_a_lie_is_asked_again(int from, int until)
    {
        var world = new LyingWorld(from, until);
        Assert.Null((await ScanAsync(world)).StoppedBecause);
        Assert.Equal((Names, Names / 20), Rows());
        Assert.Single(_warnings);
        var spell = Assert.Single(RunFolder.Open(_folder.Path("run")).LoadManifest().DenialSpells);
        Assert.True(spell.Denied >= spell.Asked / 2 && spell.From < spell.Until && spell.Resolver.StartsWith("127.0.0.1:", StringComparison.Ordinal), spell.ToString());
        Assert.InRange(world.AskedAgain, until - from, 3 * (until - from + 300));
    }

    // Promise 1: a session that ends before the second pass has judged; the next one does not judge by what is left.
    [Fact]
    public async Task A_run_that_is_gone_on_with_doubts_the_same()
    {
        var world = new LyingWorld(100, 300);
        using var stop = new CancellationTokenSource();
        Assert.NotNull((await ScanAsync(world, stop: stop)).StoppedBecause);
        Assert.Null((await ScanAsync(world, resume: true)).StoppedBecause);
        Assert.Equal((Names, Names / 20), Rows());
        Assert.Single(_warnings);
    }

    // A twentieth of the names does not exist, and nothing is wrong: two questions each, in one pass.
    [Fact]
    public async Task Names_that_do_not_exist_are_asked_once()
    {
        var world = new LyingWorld(0, 0);
        Assert.Null((await ScanAsync(world)).StoppedBecause);
        Assert.Equal((Names, Names / 20), Rows());
        Assert.Equal(0, world.AskedAgain);
        Assert.Empty(_warnings);
        Assert.Empty(RunFolder.Open(_folder.Path("run")).LoadManifest().DenialSpells);
        Assert.Equal(1, Assert.Single(RunFolder.Open(_folder.Path("run")).LoadManifest().Passes).Pass);
    }

    // Names come in bursts: what a burst leaves of the fifty that are judged together is no sample of its own.
    [Fact]
    public async Task Nobody_is_suspected_for_a_single_name()
    {
        DomainResult Row(int i)
        {
            // 99 names in one millisecond, and one that does not exist in the next.
            bool single = i % 100 == 99;
            var row = Samples.Bare(i + 1).Mx(single ? MxClass.Nxdomain : MxClass.MxPresent);
            return row with { ScannedAt = Samples.Time.AddMilliseconds(2 * (i / 100) + (single ? 1 : 0)), Mx = row.Mx! with { Answer = row.Mx.Answer with { Resolver = "192.0.2.1:53" } } };
        }

        await Samples.WriteAsync(_folder.Path("rows"), Enumerable.Range(0, 2_000).Select(Row));
        using var rows = RowDatabase.Open(RunFolder.Open(_folder.Path("rows")).ClosedParts(), RowUse.Rows);
        Assert.Empty(DenialWatch.Find(rows, []));
    }

    // Those that exist have rows, those that do not wait for the judgement: they belong together all the same.
    [Fact]
    public async Task Names_of_one_millisecond_are_judged_together()
    {
        const string By = "192.0.2.1:53";
        // In every hundredth millisecond 50 names exist and 20 do not; in the others 30 exist.
        static DateTimeOffset At(int millisecond) => Samples.Time.AddMilliseconds(millisecond);
        var existing = Enumerable.Range(0, 500).SelectMany(ms => Enumerable.Repeat(At(ms), ms % 100 == 0 ? 50 : 30));
        await Samples.WriteAsync(_folder.Path("rows"), existing.Select((at, i) =>
        {
            var row = Samples.Bare(i + 1).Mx(MxClass.MxPresent);
            return row with { ScannedAt = at, Mx = row.Mx! with { Answer = row.Mx.Answer with { Resolver = By } } };
        }));
        var waiting = Enumerable.Range(0, 100).Select(i =>
        {
            var row = Samples.Bare(50_000 + i);
            var evidence = new NameEvidence();
            evidence.Add(DnsAnswer.Without(new DnsQuestion(row.Name.Name, DnsRecordType.Mx), DnsStatus.Nxdomain) with { Resolver = By }, shared: false);
            return new PendingName(50_000 + i, row.Name, At(i / 20 * 100), At(i / 20 * 100), evidence);
        });
        using var rows = RowDatabase.Open(RunFolder.Open(_folder.Path("rows")).ClosedParts(), RowUse.Rows);
        Assert.Empty(DenialWatch.Find(rows, waiting));
    }

    // It has not come to light, but neither is it believed: no answer the second time is no answer.
    [Fact]
    public async Task What_is_doubted_and_not_answered_again_is_unknown()
    {
        var world = new LyingWorld(100, 160) { Silent = true };
        Assert.Null((await ScanAsync(world)).StoppedBecause);
        var rows = ParquetRows.Read(_folder.Path("run"), "count(*) FILTER (q_mx_status = 'refused') AS open, count(*) FILTER (q_mx_status = 'nxdomain') AS denied")[0];
        Assert.InRange((long)rows["open"]!, 60, 75);
        Assert.InRange((long)rows["denied"]!, 10, Names / 20);
    }

    // Names that were asked for themselves before the lie, and below themselves in it: they look like names without records.
    [Fact]
    public async Task What_was_under_way_when_the_lie_began_is_asked_again_too()
    {
        Assert.Null((await ScanAsync(new SuddenLie(from: 350, until: 1000), inFlight: 300)).StoppedBecause);
        var row = ParquetRows.Read(_folder.Path("run"), "count(*) AS n, count(*) FILTER (dmarc_class = 'reject' AND spf_class = 'fail' AND spf_lookups_worst = 1) AS protected")[0];
        Assert.Equal(((long)Names, (long)Names), (row["n"], row["protected"]));
    }

    private async Task<ScanOutcome> ScanAsync(ILabWorld world, bool resume = false, CancellationTokenSource? stop = null, int inFlight = 20)
    {
        await using var server = LabDnsServer.Start(world, new LabHostOptions(), TimeProvider.System);
        var options = new ScanOptions
        {
            List = new ListOptions { Source = "-" },
            Output = _folder.Path("run"),
            Resume = resume,
            Resolvers = [server.Endpoint],
            Resolver = new ResolverOptions { QueriesPerSecond = 0, InFlight = inFlight, TimeoutSeconds = 5, Attempts = 1 },
            PolicyFetch = new PolicyFetchOptions { UserAgent = "test" },
            Passes = 1,
            PassPause = TimeSpan.Zero,
            WriteReport = false,
        };
        using var source = ListSource.FromText("list", new MemoryStream(System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Names).Select(i => $"{i + 1},n{i}.test\n")))));
        return await new ScanRun(options, new Watching(_warnings, stop), TimeProvider.System).RunAsync(source, stop?.Token ?? TestContext.Current.CancellationToken);
    }

    private (long Names, long Denied) Rows()
    {
        var rows = ParquetRows.Read(_folder.Path("run"), "count(DISTINCT name) AS names, count(*) AS n, count(*) FILTER (mx_class = 'nxdomain') AS denied")[0];
        Assert.Equal(rows["n"], rows["names"]);
        return ((long)rows["names"]!, (long)rows["denied"]!);
    }

    /// <summary>One name in twenty does not exist. Of the others, those that are asked for as number <paramref name="from"/> to <paramref name="until"/>
    /// do not either, each question's first time.</summary>
    private sealed class LyingWorld(int from, int until) : ILabWorld
    {
        private readonly ConcurrentDictionary<string, int> _order = new();
        private readonly ConcurrentDictionary<(string, DnsRecordType), int> _times = new();
        private int _next = -1;

        /// <summary>What was denied gets no answer when it is asked again.</summary>
        public bool Silent { get; init; }

        public int AskedAgain => _times.Values.Sum(times => times - 1);

        public LabDnsResponse Resolve(string name, DnsRecordType type)
        {
            string[] labels = name.Split('.');
            if (labels is not [.., var listed, "test"] || !int.TryParse(listed.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return new LabDnsResponse { Rcode = 3 };
            int place = _order.GetOrAdd(listed, _ => Interlocked.Increment(ref _next));
            int times = _times.AddOrUpdate((name, type), 1, (_, before) => before + 1);
            bool lied = place >= from && place < until;
            if (lied && times > 1 && Silent) return new LabDnsResponse { Fault = LabDnsFault.Refused };
            if (number % 20 == 0 || labels.Length > 2 || (lied && times == 1)) return new LabDnsResponse { Rcode = 3 };
            return new LabDnsResponse { Answers = type == DnsRecordType.Mx ? [new MxRecord(name, 300, 10, "mx.mail-host.net")] : [] };
        }

        public LabPolicyHost? PolicyHost(string host) => null;
    }

    /// <summary>Every name is protected, by records of its own and one that all include; some questions in a row are told that nothing exists.</summary>
    private sealed class SuddenLie(int from, int until) : ILabWorld
    {
        private int _asked;

        public LabDnsResponse Resolve(string name, DnsRecordType type)
        {
            if (!name.EndsWith(".test", StringComparison.Ordinal)) return new LabDnsResponse();
            int number = Interlocked.Increment(ref _asked);
            if (number >= from && number < until) return new LabDnsResponse { Rcode = 3 };
            string? text = type != DnsRecordType.Txt ? null
                : name.StartsWith("_dmarc.", StringComparison.Ordinal) ? "v=DMARC1; p=reject"
                : name == "spf.shared.test" ? "v=spf1 ip4:192.0.2.1 ~all"
                : name.StartsWith('_') ? null
                : "v=spf1 include:spf.shared.test -all";
            return new LabDnsResponse { Answers = text is null ? [] : [TxtRecord.FromText(name, 300, text)] };
        }

        public LabPolicyHost? PolicyHost(string host) => null;
    }

    private sealed class Watching(List<string> warnings, CancellationTokenSource? stop) : IScanObserver
    {
        public void ListSurveyed(ListSurvey survey)
        {
        }

        public void Warning(string text) => warnings.Add(text);

        public void Started(ScanProgress progress, ResolverStatistics statistics)
        {
        }

        public void PassBegins(int pass, long names, TimeSpan wait) => stop?.Cancel();
    }
}
