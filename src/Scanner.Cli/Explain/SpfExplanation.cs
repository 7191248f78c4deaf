using System.Globalization;
using Scanner.Checks;
using Scanner.Checks.Spf;

namespace Scanner.Cli.Explain;

/// <summary>SPF (RFC 7208) for a person: the record, the tree below it with the lookups counted, the rule that gave the class, what it means
/// for mail, and what to do next.</summary>
internal static class SpfExplanation
{
    public static void Write(ExplanationPage page, SpfResult spf)
    {
        page.Line("SPF", $"{spf.Class.Word()} ({spf.Status.Word()}){ExplanationPage.Because(spf.Answer)}");
        if (spf.Raw is { } raw) page.More(raw);
        else foreach (string candidate in spf.Candidates.Take(ExplanationPage.Shown)) page.More(candidate);
        if (spf.SyntaxError is { } syntax && BadTerm(spf) is { } term) page.More($"syntax error: {syntax.Word()} in \"{term}\"");
        WriteTree(page, spf);
        foreach (string error in spf.Errors) page.More($"error: {error}{SpfAdvice.OfError(error)}");
        page.More($"rule:  {SpfAdvice.Rule(spf)}");
        page.Means(SpfAdvice.Meaning(spf));
        foreach (string remark in Remarks(spf)) page.More($"note:  {remark}");
        page.Next(SpfAdvice.Next(spf));
    }

    private static void WriteTree(ExplanationPage page, SpfResult spf)
    {
        if (spf is not { LookupsWorst: { } lookups, Zone: { } zone, EvalLevel: { } level }) return;
        var steps = SpfClassifier.StepsOf(zone, level);
        if (steps.Count == 0) return;
        page.More("terms in order; the number counts those that look something up, for a client whom nothing matches:");
        SpfSteps.Write(page, steps);
        string voids = spf.VoidWorst is { } count ? string.Create(CultureInfo.InvariantCulture, $", {count} of {SpfLimits.Voids} void ones") : "";
        page.More(string.Create(CultureInfo.InvariantCulture, $"{lookups} of {SpfLimits.Lookups} lookups{voids} (RFC 7208 §4.6.4)"));
        if (spf is { Ipv4Count: > 0, WidestIp4: { } widest })
            page.More(string.Create(CultureInfo.InvariantCulture, $"{spf.Ipv4Count:N0} IPv4 addresses may send, the widest network is a /{widest}"));
    }

    private static string? BadTerm(SpfResult spf) =>
        spf.Zone?.Read(spf.Zone.Sender)?.Txt is { } txt && SpfRecordParser.BadTerm(txt.Text) is { } term ? Evidence.Escape(term) : null;

    /// <summary>What does no harm today but is worth knowing.</summary>
    private static IEnumerable<string> Remarks(SpfResult spf)
    {
        var record = spf.Zone?.Read(spf.Zone.Sender)?.Record;
        if (record?.All is not null && record.Redirect is { } redirect) yield return $"{redirect.Text} is ignored, for the record has an all (RFC 7208 §6.1)";
        if (record?.Directives.SkipWhile(d => d != record.All).Skip(1).FirstOrDefault() is { } after)
            yield return $"{after.Text} stands after all and is never tested (RFC 7208 §5.1)";
        if (spf.Quirks.Contains("mechanism_as_modifier")) yield return "a mechanism written with \"=\" is an unknown modifier and ignored: use \":\" (RFC 7208 §6)";
        if (spf.HasPtr == true) yield return "ptr is slow and not to be published (RFC 7208 §5.5)";
        if (spf.HasDynamicMacro == true) yield return "the result depends on the message: a macro other than %{d} and %{o} (RFC 7208 §7.2)";
        if (spf.Permissive is { } open && open != SpfPermissive.None) yield return $"lets everyone pass: {open.Word()}";
        if (spf.LookupsWorst is > 7 and <= SpfLimits.Lookups) yield return "close to the limit: an include may grow any day without asking you (RFC 7208 §4.6.4)";
        if (spf.Status != SpfStatus.None && spf.TxtOver512 == true)
            yield return string.Create(CultureInfo.InvariantCulture, $"the TXT records of the name take {spf.TxtRrsetBytes} octets together: too long for UDP without EDNS (RFC 7208 §3.4)");
    }
}
