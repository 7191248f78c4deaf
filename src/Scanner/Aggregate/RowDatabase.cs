using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Scanner.Write;

namespace Scanner.Aggregate;

/// <summary>What rows are opened for.</summary>
public enum RowUse : byte
{
    /// <summary>To count rows: the view <c>domains</c> alone.</summary>
    Rows = 1,

    /// <summary>For one or two figures: the facts and macros too, over the files.</summary>
    Figures = 2,

    /// <summary>For all tables: the facts that they ask for are kept, so that each query is fast.</summary>
    Report = 3,

    /// <summary>For the tables that set runs side by side, likewise.</summary>
    Comparison = 4,
}

/// <summary>
/// The rows of one run, or of several, opened in place by DuckDB as the view <c>domains</c>, with the views and macros of the
/// <see cref="Prelude"/> over it. The queries read the Parquet files; for a report, the facts that they need are worked out once and kept, in memory or,
/// of a large run, in a temporary file that goes with this object.
/// The queries are the embedded <c>Sql/*.sql</c>, the same that a notebook can run.
/// </summary>
public sealed partial class RowDatabase : IDisposable
{
    /// <summary>Up to here DuckDB gets <see cref="LittleMemory"/> and one thread, so that the report stays below the scan that it follows: a
    /// million rows take half a minute. Two threads take six tenths of that, and 670 MB more.</summary>
    private const long RowsOfOneRun = 2_000_000;

    private const string LittleMemory = "128MB";

    /// <summary>For many runs together, and for what does not fit into the little. Over it DuckDB spills to disk.</summary>
    private const string MuchMemory = "1GB";

    /// <summary>The files that every table's query needs, in the order in which they must run.</summary>
    public static IReadOnlyList<string> Prelude { get; } = ["facts", "denominators", "macros"];

    /// <summary>Rows up to which the facts are kept in memory, some 100 MB; above it they are kept in a temporary file, compressed and
    /// read a piece at a time, so that the memory needed does not grow with the list.</summary>
    private const long RowsInMemory = 50_000;

    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    /// <summary>The folder that DuckDB makes when a query does not fit into memory. It makes one level and no more, so the folder above is the
    /// system's. The facts of a large run are the file beside it.</summary>
    private readonly string _spill = Path.Combine(Path.GetTempPath(), $"scanner-duckdb-{Environment.ProcessId}-{Guid.NewGuid():N}");

    private string _memory = MuchMemory;

    private string FactsPath => _spill + ".duckdb";

    private RowDatabase(string rows, RowUse use)
    {
        try
        {
            Prepare(rows, use);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Prepare(string rows, RowUse use)
    {
        _connection.Open();
        // No file from the network, whatever a query asks for; the reader for Parquet is built in.
        Execute(string.Create(CultureInfo.InvariantCulture, $"""
            SET enable_progress_bar = false;
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET preserve_insertion_order = false;
            SET temp_directory = {Quote(_spill)};
            """));
        Execute(RowColumns.SchemaSql);
        Execute($"CREATE VIEW domains AS {rows}");
        if (use > RowUse.Rows) foreach (string query in Prelude) Execute(Sql(query));
        if (use >= RowUse.Report) KeepFacts(use);
        else GiveMemory(LittleMemory);
    }

    /// <param name="parts">Paths of closed parts; none gives an empty table.</param>
    /// <param name="use">What for: what is made ready for many queries costs more than a few of them.</param>
    /// <exception cref="IOException">A part cannot be read; the message names it.</exception>
    public static RowDatabase Open(IReadOnlyList<string> parts, RowUse use = RowUse.Report) =>
        OpenView(parts.Count > 0 ? $"FROM no_rows UNION ALL BY NAME {From(parts)}" : "FROM no_rows", use);

    /// <summary>Several runs in one view: the column <c>run</c> is the 0-based place of a row's run among <paramref name="runs"/>.</summary>
    /// <exception cref="IOException">A part cannot be read; the message names it.</exception>
    public static RowDatabase OpenRuns(IReadOnlyList<IReadOnlyList<string>> runs) => OpenView(string.Join(
        " UNION ALL BY NAME ",
        runs.Select((parts, run) => $"(SELECT {run} AS run, * {(parts.Count > 0 ? From(parts) : "FROM no_rows")})").Prepend("(SELECT NULL::INTEGER AS run, * FROM no_rows)")), RowUse.Comparison);

    /// <summary>The text of an embedded query, by its file name without <c>.sql</c>.</summary>
    public static string Sql(string name)
    {
        using var stream = typeof(RowDatabase).Assembly.GetManifestResourceStream($"{name}.sql")
            ?? throw new ArgumentException($"there is no query {name}.sql", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Every word of the queries that are run over the kept facts. What facts.sql itself reads, it reads from the files.</summary>
    private static HashSet<string> WordsOfQueries(RowUse use)
    {
        var queries = typeof(RowDatabase).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Select(name => name[..^".sql".Length]);
        return [.. queries.Where(query => query != "facts" && (use == RowUse.Comparison || !SetsRunsSideBySide(query)))
            .SelectMany(query => Word().Matches(Comment().Replace(Sql(query), "")).Select(match => match.Value))];
    }

    private static bool SetsRunsSideBySide(string query) => query.StartsWith("t20_", StringComparison.Ordinal) || query is "compare" or "changed_names";

    [GeneratedRegex("--.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    /// <summary>Runs SQL and reads every row of its result.</summary>
    /// <exception cref="IOException">The files cannot be read, or the query fails.</exception>
    public IReadOnlyList<T> Query<T>(string sql, Func<DbDataReader, T> read)
    {
        try
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read()) rows.Add(read(reader));
            return rows;
        }
        catch (DuckDBException e) when (e.ErrorType == DuckDBErrorType.OutOfMemory && _memory == LittleMemory)
        {
            // A night's scan shall not end without its figures because its names are unusual.
            GiveMemory(MuchMemory);
            return Query(sql, read);
        }
        catch (DuckDBException e)
        {
            throw new IOException($"cannot read the rows: {e.Message}", e);
        }
    }

    /// <summary>Runs SQL that has no result worth reading: a view of one's own, or a COPY.</summary>
    /// <exception cref="IOException">The files cannot be read or written, or the statement fails.</exception>
    public void Run(string sql) => Query(sql, _ => 0);

    /// <summary>Writes the result of a query as <c>name.csv</c> and <c>name.parquet</c> into a folder, each as a whole or not at all.
    /// Parquet holds the values as they are. CSV is what people open in a spreadsheet, so text that it would take for a formula gets an
    /// apostrophe in front, and characters that act on a terminal or turn the writing direction become U+FFFD.</summary>
    /// <returns>The result's columns with their SQL types, and the number of its rows.</returns>
    public (IReadOnlyList<(string Name, string Type)> Columns, long Rows) Export(string query, string folder, string name)
    {
        string parquet = Path.Combine(folder, $"{name}.parquet"), csv = Path.Combine(folder, $"{name}.csv");
        Write($"{query.TrimEnd().TrimEnd(';')}\n", parquet, "FORMAT parquet, COMPRESSION zstd");
        string result = $"FROM read_parquet({Quote(parquet)})";
        var columns = Query($"DESCRIBE {result}", r => (r.GetString(0), r.GetString(1)));
        Write($"SELECT {string.Join(", ", columns.Select(c => SpreadsheetSafe(c.Item1, c.Item2)))} {result}", csv, "FORMAT csv, HEADER");
        return (columns, Query($"SELECT count(*) {result}", r => r.GetInt64(0))[0]);

        void Write(string source, string path, string format)
        {
            string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.tmp");
            Run($"COPY ({source}) TO {Quote(temporary)} ({format})");
            File.Move(temporary, path, overwrite: true);
        }
    }

    private static string SpreadsheetSafe(string column, string type)
    {
        string name = Name(column);
        if (type != "VARCHAR") return name;
        const string formula = @"'^[=+@\t\r-]'";
        const string unseen = @"'[\x00-\x1F\x7F-\x{9F}\x{61C}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{206F}\x{FEFF}]'";
        return $"CASE WHEN regexp_matches({name}, {formula}) THEN '''' ELSE '' END || regexp_replace({name}, {unseen}, '\uFFFD', 'g') AS {name}";
    }

    public void Dispose()
    {
        _connection.Dispose();
        if (Directory.Exists(_spill)) Directory.Delete(_spill, recursive: true);
        foreach (string file in (string[])[FactsPath, FactsPath + ".wal"]) File.Delete(file);
    }

    /// <summary>Replaces the view <c>facts</c> by a table with its columns, as far as a query asks for them: every query then reads a few
    /// short columns, instead of opening all parts again and working out the same facts. And the two small views over it likewise.</summary>
    private void KeepFacts(RowUse use)
    {
        long rows = Query("SELECT count(*) FROM domains", r => r.GetInt64(0))[0];
        GiveMemory(rows <= RowsOfOneRun ? LittleMemory : MuchMemory);
        string table = "facts_kept";
        if (rows > RowsInMemory)
        {
            Execute($"ATTACH {Quote(FactsPath)} AS scratch");
            table = "scratch.facts_kept";
        }
        // Queries name their columns, but for those that they take by a pattern.
        var words = WordsOfQueries(use);
        var columns = Query("DESCRIBE facts", r => r.GetString(0)).Where(column => TakenByPattern().IsMatch(column) || words.Contains(column)).ToList();
        try
        {
            Keep(columns.Select(AsWord));
        }
        catch (IOException e) when (e.InnerException is DuckDBException { ErrorType: DuckDBErrorType.Conversion })
        {
            // A word that this version does not know: rows of another one. It counts like any other.
            Keep(columns.Select(Name));
        }
        // Every table asks these two what there is to count.
        foreach (string view in (string[])["denominators", "measured"])
            Run($"CREATE TABLE {view}_kept AS FROM {view}; CREATE OR REPLACE VIEW {view} AS FROM {view}_kept");

        void Keep(IEnumerable<string> kept) =>
            Run($"CREATE TABLE {table} AS SELECT {string.Join(", ", kept)} FROM facts; CREATE OR REPLACE VIEW facts AS FROM {table}");
    }

    /// <summary>Words as numbers, sorted like the texts that they are for a query: kept as text, a million rows take half as long again.</summary>
    private static string AsWord(string column) => ResultSchema.ByName.TryGetValue(column, out var c) && c is { Type: ColumnType.String, Words.Count: > 0 }
        ? $"{Name(column)}::ENUM({string.Join(", ", c.Words.Order(StringComparer.Ordinal).Select(Quote))}) AS {Name(column)}"
        : Name(column);

    private static string Name(string column) => $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private void GiveMemory(string limit)
    {
        _memory = limit;
        Execute(string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{limit}'; SET threads = {(limit == LittleMemory ? 1 : Environment.ProcessorCount)}"));
    }

    [GeneratedRegex("^(in_|is_|q_.*_(status|tries|tcp|pass|failed)$)")]
    private static partial Regex TakenByPattern();

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Text as an SQL literal.</summary>
    internal static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The parts of one folder are of one version. Those of several may lack the newer columns, which <c>no_rows</c> then gives as
    /// NULL; for that DuckDB has to open all files and to keep what it knows of each.</summary>
    private static string From(IReadOnlyList<string> parts) => string.Create(CultureInfo.InvariantCulture,
        $"FROM read_parquet([{string.Join(", ", parts.Select(Quote))}], union_by_name = {(parts.Select(Path.GetDirectoryName).Distinct().Count() > 1 ? "true" : "false")})");

    private static RowDatabase OpenView(string rows, RowUse use)
    {
        try
        {
            return new RowDatabase(rows, use);
        }
        catch (DuckDBException e)
        {
            throw new IOException($"cannot read the rows: {e.Message}", e);
        }
    }
}
