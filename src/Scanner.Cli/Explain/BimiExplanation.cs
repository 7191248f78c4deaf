using Scanner.Checks;
using Scanner.Checks.Bimi;

namespace Scanner.Cli.Explain;

/// <summary>BIMI (an Internet-Draft) for a person.</summary>
internal static class BimiExplanation
{
    private const string Draft = "draft-brand-indicators-for-message-identification";

    public static void Write(ExplanationPage page, BimiResult bimi)
    {
        page.Line("BIMI", $"{bimi.Status.Word()}{(bimi.Error is { } error ? $": {error.Word()}" : "")}{ExplanationPage.Because(bimi.Answer)}");
        if (bimi.Raw is { } raw) page.More($"default._bimi.{bimi.SourceName}: {raw}");
        page.Rule(bimi.Status switch
        {
            BimiStatus.Logo or BimiStatus.LogoWithEvidence => $"one record with a location ({Draft} §4.3)",
            BimiStatus.Declined => $"l= and a= are empty: a declination ({Draft})",
            BimiStatus.Invalid => $"the record does not fit, and receivers must not repair it ({Draft})",
            BimiStatus.Multiple => $"more than one record ends the search ({Draft})",
            BimiStatus.Absent => $"no record that begins v=BIMI1, neither here nor at the organizational domain ({Draft})",
            _ => "no answer; that is not \"no record\"",
        });
        page.Means(bimi.Status switch
        {
            BimiStatus.Logo or BimiStatus.LogoWithEvidence => bimi.Effective switch
            {
                true => "receivers that know BIMI may show the logo",
                false => "receivers do not show the logo: DMARC has to be at quarantine or reject for all mail and all names below",
                null => "whether receivers may show the logo is not known",
            },
            BimiStatus.Declined => "the domain asks that no logo be shown",
            BimiStatus.Unknown => "not known",
            _ => "no logo is shown",
        });
        if (bimi.Status == BimiStatus.Logo) page.More("note:  several large receivers show a logo only with evidence (a=)");
        page.Next(bimi.Status switch
        {
            BimiStatus.Invalid => "write v=BIMI1; l=https://…/logo.svg; a=https://…/certificate.pem",
            BimiStatus.Multiple => "keep exactly one record at default._bimi",
            _ => null,
        });
    }
}
