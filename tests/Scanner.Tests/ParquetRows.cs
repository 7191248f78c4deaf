using DuckDB.NET.Data;

namespace Scanner.Tests;

/// <summary>Rows of a run, read by DuckDB: an independent reader of what we wrote.</summary>
internal static class ParquetRows
{
    public static List<Dictionary<string, object?>> Read(string runFolder, string columns) =>
        Query($"SELECT {columns} FROM read_parquet('{runFolder.Replace("'", "''", StringComparison.Ordinal)}/domains/part-*.parquet')");

    /// <summary>Writes every part of a run anew with other columns: rows as a later version would leave them.</summary>
    public static void Rewrite(string runFolder, string columns, string where = "true")
    {
        foreach (string part in Directory.GetFiles(Path.Combine(runFolder, "domains"), "part-*.parquet"))
        {
            string quoted = part.Replace("'", "''", StringComparison.Ordinal), temporary = quoted + ".new";
            Query($"COPY (SELECT {columns} FROM read_parquet('{quoted}') WHERE {where}) TO '{temporary}' (FORMAT parquet)");
            File.Move(part + ".new", part, overwrite: true);
        }
    }

    public static List<Dictionary<string, object?>> Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        return Query(connection, sql);
    }

    public static List<Dictionary<string, object?>> Query(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<Dictionary<string, object?>>();
        while (reader.Read())
        {
            var row = new Dictionary<string, object?>();
            for (int i = 0; i < reader.FieldCount; i++) row[reader.GetName(i)] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            rows.Add(row);
        }
        return rows;
    }
}
