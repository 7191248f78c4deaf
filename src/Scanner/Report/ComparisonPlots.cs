using System.Globalization;
using Scanner.Aggregate;
using Scanner.Report.Charts;

namespace Scanner.Report;

/// <summary>P12, and the lines of a series.</summary>
internal static class ComparisonPlots
{
    private static readonly string[] _metrics = ["spf_published", "dmarc_own", "enf_9989", "mtasts_published"];

    public static IReadOnlyList<Drawing> Of(Comparison c) => [.. new[] { BeforeAfter(c), Trend(c) }.OfType<Drawing>()];

    private static Drawing? BeforeAfter(Comparison c)
    {
        var bars = new List<BarValue>();
        long size = 0;
        foreach (string metric in _metrics)
        {
            if (c.Metrics.FirstOrDefault(m => m.Metric == metric && m.Denominator == "mail in both") is not { Decided: > 0 } m) continue;
            size = m.Size;
            bars.Add(Bar($"{metric}, before", m.YesBefore, m, Ink.Sky));
            bars.Add(Bar("after", m.YesAfter, m, Ink.Blue));
        }
        return bars.Count == 0 ? null : BarCharts.Horizontal(
            "p12_before_after", "P12. The same names before and after",
            $"n = {Headline.Count(size)} names that are in both lists and run mail in both runs; unknown on either side left out. Whiskers: missing-data bounds.", "share of mail in both", bars);

        static BarValue Bar(string name, long yes, MetricChange m, Ink ink) => new(
            name, (double)yes / m.Decided, (double)yes / m.Size, (double)(yes + m.Unknown) / m.Size, $"{Headline.Percent((double)yes / m.Decided, 2)} ({Headline.Count(yes)})", ink);
    }

    private static Drawing? Trend(Comparison c)
    {
        if (!c.IsSeries) return null;
        var start = c.Runs[0].Started;
        double Days(int run) => (c.Runs[run].Started - start).TotalDays;
        // Runs of one hour would lie on each other: then the place in the series is the axis.
        bool byDay = Days(c.Runs.Count - 1) >= 1 && Enumerable.Range(1, c.Runs.Count - 1).All(i => Days(i) > Days(i - 1));
        Line[] lines = [.. _metrics.Select((m, i) => new Line(m, Inks.Series[i], [.. c.Trend.Where(p => p.Metric == m && p.Denominator == Metrics.Mail && p.Share is not null)
            .OrderBy(p => p.Run).Select(p => (byDay ? Days(p.Run) : p.Run, p.Share!.Value, p.Low, p.High))])).Where(l => l.Points.Count > 1)];
        return lines.Length == 0 ? null : LineCharts.Draw(
            "p12_trend", "The series: adoption over mail",
            $"{c.Runs.Count} runs from {Methods.Time(start)}. All names of each run's list that run mail, so that list churn is in it. Bands: missing-data bounds. Numbers: table t20_trend.",
            byDay ? "days since the first run" : "run, in the order given", "share of mail", log: false, lines, top: 1, xText: v => v.ToString("0.#", CultureInfo.InvariantCulture));
    }
}
