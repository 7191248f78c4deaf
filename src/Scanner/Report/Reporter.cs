using Scanner.Aggregate;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>
/// Writes every table and summary of a run from its rows. <c>scan</c> calls it at its end and <c>report</c> later: the same code over
/// the same files, so both give the same figures.
/// </summary>
public static class Reporter
{
    /// <param name="runs">One run, or several shards of one.</param>
    /// <param name="outputFolder">Gets report.html, summary.json, summary.md, columns.md, tables/ and plots/; made when missing.</param>
    /// <exception cref="RunFolderException">A run cannot be read, the runs are not of one list, or a name is in more than one row.</exception>
    /// <exception cref="IOException">A file cannot be read or written; the message names it.</exception>
    public static Summary Write(IReadOnlyList<RunFolder> runs, string outputFolder)
    {
        var set = RunSet.Of(runs);
        using var rows = RowDatabase.Open(set.Parts);
        return Write(set, outputFolder, rows);
    }

    /// <summary>The same for a run whose rows are open.</summary>
    public static Summary Write(RunFolder run, string outputFolder, RowDatabase rows) => Write(RunSet.Of([run]), outputFolder, rows);

    private static Summary Write(RunSet set, string outputFolder, RowDatabase rows)
    {
        var header = Summary.HeaderOf(set);
        var figures = Figures.Compute(rows);
        if (figures.DuplicateRows > 0)
            throw new RunFolderException(set.Manifests.Count > 1
                ? $"{figures.DuplicateRows} names are in more than one of these runs: they are not shards of one list that exclude each other"
                : $"{figures.DuplicateRows} rows are of a name that already has one: the run folder is damaged");
        var summary = new Summary(header, figures);

        Uncertainty.Prepare(rows, header.Sampled);
        var tables = TableFiles.Write(rows, Path.Combine(outputFolder, "tables"));
        string tablesFolder = Path.Combine(outputFolder, "tables");
        var plots = new Plots(rows, tablesFolder, summary.Headline).All();
        PlotFiles.Write(plots, Path.Combine(outputFolder, "plots"));
        AtomicFile.Write(Path.Combine(outputFolder, "columns.md"), DataDictionary.Text());
        AtomicFile.Write(Path.Combine(outputFolder, "summary.json"), SummaryJson.Text(summary));
        AtomicFile.Write(Path.Combine(outputFolder, "summary.md"), SummaryMarkdown.Text(summary));
        AtomicFile.Write(Path.Combine(outputFolder, "report.html"), HtmlReport.Text(summary, Uncertainty.Read(rows), plots, tables, rows, tablesFolder));
        return summary;
    }
}
