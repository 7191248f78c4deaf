using System.Globalization;
using Scanner.Write;

namespace Scanner.Nightly;

/// <summary>
/// Where a nightly job keeps its things:
/// <c>lists/</c> the lists by date, <c>runs/YYYY-MM-DD/</c> one run folder a night, <c>history/</c> the headlines of all nights, <c>nightly.lock</c>.
/// </summary>
public sealed class NightlyFolder(string path)
{
    private const string DateForm = "yyyy-MM-dd";

    public string FullPath { get; } = Path.GetFullPath(path);

    public string ListsPath => Path.Combine(FullPath, "lists");

    public string RunsPath => Path.Combine(FullPath, "runs");

    public string HistoryPath => Path.Combine(FullPath, "history");

    /// <param name="date">The night's, UTC.</param>
    public string RunPath(DateOnly date) => Path.Combine(RunsPath, Text(date));

    /// <summary>What the night came to, once everything is done: the line that was printed.</summary>
    public string ResultPath(DateOnly date) => Path.Combine(RunPath(date), "nightly.json");

    /// <summary>One nightly job at a time. The lock is the system's and goes with the process.</summary>
    /// <exception cref="FolderInUseException">Another process has it.</exception>
    /// <exception cref="RunFolderException">The folder cannot be made or written.</exception>
    public RunLock Lock() => RunLock.Take(Path.Combine(FullPath, "nightly.lock"), $"another nightly job is at work in {FullPath}: this one leaves, nothing was done");

    /// <summary>The nights that have a run here, oldest first. Folders with other names are somebody else's, and so are links.</summary>
    public IReadOnlyList<Night> Nights()
    {
        if (!Directory.Exists(RunsPath)) return [];
        var nights = new List<Night>();
        foreach (var folder in new DirectoryInfo(RunsPath).EnumerateDirectories())
        {
            if (TryDate(folder.Name, out var date) && folder.LinkTarget is null && Of(date) is { } night) nights.Add(night);
        }
        return [.. nights.OrderBy(night => night.Date)];
    }

    /// <summary>The run of one night; null where none has begun.</summary>
    public Night? Of(DateOnly date)
    {
        if (!File.Exists(Path.Combine(RunPath(date), "run.json"))) return null;
        var folder = RunFolder.Open(RunPath(date));
        try
        {
            return new Night(date, folder, folder.LoadManifest());
        }
        catch (RunFolderException)
        {
            // Damaged, or of a later version: there is a run, and it is not one to compare with.
            return new Night(date, folder, null);
        }
    }

    public static string Text(DateOnly date) => date.ToString(DateForm, CultureInfo.InvariantCulture);

    public static bool TryDate(string text, out DateOnly date) => DateOnly.TryParseExact(text, DateForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out date);
}

/// <param name="Manifest">Null when it cannot be read.</param>
public sealed record Night(DateOnly Date, RunFolder Folder, RunManifest? Manifest)
{
    public bool Complete => Manifest is { Complete: true };
}
