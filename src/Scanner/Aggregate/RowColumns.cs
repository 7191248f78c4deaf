using Scanner.Write;

namespace Scanner.Aggregate;

/// <summary>The columns that the queries may name: those of <see cref="ResultSchema"/>, and those of classification.md section 12 that
/// this version does not write yet. An empty table <c>no_rows</c> has them all, so that a query over rows of any version finds each of
/// them, with NULL where the rows lack it.</summary>
public static class RowColumns
{
    private static readonly (string Name, string Type)[] Section12 =
    [
        ("mx_provider", "VARCHAR"), ("dkim_ent", "VARCHAR"), ("dkim_presence", "VARCHAR"), ("dkim_selectors", "VARCHAR[]"), ("dkim_key", "VARCHAR[]"), ("dane_status", "VARCHAR"),
        ("bimi_status", "VARCHAR"), ("dnssec_state", "VARCHAR"), ("rua_auth", "VARCHAR"), ("wildcard_txt", "BOOLEAN"),
    ];

    /// <summary>Name and SQL type, in the order of the rows.</summary>
    public static IReadOnlyList<(string Name, string Type)> All { get; } =
    [
        .. ResultSchema.Columns.Select(c => (c.Name, SqlType(c.Type))),
        .. Section12.Where(c => !ResultSchema.ByName.ContainsKey(c.Name)),
    ];

    /// <summary>Makes the table <c>no_rows</c>: what stands in <c>tables/sql/schema.sql</c> of a run folder.</summary>
    public static string SchemaSql { get; } =
        "-- Every column of the rows with its type, as a table without rows: UNION ALL BY NAME with it gives columns that a run lacks as NULL.\n"
        + $"CREATE OR REPLACE TABLE no_rows (\n    {string.Join(",\n    ", All.Select(c => $"{c.Name} {c.Type}"))}\n);\n";

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
