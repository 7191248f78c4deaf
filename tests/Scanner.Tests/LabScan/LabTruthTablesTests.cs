using System.Globalization;
using System.Text.Json;
using Scanner.Aggregate;
using Scanner.Input;
using Scanner.Lab.World;
using Scanner.Report;
using Scanner.Write;

namespace Scanner.Tests.LabScan;

/// <summary>Two scans of the lab, made once for all the tests: a world that answers everything, and the same names (some left, some entered) in
/// another world whose servers often fail.</summary>
public sealed class LabRuns : IAsyncLifetime
{
    /// <summary>Enough that every metric is held by some names and not by others. SCANNER_TRUTH_NAMES asks for another number, for example
    /// 100000, which takes minutes.</summary>
    private static readonly int _names = int.Parse(Environment.GetEnvironmentVariable("SCANNER_TRUTH_NAMES") ?? "1200", CultureInfo.InvariantCulture);

    private const int Stayed = 700, Entered = 100;

    private readonly TemporaryFolder _folder = new();

    internal string Whole => _folder.Path("whole");

    internal IReadOnlyList<LabName> WholeTruth { get; private set; } = [];

    /// <summary>What the tables of the first scan must hold.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyDictionary<string, LabCell>> Expected { get; private set; } = new Dictionary<string, IReadOnlyDictionary<string, LabCell>>();

    internal string Failing => _folder.Path("failing");

    internal IReadOnlyList<LabName> FailingTruth { get; private set; } = [];

    public string Path(string name) => _folder.Path(name);

    public async ValueTask InitializeAsync()
    {
        string[] names = [.. LabList.Names(_names + Entered)];
        WholeTruth = await ScanAsync("whole", names[..^Entered], 1, ["--checks", "all"]);
        Expected = new LabTables(WholeTruth).All();
        FailingTruth = await ScanAsync("failing", [.. names[..Stayed], .. names[^Entered..]], 2, ["--lab-seed", "2", "--lab-servfail", "0.15", "--attempts", "1", "--passes", "0"]);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<IReadOnlyList<LabName>> ScanAsync(string run, string[] names, ulong seed, string[] arguments)
    {
        string list = _folder.Path(run + ".txt");
        await File.WriteAllLinesAsync(list, names, TestContext.Current.CancellationToken);
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync(["scan", list, "--lab", .. arguments, "-o", _folder.Path(run), "--progress", "none"], null, TestContext.Current.CancellationToken);
        Assert.True(exit == 0, $"exit {exit}\n{output}\n{error}");

        var world = new LabWorld(new PopulationOptions { Seed = seed });
        var truth = new LabTruth(world);
        var options = new ListOptions { Source = list };
        using var source = ListSource.Open(list);
        var survey = ListSurvey.Read(source, options, CancellationToken.None);
        return [.. ListReader.Read(source, survey, options).Select(n => new LabName(n, world, truth)).OrderBy(t => t.Rank)];
    }
}

/// <summary>Tables of whole scans against the truth of the lab.</summary>
public sealed class LabTruthTablesTests(LabRuns runs) : IClassFixture<LabRuns>
{
    /// <summary>Rows that the truth does not determine, by table and measure, with the reason.</summary>
    private static readonly Dictionary<(string Table, string Measure), string> _undetermined = new()
    {
        [("t18_completeness", "over_tcp")] = "how the packets fared, not what the names publish",
        [("t18_completeness", "tries")] = "a loaded machine may need a second try",
        [("t18_completeness", "failed_tries")] = "a loaded machine may need a second try",
        [("t18_completeness", "mop_up")] = "a loaded machine may need a second pass",
        [("t18_completeness", "settled_late")] = "a loaded machine may need a second pass",
    };

    public static TheoryData<string> TablesOfTruth => [.. Tables.All.Select(t => t.File).Where(f => f[0] == 't')];

    /// <summary>Not here: mail_usable and voids (addresses of MX hosts and of SPF terms were not asked for, and a drawn name does not fix them) and
    /// rua_auth (not asked for): the tables must have no rows of them.</summary>
    [Theory]
    [MemberData(nameof(TablesOfTruth))]
    public void Every_cell_that_the_truth_determines_equals_it(string table)
    {
        var expected = runs.Expected[table];
        var rows = ParquetRows.Query($"FROM '{runs.Whole}/tables/{table}.parquet'");
        var found = new HashSet<string>();
        var wrong = new List<string>();
        foreach (var row in rows)
        {
            if (row.GetValueOrDefault("measure") is string measure && _undetermined.ContainsKey((table, measure))) continue;
            string key = LabTables.Key(row.Where(c => !_counts.Contains(c.Key)).Select(c => (c.Key, Label(c.Value)))) + $"of {row["denominator"]}";
            var cell = new LabCell(Whole(row["numerator"]), Whole(row["decided"]), Whole(row["unknown"]), Whole(row["size"]));
            if (!found.Add(key)) wrong.Add($"{key}: twice");
            else if (!expected.TryGetValue(key, out var truth)) wrong.Add($"{key}: {cell}, and the truth has no such row");
            else if (truth != cell) wrong.Add($"{key}: {cell}, truth {truth}");
            else if (!Shares(row, truth)) wrong.Add($"{key}: share {row["share"]}, {row["low"]} to {row["high"]}, of {truth}");
        }
        wrong.AddRange(expected.Keys.Except(found).Select(k => $"{k}: missing, truth {expected[k]}"));
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {expected.Count} rows of {table}:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(found.Count > 0, "nothing was compared");
        TestContext.Current.TestOutputHelper?.WriteLine($"{table}: {found.Count} rows over {runs.WholeTruth.Count} names equal the truth");
    }

    [Fact]
    public void The_comparison_is_of_something()
    {
        // Each metric says yes of some and no of others. Of MTA-STS a list of this length has half a dozen: only that there are some; what
        // drawn names never have is compared with the cast, row by row (LabScanTests).
        var truth = runs.WholeTruth;
        foreach (var (metric, holds) in LabTables.Metrics.Where(m => m.Key is "mtasts_published" or "mtasts_working" || !(m.Key.Split('_')[0] is "mtasts" or "dkim" or "dane" or "bimi" or "dnssec")))
            Assert.True(truth.Any(holds) && !truth.All(holds), metric);
        Assert.Contains(truth, t => t.InputClass == "subdomain" && t["dmarc_source"] == "org");
        Assert.Contains(truth, t => t.Tree is { Lookups: > 10 });
        Assert.Contains(truth, t => t.SpfNearMiss is not null);
        Assert.Contains(truth, t => t.SpfSyntaxError is not null);
        Assert.Contains(truth, t => t.DmarcNearMiss is not null);
        Assert.Contains(truth, t => t["dmarc_policy_9989"] != t["dmarc_policy_7489"]);
    }

    [Fact]
    public void The_headline_as_people_read_it()
    {
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(runs.Whole, "summary.json")));
        LabName[] mail = [.. runs.WholeTruth.Where(LabTables.Denominators["mail"])];
        Assert.Equal(mail.Length, summary.RootElement.GetProperty("denominators").GetProperty("mail").GetInt64());
        string spf = Headline.Percent((double)mail.Count(LabTables.Metrics["spf_published"]) / mail.Length, 1);
        Assert.Contains($"Of domains that run mail, {spf} publish SPF", File.ReadAllText(Path.Combine(runs.Whole, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void With_answers_missing_the_bounds_hold_the_truth()
    {
        long unknown = 0;
        foreach (var row in ParquetRows.Query($"FROM '{runs.Failing}/tables/t02_headline.parquet' WHERE denominator = 'listed'"))
        {
            string metric = (string)row["metric"]!;
            double share = (double)runs.FailingTruth.Count(LabTables.Metrics[metric]) / runs.FailingTruth.Count;
            Assert.True((double)row["low"]! <= share && share <= (double)row["high"]!, $"{metric}: truth {share:P2}, bounds {row["low"]:P2} to {row["high"]:P2}");
            unknown += Whole(row["unknown"]);
        }
        Assert.True(unknown > 100, $"{unknown} unknown: too few failures to show anything");
    }

    /// <summary>The same names in two worlds: every change of class is known from the two truths; which names the second scan could not ask is
    /// read from its rows, and those are on neither side.</summary>
    [Fact]
    public void Two_worlds_compared_are_counted_exactly()
    {
        var comparison = Comparer.Write([RunFolder.Open(runs.Whole), RunFolder.Open(runs.Failing)], runs.Path("compare"));
        var after = runs.FailingTruth.ToDictionary(t => t.Name);
        var rows = ParquetRows.Read(runs.Failing, "name, runs_mail, dmarc_class, spf_class, mx_class, mtasts_status, mtasts_error, tlsrpt_status, enf_9989").ToDictionary(r => (string)r["name"]!);
        var both = runs.WholeTruth.Where(t => after.ContainsKey(t.Name)).Select(t => (Before: t, After: after[t.Name], Row: rows[t.Name])).ToArray();
        Assert.Equal((both.Length, after.Count - both.Length, runs.WholeTruth.Count - both.Length), (comparison.InBoth, comparison.Entered, comparison.Left));

        long missing = 0;
        foreach (var (protocol, column, order) in new (string, string, string?[])[]
        {
            ("mail", "runs_mail", ["false", "true"]), ("dmarc", "dmarc_class", ["absent", "no_effect", "none", "quarantine", "reject"]), ("spf", "spf_class", ["none", "invalid", "pass", "neutral", "softfail", "fail"]),
            ("mtasts", "mtasts_status", ["absent", "", "valid_none", "valid_testing", "valid_enforce"]), ("tlsrpt", "tlsrpt_status", ["absent", "", "valid"]),
        })
        {
            // dynamic compares with nothing; whatever else is not in the order is a broken set-up, at the place of the empty word.
            int? Strength(string? word) => word == "dynamic" ? null : Array.IndexOf(order, word) is >= 0 and var place ? place : Array.IndexOf(order, "");
            var known = both.Where(p => Label(p.Row[column]) is not ("" or "unknown")).Select(p =>
            {
                // A policy host whose address lookup failed is a set-up that did not work when it was looked at (classification.md 6.4).
                string? after = column == "mtasts_status" && (string?)p.Row["mtasts_error"] == "host_dns_unknown" ? (string?)p.Row[column] : p.After[column];
                return (Same: p.Before[column] == after, Before: Strength(p.Before[column]), After: Strength(after));
            }).ToArray();
            long Count(Func<(bool Same, int? Before, int? After), bool> change) => known.Count(p => !Same(p) && change(p));
            bool Same((bool Same, int? Before, int? After) p) => p.Same || (p.Before is not null && p.Before == p.After);
            missing += both.Length - known.Length;
            Assert.Equal(
                new TransitionCounts(
                    protocol, "both lists", Count(p => p.Before == 0), Count(p => p.Before != 0 && p.After == 0), Count(p => p.Before > 0 && p.After > p.Before), Count(p => p.After > 0 && p.Before > p.After),
                    Count(p => (p.Before is null && p.After != 0) || (p.After is null && p.Before != 0)), known.LongCount(Same), both.Length - known.Length, both.Length),
                comparison.Transitions.Single(t => t.Protocol == protocol && t.Denominator == "both lists"));
        }
        Assert.True(missing > 100, $"{missing} unknown: too few failures to show anything");

        bool Mail(LabName t) => LabTables.Denominators["mail"](t);
        var enforcing = comparison.Metrics.Single(m => m is { Metric: "enf_9989", Denominator: "mail in both" });
        var mail = both.Where(p => Mail(p.Before) && (string?)p.Row["mx_class"] == "mx_present").ToArray();
        var decided = mail.Where(p => p.Row["enf_9989"] is not null).Select(p => (Before: LabTables.Metrics["enf_9989"](p.Before), After: LabTables.Metrics["enf_9989"](p.After))).ToArray();
        long gained = decided.Count(p => !p.Before && p.After), lost = decided.Count(p => p.Before && !p.After);
        Assert.Equal((gained, lost, decided.Length, mail.Length), (enforcing.Gained, enforcing.Lost, enforcing.Decided, enforcing.Size));
        Assert.Equal(McNemar.P(gained, lost), enforcing.P);
        Assert.True(comparison.ChangedNames > both.Length / 10);
    }

    private static readonly HashSet<string> _counts = ["denominator", "numerator", "decided", "unknown", "size", "share", "low", "high", "wilson_low", "wilson_high"];

    private static bool Shares(Dictionary<string, object?> row, LabCell truth)
    {
        bool Is(string column, double numerator, long of) => of == 0 ? row[column] is null : row[column] is double share && Math.Abs(share - (numerator / of)) < 1e-12;
        return Is("share", truth.Numerator, truth.Decided) && Is("low", truth.Numerator, truth.Size) && Is("high", truth.Numerator + truth.Unknown, truth.Size);
    }

    private static string? Label(object? value) => value is bool yes ? yes ? "true" : "false" : Convert.ToString(value, CultureInfo.InvariantCulture);

    private static long Whole(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
