using System.Globalization;
using System.Text;
using Scanner.Aggregate;

namespace Scanner.Report;

/// <summary>A comparison for people: on the terminal, as Markdown, as HTML.</summary>
public static class CompareText
{
    private static readonly string[] _tables = ["t20_difference", "t20_churn", "t20_mcnemar", "t20_movers", "t20_trend"];

    private const string Rules = "Only names in both lists are compared; names that entered or left a list are churn and no change. Unknown on either side is missing data: it is on neither side of a transition.";

    /// <summary>Plain text, at most 100 characters wide, nothing from outside but file names.</summary>
    public static string Terminal(Comparison c)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Churn(c)}\n\n{"of names in both lists",-24}{"appeared",9}{"vanished",9}{"stronger",9}{"weaker",9}{"changed",9}{"same",11}{"unknown",9}\n");
        foreach (var t in c.Transitions.Where(t => t.Denominator == "both lists"))
            text.Append(CultureInfo.InvariantCulture, $"{Name(t.Protocol),-24}{t.Appeared,9}{t.Vanished,9}{t.Strengthened,9}{t.Weakened,9}{t.Changed,9}{t.Same,11}{t.Unknown,9}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{"of mail in both runs",-24}{"before",10}{"after",10}{"gained",9}{"lost",9}{"unknown",9}{"McNemar p",12}\n");
        foreach (var m in c.Metrics.Where(m => m.Denominator == "mail in both"))
            text.Append(CultureInfo.InvariantCulture, $"{m.Metric,-24}{Share(m.YesBefore, m.Decided),10}{Share(m.YesAfter, m.Decided),10}{m.Gained,9}{m.Lost,9}{m.Unknown,9}{McNemar.Text(m.P),12}\n");
        return text.ToString();
    }

    public static string Markdown(Comparison c)
    {
        var text = new StringBuilder("# What changed\n\n");
        foreach (string note in Notes(c)) text.Append(CultureInfo.InvariantCulture, $"{Escape.Markdown(note)}\n\n");
        text.Append("| run | list | SHA-256 | started | names asked by | complete |\n| --- | --- | --- | --- | --- | --- |\n");
        for (int i = 0; i < c.Runs.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"| {Place(c, i)} | {Escape.Markdown(c.Runs[i].List)} | {Escape.Markdown(c.Runs[i].ListSha256)} | {Methods.Time(c.Runs[i].Started)} | Scanner {Escape.Markdown(c.Runs[i].ToolVersion)} | {(c.Runs[i].Complete ? "yes" : "**no**")} |\n");

        foreach (string denominator in c.Transitions.Select(t => t.Denominator).Distinct())
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## Transitions of names: {denominator}\n\n| protocol | appeared | vanished | strengthened | weakened | changed | same | unknown | names |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
            foreach (var t in c.Transitions.Where(t => t.Denominator == denominator))
                text.Append(CultureInfo.InvariantCulture, $"| {Name(t.Protocol)} | {N(t.Appeared)} | {N(t.Vanished)} | {N(t.Strengthened)} | {N(t.Weakened)} | {N(t.Changed)} | {N(t.Same)} | {N(t.Unknown)} | {N(t.Size)} |\n");
        }
        foreach (string denominator in c.Metrics.Select(m => m.Denominator).Distinct())
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## Headline metrics of the same names: {denominator}\n\n| metric | before | after | gained | lost | decided | unknown | McNemar p |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
            foreach (var m in c.Metrics.Where(m => m.Denominator == denominator))
                text.Append(CultureInfo.InvariantCulture, $"| `{m.Metric}` | {Share(m.YesBefore, m.Decided)} | {Share(m.YesAfter, m.Decided)} | {N(m.Gained)} | {N(m.Lost)} | {N(m.Decided)} | {N(m.Unknown)} | {Escape.Markdown(McNemar.Text(m.P))} |\n");
        }
        text.Append("\n## Biggest movers\n\nOf names that run mail in both runs, by net change.\n\n| metric | | who | gained | lost | net | decided |\n| --- | --- | --- | ---: | ---: | ---: | ---: |\n");
        foreach (var m in TopMovers(c))
            text.Append(CultureInfo.InvariantCulture, $"| `{m.Metric}` | {m.Kind} | {Escape.Markdown(m.Value)} | {N(m.Gained)} | {N(m.Lost)} | {m.Net:+0;-0;0} | {N(m.Decided)} |\n");
        if (c.IsSeries)
        {
            text.Append("\n## The series, over mail\n\n| metric |").Append(string.Concat(c.Runs.Select((r, i) => $" {i + 1} |"))).Append("\n| --- |").Append(string.Concat(c.Runs.Select(_ => " ---: |"))).Append('\n');
            foreach (var metric in c.Trend.Where(p => p.Denominator == Metrics.Mail).GroupBy(p => p.Metric))
                text.Append(CultureInfo.InvariantCulture, $"| `{metric.Key}` |").Append(string.Concat(c.Runs.Select((_, i) => $" {Headline.Percent(metric.FirstOrDefault(p => p.Run == i)?.Share, 2)} |"))).Append('\n');
        }
        text.Append("\n## Files\n\n`tables/changed_names.parquet` has every name of which a class changed; `t20_*.csv` and `.parquet` are these tables, their queries are in `tables/sql`.\n");
        return text.ToString();
    }

    public static string Html(Comparison c)
    {
        var html = new StringBuilder("<h1>What changed</h1>\n");
        if (c.Runs.Any(r => !r.Complete)) html.Append("<p class=\"warning\">A run is not complete: names that it did not reach count as having left its list.</p>\n");
        foreach (string note in Notes(c)) html.Append(CultureInfo.InvariantCulture, $"<p>{Escape.Html(note)}</p>\n");
        var runs = new HtmlTable("The runs", "run", "list", "SHA-256", "started", "complete");
        for (int i = 0; i < c.Runs.Count; i++) runs.Add(Place(c, i), c.Runs[i].List, c.Runs[i].ListSha256, Methods.Time(c.Runs[i].Started), c.Runs[i].Complete ? "yes" : "no");
        html.Append(runs.Html());

        html.Append("<h2>Transitions</h2>\n<p>appeared, vanished: from or to no record. strengthened, weakened: in the order of the table strengths of the query compare.sql. changed: between states that have no order.</p>\n");
        foreach (string denominator in c.Transitions.Select(t => t.Denominator).Distinct())
        {
            var table = new HtmlTable($"Transitions, {denominator}", "protocol", "appeared", "vanished", "strengthened", "weakened", "changed", "same", "unknown", "names");
            foreach (var t in c.Transitions.Where(t => t.Denominator == denominator))
                table.Add(Name(t.Protocol), t.Appeared, t.Vanished, t.Strengthened, t.Weakened, t.Changed, t.Same, t.Unknown, t.Size);
            html.Append(CultureInfo.InvariantCulture, $"<h3>Names: {denominator}</h3>\n").Append(table.Html());
        }
        html.Append("<h2>Headline metrics of the same names</h2>\n<p>McNemar's test: of the names that changed, did more go one way? It takes names as independent, and a provider's change moves many at once.</p>\n");
        foreach (string denominator in c.Metrics.Select(m => m.Denominator).Distinct())
        {
            var table = new HtmlTable($"Metrics, {denominator}", "metric", "before", "after", "gained", "lost", "decided", "unknown", "McNemar p");
            foreach (var m in c.Metrics.Where(m => m.Denominator == denominator))
                table.Add(m.Metric, Of(m.YesBefore, m.Decided), Of(m.YesAfter, m.Decided), m.Gained, m.Lost, m.Decided, m.Unknown, McNemar.Text(m.P));
            html.Append(CultureInfo.InvariantCulture, $"<h3>Names: {denominator}</h3>\n").Append(table.Html());
        }
        html.Append("<h2>Plots</h2>\n<div class=\"plots\">\n").Append(string.Concat(c.Plots.Select(p => HtmlPage.Figure(p, files: true)))).Append("</div>\n");
        var movers = new HtmlTable("Biggest movers", "metric", "kind", "who", "gained", "lost", "net", "decided");
        foreach (var m in TopMovers(c)) movers.Add(m.Metric, m.Kind, m.Value, m.Gained, m.Lost, m.Net, m.Decided);
        html.Append("<h2>Biggest movers</h2>\n<p>Of names that run mail in both runs, by net change.</p>\n").Append(movers.Html());
        if (c.IsSeries)
        {
            var series = new HtmlTable("The series", ["metric", .. c.Runs.Select((_, i) => (i + 1).ToString(CultureInfo.InvariantCulture))]);
            foreach (var metric in c.Trend.Where(p => p.Denominator == Metrics.Mail).GroupBy(p => p.Metric))
                series.Add([metric.Key, .. c.Runs.Select((_, i) => (object?)metric.FirstOrDefault(p => p.Run == i)?.Share)]);
            html.Append("<h2>The series, over mail</h2>\n").Append(series.Html());
        }
        html.Append(CultureInfo.InvariantCulture, $"<h2>Files</h2>\n<p>{N(c.ChangedNames)} changes of classes, name by name: <a href=\"tables/changed_names.parquet\">Parquet</a>, <a href=\"tables/changed_names.csv\">CSV</a>. Tables: ");
        html.AppendJoin(", ", _tables.Select(t => $"{t} <a href=\"tables/{t}.csv\">CSV</a> <a href=\"tables/{t}.parquet\">Parquet</a> <a href=\"tables/sql/{t}.sql\">query</a>"));
        html.Append(".</p>\n");
        return HtmlPage.Of($"What changed: {c.Old.List}, {c.New.List}", html.ToString());
    }

    private static IEnumerable<string> Notes(Comparison c)
    {
        yield return $"{Methods.Time(c.Old.Started)} compared with {Methods.Time(c.New.Started)}.";
        yield return Churn(c);
        yield return Rules;
    }

    private static string Churn(Comparison c) => $"{N(c.InBoth)} names are in both lists; {N(c.Entered)} entered and {N(c.Left)} left.";

    private static IEnumerable<Mover> TopMovers(Comparison c) => c.Movers.GroupBy(m => (m.Metric, m.Kind)).SelectMany(g => g.Take(8));

    private static string Place(Comparison c, int run) => run == 0 ? "old" : run == c.Runs.Count - 1 ? "new" : (run + 1).ToString(CultureInfo.InvariantCulture);

    private static string Name(string protocol) => Comparison.Protocols.GetValueOrDefault(protocol, protocol);

    private static string N(long n) => Headline.Count(n);

    private static double? Of(long yes, long decided) => decided > 0 ? (double)yes / decided : null;

    private static string Share(long yes, long decided) => Headline.Percent(Of(yes, decided), 2);
}
