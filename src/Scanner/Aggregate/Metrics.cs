namespace Scanner.Aggregate;

/// <param name="Name">As in interface.md section 4; the SQL is <c>is_NAME</c> in facts.sql.</param>
/// <param name="Words">What it counts, for people.</param>
public sealed record Metric(string Name, string Words);

/// <param name="Name">As in classification.md 3.4; the SQL is <c>in_NAME</c> in facts.sql.</param>
/// <param name="Words">Completes "of … ".</param>
public sealed record Denominator(string Name, string Words);

/// <summary>The metrics and denominators in the order in which they are printed, with their words. What they mean exactly stands in facts.sql.</summary>
public static class Metrics
{
    /// <summary>The denominator of the headline.</summary>
    public const string Mail = "mail";

    public const string Listed = "listed";

    public static IReadOnlyList<Denominator> Denominators { get; } =
    [
        new(Listed, "all listed names"),
        new("resolvable", "names that resolve"),
        new("has_mx_rr", "names with an MX record, null MX included"),
        new(Mail, "domains that run mail"),
        new("mail_usable", "domains with an MX host that has a public address"),
        new("mail_or_addr", "names that could receive mail, by MX or by address"),
        new("no_mail_declared", "names that declare that they take no mail"),
    ];

    public static IReadOnlyList<Metric> All { get; } =
    [
        new("spf_published", "an SPF record, valid or not"),
        new("spf_valid", "a valid SPF record"),
        new("spf_strict", "valid SPF that ends in -all, with nothing before it that lets everyone pass"),
        new("spf_fail", "SPF -all"),
        new("spf_softfail", "SPF ~all"),
        new("spf_neutral", "SPF ?all, or no all"),
        new("spf_pass", "SPF that lets everyone pass"),
        new("spf_invalid", "SPF with a permanent error"),
        new("dmarc_own", "a DMARC record of its own"),
        new("dmarc_effective", "a DMARC policy in effect, own or inherited"),
        new("dmarc_none", "the policy is none"),
        new("dmarc_quarantine", "the policy is quarantine"),
        new("dmarc_reject", "the policy is reject"),
        new("enf_p", "enforcing: p or sp in force is quarantine or reject, pct and t ignored"),
        new("enf_reject", "enforcing: the same, reject only"),
        new("enf_7489", "enforcing by RFC 7489: quarantine or reject, pct 100"),
        new("enf_full", "enforcing in full: quarantine or reject, pct 100, sp not none"),
        new("enf_9989", "enforcing by RFC 9989 section 3.2.9: p, sp and np in effect all other than none"),
        new("mtasts_published", "an MTA-STS record, working or not"),
        new("mtasts_working", "a working MTA-STS policy, testing or enforce"),
        new("mtasts_enforcing", "a working MTA-STS policy in mode enforce"),
        new("mtasts_testing", "a working MTA-STS policy in mode testing"),
        new("mtasts_delivery_risk", "MTA-STS enforce that matches no MX host"),
        new("tlsrpt_published", "a TLS-RPT record, valid or not"),
        new("dkim_namespace", "something below _domainkey"),
        new("dkim_key_found", "a DKIM key at one of the selectors tried: a lower bound"),
        new("dane_full", "validated TLSA for every MX host"),
        new("dane_partial", "validated TLSA for some MX hosts"),
        new("bimi_published", "a BIMI logo, own or of the organizational domain"),
        new("dnssec_secure", "a signed zone that validates"),
    ];

    /// <summary>Sorts by place in a list; what nobody listed comes last.</summary>
    internal static int Place<T>(IReadOnlyList<T> list, Func<T, string> name, string wanted)
    {
        for (int i = 0; i < list.Count; i++)
            if (name(list[i]) == wanted) return i;
        return int.MaxValue;
    }
}
