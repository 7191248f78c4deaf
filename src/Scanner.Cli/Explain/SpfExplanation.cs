using System.Globalization;
using Scanner.Checks;
using Scanner.Checks.Spf;

namespace Scanner.Cli.Explain;

/// <summary>SPF (RFC 7208) for a person.</summary>
internal static class SpfExplanation
{
    public static void Write(ExplanationPage page, SpfResult spf)
    {
        page.Line("SPF", $"{spf.Class.Word()} ({spf.Status.Word()}){ExplanationPage.Because(spf.Answer)}");
        if (spf.Raw is { } raw) page.More(raw);
        else foreach (string candidate in spf.Candidates.Take(ExplanationPage.Shown)) page.More(candidate);
        if (spf.NearMiss is { } miss) page.More($"nearly a record, but no receiver takes it as one: {miss.Word()}");
        if (spf.SyntaxError is { } syntax) page.More($"syntax error: {syntax.Word()}");
        if (spf.EffectiveAll is { } all) page.More($"\"all\" comes to {all.Word()}{(spf.All == SpfAll.Redirect ? $" through redirect to {string.Join(" -> ", spf.RedirectChain)}" : "")}");
        if (spf.Permissive is { } open && open != SpfPermissive.None) page.More($"lets everyone pass: {open.Word()}");
        if (spf.LookupsWorst is { } lookups) page.More(string.Create(CultureInfo.InvariantCulture, $"{lookups} DNS lookups in the worst case, of 10 allowed (RFC 7208 §4.6.4)"));
        if (spf.Errors.Count > 0) page.More($"errors: {string.Join(' ', spf.Errors)}");
    }
}
