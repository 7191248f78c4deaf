using System.Collections.Frozen;
using Scanner.Checks.Bimi;
using Scanner.Checks.Dane;
using Scanner.Checks.Dkim;
using Scanner.Checks.Dmarc;
using Scanner.Checks.Dnssec;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>The columns that an entry may expect something of, with the words each may hold: a slip of the pen in a cast file is an
/// error when it is read and not a difference in some later scan.</summary>
public static class CastColumns
{
    static readonly string[] Bool = ["true", "false"];

    /// <summary>Column to its words; null for a column of free text or numbers.</summary>
    public static FrozenDictionary<string, string[]?> Words { get; } = new Dictionary<string, string[]?>
    {
        ["input_class"] = [.. Checks.Words.All<InputClass>()],
        ["org_domain_psl"] = null,
        ["q_mx_status"] = [.. Checks.Words.All<DnsStatus>()],
        ["q_txt_status"] = [.. Checks.Words.All<DnsStatus>()],
        ["q_dmarc_status"] = [.. Checks.Words.All<DnsStatus>()],
        ["q_mta_sts_status"] = [.. Checks.Words.All<DnsStatus>()],
        ["q_tls_rpt_status"] = [.. Checks.Words.All<DnsStatus>()],
        ["dnssec_state"] = [.. Checks.Words.All<DnssecState>()],
        ["wildcard_txt"] = Bool,
        ["wildcard_records"] = ["dmarc", "mta-sts", "tls-rpt"],
        ["mx_class"] = [.. Checks.Words.All<MxClass>()],
        ["mx_count"] = null,
        ["mx_hosts"] = null,
        ["mx_target_kinds"] = [.. Checks.Words.All<MxTargetKind>()],
        ["mx_target_status"] = [.. Checks.Words.All<MxTargetStatus>()],
        ["mx_provider"] = null,
        ["mx_quirks"] = [.. Checks.Words.All<MxQuirk>()],
        ["runs_mail"] = Bool,
        ["spf_status"] = [.. Checks.Words.All<SpfStatus>()],
        ["spf_class"] = [.. Checks.Words.All<SpfClass>()],
        ["spf_all"] = [.. Checks.Words.All<SpfAll>()],
        ["spf_effective_all"] = [.. Checks.Words.All<SpfEffectiveAll>()],
        ["spf_permissive"] = [.. Checks.Words.All<SpfPermissive>()],
        ["spf_no_mail"] = Bool,
        ["spf_errors"] =
        [
            .. Checks.Words.All<SpfStatus>(), "loop",
            "nested_multiple_records", "nested_syntax", "nested_redirect_missing", "nested_include_missing", "nested_mx_limit",
        ],
        ["spf_syntax_error"] = [.. Checks.Words.All<SpfSyntaxError>()],
        ["spf_lookups_worst"] = null,
        ["spf_eval_level"] = [.. Checks.Words.All<SpfEvalLevel>()],
        ["spf_redirect_chain"] = null,
        ["spf_includes"] = null,
        ["spf_include_depth"] = null,
        ["spf_has_ptr"] = Bool,
        ["spf_has_dynamic_macro"] = Bool,
        ["spf_strings"] = null,
        ["spf_near_miss"] = [.. Checks.Words.All<SpfNearMiss>()],
        ["dmarc_record"] = [.. Checks.Words.All<DmarcRecordState>()],
        ["dmarc_class"] = [.. Checks.Words.All<DmarcClass>()],
        ["dmarc_own"] = Bool,
        ["dmarc_source"] = [.. Checks.Words.All<DmarcSource>()],
        ["dmarc_source_name"] = null,
        ["dmarc_policy_9989"] = [.. Checks.Words.All<DmarcPolicy>()],
        ["dmarc_policy_7489"] = [.. Checks.Words.All<DmarcPolicy>()],
        ["dmarc_pct"] = null,
        ["dmarc_quirks"] = ["tag_case", "p_not_second", "empty_segment", "bad_segment", "bad_tag_name", "duplicate_tag", "non_ascii", "pct_partial", "inherited_from_suffix", "compact_denial"],
        ["dmarc_unknown_tags"] = null,
        ["dmarc_near_miss"] = [.. Checks.Words.All<DmarcNearMiss>()],
        ["dmarc_txt_other"] = Bool,
        ["dmarc_cname"] = null,
        ["rua_state"] = [.. Checks.Words.All<ReportUriState>()],
        ["ruf_state"] = [.. Checks.Words.All<ReportUriState>()],
        ["rua_auth"] = [.. Checks.Words.All<ReportAuth>()],
        ["rua_host_nxdomain"] = null,
        ["enf_p"] = Bool,
        ["enf_reject"] = Bool,
        ["enf_7489"] = Bool,
        ["enf_full"] = Bool,
        ["enf_9989"] = Bool,
        ["mtasts_status"] = [.. Checks.Words.All<MtaStsStatus>()],
        ["mtasts_record"] = [.. Checks.Words.All<MtaStsRecordState>()],
        ["mtasts_record_error"] = [.. Checks.Words.All<MtaStsRecordError>()],
        ["mtasts_record_lenient"] = Bool,
        ["mtasts_id"] = null,
        ["mtasts_near_miss"] = [.. Checks.Words.All<MtaStsNearMiss>()],
        ["mtasts_txt_cname"] = null,
        ["mtasts_host_cname"] = null,
        ["mtasts_stage"] = [.. Checks.Words.All<MtaStsStage>()],
        ["mtasts_error"] = [.. Checks.Words.All<MtaStsError>()],
        ["mtasts_cert_flags"] = [.. Checks.Words.All<MtaStsError>().Where(w => w.StartsWith("cert_", StringComparison.Ordinal))],
        ["mtasts_http_status"] = null,
        ["mtasts_media_type_ok"] = Bool,
        ["mtasts_transient"] = Bool,
        ["mtasts_retry_after"] = null,
        ["mtasts_redirect_host"] = null,
        ["mtasts_host_addr"] = null,
        ["mtasts_http_version"] = ["1.1", "2"],
        ["mtasts_tls_version"] = ["1.2", "1.3"],
        ["mtasts_mode"] = [.. Checks.Words.All<MtaStsMode>()],
        ["mtasts_max_age"] = null,
        ["mtasts_mx_match"] = [.. Checks.Words.All<MtaStsMxMatch>()],
        ["mtasts_policy_strict"] = Bool,
        ["mtasts_quirks"] = ["bad_mx", "bom", "html", "empty_body", "not_text", "blank_line", "bad_line", "duplicate_field", "max_age_over_limit"],
        ["tlsrpt_status"] = [.. Checks.Words.All<TlsRptStatus>()],
        ["tlsrpt_error"] = [.. Checks.Words.All<TlsRptError>()],
        ["tlsrpt_rua_mailto"] = Bool,
        ["tlsrpt_rua_https"] = Bool,
        ["dkim_ent"] = [.. Checks.Words.All<DkimEnt>()],
        ["dkim_presence"] = [.. Checks.Words.All<DkimPresence>()],
        ["dkim_selectors"] = null,
        ["dkim_key"] = [.. Checks.Words.All<DkimKeyState>()],
        ["dkim_key_types"] = null,
        ["dane_status"] = [.. Checks.Words.All<DaneStatus>()],
        ["dane_host_status"] = [.. Checks.Words.All<DaneHostStatus>()],
        ["bimi_status"] = [.. Checks.Words.All<BimiStatus>()],
        ["bimi_error"] = [.. Checks.Words.All<BimiError>()],
        ["bimi_source_name"] = null,
        ["bimi_effective"] = Bool,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Null when the value may stand in the column, else what is wrong with it.</summary>
    public static string? Complaint(string column, string? value)
    {
        if (!Words.TryGetValue(column, out string[]? words)) return $"no column '{column}'; the columns are in CastColumns.cs and classification.md 12";
        if (words is null || value is null) return null;
        foreach (string word in value.Split(','))
            if (Array.IndexOf(words, word) < 0) return $"'{word}' is no value of {column}; use one of: {string.Join(' ', words)}";
        return null;
    }
}
