using Parquet;
using Parquet.Schema;

namespace Scanner.Write;

/// <summary>
/// The values of one column of the row group being filled. Values lie packed, without gaps for nulls; the definition levels beside
/// them say which row has one. That is how Parquet stores them, so nothing is copied, and it keeps clear of the library's nullable
/// strings, where a null easily turns into an empty string (<c>null</c> converts to <c>ReadOnlyMemory&lt;char&gt;</c> by way of an array).
/// </summary>
internal abstract class ColumnBuffer
{
    /// <summary>Takes this column's value from the row. Returns the characters of text that it keeps alive.</summary>
    public abstract int Add(Row row);

    /// <summary>Writes the column. It cannot be cancelled: half a row group is a broken file.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group);

    /// <summary>Empties the buffer and lets go of the texts; the arrays stay for the next group.</summary>
    public abstract void Clear();

    /// <summary>Appends to an array that grows by doubling.</summary>
    protected static void Append<T>(ref T[] array, ref int count, T value)
    {
        if (count == array.Length) Array.Resize(ref array, Math.Max(16, count * 2));
        array[count++] = value;
    }
}

internal sealed class ValueBuffer<T>(Column column, DataField field, Func<Row, T?> value, int rows) : ColumnBuffer where T : struct
{
    private readonly int[] _levels = new int[rows];
    private readonly T[] _values = new T[rows];
    private int _rows;
    private int _count;

    public override int Add(Row row)
    {
        if (value(row) is { } v)
        {
            _values[_count++] = v;
            _levels[_rows] = 1;
        }
        else
        {
            _levels[_rows] = 0;
            if (!column.Nullable) throw new InvalidOperationException($"column {column.Name} must have a value: {row.Result.Name.Name}");
        }
        _rows++;
        return 0;
    }

    public override Task WriteAsync(ParquetRowGroupWriter group) => group.WriteAllPartsAsync<T>(
        field, _values.AsMemory(0, _count), column.Nullable ? _levels.AsMemory(0, _rows) : default(ReadOnlyMemory<int>?), null, CancellationToken.None);

    public override void Clear() => _rows = _count = 0;
}

internal sealed class TextBuffer(Column column, DataField field, Func<Row, string?> value, int rows) : ColumnBuffer
{
    private readonly int[] _levels = new int[rows];
    private readonly ReadOnlyMemory<char>[] _values = new ReadOnlyMemory<char>[rows];
    private int _rows;
    private int _count;

    public override int Add(Row row)
    {
        string? text = value(row);
        if (text is null && !column.Nullable) throw new InvalidOperationException($"column {column.Name} must have a value: {row.Result.Name.Name}");
        _levels[_rows++] = text is null ? 0 : 1;
        if (text is null) return 0;
        _values[_count++] = text.AsMemory();
        return column.Words.Count > 0 ? 0 : text.Length;
    }

    public override Task WriteAsync(ParquetRowGroupWriter group) => group.WriteAllPartsAsync<ReadOnlyMemory<char>>(
        field, _values.AsMemory(0, _count), column.Nullable ? _levels.AsMemory(0, _rows) : default(ReadOnlyMemory<int>?), null, CancellationToken.None);

    public override void Clear()
    {
        Array.Clear(_values, 0, _count);
        _rows = _count = 0;
    }
}

/// <summary>A nullable list of texts: level 0 is no list, 1 an empty one, 2 an element; repetition 1 is a further element of the same row.</summary>
internal sealed class ListBuffer(Column column, DataField field, Func<Row, IEnumerable<string>?> value, int rows) : ColumnBuffer
{
    private int[] _levels = new int[rows];
    private int[] _repetitions = new int[rows];
    private ReadOnlyMemory<char>[] _values = [];
    private int _entries;
    private int _count;

    public override int Add(Row row)
    {
        int characters = 0;
        bool first = true;
        var items = value(row);
        foreach (string item in items ?? [])
        {
            Entry(level: 2, repetition: first ? 0 : 1);
            Append(ref _values, ref _count, item.AsMemory());
            if (column.Words.Count == 0) characters += item.Length;
            first = false;
        }
        if (first) Entry(level: items is null ? 0 : 1, repetition: 0);
        return characters;
    }

    public override Task WriteAsync(ParquetRowGroupWriter group) => group.WriteAllPartsAsync<ReadOnlyMemory<char>>(
        field, _values.AsMemory(0, _count), _levels.AsMemory(0, _entries), _repetitions.AsMemory(0, _entries), CancellationToken.None);

    public override void Clear()
    {
        Array.Clear(_values, 0, _count);
        _entries = _count = 0;
    }

    private void Entry(int level, int repetition)
    {
        int at = _entries;
        Append(ref _levels, ref _entries, level);
        Append(ref _repetitions, ref at, repetition);
    }
}
