using System.Buffers;

namespace Scanner.Write;

/// <summary>
/// The texts of the row group being filled, copied one behind the other into large blocks that are used again for the next group. Kept as
/// strings, tens of thousands of rows of them would live through several collections, each of which looks at all of them and moves them:
/// that was half of what writing a row cost.
/// <para>A text is begun by writing to the arena and ended by <see cref="Take"/>. Not for several callers at once.</para>
/// </summary>
internal sealed class TextArena : IBufferWriter<char>
{
    /// <summary>128 KiB: on the large object heap, so that no collection moves it. Longer texts, such as a policy, get a block of their own.</summary>
    private const int BlockLength = 64 * 1024;

    private readonly List<char[]> _blocks = [];
    private char[] _block = [];
    private int _next;
    private int _begin;
    private int _end;

    /// <summary>Copies a text.</summary>
    public ReadOnlyMemory<char> Add(ReadOnlySpan<char> text)
    {
        this.Write(text);
        return Take();
    }

    /// <summary>What was written since the last call; it stays as it is until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<char> Take()
    {
        var text = new ReadOnlyMemory<char>(_block, _begin, _end - _begin);
        _begin = _end;
        return text;
    }

    public void Advance(int count) => _end += count;

    public Memory<char> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block.AsMemory(_end);
    }

    public Span<char> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block.AsSpan(_end);
    }

    /// <summary>All texts are let go of; the blocks stay.</summary>
    public void Clear()
    {
        _blocks.RemoveAll(block => block.Length > BlockLength);
        _block = [];
        _next = _begin = _end = 0;
    }

    /// <summary>A text lies in one piece: what was begun moves along into the next block.</summary>
    private void MakeRoom(int wanted)
    {
        if (_block.Length - _end >= Math.Max(1, wanted)) return;
        int begun = _end - _begin, needed = begun + Math.Max(1, wanted);
        char[] next = NextBlock(begun == 0 ? needed : Math.Max(needed, 2 * begun));
        _block.AsSpan(_begin, begun).CopyTo(next);
        (_block, _begin, _end) = (next, 0, begun);
    }

    private char[] NextBlock(int length)
    {
        if (length > BlockLength)
        {
            char[] own = new char[length];
            _blocks.Add(own);
            return own;
        }
        while (_next < _blocks.Count && _blocks[_next].Length != BlockLength) _next++;
        if (_next == _blocks.Count) _blocks.Add(new char[BlockLength]);
        return _blocks[_next++];
    }
}
