using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Scanner.Report.Charts;

namespace Scanner.Report;

/// <summary>The frame of every page: one file, no request leaves it. The content security policy allows its own styles and its own script and
/// nothing else, so that even a text that slipped through unescaped could not run or load anything.</summary>
internal static class HtmlPage
{
    /// <param name="title">As text.</param>
    /// <param name="body">As HTML.</param>
    public static string Of(string title, string body)
    {
        string script = Resource("report.js");
        string policy = $"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'; base-uri 'none'; form-action 'none'";
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="referrer" content="no-referrer">
            <title>{Escape.Html(title)}</title>
            <style>{Style()}</style>
            </head>
            <body>
            <main>
            {body}
            </main>
            <script>{script}</script>
            </body>
            </html>

            """.ReplaceLineEndings("\n");
    }

    /// <summary>A plot with its title and notes, and links to its files.</summary>
    public static string Figure(Drawing drawing, bool files) =>
        $"<figure id=\"{drawing.Name}\"><h3>{Escape.Html(drawing.Title)}</h3>{Svg.Inline(drawing)}<figcaption>{Escape.Html(drawing.Notes)}"
        + (files ? $" <a href=\"plots/{drawing.Name}.svg\">SVG</a> <a href=\"plots/{drawing.Name}.png\">PNG</a>" : "") + "</figcaption></figure>\n";

    private static string Style()
    {
        string Variables(Func<(string Light, string Dark), string> pick) =>
            string.Join(' ', Inks.Colours.Select(c => $"--ink-{c.Key.ToString().ToLowerInvariant()}: {pick(c.Value)};"));
        return Resource("report.css").Replace("DARK", Variables(c => c.Dark), StringComparison.Ordinal).Replace("LIGHT", Variables(c => c.Light), StringComparison.Ordinal);
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(HtmlPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Trim();
    }
}

/// <summary>A sortable table. Cells are values: numbers are formatted here, texts are escaped here.</summary>
/// <param name="caption">For screen readers; as text.</param>
internal sealed class HtmlTable(string caption, params IReadOnlyList<string> heads)
{
    private readonly StringBuilder _rows = new();
    private readonly bool[] _numeric = new bool[heads.Count];

    public void Add(params ReadOnlySpan<object?> cells)
    {
        _rows.Append("<tr>");
        for (int i = 0; i < cells.Length; i++)
        {
            switch (cells[i])
            {
                case long n:
                    Number(i, n, Headline.Count(n));
                    break;
                case int n:
                    Number(i, n, Headline.Count(n));
                    break;
                case double share:
                    Number(i, share, Headline.Percent(share, 2));
                    break;
                case null:
                    _rows.Append("<td class=\"n\" data-v=\"\">–</td>");
                    break;
                default:
                    string text = Convert.ToString(cells[i], CultureInfo.InvariantCulture) ?? "";
                    // A short word keeps its line, a sentence gets room to wrap in.
                    _rows.Append(CultureInfo.InvariantCulture, $"<td class=\"{(text.Length <= 34 ? "s" : "w")}\">{Escape.Html(Escape.Short(text))}</td>");
                    break;
            }
        }
        _rows.Append("</tr>\n");
    }

    private void Number(int column, double value, string text)
    {
        _numeric[column] = true;
        _rows.Append(CultureInfo.InvariantCulture, $"<td class=\"n\" data-v=\"{value:R}\">{text}</td>");
    }

    /// <summary>The table as HTML, in a box that scrolls sideways by itself where it is too wide.</summary>
    public string Html()
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Escape.Html(caption)}\"><table class=\"sort\"><caption hidden>{Escape.Html(caption)}</caption><thead><tr>");
        for (int i = 0; i < heads.Count; i++)
            html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"{(_numeric[i] ? " class=\"n\"" : "")} data-h=\"{Escape.Html(heads[i])}\"><button type=\"button\">{Escape.Html(heads[i])}</button></th>");
        return html.Append("</tr></thead><tbody>\n").Append(_rows).Append("</tbody></table></div>\n").ToString();
    }
}
