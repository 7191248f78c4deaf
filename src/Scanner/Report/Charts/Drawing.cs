namespace Scanner.Report.Charts;

/// <summary>Colours by their part. The eight series are those of Okabe and Ito, which colour-blind people tell apart; no chart relies on
/// colour alone. What colour an ink is, light or dark, stands in <see cref="Inks"/>.</summary>
public enum Ink : byte
{
    Text = 1,
    Muted = 2,
    Grid = 3,
    Paper = 4,
    Blue = 11,
    Orange = 12,
    Green = 13,
    Vermilion = 14,
    Sky = 15,
    Purple = 16,
    Yellow = 17,
    Grey = 18,
}

public static class Inks
{
    /// <summary>Ink to its colour on white and on dark.</summary>
    public static IReadOnlyDictionary<Ink, (string Light, string Dark)> Colours { get; } = new Dictionary<Ink, (string, string)>
    {
        [Ink.Text] = ("#1b1b1b", "#ececec"),
        [Ink.Muted] = ("#555555", "#b4b4b4"),
        [Ink.Grid] = ("#d4d4d4", "#474747"),
        [Ink.Paper] = ("#ffffff", "#1b1d21"),
        [Ink.Blue] = ("#0072b2", "#4aa8e0"),
        [Ink.Orange] = ("#e69f00", "#f0b432"),
        [Ink.Green] = ("#009e73", "#2dc49a"),
        [Ink.Vermilion] = ("#d55e00", "#f0803c"),
        [Ink.Sky] = ("#56b4e9", "#86ccf5"),
        [Ink.Purple] = ("#cc79a7", "#e09cc3"),
        [Ink.Yellow] = ("#d8cc2c", "#f0e442"),
        [Ink.Grey] = ("#9a9a9a", "#8a8a8a"),
    };

    /// <summary>The series in the order in which charts use them.</summary>
    public static IReadOnlyList<Ink> Series { get; } = [Ink.Blue, Ink.Orange, Ink.Green, Ink.Vermilion, Ink.Purple, Ink.Sky, Ink.Yellow, Ink.Grey];
}

public enum Anchor : byte
{
    Start = 0,
    Middle = 1,
    End = 2,
}

/// <summary>What a drawing is made of; lengths and places in pixels, from the upper left corner.</summary>
public abstract record Shape;

/// <param name="Tip">What a pointer resting on it shows, and nothing that is not in the table as well.</param>
public sealed record Bar(double X, double Y, double Width, double Height, Ink Fill, string? Tip = null) : Shape;

public sealed record Stroke(double X1, double Y1, double X2, double Y2, Ink Ink, double Width = 1, bool Dashed = false) : Shape;

/// <summary>A line through points, or with <paramref name="Filled"/> the area that they enclose.</summary>
public sealed record Polyline(IReadOnlyList<(double X, double Y)> Points, Ink Ink, double Width = 2, bool Filled = false, double Opacity = 1) : Shape;

public sealed record Dot(double X, double Y, double Radius, Ink Fill) : Shape;

/// <param name="Y">The base line.</param>
public sealed record Label(double X, double Y, string Text, Ink Ink = Ink.Text, double Size = 12, Anchor Anchor = Anchor.Start, bool Upright = false) : Shape;

/// <summary>
/// One chart as shapes, to be written as SVG or PNG. Why not a plotting library: ScottPlot's SVG is Skia's, in which texts have fixed
/// colours and no title or description, so that it neither follows light and dark nor speaks to a screen reader, and it has no UpSet
/// chart, funnel or interval band over log bins. What is needed here is rectangles, lines and texts.
/// </summary>
/// <param name="Name">File name without extension: p01_funnel.</param>
/// <param name="Title">One line; also the text for those who cannot see it.</param>
/// <param name="Notes">Denominator, n, unknown and what the marks mean: stands below the chart.</param>
public sealed record Drawing(string Name, string Title, string Notes, double Width, double Height, IReadOnlyList<Shape> Shapes)
{
    /// <summary>480: on a phone's 360 pixels a 12-pixel text still has 9.</summary>
    public const double StandardWidth = 480;

    /// <summary>About how wide a text gets in a common sans-serif face, in pixels: to place what stands beside it.</summary>
    public static double TextWidth(string text, double size = 12) => text.Length * size * 0.58;
}
