using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Scanner.Aggregate;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>What became of a table of the catalogue in one report.</summary>
/// <param name="NotMeasured">Why it has no rows: the check did not run. Null when it was measured.</param>
/// <param name="Missing">What the run could not give it, in words.</param>
public sealed record WrittenTable(Table Table, IReadOnlyList<(string Name, string Type)> Columns, long Rows, string? NotMeasured, IReadOnlyList<string> Missing);

/// <summary>Writes <c>tables/</c>: every table as CSV and Parquet, its query under <c>sql/</c>, and the catalogue <c>index.json</c>.</summary>
internal static class TableFiles
{
    public static IReadOnlyList<WrittenTable> Write(RowDatabase rows, string folder)
    {
        string sql = Path.Combine(folder, "sql");
        Directory.CreateDirectory(sql);
        AtomicFile.Write(Path.Combine(sql, "schema.sql"), RowColumns.SchemaSql);
        foreach (string query in RowDatabase.Prelude.Append("clusters")) AtomicFile.Write(Path.Combine(sql, query + ".sql"), RowDatabase.Sql(query));

        var measured = rows.Query("FROM measured", r => (Part: r.GetString(0), Is: r.GetBoolean(1))).Where(m => m.Is).Select(m => m.Part).ToHashSet();
        var written = new List<WrittenTable>();
        foreach (var table in Tables.All)
        {
            string query = RowDatabase.Sql(table.File);
            AtomicFile.Write(Path.Combine(sql, table.File + ".sql"), query);
            string? reason = table.Needs.Count == 0 || table.Needs.Any(measured.Contains)
                ? null
                : $"not measured: this run has no {string.Join(" or ", table.Needs)} results, so the table has no rows; that says nothing about the names";
            var (columns, count) = rows.Export(query, folder, table.File);
            written.Add(new WrittenTable(table, columns, count, reason, [.. table.Lacks.Where(l => !measured.Contains(l.Key)).Select(l => l.Value)]));
        }
        AtomicFile.Write(Path.Combine(folder, "index.json"), Index(written));
        return written;
    }

    private static string Index(IReadOnlyList<WrittenTable> tables)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("schema_version", ResultSchema.Version);
            json.WriteString("rows", "domains/part-*.parquet, as the view domains");
            json.WriteStartArray("prelude");
            foreach (string query in RowDatabase.Prelude.Prepend("schema")) json.WriteStringValue($"sql/{query}.sql");
            json.WriteEndArray();
            json.WriteStartArray("tables");
            foreach (var t in tables) Write(json, t);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, WrittenTable written)
    {
        var table = written.Table;
        json.WriteStartObject();
        json.WriteString("name", table.File);
        json.WriteString("number", table.Number);
        json.WriteString("title", table.Title);
        json.WriteString("study", table.Study);
        json.WriteBoolean("measured", written.NotMeasured is null);
        json.WriteString("note", written.NotMeasured ?? (written.Missing.Count > 0 ? $"not measured and left out: {string.Join("; ", written.Missing)}" : null));
        json.WriteNumber("rows", written.Rows);
        json.WriteString("csv", table.File + ".csv");
        json.WriteString("parquet", table.File + ".parquet");
        json.WriteString("query", $"sql/{table.File}.sql");
        json.WriteStartArray("columns");
        foreach (var (name, type) in written.Columns)
        {
            var (unit, meaning) = Tables.Columns.GetValueOrDefault(name, ("", "a label: see the query"));
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("type", type);
            json.WriteString("unit", unit);
            json.WriteString("meaning", meaning);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
