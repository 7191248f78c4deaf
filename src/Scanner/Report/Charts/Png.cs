using SkiaSharp;

namespace Scanner.Report.Charts;

/// <summary>Drawings as PNG, drawn by Skia from the same shapes as the SVG, with a font of our own: the picture is the same on a machine
/// without any fonts.</summary>
public static class Png
{
    /// <summary>Three times the pixels of the drawing: 300 dots per inch at a column's width of 12 cm.</summary>
    private const float Scale = 3;

    private static readonly Lazy<SKTypeface> _typeface = new(() =>
    {
        using var font = typeof(Png).Assembly.GetManifestResourceStream("DejaVuSans-Latin.ttf")!;
        return SKTypeface.FromStream(font);
    });

    /// <summary>Null, with the reason, where the drawing library does not load on this machine; everything else of a report does without it.</summary>
    public static byte[]? TryFile(Drawing drawing, out string? reason)
    {
        try
        {
            reason = null;
            return Draw(Svg.Framed(drawing));
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            reason = $"no PNG files: the drawing library does not load here ({e.GetBaseException().Message}); the SVG files hold the same";
            return null;
        }
    }

    private static byte[] Draw(Drawing drawing)
    {
        using var surface = SKSurface.Create(new SKImageInfo((int)(drawing.Width * Scale), (int)(drawing.Height * Scale)));
        var canvas = surface.Canvas;
        canvas.Scale(Scale);
        foreach (var shape in drawing.Shapes) Draw(canvas, shape);
        // Flat colours: a line that repeats the one above needs no filter to be small, and trying all five takes most of the time.
        using var pixels = surface.PeekPixels();
        using var data = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.NoFilters, 6));
        return (data ?? throw new InvalidOperationException("Skia did not encode the picture")).ToArray();
    }

    private static void Draw(SKCanvas canvas, Shape shape)
    {
        switch (shape)
        {
            case Bar s:
                using (var paint = Paint(s.Fill)) canvas.DrawRect((float)s.X, (float)s.Y, (float)Math.Max(0, s.Width), (float)s.Height, paint);
                break;
            case Stroke s:
                using (var paint = Paint(s.Ink, s.Width))
                {
                    using var dash = s.Dashed ? SKPathEffect.CreateDash([5, 3], 0) : null;
                    paint.PathEffect = dash;
                    canvas.DrawLine((float)s.X1, (float)s.Y1, (float)s.X2, (float)s.Y2, paint);
                }
                break;
            case Polyline s when s.Points.Count > 0:
                using (var paint = Paint(s.Ink, s.Filled ? null : s.Width))
                {
                    paint.Color = paint.Color.WithAlpha((byte)Math.Round(255 * s.Opacity));
                    using var builder = new SKPathBuilder();
                    builder.MoveTo((float)s.Points[0].X, (float)s.Points[0].Y);
                    foreach (var (x, y) in s.Points.Skip(1)) builder.LineTo((float)x, (float)y);
                    if (s.Filled) builder.Close();
                    using var path = builder.Detach();
                    canvas.DrawPath(path, paint);
                }
                break;
            case Dot s:
                using (var paint = Paint(s.Fill)) canvas.DrawCircle((float)s.X, (float)s.Y, (float)s.Radius, paint);
                break;
            case Label s:
                using (var paint = Paint(s.Ink))
                using (var font = new SKFont(_typeface.Value, (float)s.Size))
                {
                    canvas.Save();
                    canvas.Translate((float)s.X, (float)s.Y);
                    if (s.Upright) canvas.RotateDegrees(-90);
                    canvas.DrawText(s.Text, 0, 0, s.Anchor switch { Anchor.Middle => SKTextAlign.Center, Anchor.End => SKTextAlign.Right, _ => SKTextAlign.Left }, font, paint);
                    canvas.Restore();
                }
                break;
        }
    }

    /// <param name="width">Of a line; null for an area.</param>
    private static SKPaint Paint(Ink ink, double? width = null) => new()
    {
        Color = SKColor.Parse(Inks.Colours[ink].Light),
        IsAntialias = true,
        Style = width is null ? SKPaintStyle.Fill : SKPaintStyle.Stroke,
        StrokeWidth = (float)(width ?? 0),
        StrokeJoin = SKStrokeJoin.Round,
    };
}
