using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Scanner.Tests.Report;

/// <summary>The SQL of data-samples/notebooks, run over a run folder as a notebook does.</summary>
[Collection(MixedRun.Name)]
public sealed partial class NotebookTests(MixedRun run)
{
    [Fact]
    public void EveryQueryOfTheNotebookRunsAndTheHeadlineIsTheSummarys()
    {
        using var notebook = JsonDocument.Parse(File.ReadAllText(Repository.Find("data-samples/notebooks/adoption.ipynb")));
        string code = string.Join('\n', notebook.RootElement.GetProperty("cells").EnumerateArray().Where(c => c.GetProperty("cell_type").GetString() == "code")
            .Select(c => string.Concat(c.GetProperty("source").EnumerateArray().Select(l => l.GetString()))));
        using var connection = run.OpenAsANotebook();
        var queries = TripleQuoted().Matches(code).Select(m => m.Groups[1].Value).ToArray();
        Assert.Equal(8, queries.Length);
        foreach (string query in queries) Assert.True(ParquetRows.Query(connection, query).Count > 0, query);
        TheHeadlineIsTheSummarys(ParquetRows.Query(connection, queries.Single(q => q.Contains("'mtasts_published')", StringComparison.Ordinal) && q.Contains("'all'", StringComparison.Ordinal))));
    }

    [Fact]
    public void EveryStatementToPasteRuns()
    {
        string text = File.ReadAllText(Repository.Find("data-samples/notebooks/adoption.sql"));
        using var connection = run.OpenAsANotebook();
        string[] statements = [.. string.Join('\n', text.Split('\n').Where(l => !l.StartsWith(".read", StringComparison.Ordinal) && !l.StartsWith("--", StringComparison.Ordinal))).Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        Assert.Equal(["schema", "facts", "denominators", "macros"], text.Split('\n').Where(l => l.StartsWith(".read", StringComparison.Ordinal)).Select(l => Path.GetFileNameWithoutExtension(l)));
        // The first makes the view over the current folder, which here is made already.
        Assert.StartsWith("CREATE OR REPLACE VIEW domains", statements[0], StringComparison.Ordinal);
        foreach (string statement in statements[1..]) ParquetRows.Query(connection, statement.Replace("'tables/", $"'{Quoted(run.Path)}/tables/", StringComparison.Ordinal));
        TheHeadlineIsTheSummarys(ParquetRows.Query(connection, statements[1]));
    }

    private void TheHeadlineIsTheSummarys(List<Dictionary<string, object?>> headline)
    {
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Path, "summary.json")));
        Assert.Equal(4, headline.Count);
        foreach (var row in headline)
        {
            var figure = summary.RootElement.GetProperty("metrics").EnumerateArray()
                .Single(m => m.GetProperty("metric").GetString() == (string)row["metric"]! && m.GetProperty("denominator").GetString() == "mail");
            foreach (string column in (string[])["numerator", "decided", "unknown"])
                Assert.Equal(figure.GetProperty(column).GetInt64(), Convert.ToInt64(row[column], CultureInfo.InvariantCulture));
        }
    }

    private static string Quoted(string path) => path.Replace("'", "''", StringComparison.Ordinal);

    [GeneratedRegex("\"\"\"\n(.*?)\"\"\"", RegexOptions.Singleline)]
    private static partial Regex TripleQuoted();
}
