using System.Globalization;
using System.Text;
using Scanner.Aggregate;

namespace Scanner.Report;

/// <summary>summary.md: the headline for people. The name of the list is the only text from outside, and it is escaped.</summary>
public static class SummaryMarkdown
{
    public static string Text(Summary summary)
    {
        var (run, figures) = summary;
        var text = new StringBuilder("# E-mail security adoption\n\n");
        if (Headline.Sentence(summary) is { Length: > 0 } sentence) text.Append(CultureInfo.InvariantCulture, $"**{sentence}**\n\n");
        foreach (string note in Headline.Notes(summary)) text.Append(CultureInfo.InvariantCulture, $"- {note}\n");

        text.Append("\n## The run\n\n| | |\n| --- | --- |\n");
        Fact(text, "list", Escape.Markdown(run.List));
        Fact(text, "SHA-256 of the list", Escape.Markdown(run.ListSha256));
        Fact(text, "started", Methods.Time(run.Started));
        Fact(text, "ended", run.Ended is { } ended ? Methods.Time(ended) : "not ended");
        Fact(text, "complete", run.Complete ? "yes" : "**no**");
        if (run.Folders > 1) Fact(text, "run folders put together", run.Folders.ToString(CultureInfo.InvariantCulture));
        Fact(text, "rows", Headline.Count(figures.Rows));
        Fact(text, "resolvers", Escape.Markdown(string.Join(", ", run.Resolvers)));
        if (run.Vantage is not null) Fact(text, "vantage", Escape.Markdown(run.Vantage));
        Fact(text, "tool", Escape.Markdown(run.ToolVersion));

        text.Append("\n## Denominators\n\n| key | names | of |\n| --- | ---: | --- |\n");
        foreach (var d in Metrics.Denominators)
        {
            string size = figures.Denominators.GetValueOrDefault(d.Name) is { } n ? Headline.Count(n) : "not measured";
            text.Append(CultureInfo.InvariantCulture, $"| `{d.Name}` | {size} | {d.Words} |\n");
        }

        text.Append("\nshare = yes / decided. The bounds are the shares of all when every unknown is a no, or a yes.\n");
        foreach (string denominator in summary.Headline == Metrics.Listed ? [Metrics.Listed] : new[] { summary.Headline, Metrics.Listed })
            Table(text, figures, denominator);

        text.Append("\n## Share over every denominator\n\n| metric |");
        var measured = Metrics.Denominators.Where(d => figures.Denominators.GetValueOrDefault(d.Name) is not null).ToArray();
        foreach (var d in measured) text.Append(CultureInfo.InvariantCulture, $" `{d.Name}` |");
        text.Append("\n| --- |").Append(string.Concat(Enumerable.Repeat(" ---: |", measured.Length))).Append('\n');
        foreach (var m in Metrics.All.Where(m => figures.Find(m.Name, Metrics.Listed) is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{m.Name}` |");
            foreach (var d in measured) text.Append(CultureInfo.InvariantCulture, $" {Headline.Percent(figures.Find(m.Name, d.Name)?.Share, 2)} |");
            text.Append('\n');
        }

        text.Append("\n## Completeness\n\n| query | status | listed | resolvable | |\n| --- | --- | ---: | ---: | --- |\n");
        foreach (var q in figures.Queries)
            text.Append(CultureInfo.InvariantCulture, $"| {q.Query} | {q.Status} | {Headline.Count(q.Listed)} | {Headline.Count(q.Resolvable)} | {(q.IsUnknown ? "unknown" : "")} |\n");

        text.Append("\n## Methods\n\n");
        foreach (var (heading, paragraph) in Methods.Of(summary)) text.Append(CultureInfo.InvariantCulture, $"**{heading}.** {Escape.Markdown(paragraph)}\n\n");

        text.Append("## Tables\n\n| | table | rebuilds | files |\n| --- | --- | --- | --- |\n");
        foreach (var t in Tables.All)
            text.Append(CultureInfo.InvariantCulture, $"| {t.Number} | {t.Title} | {t.Study} | [CSV](tables/{t.File}.csv) [Parquet](tables/{t.File}.parquet) [SQL](tables/sql/{t.File}.sql) |\n");

        var (citation, bibTex) = Methods.Citation(summary);
        text.Append(CultureInfo.InvariantCulture, $"\n## Citation\n\n{Escape.Markdown(citation)}\n\n```bibtex\n{bibTex.Replace("```", "", StringComparison.Ordinal)}\n```\n");
        return text.ToString();
    }

    private static void Table(StringBuilder text, Figures figures, string denominator)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## Of {Headline.Words(denominator)} (`{denominator}`)\n\n");
        text.Append("| metric | share | low | high | yes | decided | unknown | what it counts |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
        foreach (var m in Metrics.All)
        {
            if (figures.Find(m.Name, denominator) is not { } f) continue;
            text.Append(
                CultureInfo.InvariantCulture,
                $"| `{m.Name}` | {Headline.Percent(f.Share, 2)} | {Headline.Percent(f.Low, 2)} | {Headline.Percent(f.High, 2)} "
                + $"| {Headline.Count(f.Numerator)} | {Headline.Count(f.Decided)} | {Headline.Count(f.Unknown)} | {m.Words} |\n");
        }
    }

    private static void Fact(StringBuilder text, string name, string value) => text.Append(CultureInfo.InvariantCulture, $"| {name} | {value} |\n");
}
