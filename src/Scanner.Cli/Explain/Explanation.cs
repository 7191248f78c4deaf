using Scanner.Checks;
using Scanner.Dns;

namespace Scanner.Cli.Explain;

/// <summary>
/// One domain's row in words for a person: the class, what it rests on, which rule gave it, what it means and what to do next.
/// Each check has a file of its own beside this one.
/// </summary>
internal static class Explanation
{
    public static void Write(DomainResult result, TextWriter output)
    {
        var page = new ExplanationPage(output);
        page.Title($"{result.Name.Name}  ({result.Name.Class.Word()}{(result.Name.OrganizationalDomain is { } org && org != result.Name.Name ? $", organizational domain {org}" : "")})");
        if (result.ScanError is { } fault) page.Line("fault", fault);
        if (result.Mx is { } mx) MxExplanation.Write(page, mx);
        if (result.Spf is { } spf) SpfExplanation.Write(page, spf);
        if (result.Dmarc is { } dmarc) DmarcExplanation.Write(page, dmarc);
        if (result.MtaSts is { } mtaSts) MtaStsExplanation.Write(page, mtaSts);
        if (result.TlsRpt is { } tlsRpt) TlsRptExplanation.Write(page, tlsRpt);
        if (result.Dkim is { } dkim) DkimExplanation.Write(page, dkim);
        if (result.Dane is { } dane) DaneExplanation.Write(page, dane);
        if (result.Bimi is { } bimi) BimiExplanation.Write(page, bimi);
        if (result.Dnssec is { } dnssec) DnssecExplanation.Write(page, dnssec);
        if (result.Wildcard is { Records: { Count: > 0 } made })
            page.Line("note", $"the record for {string.Join(", ", made)} comes from a TXT wildcard (RFC 4592): valid, and so it is for every other name below that nobody made");
        output.WriteLine();
    }
}

/// <summary>Where an explanation is written: a label at the margin, lines beside it. Whatever stood in DNS is made safe for a terminal.</summary>
internal sealed class ExplanationPage(TextWriter output)
{
    /// <summary>Records shown of a set that should have held one.</summary>
    public const int Shown = 5;

    public void Title(string text) => output.WriteLine(Terminal.Safe(text));

    /// <summary>The first line of a check: its name and what was found.</summary>
    public void Line(string label, string text) => output.WriteLine($"  {label,-8} {Terminal.Safe(text)}");

    /// <summary>A further line of the same check.</summary>
    public void More(string text) => Line("", text);

    /// <summary>The rule that gave the class, with its source.</summary>
    public void Rule(string text) => More($"rule:  {text}");

    /// <summary>What the class means, in a sentence for someone who runs mail.</summary>
    public void Means(string text) => More($"means: {text}");

    /// <summary>What the owner of the name can do about it; nothing when all is well.</summary>
    public void Next(string? text)
    {
        if (text is not null) More($"next:  {text}");
    }

    /// <summary>Why we could not tell, where that is so.</summary>
    public static string Because(DnsAnswer answer) => answer.Presence == Presence.Unknown ? $"  [DNS: {answer.Status.Word()}]" : "";

    public static string YesNo(bool? value) => value switch { true => "yes", false => "no", null => "unknown" };
}
