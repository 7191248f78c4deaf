using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scanner.LoadTest;

/// <summary>
/// One run of one client. Other programs' runs are written in the same form by the scripts, with what they can say. One JSON line each.
/// </summary>
public sealed record LoadResult
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // Plain "+" in names: the lines are for files and terminals, not for web pages.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required string Client { get; init; }

    public long Queries { get; init; }

    public int InFlight { get; init; }

    public double Seconds { get; init; }

    public double QueriesPerSecond { get; init; }

    public double UserMicroseconds { get; init; }

    public double SystemMicroseconds { get; init; }

    public double BytesPerQuery { get; init; }

    public int Collections { get; init; }

    /// <summary>Answers that the zone does not have.</summary>
    public long Wrong { get; init; }

    public long Timeouts { get; init; }

    public long NetworkErrors { get; init; }

    public long Truncated { get; init; }

    public long Malformed { get; init; }

    public long OtherRcodes { get; init; }

    public long Retries { get; init; }

    /// <summary>Of the whole machine.</summary>
    public long KernelDrops { get; init; }

    public double P50Milliseconds { get; init; }

    public double P95Milliseconds { get; init; }

    public double P99Milliseconds { get; init; }

    public double MaxMilliseconds { get; init; }

    public double PeakMegabytes { get; init; }

    /// <summary>CPU that neither the client nor the server used, in percent of one core: how much the machine was disturbed.</summary>
    public double OtherLoadPercent { get; init; }

    /// <summary>User and system time of the client for a query.</summary>
    [JsonIgnore]
    public double CpuMicroseconds => UserMicroseconds + SystemMicroseconds;

    [JsonIgnore]
    public long Errors => Wrong + Timeouts + NetworkErrors + Truncated + Malformed + OtherRcodes;

    public string ToJsonLine() => JsonSerializer.Serialize(this, Json);

    public static LoadResult FromJsonLine(string line) =>
        JsonSerializer.Deserialize<LoadResult>(line, Json) ?? throw new FormatException($"not a result: {line}");

    public static string RowHeader =>
        "| client | queries | in flight | us/query | user | sys | qps | B/query | wrong | errors | p50 ms | p95 ms | p99 ms | max ms | peak MB |\n"
        + "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    public string ToRow() => string.Create(CultureInfo.InvariantCulture,
        $"| {Client} | {Queries} | {InFlight} | {CpuMicroseconds:0.00} | {UserMicroseconds:0.00} | {SystemMicroseconds:0.00} | {QueriesPerSecond:0} | {BytesPerQuery:0} | {Wrong} | {Errors} | {P50Milliseconds:0.00} | {P95Milliseconds:0.00} | {P99Milliseconds:0.00} | {MaxMilliseconds:0.00} | {PeakMegabytes:0} |");
}
