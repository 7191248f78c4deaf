using System.Globalization;
using Scanner.Resolve;

namespace Scanner.Write;

/// <summary>
/// What a run folder holds, read and verified: the beginning of every session of a run. Whatever is not whole is set aside, and its names
/// count as not scanned. Holds the folder's lock from the first look on.
/// </summary>
public sealed class StoreState : IDisposable
{
    private StoreState(RunLock runLock, RunJournal journal, int names)
    {
        (Lock, Journal, Names) = (runLock, journal, names);
        Done = new PositionSet(names);
    }

    public int Names { get; }

    /// <summary>The run as it was begun; null in a new one.</summary>
    public RunManifest? Begun { get; private init; }

    public PositionSet Done { get; }

    /// <summary>Processes that have worked on the run, the one that looks now included.</summary>
    public int Sessions { get; private init; } = 1;

    public RunCounters Counters { get; private init; } = new();

    public IReadOnlyList<PassCounts> Passes { get; private init; } = [];

    public IReadOnlyList<DenialSpell>? Doubts { get; private init; }

    /// <summary>What was found damaged or unrecorded, and what became of it: for people.</summary>
    public IReadOnlyList<string> Repairs => _repairs;

    internal RunLock Lock { get; }

    internal RunJournal Journal { get; }

    internal int NextPart { get; private set; }

    internal Dictionary<int, (PositionSet Kept, RecordLog.Extent Extent)> Pending { get; } = [];

    private readonly List<string> _repairs = [];

    public void Dispose()
    {
        Journal.Dispose();
        Lock.Dispose();
    }

    internal static StoreState Fresh(RunFolder folder, int names, RunFiles files)
    {
        var runLock = RunLock.Take(folder);
        try
        {
            // Again, now that nobody else can begin one.
            if (folder.HoldsRun) throw new RunFolderException($"{folder.FullPath} already holds a run: choose another folder, or go on with it with --resume");
            folder.RemoveUnfinishedParts();
            return new StoreState(runLock, RunJournal.Open(files, folder.JournalPath).Journal, names);
        }
        catch
        {
            runLock.Dispose();
            throw;
        }
    }

    /// <summary>Looks at a run that is to be gone on with.</summary>
    /// <param name="names">As many as the list and the options give now.</param>
    /// <param name="accept">Refuses, by throwing, a run of another list or other options. Called before anything is changed.</param>
    /// <exception cref="RunFolderException">The run cannot be gone on with.</exception>
    public static async Task<StoreState> ReadAsync(RunFolder folder, int names, Action<RunManifest> accept, RunFiles files)
    {
        var runLock = RunLock.Take(folder);
        RunJournal? journal = null;
        try
        {
            (journal, var entries, long torn) = RunJournal.Open(files, folder.JournalPath);
            var begun = entries.FirstOrDefault(entry => entry.Begun is not null)?.Begun ?? folder.LoadManifest();
            accept(begun);
            var state = new StoreState(runLock, journal, names)
            {
                Begun = begun,
                Sessions = 2 + entries.Count(entry => entry.Resumed is not null),
                Counters = entries.LastOrDefault(entry => entry.Counters is not null)?.Counters ?? new(),
                Doubts = entries.LastOrDefault(entry => entry.Doubts is not null)?.Doubts,
                Passes = [.. entries.Select(entry => entry.Pass).OfType<PassCounts>().GroupBy(pass => pass.Pass).Select(group => group.Last()).OrderBy(pass => pass.Pass)],
            };
            if (torn > 0) state._repairs.Add($"{torn} octets at the end of the journal are not whole and were cut off");
            // The beginning was lost: put it back, so that the next session finds it where it belongs.
            if (entries.All(entry => entry.Begun is null)) journal.Add(new JournalEntry { Begun = begun });
            await state.ReadPartsAsync(folder, entries, files).ConfigureAwait(false);
            state.ReadPending(folder);
            return state;
        }
        catch
        {
            journal?.Dispose();
            runLock.Dispose();
            throw;
        }
    }

    private async Task ReadPartsAsync(RunFolder folder, IReadOnlyList<JournalEntry> entries, RunFiles files)
    {
        var journaled = new Dictionary<string, JournalPart>(StringComparer.Ordinal);
        foreach (var part in entries.Select(entry => entry.Part).OfType<JournalPart>()) journaled[part.File] = part;
        folder.RemoveUnfinishedParts();
        int highest = journaled.Keys.Select(RunFolder.PartNumber).DefaultIfEmpty(-1).Max();
        foreach (string path in folder.ClosedParts())
        {
            string file = Path.GetFileName(path);
            highest = Math.Max(highest, RunFolder.PartNumber(path));
            try
            {
                if (!await TakeAsync(path, journaled.GetValueOrDefault(file)).ConfigureAwait(false)) files.Delete(path);
            }
            catch (InvalidDataException e)
            {
                // Kept for whoever wants to know why, under a name that nobody takes for a part.
                files.Rename(path, FreeName(Path.Combine(folder.DomainsPath, $".{file}.damaged")));
                _repairs.Add($"{file} is not whole and was set aside, its names are scanned again: {e.Message}");
            }
        }
        foreach (string file in journaled.Keys.Where(file => !File.Exists(Path.Combine(folder.DomainsPath, file))).Order(StringComparer.Ordinal))
            _repairs.Add($"{file} is in the journal but not in the folder: its names are scanned again");
        NextPart = highest + 1;
    }

    /// <returns>False for a provisional part: its rows are written anew.</returns>
    private async Task<bool> TakeAsync(string path, JournalPart? journaled)
    {
        var part = await PartFile.ReadAsync(path).ConfigureAwait(false);
        if (part.Provisional) return false;
        if (part.ScanId != Begun!.ScanId || part.ListSha256 != Begun.ListSha256 || part.OptionsSha256 != Begun.OptionsSha256)
            throw new InvalidDataException("it is of another run");
        if (part.Positions.Length > 0 && part.Positions[^1] >= Names) throw new InvalidDataException("it holds names that the list does not have");
        if (part.Positions.FirstOrDefault(Done.Contains, -1) is >= 0 and int twice)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"position {twice} already has its row in another part"));
        if (journaled is not null)
        {
            part.Compare(journaled);
        }
        else
        {
            part.Decode();
            using var file = File.OpenRead(path);
            Journal.Add(new JournalEntry { Part = new JournalPart(Path.GetFileName(path), part.Rows, file.Length, PartChecksum.Of(file)) });
            _repairs.Add($"{Path.GetFileName(path)} is whole, but the journal did not know it: recorded");
        }
        foreach (int position in part.Positions) Done.Add(position);
        return true;
    }

    private void ReadPending(RunFolder folder)
    {
        for (int pass = 1; File.Exists(folder.PendingPath(pass)); pass++)
        {
            var extent = new RecordLog.Extent();
            var kept = new PositionSet(Names);
            foreach (byte[] record in RecordLog.Read(folder.PendingPath(pass), extent))
            {
                int position = EvidenceCodec.PositionOf(record);
                if (position < Names) kept.Add(position);
            }
            if (extent.Torn > 0) _repairs.Add($"{extent.Torn} octets at the end of {Path.GetFileName(folder.PendingPath(pass))} are not whole and were cut off");
            Pending.Add(pass, (kept, extent));
        }
    }

    private static string FreeName(string path)
    {
        string free = path;
        for (int i = 2; File.Exists(free); i++) free = string.Create(CultureInfo.InvariantCulture, $"{path}-{i}");
        return free;
    }
}
