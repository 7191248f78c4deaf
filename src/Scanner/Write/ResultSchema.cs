using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Scanner.Checks;
using Scanner.Checks.Dmarc;
using Scanner.Checks.Dnssec;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Write;

/// <summary>
/// The one table of all columns (interface.md section 3, classification.md section 12). The Parquet schema, the JSON of
/// <c>check --json</c> and the list of columns in the README all come from here. Names and words may be added; changing or removing
/// one raises <see cref="Version"/>.
/// Null rule: what was not asked for is null, and so is what could not be learned: an empty list or a zero is a finding.
/// </summary>
public static class ResultSchema
{
    /// <summary>The <c>schema_version</c> of rows, run.json and summary.json.</summary>
    public const int Version = 1;

    /// <summary>The types of question that have columns, and where their answers are. The first five are asked for every name.
    /// Stands before <see cref="Columns"/>, which is made from it.</summary>
    private static readonly (string Type, string Question, Func<DomainResult, DnsAnswer?> Answer)[] Questions =
    [
        ("mx", "MX at the name", r => r.Mx?.Answer),
        ("txt", "TXT at the name", r => r.Spf?.Answer),
        ("dmarc", "TXT at _dmarc", r => r.Dmarc?.Answer),
        ("mta_sts", "TXT at _mta-sts", r => r.MtaSts?.Answer),
        ("tls_rpt", "TXT at _smtp._tls", r => r.TlsRpt?.Answer),
        ("a", "A at the name, asked only when MX is nodata", r => r.Mx?.A),
        ("aaaa", "AAAA at the name, asked only when MX is nodata", r => r.Mx?.Aaaa),
        ("domainkey", "TXT at _domainkey", r => r.Dkim?.Answer),
        ("bimi", "TXT at default._bimi", r => r.Bimi?.Answer),
        ("soa", "SOA at the name", r => r.Dnssec?.Answer),
    ];

    /// <summary>Questions that only say what became of them; how they were asked is of no interest.</summary>
    private static readonly FrozenSet<string> StatusOnly = FrozenSet.Create("a", "aaaa", "domainkey", "bimi", "soa");

    public static IReadOnlyList<Column> Columns { get; } =
        [.. Input(), .. Run(), .. Dns(), .. Mail(), .. Spf(), .. Dmarc(), .. MtaSts(), .. TlsRpt(), .. OptionalColumns.Others(), .. OptionalColumns.Evidence()];

    public static FrozenDictionary<string, Column> ByName { get; } = Columns.ToFrozenDictionary(c => c.Name);

    /// <summary>The row as one JSON object with the columns' names, in their order.</summary>
    public static void WriteJson(Utf8JsonWriter json, DomainResult result, RunStamp run)
    {
        var row = new Row(result, run);
        json.WriteStartObject();
        foreach (var column in Columns)
        {
            json.WritePropertyName(column.Name);
            column.WriteJson(json, row);
        }
        json.WriteEndObject();
    }

    /// <summary>The columns as Markdown tables, one for each group.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder();
        foreach (var group in Columns.GroupBy(c => c.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"### {group.Key.Word()}\n\n| column | type | meaning |\n| --- | --- | --- |\n");
            foreach (var c in group)
            {
                string words = c.Words.Count == 0 ? "" : $": `{string.Join(' ', c.Words)}`";
                text.Append(CultureInfo.InvariantCulture, $"| `{c.Name}` | {c.Type.Word()}{(c.Nullable ? "" : ", never null")} | {c.Meaning}{words} |\n");
            }
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static Column[] Input()
    {
        var c = new ColumnsOf(ColumnGroup.Input);
        return
        [
            c.Int("rank", "1-based position in the list; of duplicates the best", r => r.Result.Name.Rank, nullable: false),
            c.Text("name", "the name asked for: lower-case A-labels, no trailing dot", r => r.Result.Name.Name, nullable: false),
            c.Text("name_input", "the name as it stood in the list", r => r.Result.Name.Input, nullable: false),
            c.Word<InputClass>("input_class", "what kind of name it is", r => r.Result.Name.Class, nullable: false),
            c.Text("org_domain_psl", "organizational domain by the public suffix list; null where there is none", r => r.Result.Name.OrganizationalDomain),
            c.Text("psl_version", "version of the public suffix list", r => r.Run.PslVersion, repeats: true),
            c.Text("tld", "the last label", r => r.Result.Name.Tld, repeats: true, nullable: false),
            c.Text("rank_bucket", "the ranks this one lies among, both ends included: `1-100 101-1k 1001-10k 10001-100k 100001-1M over-1M`",
                r => RankBucket(r.Result.Name.Rank), repeats: true, nullable: false),
            c.Bool("excluded", "on the opt-out list: never queried", r => r.Result.Name.Excluded, nullable: false),
        ];
    }

    private static Column[] Run()
    {
        var c = new ColumnsOf(ColumnGroup.Run);
        return
        [
            c.Text("scan_id", "the run, the same in all its rows and shards' metadata", r => r.Run.ScanId, repeats: true, nullable: false),
            c.Time("scan_ts", "when the first question about the name was asked, UTC, microseconds", r => r.Result.ScannedAt),
            c.Int("pass", "the pass in which the name was settled, 1-based", r => r.Result.Pass, nullable: false),
            c.Bool("mopup", "settled in a later pass than the first", r => r.Result.Pass > 1, nullable: false),
            c.Int("unknown_answers", "questions behind this row that no pass could settle, those about includes and ancestors and a policy fetch among them; null when nothing was asked",
                r => r.Result.Evidence?.Unknown),
            c.Text("vantage", "from where the run looked, in the user's words", r => r.Run.Vantage, repeats: true),
            c.Text("resolver", "the resolver, address:port, of the first final answer in the order mx txt dmarc mta_sts tls_rpt",
                r => ResolverOf(r.Result), repeats: true),
            c.Int("tries", "queries sent for this row's own questions in the pass that settled them", r => TriesOf(r.Result), nullable: false),
        ];
    }

    private static Column[] Dns()
    {
        var c = new ColumnsOf(ColumnGroup.Dns);
        var columns = new List<Column>();
        foreach (var (type, question, answer) in Questions)
        {
            // Facts about an answer that never came are null, not false or zero.
            DnsAnswer? Sent(Row r) => answer(r.Result) is { Status: not (DnsStatus.NotQueried or DnsStatus.NameTooLong) } a ? a : null;
            DnsAnswer? Answered(Row r) => Sent(r) is { } a && a.Presence != Presence.Unknown ? a : null;

            columns.Add(c.Word<DnsStatus>($"q_{type}_status", $"what became of {question}", r => answer(r.Result)?.Status));
            if (StatusOnly.Contains(type)) continue;
            columns.Add(c.Bool($"q_{type}_ad", "AD bit of the answer; null without one", r => Answered(r)?.AuthenticData));
            columns.Add(c.Bool($"q_{type}_tcp", "the last try went over TCP", r => Sent(r)?.OverTcp));
            columns.Add(c.Milliseconds($"q_{type}_ms", "milliseconds from the first query to the end, waiting for the rate limit not included", r => Sent(r)?.Milliseconds));
            columns.Add(c.Int($"q_{type}_tries", "queries sent; 0 when a cache answered", r => Sent(r)?.Tries));
            columns.Add(c.Int($"q_{type}_pass", "the pass that gave this answer, 1-based", r => Sent(r)?.Pass));
            columns.Add(c.Long($"q_{type}_ttl", "seconds a cache may keep the answer", r => Answered(r)?.Ttl));
            columns.Add(c.Text($"q_{type}_cname", "last name of the CNAME chain; with status nxdomain it dangles", r => answer(r.Result)?.CnameTarget));
            columns.Add(c.WordList<DnsStatus>($"q_{type}_failed", "what each failed try came to, oldest first", r => Sent(r)?.FailedTries));
        }
        columns.Add(c.Word<DnssecState>("dnssec_state", "is the name's zone signed and valid; unknown unless the resolver validates and is trusted (classification.md 2.6)",
            r => r.Result.Dnssec?.State));
        return [.. columns];
    }

    private static Column[] Mail()
    {
        var c = new ColumnsOf(ColumnGroup.Mail);

        // Without an MX answer nothing is known about the records, which is not the same as none.
        MxResult? Seen(Row r) => r.Result.Mx is { } mx && mx.Answer.Presence != Presence.Unknown ? mx : null;
        return
        [
            c.Word<MxClass>("mx_class", "does the name run mail (classification.md 3.3)", r => r.Result.Mx?.Class),
            c.Int("mx_count", "MX records, the null MX included", r => Seen(r)?.Targets.Count),
            c.List("mx_hosts", "targets by preference, then name; . is the null MX (RFC 7505)", r => Seen(r)?.Targets.Select(t => t.Host), repeats: true),
            c.WordList<MxTargetKind>("mx_target_kinds", "what kind of name each target is, in the order of mx_hosts", r => Seen(r)?.Targets.Select(t => t.Kind)),
            c.WordList<MxTargetStatus>("mx_target_status", "what the addresses of each target come to, in the order of mx_hosts; null without --mx-addresses",
                r => Seen(r) is { } mx && mx.Targets.Any(t => t.Status is not null) ? mx.Targets.Select(t => t.Status!.Value) : null),
            c.Text("mx_provider", "who runs the most preferred usable host: a word of the provider table (run.json data_versions), self_hosted, or other; null without such a host",
                r => Seen(r)?.Provider, repeats: true),
            c.Bool("implicit_mx", "no MX, but an address that RFC 5321 §5.1 delivers to; null when unknown",
                r => r.Result.Mx is null or { Class: MxClass.Unknown } ? null : r.Result.Mx.Class == MxClass.ImplicitMx),
            c.Bool("runs_mail", "in the default denominator mail (classification.md 3.4); null when unknown", r => r.Result.Mx?.RunsMail),
            c.WordList<MxQuirk>("mx_quirks", "oddities of the null MX", r => Seen(r)?.Quirks),
            c.List("mx_raw", "the MX records as received: preference, blank, host",
                r => Seen(r)?.Answer.RecordsOf<MxRecord>().Select(m => $"{m.Preference} {m.Exchange}"), repeats: true),
            c.List("a_raw", "IPv4 addresses of the name; null when not asked or unknown", r => Addresses(r.Result.Mx?.A), repeats: true),
            c.List("aaaa_raw", "IPv6 addresses of the name; null when not asked or unknown", r => Addresses(r.Result.Mx?.Aaaa), repeats: true),
        ];

        static IEnumerable<string>? Addresses(DnsAnswer? answer) => answer is null || answer.Presence == Presence.Unknown
            ? null
            : answer.RecordsOf<AddressRecord>().Select(a => a.Address.ToString());
    }

    private static Column[] Spf()
    {
        var c = new ColumnsOf(ColumnGroup.Spf);
        SpfResult? Seen(Row r) => r.Result.Spf is { Status: not SpfStatus.Unknown } spf ? spf : null;
        return
        [
            c.Word<SpfStatus>("spf_status", "the first that applies (RFC 7208, classification.md 4.7)", r => r.Result.Spf?.Status),
            c.Word<SpfClass>("spf_class", "one column for headlines", r => r.Result.Spf?.Class),
            c.Word<SpfAll>("spf_all", "the record's own first all; null without a single record", r => r.Result.Spf?.All),
            c.Word<SpfEffectiveAll>("spf_effective_all", "what all comes to after redirects (RFC 7208 §6.1)", r => r.Result.Spf?.EffectiveAll),
            c.Word<SpfPermissive>("spf_permissive", "a term before all that lets everyone pass", r => r.Result.Spf?.Permissive),
            c.Bool("spf_no_mail", "the only directive is -all (RFC 7208 §10.1.2)", r => r.Result.Spf?.NoMail),
            c.List("spf_errors", "every error found: permerror words, temperror, loop", r => Seen(r)?.Errors, repeats: true),
            c.Word<SpfSyntaxError>("spf_syntax_error", "kind of the first syntax error", r => r.Result.Spf?.SyntaxError),
            c.Int("spf_lookups_worst", "terms that look something up, over the whole tree, worst case; limit 10 (RFC 7208 §4.6.4)", r => r.Result.Spf?.LookupsWorst),
            c.Int("spf_void_worst", "terms with a void lookup in the worst case; limit 2 (RFC 7208 §4.6.4); null below level full", r => r.Result.Spf?.VoidWorst),
            c.Word<SpfEvalLevel>("spf_eval_level", "how far the record was followed", r => r.Result.Spf?.EvalLevel),
            c.List("spf_redirect_chain", "targets of the redirects, in order", r => Seen(r)?.RedirectChain, repeats: true),
            c.List("spf_includes", "targets of the record's own includes before all, in order", r => Seen(r)?.Includes, repeats: true),
            c.Int("spf_include_depth", "deepest nesting of includes and redirects, 0 without", r => r.Result.Spf?.IncludeDepth),
            c.Long("spf_ipv4_count", "distinct IPv4 addresses that ip4 terms of the tree let pass, 0 to 2^32; at level full a and mx too", r => r.Result.Spf?.Ipv4Count),
            c.Int("spf_widest_ip4", "smallest prefix length among them, 0 to 32", r => r.Result.Spf?.WidestIp4),
            c.Bool("spf_has_ptr", "uses ptr, which SHOULD NOT be published (RFC 7208 §5.5)", r => r.Result.Spf?.HasPtr),
            c.Bool("spf_has_dynamic_macro", "depends on client or sender", r => r.Result.Spf?.HasDynamicMacro),
            c.Int("spf_len", "octets of the joined record", r => r.Result.Spf?.Length),
            c.Int("spf_strings", "character-strings that the record is split into", r => r.Result.Spf?.Strings),
            c.Word<SpfNearMiss>("spf_near_miss", "almost a record; never counted as published", r => r.Result.Spf?.NearMiss),
            c.List("spf_quirks", "oddities without effect", r => Seen(r)?.Quirks, repeats: true),
            c.Text("spf_raw", "the record, escaped; null when there is not exactly one", r => r.Result.Spf?.Raw),
            c.List("spf_candidates", "every TXT record that is SPF or nearly so, escaped", r => Seen(r)?.Candidates),
            c.Int("txt_rrset_bytes", "octets of all TXT RDATA at the name", r => r.Result.Spf?.TxtRrsetBytes),
            c.Bool("txt_over_450", "name and text of all TXT are not under 450 octets (RFC 7208 §3.4)", r => r.Result.Spf?.TxtOver450),
            c.Bool("txt_over_512", "the TXT answer is over 512 octets without EDNS (RFC 7208 §3.4)", r => r.Result.Spf?.TxtOver512),
            c.Bool("txt_needed_tcp", "the TXT answer came over TCP, or should have; null when a later pass gave it, since the last one asks over TCP in any case",
                r => r.Result.Spf is { Answer.Pass: 1 } spf ? spf.TxtNeededTcp : null),
        ];
    }

    private static Column[] Dmarc()
    {
        var c = new ColumnsOf(ColumnGroup.Dmarc);
        DmarcResult? Seen(Row r) => r.Result.Dmarc is { Record: not DmarcRecordState.Unknown } dmarc ? dmarc : null;
        return
        [
            c.Word<DmarcRecordState>("dmarc_record", "the record at _dmarc.name itself (classification.md 5.3)", r => r.Result.Dmarc?.Record),
            c.Word<DmarcClass>("dmarc_class", "one column for headlines, RFC 9989 reading, own or inherited", r => r.Result.Dmarc?.Class),
            c.Bool("dmarc_own", "a v=DMARC1 record at the name itself, valid or not; null when unknown", r => r.Result.Dmarc?.Own),
            c.Word<DmarcSource>("dmarc_source", "where the RFC 9989 policy comes from", r => r.Result.Dmarc?.Source),
            c.Text("dmarc_source_name", "the name whose record gives the policy", r => r.Result.Dmarc?.SourceName),
            c.Word<DmarcPolicy>("dmarc_policy_9989", "policy in effect by RFC 9989", r => r.Result.Dmarc?.Policy9989),
            c.Word<DmarcPolicy>("dmarc_policy_7489", "policy in effect by RFC 7489", r => r.Result.Dmarc?.Policy7489),
            c.Text("dmarc_p_raw", "p as published, escaped; null when missing", r => r.Result.Dmarc?.P, repeats: true),
            c.Text("dmarc_sp_raw", "sp as published, escaped", r => r.Result.Dmarc?.Sp, repeats: true),
            c.Text("dmarc_np_raw", "np as published, escaped", r => r.Result.Dmarc?.Np, repeats: true),
            c.Int("dmarc_pct", "pct, 0 to 100 per cent; null when missing or not such a number", r => r.Result.Dmarc?.Pct),
            c.Text("dmarc_t", "t as published, escaped", r => r.Result.Dmarc?.T, repeats: true),
            c.Text("dmarc_psd", "psd as published, escaped", r => r.Result.Dmarc?.Psd, repeats: true),
            c.Text("dmarc_adkim", "adkim as published, escaped", r => r.Result.Dmarc?.Adkim, repeats: true),
            c.Text("dmarc_aspf", "aspf as published, escaped", r => r.Result.Dmarc?.Aspf, repeats: true),
            c.Text("dmarc_fo", "fo as published, escaped", r => r.Result.Dmarc?.Fo, repeats: true),
            c.Word<ReportUriState>("rua_state", "are the rua addresses usable", r => r.Result.Dmarc?.Rua),
            c.List("rua_hosts", "distinct hosts of the valid rua addresses, in order", r => Seen(r)?.RuaHosts, repeats: true),
            c.Word<ReportUriState>("ruf_state", "are the ruf addresses usable", r => r.Result.Dmarc?.Ruf),
            c.Word<ReportAuth>("rua_auth", "do external rua hosts take the reports (RFC 9990 §4); null without --check-report-auth or a valid rua", r => r.Result.Dmarc?.RuaAuth),
            c.Word<ReportAuth>("ruf_auth", "the same for ruf", r => r.Result.Dmarc?.RufAuth),
            c.List("rua_host_nxdomain", "external report hosts that do not exist", r => r.Result.Dmarc?.ReportHostsNxdomain, repeats: true),
            c.List("dmarc_quirks", "oddities without effect", r => Seen(r)?.Quirks, repeats: true),
            c.List("dmarc_unknown_tags", "tags that no standard names", r => Seen(r)?.UnknownTags, repeats: true),
            c.Word<DmarcNearMiss>("dmarc_near_miss", "almost a record; never counted as published", r => r.Result.Dmarc?.NearMiss),
            c.Bool("dmarc_txt_other", "TXT at _dmarc.name that is no DMARC record; null when unknown", r => r.Result.Dmarc?.TxtOther),
            c.Text("dmarc_cname", "where a CNAME at _dmarc.name leads", r => r.Result.Dmarc?.Cname),
            c.Bool("enf_p", "p or sp in force is quarantine or reject, pct and t ignored (classification.md 5.6)", r => r.Result.Dmarc?.EnfP),
            c.Bool("enf_reject", "the same, reject only", r => r.Result.Dmarc?.EnfReject),
            c.Bool("enf_7489", "the RFC 7489 policy is quarantine or reject and pct is 100", r => r.Result.Dmarc?.Enf7489),
            c.Bool("enf_full", "p is quarantine or reject, pct 100, sp not none", r => r.Result.Dmarc?.EnfFull),
            c.Bool("enf_9989", "p, sp and np in effect are all other than none, after t (RFC 9989 §3.2.9)", r => r.Result.Dmarc?.Enf9989),
            c.Text("dmarc_raw", "the policy record, own or else inherited, escaped", r => r.Result.Dmarc?.Raw),
            c.List("dmarc_candidates", "every TXT record at _dmarc.name, escaped", r => Seen(r)?.Candidates),
        ];
    }

    private static Column[] MtaSts()
    {
        var c = new ColumnsOf(ColumnGroup.MtaSts);
        MtaStsResult? Seen(Row r) => r.Result.MtaSts is { Record: not MtaStsRecordState.Unknown } sts ? sts : null;
        // A fetch whose turn never came learned nothing.
        PolicyFetch? Fetch(Row r) => r.Result.MtaSts?.Fetch is { NotAsked: false } fetch ? fetch : null;
        static int? Seconds(TimeSpan? time) => time is { } t ? (int)Math.Min(int.MaxValue, t.TotalSeconds) : null;
        return
        [
            c.Word<MtaStsStatus>("mtasts_status", "one column for headlines (RFC 8461, classification.md 6.5)", r => r.Result.MtaSts?.Status),
            c.Word<MtaStsRecordState>("mtasts_record", "the TXT record (RFC 8461 §3.1)", r => r.Result.MtaSts?.Record),
            c.Word<MtaStsRecordError>("mtasts_record_error", "why the record is invalid", r => r.Result.MtaSts?.RecordError),
            c.Text("mtasts_id", "the record's id", r => r.Result.MtaSts?.Id),
            c.Bool("mtasts_record_lenient", "a lenient reader finds v and id; null without a candidate", r => r.Result.MtaSts?.RecordLenient),
            c.Word<MtaStsStatus>("mtasts_lenient_status", "what the policy came to for an invalid record that a lenient reader accepts", r => r.Result.MtaSts?.LenientStatus),
            c.Word<MtaStsNearMiss>("mtasts_near_miss", "almost a record; never counted as published", r => r.Result.MtaSts?.NearMiss),
            c.Text("mtasts_txt_cname", "where a CNAME at _mta-sts.name leads", r => r.Result.MtaSts?.TxtCname),
            c.Text("mtasts_host_cname", "where a CNAME at mta-sts.name leads", r => Fetch(r)?.HostCname),
            c.Word<MtaStsStage>("mtasts_stage", "the rung at which a sender stops; null without failure", r => r.Result.MtaSts?.Stage),
            c.Word<MtaStsError>("mtasts_error", "primary cause (classification.md 6.2)", r => r.Result.MtaSts?.Error),
            c.WordList<MtaStsError>("mtasts_cert_flags", "every finding about the certificate, in order of precedence; null when nothing was fetched", r => Fetch(r)?.CertificateFlags),
            c.Bool("mtasts_transient", "a failure that may pass, or a fetch whose turn never came; null when nothing was to be fetched", r => r.Result.MtaSts?.Fetch?.Transient),
            c.Int("mtasts_http_status", "HTTP status; null without a response", r => Fetch(r)?.HttpStatus),
            c.Text("mtasts_media_type", "Content-Type without parameters; null without a response", r => Fetch(r)?.MediaType, repeats: true),
            c.Bool("mtasts_media_type_ok", "it is text/plain (RFC 8461 §3.2)", r => Fetch(r)?.MediaTypeOk),
            c.Text("mtasts_redirect_host", "the host that a 3xx pointed to; never followed (RFC 8461 §3.3)", r => Fetch(r)?.RedirectHost),
            c.Int("mtasts_retry_after", "seconds that a Retry-After asked for (RFC 9110 §10.2.3); null when it did not", r => Seconds(Fetch(r)?.RetryAfter)),
            c.Text("mtasts_host_addr", "the address connected to, or the one whose failure is reported; null when none was tried", r => Fetch(r)?.Address?.ToString(), repeats: true),
            c.Text("mtasts_http_version", "1.1 or 2; null without a response", r => Fetch(r)?.HttpVersion, repeats: true),
            c.Text("mtasts_tls_version", "1.2 or 1.3; null before the handshake is done", r => Fetch(r)?.TlsVersion, repeats: true),
            c.Milliseconds("mtasts_fetch_ms", "milliseconds of the fetch as a whole", r => Fetch(r)?.Milliseconds),
            c.WordList<MtaStsError>("mtasts_policy_errors", "every finding about the policy text, primary first", r => Seen(r)?.PolicyErrors),
            c.Word<MtaStsMode>("mtasts_mode", "mode of the policy", r => r.Result.MtaSts?.Mode),
            c.Long("mtasts_max_age", "max_age in seconds", r => r.Result.MtaSts?.MaxAge),
            c.List("mtasts_mx_patterns", "mx patterns of the policy", r => Seen(r)?.MxPatterns, repeats: true),
            c.Word<MtaStsMxMatch>("mtasts_mx_match", "do the live MX hosts match (RFC 8461 §4.1)", r => r.Result.MtaSts?.MxMatch),
            c.List("mtasts_unused_patterns", "patterns that no live MX matches", r => Seen(r)?.UnusedPatterns, repeats: true),
            c.Bool("mtasts_policy_strict", "the policy matches the grammar to the letter; null without a text", r => r.Result.MtaSts?.PolicyStrict),
            c.List("mtasts_quirks", "oddities of the policy text", r => Seen(r)?.Quirks, repeats: true),
            c.Text("mtasts_raw_txt", "the record, escaped; null when there is not exactly one", r => r.Result.MtaSts?.RawTxt),
            c.List("mtasts_candidates", "every TXT record that begins with v=STSv1 or nearly so, escaped", r => Seen(r)?.Candidates),
            c.Text("mtasts_raw_policy", "the policy text, escaped, whatever its verdict", r => r.Result.MtaSts?.RawPolicy),
        ];
    }

    private static Column[] TlsRpt()
    {
        var c = new ColumnsOf(ColumnGroup.TlsRpt);
        return
        [
            c.Word<TlsRptStatus>("tlsrpt_status", "the record at _smtp._tls.name (RFC 8460 §3)", r => r.Result.TlsRpt?.Status),
            c.Word<TlsRptError>("tlsrpt_error", "why it is invalid", r => r.Result.TlsRpt?.Error),
            c.Bool("tlsrpt_rua_mailto", "rua names a mailto: address; null without a valid record", r => r.Result.TlsRpt?.RuaMailto),
            c.Bool("tlsrpt_rua_https", "rua names an https: address", r => r.Result.TlsRpt?.RuaHttps),
            c.Text("tlsrpt_raw", "the record, escaped; null when there is not exactly one", r => r.Result.TlsRpt?.Raw),
        ];
    }

    private static string? ResolverOf(DomainResult result)
    {
        foreach (var (_, _, answer) in Questions)
            if (answer(result)?.Resolver is { } resolver) return resolver;
        return null;
    }

    private static int TriesOf(DomainResult result)
    {
        int tries = 0;
        foreach (var (_, _, answer) in Questions) tries += answer(result)?.Tries ?? 0;
        return tries;
    }

    private static string RankBucket(int rank) => rank switch
    {
        <= 100 => "1-100",
        <= 1_000 => "101-1k",
        <= 10_000 => "1001-10k",
        <= 100_000 => "10001-100k",
        <= 1_000_000 => "100001-1M",
        _ => "over-1M",
    };
}
