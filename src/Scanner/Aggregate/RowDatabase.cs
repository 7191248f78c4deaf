using System.Data.Common;
using System.Globalization;
using DuckDB.NET.Data;
using Scanner.Write;

namespace Scanner.Aggregate;

/// <summary>
/// The rows of one run, or of several shards of one, opened in place by DuckDB as the view <c>domains</c>, with the views
/// <c>facts</c> and <c>denominators</c> over it. Nothing is copied or cached: every query reads the Parquet files.
/// The queries are the embedded <c>Sql/*.sql</c>, the same that a notebook can run.
/// </summary>
public sealed class RowDatabase : IDisposable
{
    /// <summary>Over this DuckDB spills to disk. The headline over a million names needs a tenth of it.</summary>
    private const string MemoryLimit = "1GB";

    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    private RowDatabase(IReadOnlyList<string> parts)
    {
        _connection.Open();
        // No file from the network, whatever a query asks for; the reader for Parquet is built in.
        Execute(string.Create(CultureInfo.InvariantCulture, $"""
            SET memory_limit = '{MemoryLimit}';
            SET threads = {Environment.ProcessorCount};
            SET enable_progress_bar = false;
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET preserve_insertion_order = false;
            SET temp_directory = {Quote(Path.Combine(Path.GetTempPath(), $"scanner-duckdb-{Environment.ProcessId}"))};
            """));
        // By name: parts of an older schema version lack the newer columns.
        Execute(parts.Count > 0
            ? $"CREATE VIEW domains AS FROM read_parquet([{string.Join(", ", parts.Select(Quote))}], union_by_name = true)"
            : $"CREATE TABLE domains ({string.Join(", ", ResultSchema.Columns.Select(c => $"{c.Name} {SqlType(c.Type)}"))})");
        Execute(Sql("facts"));
        Execute(Sql("denominators"));
    }

    /// <param name="parts">Paths of closed parts; none gives an empty table.</param>
    /// <exception cref="IOException">A part cannot be read; the message names it.</exception>
    public static RowDatabase Open(IReadOnlyList<string> parts)
    {
        try
        {
            return new RowDatabase(parts);
        }
        catch (DuckDBException e)
        {
            throw new IOException($"cannot read the rows: {e.Message}", e);
        }
    }

    /// <summary>The text of an embedded query, by its file name without <c>.sql</c>.</summary>
    public static string Sql(string name)
    {
        using var stream = typeof(RowDatabase).Assembly.GetManifestResourceStream($"{name}.sql")
            ?? throw new ArgumentException($"there is no query {name}.sql", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

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
        catch (DuckDBException e)
        {
            throw new IOException($"cannot read the rows: {e.Message}", e);
        }
    }

    /// <summary>Writes the result of an embedded query as <c>name.csv</c> and <c>name.parquet</c> into a folder.</summary>
    public void Export(string query, string folder, string name)
    {
        string sql = Sql(query).TrimEnd().TrimEnd(';');
        foreach (var (extension, format) in new[] { ("csv", "FORMAT csv, HEADER"), ("parquet", "FORMAT parquet, COMPRESSION zstd") })
        {
            string path = Path.Combine(folder, $"{name}.{extension}");
            string temporary = Path.Combine(folder, $".{name}.{extension}.tmp");
            Query($"COPY ({sql}\n) TO {Quote(temporary)} ({format})", _ => 0);
            File.Move(temporary, path, overwrite: true);
        }
    }

    public void Dispose() => _connection.Dispose();

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string SqlType(ColumnType type) => type switch
    {
        ColumnType.Int32 => "INTEGER",
        ColumnType.Int64 => "BIGINT",
        ColumnType.Float => "FLOAT",
        ColumnType.Bool => "BOOLEAN",
        ColumnType.String => "VARCHAR",
        ColumnType.StringList => "VARCHAR[]",
        _ => "TIMESTAMPTZ",
    };
}
