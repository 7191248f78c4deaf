using System.Net;
using Scanner.Checks;
using Scanner.Checks.Dkim;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Spf;
using Scanner.Dns.Resolve;
using Scanner.Input;

namespace Scanner;

/// <summary>The checks of one run. Their words are those of <c>--checks</c>.</summary>
[Flags]
public enum ScanChecks
{
    None = 0,
    Mx = 1,
    Spf = 2,
    Dmarc = 4,
    MtaSts = 8,
    TlsRpt = 16,
    Dkim = 32,
    Dane = 64,
    Bimi = 128,
    Dnssec = 256,

    /// <summary>Those that cost five questions a name and little more.</summary>
    Default = Mx | Spf | Dmarc | MtaSts | TlsRpt,
    All = Default | Dkim | Dane | Bimi | Dnssec,
}

public static class ScanCheckNames
{
    /// <summary>Word and flag of each check, in the order in which they are printed.</summary>
    public static IReadOnlyList<(string Word, ScanChecks Check)> Table { get; } =
        [("mx", ScanChecks.Mx), ("spf", ScanChecks.Spf), ("dmarc", ScanChecks.Dmarc), ("mta-sts", ScanChecks.MtaSts), ("tls-rpt", ScanChecks.TlsRpt),
            ("dkim", ScanChecks.Dkim), ("dane", ScanChecks.Dane), ("bimi", ScanChecks.Bimi), ("dnssec", ScanChecks.Dnssec)];

    /// <summary>The checks of a comma-separated list, or of "all"; false when a word is none. DANE takes the MX check with it, since it
    /// protects MX hosts, and so does DKIM, whose selectors follow from the mail provider.</summary>
    public static bool TryParse(string? text, out ScanChecks checks)
    {
        checks = ScanChecks.None;
        foreach (string word in (text ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (word == "all") checks = ScanChecks.All;
            else if (Table.FirstOrDefault(entry => entry.Word == word) is { Word: not null } found) checks |= found.Check;
            else return false;
        }
        if ((checks & (ScanChecks.Dane | ScanChecks.Dkim)) != 0) checks |= ScanChecks.Mx;
        return checks != ScanChecks.None;
    }

    /// <summary>The words of the checks that are set.</summary>
    public static IReadOnlyList<string> Names(this ScanChecks checks) =>
        [.. Table.Where(entry => checks.HasFlag(entry.Check)).Select(entry => entry.Word)];
}

/// <summary>What a scan means, once the command line is understood: validated and never changed afterwards.</summary>
public sealed record ScanOptions
{
    public required ListOptions List { get; init; }

    /// <summary>The run folder; created by the run.</summary>
    public required string Output { get; init; }

    public required IReadOnlyList<IPEndPoint> Resolvers { get; init; }

    public ResolverOptions Resolver { get; init; } = new();

    public required PolicyFetchOptions PolicyFetch { get; init; }

    /// <summary>Policy fetches at once. 64 keep a million-name run (about 10,000 fetches) from ever waiting for them.</summary>
    public int HttpsConcurrency { get; init; } = 64;

    /// <summary>How considerate the fetches are of one address or provider.</summary>
    public PolitenessOptions Politeness { get; init; } = new();

    public ScanChecks Checks { get; init; } = ScanChecks.Default;

    /// <summary>Ask for the addresses of MX hosts: mx_class then tells hosts that work from those that do not. One or two questions for each
    /// distinct host, through the shared cache.</summary>
    public bool MxAddresses { get; init; }

    /// <summary>Ask external report hosts whether they take a record's DMARC reports (RFC 9990 §4). Two questions for each host and policy domain.</summary>
    public bool CheckReportAuth { get; init; }

    /// <summary>Ask nothing below a listed name that is NXDOMAIN (RFC 8020 §2). Off for a study of servers that get this wrong.</summary>
    public bool Prune { get; init; } = true;

    /// <summary>Ask nothing below a listed name of which no question got an answer: a later pass does. Dead names are most of what a scan waits for,
    /// and would cost three more questions with all their tries. Decided for each pass (<see cref="ScanPasses"/>).</summary>
    internal bool LeaveBelowForLater { get; init; }

    public DkimTier DkimTier { get; init; } = DkimTier.A;

    /// <summary>The AD bit means something: every resolver validates, and the path to it is trusted (loopback, or --trust-ad). Decided when the
    /// resolvers are known; without it dane and dnssec are unknown for every name.</summary>
    public bool AdTrusted { get; init; }

    /// <summary>The user vouches for the path to the resolvers.</summary>
    public bool TrustAd { get; init; }

    /// <summary>How far SPF records are followed. The tree costs few queries, since includes are shared; addresses would cost one
    /// or two for every a and mx term.</summary>
    public SpfEvalLevel SpfLevel { get; init; } = SpfEvalLevel.Tree;

    /// <summary>Seconds for all DNS work on one name. A name with dead servers waits for 2 + 4 + 8 s on its own records and as long
    /// on those of an include; beyond that it gets its row with what is known.</summary>
    public double NameDeadlineSeconds { get; init; } = 45;

    /// <summary>Go on with the run in <see cref="Output"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>Passes over the names with unknown answers, after the first pass over all names; 0 for none.</summary>
    public int Passes { get; init; } = 2;

    /// <summary>How long after its last question a name is asked about again; null for a pause that suits the length of the scan.</summary>
    public TimeSpan? PassPause { get; init; }

    /// <summary>2: in a later pass a slow server gets 4 and 8 seconds, where it had 2, 4 and 8.</summary>
    public const double DefaultLaterTimeFactor = 2;

    /// <summary>By how much longer every time limit is in the later passes.</summary>
    public double LaterTimeFactor { get; init; } = DefaultLaterTimeFactor;

    /// <summary>Rows of a part file; null for a number that suits the length of the list, 1,000 to 20,000.</summary>
    public int? RowsPerPart { get; init; }

    /// <summary>Tables, plots, summaries and report at the end; without them the run folder holds rows and run.json, and <c>report</c> makes the rest.</summary>
    public bool WriteReport { get; init; } = true;

    /// <summary>A name, normalised, about which everything is written to trace.jsonl; null for none.</summary>
    public string? Trace { get; init; }

    /// <summary>When this is over, no more names are begun; null for no limit.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>Megabytes of heap beyond which no more names are begun until it is less again. A million ordinary names need under 200.</summary>
    public int MemoryCeilingMegabytes { get; init; } = 512;

    /// <summary>Where the scan ran from, in words, for run.json and the rows.</summary>
    public string? Vantage { get; init; }

    /// <summary>Who to write to, for the User-Agent and run.json.</summary>
    public string? Contact { get; init; }

    /// <summary>The command line as typed, for run.json.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>The simulated internet, in words (seed, faults), when the run asked it and not the real one.</summary>
    public string? Lab { get; init; }

    /// <summary>Every option with its value in effect, for run.json.</summary>
    public IReadOnlyDictionary<string, string> Effective() => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["top"] = Text(List.Top),
        ["sample"] = Text(List.Sample),
        ["seed"] = Text(List.Seed),
        ["shard"] = List.Shard.ToString(),
        ["exclude"] = List.ExcludeFile is null ? "none" : Path.GetFileName(List.ExcludeFile),
        ["resolver"] = string.Join(' ', Resolvers),
        ["qps"] = Text(Resolver.QueriesPerSecond),
        ["in-flight"] = Text(Resolver.InFlight),
        ["timeout"] = Text(Resolver.TimeoutSeconds),
        ["attempts"] = Text(Resolver.Attempts),
        ["https-concurrency"] = Text(HttpsConcurrency),
        ["https-per-host"] = Politeness.PerAddress == int.MaxValue ? "all" : Text(Politeness.PerAddress),
        ["https-gap"] = Text(Politeness.Gap.TotalSeconds),
        ["https-timeout"] = Text(PolicyFetch.Timeout.TotalSeconds),
        ["https-port"] = Text(PolicyFetch.Port),
        ["ca-file"] = PolicyFetch.TrustedRoots is null ? "system" : "own roots",
        ["special-addresses"] = PolicyFetch.AllowSpecialAddresses.Word(),
        ["strict-media-type"] = PolicyFetch.StrictMediaType ? "yes" : "no",
        ["user-agent"] = PolicyFetch.UserAgent,
        ["checks"] = string.Join(',', Checks.Names()),
        ["spf-eval-level"] = SpfLevel.Word(),
        ["mx-addresses"] = YesNo(MxAddresses),
        ["check-report-auth"] = YesNo(CheckReportAuth),
        ["prune"] = YesNo(Prune),
        ["dkim-tier"] = DkimTier.Word(),
        ["ad-trusted"] = YesNo(AdTrusted),
        ["name-deadline"] = Text(NameDeadlineSeconds),
        ["cache-entries"] = Text(Resolver.CacheEntries),
        ["lab"] = Lab ?? "no",
        ["passes"] = Text(Passes),
        ["pass-pause"] = PassPause is { } pause ? Text(pause.TotalSeconds) : "auto",
        ["max-duration"] = MaxDuration is { } limit ? Text(limit.TotalSeconds) : "none",
        ["memory"] = Text(MemoryCeilingMegabytes),
    };

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Text(IFormattable? value) => value?.ToString(null, System.Globalization.CultureInfo.InvariantCulture) ?? "all";
}
