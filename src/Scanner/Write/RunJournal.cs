using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scanner.Write;

/// <summary>What a run has cost so far, over all its sessions up to the entry.</summary>
public sealed record RunCounters(long Sent = 0, long Retries = 0, long OverTcp = 0, long CacheHits = 0, long Policies = 0, double Seconds = 0)
{
    public RunCounters Plus(RunCounters other) =>
        new(Sent + other.Sent, Retries + other.Retries, OverTcp + other.OverTcp, CacheHits + other.CacheHits, Policies + other.Policies, Seconds + other.Seconds);
}

/// <summary>One line of the journal: exactly one of its parts is there.</summary>
public sealed record JournalEntry
{
    /// <summary>The run as it was begun; the first entry.</summary>
    public RunManifest? Begun { get; init; }

    public DateTimeOffset? Resumed { get; init; }

    public JournalPart? Part { get; init; }

    /// <summary>A pass has come to its end.</summary>
    public PassCounts? Pass { get; init; }

    /// <summary>Whose denials are asked again: decided once, after the first pass, since what is asked again changes what it was decided by.</summary>
    public IReadOnlyList<DenialSpell>? Doubts { get; init; }

    /// <summary>With every part: so a kill loses the counts since the last one, and nothing else.</summary>
    public RunCounters? Counters { get; init; }
}

/// <summary>A part that has its name and is on the disk.</summary>
/// <param name="File">Without folder.</param>
public sealed record JournalPart(string File, long Rows, long Length, string Checksum);

/// <summary>
/// <c>state/journal.log</c>: what is safe, in the order in which it became so. It says nothing that the files do not say as well, but for
/// the checksums, the costs, the figures of the passes and what is doubted: cut anywhere, the run is still gone on with.
/// </summary>
public sealed class RunJournal : IDisposable
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly RecordLog _log;

    private RunJournal(RecordLog log) => _log = log;

    /// <summary>Whole entries, and behind them a journal that goes on in their place.</summary>
    public static (RunJournal Journal, IReadOnlyList<JournalEntry> Entries, long Torn) Open(RunFiles files, string path)
    {
        var extent = new RecordLog.Extent();
        var entries = new List<JournalEntry>();
        foreach (byte[] record in RecordLog.Read(path, extent)) entries.Add(JsonSerializer.Deserialize<JournalEntry>(record, _json)!);
        return (new RunJournal(RecordLog.Open(files, path, extent.Whole)), entries, extent.Torn);
    }

    /// <summary>The entry is on the disk afterwards.</summary>
    /// <exception cref="IOException">Names the path.</exception>
    public void Add(JournalEntry entry)
    {
        // The line end is for people who look into the file.
        _log.Append([.. JsonSerializer.SerializeToUtf8Bytes(entry, _json), (byte)'\n']);
        _log.Sync();
    }

    public void Dispose() => _log.Dispose();
}
