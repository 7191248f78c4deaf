using Scanner.Input;
using Scanner.Report;
using Scanner.Write;

namespace Scanner.Nightly;

public sealed record NightlyOptions
{
    public required NightlyFolder Folder { get; init; }

    /// <summary>The night, UTC: names its run folder.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>A file to scan in place of the list from the URL; null for that one.</summary>
    public string? ListFile { get; init; }

    /// <summary>A list that is made and not fetched, by its name; null for none.</summary>
    public (string Name, Func<ListSource> Open)? Bundled { get; init; }

    public required ListFetchOptions Fetch { get; init; }

    /// <summary>Complete runs to keep; 0 for all.</summary>
    public int Keep { get; init; }
}

/// <summary>A scan that the job wants.</summary>
/// <param name="Name">The list, for the user.</param>
public sealed record NightScan(ListSource Source, string Name, string RunFolder, bool Resume);

/// <summary>A night's result, with what its text is written from.</summary>
public sealed record NightlyOutcome(NightlyResult Result, Summary? Summary, Comparison? Comparison);

/// <summary>
/// The unattended job: today's list, a scan or the rest of one, comparison, history, pruning. Whatever it was interrupted in, the same call
/// goes on with: each step looks whether it has been done, and <c>nightly.json</c> in the run folder says that all have.
/// </summary>
/// <param name="scan">Scans, with the options that are the caller's.</param>
/// <param name="note">Text for people while it goes on.</param>
public sealed class NightlyJob(NightlyOptions options, Func<NightScan, CancellationToken, Task<ScanOutcome>> scan, Action<string> note, TimeProvider time)
{
    private readonly NightlyFolder _folder = options.Folder;
    private readonly List<string> _warnings = [];

    /// <exception cref="FolderInUseException">Another one is at work here.</exception>
    /// <exception cref="InputException">There is no list to scan.</exception>
    /// <exception cref="RunFolderException">The night's run was begun otherwise.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public async Task<NightlyOutcome> RunAsync(CancellationToken stop)
    {
        using var held = _folder.Lock();
        var night = _folder.Of(options.Date);
        if (night is { Complete: true } && File.Exists(_folder.ResultPath(options.Date)))
            return new NightlyOutcome(NightlyResult.Parse(File.ReadAllText(_folder.ResultPath(options.Date))) with { Already = true }, null, null);

        bool resume = night is { Complete: false };
        var shelf = ListShelf.Open(_folder.ListsPath);
        var choice = await ChooseAsync(shelf, night, stop).ConfigureAwait(false);
        if (choice.Note is { } said) Warn(said);
        var result = new NightlyResult
        {
            Status = NightlyStatus.Complete,
            Exit = 0,
            Date = options.Date,
            Run = _folder.RunPath(options.Date),
            Resumed = resume,
            List = new NightlyList(choice.List.File, choice.List.Source, choice.List.Date, choice.Origin, choice.List.Sha256, choice.List.Names),
        };
        Summary? summary;
        if (night is { Complete: true })
        {
            note($"the scan of {NightlyFolder.Text(options.Date)} is complete: going on with its report");
            summary = Reporter.Write([night.Folder], night.Folder.FullPath);
        }
        else
        {
            if (resume) note($"going on with the interrupted run of {NightlyFolder.Text(options.Date)}");
            using var source = Open(shelf, choice);
            var outcome = await scan(new NightScan(source, choice.List.File, _folder.RunPath(options.Date), resume), stop).ConfigureAwait(false);
            summary = outcome.Summary;
            result = result with { RowsExpected = outcome.RowsExpected };
            if (outcome.StoppedBecause is { } reason) return new NightlyOutcome(Counted(result, summary) with { Status = NightlyStatus.Stopped, Exit = 1, Error = reason, Warnings = _warnings }, summary, null);
        }
        var comparison = Compare();
        result = Counted(result, summary) with
        {
            Comparison = comparison is { } c ? Of(c.With, c.Comparison) : null,
            HistoryNights = History.Update(_folder, options.Date),
            Pruned = Prune(shelf),
            Warnings = _warnings,
        };
        AtomicFile.Write(_folder.ResultPath(options.Date), result.ToJson() + "\n");
        return new NightlyOutcome(result, summary, comparison?.Comparison);
    }

    private async Task<ListChoice> ChooseAsync(ListShelf shelf, Night? night, CancellationToken stop)
    {
        if (options.Bundled is { } bundled) return new ListChoice(new KeptList(bundled.Name, options.Date, bundled.Name, null, null, "", 0, 0, ListFormat.MajesticMillion), ListOrigin.Bundled);
        if (night is not null)
        {
            // The list it was begun with, and not what is there by now.
            if (night.Manifest is { } manifest && shelf.Find(manifest.ListSha256) is { } begun) return new ListChoice(begun, ListOrigin.Resumed);
            // Scanned to the end: nobody reads the list again.
            if (night.Manifest is { Complete: true } done) return new ListChoice(new KeptList(done.List, options.Date, done.List, null, null, done.ListSha256, 0, done.Lines?.Valid ?? 0, ListFormat.NamePerLine), ListOrigin.Resumed);
            throw new RunFolderException(night.Manifest is null
                ? $"{night.Folder.ManifestPath} cannot be read: move {night.Folder.FullPath} away, and the night begins anew"
                : $"the list that the run of {NightlyFolder.Text(options.Date)} was begun with is no longer in {_folder.ListsPath}: move {night.Folder.FullPath} away, and the night begins anew");
        }
        if (options.ListFile is { } file) return new ListChoice(Copy(shelf, file), ListOrigin.Given);
        return await new ListFetcher(shelf, options.Fetch, time).FetchAsync(options.Date, stop).ConfigureAwait(false);
    }

    /// <summary>A copy of its own: the user's file may be replaced while the scan goes on, or before an interrupted one is gone on with.</summary>
    private KeptList Copy(ListShelf shelf, string file)
    {
        using (ListSource.Open(file)) { }
        string source = Path.GetFullPath(file);
        File.Copy(file, shelf.TemporaryPath, overwrite: true);
        string hash = ListShelf.HashOf(shelf.TemporaryPath);
        if (shelf.Last(source) is { } last && last.Sha256 == hash)
        {
            File.Delete(shelf.TemporaryPath);
            return last;
        }
        try
        {
            var (names, format) = ListCheck.Read(shelf.TemporaryPath);
            return shelf.Add(shelf.TemporaryPath, Path.GetFileName(file), new KeptList("", options.Date, source, null, null, hash, new FileInfo(shelf.TemporaryPath).Length, names, format));
        }
        catch (ListRefusedException e)
        {
            File.Delete(shelf.TemporaryPath);
            throw new InputException($"{file}: {e.Message}", e);
        }
    }

    private ListSource Open(ListShelf shelf, ListChoice choice) => choice.Origin == ListOrigin.Bundled ? options.Bundled!.Value.Open() : ListSource.Open(shelf.PathOf(choice.List));

    /// <summary>With the last complete run before this night.</summary>
    private (DateOnly With, Comparison Comparison)? Compare()
    {
        if (_folder.Nights().LastOrDefault(night => night.Complete && night.Date < options.Date) is not { } before) return null;
        string path = _folder.RunPath(options.Date);
        try
        {
            return (before.Date, Comparer.Write([before.Folder, RunFolder.Open(path)], Path.Combine(path, "compare")));
        }
        catch (Exception e) when (e is RunFolderException or IOException)
        {
            // This night is whole all the same.
            Warn($"not compared with {NightlyFolder.Text(before.Date)}: {e.Message}");
            return null;
        }
    }

    private IReadOnlyList<DateOnly> Prune(ListShelf shelf)
    {
        var pruned = RunPruner.Prune(_folder, options.Keep, options.Date);
        foreach (string file in pruned.Kept) Warn($"not deleted, because it is not this program's: {file}");
        if (options.Keep > 0)
        {
            var there = _folder.Nights();
            shelf.Prune(there.Count > 0 ? there[0].Date : options.Date, there.Select(night => night.Manifest?.ListSha256).OfType<string>().ToHashSet());
        }
        return pruned.Dates;
    }

    private NightlyResult Counted(NightlyResult result, Summary? summary)
    {
        var run = _folder.Of(options.Date)?.Manifest;
        return result with
        {
            Rows = run?.RowsWritten ?? 0,
            RowsExpected = result.RowsExpected > 0 ? result.RowsExpected : run?.RowsWritten ?? 0,
            Queries = run?.QueriesSent ?? 0,
            Seconds = run?.Seconds,
            List = result.List! with { Sha256 = run?.ListSha256 ?? result.List.Sha256, Names = result.List.Names > 0 ? result.List.Names : run?.Lines?.Valid ?? 0 },
            Headline = summary is null
                ? []
                : [.. summary.Figures.All.Where(f => f.Denominator == summary.Headline).Select(f => new NightlyFigure(f.Metric, f.Denominator, f.Numerator, f.Decided, f.Unknown, f.Share is { } share ? Math.Round(share, 6) : null))],
        };
    }

    private static NightlyComparison Of(DateOnly with, Comparison c) => new(with, c.InBoth, c.Entered, c.Left, c.ChangedNames,
        [.. c.Transitions.Where(t => t.Denominator == "both lists").Select(t => new NightlyChange(t.Protocol, t.Appeared, t.Vanished, t.Strengthened, t.Weakened, t.Changed, t.Unknown))]);

    private void Warn(string text)
    {
        _warnings.Add(text);
        note("warning: " + text);
    }
}
