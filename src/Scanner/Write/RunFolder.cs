using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Scanner.Write;

/// <summary>A run folder that cannot be used as asked; the message says why, for the user.</summary>
public class RunFolderException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another process is at work in it.</summary>
public sealed class FolderInUseException(string message, Exception? inner = null) : RunFolderException(message, inner);

/// <summary>Where the files of one run are (interface.md section 2).</summary>
public sealed class RunFolder
{
    private RunFolder(string path) => FullPath = path;

    public string FullPath { get; }

    public string ManifestPath => Path.Combine(FullPath, "run.json");

    public string DomainsPath => Path.Combine(FullPath, "domains");

    public string TablesPath => Path.Combine(FullPath, "tables");

    public string SummaryJsonPath => Path.Combine(FullPath, "summary.json");

    public string SummaryMarkdownPath => Path.Combine(FullPath, "summary.md");

    /// <summary>What the run needs to be gone on with: lock, journal, names that wait for a later pass.</summary>
    public string StatePath => Path.Combine(FullPath, "state");

    public string LockPath => Path.Combine(StatePath, "lock");

    public string JournalPath => Path.Combine(StatePath, "journal.log");

    /// <summary>The order of the names, while a process scans them.</summary>
    public string OrderPath => Path.Combine(StatePath, ".order.tmp");

    /// <summary>Names whose answers were not all known after a pass.</summary>
    /// <param name="pass">1-based.</param>
    public string PendingPath(int pass) => Path.Combine(StatePath, string.Create(CultureInfo.InvariantCulture, $"pending-{pass}.log"));

    /// <summary>A run has begun here: a manifest or a closed part is there.</summary>
    public bool HoldsRun => File.Exists(ManifestPath) || ClosedParts().Count > 0;

    /// <summary>Makes the folder for a new run.</summary>
    /// <exception cref="RunFolderException">It already holds a run, or cannot be made.</exception>
    public static RunFolder Create(string path)
    {
        var folder = new RunFolder(Path.GetFullPath(path));
        if (folder.HoldsRun) throw new RunFolderException($"{path} already holds a run: choose another folder, or go on with it with --resume");
        try
        {
            Directory.CreateDirectory(folder.DomainsPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException($"cannot make {path}: {e.Message}", e);
        }
        return folder;
    }

    /// <summary>A folder that holds a run.</summary>
    /// <exception cref="RunFolderException">There is none.</exception>
    public static RunFolder Open(string path)
    {
        if (!Directory.Exists(path)) throw new RunFolderException($"{path} does not exist or is not a folder");
        var folder = new RunFolder(Path.GetFullPath(path));
        if (folder.HoldsRun) return folder;
        // The folder above is what one types first: `report runs` for one of the runs in it.
        string? below = Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal).LastOrDefault(inner => new RunFolder(inner).HoldsRun);
        throw new RunFolderException($"{path} holds no run: neither run.json nor domains/part-*.parquet is there{(below is null ? "" : $". Is {below} meant?")}");
    }

    /// <summary>The whole parts, by number. Files still being written, or left by a crash, have other names.</summary>
    public IReadOnlyList<string> ClosedParts() => !Directory.Exists(DomainsPath)
        ? []
        : Directory.EnumerateFiles(DomainsPath, "part-*.parquet").Where(p => PartNumber(p) >= 0).OrderBy(PartNumber).ToArray();

    /// <summary>The number for the next part: one more than the highest there is.</summary>
    public int NextPart() => ClosedParts().Select(PartNumber).DefaultIfEmpty(-1).Max() + 1;

    /// <summary>Deletes what an interrupted writer left behind. Only for the one that is about to write here.</summary>
    public void RemoveUnfinishedParts()
    {
        if (!Directory.Exists(DomainsPath)) return;
        foreach (string path in Directory.EnumerateFiles(DomainsPath, ".part-*.parquet.tmp")) File.Delete(path);
    }

    /// <summary>Writes run.json as a whole: a reader sees the old one or the new one, never half of it.</summary>
    public void Save(RunManifest manifest) => AtomicFile.Write(ManifestPath, manifest.ToJson());

    /// <exception cref="RunFolderException">run.json is missing, unreadable, or of a later version.</exception>
    public RunManifest LoadManifest()
    {
        RunManifest manifest;
        try
        {
            manifest = RunManifest.Parse(File.ReadAllText(ManifestPath));
        }
        catch (FileNotFoundException e)
        {
            throw new RunFolderException($"{ManifestPath} is missing: this is no run folder, or its run never began", e);
        }
        catch (JsonException e)
        {
            throw new RunFolderException($"{ManifestPath} is damaged: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException($"cannot read {ManifestPath}: {e.Message}", e);
        }
        if (manifest.SchemaVersion > ResultSchema.Version)
            throw new RunFolderException($"{ManifestPath} has schema_version {manifest.SchemaVersion}, this program knows up to {ResultSchema.Version}: use a newer one");
        return manifest;
    }

    /// <summary>The number in a part's name, -1 when it is no such name.</summary>
    internal static int PartNumber(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path)["part-".Length..];
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
    }
}

/// <summary>Text files that appear as a whole.</summary>
internal static class AtomicFile
{
    /// <summary>UTF-8 without a mark, under a temporary name first, on the disk before it gets its own.</summary>
    /// <exception cref="IOException">Names the path.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Write(string, string)"/>
    public static void Write(string path, byte[] content)
    {
        string temporary = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.tmp");
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write {path}: {e.Message}", e);
        }
    }
}
