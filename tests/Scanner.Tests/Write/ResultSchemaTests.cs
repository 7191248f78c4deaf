using System.Text;
using System.Text.Json;
using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.Write;

namespace Scanner.Tests.Write;

public sealed class ResultSchemaTests
{
    // interface.md section 3: "the ones that readers use most and may never be missing".
    private const string NeverMissing = """
        rank name name_input input_class org_domain_psl tld scan_ts pass
        q_mx_status q_txt_status q_dmarc_status q_mta_sts_status q_tls_rpt_status mx_class mx_hosts runs_mail
        spf_status spf_class spf_all spf_effective_all spf_lookups_worst spf_errors spf_raw
        dmarc_record dmarc_class dmarc_own dmarc_source dmarc_source_name dmarc_policy_9989 dmarc_policy_7489 enf_p enf_9989 dmarc_raw
        mtasts_status mtasts_record mtasts_stage mtasts_error mtasts_mode mtasts_max_age mtasts_mx_match mtasts_raw_txt mtasts_raw_policy
        tlsrpt_status dkim_presence dane_status bimi_status dnssec_state
        """;

    // classification.md section 12. Its ts is called scan_ts (interface.md).
    private const string Section12 = """
        rank name_input name input_class org_domain_psl psl_version tld rank_bucket scan_id vantage resolver tries mopup dnssec_state
        q_mx_ad q_mx_tcp q_mx_ms q_txt_ad q_txt_tcp q_txt_ms q_dmarc_ad q_dmarc_tcp q_dmarc_ms q_mta_sts_ad q_mta_sts_tcp q_mta_sts_ms
        q_tls_rpt_ad q_tls_rpt_tcp q_tls_rpt_ms q_a_status q_aaaa_status
        mx_class mx_count mx_hosts mx_target_kinds mx_provider implicit_mx runs_mail
        spf_status spf_class spf_all spf_effective_all spf_permissive spf_no_mail spf_errors spf_syntax_error spf_lookups_worst spf_void_worst
        spf_eval_level spf_redirect_chain spf_includes spf_include_depth spf_ipv4_count spf_widest_ip4 spf_has_ptr spf_has_dynamic_macro spf_len
        spf_strings spf_near_miss spf_raw txt_rrset_bytes
        dmarc_record dmarc_class dmarc_own dmarc_source dmarc_source_name dmarc_policy_9989 dmarc_policy_7489 dmarc_p_raw dmarc_sp_raw
        dmarc_np_raw dmarc_pct dmarc_t dmarc_psd dmarc_adkim dmarc_aspf dmarc_fo rua_state rua_hosts rua_auth ruf_state dmarc_quirks
        dmarc_unknown_tags dmarc_near_miss dmarc_txt_other dmarc_cname enf_p enf_reject enf_7489 enf_full enf_9989 dmarc_raw
        mtasts_status mtasts_record mtasts_id mtasts_record_lenient mtasts_txt_cname mtasts_host_cname mtasts_stage mtasts_error
        mtasts_cert_flags mtasts_transient mtasts_http_status mtasts_media_type_ok mtasts_mode mtasts_max_age mtasts_mx_patterns
        mtasts_mx_match mtasts_policy_strict mtasts_quirks mtasts_raw_txt mtasts_raw_policy
        tlsrpt_status tlsrpt_error dkim_ent dkim_presence dkim_selectors dane_status bimi_status wildcard_txt
        """;

    [Theory]
    [InlineData(NeverMissing)]
    [InlineData(Section12)]
    public void TheSpecificationsColumnsAreThere(string names) =>
        Assert.Empty(names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Except(ResultSchema.ByName.Keys));

    [Fact]
    public void NamesAreSnakeCaseAndMeaningsOneLine()
    {
        foreach (var c in ResultSchema.Columns)
        {
            Assert.Matches("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", c.Name);
            Assert.Matches("^[^\n|]+[^.]$", c.Meaning);
        }
        Assert.Equal(ResultSchema.Columns.Count, ResultSchema.ByName.Count);
    }

    [Fact]
    public void EnumerationsAreTheWordsOfTheSpecification()
    {
        Assert.Equal("invalid_name unknown nxdomain null_mx mx_no_service mx_present mx_ok mx_dangling mx_unverified implicit_mx no_mail".Split(' '),
            ResultSchema.ByName["mx_class"].Words);
        Assert.Contains("http_4xx", ResultSchema.ByName["mtasts_error"].Words);
        Assert.Contains("ip4_slash0", ResultSchema.ByName["spf_permissive"].Words);
        Assert.Contains("name_too_long", ResultSchema.ByName["q_mx_status"].Words);
    }

    [Theory]
    [InlineData(1, "1-100")]
    [InlineData(100, "1-100")]
    [InlineData(101, "101-1k")]
    [InlineData(1_000, "101-1k")]
    [InlineData(1_001, "1001-10k")]
    [InlineData(10_000, "1001-10k")]
    [InlineData(10_001, "10001-100k")]
    [InlineData(100_000, "10001-100k")]
    [InlineData(100_001, "100001-1M")]
    [InlineData(1_000_000, "100001-1M")]
    [InlineData(1_000_001, "over-1M")]
    public void RankBuckets(int rank, string bucket) => Assert.Equal(bucket, Json(Samples.Bare(rank)).GetProperty("rank_bucket").GetString());

    [Fact]
    public void TheRowAsJsonHasEveryColumnInOrder()
    {
        var json = Json(Samples.Full(7));
        Assert.Equal(ResultSchema.Columns.Select(c => c.Name), json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(7, json.GetProperty("rank").GetInt32());
        Assert.Equal("mx_present", json.GetProperty("mx_class").GetString());
        Assert.True(json.GetProperty("runs_mail").GetBoolean());
        Assert.Equal(["mx1.example", "mx2.example"], json.GetProperty("mx_hosts").EnumerateArray().Select(h => h.GetString()));
        Assert.Equal(["hostname", "underscore_hostname"], json.GetProperty("mx_target_kinds").EnumerateArray().Select(h => h.GetString()));
        Assert.Equal("2026-01-02T01:04:05.123456Z", json.GetProperty("scan_ts").GetString());
        Assert.Equal("192.0.2.53:53", json.GetProperty("resolver").GetString());
        Assert.Equal(9, json.GetProperty("tries").GetInt32()); // mx 3, txt 1, dmarc 1, mta_sts 2, tls_rpt 1, a 1, aaaa 0
        Assert.True(json.GetProperty("mopup").GetBoolean());
        // Every column that a check can fill is filled: a getter that was forgotten or mixed up with a null shows here.
        Assert.Equal(
            ["aaaa_raw"],
            ResultSchema.Columns.Where(c => json.GetProperty(c.Name).ValueKind == JsonValueKind.Null && !c.Name.StartsWith("q_", StringComparison.Ordinal)).Select(c => c.Name).Order());
    }

    [Theory]
    [InlineData(DnsStatus.NotQueried, "excluded or pruned: no answer to speak of")]
    [InlineData(DnsStatus.NameTooLong, "no such name can exist: nothing was sent")]
    public void FactsAboutAnAnswerThatNeverCameAreNull(DnsStatus status, string why)
    {
        var row = Samples.Bare(1) with { Mx = new MxResult { Class = MxClass.Unknown, Answer = Samples.Answer(status, DnsRecordType.Mx) } };
        var json = Json(row);
        foreach (string fact in new[] { "ad", "tcp", "ms", "tries", "ttl", "failed" })
            Assert.True(json.GetProperty($"q_mx_{fact}").ValueKind == JsonValueKind.Null, $"{fact}: {why}");
    }

    [Fact]
    public void TheMarkdownListsEachColumnOnce()
    {
        string[] lines = ResultSchema.ToMarkdown().Split('\n');
        foreach (var c in ResultSchema.Columns)
            Assert.Single(lines, l => l.StartsWith($"| `{c.Name}` |", StringComparison.Ordinal));
        Assert.Equal(ResultSchema.Columns.Count, lines.Count(l => l.StartsWith("| `", StringComparison.Ordinal)));
        Assert.Equal(10, lines.Count(l => l.StartsWith("### ", StringComparison.Ordinal)));
    }

    private static JsonElement Json(DomainResult row)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) ResultSchema.WriteJson(json, row, Samples.Stamp);
        return JsonDocument.Parse(Encoding.UTF8.GetString(buffer.ToArray())).RootElement.Clone();
    }
}
