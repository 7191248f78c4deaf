namespace Scanner.Report.Charts;

/// <summary>One bar with its interval.</summary>
/// <param name="Low">Ends of the interval that is drawn as a whisker; both null for none.</param>
/// <param name="After">What stands behind the bar: the value and its n.</param>
public sealed record BarValue(string Name, double Share, double? Low, double? High, string After, Ink Ink = Ink.Blue);

/// <summary>A bar made of parts; the parts' shares add up to at most 1.</summary>
public sealed record StackValue(string Name, IReadOnlyList<double> Shares, string After);

/// <summary>Charts of bars.</summary>
internal static class BarCharts
{
    private const double Row = 24, Size = 12;

    /// <summary>Horizontal bars of shares, 0 on the left; whiskers for the intervals.</summary>
    /// <param name="axis">What the lengths mean, with the unit.</param>
    public static Drawing Horizontal(string name, string title, string notes, string axis, IReadOnlyList<BarValue> bars)
    {
        double left = 12 + Math.Min(215, bars.Max(b => Drawing.TextWidth(b.Name))), right = 14 + bars.Max(b => Drawing.TextWidth(b.After, 11));
        double top = Axis.ShareTop(bars.Max(b => Math.Max(b.Share, b.High ?? 0)));
        var x = new Axis(0, top, left, Drawing.StandardWidth - right);
        double bottom = 6 + (bars.Count * Row);
        var shapes = Frame(x, bottom, axis, top);
        for (int i = 0; i < bars.Count; i++)
        {
            var bar = bars[i];
            double y = 8 + (i * Row), middle = y + (Row / 2) - 2;
            shapes.Add(new Bar(left, y, x.At(bar.Share) - left, Row - 7, bar.Ink, $"{bar.Name}: {bar.After}"));
            if (bar is { Low: { } low, High: { } high } && x.At(high) - x.At(low) > 0.4)
            {
                shapes.Add(new Stroke(x.At(low), middle, x.At(high), middle, Ink.Text, 1.2));
                shapes.Add(new Stroke(x.At(low), middle - 4, x.At(low), middle + 4, Ink.Text, 1.2));
                shapes.Add(new Stroke(x.At(high), middle - 4, x.At(high), middle + 4, Ink.Text, 1.2));
            }
            shapes.Add(new Label(left - 6, middle + 4, Fit(bar.Name, left - 10), Anchor: Anchor.End));
            shapes.Add(new Label(Drawing.StandardWidth - right + 8, middle + 4, bar.After, Ink.Muted, 11));
        }
        return new Drawing(name, title, notes, Drawing.StandardWidth, bottom + 42, shapes);
    }

    /// <summary>Horizontal bars of 100 %, each cut into the same parts; the order of the parts is that of the legend.</summary>
    public static Drawing Stacked(string name, string title, string notes, string axis, IReadOnlyList<(string Name, Ink Ink)> parts, IReadOnlyList<StackValue> bars)
    {
        double left = 12 + Math.Min(215, bars.Max(b => Drawing.TextWidth(b.Name))), right = 14 + bars.Max(b => Drawing.TextWidth(b.After, 11));
        var x = new Axis(0, 1, left, Drawing.StandardWidth - right);
        var shapes = new List<Shape>();
        double legend = Legend(shapes, parts);
        double bottom = legend + 6 + (bars.Count * Row);
        shapes.AddRange(Frame(x, bottom, axis, 1, legend));
        for (int i = 0; i < bars.Count; i++)
        {
            var bar = bars[i];
            double y = legend + 8 + (i * Row), sum = 0;
            for (int p = 0; p < parts.Count; p++)
            {
                double from = x.At(sum), width = x.At(sum + bar.Shares[p]) - from;
                sum += bar.Shares[p];
                if (width <= 0) continue;
                // A hair of paper between the parts: they must not rely on colour alone.
                shapes.Add(new Bar(from, y, Math.Max(0.4, width - 1), Row - 7, parts[p].Ink, $"{bar.Name}, {parts[p].Name}: {Headline.Percent(bar.Shares[p], 1)}"));
            }
            shapes.Add(new Label(left - 6, y + (Row / 2) + 2, Fit(bar.Name, left - 10), Anchor: Anchor.End));
            shapes.Add(new Label(Drawing.StandardWidth - right + 8, y + (Row / 2) + 2, bar.After, Ink.Muted, 11));
        }
        return new Drawing(name, title, notes, Drawing.StandardWidth, bottom + 42, shapes);
    }

    /// <summary>Vertical bars over a row of names, with a marked border between two of them.</summary>
    /// <param name="borderAfter">Place of the bar behind which the border stands; null for none.</param>
    public static Drawing Columns(string name, string title, string notes, string xAxis, string yAxis, IReadOnlyList<BarValue> bars, int? borderAfter, string border)
    {
        const double left = 52, height = 210;
        double top = Axis.ShareTop(bars.Max(b => Math.Max(b.Share, b.High ?? 0))), step = (Drawing.StandardWidth - left - 8) / bars.Count;
        var y = new Axis(0, top, height, 14);
        var shapes = new List<Shape>();
        foreach (double tick in y.Ticks())
        {
            shapes.Add(new Stroke(left, y.At(tick), Drawing.StandardWidth - 8, y.At(tick), Ink.Grid));
            shapes.Add(new Label(left - 5, y.At(tick) + 4, Axis.Percent(tick, top), Ink.Muted, 11, Anchor.End));
        }
        int every = (int)Math.Ceiling(26 / step);
        for (int i = 0; i < bars.Count; i++)
        {
            double x = left + (i * step);
            shapes.Add(new Bar(x + 1, y.At(bars[i].Share), step - 2, height - y.At(bars[i].Share), bars[i].Ink, $"{bars[i].Name}: {bars[i].After}"));
            if ((i % every == 0 && i + every < bars.Count) || i == bars.Count - 1) shapes.Add(new Label(x + (step / 2), height + 15, bars[i].Name, Ink.Muted, 11, Anchor.Middle));
        }
        if (borderAfter is { } place)
        {
            double x = left + ((place + 1) * step);
            shapes.Add(new Stroke(x, 8, x, height, Ink.Vermilion, 1.5, Dashed: true));
            shapes.Add(new Label(x + 5, 18, border, Ink.Text, 11));
        }
        shapes.Add(new Label((left + Drawing.StandardWidth) / 2, height + 33, xAxis, Ink.Text, Size, Anchor.Middle));
        shapes.Add(new Label(13, height / 2, yAxis, Ink.Text, Size, Anchor.Middle, Upright: true));
        return new Drawing(name, title, notes, Drawing.StandardWidth, height + 42, shapes);
    }

    /// <summary>An UpSet chart: a row for each combination of sets, dots for the sets in it and a bar for its share.</summary>
    public static Drawing UpSet(string name, string title, string notes, string axis, IReadOnlyList<string> sets, IReadOnlyList<(IReadOnlyList<bool> In, double Share, string After)> rows)
    {
        const double column = 34, head = 76;
        double left = 14 + (sets.Count * column) + 10, right = 14 + rows.Max(r => Drawing.TextWidth(r.After, 11));
        double top = Axis.ShareTop(rows.Max(r => r.Share)), bottom = head + (rows.Count * Row);
        var x = new Axis(0, top, left, Drawing.StandardWidth - right);
        var shapes = Frame(x, bottom, axis, top, head - 2);
        for (int s = 0; s < sets.Count; s++) shapes.Add(new Label(14 + ((s + 0.5) * column) + 4, head - 8, sets[s], Size: 11, Upright: true));
        for (int i = 0; i < rows.Count; i++)
        {
            double y = head + (i * Row) + (Row / 2) - 2;
            var inside = Enumerable.Range(0, sets.Count).Where(s => rows[i].In[s]).ToArray();
            if (inside.Length > 1) shapes.Add(new Stroke(Centre(inside[0]), y, Centre(inside[^1]), y, Ink.Text, 2));
            for (int s = 0; s < sets.Count; s++) shapes.Add(new Dot(Centre(s), y, 5, rows[i].In[s] ? Ink.Text : Ink.Grid));
            shapes.Add(new Bar(left, y - 8, x.At(rows[i].Share) - left, 16, Ink.Blue, rows[i].After));
            shapes.Add(new Label(Drawing.StandardWidth - right + 8, y + 4, rows[i].After, Ink.Muted, 11));
        }
        return new Drawing(name, title, notes, Drawing.StandardWidth, bottom + 42, shapes);

        static double Centre(int set) => 14 + ((set + 0.5) * column);
    }

    /// <summary>Squares with names, as many in a line as fit.</summary>
    /// <returns>The height it takes.</returns>
    internal static double Legend(List<Shape> shapes, IReadOnlyList<(string Name, Ink Ink)> parts)
    {
        double x = 8, y = 6;
        foreach (var (name, ink) in parts)
        {
            double width = 26 + Drawing.TextWidth(name, 11);
            if (x + width > Drawing.StandardWidth && x > 8) (x, y) = (8, y + 18);
            shapes.Add(new Bar(x, y, 11, 11, ink));
            shapes.Add(new Label(x + 16, y + 10, name, Ink.Text, 11));
            x += width;
        }
        return y + 20;
    }

    private static List<Shape> Frame(Axis x, double bottom, string axis, double top, double from = 4)
    {
        var shapes = new List<Shape>();
        var ticks = x.Ticks().ToArray();
        int every = (int)Math.Ceiling(ticks.Length * 38 / Math.Max(1, x.End - x.Start));
        for (int i = 0; i < ticks.Length; i++)
        {
            shapes.Add(new Stroke(x.At(ticks[i]), from, x.At(ticks[i]), bottom, Ink.Grid));
            if (i % every == 0) shapes.Add(new Label(x.At(ticks[i]), bottom + 15, Axis.Percent(ticks[i], top), Ink.Muted, 11, Anchor.Middle));
        }
        shapes.Add(new Label(Math.Min(Math.Max((x.Start + x.End) / 2, Drawing.TextWidth(axis) / 2), Drawing.StandardWidth - (Drawing.TextWidth(axis) / 2)), bottom + 34, axis, Ink.Text, Size, Anchor.Middle));
        return shapes;
    }

    private static string Fit(string text, double width) => Drawing.TextWidth(text) <= width + 2 ? text : $"{text.AsSpan(0, Math.Max(1, (int)(width / (Size * 0.58)) - 1))}…";
}
