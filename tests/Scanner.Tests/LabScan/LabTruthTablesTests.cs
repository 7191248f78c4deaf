using System.Globalization;
using System.Text.Json;
using Scanner.Checks;
using Scanner.Input;
using Scanner.Lab.World;
using Scanner.Report;
using Scanner.Write;

namespace Scanner.Tests.LabScan;

/// <summary>Tables of a whole scan against the truth of the lab, counted here in plain C# without SQL, Parquet or the classifiers.</summary>
public sealed class LabTruthTablesTests : IDisposable
{
    /// <summary>Enough that every metric is held by some names and not by others.</summary>
    private const int Names = 1200;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A listed name with what a perfect scan finds.</summary>
    private sealed record Truth(int Rank, string Tld, string InputClass, IReadOnlyDictionary<string, string?> Row)
    {
        public string? this[string column] => Row.GetValueOrDefault(column);
    }

    private static readonly Dictionary<string, Func<Truth, bool>> _denominators = new()
    {
        ["listed"] = _ => true,
        ["resolvable"] = t => t["mx_class"] != "nxdomain",
        ["has_mx_rr"] = t => t["mx_class"] is "mx_present" or "null_mx" or "mx_no_service",
        ["mail"] = t => t["mx_class"] == "mx_present",
        ["mail_or_addr"] = t => t["mx_class"] is "mx_present" or "implicit_mx",
        ["no_mail_declared"] = t => t["mx_class"] is "null_mx" or "mx_no_service",
    };

    private static readonly Dictionary<string, Func<Truth, bool>> _metrics = new()
    {
        ["spf_published"] = t => t["spf_status"] != "none",
        ["spf_valid"] = t => t["spf_status"] == "valid",
        ["spf_fail"] = t => t["spf_class"] == "fail",
        ["spf_softfail"] = t => t["spf_class"] == "softfail",
        ["spf_neutral"] = t => t["spf_class"] == "neutral",
        ["spf_pass"] = t => t["spf_class"] == "pass",
        ["spf_invalid"] = t => t["spf_class"] == "invalid",
        ["dmarc_own"] = t => t["dmarc_own"] == "true",
        ["dmarc_effective"] = t => t["dmarc_class"] is "none" or "quarantine" or "reject",
        ["dmarc_none"] = t => t["dmarc_class"] == "none",
        ["dmarc_quarantine"] = t => t["dmarc_class"] == "quarantine",
        ["dmarc_reject"] = t => t["dmarc_class"] == "reject",
        ["enf_p"] = t => t["enf_p"] == "true",
        ["enf_9989"] = t => t["enf_9989"] == "true",
        ["mtasts_published"] = t => t["mtasts_status"] != "absent",
        ["mtasts_working"] = t => t["mtasts_status"] is "valid_testing" or "valid_enforce",
        ["mtasts_enforcing"] = t => t["mtasts_status"] == "valid_enforce",
        ["mtasts_testing"] = t => t["mtasts_status"] == "valid_testing",
        ["mtasts_delivery_risk"] = t => t["mtasts_status"] == "valid_enforce" && t["mtasts_mx_match"] == "none",
        ["tlsrpt_published"] = t => t["tlsrpt_status"] != "absent",
    };

    [Fact]
    public async Task Every_cell_that_the_truth_determines_equals_it()
    {
        var (run, truth) = await ScanAsync([]);

        foreach (var (denominator, member) in _denominators)
            foreach (var (metric, holds) in _metrics)
            {
                long size = truth.Count(member), yes = truth.Count(t => member(t) && holds(t));
                Assert.Equal((metric, denominator, $"{yes} {size} 0 {size}"), (metric, denominator, Cell(run, "t02_headline", $"metric = '{metric}' AND denominator = '{denominator}'")));
            }
        // Each metric says yes of some and no of others: the comparison is of something.
        // Of MTA-STS a list of this length has half a dozen: only that there are some.
        foreach (var (metric, holds) in _metrics.Where(m => m.Key is "mtasts_published" or "mtasts_working" || !m.Key.StartsWith("mtasts", StringComparison.Ordinal))) Assert.True(truth.Any(holds) && !truth.All(holds), metric);

        foreach (var group in truth.GroupBy(t => (t.InputClass, Class: t["mx_class"])))
            Assert.Equal(group.Count(), Numerator(run, "t01_population", $"measure = 'mx_class' AND input_class = '{group.Key.InputClass}' AND value = '{group.Key.Class}'"));
        foreach (var (bucket, from, to) in new[] { ("1-100", 1, 100), ("101-1k", 101, 1000), ("1001-10k", 1001, 10000) })
            Assert.Equal(truth.Count(t => t.Rank >= from && t.Rank <= to && _denominators["mail"](t) && _metrics["enf_9989"](t)),
                Numerator(run, "t03_rank", $"bucket_kind = 'disjoint' AND bucket = '{bucket}' AND metric = 'enf_9989' AND denominator = 'mail'"));
        Assert.Equal(truth.Count(t => t.Rank <= 1000 && _metrics["dmarc_own"](t)), Numerator(run, "t03_rank", "bucket_kind = 'cumulative' AND bucket = '1-1k' AND metric = 'dmarc_own' AND denominator = 'listed'"));
        foreach (var tld in truth.GroupBy(t => t.Tld))
            Assert.Equal(tld.Count(t => _metrics["spf_published"](t)), Numerator(run, "t04_tld", $"level = 'tld' AND value = '{tld.Key}' AND metric = 'spf_published' AND denominator = 'listed'"));
        foreach (var split in truth.Where(_denominators["mail"]).Where(_metrics["spf_published"]).GroupBy(t => t["spf_status"] switch { "valid" => "no_error", "permerror_syntax" => "syntax", "permerror_multiple_records" => "multiple_records", _ => "evaluation" }))
            Assert.Equal(split.Count(), Numerator(run, "t07_spf_errors", $"measure = 'split' AND value = '{split.Key}' AND denominator = 'mail:is_spf_published'"));
        foreach (var state in truth.GroupBy(t => t["dmarc_record"]))
            Assert.Equal(state.Count(), Numerator(run, "t09_dmarc_records", $"measure = 'record' AND value = '{state.Key}' AND denominator = 'listed'"));
        foreach (var source in truth.GroupBy(t => (t.InputClass, Source: t["dmarc_source"])))
            Assert.Equal(source.Count(), Numerator(run, "t11_dmarc_source", $"input_class = '{source.Key.InputClass}' AND source = '{source.Key.Source}' AND denominator = 'listed'"));
        foreach (var cause in truth.Where(_metrics["mtasts_published"]).Where(t => t["mtasts_error"] is not null).GroupBy(t => t["mtasts_error"]))
            Assert.Equal(cause.Count(), Numerator(run, "t13_mtasts", $"measure = 'cause' AND value = '{cause.Key}' AND denominator = 'listed:is_mtasts_published'"));
        string[] sets = ["spf_published", "dmarc_own", "mtasts_published", "tlsrpt_published"], columns = ["spf", "dmarc", "mtasts", "tlsrpt"];
        foreach (var combination in truth.Where(_denominators["mail"]).GroupBy(t => string.Join(" AND ", sets.Select((s, i) => $"{(_metrics[s](t) ? "" : "NOT ")}{columns[i]}"))))
            Assert.Equal(combination.Count(), Numerator(run, "t14_overlap", $"denominator = 'mail' AND {combination.Key}"));
        Assert.Equal(0, Numerator(run, "t18_completeness", "is_unknown"));

        // The headline as people read it.
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json")));
        long mail = truth.Count(_denominators["mail"]);
        Assert.Equal(mail, summary.RootElement.GetProperty("denominators").GetProperty("mail").GetInt64());
        string spf = Headline.Percent((double)truth.Count(t => _denominators["mail"](t) && _metrics["spf_published"](t)) / mail, 1);
        Assert.Contains($"Of domains that run mail, {spf} publish SPF", File.ReadAllText(Path.Combine(run, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_answers_missing_the_bounds_hold_the_truth()
    {
        var (run, truth) = await ScanAsync(["--lab-servfail", "0.15", "--attempts", "1", "--passes", "0"]);
        long unknown = 0;
        foreach (var (metric, holds) in _metrics)
        {
            var row = Row(run, "t02_headline", $"metric = '{metric}' AND denominator = 'listed'");
            double share = (double)truth.Count(holds) / truth.Count;
            Assert.True((double)row["low"]! <= share && share <= (double)row["high"]!, $"{metric}: truth {share:P2}, bounds {row["low"]:P2} to {row["high"]:P2}");
            unknown += (long)row["unknown"]!;
        }
        Assert.True(unknown > 100, $"{unknown} unknown: too few failures to show anything");
    }

    [Fact]
    public async Task Two_worlds_compared_are_counted_exactly()
    {
        // The same names in two worlds: every change of class is known from the two truths.
        var (before, old) = await ScanAsync([], run: "old");
        var (after, next) = await ScanAsync(["--lab-seed", "2"], seed: 2, run: "new");
        var comparison = Comparer.Write([RunFolder.Open(before), RunFolder.Open(after)], _folder.Path("compare"));
        string[] order = ["absent", "no_effect", "none", "quarantine", "reject"];
        var pairs = old.Join(next, t => t.Rank, t => t.Rank, (a, b) => (Before: Array.IndexOf(order, a["dmarc_class"]), After: Array.IndexOf(order, b["dmarc_class"]))).ToArray();
        Assert.Equal(
            new TransitionCounts(
                "dmarc", "both lists", pairs.Count(p => p.Before == 0 && p.After > 0), pairs.Count(p => p.Before > 0 && p.After == 0), pairs.Count(p => p.Before > 0 && p.After > p.Before),
                pairs.Count(p => p.After > 0 && p.After < p.Before), 0, pairs.Count(p => p.Before == p.After), 0, Names),
            comparison.Transitions.Single(t => t is { Protocol: "dmarc", Denominator: "both lists" }));
        var enforcing = comparison.Metrics.Single(m => m is { Metric: "enf_9989", Denominator: "mail in both" });
        var both = old.Zip(next).Where(p => _denominators["mail"](p.First) && _denominators["mail"](p.Second)).Select(p => (Before: _metrics["enf_9989"](p.First), After: _metrics["enf_9989"](p.Second))).ToArray();
        Assert.Equal((both.Count(p => !p.Before && p.After), both.Count(p => p.Before && !p.After), both.Length), (enforcing.Gained, enforcing.Lost, enforcing.Size));
        Assert.True(comparison.ChangedNames > Names / 10);
    }

    private async Task<(string Run, List<Truth> Truth)> ScanAsync(string[] arguments, ulong seed = 1, string run = "run")
    {
        string list = _folder.Path("names.txt"), folder = _folder.Path(run);
        await File.WriteAllLinesAsync(list, LabList.Names(Names), TestContext.Current.CancellationToken);
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync(["scan", list, "--lab", .. arguments, "-o", folder, "--progress", "none"], null, TestContext.Current.CancellationToken);
        Assert.True(exit == 0, $"exit {exit}\n{output}\n{error}");

        var truth = new LabTruth(new LabWorld(new PopulationOptions { Seed = seed }));
        var options = new ListOptions { Source = list };
        using var source = ListSource.Open(list);
        var survey = ListSurvey.Read(source, options, CancellationToken.None);
        return (folder, [.. ListReader.Read(source, survey, options).Select(n => new Truth(n.Rank, n.Tld, n.Class.Word(), truth.Expect(n))).OrderBy(t => t.Rank)]);
    }

    private static long Numerator(string run, string table, string where) =>
        Convert.ToInt64(ParquetRows.Query($"SELECT coalesce(sum(numerator), 0)::BIGINT AS n FROM '{run}/tables/{table}.parquet' WHERE {where}")[0]["n"], CultureInfo.InvariantCulture);

    private static Dictionary<string, object?> Row(string run, string table, string where) => Assert.Single(ParquetRows.Query($"FROM '{run}/tables/{table}.parquet' WHERE {where}"));

    private static string Cell(string run, string table, string where)
    {
        var row = Row(run, table, where);
        return string.Create(CultureInfo.InvariantCulture, $"{row["numerator"]} {row["decided"]} {row["unknown"]} {row["size"]}");
    }
}
