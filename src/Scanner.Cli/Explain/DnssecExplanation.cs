using Scanner.Checks;
using Scanner.Checks.Dnssec;

namespace Scanner.Cli.Explain;

/// <summary>DNSSEC of the name's zone (RFC 4033 to 4035) for a person.</summary>
internal static class DnssecExplanation
{
    public static void Write(ExplanationPage page, DnssecResult dnssec)
    {
        page.Line("DNSSEC", $"{dnssec.State.Word()}{(dnssec.Untrusted ? "" : ExplanationPage.Because(dnssec.Answer))}");
        page.Rule(dnssec switch
        {
            { Untrusted: true } => "the AD bit counts only from a validating resolver on a trusted path (RFC 4035 §4.9.3)",
            { State: DnssecState.Secure } => "the resolver vouches for the answer about the name (AD=1, RFC 4035 §3.2.3)",
            { State: DnssecState.Insecure } => "the resolver validates, and does not vouch for the answer about the name (AD=0)",
            { State: DnssecState.Bogus } => "signatures are there and do not fit (RFC 4035 §5.5, RFC 8914 §4.7)",
            _ => "no answer",
        });
        page.Means(dnssec.State switch
        {
            DnssecState.Secure => "the records of the name are signed; DANE can build on it",
            DnssecState.Insecure => "whoever can change answers on the way can change the records of the name",
            DnssecState.Bogus => "for everybody behind a validating resolver the domain does not exist: no mail, no web",
            _ => "not known",
        });
        page.Next(dnssec switch
        {
            { Untrusted: true } => "ask a validating resolver on this machine, or vouch for the path with --trust-ad",
            { State: DnssecState.Bogus } => "repair or remove the DS record at the registrar, then the signatures",
            _ => null,
        });
    }
}
