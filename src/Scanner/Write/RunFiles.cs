using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Scanner.Write;

/// <summary>
/// What a run does to the disk, each step by itself, so that a test can stop the program between any two of them, or let any of them
/// fail. A file is whole under its name only after: written, <see cref="Sync"/>, <see cref="Rename"/>, <see cref="SyncFolder"/>.
/// All errors are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
public partial class RunFiles
{
    public static readonly RunFiles Real = new();

    /// <summary>Opens for reading and writing, at the beginning; what was there before is gone.</summary>
    public virtual Stream Create(string path) => new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1 << 16);

    /// <summary>Opens for appending behind the first <paramref name="keep"/> octets; what stood behind them is cut off.</summary>
    public virtual Stream Append(string path, long keep)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1 << 16);
        try
        {
            if (file.Length != keep) file.SetLength(keep);
            file.Position = keep;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Everything written so far is on the disk afterwards, whatever happens to the machine.</summary>
    public virtual void Sync(Stream file) => ((FileStream)file).Flush(flushToDisk: true);

    /// <summary>Gives a file its final name, which nothing may have yet. Atomic.</summary>
    public virtual void Rename(string from, string to) => File.Move(from, to, overwrite: false);

    /// <summary>Names given and taken in this folder are on the disk afterwards. Renaming alone promises nothing after a power failure.</summary>
    public virtual void SyncFolder(string path)
    {
        // Windows has no such call and needs none: NTFS keeps a log of its names.
        if (OperatingSystem.IsWindows()) return;
        int descriptor = Open(path, ReadOnly | CloseOnExec);
        if (descriptor < 0) throw new IOException($"cannot open {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        // EINVAL: a file system that cannot do this for folders (some network ones). It is no worse off than without us.
        if (FSync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            throw new IOException($"cannot sync {path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public virtual void Delete(string path) => File.Delete(path);

    private const int ReadOnly = 0, InvalidArgument = 22;

    // O_CLOEXEC; its number differs between the systems.
    private static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);
}
