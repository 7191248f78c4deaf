using System.Globalization;
using System.Text;

namespace Scanner.Report.Charts;

/// <summary>Drawings as SVG: inline for the report, where colours follow the page, and as a file of its own with fixed ones.</summary>
public static class Svg
{
    private const double HeadLine = 18;

    /// <summary>For HTML: colours are the page's variables <c>--ink-…</c>; title and description are for screen readers.</summary>
    public static string Inline(Drawing drawing)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {N(drawing.Width)} {N(drawing.Height)}\" role=\"img\" aria-labelledby=\"{drawing.Name}-t {drawing.Name}-d\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title id=\"{drawing.Name}-t\">{Escape.Html(drawing.Title)}</title><desc id=\"{drawing.Name}-d\">{Escape.Html(drawing.Notes)}</desc>");
        Shapes(svg, drawing.Shapes, ink => $"var(--ink-{ink.ToString().ToLowerInvariant()})");
        return svg.Append("</svg>").ToString();
    }

    /// <summary>A whole file: black on white, with its title above and its notes below.</summary>
    public static string File(Drawing drawing)
    {
        var framed = Framed(drawing);
        var svg = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{N(framed.Width)}\" height=\"{N(framed.Height)}\" viewBox=\"0 0 {N(framed.Width)} {N(framed.Height)}\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Escape.Html(drawing.Title)}</title><desc>{Escape.Html(drawing.Notes)}</desc>\n");
        Shapes(svg, framed.Shapes, ink => Inks.Colours[ink].Light);
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>The drawing on white with title and notes as texts in it: what stands in a file must speak for itself.</summary>
    public static Drawing Framed(Drawing drawing)
    {
        const double size = 10;
        int perLine = (int)((drawing.Width - 16) / (size * 0.58));
        string[] titles = [.. Wrap(drawing.Title, (int)((drawing.Width - 16) / (13 * 0.58)))];
        string[] notes = [.. Wrap(drawing.Notes, perLine)];
        double top = (titles.Length * HeadLine) + 8, height = top + drawing.Height + (notes.Length * 14) + 10;
        return drawing with
        {
            Height = height,
            Shapes =
            [
                new Bar(0, 0, drawing.Width, height, Ink.Paper),
                .. titles.Select((t, i) => new Label(8, (i + 1) * HeadLine, t, Size: 13)),
                .. drawing.Shapes.Select(s => Down(s, top)),
                .. notes.Select((n, i) => new Label(8, top + drawing.Height + 12 + (i * 14), n, Ink.Muted, size)),
            ],
        };
    }

    private static Shape Down(Shape shape, double by) => shape switch
    {
        Bar s => s with { Y = s.Y + by },
        Stroke s => s with { Y1 = s.Y1 + by, Y2 = s.Y2 + by },
        Polyline s => s with { Points = [.. s.Points.Select(p => (p.X, p.Y + by))] },
        Dot s => s with { Y = s.Y + by },
        Label s => s with { Y = s.Y + by },
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }
        if (line.Length > 0) yield return line;
    }

    private static void Shapes(StringBuilder svg, IReadOnlyList<Shape> shapes, Func<Ink, string> colour)
    {
        foreach (var shape in shapes)
        {
            switch (shape)
            {
                case Bar s:
                    svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{N(s.X)}\" y=\"{N(s.Y)}\" width=\"{N(Math.Max(0, s.Width))}\" height=\"{N(s.Height)}\" style=\"fill:{colour(s.Fill)}\"");
                    svg.Append(s.Tip is null ? "/>" : $"><title>{Escape.Html(s.Tip)}</title></rect>");
                    break;
                case Stroke s:
                    svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{N(s.X1)}\" y1=\"{N(s.Y1)}\" x2=\"{N(s.X2)}\" y2=\"{N(s.Y2)}\" style=\"stroke:{colour(s.Ink)};stroke-width:{N(s.Width)}{(s.Dashed ? ";stroke-dasharray:5 3" : "")}\"/>");
                    break;
                case Polyline s:
                    string points = string.Join(' ', s.Points.Select(p => $"{N(p.X)},{N(p.Y)}"));
                    svg.Append(s.Filled
                        ? string.Create(CultureInfo.InvariantCulture, $"<polygon points=\"{points}\" style=\"fill:{colour(s.Ink)};fill-opacity:{N(s.Opacity)}\"/>")
                        : string.Create(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" style=\"fill:none;stroke:{colour(s.Ink)};stroke-width:{N(s.Width)};stroke-linejoin:round\"/>"));
                    break;
                case Dot s:
                    svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{N(s.X)}\" cy=\"{N(s.Y)}\" r=\"{N(s.Radius)}\" style=\"fill:{colour(s.Fill)}\"/>");
                    break;
                case Label s:
                    string turn = s.Upright ? string.Create(CultureInfo.InvariantCulture, $" transform=\"rotate(-90 {N(s.X)} {N(s.Y)})\"") : "";
                    string anchor = s.Anchor switch { Anchor.Middle => "middle", Anchor.End => "end", _ => "start" };
                    svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(s.X)}\" y=\"{N(s.Y)}\" font-size=\"{N(s.Size)}\" text-anchor=\"{anchor}\" style=\"fill:{colour(s.Ink)}\"{turn}>{Escape.Html(s.Text)}</text>");
                    break;
            }
        }
    }

    /// <summary>A tenth of a pixel is more than anyone sees.</summary>
    private static string N(double value) => Math.Round(value, value is > 0 and < 1 ? 2 : 1).ToString(CultureInfo.InvariantCulture);
}
