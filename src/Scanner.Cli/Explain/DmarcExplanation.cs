using Scanner.Checks;
using Scanner.Checks.Dmarc;

namespace Scanner.Cli.Explain;

/// <summary>DMARC (RFC 9989, with the RFC 7489 reading beside it) for a person.</summary>
internal static class DmarcExplanation
{
    public static void Write(ExplanationPage page, DmarcResult dmarc)
    {
        page.Line("DMARC", $"{dmarc.Class.Word()} (RFC 9989: {dmarc.Policy9989.Word()}, RFC 7489: {dmarc.Policy7489.Word()}){ExplanationPage.Because(dmarc.Answer)}");
        if (dmarc.Raw is { } raw) page.More(raw);
        else foreach (string candidate in dmarc.Candidates.Take(ExplanationPage.Shown)) page.More(candidate);
        page.More(dmarc.Source switch
        {
            DmarcSource.Self => $"own record: {dmarc.Record.Word()}",
            DmarcSource.None => $"own record: {dmarc.Record.Word()}; none inherited",
            _ => $"own record: {dmarc.Record.Word()}; source {dmarc.Source.Word()}{(dmarc.SourceName is { } from ? $": _dmarc.{from}" : "")}",
        });
        if (dmarc.NearMiss is { } miss) page.More($"nearly a record, but no receiver takes it as one: {miss.Word()}");
        if (dmarc.Quirks.Count > 0) page.More($"quirks: {string.Join(' ', dmarc.Quirks)}");
        page.More($"enforcing: {ExplanationPage.YesNo(dmarc.Enf9989)} by RFC 9989 §3.2.9 (policy for the domain and all below it), {ExplanationPage.YesNo(dmarc.EnfP)} by p alone");
    }
}
