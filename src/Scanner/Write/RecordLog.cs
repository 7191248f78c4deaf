using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Scanner.Write;

/// <summary>
/// A file to which whole records are appended, and that may be cut off anywhere. Each record has its length (4 octets, little-endian) and
/// its XxHash64 (8 octets) in front. Reading ends at the first record that is not whole: what comes behind a tear is not to be trusted, and
/// whoever goes on appends in its place. Not for several callers at once.
/// </summary>
public sealed class RecordLog : IDisposable
{
    private const int HeaderLength = 12;

    /// <summary>More than any record has: a length beyond it is damage, and nothing is reserved for it.</summary>
    public const int MaxRecordLength = 64 * 1024 * 1024;

    private readonly RunFiles _files;
    private readonly string _path;
    private readonly Stream _file;
    private bool _dirty;

    private RecordLog(RunFiles files, string path, long keep) => (_files, _path, _file) = (files, path, files.Append(path, keep));

    /// <summary>Opens the log behind its last whole record, and makes it when it is not there.</summary>
    /// <param name="length">Octets of whole records, of <see cref="Extent"/>.</param>
    public static RecordLog Open(RunFiles files, string path, long length) => new(files, path, length);

    /// <summary>The whole records from the beginning, one after the other, of what the file holds when reading begins.</summary>
    /// <returns>Nothing when the file is not there.</returns>
    public static IEnumerable<byte[]> Read(string path) => Read(path, new Extent());

    /// <param name="extent">Knows after the last record how far the whole ones reach.</param>
    public static IEnumerable<byte[]> Read(string path, Extent extent)
    {
        if (!File.Exists(path)) yield break;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 16);
        long end = file.Length;
        byte[] header = new byte[HeaderLength];
        while (file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) == HeaderLength)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
            if (length > MaxRecordLength || length > end - file.Position) break;
            byte[] record = new byte[length];
            if (file.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) != record.Length) break;
            if (XxHash64.HashToUInt64(record) != BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(4))) break;
            extent.Whole = file.Position;
            yield return record;
        }
        extent.Torn = end - extent.Whole;
    }

    /// <summary>How much of a log is whole, in octets.</summary>
    public sealed class Extent
    {
        public long Whole { get; internal set; }

        /// <summary>Octets behind it that are not.</summary>
        public long Torn { get; internal set; }
    }

    /// <summary>On the disk only after <see cref="Sync"/>.</summary>
    /// <exception cref="IOException">Names the path. The log is then not to be written to any more.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(record.Length, MaxRecordLength, nameof(record));
        byte[] framed = ArrayPool<byte>.Shared.Rent(HeaderLength + record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(framed, (uint)record.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(framed.AsSpan(4), XxHash64.HashToUInt64(record));
        record.CopyTo(framed.AsSpan(HeaderLength));
        try
        {
            _file.Write(framed.AsSpan(0, HeaderLength + record.Length));
            _dirty = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write {_path}: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(framed);
        }
    }

    /// <exception cref="IOException">Names the path.</exception>
    public void Sync()
    {
        if (!_dirty) return;
        try
        {
            _files.Sync(_file);
            _dirty = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write {_path}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            // What was not synced may be lost anyway; a disk that was full while we wrote is full again while the rest is flushed.
        }
    }
}
