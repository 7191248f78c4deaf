namespace Scanner.Report.Charts;

/// <param name="Points">By x; with the interval drawn as a band where there is one.</param>
/// <param name="Stairs">The value holds from one x to the next: a distribution.</param>
public sealed record Line(string Name, Ink Ink, IReadOnlyList<(double X, double Y, double? Low, double? High)> Points, bool Stairs = false);

/// <summary>Charts of lines over a linear or logarithmic axis.</summary>
internal static class LineCharts
{
    /// <param name="marks">Vertical lines with a name each.</param>
    /// <param name="diagonal">A straight line from corner to corner: what would be without concentration.</param>
    /// <param name="yText">How a value of the upright axis is written; null for shares.</param>
    public static Drawing Draw(
        string name, string title, string notes, string xAxis, string yAxis, bool log, IReadOnlyList<Line> lines, double? top = null,
        IReadOnlyList<(double X, string Name)>? marks = null, bool diagonal = false, Func<double, string>? xText = null, Func<double, string>? yText = null)
    {
        const double left = 52, height = 232, right = Drawing.StandardWidth - 12;
        var shapes = new List<Shape>();
        double above = lines.Count > 1 ? BarCharts.Legend(shapes, [.. lines.Select(l => (l.Name, l.Ink))]) : 6;
        double bottom = above + height;
        double minimum = lines.SelectMany(l => l.Points).Min(p => p.X), maximum = lines.SelectMany(l => l.Points).Max(p => p.X);
        double most = top ?? Axis.ShareTop(lines.SelectMany(l => l.Points).Max(p => Math.Max(p.Y, p.High ?? 0)));
        var x = log ? new Axis(Math.Max(1, Math.Min(minimum, maximum / 10)), Math.Max(10, maximum), left, right, Log: true) : new Axis(0, maximum > 0 ? maximum : 1, left, right);
        var y = new Axis(0, most, bottom, above + 6);
        foreach (double tick in y.Ticks())
        {
            shapes.Add(new Stroke(left, y.At(tick), right, y.At(tick), Ink.Grid));
            shapes.Add(new Label(left - 5, y.At(tick) + 4, yText?.Invoke(tick) ?? Axis.Percent(tick, most), Ink.Muted, 11, Anchor.End));
        }
        foreach (double tick in x.Ticks())
        {
            shapes.Add(new Stroke(x.At(tick), above + 6, x.At(tick), bottom, Ink.Grid));
            string text = (xText ?? Axis.Count)(tick);
            // The last one stays within the drawing.
            double centre = Math.Min(x.At(tick), Drawing.StandardWidth - 1 - (Drawing.TextWidth(text, 11) / 2));
            shapes.Add(new Label(centre, bottom + 15, text, Ink.Muted, 11, Anchor.Middle));
        }
        double markTop = bottom - 58;
        var shown = (marks ?? []).Where(m => m.X >= minimum && m.X <= x.To).ToArray();
        for (int i = 0; i < shown.Length; i++)
        {
            double at = x.At(shown[i].X), width = Drawing.TextWidth(shown[i].Name, 10) + 8;
            shapes.Add(new Stroke(at, above + 6, at, bottom, Ink.Vermilion, 1.2, Dashed: true));
            // On the left of its line where on the right it would meet the next one or the edge.
            bool leftSide = at + width > (i + 1 < shown.Length ? x.At(shown[i + 1].X) : right);
            shapes.Add(new Label(at + (leftSide ? -4 : 4), markTop, shown[i].Name, Ink.Text, 10, leftSide ? Anchor.End : Anchor.Start));
            markTop += 13;
        }
        if (diagonal) shapes.Add(new Stroke(x.At(x.From), y.At(0), x.At(x.To), y.At(1), Ink.Muted, 1, Dashed: true));
        foreach (var line in lines)
        {
            if (line.Points.Any(p => p.High is not null))
                shapes.Add(new Polyline([.. line.Points.Select(p => (x.At(p.X), y.At(p.High ?? p.Y))), .. line.Points.Reverse().Select(p => (x.At(p.X), y.At(p.Low ?? p.Y)))], line.Ink, Filled: true, Opacity: 0.22));
            var path = new List<(double, double)>();
            foreach (var point in line.Points)
            {
                if (line.Stairs && path.Count > 0) path.Add((x.At(point.X), path[^1].Item2));
                path.Add((x.At(point.X), y.At(point.Y)));
            }
            shapes.Add(new Polyline(path, line.Ink, lines.Count > 1 && line.Points.Count > 200 ? 1 : 2));
            if (line.Points.Count <= 40) shapes.AddRange(path.Where((_, i) => !line.Stairs || i % 2 == 0).Select(p => new Dot(p.Item1, p.Item2, 2.5, line.Ink)));
        }
        shapes.Add(new Label((left + right) / 2, bottom + 33, xAxis, Ink.Text, 12, Anchor.Middle));
        shapes.Add(new Label(13, (above + bottom) / 2, yAxis, Ink.Text, 12, Anchor.Middle, Upright: true));
        return new Drawing(name, title, notes, Drawing.StandardWidth, bottom + 42, shapes);
    }
}
