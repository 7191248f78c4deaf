using System.Globalization;
using System.Text;
using Scanner.Aggregate;
using Scanner.Report.Charts;

namespace Scanner.Report;

/// <summary>report.html: the figures for people, in one file that works without network, on a phone, on paper, light and dark.</summary>
internal static class HtmlReport
{
    /// <summary>Rows of a table that the page shows; the whole table is in its files.</summary>
    private const int RowsShown = 60;

    /// <summary>Metrics that the page shows of the tables that have all of them for each group.</summary>
    private static readonly string[] _shown = ["spf_published", "dmarc_own", "enf_9989", "mtasts_published"];

    public static string Text(Summary summary, IReadOnlyDictionary<string, Intervals> intervals, IReadOnlyList<Drawing> plots, IReadOnlyList<WrittenTable> tables, RowDatabase rows, string tablesFolder)
    {
        var html = new StringBuilder();
        html.Append("<h1>E-mail security adoption</h1>\n");
        html.Append("<nav aria-label=\"Sections\"><a href=\"#headline\">Headline</a><a href=\"#plots\">Plots</a><a href=\"#tables\">Tables</a><a href=\"#methods\">Methods</a><a href=\"#cite\">Citation</a></nav>\n");
        Lead(html, summary);
        HeadlineTables(html, summary, intervals);
        html.Append("<h2 id=\"plots\">Plots</h2>\n<div class=\"plots\">\n");
        foreach (var plot in plots) html.Append(HtmlPage.Figure(plot, files: true));
        html.Append("</div>\n");
        AllTables(html, summary, tables, rows, tablesFolder);
        html.Append("<h2 id=\"methods\">Methods</h2>\n<dl>\n");
        foreach (var (heading, text) in Methods.Of(summary)) html.Append(CultureInfo.InvariantCulture, $"<dt>{heading}</dt><dd>{Escape.Html(text)}</dd>\n");
        html.Append("</dl>\n");
        var (plain, bibTex) = Methods.Citation(summary);
        html.Append(CultureInfo.InvariantCulture, $"<h2 id=\"cite\">Citation</h2>\n<p>{Escape.Html(plain)}</p>\n<pre tabindex=\"0\">{string.Join('\n', bibTex.Split('\n').Select(Escape.Html))}</pre>\n");
        html.Append(CultureInfo.InvariantCulture, $"<footer>Written by Scanner {Escape.Html(summary.Run.ToolVersion)} from the Parquet rows of the run and from nothing else. The same figures: <a href=\"summary.json\">summary.json</a>, <a href=\"summary.md\">summary.md</a>.</footer>");
        return HtmlPage.Of($"E-mail security adoption: {summary.Run.List}", html.ToString());
    }

    private static void Lead(StringBuilder html, Summary summary)
    {
        var run = summary.Run;
        html.Append(CultureInfo.InvariantCulture, $"<p>{Escape.Html(run.List)}, scanned {Methods.Time(run.Started)}; {Headline.Count(summary.Figures.Rows)} names.</p>\n");
        if (Headline.Simulated(summary) is { } simulated) html.Append(CultureInfo.InvariantCulture, $"<p class=\"warning\">{Escape.Html(simulated)}</p>\n");
        if (!run.Complete) html.Append("<p class=\"warning\">The run is not complete: these figures are of the names done so far.</p>\n");
        html.Append(CultureInfo.InvariantCulture, $"<h2 id=\"headline\">Headline</h2>\n<p class=\"lead\">{Escape.Html(Headline.Sentence(summary))}</p>\n");
        var cards = new[] { ("SPF", "spf_published"), ("DMARC", "dmarc_own"), ("DMARC enforcing", Headline.Enforcement), ("MTA-STS", "mtasts_published") }
            .Select(c => (c.Item1, Figure: summary.Figures.Find(c.Item2, summary.Headline))).Where(c => c.Figure is not null).ToArray();
        if (cards.Length > 0) html.Append("<div class=\"cards\">\n");
        foreach (var (name, f) in cards)
            html.Append(CultureInfo.InvariantCulture, $"<div class=\"card\"><span>{name}</span><b>{Headline.Percent(f!.Share, 1)}</b><span>{Headline.Count(f.Numerator)} of {Headline.Count(f.Decided)} decided; {Headline.Count(f.Unknown)} unknown</span><span>bounds {Headline.Percent(f.Low, 2)} to {Headline.Percent(f.High, 2)} of {Headline.Count(f.Size)}</span></div>\n");
        if (cards.Length > 0) html.Append("</div>\n");
        html.Append("<ul class=\"notes\">\n");
        foreach (string note in Headline.Notes(summary).Where(note => note != Headline.Simulated(summary))) html.Append(CultureInfo.InvariantCulture, $"<li>{Escape.Html(note)}</li>\n");
        html.Append("</ul>\n");
    }

    private static void HeadlineTables(StringBuilder html, Summary summary, IReadOnlyDictionary<string, Intervals> intervals)
    {
        var figures = summary.Figures;
        bool sampled = summary.Run.Sampled;
        var table = new HtmlTable(
            $"Every metric of {Headline.Words(summary.Headline)}",
            ["metric", "share", "low", "high", .. sampled ? ["Wilson low", "Wilson high"] : Array.Empty<string>(), "cluster low", "cluster high", "yes", "decided", "unknown", "what it counts"]);
        foreach (var m in Metrics.All)
        {
            if (figures.Find(m.Name, summary.Headline) is not { } f) continue;
            var i = summary.Headline == Metrics.Mail ? intervals.GetValueOrDefault(m.Name) : null;
            object?[] wilson = sampled ? [i?.WilsonLow, i?.WilsonHigh] : [];
            table.Add([m.Name, f.Share, f.Low, f.High, .. wilson, i?.ClusterLow, i?.ClusterHigh, f.Numerator, f.Decided, f.Unknown, m.Words]);
        }
        html.Append(CultureInfo.InvariantCulture, $"<h3>Of {Headline.Words(summary.Headline)} (<code>{summary.Headline}</code>)</h3>\n");
        html.Append("<p>share = yes / decided. low and high: missing-data bounds, the share of all when every unknown is a no, or a yes. "
            + (sampled ? "Wilson: 95 % interval for sampling error. " : "The list was asked as a whole: no sampling error. ") + "cluster: 95 % bootstrap with whole providers resampled, for statements beyond these names.</p>\n").Append(table.Html());

        var measured = Metrics.Denominators.Where(d => figures.Denominators.GetValueOrDefault(d.Name) is not null).ToArray();
        var over = new HtmlTable("Share of every metric over every denominator", ["metric", .. measured.Select(d => d.Name)]);
        over.Add(["names", .. measured.Select(d => (object?)figures.Denominators[d.Name])]);
        foreach (var m in Metrics.All.Where(m => figures.Find(m.Name, Metrics.Listed) is not null))
            over.Add([m.Name, .. measured.Select(d => (object?)figures.Find(m.Name, d.Name)?.Share)]);
        html.Append("<details data-print><summary>Share over every denominator</summary>\n<ul class=\"notes\">");
        foreach (var d in measured) html.Append(CultureInfo.InvariantCulture, $"<li><code>{d.Name}</code>: {d.Words}</li>");
        html.Append("</ul>\n").Append(over.Html()).Append("</details>\n");
    }

    private static void AllTables(StringBuilder html, Summary summary, IReadOnlyList<WrittenTable> tables, RowDatabase rows, string folder)
    {
        html.Append("<h2 id=\"tables\">Tables</h2>\n<p>Each opens with its first rows over the headline's denominator; the files hold all of it. The catalogue is <a href=\"tables/index.json\">index.json</a>.</p>\n");
        foreach (var written in tables)
        {
            var t = written.Table;
            html.Append(CultureInfo.InvariantCulture, $"<details id=\"{t.File}\"><summary>{t.Number}. {Escape.Html(t.Title)}</summary>\n");
            html.Append(CultureInfo.InvariantCulture, $"<p>Rebuilds: {Escape.Html(t.Study)}. {Headline.Count(written.Rows)} rows: <a href=\"tables/{t.File}.csv\">CSV</a>, <a href=\"tables/{t.File}.parquet\">Parquet</a>, <a href=\"tables/sql/{t.File}.sql\">query</a>.</p>\n");
            if (written.NotMeasured is { } reason) html.Append(CultureInfo.InvariantCulture, $"<p><strong>{Escape.Html(reason)}.</strong></p>\n");
            else if (written.Missing.Count > 0) html.Append(CultureInfo.InvariantCulture, $"<p>Not measured and left out: {Escape.Html(string.Join("; ", written.Missing))}.</p>\n");
            if (written.Rows > 0) html.Append(Rows(written, summary.Headline, rows, folder));
            html.Append("</details>\n");
        }
    }

    private static string Rows(WrittenTable written, string headline, RowDatabase rows, string folder)
    {
        string[] columns = [.. written.Columns.Select(c => c.Name)];
        string from = $"read_parquet({RowDatabase.Quote(Path.Combine(folder, written.Table.File + ".parquet"))})";
        // The headline's own denominator, plain or restricted, where the table has it; else whatever it has.
        string where = $"(denominator = '{headline}' OR denominator LIKE '{headline}:%' OR NOT EXISTS (FROM {from} WHERE denominator = '{headline}' OR denominator LIKE '{headline}:%'))";
        if (columns.Contains("metric") && columns.Length > 9) where += $" AND metric IN ('{string.Join("', '", _shown)}')";
        var html = new HtmlTable(written.Table.Title, columns);
        foreach (object?[] row in rows.Query($"FROM {from} WHERE {where} LIMIT {RowsShown}", r => Enumerable.Range(0, r.FieldCount).Select(i => r.IsDBNull(i) ? null : r.GetValue(i)).ToArray()))
            html.Add(row);
        return html.Html();
    }
}
