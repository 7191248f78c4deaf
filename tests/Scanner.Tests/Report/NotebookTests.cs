using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scanner.Tests.Write;

namespace Scanner.Tests.Report;

/// <summary>The SQL of data-samples/notebooks, run over a run folder as a notebook does.</summary>
[Collection(MixedRun.Name)]
public sealed partial class NotebookTests(MixedRun run) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryQueryOfTheNotebookRunsAndTheHeadlineIsTheSummarys()
    {
        string code = string.Join('\n', Cells());
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

    /// <summary>The Python around the SQL, with Debian's pandas and matplotlib. Debian has no DuckDB for Python: a module of that name hands over what
    /// DuckDB answers here to each of the notebook's queries.</summary>
    [Fact]
    public async Task ThePythonAroundTheQueriesRunsAndDrawsFourPlots()
    {
        const string python = "/usr/bin/python3";
        var cancellation = TestContext.Current.CancellationToken;
        var (canRun, missing) = File.Exists(python) ? await RunAsync(python, ["-c", "import pandas, matplotlib"], cancellation) : (1, "");
        Assert.SkipUnless(canRun == 0, $"{python} with pandas and matplotlib is not installed: apt-get install python3-pandas python3-matplotlib\n{missing}");

        // Jupyter shows what a cell drew and begins the next one with a clean sheet.
        string code = string.Join("\nshow()\n", Cells());
        using var connection = run.OpenAsANotebook();
        var answers = TripleQuoted().Matches(code).Select(m => m.Groups[1].Value).ToDictionary(sql => "\n" + sql, sql => ParquetRows.Query(connection, sql).Select(r => r.ToDictionary(c => c.Key, c => Plain(c.Value))).ToArray());
        await File.WriteAllTextAsync(_folder["answers.json"], JsonSerializer.Serialize(answers), cancellation);
        await File.WriteAllTextAsync(_folder["duckdb.py"], """
            import json, pathlib
            import pandas as pd
            _answers = json.loads((pathlib.Path(__file__).parent / "answers.json").read_text())
            class _Answer:
                def __init__(self, sql): self.rows = _answers[sql]
                def df(self): return pd.DataFrame(self.rows)
            class _Connection:
                def execute(self, sql): return self
                def sql(self, sql): return _Answer(sql)
            def connect(): return _Connection()
            """, cancellation);
        const string show = """
            drawn = 0
            def show():
                global drawn
                for n in plt.get_fignums():
                    drawn += 1
                    plt.figure(n).savefig(Path(__file__).parent / f"plot{drawn}.png")
                plt.close("all")

            """;
        await File.WriteAllTextAsync(_folder["notebook.py"], show + code.Replace("Path(\"runs/lab\")", $"Path({JsonSerializer.Serialize(run.Path)})", StringComparison.Ordinal)
            + "\nshow()\n", cancellation);
        var (exit, said) = await RunAsync(python, [_folder["notebook.py"]], cancellation);
        Assert.True(exit == 0, said);
        Assert.Contains("Of domains that run mail, ", said, StringComparison.Ordinal);
        Assert.Equal(4, Directory.GetFiles(_folder.Path, "plot*.png").Length);
    }

    private static object? Plain(object? value) => value switch
    {
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        System.Numerics.BigInteger whole => (double)whole,
        _ => value,
    };

    private static async Task<(int Exit, string Output)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MPLBACKEND"] = "Agg";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken) + await error;
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, output);
    }

    private static string[] Cells()
    {
        using var notebook = JsonDocument.Parse(File.ReadAllText(Repository.Find("data-samples/notebooks/adoption.ipynb")));
        return [.. notebook.RootElement.GetProperty("cells").EnumerateArray().Where(c => c.GetProperty("cell_type").GetString() == "code")
            .Select(c => string.Concat(c.GetProperty("source").EnumerateArray().Select(l => l.GetString())))];
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
