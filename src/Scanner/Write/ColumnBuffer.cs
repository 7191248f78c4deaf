using System.Buffers;
using System.Runtime.InteropServices;
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
    /// <summary>Takes this column's value from each of the rows: from several at once, because going through some 160 columns row by row finds neither
    /// their code nor their arrays in the processor's caches. Returns the characters of text that it keeps alive.</summary>
    public abstract int Add(ReadOnlySpan<Row> rows);

    /// <summary>Writes the column. It cannot be cancelled: half a row group is a broken file.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group);

    /// <summary>Puts the rows into another order.</summary>
    /// <param name="order">For each place the row that comes there; every row once.</param>
    public abstract void Reorder(ReadOnlySpan<int> order);

    /// <summary>Empties the buffer and lets go of the texts; the arrays stay for the next group.</summary>
    public abstract void Clear();

    /// <summary>The same for a column with at most one value a row: levels and values lie packed, so where a row's value lies has to be
    /// counted first.</summary>
    protected static void Reorder<T>(int[] levels, T[] values, int count, ReadOnlySpan<int> order)
    {
        int rows = order.Length;
        int[] oldLevels = ArrayPool<int>.Shared.Rent(rows), places = ArrayPool<int>.Shared.Rent(rows);
        T[] oldValues = ArrayPool<T>.Shared.Rent(count);
        levels.AsSpan(0, rows).CopyTo(oldLevels);
        values.AsSpan(0, count).CopyTo(oldValues);
        for (int row = 0, place = 0; row < rows; row++)
        {
            places[row] = place;
            place += oldLevels[row];
        }
        for (int i = 0, next = 0; i < rows; i++)
        {
            int row = order[i];
            levels[i] = oldLevels[row];
            if (oldLevels[row] == 1) values[next++] = oldValues[places[row]];
        }
        ArrayPool<int>.Shared.Return(oldLevels);
        ArrayPool<int>.Shared.Return(places);
        ArrayPool<T>.Shared.Return(oldValues, clearArray: true);
    }

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

    public override int Add(ReadOnlySpan<Row> rows)
    {
        foreach (ref readonly var row in rows)
        {
            if (value(row) is { } v)
            {
                _values[_count++] = v;
                _levels[_rows++] = 1;
            }
            else
            {
                _levels[_rows++] = 0;
                column.ThrowIfRequired(row);
            }
        }
        return 0;
    }

    public override Task WriteAsync(ParquetRowGroupWriter group) => group.WriteAllPartsAsync<T>(
        field, _values.AsMemory(0, _count), column.Nullable ? _levels.AsMemory(0, _rows) : default(ReadOnlyMemory<int>?), null, CancellationToken.None);

    public override void Reorder(ReadOnlySpan<int> order) => Reorder(_levels, _values, _count, order);

    public override void Clear() => _rows = _count = 0;
}

internal sealed class TextBuffer(Column column, DataField field, Func<Row, string?> value, int rows, TextArena texts) : ColumnBuffer
{
    private readonly int[] _levels = new int[rows];
    private readonly ReadOnlyMemory<char>[] _values = new ReadOnlyMemory<char>[rows];
    // Words live as long as the program.
    private readonly bool _areWords = column.Words.Count > 0;
    private int _rows;
    private int _count;

    public override int Add(ReadOnlySpan<Row> rows)
    {
        int characters = 0;
        foreach (ref readonly var row in rows)
        {
            if (value(row) is { } text)
            {
                _levels[_rows++] = 1;
                _values[_count++] = _areWords ? text.AsMemory() : texts.Add(text);
                characters += text.Length;
            }
            else
            {
                _levels[_rows++] = 0;
                column.ThrowIfRequired(row);
            }
        }
        return _areWords ? 0 : characters;
    }

    public override Task WriteAsync(ParquetRowGroupWriter group) => group.WriteAllPartsAsync<ReadOnlyMemory<char>>(
        field, _values.AsMemory(0, _count), column.Nullable ? _levels.AsMemory(0, _rows) : default(ReadOnlyMemory<int>?), null, CancellationToken.None);

    public override void Reorder(ReadOnlySpan<int> order) => Reorder(_levels, _values, _count, order);

    public override void Clear()
    {
        Array.Clear(_values, 0, _count);
        _rows = _count = 0;
    }
}

/// <summary>A nullable list of texts: level 0 is no list, 1 an empty one, 2 an element; repetition 1 is a further element of the same row.</summary>
internal abstract class ListBuffer(DataField field, int rows) : ColumnBuffer
{
    private int[] _levels = new int[rows];
    private int[] _repetitions = new int[rows];
    private ReadOnlyMemory<char>[] _values = [];
    private int _entries;
    private int _count;

    public override Task WriteAsync(ParquetRowGroupWriter group) => group.WriteAllPartsAsync<ReadOnlyMemory<char>>(
        field, _values.AsMemory(0, _count), _levels.AsMemory(0, _entries), _repetitions.AsMemory(0, _entries), CancellationToken.None);

    public override void Reorder(ReadOnlySpan<int> order)
    {
        int[] oldLevels = ArrayPool<int>.Shared.Rent(_entries), entryOf = ArrayPool<int>.Shared.Rent(order.Length + 1), valueOf = ArrayPool<int>.Shared.Rent(order.Length);
        var oldValues = ArrayPool<ReadOnlyMemory<char>>.Shared.Rent(_count);
        _levels.AsSpan(0, _entries).CopyTo(oldLevels);
        _values.AsSpan(0, _count).CopyTo(oldValues);
        for (int entry = 0, row = 0, value = 0; entry < _entries; entry++)
        {
            if (_repetitions[entry] == 0) (entryOf[row], valueOf[row++]) = (entry, value);
            if (oldLevels[entry] == 2) value++;
        }
        entryOf[order.Length] = _entries;
        int to = 0, next = 0;
        foreach (int row in order)
        {
            int value = valueOf[row];
            for (int entry = entryOf[row]; entry < entryOf[row + 1]; entry++)
            {
                _levels[to] = oldLevels[entry];
                _repetitions[to++] = entry == entryOf[row] ? 0 : 1;
                if (oldLevels[entry] == 2) _values[next++] = oldValues[value++];
            }
        }
        ArrayPool<int>.Shared.Return(oldLevels);
        ArrayPool<int>.Shared.Return(entryOf);
        ArrayPool<int>.Shared.Return(valueOf);
        ArrayPool<ReadOnlyMemory<char>>.Shared.Return(oldValues, clearArray: true);
    }

    public override void Clear()
    {
        Array.Clear(_values, 0, _count);
        _entries = _count = 0;
    }

    protected void AddNone(bool isNull) => Entry(level: isNull ? 0 : 1, repetition: 0);

    protected void AddText(ReadOnlyMemory<char> text, bool first)
    {
        Entry(level: 2, repetition: first ? 0 : 1);
        Append(ref _values, ref _count, text);
    }

    private void Entry(int level, int repetition)
    {
        int at = _entries;
        Append(ref _levels, ref _entries, level);
        Append(ref _repetitions, ref at, repetition);
    }
}

/// <summary>A list of strings, or of words.</summary>
internal sealed class TextListBuffer(Column column, DataField field, Func<Row, IEnumerable<string>?> value, int rows, TextArena texts) : ListBuffer(field, rows)
{
    private readonly bool _areWords = column.Words.Count > 0;

    public override int Add(ReadOnlySpan<Row> rows)
    {
        int characters = 0;
        foreach (ref readonly var row in rows)
        {
            switch (value(row))
            {
                case null: AddNone(isNull: true); break;
                // What most lists are: neither needs an enumerator.
                case string[] items: characters += Add(items); break;
                case List<string> items: characters += Add(CollectionsMarshal.AsSpan(items)); break;
                case { } items:
                    bool first = true;
                    foreach (string item in items)
                    {
                        characters += Add(item, first);
                        first = false;
                    }
                    if (first) AddNone(isNull: false);
                    break;
            }
        }
        return _areWords ? 0 : characters;
    }

    private int Add(ReadOnlySpan<string> items)
    {
        if (items.IsEmpty) AddNone(isNull: false);
        int characters = 0;
        for (int i = 0; i < items.Length; i++) characters += Add(items[i], first: i == 0);
        return characters;
    }

    private int Add(string item, bool first)
    {
        AddText(_areWords ? item.AsMemory() : texts.Add(item), first);
        return item.Length;
    }
}

/// <summary>A list of what becomes text only on its way into the file.</summary>
internal sealed class WrittenListBuffer<T>(DataField field, Func<Row, T[]?> value, Action<T, IBufferWriter<char>> write, int rows, TextArena texts) : ListBuffer(field, rows)
{
    public override int Add(ReadOnlySpan<Row> rows)
    {
        int characters = 0;
        foreach (ref readonly var row in rows)
        {
            var items = value(row);
            for (int i = 0; i < items?.Length; i++)
            {
                write(items[i], texts);
                var text = texts.Take();
                AddText(text, first: i == 0);
                characters += text.Length;
            }
            if (items is not { Length: > 0 }) AddNone(isNull: items is null);
        }
        return characters;
    }
}
