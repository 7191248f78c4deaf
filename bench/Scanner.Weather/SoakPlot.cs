using System.Globalization;
using Scanner.Report.Charts;

namespace Scanner.Weather;

/// <summary>What a long run was seen to use (the CSV of bench/run-soak.sh), one panel a column, each from 0 to its highest value: a leak is a slope.</summary>
internal static class SoakPlot
{
    private const double Left = 64, Right = Drawing.StandardWidth - 12, PanelHeight = 64, PanelStep = 92;

    private static readonly (string Column, string Name, Ink Ink)[] Panels =
    [
        ("rss_mb", "resident memory, MB", Ink.Blue), ("committed_mb", "committed to the managed heap, MB", Ink.Sky), ("heap_mb", "managed heap, MB", Ink.Sky),
        ("live_mb", "managed heap after the last full collection, MB", Ink.Sky), ("open_files", "open files", Ink.Orange), ("sockets", "sockets among them", Ink.Vermilion),
        ("in_flight", "DNS queries in flight", Ink.Green), ("queue_names", "names waiting for a worker", Ink.Purple), ("queue_policies", "names waiting for their policy", Ink.Purple),
        ("queue_rows", "rows waiting for the writer", Ink.Purple), ("names_done", "names done", Ink.Grey),
    ];

    /// <returns>The plot as an SVG file.</returns>
    public static string Draw(string csv)
    {
        string[][] lines = [.. File.ReadLines(csv).Select(line => line.Split(','))];
        double[][] rows = [.. lines.Skip(1).Select(line => line.Select(cell => double.TryParse(cell, CultureInfo.InvariantCulture, out double value) ? value : double.NaN).ToArray())];
        int Column(string name) => Array.IndexOf(lines[0], name);
        double seconds = rows[^1][Column("seconds")];
        var shapes = new List<Shape>();
        double top = 14;
        foreach (var (column, name, ink) in Panels)
        {
            int at = Column(column);
            var points = rows.Select(row => (X: row[0], Y: row[at])).Where(point => !double.IsNaN(point.Y)).ToList();
            double most = Math.Max(1, points.Max(point => point.Y)), bottom = top + PanelHeight;
            shapes.Add(new Label(Left, top - 3, name, Ink.Text, 11));
            foreach (double share in (double[])[0, 0.5, 1])
            {
                double y = bottom - share * PanelHeight;
                shapes.Add(new Stroke(Left, y, Right, y, Ink.Grid));
                shapes.Add(new Label(Left - 5, y + 4, (share * most).ToString("#,0.#", CultureInfo.InvariantCulture), Ink.Muted, 10, Anchor.End));
            }
            shapes.Add(new Polyline([.. points.Select(point => (Left + point.X / seconds * (Right - Left), bottom - point.Y / most * PanelHeight))], ink, 1.2));
            top += PanelStep;
        }
        foreach (double share in (double[])[0, 0.25, 0.5, 0.75, 1])
            shapes.Add(new Label(Left + share * (Right - Left), top - 12, (share * seconds / 60).ToString("0.#", CultureInfo.InvariantCulture), Ink.Muted, 10, share == 1 ? Anchor.End : Anchor.Middle));
        shapes.Add(new Label((Left + Right) / 2, top + 4, "minutes", Ink.Text, 11, Anchor.Middle));
        var drawing = new Drawing("soak", "One long scan, looked at from outside", $"{rows.Length} looks in {seconds / 60:0.#} minutes", Drawing.StandardWidth, top + 12, shapes);
        return Svg.File(drawing);
    }
}
