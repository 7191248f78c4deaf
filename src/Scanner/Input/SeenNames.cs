using System.Diagnostics;

namespace Scanner.Input;

/// <summary>
/// Every distinct name of a list, by its 128-bit hash, with its best rank and the line of that: an open-addressing table of flat arrays,
/// 25 octets a slot, 52 MB for a million names. No object per name: a set of strings would take twice that and keep the collector busy.
/// That two of a billion names share a hash has a chance of about 10^-21.
/// </summary>
public sealed class SeenNames
{
    [Flags]
    public enum Mark : byte
    {
        None = 0,
        Unqueryable = 1,
        Excluded = 2,
        Duplicate = 4,
    }

    public readonly record struct Entry(UInt128 Hash, int Rank, int Line, Mark Marks);

    private UInt128[] _hashes;
    private int[] _ranks; // 0: the slot is free
    private int[] _lines;
    private Mark[] _marks;

    public SeenNames(int capacity = 4096)
    {
        Debug.Assert(int.IsPow2(capacity));
        _hashes = new UInt128[capacity];
        _ranks = new int[capacity];
        _lines = new int[capacity];
        _marks = new Mark[capacity];
    }

    public int Count { get; private set; }

    /// <summary>False when the name was there already; of the two the better rank stays, of equal ranks the first line.</summary>
    public bool Add(UInt128 hash, int rank, int line, Mark marks)
    {
        // Up to 3/4 full, linear probing stays at a few steps.
        if (Count >= _ranks.Length / 4 * 3) Grow();
        int slot = SlotOf(hash);
        if (_ranks[slot] == 0)
        {
            (_hashes[slot], _ranks[slot], _lines[slot], _marks[slot]) = (hash, rank, line, marks);
            Count++;
            return true;
        }
        _marks[slot] |= Mark.Duplicate;
        if (rank < _ranks[slot]) (_ranks[slot], _lines[slot]) = (rank, line);
        return false;
    }

    public IEnumerable<Entry> Entries()
    {
        for (int slot = 0; slot < _ranks.Length; slot++)
            if (_ranks[slot] != 0) yield return new Entry(_hashes[slot], _ranks[slot], _lines[slot], _marks[slot]);
    }

    private int SlotOf(UInt128 hash)
    {
        int mask = _ranks.Length - 1;
        int slot = (int)((ulong)hash & (ulong)mask);
        while (_ranks[slot] != 0 && _hashes[slot] != hash) slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        var old = (_hashes, _ranks, _lines, _marks);
        int capacity = checked(_ranks.Length * 2);
        (_hashes, _ranks, _lines, _marks) = (new UInt128[capacity], new int[capacity], new int[capacity], new Mark[capacity]);
        for (int i = 0; i < old._ranks.Length; i++)
        {
            if (old._ranks[i] == 0) continue;
            int slot = SlotOf(old._hashes[i]);
            (_hashes[slot], _ranks[slot], _lines[slot], _marks[slot]) = (old._hashes[i], old._ranks[i], old._lines[i], old._marks[i]);
        }
    }
}
