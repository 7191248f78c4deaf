using Scanner.Checks;
using Scanner.Checks.Dmarc;

namespace Scanner.Cli.Explain;

/// <summary>DMARC (RFC 9989, with the RFC 7489 reading beside it) for a person.</summary>
internal static class DmarcExplanation
{
    public static void Write(ExplanationPage page, DmarcResult dmarc)
    {
        page.Line("DMARC", $"{dmarc.Class.Word()} (RFC 9989: {dmarc.Policy9989.Word()}, RFC 7489: {dmarc.Policy7489.Word()}){ExplanationPage.Because(dmarc.Answer)}");
        if (dmarc.Raw is { } raw) page.More($"_dmarc.{dmarc.SourceName}: {raw}");
        else foreach (string candidate in dmarc.Candidates.Take(ExplanationPage.Shown)) page.More(candidate);
        page.Rule(dmarc.Source switch
        {
            DmarcSource.Self => $"the name's own record, {dmarc.Record.Word()} ({RecordRule(dmarc.Record)})",
            DmarcSource.Org => $"own record {dmarc.Record.Word()}; the tree walk ends at _dmarc.{dmarc.SourceName} (RFC 9989 §4.10.2), whose sp, else p, holds for names below it; for those that do not exist np comes first (RFC 9989 §4.7)",
            DmarcSource.Psd => $"own record {dmarc.Record.Word()}; inherited from the public suffix domain {dmarc.SourceName} (psd=y, RFC 9989 §4.10.2 rule 2)",
            DmarcSource.None => $"own record {dmarc.Record.Word()} ({RecordRule(dmarc.Record)}); nothing found by the tree walk (RFC 9989 §4.10)",
            _ => "a question stayed without answer, and a transient error is not \"no record\" (RFC 9989 §4.10.1)",
        });
        page.Means(Meaning(dmarc));
        page.More($"enforcing: {ExplanationPage.YesNo(dmarc.Enf9989)} by RFC 9989 §3.2.9 (the domain and all below it), {ExplanationPage.YesNo(dmarc.EnfP)} by p alone");
        foreach (string note in Notes(dmarc)) page.More($"note:  {note}");
        page.Next(Next(dmarc));
    }

    private static string RecordRule(DmarcRecordState state) => state switch
    {
        DmarcRecordState.Valid => "RFC 9989 §4.7",
        DmarcRecordState.MissingPRua => "no p; with a valid rua it acts as p=none: RFC 9989 §4.7, §4.10.1",
        DmarcRecordState.InvalidPRua => "p is no policy; with a valid rua the record acts as p=none: RFC 9989 §4.10.1",
        DmarcRecordState.InvalidSpNpRua => "sp or np is no policy; with a valid rua the whole record acts as p=none: RFC 9989 §4.10.1",
        DmarcRecordState.MissingPNoRua or DmarcRecordState.InvalidPNoRua or DmarcRecordState.InvalidSpNpNoRua => "no usable policy and no valid rua: receivers do not process it: RFC 9989 §4.10.1",
        DmarcRecordState.InvalidDuplicate => "tags that contradict each other void the list: RFC 6376 §3.2",
        DmarcRecordState.Multiple => "several records are all discarded: RFC 9989 §4.10 step 2",
        DmarcRecordState.Absent => "no text there that begins v=DMARC1 and then \";\" or the end: RFC 9989 §4.8, §4.10 step 2",
        _ => "no answer: RFC 9989 §4.10.1",
    };

    private static string Meaning(DmarcResult dmarc) => dmarc.Class switch
    {
        DmarcClass.Reject => "receivers are asked to reject mail that uses the name without proof",
        DmarcClass.Quarantine => "receivers are asked to treat mail that uses the name without proof as suspicious",
        DmarcClass.None => dmarc.Rua == ReportUriState.Valid
            ? "monitoring: reports are asked for, and forged mail is let through (RFC 9989 §3.2.12)"
            : "forged mail is let through, and without a usable rua nobody tells you of it",
        DmarcClass.NoEffect => "a record is published, and receivers make nothing of it",
        DmarcClass.Absent => "nothing tells receivers what to do with mail that uses the name without proof",
        _ => "not known",
    };

    private static IEnumerable<string> Notes(DmarcResult dmarc)
    {
        if (dmarc.NearMiss is { } miss) yield return $"nearly a record, but no receiver takes it as one: {miss.Word()}";
        if (dmarc.Cname is { } target) yield return $"_dmarc is an alias of {target}";
        if (dmarc.Policy9989 != dmarc.Policy7489 && dmarc.Class != DmarcClass.Unknown) yield return "receivers of the old and of the new standard act differently";
        if (dmarc.Quirks.Contains("pct_partial")) yield return $"pct={dmarc.Pct} is gone from RFC 9989: new receivers apply the policy to all mail, old ones to a part (RFC 7489 §6.6.4)";
        if (dmarc.Quirks.Contains("inherited_from_suffix")) yield return $"{dmarc.SourceName} is a public suffix without psd=y: inherited by RFC 9989 only";
        if (dmarc.Quirks.Contains("compact_denial")) yield return "the name does not exist, which its zone says by compact denial (RFC 9824): np holds";
        if (dmarc.Rua is ReportUriState.SomeInvalid or ReportUriState.AllInvalid) yield return "an address in rua is no URI: write mailto:user@host, separated by commas (RFC 9989 §4.8)";
        if (dmarc.RuaAuth == ReportAuth.NotAuthorised) yield return "a report host of another organization does not say that it takes the reports (RFC 9990 §4)";
        if (dmarc.ReportHostsNxdomain is { Count: > 0 } missing) yield return $"report hosts that do not exist, so that anybody may register them: {string.Join(' ', missing)}";
        string[] rest = [.. dmarc.Quirks.Except(["pct_partial", "inherited_from_suffix", "compact_denial"], StringComparer.Ordinal)];
        if (rest.Length > 0) yield return $"oddities without effect: {string.Join(' ', rest)}";
    }

    private static string? Next(DmarcResult dmarc) => dmarc switch
    {
        { Record: DmarcRecordState.Multiple } => "keep exactly one record at _dmarc",
        { Class: DmarcClass.Unknown } => "try again later; if it stays so, look at the name servers of the domain",
        { Class: DmarcClass.NoEffect } => "give the record a policy: v=DMARC1; p=none; rua=mailto:… to begin with",
        { Class: DmarcClass.Absent } => "publish v=DMARC1; p=none; rua=mailto:… and read the reports",
        { Class: DmarcClass.None } => "when the reports show that your own mail passes, go on to p=quarantine and p=reject",
        { Enf9989: false, Class: DmarcClass.Quarantine or DmarcClass.Reject } => "names below the domain are still open: set sp and np, and drop t=y",
        { Class: DmarcClass.Quarantine } => "when nothing of yours is quarantined any more, go on to p=reject",
        _ => null,
    };
}
