using System.Globalization;
using System.Text;

namespace Scanner.Write;

/// <summary>One process at a time writes into a run folder. The lock is the system's: it goes with the process, however that ends.</summary>
public sealed class RunLock : IDisposable
{
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <exception cref="FolderInUseException">Another process holds it.</exception>
    /// <exception cref="RunFolderException">The folder cannot be written.</exception>
    public static RunLock Take(RunFolder folder) =>
        Take(folder.LockPath, $"another scanner process is writing into {folder.FullPath}: wait for it to end, or choose another folder");

    /// <param name="path">The lock's file; its folder is made when missing.</param>
    /// <param name="inUse">What to say when another process holds it.</param>
    /// <inheritdoc cref="Take(RunFolder)"/>
    public static RunLock Take(string path, string inUse)
    {
        string folder = Path.GetDirectoryName(path)!;
        try
        {
            Directory.CreateDirectory(folder);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            // For people who look: the lock itself is not in the content.
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}\n")));
            file.Flush();
            return new RunLock(file);
        }
        catch (IOException e) when (File.Exists(path) && IsInUse(path))
        {
            throw new FolderInUseException(inUse, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException($"cannot write into {folder}: {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static bool IsInUse(string path)
    {
        try
        {
            // For reading: on a disk that has become read-only that works, and nobody is to be blamed for a lock that he does not hold.
            using var probe = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
