using System.Xml.Linq;
using Scanner.Report;
using Scanner.Report.Charts;
using Scanner.Write;

namespace Scanner.Tests.Report;

public sealed class ReportFilesTests
{
    [Fact]
    public void TheDataDictionaryHasEveryColumnAndTheNullRule()
    {
        string text = DataDictionary.Text();
        foreach (var column in ResultSchema.Columns) Assert.Contains($"| `{column.Name}` |", text, StringComparison.Ordinal);
        Assert.Contains("**Null.**", text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDataDictionaryOfTheRepositoryIsTheGeneratedOne() =>
        Assert.Equal(DataDictionary.Text(), File.ReadAllText(Repository.Find("data-samples/notebooks/columns.md")).ReplaceLineEndings("\n"));

    [Fact]
    public void ADrawingIsWellFormedSvgAndAPicture()
    {
        var drawing = new Drawing("x", "Title <b>", "Notes & \"quotes\"", 100, 50, [new Bar(1, 2, 30, 4, Ink.Blue, "tip <"), new Label(5, 6, "<text>"), new Polyline([(0, 0), (10, 10)], Ink.Green), new Dot(1, 1, 2, Ink.Text), new Stroke(0, 0, 5, 5, Ink.Grid, Dashed: true)]);
        var svg = XDocument.Parse(Svg.File(drawing));
        Assert.Equal("Title <b>", svg.Root!.Elements().First(e => e.Name.LocalName == "title").Value);
        Assert.DoesNotContain("var(", svg.ToString(), StringComparison.Ordinal);
        var inline = XDocument.Parse(Svg.Inline(drawing));
        Assert.Equal("img", inline.Root!.Attribute("role")!.Value);

        byte[]? png = Png.TryFile(drawing, out string? reason);
        Assert.SkipWhen(png is null, reason ?? "");
        Assert.Equal("PNG"u8.ToArray(), png![1..4]);
        Assert.True(png.Length > 1000, "a picture of nothing");
    }

    [Fact]
    public void EveryInkHasContrastOnItsPaper()
    {
        foreach (var (ink, (light, dark)) in Inks.Colours)
        {
            if (ink is Ink.Text or Ink.Muted)
            {
                Assert.True(Contrast(light, Inks.Colours[Ink.Paper].Light) >= 4.5, $"{ink} light");
                Assert.True(Contrast(dark, Inks.Colours[Ink.Paper].Dark) >= 4.5, $"{ink} dark");
            }
        }
    }

    // WCAG 2.1 relative luminance.
    private static double Contrast(string a, string b)
    {
        double[] l = [Luminance(a), Luminance(b)];
        return (l.Max() + 0.05) / (l.Min() + 0.05);
    }

    private static double Luminance(string colour)
    {
        double Channel(int at) => Convert.ToInt32(colour.Substring(at, 2), 16) / 255.0 is var c && c <= 0.03928 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
        return (0.2126 * Channel(1)) + (0.7152 * Channel(3)) + (0.0722 * Channel(5));
    }
}
