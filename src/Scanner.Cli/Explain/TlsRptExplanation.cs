using Scanner.Checks;
using Scanner.Checks.TlsRpt;

namespace Scanner.Cli.Explain;

/// <summary>TLS reporting (RFC 8460) for a person.</summary>
internal static class TlsRptExplanation
{
    public static void Write(ExplanationPage page, TlsRptResult rpt)
    {
        page.Line("TLS-RPT", $"{rpt.Status.Word()}{(rpt.Error is { } error ? $": {error.Word()}" : "")}{ExplanationPage.Because(rpt.Answer)}");
        if (rpt.Raw is { } raw) page.More(raw);
        page.Rule(rpt.Status switch
        {
            TlsRptStatus.Valid => "exactly one record with rua (RFC 8460 §3)",
            TlsRptStatus.Invalid => "the record does not fit the grammar (RFC 8460 §3)",
            TlsRptStatus.Multiple => "more than one record is the same as none (RFC 8460 §3)",
            TlsRptStatus.Absent => "no text at _smtp._tls that begins v=TLSRPTv1 and then a blank, \";\" or the end (among several, \";\" at once: RFC 8460 §3)",
            _ => "no answer; that is not \"no record\"",
        });
        page.Means(rpt.Status switch
        {
            TlsRptStatus.Valid => "senders report where TLS to the MX hosts fails",
            TlsRptStatus.Unknown => "not known",
            _ => "nobody tells the domain when TLS to its MX hosts fails",
        });
        page.Next(rpt.Status switch
        {
            TlsRptStatus.Invalid => rpt.Error switch
            {
                TlsRptError.MissingRua => "add rua=mailto:… or rua=https://…",
                TlsRptError.BadScheme => "use mailto: or https: in rua",
                TlsRptError.BadUri => "write each address as a URI: mailto:user@host, separated by commas",
                _ => "write v=TLSRPTv1; rua=mailto:user@host and nothing else",
            },
            TlsRptStatus.Multiple => "keep exactly one record at _smtp._tls",
            TlsRptStatus.Absent => "publish v=TLSRPTv1; rua=mailto:…; it serves MTA-STS and DANE",
            TlsRptStatus.Unknown => "try again later",
            _ => null,
        });
    }
}
