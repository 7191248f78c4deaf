using Scanner.Report.Charts;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>Each plot as a file for papers: SVG and PNG under <c>plots/</c>.</summary>
internal static class PlotFiles
{
    /// <summary>Writes them; where PNG cannot be had on this machine, a file says why.</summary>
    public static void Write(IReadOnlyList<Drawing> plots, string folder)
    {
        Directory.CreateDirectory(folder);
        string whyNot = Path.Combine(folder, "no-png.txt");
        File.Delete(whyNot);
        foreach (var plot in plots)
        {
            AtomicFile.Write(Path.Combine(folder, plot.Name + ".svg"), Svg.File(plot));
            if (Png.TryFile(plot, out string? reason) is { } png) AtomicFile.Write(Path.Combine(folder, plot.Name + ".png"), png);
            else AtomicFile.Write(whyNot, reason + "\n");
        }
    }
}
