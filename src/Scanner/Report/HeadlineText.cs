using System.Globalization;
using System.Text;
using Scanner.Aggregate;

namespace Scanner.Report;

/// <summary>The headline as plain text for a terminal: at most 100 characters wide, no control characters, nothing from outside.</summary>
public static class HeadlineText
{
    public const int Width = 100;

    /// <param name="columns">What the terminal has; null for as many as are wanted. Below <see cref="Width"/> the second denominator is left out.</param>
    public static string Text(Summary summary, int? columns = null)
    {
        var text = new StringBuilder();
        int width = Math.Clamp(columns ?? Width, 40, Width);
        if (Headline.Sentence(summary) is { Length: > 0 } sentence) Wrap(text, sentence, width);
        foreach (string note in Headline.Notes(summary)) Wrap(text, note, width);
        text.Append('\n');

        string first = summary.Headline;
        bool two = first != Metrics.Listed && width == Width;
        text.Append(Line("", first, "", "", "", two ? Metrics.Listed : "", "", "")).Append('\n');
        text.Append(Line("metric", "share", "bounds, %", "yes/decided", "unknown", two ? "share" : "", two ? "yes/decided" : "", two ? "unknown" : "")).Append('\n');
        foreach (var metric in Metrics.All)
        {
            if (summary.Figures.Find(metric.Name, first) is not { } f) continue;
            var l = two ? summary.Figures.Find(metric.Name, Metrics.Listed) : null;
            text.Append(Line(
                metric.Name, Headline.Percent(f.Share, 2), Bounds(f), Ratio(f), Short(f.Unknown),
                l is null ? "" : Headline.Percent(l.Share, 2), l is null ? "" : Ratio(l), l is null ? "" : Short(l.Unknown))).Append('\n');
        }
        return text.ToString();
    }

    private static string Line(params ReadOnlySpan<string> cells) =>
        $"{cells[0],-20}{cells[1],9}{cells[2],14}{cells[3],16}{cells[4],8}{cells[5],9}{cells[6],16}{cells[7],8}".TrimEnd();

    private static string Bounds(Figure f) => f.Low is null || f.High is null
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{100 * f.Low:F2}-{100 * f.High:F2}");

    private static string Ratio(Figure f) => $"{Short(f.Numerator)}/{Short(f.Decided)}";

    /// <summary>Whole up to seven digits, then in thousands, so that the columns hold.</summary>
    private static string Short(long n) => n < 10_000_000
        ? n.ToString(CultureInfo.InvariantCulture)
        : (n / 1000).ToString(CultureInfo.InvariantCulture) + "k";

    private static void Wrap(StringBuilder text, string paragraph, int width)
    {
        int column = 0;
        foreach (string word in paragraph.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > width)
            {
                text.Append('\n');
                column = 0;
            }
            if (column > 0)
            {
                text.Append(' ');
                column++;
            }
            text.Append(word);
            column += word.Length;
        }
        text.Append('\n');
    }
}
