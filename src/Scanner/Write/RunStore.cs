using Scanner.Resolve;

namespace Scanner.Write;

/// <summary>
/// The durable state of one run, and the only one who writes it. For every position of the scan the files say one of three things: its row
/// is in a part; it waits in the log of names to be asked again; or neither, and then it has not been scanned. The parts and the logs alone
/// decide, so a process may be killed between any two steps: what it had not finished is simply not there.
/// <para>The order of the steps for a part: written, synced, renamed, folder synced, logs synced, journal synced.</para>
/// Not for several callers at once.
/// </summary>
public sealed class RunStore : IAsyncDisposable
{
    /// <summary>Kept names that a power failure may cost.</summary>
    private const int SyncEvery = 5_000;

    /// <summary>A part that grows slowly is closed after this, so that a kill never costs more.</summary>
    private static readonly TimeSpan LongestOpen = TimeSpan.FromMinutes(5);

    private readonly RunFiles _files;
    private readonly RunLock _lock;
    private readonly RunJournal _journal;
    private readonly RunStamp _stamp;
    private readonly TimeProvider _time;
    private readonly Dictionary<int, (RecordLog Log, PositionSet Kept)> _pending = [];
    private readonly PartWriter _writer;
    private readonly PartWriterOptions _partOptions;
    private readonly List<string> _provisional = [];
    private long _openSince;
    private int _unsynced;

    private RunStore(RunFolder folder, RunManifest begun, RunStamp stamp, int names, StoreState state, RunFiles files, TimeProvider time, int? rowsPerPart)
    {
        Folder = folder;
        Begun = begun;
        Names = names;
        Done = state.Done;
        CountersBefore = state.Counters;
        Passes = state.Passes;
        Sessions = state.Sessions;
        Doubts = state.Doubts;
        (_lock, _journal, _stamp, _files, _time) = (state.Lock, state.Journal, stamp, files, time);
        foreach (var (pass, log) in state.Pending) _pending.Add(pass, (RecordLog.Open(files, folder.PendingPath(pass), log.Extent.Whole), log.Kept));
        _partOptions = new PartWriterOptions { FirstPart = state.NextPart, RowsPerPart = rowsPerPart ?? RowsPerPart(names) };
        _writer = new PartWriter(folder.DomainsPath, stamp, _partOptions, files, OnClosed);
    }

    public RunFolder Folder { get; }

    /// <summary>The run as it was begun, whichever process did.</summary>
    public RunManifest Begun { get; }

    /// <summary>Rows that the run will have.</summary>
    public int Names { get; }

    /// <summary>Positions whose row is final.</summary>
    public PositionSet Done { get; }

    /// <summary>What earlier sessions of the run have cost.</summary>
    public RunCounters CountersBefore { get; }

    /// <summary>Passes that have come to their end, in order.</summary>
    public IReadOnlyList<PassCounts> Passes { get; private set; }

    /// <summary>Processes that have worked on the run, this one included.</summary>
    public int Sessions { get; }

    /// <summary>When which resolver denied more than is believed; null before the first pass is over.</summary>
    public IReadOnlyList<DenialSpell>? Doubts { get; private set; }

    /// <summary>Asked for with every part.</summary>
    public Func<RunCounters>? Counters { get; set; }

    /// <summary>Told of every part that is safe.</summary>
    public Action<ClosedPart>? PartClosed { get; set; }

    /// <summary>Begins a run in a folder that holds none.</summary>
    /// <exception cref="RunFolderException">It does, or cannot be used.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public static RunStore Create(RunFolder folder, RunManifest begun, RunStamp stamp, int names, RunFiles files, TimeProvider time, int? rowsPerPart = null)
    {
        var state = StoreState.Fresh(folder, names, files);
        try
        {
            folder.Save(begun);
            state.Journal.Add(new JournalEntry { Begun = begun });
            files.SyncFolder(folder.StatePath);
            return new RunStore(folder, begun, stamp, names, state, files, time, rowsPerPart);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with the run of <paramref name="state"/>, which then belongs to the store.</summary>
    public static RunStore Resume(RunFolder folder, StoreState state, RunStamp stamp, RunFiles files, TimeProvider time, int? rowsPerPart = null)
    {
        try
        {
            state.Journal.Add(new JournalEntry { Resumed = time.GetUtcNow() });
            return new RunStore(folder, state.Begun!, stamp, state.Names, state, files, time, rowsPerPart);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>Takes the final row of a position; mostly into memory only.</summary>
    /// <exception cref="IOException">The disk fails; the closed parts stay.</exception>
    public async ValueTask AddAsync(DomainResult row)
    {
        if (!Done.Add(row.Position)) throw new InvalidOperationException($"position {row.Position} ({row.Name.Name}) already has its row");
        if (_writer.RowsOpen == 0) _openSince = _time.GetTimestamp();
        await _writer.AddAsync(row).ConfigureAwait(false);
        if (_writer.RowsOpen > 0 && _time.GetElapsedTime(_openSince) > LongestOpen) await _writer.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Called before a pass that may keep names: afterwards other threads may ask which ones wait.</summary>
    /// <param name="pass">1-based.</param>
    public void BeginKeeping(int pass)
    {
        if (_pending.ContainsKey(pass)) return;
        _pending.Add(pass, (RecordLog.Open(_files, Folder.PendingPath(pass), 0), new PositionSet(Names)));
        _files.SyncFolder(Folder.StatePath);
    }

    /// <summary>Keeps a name for the next pass.</summary>
    /// <param name="pass">The one that has just asked it.</param>
    public void Keep(DomainResult row, int pass, DateTimeOffset askedAt)
    {
        var (log, kept) = _pending[pass];
        if (!kept.Add(row.Position)) return;
        log.Append(EvidenceCodec.Encode(new PendingName(row.Position, row.Name, row.ScannedAt, askedAt, row.Evidence!)));
        if (++_unsynced >= SyncEvery) SyncPending();
    }

    /// <summary>Not scanned yet: neither row nor kept.</summary>
    public bool IsOpen(int position)
    {
        if (Done.Contains(position)) return false;
        foreach (var (_, kept) in _pending.Values)
            if (kept.Contains(position)) return false;
        return true;
    }

    /// <summary>Positions that are not scanned yet.</summary>
    public int OpenCount
    {
        get
        {
            int open = 0;
            for (int i = 0; i < Names; i++)
                if (IsOpen(i)) open++;
            return open;
        }
    }

    /// <summary>Names that wait after a pass, and not after a later one. 0 for a pass that kept none.</summary>
    public int PendingCount(int pass) => Positions(pass).Count();

    /// <summary>Everything kept after the pass that has neither its row nor been kept after a later one, in the order of asking.
    /// Reads the log as it goes; <see cref="CommitAsync"/> comes before.</summary>
    public IEnumerable<PendingName> Pending(int pass)
    {
        foreach (byte[] record in RecordLog.Read(Folder.PendingPath(pass)))
            if (IsPendingAfter(pass, EvidenceCodec.PositionOf(record))) yield return EvidenceCodec.Decode(record);
    }

    /// <summary>The highest pass after which a name waits; 0 when none does.</summary>
    public int LastPendingPass => _pending.Keys.Where(pass => PendingCount(pass) > 0).DefaultIfEmpty(0).Max();

    /// <summary>Everything taken so far is on the disk afterwards.</summary>
    public async Task CommitAsync()
    {
        await _writer.CloseAsync().ConfigureAwait(false);
        SyncPending();
    }

    /// <summary>Writes rows that a later pass, or a run that goes on, will write anew.</summary>
    public async Task WriteProvisionalAsync(IAsyncEnumerable<DomainResult> rows)
    {
        await CommitAsync().ConfigureAwait(false);
        var options = _partOptions with { Provisional = true, FirstPart = Folder.NextPart() };
        await using var writer = new PartWriter(Folder.DomainsPath, _stamp, options, _files, part => _provisional.Add(part.Path));
        await foreach (var row in rows.ConfigureAwait(false)) await writer.AddAsync(row).ConfigureAwait(false);
        await writer.CloseAsync().ConfigureAwait(false);
    }

    public void DropProvisional()
    {
        foreach (string path in _provisional) _files.Delete(path);
        if (_provisional.Count > 0) _files.SyncFolder(Folder.DomainsPath);
        _provisional.Clear();
    }

    public void EndPass(PassCounts counts)
    {
        _journal.Add(new JournalEntry { Pass = counts, Counters = Counters?.Invoke() });
        Passes = [.. Passes.Where(pass => pass.Pass != counts.Pass), counts];
    }

    public void Doubt(IReadOnlyList<DenialSpell> spells)
    {
        _journal.Add(new JournalEntry { Doubts = spells });
        Doubts = spells;
    }

    /// <summary>The run is complete: nobody waits any more.</summary>
    public void ForgetPending()
    {
        foreach (var (pass, (log, _)) in _pending)
        {
            log.Dispose();
            _files.Delete(Folder.PendingPath(pass));
        }
        _pending.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            foreach (var (log, _) in _pending.Values) log.Dispose();
            _journal.Dispose();
            _lock.Dispose();
        }
    }

    /// <summary>Parts of a size that suits Parquet where the list is long, and not the whole of a short list at stake.</summary>
    private static int RowsPerPart(int names) => Math.Clamp(names / 20, 1_000, new PartWriterOptions().RowsPerPart);

    private void OnClosed(ClosedPart part)
    {
        SyncPending();
        _journal.Add(new JournalEntry
        {
            Part = new JournalPart(Path.GetFileName(part.Path), part.Rows, part.Length, part.Checksum),
            Counters = Counters?.Invoke(),
        });
        PartClosed?.Invoke(part);
    }

    private void SyncPending()
    {
        foreach (var (log, _) in _pending.Values) log.Sync();
        _unsynced = 0;
    }

    private bool IsPendingAfter(int pass, int position)
    {
        if (Done.Contains(position)) return false;
        foreach (var (other, (_, kept)) in _pending)
            if (other > pass && kept.Contains(position)) return false;
        return true;
    }

    private IEnumerable<int> Positions(int pass)
    {
        if (!_pending.TryGetValue(pass, out var pending)) yield break;
        for (int i = 0; i < Names; i++)
            if (pending.Kept.Contains(i) && IsPendingAfter(pass, i)) yield return i;
    }
}
