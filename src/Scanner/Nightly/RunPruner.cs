namespace Scanner.Nightly;

/// <summary>What was deleted, and what was left because this program did not put it there.</summary>
/// <param name="Dates">Nights whose run is gone.</param>
/// <param name="Kept">Files in their folders that are not ours, at most ten of them.</param>
public sealed record Pruned(IReadOnlyList<DateOnly> Dates, IReadOnlyList<string> Kept)
{
    public static Pruned Nothing { get; } = new([], []);
}

/// <summary>
/// Deletes the runs of old nights. It knows what a run consists of and deletes that and nothing else: what somebody put beside it stays, and
/// its folder with it. It follows no links.
/// </summary>
public static class RunPruner
{
    private static readonly string[] _files = ["nightly.json", "report.html", "summary.json", "summary.md", "columns.md", "trace.jsonl"];

    /// <summary>Folder below the run's, and the names in it that are ours.</summary>
    private static readonly (string Folder, string[] Patterns)[] _folders =
    [
        ("compare/tables/sql", ["*.sql"]), ("compare/tables", ["*.csv", "*.parquet"]), ("compare/plots", ["*.svg", "*.png", "no-png.txt"]), ("compare", ["compare.md", "compare.html"]),
        ("tables/sql", ["*.sql"]), ("tables", ["*.csv", "*.parquet", "index.json"]), ("plots", ["*.svg", "*.png", "no-png.txt"]),
        ("state", ["lock", "journal.log", "pending-*.log"]), ("domains", ["part-*.parquet"]),
    ];

    /// <summary>What a process that was killed left of a file it was writing.</summary>
    private const string Unfinished = ".*.tmp";

    private static readonly EnumerationOptions _flat = new() { AttributesToSkip = FileAttributes.ReparsePoint, MatchType = MatchType.Simple };

    /// <param name="keep">Complete nights to keep, the newest; 0 for all. An incomplete one goes once it is older than they are.</param>
    /// <param name="made">The night just made: never deleted.</param>
    public static Pruned Prune(NightlyFolder folder, int keep, DateOnly made)
    {
        var nights = folder.Nights();
        var kept = nights.Where(night => night.Complete).OrderByDescending(night => night.Date).Take(keep).Select(night => night.Date).ToList();
        if (keep == 0 || kept.Count < keep) return Pruned.Nothing;
        var oldest = kept[^1];
        var gone = new List<DateOnly>();
        var left = new List<string>();
        foreach (var night in nights.Where(night => night.Date < oldest && night.Date != made))
        {
            Delete(night.Folder.FullPath, left);
            gone.Add(night.Date);
        }
        return new Pruned(gone, [.. left.Take(10)]);
    }

    private static void Delete(string run, List<string> left)
    {
        foreach (string file in _files) File.Delete(Path.Combine(run, file));
        foreach (var (name, patterns) in _folders)
        {
            string folder = Path.Combine(run, name.Replace('/', Path.DirectorySeparatorChar));
            if (!Directory.Exists(folder) || IsLinked(run, name)) continue;
            foreach (string file in patterns.Append(Unfinished).SelectMany(pattern => Directory.EnumerateFiles(folder, pattern, _flat)).Distinct().ToList()) File.Delete(file);
            if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        }
        // Last: as long as it is there, a run that was half deleted is found again.
        File.Delete(Path.Combine(run, "run.json"));
        if (!Directory.EnumerateFileSystemEntries(run).Any()) Directory.Delete(run);
        else left.AddRange(Directory.EnumerateFileSystemEntries(run));
    }

    private static bool IsLinked(string run, string name)
    {
        string path = run;
        foreach (string part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (new DirectoryInfo(path).LinkTarget is not null) return true;
        }
        return false;
    }
}
