using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scanner.Checks.Dkim;
using Scanner.Checks.Mx;

namespace Scanner.Write;

/// <summary>What became of the lines of the list.</summary>
/// <param name="Read">Lines in the file, a header not counted.</param>
/// <param name="Valid">Distinct valid names: as many rows as the run has over all its shards.</param>
/// <param name="Unqueryable">Of the distinct names, those that cannot be asked for (IP literals).</param>
/// <param name="Excluded">Of the valid ones, those on the opt-out list.</param>
public sealed record LineCounts(long Read, long Blank, long Valid, long Invalid, long Duplicate, long Unqueryable, long Excluded);

/// <param name="Pass">1-based.</param>
/// <param name="Asked">Names gone through in this pass.</param>
/// <param name="Settled">Names whose last unknown answer it settled; for the first pass, names without any unknown.</param>
/// <param name="AnswersSettled">Answers to the questions with columns that were unknown before and are not after it.</param>
public sealed record PassCounts(int Pass, long Asked, long Settled, long AnswersSettled)
{
    /// <summary>When it was over; null while it goes on and after a crash.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The headline over the rows as they stood at its end: how the figures moved from pass to pass.</summary>
    public IReadOnlyList<PassFigure> Headline { get; init; } = [];
}

/// <summary>One figure at the end of a pass; its meaning is that of the same metric in summary.json.</summary>
public sealed record PassFigure(string Metric, string Denominator, long Numerator, long Decided, long Unknown, long Size);

/// <summary>run.json: what was scanned, how, with what, when, and how complete it is (interface.md section 2).</summary>
public sealed record RunManifest
{
    public int SchemaVersion { get; init; } = ResultSchema.Version;

    /// <summary>The same in every row and part, and new for every run.</summary>
    public required string ScanId { get; init; }

    public required string ToolVersion { get; init; }

    /// <summary>The commit that the tool was built from; null when the build did not know it.</summary>
    public string? ToolCommit { get; init; }

    /// <summary>The arguments as given.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>Every option with the value in effect, given or default, by its long name without dashes.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>The options that decide the rows (<see cref="ResultOptions"/>): a run is only gone on with under the same.</summary>
    public IReadOnlyDictionary<string, string> ResultOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Over <see cref="ResultOptions"/>; the same stands in every part.</summary>
    public string OptionsSha256 { get; init; } = "";

    /// <summary>File name of the list, without its folder; "-" for standard input.</summary>
    public required string List { get; init; }

    /// <summary>Lower-case hexadecimal, of the file as it lay there.</summary>
    public required string ListSha256 { get; init; }

    public LineCounts? Lines { get; init; }

    public string? PslVersion { get; init; }

    /// <summary>Versions of the tables that some columns follow from: mx_providers, dkim_selectors.</summary>
    public IReadOnlyDictionary<string, string> DataVersions { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Resolvers { get; init; } = [];

    /// <summary>The words of <c>--checks</c>: mx, spf, dmarc, mta-sts, tls-rpt, …</summary>
    public required IReadOnlyList<string> Checks { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>The scan_id of the run whose stored answers these rows were made from; null for a run that asked the network. Times, counts of
    /// queries and resolvers are then that run's.</summary>
    public string? ReclassifiedFrom { get; init; }

    public DateTimeOffset? ReclassifiedAt { get; init; }

    /// <summary>Null while it runs and after a crash.</summary>
    public DateTimeOffset? Ended { get; init; }

    public string? Host { get; init; }

    /// <summary>From where the run looked, in the user's words.</summary>
    public string? Vantage { get; init; }

    public string? Contact { get; init; }

    public IReadOnlyList<PassCounts> Passes { get; init; } = [];

    /// <summary>Times in which a resolver denied far more names than usual; what it denied then was asked again (<see cref="DenialWatch"/>).</summary>
    public IReadOnlyList<DenialSpell> DenialSpells { get; init; } = [];

    /// <summary>For each query type (mx, txt, dmarc, …) the names by final status.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> QueryStatus { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, long>>();

    /// <summary>DNS queries put on the wire, retries included.</summary>
    public long QueriesSent { get; init; }

    public long Retries { get; init; }

    /// <summary>Of the queries sent, those over TCP: 0 to 1; null when none was sent.</summary>
    public double? TcpShare { get; init; }

    /// <summary>Questions put to a second resolver because the first took long (<c>--hedge</c>), in the last session.</summary>
    public long Hedged { get; init; }

    /// <summary>One entry for each resolver.</summary>
    public IReadOnlyList<WireCounts> Wire { get; init; } = [];

    /// <summary>Null while it runs and after a crash.</summary>
    public ResourcesUsed? Resources { get; init; }

    public long CacheHits { get; init; }

    /// <summary>MTA-STS policies asked for over HTTPS.</summary>
    public long PolicyFetches { get; init; }

    public long RowsWritten { get; init; }

    /// <summary>Of them, rows that a run which goes on writes anew: names that wait for a later pass, and names nobody has asked yet.</summary>
    public long RowsProvisional { get; init; }

    /// <summary>Listed names that were not asked because the run ended first.</summary>
    public long NotScanned { get; init; }

    /// <summary>How often the run was gone on with.</summary>
    public int Resumed { get; init; }

    /// <summary>Seconds of scanning over all sessions, the pauses between passes included.</summary>
    public double? Seconds { get; init; }

    public bool Complete { get; init; }

    /// <summary>Why it stopped early; null when complete.</summary>
    public string? InterruptedReason { get; init; }

    /// <summary>The tables built into this program.</summary>
    public static IReadOnlyDictionary<string, string> EmbeddedData { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["mx_providers"] = MxProviders.Embedded.Version,
        ["dkim_selectors"] = DkimSelectors.Embedded.Version,
    };

    /// <summary>The version and commit this program was built as.</summary>
    public static (string Version, string? Commit) Tool { get; } = Split(
        typeof(RunManifest).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0");

    /// <summary>The page that says what this program is, for those who find it in their logs.</summary>
    public static string ToolUrl { get; } =
        typeof(RunManifest).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key == "ProjectUrl").Value!;

    public string ToJson() => JsonSerializer.Serialize(this, _json) + "\n";

    /// <exception cref="JsonException">It is no run.json, or one without what must be there.</exception>
    public static RunManifest Parse(string json) =>
        JsonSerializer.Deserialize<RunManifest>(json, _json) ?? throw new JsonException("the file holds null");

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        // A file for people: "münchen" and "<" as themselves. Nobody puts it into HTML unescaped.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    // The SDK writes "version+commit".
    private static (string, string?) Split(string version) =>
        version.IndexOf('+') is >= 0 and var plus ? (version[..plus], version[(plus + 1)..]) : (version, null);
}
