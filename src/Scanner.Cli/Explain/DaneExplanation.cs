using Scanner.Checks;
using Scanner.Checks.Dane;

namespace Scanner.Cli.Explain;

/// <summary>DANE for SMTP (RFC 7672) for a person.</summary>
internal static class DaneExplanation
{
    public static void Write(ExplanationPage page, DaneResult dane)
    {
        page.Line("DANE", dane.Status.Word());
        foreach (var host in dane.Hosts)
        {
            page.More($"{host.Host}: {host.Status.Word()}");
            foreach (string tlsa in host.Tlsa) page.More($"  TLSA {tlsa}");
        }
        page.Rule(dane switch
        {
            { Untrusted: true } => "the AD bit counts only from a validating resolver on a trusted path (RFC 4035 §4.9.3)",
            { Status: DaneStatus.Full } => "signed MX, signed addresses and usable TLSA records for every MX host (RFC 7672 §2.2)",
            { Status: DaneStatus.Partial } => "usable TLSA records for some MX hosts and none for others (RFC 7672 §2.2)",
            { Status: DaneStatus.TlsaInsecure } => "TLSA records, but some link from the domain to them is not signed (RFC 7672 §2.2.1, §2.2.2)",
            { Status: DaneStatus.Unusable } => "signed TLSA records, none of a kind that SMTP can use (RFC 7672 §3.1.3)",
            { Status: DaneStatus.Bogus } => "an answer fails validation (RFC 7672 §2.1.1)",
            { Status: DaneStatus.None } => "no MX host has both a signed address and a TLSA record (RFC 7672 §2.2.2)",
            _ => "a question stayed without answer",
        });
        page.Means(dane switch
        {
            { Untrusted: true } => "not known, since this resolver's word about DNSSEC cannot be believed",
            { Status: DaneStatus.Full } => "senders that know DANE deliver only to hosts with the published key; whether the hosts show it takes port 25 and is not checked here",
            { Status: DaneStatus.Partial } => "mail is protected on the way to some MX hosts only",
            { Status: DaneStatus.TlsaInsecure or DaneStatus.Unusable } => "published, but senders may not use it",
            { Status: DaneStatus.Bogus } => "senders that know DANE keep the mail back until this is repaired",
            { Status: DaneStatus.None } => "DANE does not protect mail to the domain",
            _ => "not known",
        });
        page.Next(dane switch
        {
            { Untrusted: true } => "ask a validating resolver on this machine, or vouch for the path with --trust-ad",
            { Status: DaneStatus.TlsaInsecure } => "sign the zone of the domain and of its MX hosts",
            { Status: DaneStatus.Unusable } => "publish 3 1 1 (the host's key) or 2 1 1 (its authority) with SHA-256",
            { Status: DaneStatus.Bogus } => "repair the signatures: mail is being kept back",
            { Status: DaneStatus.Partial } => "publish TLSA for the other MX hosts too",
            _ => null,
        });
    }
}
