using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Parquet.Schema;
using Scanner.Checks;

namespace Scanner.Write;

/// <summary>What is the same in every row of a run, and in the metadata of every part.</summary>
public sealed record RunStamp
{
    public required string ScanId { get; init; }

    public required string ToolVersion { get; init; }

    /// <summary>SHA-256 of the list file as read, lower-case hexadecimal.</summary>
    public required string ListSha256 { get; init; }

    /// <summary>Hash of the options that decide what stands in a row (<see cref="ResultOptions"/>); empty where it does not matter.</summary>
    public string OptionsSha256 { get; init; } = "";

    /// <summary>Version of the public suffix list that decided org_domain_psl and input_class.</summary>
    public string? PslVersion { get; init; }

    /// <summary>From where the run looked, in the user's words.</summary>
    public string? Vantage { get; init; }
}

/// <summary>What a column's value is taken from.</summary>
public readonly record struct Row(DomainResult Result, RunStamp Run);

/// <summary>The groups of classification.md section 12.</summary>
public enum ColumnGroup : byte
{
    Input = 1,
    Run = 2,
    Dns = 3,
    Mail = 4,
    Spf = 5,
    Dmarc = 6,
    [Word("mta-sts")] MtaSts = 7,
    [Word("tls-rpt")] TlsRpt = 8,
    Others = 9,
    /// <summary>The answers behind the classes.</summary>
    Evidence = 10,
}

public enum ColumnType : byte
{
    Int32 = 1,
    Int64 = 2,
    Float = 3,
    Bool = 4,
    String = 5,
    [Word("list<string>")] StringList = 6,
    /// <summary>UTC, microseconds.</summary>
    Timestamp = 7,
}

/// <summary>One column of the rows: its name, type and meaning, and how its value comes out of a <see cref="DomainResult"/>.</summary>
public abstract class Column
{
    public required string Name { get; init; }

    public required ColumnType Type { get; init; }

    public required ColumnGroup Group { get; init; }

    /// <summary>One line, with the unit where there is one.</summary>
    public required string Meaning { get; init; }

    /// <summary>May a row have no value here? Only what every listed name has is not nullable.</summary>
    public bool Nullable { get; init; } = true;

    /// <summary>Text that repeats from row to row: dictionary-encoded.</summary>
    public bool Repeats { get; init; }

    /// <summary>Every word that can stand here, when the set is closed; empty otherwise.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>A new field of a Parquet schema; a field belongs to one schema only.</summary>
    internal abstract Field CreateField();

    /// <param name="field">The field with the data, as it stands in the schema.</param>
    /// <param name="rows">The most rows of one row group.</param>
    /// <param name="texts">Of all columns of the row group.</param>
    internal abstract ColumnBuffer CreateBuffer(DataField field, int rows, TextArena texts);

    /// <summary>A row has no value here.</summary>
    /// <exception cref="InvalidOperationException">It must have one: a fault of this program.</exception>
    internal void ThrowIfRequired(in Row row)
    {
        if (!Nullable) throw new InvalidOperationException($"column {Name} must have a value: {row.Result.Name.Name}");
    }

    /// <summary>The value alone; the caller writes the property name.</summary>
    internal abstract void WriteJson(Utf8JsonWriter json, Row row);
}

/// <summary>A number, truth value or time.</summary>
internal sealed class ValueColumn<T>(Func<Row, T?> value, Action<Utf8JsonWriter, T> json) : Column where T : struct
{
    internal override Field CreateField() => typeof(T) == typeof(DateTime)
        ? new DateTimeDataField(Name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: Nullable)
        : new DataField<T>(Name, Nullable);

    internal override ColumnBuffer CreateBuffer(DataField field, int rows, TextArena texts) => new ValueBuffer<T>(this, field, value, rows);

    internal override void WriteJson(Utf8JsonWriter writer, Row row)
    {
        if (value(row) is { } v) json(writer, v);
        else writer.WriteNullValue();
    }
}

internal sealed class TextColumn(Func<Row, string?> value) : Column
{
    internal override Field CreateField() => new DataField<string>(Name, Nullable);

    internal override ColumnBuffer CreateBuffer(DataField field, int rows, TextArena texts) => new TextBuffer(this, field, value, rows, texts);

    internal override void WriteJson(Utf8JsonWriter writer, Row row) => writer.WriteStringValue(value(row));
}

internal abstract class ListColumn : Column
{
    internal override Field CreateField() => new ListField(Name, new DataField<string>(ListField.ElementName, false));

    private protected static void WriteJson(Utf8JsonWriter writer, IEnumerable<string>? items)
    {
        if (items is null)
        {
            writer.WriteNullValue();
            return;
        }
        writer.WriteStartArray();
        foreach (string item in items) writer.WriteStringValue(item);
        writer.WriteEndArray();
    }
}

internal sealed class TextListColumn(Func<Row, IEnumerable<string>?> value) : ListColumn
{
    internal override ColumnBuffer CreateBuffer(DataField field, int rows, TextArena texts) => new TextListBuffer(this, field, value, rows, texts);

    internal override void WriteJson(Utf8JsonWriter writer, Row row) => WriteJson(writer, value(row));
}

internal sealed class WrittenListColumn<T>(Func<Row, T[]?> value, Action<T, IBufferWriter<char>> write) : ListColumn
{
    internal override ColumnBuffer CreateBuffer(DataField field, int rows, TextArena texts) => new WrittenListBuffer<T>(field, value, write, rows, texts);

    internal override void WriteJson(Utf8JsonWriter writer, Row row) => WriteJson(writer, value(row)?.Select(item =>
    {
        var text = new ArrayBufferWriter<char>();
        write(item, text);
        return text.WrittenSpan.ToString();
    }));
}

/// <summary>Short forms for the table in <see cref="ResultSchema"/>. The group is set there, section by section.</summary>
internal sealed class ColumnsOf(ColumnGroup group)
{
    public Column Int(string name, string meaning, Func<Row, int?> value, bool nullable = true) =>
        new ValueColumn<int>(value, (j, v) => j.WriteNumberValue(v))
        { Name = name, Type = ColumnType.Int32, Group = group, Meaning = meaning, Nullable = nullable };

    public Column Long(string name, string meaning, Func<Row, long?> value) =>
        new ValueColumn<long>(value, (j, v) => j.WriteNumberValue(v))
        { Name = name, Type = ColumnType.Int64, Group = group, Meaning = meaning };

    /// <summary>Milliseconds: a float holds three decimals up to over an hour, which is more than a clock is worth here.</summary>
    public Column Milliseconds(string name, string meaning, Func<Row, double?> value) =>
        new ValueColumn<float>(r => (float?)value(r), (j, v) => j.WriteNumberValue(v))
        { Name = name, Type = ColumnType.Float, Group = group, Meaning = meaning };

    public Column Bool(string name, string meaning, Func<Row, bool?> value, bool nullable = true) =>
        new ValueColumn<bool>(value, (j, v) => j.WriteBooleanValue(v))
        { Name = name, Type = ColumnType.Bool, Group = group, Meaning = meaning, Nullable = nullable };

    public Column Time(string name, string meaning, Func<Row, DateTimeOffset> value) =>
        new ValueColumn<DateTime>(
            r => value(r).UtcDateTime,
            (j, v) => j.WriteStringValue(v.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)))
        { Name = name, Type = ColumnType.Timestamp, Group = group, Meaning = meaning, Nullable = false };

    public Column Text(string name, string meaning, Func<Row, string?> value, bool repeats = false, bool nullable = true) =>
        new TextColumn(value)
        { Name = name, Type = ColumnType.String, Group = group, Meaning = meaning, Repeats = repeats, Nullable = nullable };

    public Column Word<T>(string name, string meaning, Func<Row, T?> value, bool nullable = true) where T : struct, Enum =>
        new TextColumn(r => value(r).WordOrNull())
        {
            Name = name,
            Type = ColumnType.String,
            Group = group,
            Meaning = meaning,
            Repeats = true,
            Nullable = nullable,
            Words = [.. Checks.Words.All<T>()],
        };

    public Column List(string name, string meaning, Func<Row, IEnumerable<string>?> value, bool repeats = false) =>
        new TextListColumn(value)
        { Name = name, Type = ColumnType.StringList, Group = group, Meaning = meaning, Repeats = repeats };

    /// <summary>A list of what <paramref name="write"/> makes text of: without a string for each.</summary>
    public Column Written<T>(string name, string meaning, Func<Row, T[]?> value, Action<T, IBufferWriter<char>> write, bool repeats = false) =>
        new WrittenListColumn<T>(value, write)
        { Name = name, Type = ColumnType.StringList, Group = group, Meaning = meaning, Repeats = repeats };

    public Column WordList<T>(string name, string meaning, Func<Row, IEnumerable<T>?> value) where T : struct, Enum =>
        new TextListColumn(r => value(r)?.Select(v => v.Word()))
        {
            Name = name,
            Type = ColumnType.StringList,
            Group = group,
            Meaning = meaning,
            Repeats = true,
            Words = [.. Checks.Words.All<T>()],
        };
}
