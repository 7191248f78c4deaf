using System.Globalization;
using System.Net;
using DuckDB.NET.Data;
using Scanner.Checks;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.Resolve;

namespace Scanner.Reclassify;

/// <summary>One row of a run as it was stored: the evidence in it, as the values that a live scan works with. Columns that an older version did
/// not have read as null.</summary>
internal sealed class StoredRow
{
    private readonly Dictionary<string, object> _values;

    private StoredRow(Dictionary<string, object> values) => _values = values;

    /// <summary>All rows of one closed part, in their order, a few at a time.</summary>
    public static IEnumerable<StoredRow> Read(string part)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"FROM read_parquet('{part.Replace("'", "''", StringComparison.Ordinal)}')";
        command.UseStreamingMode = true;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var values = new Dictionary<string, object>(reader.FieldCount, StringComparer.Ordinal);
            for (int i = 0; i < reader.FieldCount; i++)
                if (!reader.IsDBNull(i)) values[reader.GetName(i)] = reader.GetValue(i);
            yield return new StoredRow(values);
        }
    }

    public string? Text(string column) => _values.GetValueOrDefault(column) as string;

    /// <summary>When the first question about the name was asked.</summary>
    public DateTimeOffset ScannedAt => _values.GetValueOrDefault("scan_ts") switch
    {
        DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
        DateTimeOffset time => time,
        _ => default,
    };

    public int Pass => (int?)Number("pass") ?? 1;

    /// <summary>The list entry, its class and organizational domain worked out anew.</summary>
    public ListedName Name(PublicSuffixList suffixes)
    {
        string input = Text("name_input") ?? Text("name") ?? "";
        int rank = (int?)Number("rank") ?? 0;
        var name = NameNormaliser.Normalise(input, rank, suffixes, out _) ?? NameNormaliser.ToListed(new NormalisedName(NameForm.Invalid, Text("name") ?? input, null), input, rank, suffixes);
        return name with { Excluded = Flag("excluded") == true };
    }

    /// <summary>Every answer that the row holds, those to its base questions with what the columns say about how they were asked, and what came
    /// of fetching the policy. What is not in it was not asked then: whatever hangs on it is unknown, and no rule invents it.</summary>
    public NameEvidence Evidence(ScanChecks checks)
    {
        var evidence = new NameEvidence { Fetch = Fetch() };
        foreach (bool shared in (bool[])[false, true])
            foreach (string text in List(shared ? "evidence_shared" : "evidence_own"))
                if (AnswerText.TryParse(text, out var answer)) evidence.Add(answer, shared);

        string name = Text("name") ?? "";
        AddBase("mx", new DnsQuestion(name, DnsRecordType.Mx, checks.HasFlag(ScanChecks.Dane)));
        AddBase("txt", new DnsQuestion(name, DnsRecordType.Txt));
        AddBase("dmarc", new DnsQuestion($"_dmarc.{name}", DnsRecordType.Txt));
        AddBase("mta_sts", new DnsQuestion($"_mta-sts.{name}", DnsRecordType.Txt));
        AddBase("tls_rpt", new DnsQuestion($"_smtp._tls.{name}", DnsRecordType.Txt));
        return evidence;

        void AddBase(string type, DnsQuestion question)
        {
            if (!Words.TryParse(Text($"q_{type}_status") ?? "", out DnsStatus status)) return;
            if (!evidence.TryFind(question, out var answer))
            {
                // A version without evidence: "there is none" needs no more than its status. What was there is not in the row as it came, so it
                // is not known here.
                if (status is DnsStatus.Ok or DnsStatus.NotQueried or DnsStatus.NameTooLong) return;
                answer = DnsAnswer.Without(question, status) with { CnameTarget = Text($"q_{type}_cname"), AuthenticData = Flag($"q_{type}_ad") == true };
            }
            evidence.Add(answer with
            {
                Ttl = (uint?)Number($"q_{type}_ttl") ?? 0,
                OverTcp = Flag($"q_{type}_tcp") == true,
                Tries = (int?)Number($"q_{type}_tries") ?? 0,
                Milliseconds = Real($"q_{type}_ms") ?? 0,
                FailedTries = [.. List($"q_{type}_failed").Select(word => Words.TryParse(word, out DnsStatus failed) ? failed : DnsStatus.OtherRcode)],
                Resolver = Text("resolver"),
                Pass = (int?)Number($"q_{type}_pass") ?? Pass,
            }, shared: false);
        }
    }

    /// <summary>What came of fetching the policy, before its text was read; null when nothing was fetched.</summary>
    private PolicyFetch? Fetch()
    {
        // Without a fetch, "transient" says that the host's turn never came.
        if (Real("mtasts_fetch_ms") is not { } milliseconds)
            return Flag("mtasts_transient") == true ? new PolicyFetch { NotAsked = true, Transient = true } : null;
        // Stage "policy" and "not_text" are verdicts on the text and no failure of the fetch.
        bool failed = Words.TryParse(Text("mtasts_stage") ?? "", out MtaStsStage stage) && stage != MtaStsStage.Policy
            && Text("mtasts_error") != MtaStsError.NotText.Word();
        return new PolicyFetch
        {
            FailedStage = failed ? stage : null,
            Error = failed && Words.TryParse(Text("mtasts_error") ?? "", out MtaStsError error) ? error : null,
            CertificateFlags = [.. List("mtasts_cert_flags").Where(word => Words.TryParse<MtaStsError>(word, out _)).Select(word => Words.TryParse(word, out MtaStsError flag) ? flag : default)],
            HttpStatus = (int?)Number("mtasts_http_status"),
            MediaType = Text("mtasts_media_type"),
            MediaTypeOk = Flag("mtasts_media_type_ok"),
            RedirectHost = Text("mtasts_redirect_host"),
            HostCname = Text("mtasts_host_cname"),
            Address = Text("mtasts_host_addr") is { } address ? IPAddress.Parse(address) : null,
            HttpVersion = Text("mtasts_http_version"),
            RetryAfter = Number("mtasts_retry_after") is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            TlsVersion = Text("mtasts_tls_version"),
            Body = Text("mtasts_raw_policy") is { } body ? Checks.Evidence.Unescape(body) : null,
            Transient = Flag("mtasts_transient") == true,
            Milliseconds = milliseconds,
        };
    }

    private bool? Flag(string column) => _values.GetValueOrDefault(column) as bool?;

    private long? Number(string column) => _values.GetValueOrDefault(column) is IConvertible value and not string ? value.ToInt64(CultureInfo.InvariantCulture) : null;

    private double? Real(string column) => _values.GetValueOrDefault(column) is IConvertible value and not string ? value.ToDouble(CultureInfo.InvariantCulture) : null;

    private IEnumerable<string> List(string column) => _values.GetValueOrDefault(column) is System.Collections.IEnumerable list and not string ? list.OfType<string>() : [];
}
