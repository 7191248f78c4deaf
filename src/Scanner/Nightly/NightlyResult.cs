using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scanner.Report;

namespace Scanner.Nightly;

/// <summary>How a night ended.</summary>
public enum NightlyStatus : byte
{
    /// <summary>Scanned to the end, reported, compared.</summary>
    Complete = 1,
    /// <summary>The scan stopped early; the same command goes on with it.</summary>
    Stopped = 2,
    /// <summary>Something failed; <see cref="NightlyResult.Error"/> says what.</summary>
    Failed = 3,
    /// <summary>Another nightly job was at work.</summary>
    Locked = 4,
}

public sealed record NightlyList(string File, string Source, DateOnly Date, ListOrigin Origin, string Sha256, long Names);

/// <param name="Share">Numerator / Decided, 0 to 1; null when nothing is decided.</param>
public sealed record NightlyFigure(string Metric, string Denominator, long Numerator, long Decided, long Unknown, double? Share);

/// <summary>Names in both lists by what became of one protocol.</summary>
public sealed record NightlyChange(string Protocol, long Appeared, long Vanished, long Strengthened, long Weakened, long Changed, long Unknown);

/// <param name="With">The older run's night.</param>
/// <param name="ChangedNames">Rows of compare/tables/changed_names.parquet: one for each name and protocol.</param>
public sealed record NightlyComparison(DateOnly With, long InBoth, long Entered, long Left, long ChangedNames, IReadOnlyList<NightlyChange> Changes);

/// <summary>What one night came to: the one line on standard output, and <c>nightly.json</c> in the run folder.</summary>
public sealed record NightlyResult
{
    public int SchemaVersion { get; init; } = 1;

    public required NightlyStatus Status { get; init; }

    /// <summary>The exit status that goes with it.</summary>
    public required int Exit { get; init; }

    public required DateOnly Date { get; init; }

    /// <summary>The run folder; null when there is none.</summary>
    public string? Run { get; init; }

    /// <summary>Everything was done by an earlier call, and nothing by this one.</summary>
    public bool Already { get; init; }

    /// <summary>It went on with an interrupted run of the same night.</summary>
    public bool Resumed { get; init; }

    public NightlyList? List { get; init; }

    public long RowsExpected { get; init; }

    public long Rows { get; init; }

    public long Queries { get; init; }

    /// <summary>Seconds of scanning, over all sessions.</summary>
    public double? Seconds { get; init; }

    public IReadOnlyList<NightlyFigure> Headline { get; init; } = [];

    /// <summary>Null when there is no earlier complete run.</summary>
    public NightlyComparison? Comparison { get; init; }

    /// <summary>Nights in the history table.</summary>
    public int HistoryNights { get; init; }

    /// <summary>Nights whose runs were deleted (--keep).</summary>
    public IReadOnlyList<DateOnly> Pruned { get; init; } = [];

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Null unless it failed or stopped.</summary>
    public string? Error { get; init; }

    /// <summary>One line, ASCII only.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, _json);

    /// <exception cref="JsonException">It is none.</exception>
    public static NightlyResult Parse(string json) => JsonSerializer.Deserialize<NightlyResult>(json, _json) ?? throw new JsonException("the file holds null");

    // The default encoder: everything beyond ASCII, and what a terminal would act on, is escaped.
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}

/// <summary>A night for people: what goes to standard error and to the notify command.</summary>
public static class NightlyText
{
    /// <param name="summary">Null when there is no row to count, or the figures are an earlier call's.</param>
    /// <param name="comparison">Null when nothing was compared.</param>
    public static string Of(NightlyResult result, Summary? summary, Comparison? comparison)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Scanner, night of {NightlyFolder.Text(result.Date)}: {Words(result)}\n");
        foreach (string warning in result.Warnings) text.Append("warning: ").Append(warning).Append('\n');
        if (result.List is { } list)
            text.Append(CultureInfo.InvariantCulture, $"list: {list.File} of {NightlyFolder.Text(list.Date)}, {list.Names:N0} names ({list.Origin.ToString().ToLowerInvariant()}), sha256 {list.Sha256}\n");
        text.Append(CultureInfo.InvariantCulture, $"rows: {result.Rows:N0} of {result.RowsExpected:N0}; {result.Queries:N0} DNS queries\n");
        if (summary is not null) text.Append('\n').Append(HeadlineText.Text(summary));
        if (comparison is not null) text.Append(CultureInfo.InvariantCulture, $"\nCompared with {NightlyFolder.Text(result.Comparison!.With)}: ").Append(CompareText.Terminal(comparison));
        if (result.Pruned.Count > 0) text.Append("\nruns deleted (--keep): ").AppendJoin(", ", result.Pruned.Select(NightlyFolder.Text)).Append('\n');
        if (result.Run is { } run) text.Append(CultureInfo.InvariantCulture, $"\nrun folder: {run}\n");
        return text.ToString();
    }

    private static string Words(NightlyResult result) => result.Status switch
    {
        NightlyStatus.Complete => result.Already ? "complete, by an earlier call" : "complete",
        NightlyStatus.Stopped => $"NOT COMPLETE: {result.Error}. The same command goes on with it",
        _ => $"FAILED: {result.Error}",
    };
}
