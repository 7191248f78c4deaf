using System.Data.Common;
using System.Globalization;
using Scanner.Aggregate;
using Scanner.Report.Charts;

namespace Scanner.Report;

/// <summary>The plots of tables.md section 4, drawn from the table files that were just written: a plot shows no number that is not in
/// one of them. A plot whose check did not run is left out.</summary>
internal sealed class Plots(RowDatabase rows, string tables, string headline)
{
    private const string Bounds = "Whiskers: missing-data bounds (every unknown a no, or a yes).";

    /// <summary>Seconds. Below it the machine's own pauses are all that a rate shows.</summary>
    private const double ShortestBin = 0.01;

    private static readonly string[] _buckets = ["1-100", "101-1k", "1001-10k", "10001-100k", "100001-1M", "over-1M"];

    private sealed record Point(string Label, string Metric, long Numerator, long Decided, long Unknown, long Size, double Share, double? Low, double? High);

    public IReadOnlyList<Drawing> All() =>
    [
        .. new[]
        {
            Funnel(), AlongTheRanking(), SpfByRank(), DmarcBy("p04_dmarc_by_rank", "t03_rank", "bucket", "bucket_kind = 'disjoint'", "rank"),
            DmarcBy("p04_dmarc_by_provider", "t05_mx_provider", "provider", $"level = '{ProviderLevel()}'", "MX provider"), Lookups(), Addresses(), MtaStsFunnel(), Overlap(),
            ByTld(), Rate(), Failures(), Concentration(),
        }.OfType<Drawing>(),
    ];

    private Drawing? Funnel()
    {
        var steps = Read("t01_population", "value", "measure = 'step' AND input_class = 'all'", "size DESC, numerator DESC").ToDictionary(p => p.Label);
        if (steps.GetValueOrDefault("listed") is not { Size: > 0 } listed) return null;
        return BarCharts.Horizontal(
            "p01_funnel", "P1. From listed names to names that run mail", $"n = {Headline.Count(listed.Size)} listed names. {Bounds} Definitions: classification section 3.4.", "share of listed names",
            [.. Metrics.Denominators.Where(d => steps.ContainsKey(d.Name)).Select(d => ToBar(steps[d.Name], d.Name))]);
    }

    private Drawing? AlongTheRanking()
    {
        var points = Read("p02_rank_bins", "(first_rank + last_rank) / 2", "share IS NOT NULL", "first_rank");
        string[] metrics = ["spf_published", "dmarc_own", "enf_9989", "mtasts_published"];
        Line[] lines = [.. metrics.Select((m, i) => new Line(m, Inks.Series[i], [.. points.Where(p => p.Metric == m)
            .Select(p => (double.Parse(p.Label, CultureInfo.InvariantCulture), p.Share, p.Low, p.High))])).Where(l => l.Points.Count > 0)];
        long bins = lines.Length == 0 ? 0 : lines.Max(l => l.Points.Count);
        return lines.Length == 0 || bins < 2 ? null : LineCharts.Draw(
            "p02_rank", "P2. Adoption along the ranking", $"Of names that run mail, in {bins} bins of equal width; n = {Headline.Count(points.Where(p => p.Metric == lines[0].Name).Sum(p => p.Size))}, unknown left out of the lines. "
            + "Bands: 95 % Wilson intervals of each bin (sampling).", "rank (logarithmic)", "share of mail", log: true, lines, top: 1);
    }

    private Drawing? SpfByRank() => StackByGroup(
        "p03_spf_by_rank", "P3. How SPF records end, by rank", "t03_rank", "bucket", "bucket_kind = 'disjoint'", "spf_published",
        [("spf_fail", "-all", Ink.Blue), ("spf_softfail", "~all", Ink.Sky), ("spf_neutral", "?all or none", Ink.Yellow), ("spf_pass", "lets everyone pass", Ink.Vermilion), ("spf_invalid", "invalid", Ink.Purple)],
        "other SPF", "no SPF", "rank");

    private Drawing? DmarcBy(string name, string table, string column, string where, string by) => StackByGroup(
        name, $"P4{(table == "t03_rank" ? "a" : "b")}. DMARC policy in effect, by {by}", table, column, where, "dmarc_effective",
        [("dmarc_reject", "reject", Ink.Blue), ("dmarc_quarantine", "quarantine", Ink.Sky), ("dmarc_none", "none", Ink.Orange)], null, "no policy in effect", by);

    /// <param name="published">The metric whose complement is <paramref name="absent"/>.</param>
    /// <param name="rest">What is published and in none of the parts; null where the parts are all there is.</param>
    private Drawing? StackByGroup(
        string name, string title, string table, string column, string where, string published, IReadOnlyList<(string Metric, string Words, Ink Ink)> parts, string? rest, string absent, string by)
    {
        var points = Read(table, column, $"{where} AND denominator = 'mail'", table == "t03_rank" ? "1" : "size DESC");
        var groups = points.Select(p => p.Label).Distinct().Where(g => points.Any(p => p.Label == g && p.Metric == published && p.Decided > 0)).ToArray();
        // A group of a handful of names says nothing by itself.
        groups = [.. groups.Where(g => points.First(p => p.Label == g && p.Metric == published).Size >= 10 || groups.Length == 1)];
        if (table == "t03_rank") groups = [.. _buckets.Intersect(groups)];
        else groups = [.. groups.Take(12)];
        if (groups.Length == 0) return null;
        var bars = new List<StackValue>();
        long unknown = 0, size = 0;
        foreach (string group in groups)
        {
            Point? Of(string metric) => points.FirstOrDefault(p => p.Label == group && p.Metric == metric);
            // One base for the whole bar: the names decided for every part.
            var all = Of(published)!;
            double decided = parts.Min(p => Of(p.Metric)?.Decided ?? 0);
            if (decided == 0) continue;
            double[] shares = [.. parts.Select(p => Of(p.Metric)!.Numerator / decided)];
            double known = shares.Sum(), none = Math.Min(1 - known, 1 - all.Share);
            bars.Add(new StackValue(group, rest is null ? [.. shares, 1 - known] : [.. shares, Math.Max(0, 1 - known - none), none], $"n {Axis.Count(decided)}"));
            (unknown, size) = (unknown + all.Size - (long)decided, size + all.Size);
        }
        if (bars.Count == 0) return null;
        (string, Ink)[] legend = [.. parts.Select(p => (p.Words, p.Ink)), .. rest is null ? [] : new[] { (rest, Ink.Green) }, (absent, Ink.Grey)];
        return BarCharts.Stacked(name, title, $"Of names that run mail and are decided (n beside each bar); unknown {Headline.Count(unknown)} of {Headline.Count(size)}, left out. Bounds: table {table}.", $"share of mail, by {by}", legend, bars);
    }

    private string ProviderLevel() =>
        rows.Query($"SELECT count(*) FROM {File("t05_mx_provider")} WHERE level = 'mx_provider'", r => r.GetInt64(0))[0] > 0 ? "mx_provider" : "mx_site";

    private Drawing? Lookups()
    {
        var points = Read("t07_spf_errors", "value", "measure = 'lookups' AND denominator = 'mail:walkable'", "numerator").ToDictionary(p => p.Label);
        if (points.Count == 0) return null;
        var any = points.Values.First();
        BarValue[] bars = [.. Enumerable.Range(0, 22).Select(n => n == 21 ? ">20" : n.ToString(CultureInfo.InvariantCulture)).Select((n, i) =>
            points.TryGetValue(n, out var p) ? ToBar(p, n) with { Ink = i > 10 ? Ink.Vermilion : Ink.Blue } : new BarValue(n, 0, null, null, "0"))];
        double over = bars[11..].Sum(b => b.Share);
        return BarCharts.Columns(
            "p05_spf_lookups", "P5. SPF terms that look something up, worst case",
            $"n = {Headline.Count(any.Decided)} records of names that run mail and can be walked; unknown {Headline.Count(any.Unknown)}. {Headline.Percent(over, 2)} are over the limit (RFC 7208 section 4.6.4). Bounds: table t07_spf_errors.",
            "lookups", "share of records", bars, 10, "limit: 10");
    }

    private Drawing? Addresses()
    {
        var points = rows.Query($"SELECT addresses, share, decided, unknown FROM {File("p06_spf_addresses")} WHERE share IS NOT NULL ORDER BY addresses", r => (X: (double)r.GetInt64(0), Y: r.GetDouble(1), Decided: r.GetInt64(2), Unknown: r.GetInt64(3)));
        if (points.Count == 0) return null;
        double none = points.Where(p => p.X < 1).Select(p => p.Y).DefaultIfEmpty(0).Max();
        return LineCharts.Draw(
            "p06_spf_addresses", "P6. IPv4 addresses that SPF records authorise",
            $"Cumulative: share of records with at most so many. n = {Headline.Count(points[0].Decided)} records of names that run mail; unknown {Headline.Count(points[0].Unknown)}. {Headline.Percent(none, 1)} authorise none by ip4 and lie left of the axis.",
            "IPv4 addresses (logarithmic)", "share of records, cumulative", log: true,
            [new Line("records", Ink.Blue, [.. points.Select(p => (Math.Max(1, p.X), p.Y, (double?)null, (double?)null))], Stairs: true)], top: 1,
            marks: [(65_536, "/16"), (100_000, "100,000"), (16_777_216, "/8")]);
    }

    private Drawing? MtaStsFunnel()
    {
        var steps = Read("t13_mtasts", "value", "measure = 'reached' AND denominator = 'mail:is_mtasts_published'", "value");
        if (steps.Count == 0) return null;
        var bars = new List<BarValue>();
        for (int i = 0; i < steps.Count; i++)
        {
            long lost = i == 0 ? 0 : steps[i - 1].Numerator - steps[i].Numerator;
            bars.Add(ToBar(steps[i], steps[i].Label[2..]) with { After = $"{Headline.Count(steps[i].Numerator)}{(lost > 0 ? $" (-{Headline.Count(lost)})" : "")}", Ink = i == steps.Count - 1 ? Ink.Green : Ink.Blue });
        }
        return BarCharts.Horizontal(
            "p07_mtasts", "P7. How far MTA-STS set-ups get", $"n = {Headline.Count(steps[0].Size)} names that run mail and have an MTA-STS record; the names lost at each step in brackets. Causes: table t13_mtasts.", "share of published", bars);
    }

    private Drawing? Overlap()
    {
        string[] all = ["spf", "dmarc", "mtasts", "tlsrpt", "dane", "dnssec"];
        var combos = rows.Query(
            $"SELECT {string.Join(", ", all)}, share, numerator, decided, unknown FROM {File("t14_overlap")} WHERE denominator = '{headline}' ORDER BY numerator DESC LIMIT 14",
            r => (In: Enumerable.Range(0, all.Length).Select(i => r.IsDBNull(i) ? (bool?)null : r.GetBoolean(i)).ToArray(), Share: Real(r, all.Length) ?? 0, Numerator: r.GetInt64(all.Length + 1), Decided: r.GetInt64(all.Length + 2), Unknown: r.GetInt64(all.Length + 3)));
        if (combos.Count == 0) return null;
        int[] measured = [.. Enumerable.Range(0, all.Length).Where(i => combos[0].In[i] is not null)];
        string[] words = ["SPF", "DMARC", "MTA-STS", "TLS-RPT", "DANE", "DNSSEC"];
        return BarCharts.UpSet(
            "p08_overlap", "P8. Which mechanisms come together",
            $"n = {Headline.Count(combos[0].Decided)} of {Headline.Words(headline)}, unknown {Headline.Count(combos[0].Unknown)}; {(combos.Count == 1 ? "the only combination" : $"the {combos.Count} most frequent combinations")}. A filled dot: published.", $"share of {headline}",
            [.. measured.Select(i => words[i])], [.. combos.Select(c => ((IReadOnlyList<bool>)[.. measured.Select(i => c.In[i] ?? false)], c.Share, $"{Headline.Percent(c.Share, 1)} ({Headline.Count(c.Numerator)})"))]);
    }

    private Drawing? ByTld()
    {
        var points = Read("t04_tld", "value", "level = 'tld' AND metric = 'dmarc_own' AND denominator = 'mail' AND share IS NOT NULL", "size DESC, value").Take(15).ToArray();
        return points.Length == 0 ? null : BarCharts.Horizontal(
            "p09_tld", "P9. Own DMARC records by TLD", $"{(points.Length == 1 ? "The TLD" : $"The {points.Length} TLDs")} with most names that run mail (n beside each). Whiskers: 95 % Wilson intervals (sampling). Bounds: table t04_tld.", "share of mail with an own DMARC record",
            [.. points.Select(p => ToBar(p, "." + p.Label) with { After = $"{Headline.Percent(p.Share, 1)} of {Axis.Count(p.Decided)}" })]);
    }

    private Drawing? Rate()
    {
        var (bins, unit, seconds) = OverTime("failed");
        return bins.Count == 0 ? null : LineCharts.Draw(
            "p10_rate", "P10a. Queries a second over the run",
            $"{Headline.Count(bins.Sum(b => b.Queries))} tries of the five base questions of {Headline.Count(bins.Sum(b => b.Names))} names, by when a name was first asked, in bins of {(bins[0].Width / seconds).ToString("0.###", CultureInfo.InvariantCulture)} {unit}. "
            + "Queries for SPF includes, addresses and further checks come on top.", $"{unit} since the first question", "queries a second", log: false,
            [new Line("queries", Ink.Blue, [.. bins.Select(b => (b.At / seconds, b.Queries / b.Width, (double?)null, (double?)null))])],
            top: Axis.RoundAbove(Math.Max(1, bins.Max(b => b.Queries / b.Width))), xText: v => v.ToString("0.###", CultureInfo.InvariantCulture), yText: Axis.Count);
    }

    private Drawing? Failures()
    {
        var (bins, unit, seconds) = OverTime("unknown");
        if (bins.Count == 0) return null;
        Line[] lines = [.. new[] { ("failed", "tries that failed", Ink.Orange), ("timeout", "tries that timed out", Ink.Vermilion), ("unknown", "questions left unknown", Ink.Blue) }
            .Select(l => new Line(l.Item2, l.Item3, [.. OverTime(l.Item1).Bins.Where(b => b.Size > 0).Select(b => (b.At / seconds, (double)b.Numerator / b.Size, (double?)null, (double?)null))])).Where(l => l.Points.Count > 0)];
        return lines.Length == 0 ? null : LineCharts.Draw(
            "p10_failures", "P10b. Failed tries and unknown answers over the run",
            $"Of the tries and the questions of P10a; n = {Headline.Count(bins.Sum(b => b.Queries))} tries, {Headline.Count(bins.Sum(b => b.Size))} questions. Every one is counted: no bounds. A question left unknown has failed in every pass.",
            $"{unit} since the first question", "share", log: false, lines, xText: v => v.ToString("0.###", CultureInfo.InvariantCulture));
    }

    /// <summary>Every bin of the run, those without a name too, and the unit of time that suits its length.</summary>
    private (IReadOnlyList<(double At, double Width, long Names, long Queries, long Numerator, long Size)> Bins, string Unit, double Seconds) OverTime(string measure)
    {
        var found = rows.Query(
            $"SELECT bin, seconds, names, queries, numerator, size FROM {File("p10_over_time")} WHERE measure = '{measure}'",
            r => (Bin: r.GetInt32(0), Width: r.GetDouble(1), Names: r.GetInt64(2), Queries: r.GetInt64(3), Numerator: r.GetInt64(4), Size: r.GetInt64(5))).ToDictionary(b => b.Bin);
        // A run that was over in no time has no rate.
        double width = found.Count == 0 ? 0 : found.Values.First().Width;
        if (width < ShortestBin) return ([], "", 1);
        var (unit, seconds) = (40 * width) switch { > 3 * 3600 => ("hours", 3600.0), > 180 => ("minutes", 60.0), _ => ("seconds", 1.0) };
        return ([.. Enumerable.Range(0, 40).Select(i => found.GetValueOrDefault(i) is var b ? ((i + 0.5) * width, width, b.Names, b.Queries, b.Numerator, b.Size) : default)], unit, seconds);
    }

    private Drawing? Concentration()
    {
        var points = rows.Query($"SELECT place, share, targets, size FROM {File("p11_include_concentration")} ORDER BY place", r => (Place: r.GetInt64(0), Share: r.GetDouble(1), Targets: r.GetInt64(2), Size: r.GetInt64(3)));
        if (points.Count == 0) return null;
        double targets = points[0].Targets;
        return LineCharts.Draw(
            "p11_includes", "P11. How concentrated SPF includes are",
            $"Cumulative (Lorenz): {Headline.Count(points[0].Size)} direct inclusions by names that run mail, of {Headline.Count(points[0].Targets)} domains, most included first. Dashed: if all were included alike.",
            "included domains", "share of inclusions, cumulative", log: false,
            [new Line("inclusions", Ink.Blue, [(0, 0, null, null), .. points.Select(p => (p.Place / targets, p.Share, (double?)null, (double?)null))])], top: 1, diagonal: true, xText: v => Axis.Percent(v, 1));
    }

    private static BarValue ToBar(Point p, string name) => new(name, p.Share, p.Low, p.High, $"{Headline.Percent(p.Share, 1)} ({Headline.Count(p.Numerator)})");

    /// <summary>Rows of a table file with the columns that all have; low and high are the Wilson interval where the table has one.</summary>
    private List<Point> Read(string table, string label, string where, string order)
    {
        var columns = rows.Query($"DESCRIBE FROM {File(table)}", r => r.GetString(0));
        string metric = columns.Contains("metric") ? "metric" : "''";
        string interval = columns.Contains("wilson_low") ? "wilson_low, wilson_high" : "low, high";
        return [.. rows.Query(
            $"SELECT ({label})::VARCHAR, {metric}, numerator, decided, unknown, size, share, {interval} FROM {File(table)} WHERE {where} ORDER BY {order}",
            r => new Point(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), Real(r, 6) ?? 0, Real(r, 7), Real(r, 8)))];
    }

    private string File(string table) => $"read_parquet({RowDatabase.Quote(Path.Combine(tables, table + ".parquet"))})";

    private static double? Real(DbDataReader r, int column) => r.IsDBNull(column) ? null : r.GetDouble(column);
}
