namespace Scanner.Lab.World;

/// <summary>Rows to draw from, each as often as its weight says. Weights need not add up to anything.</summary>
public sealed class WeightedTable<T>(params (double Weight, T Row)[] rows)
{
    readonly double[] _upTo = [.. rows.Select((_, i) => rows.Take(i + 1).Sum(r => r.Weight) / rows.Sum(r => r.Weight))];

    public IEnumerable<T> Rows => rows.Select(r => r.Row);

    /// <param name="draw">0 (inclusive) to 1 (exclusive).</param>
    public T Pick(double draw)
    {
        int i = 0;
        while (i < _upTo.Length - 1 && draw >= _upTo[i]) i++;
        return rows[i].Row;
    }
}

/// <param name="Targets">Preference and host; <c>@</c> stands for the name.</param>
/// <param name="Class">The expected <c>mx_class</c>.</param>
/// <param name="RunsMail">The expected <c>runs_mail</c>.</param>
/// <param name="HasAddress">The name itself has a public A record.</param>
/// <param name="Pattern">An MTA-STS pattern that matches every target, or null: then each target is listed.</param>
public sealed record MxTemplate((ushort Preference, string Host)[] Targets, string Class, bool RunsMail = true, bool HasAddress = true, string? Pattern = null);

/// <summary>The TXT records at the name, and the SPF columns they must come to.</summary>
/// <param name="Records">TXT records, each a list of character-strings, with the placeholders <c>{name} {ip4} {inc1} {inc2}</c>.</param>
/// <param name="Lookups">Without what the includes cost; null: none stated.</param>
/// <param name="All">Null with a status of valid or none: the column is null. With an error nothing is stated.</param>
public sealed record SpfTemplate(string Status, string Class, string? All, string? EffectiveAll, int? Lookups, params string[][] Records);

/// <summary>The records at <c>_dmarc</c>, and what they come to at the name itself (own), at an existing name that inherits them (sub)
/// and at one that does not exist (ghost), in the RFC 9989 and the RFC 7489 reading.</summary>
public sealed record DmarcTemplate(string State, string Own9989, string Own7489, params string[] Records)
{
    public string Sub9989 { get; init; } = Own9989;

    public string Sub7489 { get; init; } = Own7489;

    public string Ghost9989 { get; init; } = Own9989;

    /// <summary>The column <c>enf_p</c> where the record is the name's own.</summary>
    public bool EnfP { get; init; } = Own9989 is "quarantine" or "reject";

    /// <summary>The column <c>enf_p</c> where it is inherited.</summary>
    public bool SubEnfP { get; init; } = Own9989 is "quarantine" or "reject";

    /// <summary>The column <c>enf_9989</c> (classification.md 5.6): p, sp and np all not none, after t.</summary>
    public bool Enf9989 { get; init; } = Own9989 is "quarantine" or "reject";
}

/// <summary>Which MX hosts a policy names.</summary>
public enum PolicyPatterns : byte
{
    All = 0,
    FirstOnly = 1,
    Others = 2,
}

/// <summary>An MTA-STS set-up and the columns it must come to.</summary>
/// <param name="Body">With the placeholder <c>{mx}</c> for the mx lines; null when no host serves it.</param>
/// <param name="MxMatch">The expected <c>mtasts_mx_match</c>; <c>some</c> becomes <c>all</c> where there is a single MX.</param>
public sealed record MtaStsTemplate(string Status, string? Mode, string? Error, string? MxMatch, string? Body)
{
    public string[] Records { get; init; } = ["v=STSv1; id=20260101T000000;"];

    /// <summary>Null: the policy host does not exist.</summary>
    public LabPolicyHost? Host { get; init; } = new();

    /// <summary>Where the policy host's CNAME leads, if it is one.</summary>
    public string? HostCname { get; init; }

    public PolicyPatterns Patterns { get; init; }
}

public sealed record TlsRptTemplate(string Status, params string[] Records);

/// <summary>
/// What the population is made of. The expected columns stand beside the records and are written by hand from classification.md: they
/// must not come from the classifiers that they test.
/// </summary>
public static class PopulationTemplates
{
    /// <summary>Includes that many names share (<c>providers.cast</c> holds their records) and the lookups that one costs: itself and
    /// what it reaches, RFC 7208 §4.6.4.</summary>
    public static (string Name, int Lookups)[] Providers { get; } =
    [
        ("_spf.mailalpha.lab", 1),
        ("spf.mailbeta.lab", 1),
        ("_spf.mailgamma.lab", 4),
        ("spf.bulkdelta.lab", 2),
        ("mail.epsilonsend.lab", 1),
        ("spf.zetahost.lab", 2),
        ("_spf.etacrm.lab", 3),
        ("spf.thetanews.lab", 1),
        ("_spf.iotadesk.lab", 1),
        ("spf.kappashop.lab", 1),
        ("relay.lambdamail.lab", 2),
        ("_spf.mumail.lab", 1),
    ];

    public static WeightedTable<MxTemplate> Mail { get; } = new(
        (30, new([(10, "mx1.mailalpha.lab"), (20, "mx2.mailalpha.lab")], "mx_present", Pattern: "*.mailalpha.lab")),
        (20, new([(0, "in.mailbeta.lab")], "mx_present")),
        (10, new([(1, "aspmx.mailgamma.lab"), (5, "alt1.aspmx.mailgamma.lab"), (5, "alt2.aspmx.mailgamma.lab")], "mx_present")),
        (28, new([(10, "mail.@")], "mx_present")),
        (8, new([(10, "mx1.@"), (20, "mx2.@")], "mx_present", Pattern: "*.@")),
        (3.5, new([(10, "@")], "mx_present")),
        // Out of specification as a host name, delivered to all the same (classification.md 3.2).
        (0.5, new([(5, "_dc-mx.1a2b3c4d5e6f.@")], "mx_present", Pattern: "*.1a2b3c4d5e6f.@")));

    public static MxTemplate NullMx { get; } = new([(0, ".")], "null_mx", RunsMail: false);

    public static WeightedTable<MxTemplate> NoService { get; } = new(
        (6, new([(10, "localhost")], "mx_no_service", RunsMail: false)),
        (3, new([(0, "127.0.0.1")], "mx_no_service", RunsMail: false)),
        (1, new([(10, "mail")], "mx_no_service", RunsMail: false)));

    public static MxTemplate ImplicitMx { get; } = new([], "implicit_mx", RunsMail: false);

    public static MxTemplate NoMail { get; } = new([], "no_mail", RunsMail: false, HasAddress: false);

    /// <summary>SPF records of names that run mail.</summary>
    public static WeightedTable<SpfTemplate> Spf { get; } = new(
        (21, new("valid", "softfail", "softfail", "softfail", 0, ["v=spf1 include:{inc1} ~all"])),
        (13, new("valid", "fail", "fail", "fail", 0, ["v=spf1 include:{inc1} -all"])),
        (10, new("valid", "softfail", "softfail", "softfail", 1, ["v=spf1 mx include:{inc1} ~all"], ["site-verification=a1b2c3d4"])),
        (9, new("valid", "fail", "fail", "fail", 2, ["v=spf1 a mx include:{inc1} -all"])),
        (9, new("valid", "softfail", "softfail", "softfail", 0, ["site-verification=e5f6"], ["v=spf1 include:{inc1} include:{inc2} ~all"])),
        (5, new("valid", "fail", "fail", "fail", 1, ["v=spf1 mx include:{inc1} include:{inc2} ip4:{ip4} -all"])),
        (6, new("valid", "softfail", "softfail", "softfail", 2, ["v=spf1 +a +mx ip4:{ip4} ~all"])),
        (5, new("valid", "fail", "fail", "fail", 0, ["v=spf1 ip4:{ip4} -all"])),
        (3, new("valid", "fail", "fail", "fail", 0, ["v=spf1 -all"])),
        (3, new("valid", "neutral", "neutral", "neutral", 2, ["v=spf1 a mx ?all"])),
        // RFC 7208 §4.7: neither all nor redirect is neutral.
        (1.2, new("valid", "neutral", "missing", "neutral_default", 0, ["v=spf1 include:{inc1}"])),
        (0.5, new("valid", "pass", "pass", "pass", 1, ["v=spf1 mx +all"])),
        (0.1, new("valid", "pass", "fail", "fail", 0, ["v=spf1 ip4:0.0.0.0/0 -all"])),
        (2.5, new("valid", "softfail", "redirect", "softfail", 2, ["v=spf1 redirect=_spfredir.mailalpha.lab"])),
        (1, new("valid", "fail", "redirect", "fail", 1, ["v=spf1 redirect=spf-all.mailbeta.lab"])),
        // RFC 7208 §7: the client's address decides; nobody can say what this comes to.
        (0.2, new("valid", "dynamic", "redirect", "dynamic", 1, ["v=spf1 redirect=%{i}._spf.mailbeta.lab"])),
        (0.5, new("valid", "softfail", "softfail", "softfail", 1, ["v=spf1 exists:%{i}._spf.mailbeta.lab ~all"])),
        (0.5, new("valid", "softfail", "softfail", "softfail", 2, ["v=spf1 mx ptr ~all"])),
        (0.5, new("valid", "fail", "fail", "fail", 2, ["V=SPF1 A MX -ALL"])),
        // RFC 7208 §3.3: strings are joined with nothing between.
        (1.5, new("valid", "softfail", "softfail", "softfail", 1, ["v=spf1 ip4:{ip4} ip4:198.51.100.0/24 mx inc", "lude:{inc1} ~all"])),
        (1.2, new("permerror_multiple_records", "invalid", null, null, null, ["v=spf1 include:{inc1} ~all"], ["v=spf1 mx -all"])),
        (0.6, new("permerror_syntax", "invalid", null, null, null, ["v=spf1 ip4:{ip4} include:{inc1} -al"])),
        (0.4, new("permerror_syntax", "invalid", null, null, null, ["v=spf1 ip:{ip4} ~all"])),
        (0.4, new("permerror_syntax", "invalid", null, null, null, ["v=spf1 a:192.0.2.1 mx -all"])),
        (0.3, new("permerror_syntax", "invalid", null, null, null, ["v=spf1 include {inc1} ~all"])),
        (0.3, new("permerror_syntax", "invalid", null, null, null, ["v=spf1 ip4:192.0.2.1", "ip4:192.0.2.2 ~all"])),
        // RFC 7208 §4.6.4: eleven and more.
        (1.5, new("permerror_lookup_limit", "invalid", null, null, null, ["v=spf1 include:_spf.mailgamma.lab include:_spf.etacrm.lab include:spf.zetahost.lab include:spf.bulkdelta.lab mx ~all"])),
        (0.8, new("permerror_lookup_limit", "invalid", null, null, null, ["v=spf1 a mx a:h1.{name} a:h2.{name} a:h3.{name} a:h4.{name} a:h5.{name} a:h6.{name} a:h7.{name} a:h8.{name} a:h9.{name} -all"])),
        (1.2, new("permerror_include_missing", "invalid", null, null, null, ["v=spf1 include:gone.brokenspf.lab include:{inc1} ~all"])),
        (0.3, new("permerror_include_missing", "invalid", null, null, null, ["v=spf1 include:none.brokenspf.lab -all"])),
        (0.2, new("permerror_redirect_missing", "invalid", null, null, null, ["v=spf1 redirect=gone.brokenspf.lab"])),
        (0.3, new("permerror_nested", "invalid", null, null, null, ["v=spf1 include:two.brokenspf.lab ~all"])),
        (0.1, new("valid", "pass", "fail", "fail", 1, ["v=spf1 include:all.brokenspf.lab -all"])));

    /// <summary>SPF records of names without mail (RFC 7208 §10.1.2).</summary>
    public static WeightedTable<SpfTemplate> SpfWithoutMail { get; } = new(
        (85, new("valid", "fail", "fail", "fail", 0, ["v=spf1 -all"])),
        (10, new("valid", "softfail", "softfail", "softfail", 0, ["v=spf1 include:{inc1} ~all"])),
        (5, new("valid", "fail", "fail", "fail", 2, ["v=spf1 a mx -all"])));

    /// <summary>TXT of names without SPF: nothing, other people's tokens, and what only looks like SPF (RFC 7208 §4.5).</summary>
    public static WeightedTable<SpfTemplate> NoSpf { get; } = new(
        (60, new("none", "none", null, null, null)),
        (35, new("none", "none", null, null, null, ["site-verification=0123456789abcdef"])),
        (2, new("none", "none", null, null, null, [" v=spf1 mx -all"])),
        (1, new("none", "none", null, null, null, ["\"v=spf1 mx ~all\""])),
        (1, new("none", "none", null, null, null, ["v=spf1;a;mx;-all"])),
        (1, new("none", "none", null, null, null, ["spf2.0/pra mx -all"])));

    /// <summary>Own records that enforce: p is quarantine or reject.</summary>
    public static WeightedTable<DmarcTemplate> Enforcing { get; } = new(
        (30, new("valid", "reject", "reject", "v=DMARC1; p=reject; rua=mailto:dmarc@{name}")),
        (8, new("valid", "reject", "reject", "v=DMARC1;p=REJECT;")),
        (5, new("valid", "reject", "reject", "v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s; fo=1; rua=mailto:d@{name}; ruf=mailto:f@{name}")),
        (3, new("valid", "reject", "reject", "v=DMARC1; p=reject; pct=100; rua=mailto:agg@reports.mailalpha.lab")),
        (2, new("valid", "reject", "reject", "v=DMARC1; p=reject; sp=none; rua=mailto:d@{name}") { Sub9989 = "none", Sub7489 = "none", Ghost9989 = "none", SubEnfP = false, Enf9989 = false }),
        (1, new("valid", "reject", "reject", "v=DMARC1; p=reject; np=reject; rua=mailto:d@{name}")),
        (0.5, new("valid", "quarantine", "reject", "v=DMARC1; p=reject; t=y; rua=mailto:d@{name}") { Sub7489 = "reject" }),
        (32, new("valid", "quarantine", "quarantine", "v=DMARC1; p=quarantine; rua=mailto:dmarc@{name}")),
        (6, new("valid", "quarantine", "quarantine", "v=DMARC1; p=quarantine; sp=quarantine; pct=100; rua=mailto:agg@reports.mailalpha.lab")),
        (3, new("valid", "quarantine", "quarantine", "v=DMARC1; p=quarantine; sp=reject; rua=mailto:d@{name}") { Sub9989 = "reject", Sub7489 = "reject", Ghost9989 = "reject" }),
        (2, new("valid", "quarantine", "quarantine", "v=DMARC1; p=quarantine; sp=none; rua=mailto:d@{name}") { Sub9989 = "none", Sub7489 = "none", Ghost9989 = "none", SubEnfP = false, Enf9989 = false }),
        (2, new("valid", "quarantine", "quarantine", "v=DMARC1; p=quarantine; pct=50; rua=mailto:d@{name}")),
        // RFC 7489 §6.6.4: pct=0 applies the next lower policy to all mail; RFC 9989 knows no pct.
        (1, new("valid", "quarantine", "none", "v=DMARC1; p=quarantine; pct=0; rua=mailto:d@{name}")),
        // RFC 9989 §4.7: t=y is one level down; readers of RFC 7489 have never heard of it.
        (0.5, new("valid", "none", "quarantine", "v=DMARC1; p=quarantine; t=y; rua=mailto:d@{name}") { EnfP = true, SubEnfP = true, Enf9989 = false }));

    /// <summary>Own records that do not enforce: p=none, and the broken ones.</summary>
    public static WeightedTable<DmarcTemplate> Lax { get; } = new(
        (60, new("valid", "none", "none", "v=DMARC1; p=none; rua=mailto:dmarc@{name}")),
        (22, new("valid", "none", "none", "v=DMARC1; p=none")),
        (5, new("valid", "none", "none", "v=DMARC1; p=none; sp=none; fo=1; rua=mailto:agg@reports.mailalpha.lab; ruf=mailto:f@{name}")),
        (2, new("valid", "none", "none", "v=DMARC1; p=none; sp=quarantine; rua=mailto:d@{name}") { Sub9989 = "quarantine", Sub7489 = "quarantine", Ghost9989 = "quarantine", SubEnfP = true }),
        // RFC 9989 §4.10.1: without a usable p a valid rua makes it p=none, and without that there is no processing.
        (2, new("missing_p_rua", "none", "none", "v=DMARC1; rua=mailto:dmarc@{name}")),
        (2, new("missing_p_no_rua", "no_processing", "no_processing", "v=DMARC1;")),
        (2, new("invalid_p_rua", "none", "none", "v=DMARC1; p=monitor; rua=mailto:dmarc@{name}")),
        (2, new("invalid_p_no_rua", "no_processing", "no_processing", "v=DMARC1; p=none rua=mailto:dmarc@{name}")),
        (0.5, new("invalid_sp_np_rua", "none", "none", "v=DMARC1; p=none; sp=rejct; rua=mailto:dmarc@{name}")),
        (0.5, new("invalid_sp_np_no_rua", "no_processing", "no_processing", "v=DMARC1; p=none; sp=rejct")),
        (0.5, new("invalid_duplicate", "no_processing", "no_processing", "v=DMARC1; p=none; p=quarantine; rua=mailto:dmarc@{name}")),
        // RFC 9989 §4.10: several are none.
        (1.5, new("multiple", "absent", "absent", "v=DMARC1; p=none; rua=mailto:dmarc@{name}", "v=DMARC1; p=none")));

    /// <summary><c>_dmarc</c> of names without a record: nothing, a wildcard's SPF, and what only looks like DMARC.</summary>
    public static WeightedTable<DmarcTemplate?> NoDmarc { get; } = new(
        (95, null),
        (3, new("absent", "absent", "absent", "v=spf1 -all")),
        (1, new("absent", "absent", "absent", "v=DMARC1 p=none")),
        (1, new("absent", "absent", "absent", @"v=DMARC1\; p=none")));

    const string Enforce = "version: STSv1\r\nmode: enforce\r\n{mx}max_age: 604800\r\n";
    const string Testing = "version: STSv1\r\nmode: testing\r\n{mx}max_age: 86400\r\n";

    /// <summary>MTA-STS set-ups: about 70 of 100 work (29.6 % of the published ones did not, classification.md 6.5).</summary>
    public static WeightedTable<MtaStsTemplate> MtaSts { get; } = new(
        (33, new("valid_enforce", "enforce", null, "all", Enforce)),
        (2, new("valid_enforce", "enforce", null, "some", Enforce) { Patterns = PolicyPatterns.FirstOnly }),
        (2, new("valid_enforce", "enforce", null, "none", Enforce) { Patterns = PolicyPatterns.Others }),
        (30, new("valid_testing", "testing", null, "all", Testing)),
        (3, new("valid_testing", "testing", null, "none", Testing) { Patterns = PolicyPatterns.Others }),
        (2, new("valid_none", "none", null, "not_applicable", "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")),
        (6, new("fetch_failed_dns", null, "host_nxdomain", null, null) { Host = null }),
        (1, new("fetch_failed_dns", null, "host_dangling_cname", null, null) { Host = null, HostCname = "policies.brokenspf.lab" }),
        (1, new("fetch_failed_tcp", null, "conn_refused", null, Enforce) { Host = new() { Connection = LabConnection.Refused } }),
        (5, new("fetch_failed_tls", null, "cert_name_mismatch", null, Enforce) { Host = new() { Certificate = LabCertificate.WrongName } }),
        (3, new("fetch_failed_tls", null, "cert_expired", null, Testing) { Host = new() { Certificate = LabCertificate.Expired } }),
        (1, new("fetch_failed_tls", null, "cert_self_signed", null, Testing) { Host = new() { Certificate = LabCertificate.SelfSigned } }),
        (4, new("fetch_failed_http", null, "http_404", null, "not found") { Host = new() { Status = 404 } }),
        (1, new("fetch_failed_http", null, "http_redirect", null, "") { Host = new() { Status = 301, Location = "https://www.mailalpha.lab/" } }),
        (3, new("policy_invalid", null, "missing_version", null, "<!DOCTYPE html>\r\n<html><head><title>Welcome</title></head><body>Nothing here</body></html>\r\n") { Host = new() { ContentType = "text/html" } }),
        (1.5, new("record_invalid", null, null, null, null) { Host = null, Records = ["v=STSv1;"] }),
        (0.5, new("record_multiple", null, null, null, null) { Host = null, Records = ["v=STSv1; id=1;", "v=STSv1; id=2;"] }));

    public static WeightedTable<TlsRptTemplate> TlsRpt { get; } = new(
        (88, new("valid", "v=TLSRPTv1; rua=mailto:tls@{name}")),
        (5, new("valid", "v=TLSRPTv1;rua=https://reports.mailalpha.lab/tls")),
        (5, new("invalid", "v=TLSRPTv1;")),
        (2, new("multiple", "v=TLSRPTv1; rua=mailto:a@{name}", "v=TLSRPTv1; rua=mailto:b@{name}")));
}
