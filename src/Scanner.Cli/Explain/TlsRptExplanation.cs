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
    }
}
