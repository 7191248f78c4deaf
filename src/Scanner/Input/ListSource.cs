using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Scanner.Input;

/// <summary>
/// The bytes of a list: a file or standard input; plain, gzip or zip, told by the first bytes and not by the name. It can be read as often
/// as needed: what cannot be read twice (standard input, a pipe) is copied to a temporary file first. One handle is held from the first
/// reading to the last, so a list that is replaced under its name meanwhile (a nightly download) does no harm.
/// </summary>
public sealed class ListSource : IDisposable
{
    private enum Packing : byte { None, Gzip, Zip }

    /// <summary>Enough to see NUL octets in whatever is not text.</summary>
    private const int HeadLength = 4096;

    private readonly FileStream _file;
    private readonly DateTime _lastWrite;
    private readonly Packing _packing;
    private string? _sha256;

    private ListSource(string displayName, FileStream file, Packing packing)
    {
        DisplayName = displayName;
        _file = file;
        _packing = packing;
        Length = file.Length;
        _lastWrite = File.GetLastWriteTimeUtc(file.SafeFileHandle);
    }

    /// <summary>The path as given, or "standard input".</summary>
    public string DisplayName { get; }

    /// <summary>Octets of the file as given, that is, compressed.</summary>
    public long Length { get; }

    /// <summary>Of the file as given, in lower-case hexadecimal digits. Reads the whole file the first time.</summary>
    public string Sha256
    {
        get
        {
            if (_sha256 is not null) return _sha256;
            using var raw = OpenRaw();
            return _sha256 = Convert.ToHexStringLower(SHA256.HashData(raw));
        }
    }

    /// <param name="path">A file, or "-" for standard input.</param>
    /// <param name="standardInput">Read in place of the console's, in tests.</param>
    /// <param name="allowEmpty">An opt-out list may well be empty, a list of names may not.</param>
    /// <exception cref="InputException">There is no such file, or it is not a text or a whole archive of one.</exception>
    public static ListSource Open(string path, Stream? standardInput = null, bool allowEmpty = false) =>
        Open(path, path == "-" ? "standard input" : path, standardInput, allowEmpty);

    /// <summary>A list that is made and not stored: the bundled one of the lab.</summary>
    /// <param name="name">What run.json and messages call it.</param>
    public static ListSource FromText(string name, Stream text) => Open("-", name, text, allowEmpty: false);

    private static ListSource Open(string path, string name, Stream? standardInput, bool allowEmpty)
    {
        FileStream? file = null;
        try
        {
            file = path == "-" ? Spool(standardInput ?? Console.OpenStandardInput()) : OpenFile(path);
            var source = new ListSource(name, file, Recognise(file));
            source.Check(allowEmpty);
            return source;
        }
        catch (Exception e)
        {
            file?.Dispose();
            throw e switch
            {
                InputException => e,
                FileNotFoundException or DirectoryNotFoundException => new InputException($"{name}: there is no such file. Check the path of the list.", e),
                UnauthorizedAccessException => new InputException($"{name}: no permission to read it.", e),
                InvalidDataException => new InputException($"{name}: the archive is damaged or cut short. Fetch the list again.", e),
                IOException => new InputException($"{name}: cannot be read: {e.Message}", e),
                _ => e,
            };
        }
    }

    /// <summary>The text of the list from its beginning, unpacked.</summary>
    public Stream OpenText()
    {
        var raw = OpenRaw();
        return _packing switch
        {
            Packing.Gzip => new GZipStream(raw, CompressionMode.Decompress),
            // The archive stays open behind its entry; it holds nothing but the stream, which does not own the handle.
            Packing.Zip => ListEntry(new ZipArchive(raw, ZipArchiveMode.Read)).Open(),
            _ => raw,
        };
    }

    /// <exception cref="InputException">The file has been written to since it was opened.</exception>
    public void ThrowIfChanged()
    {
        if (RandomAccess.GetLength(_file.SafeFileHandle) != Length || File.GetLastWriteTimeUtc(_file.SafeFileHandle) != _lastWrite) throw Changed();
    }

    internal InputException Changed() =>
        new($"{DisplayName}: the list was changed while it was being scanned. Start again with a copy that nobody writes to.");

    public void Dispose() => _file.Dispose();

    private static FileStream OpenFile(string path)
    {
        if (Directory.Exists(path)) throw new InputException($"{path}: this is a directory. Name the list file in it.");
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.CanSeek) return file;
        using (file) return Spool(file); // a named pipe, or the shell's <(command)
    }

    private static FileStream Spool(Stream input)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(Path.GetTempPath(), $"scanner-list-{Path.GetRandomFileName()}"), options);
        try
        {
            input.CopyTo(file);
            file.Flush();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Packing Recognise(FileStream file)
    {
        Span<byte> magic = stackalloc byte[4];
        int length = RandomAccess.Read(file.SafeFileHandle, magic, 0);
        magic = magic[..length];
        if (magic.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])) return Packing.Gzip; // RFC 1952 §2.3.1
        return magic.StartsWith("PK\x03\x04"u8) || magic.StartsWith("PK\x05\x06"u8) ? Packing.Zip : Packing.None;
    }

    // A stream of its own for each reading: reads go by position, so they do not disturb each other.
    private FileStream OpenRaw()
    {
        var handle = new SafeFileHandle(_file.SafeFileHandle.DangerousGetHandle(), ownsHandle: false);
        return new FileStream(handle, FileAccess.Read, bufferSize: 0) { Position = 0 };
    }

    private void Check(bool allowEmpty)
    {
        byte[] head = new byte[HeadLength];
        using (var text = OpenText())
        {
            head = head[..text.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        if (_packing == Packing.Gzip) CheckGzip();
        if (_packing == Packing.Zip) CheckZip();
        if (head.Length == 0 && !allowEmpty) throw new InputException($"{DisplayName}: the list is empty. It should hold one name a line, or rank,name.");
        if (head is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            throw new InputException($"{DisplayName}: the text is UTF-16. Save the list as UTF-8.");
        if (head.Contains((byte)0))
            throw new InputException($"{DisplayName}: this is not text. A list is a text file, plain or packed as .gz or .zip.");
    }

    private ZipArchiveEntry ListEntry(ZipArchive archive)
    {
        // macOS puts a folder of its own beside the files.
        var files = archive.Entries.Where(e => e.Name.Length > 0 && !e.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal)).ToList();
        var entry = files.Find(e => Path.GetExtension(e.Name).ToLowerInvariant() is ".csv" or ".txt") ?? (files.Count == 1 ? files[0] : null);
        if (entry is null)
            throw new InputException($"{DisplayName}: there is no .csv or .txt file in this archive. Unpack the list and name that file.");
        if (entry.IsEncrypted) throw new InputException($"{DisplayName}: {entry.FullName} in this archive is encrypted. Unpack the list and name that file.");
        return entry;
    }

    // The base library unpacks a gzip file that was cut short without a word, wherever the cut is. Members may follow each other
    // (RFC 1952 §2.2), so a member of known content is put behind the file: it comes out whole only when the file before it was whole.
    private void CheckGzip()
    {
        byte[] mark = "the end of the list, and not one octet less"u8.ToArray();
        var member = new MemoryStream();
        using (var pack = new GZipStream(member, CompressionLevel.Fastest, leaveOpen: true)) pack.Write(mark);
        member.Position = 0;

        using var raw = OpenRaw();
        using var unpacked = new GZipStream(new Chain(raw, member), CompressionMode.Decompress);
        byte[] buffer = new byte[64 * 1024];
        int kept = 0;
        while (unpacked.Read(buffer, kept, buffer.Length - kept) is > 0 and int read)
        {
            int have = kept + read;
            kept = Math.Min(have, mark.Length);
            buffer.AsSpan(have - kept, kept).CopyTo(buffer);
        }
        if (!buffer.AsSpan(0, kept).SequenceEqual(mark))
            throw new InputException($"{DisplayName}: the gzip file is cut short. Fetch the list again.");
    }

    // Nor does it look at the checksum of a zip entry.
    private void CheckZip()
    {
        using var archive = new ZipArchive(OpenRaw(), ZipArchiveMode.Read);
        var entry = ListEntry(archive);
        var checksum = new Crc32();
        using var text = entry.Open();
        checksum.Append(text);
        if (checksum.GetCurrentHashAsUInt32() != entry.Crc32)
            throw new InputException($"{DisplayName}: {entry.FullName} in this archive is damaged (checksum). Fetch the list again.");
    }

    /// <summary>Two streams, one after the other.</summary>
    private sealed class Chain(Stream first, Stream second) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer) => first.Read(buffer) is > 0 and int read ? read : second.Read(buffer);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
