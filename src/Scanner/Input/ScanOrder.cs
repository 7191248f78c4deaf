using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using Scanner.Checks.Names;

namespace Scanner.Input;

/// <summary>A name with its position in the order of the scan, 0 to <see cref="ListSurvey.Selected"/> - 1. The position is the same in every
/// process that scans the same list with the same options and seed, so it stands for the name in journal and parts.</summary>
public readonly record struct OrderedName(int Position, ListedName Name);

/// <summary>
/// The names in seeded random order (classification.md section 11 point 4): neighbours in a list share TLD, provider and name servers, and
/// would be asked for all at once. A name's place follows from the hash of name and seed alone. The list is read once more and dealt into
/// blocks by the first bits of that hash, on disk; a block is then read whole and sorted by the rest. So the order is uniformly random
/// while memory holds one block of 16,384 names and a buffer for each: 5 MB for a million names.
/// </summary>
public sealed class ScanOrder : IDisposable
{
    private const int NamesPerBlock = 16_384;
    private const int BufferLength = 16 * 1024;

    private readonly SafeFileHandle _spool;
    private readonly string _path;
    private readonly Block[] _blocks;
    private long _spoolLength;

    private ScanOrder(string path, int blocks)
    {
        _path = path;
        _spool = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        _blocks = [.. Enumerable.Range(0, blocks).Select(_ => new Block())];
    }

    private sealed class Block
    {
        public int Names { get; set; }

        public byte[] Buffer { get; } = new byte[BufferLength];

        public int Filled { get; set; }

        /// <summary>Where the block's octets lie in the spool.</summary>
        public List<(long Offset, int Length)> Extents { get; } = [];
    }

    public int Count { get; private init; }

    /// <summary>Reads the list the second time.</summary>
    /// <param name="spoolPath">A file of our own for about 40 octets a name; gone when this is disposed of.</param>
    /// <exception cref="InputException">The list is not the one that was surveyed any more.</exception>
    /// <exception cref="IOException">The spool cannot be written.</exception>
    public static ScanOrder Build(ListSource source, ListSurvey survey, ListOptions options, string spoolPath, CancellationToken cancellationToken = default)
    {
        var order = new ScanOrder(spoolPath, Math.Max(1, survey.Selected / NamesPerBlock)) { Count = survey.Selected };
        try
        {
            using var scratch = new MemoryStream();
            using var writer = new BinaryWriter(scratch);
            foreach (var name in ListReader.Read(source, survey, options))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var key = KeyOf(name.Name, options.Seed);
                scratch.SetLength(0);
                writer.Write((ulong)(key >> 64));
                writer.Write((ulong)key);
                ListedNameCodec.Write(writer, name);
                writer.Flush();
                order.Add(order.BlockOf(key), scratch.GetBuffer().AsSpan(0, (int)scratch.Length));
            }
            foreach (var block in order._blocks) order.Spill(block);
            return order;
        }
        catch (Exception e)
        {
            order.Dispose();
            if (e is IOException) throw new IOException($"cannot write {spoolPath}: {e.Message}", e);
            throw;
        }
    }

    /// <summary>The names in order, but for those whose position is to be left out. May be called again.</summary>
    public IEnumerable<OrderedName> Names(Predicate<int>? leaveOut = null)
    {
        int position = 0;
        foreach (var block in _blocks)
        {
            int first = position;
            position += block.Names;
            if (leaveOut is not null && AllLeftOut(leaveOut, first, block.Names)) continue;
            foreach (var name in ReadBlock(block))
            {
                if (leaveOut is null || !leaveOut(first)) yield return new OrderedName(first, name);
                first++;
            }
        }
    }

    public void Dispose()
    {
        _spool.Dispose();
        File.Delete(_path);
    }

    private static bool AllLeftOut(Predicate<int> leaveOut, int first, int count)
    {
        for (int i = first; i < first + count; i++)
            if (!leaveOut(i)) return false;
        return true;
    }

    /// <summary>Not the hash that chooses the sample: the N smallest keys of that are the sample, so they would all lie in the first blocks.</summary>
    private static UInt128 KeyOf(string name, long seed)
    {
        Span<byte> octets = stackalloc byte[17];
        octets[0] = (byte)'o';
        BinaryPrimitives.WriteUInt128BigEndian(octets[1..], NameSelection.HashOf(name));
        return XxHash128.HashToUInt128(octets, seed);
    }

    private Block BlockOf(UInt128 key) => _blocks[(int)Math.BigMul((ulong)(key >> 64), (ulong)_blocks.Length, out _)];

    private void Add(Block block, ReadOnlySpan<byte> entry)
    {
        block.Names++;
        if (block.Filled + entry.Length > BufferLength) Spill(block);
        if (entry.Length > BufferLength)
        {
            // A line of up to 64 KiB that cleans up to a name.
            Write(block, entry);
            return;
        }
        entry.CopyTo(block.Buffer.AsSpan(block.Filled));
        block.Filled += entry.Length;
    }

    private void Spill(Block block)
    {
        if (block.Filled > 0) Write(block, block.Buffer.AsSpan(0, block.Filled));
        block.Filled = 0;
    }

    private void Write(Block block, ReadOnlySpan<byte> octets)
    {
        RandomAccess.Write(_spool, octets, _spoolLength);
        block.Extents.Add((_spoolLength, octets.Length));
        _spoolLength += octets.Length;
    }

    private List<ListedName> ReadBlock(Block block)
    {
        byte[] octets = new byte[block.Extents.Sum(extent => extent.Length)];
        int at = 0;
        foreach (var (offset, length) in block.Extents)
        {
            int read = RandomAccess.Read(_spool, octets.AsSpan(at, length), offset);
            if (read != length) throw new IOException($"cannot read {_path}: it is shorter than it was written");
            at += length;
        }
        using var reader = new BinaryReader(new MemoryStream(octets));
        var entries = new List<(UInt128 Key, ListedName Name)>(block.Names);
        for (int i = 0; i < block.Names; i++)
        {
            var key = new UInt128(reader.ReadUInt64(), reader.ReadUInt64());
            entries.Add((key, ListedNameCodec.Read(reader)));
        }
        entries.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        return entries.ConvertAll(entry => entry.Name);
    }
}
