using System.Collections.Concurrent;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Input;
using Scanner.Lab;
using Scanner.Lab.Servers;
using Scanner.Write;

namespace Scanner.Tests.Resume;

/// <summary>A small internet for runs in this process: most names answer at once; one in ten never does, and one in ten only when asked again.
/// What a name answers in the end depends on nothing but its name.</summary>
internal sealed class CrashWorld : ILabWorld
{
    // REFUSED is what nobody repeats within a pass of one try: SERVFAIL is asked again with CD=1, silence over TCP.
    private readonly ConcurrentDictionary<(string, DnsRecordType), bool> _asked = new();

    public LabDnsResponse Resolve(string name, DnsRecordType type)
    {
        string[] labels = name.Split('.');
        string listed = labels.Length >= 2 ? labels[^2] : "";
        if (listed.Length < 2 || !int.TryParse(listed[1..], out int number)) return new LabDnsResponse { Rcode = 3 };
        var fault = (number % 10) switch { 3 => LabDnsFault.Refused, 6 when IsFirstAsked(labels, type) && _asked.TryAdd((name, type), true) => LabDnsFault.Refused, _ => LabDnsFault.None };
        if (labels.Length > 2)
        {
            return labels[0] == "_dmarc" && number % 2 == 0
                ? new LabDnsResponse { Fault = fault, Answers = [TxtRecord.FromText(name, 300, $"v=DMARC1; p={(number % 4 == 0 ? "reject" : "none")}")] }
                : new LabDnsResponse { Fault = fault, Rcode = 3 };
        }
        DnsRecord[] answers = type switch
        {
            DnsRecordType.Mx => [new MxRecord(name, 300, 10, "mx.mail-host.net")],
            DnsRecordType.Txt when number % 3 != 0 => [TxtRecord.FromText(name, 300, number % 3 == 1 ? "v=spf1 -all" : "v=spf1 ~all")],
            _ => [],
        };
        return new LabDnsResponse { Fault = fault, Answers = answers };
    }

    /// <summary>A question that every pass asks at once. One that is asked only after others are answered (what lies below the name, the probe for a
    /// wildcard) would meet its first time in the last pass of a calm run and in the first of another.</summary>
    private static bool IsFirstAsked(string[] labels, DnsRecordType type) => labels.Length == 2 && type is (DnsRecordType.Mx or DnsRecordType.Txt);

    public LabPolicyHost? PolicyHost(string host) => null;
}

/// <summary>Runs over the <see cref="CrashWorld"/>.</summary>
internal sealed class CrashRun : IAsyncDisposable
{
    public const int Names = 260;

    private readonly LabDnsServer _server = LabDnsServer.Start(new CrashWorld(), new LabHostOptions(), TimeProvider.System);

    public static string List { get; } = string.Concat(Enumerable.Range(1, Names).Select(i => $"{i},n{i}.test\n"));

    /// <summary>Queries that came to the server so far.</summary>
    public long Queries => _server.Counts.UdpQueries + _server.Counts.TcpQueries;

    public ScanOptions Options(string folder, bool resume = false) => new()
    {
        List = new ListOptions { Source = "-" },
        Output = folder,
        Resume = resume,
        Resolvers = [_server.Endpoint],
        // One try in a pass: what fails once stays unknown until the next.
        Resolver = new ResolverOptions { QueriesPerSecond = 0, InFlight = 90, TimeoutSeconds = 5, Attempts = 1 },
        PolicyFetch = new PolicyFetchOptions { UserAgent = "test" },
        Passes = 1,
        PassPause = TimeSpan.Zero,
        RowsPerPart = 100,
        // A hundred runs to their end: their rows are compared, and the report is another test's business.
        WriteReport = false,
    };

    public Task<ScanOutcome> ScanAsync(string folder, bool resume = false, RunFiles? files = null) => ScanAsync(Options(folder, resume), new Quiet(), files);

    public static async Task<ScanOutcome> ScanAsync(ScanOptions options, IScanObserver observer, RunFiles? files = null, CancellationToken stop = default)
    {
        using var source = ListSource.FromText("crash", new MemoryStream(System.Text.Encoding.ASCII.GetBytes(List)));
        return await new ScanRun(options, observer, TimeProvider.System, files).RunAsync(source, stop);
    }

    /// <summary>Columns that say when and how an answer came, and not what it is.</summary>
    private static readonly System.Text.RegularExpressions.Regex Circumstances =
        new("^(scan_id|scan_ts|pass|mopup|tries|resolver|mtasts_fetch_ms|txt_needed_tcp|q_.*_(ms|tries|ttl|pass|failed|tcp)|evidence.*)$");

    /// <summary>Every value of every row, but for the circumstances: equal rows give equal text, and equal figures.</summary>
    public static string Rows(string folder)
    {
        string columns = string.Join(", ", ResultSchema.Columns.Select(column => column.Name).Where(name => !Circumstances.IsMatch(name)));
        return string.Join('\n', ParquetRows.Read(folder, $"rank, md5(({columns})::VARCHAR) AS digest").OrderBy(row => (int)row["rank"]!).Select(row => $"{row["rank"]} {row["digest"]}"));
    }

    /// <summary>Where two runs differ, for the message of a test: column, rows, and one of them.</summary>
    public static string Difference(string calm, string run)
    {
        string Rows(string folder) => $"read_parquet('{folder.Replace("'", "''", StringComparison.Ordinal)}/domains/part-*.parquet')";
        var names = ResultSchema.Columns.Select(column => column.Name).Where(name => !Circumstances.IsMatch(name)).ToList();
        return string.Join("; ", names.SelectMany(name => ParquetRows.Query(
            $"SELECT '{name}: ' || count(*) || ' rows, ' || any_value(a.name || ' ' || coalesce(a.{name}::VARCHAR, 'null') || ' -> ' || coalesce(b.{name}::VARCHAR, 'null')) AS t FROM {Rows(calm)} a JOIN {Rows(run)} b USING (rank) WHERE a.{name} IS DISTINCT FROM b.{name} HAVING count(*) > 0"))
            .Select(row => (string)row["t"]!));
    }

    /// <summary>The rows, and for a run with its report the first tables and the summary, octet for octet but for the times.</summary>
    public static string Aggregates(string folder)
    {
        var text = new System.Text.StringBuilder(Rows(folder));
        foreach (string table in (string[])["tables/t01_population.csv", "tables/t02_headline.csv"])
            if (Path.Combine(folder, table) is var path && File.Exists(path)) text.Append(table).Append('\n').Append(File.ReadAllText(path));
        string summary = Path.Combine(folder, "summary.json");
        if (File.Exists(summary)) text.Append(System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(summary), "\"(started|ended)\": [^,]*,", ""));
        return text.ToString();
    }

    public static void ExpectEveryNameOnce(string folder)
    {
        var rows = ParquetRows.Read(folder, "count(*) AS n, count(DISTINCT name) AS names, count(*) FILTER (spf_status = 'unknown') AS unknown")[0];
        Assert.Equal((long)Names, rows["n"]);
        Assert.Equal((long)Names, rows["names"]);
        // n3, n13, …: refused for good.
        Assert.Equal(26L, rows["unknown"]);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    internal sealed class Quiet : IScanObserver
    {
        public List<string> Warnings { get; } = [];

        public List<PassCounts> Passes { get; } = [];

        public void ListSurveyed(ListSurvey survey)
        {
        }

        public void Warning(string text) => Warnings.Add(text);

        public void Started(ScanProgress progress, ResolverStatistics statistics)
        {
        }

        public void PassEnded(PassCounts counts) => Passes.Add(counts);
    }
}
