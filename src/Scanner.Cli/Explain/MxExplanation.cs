using Scanner.Checks;
using Scanner.Checks.Mx;

namespace Scanner.Cli.Explain;

/// <summary>Where mail for the name goes (RFC 5321 §5.1, RFC 7505) for a person.</summary>
internal static class MxExplanation
{
    private const int ShownHosts = 10;

    public static void Write(ExplanationPage page, MxResult mx)
    {
        page.Line("MX", $"{mx.Class.Word()}{(mx.Provider is { } provider ? $", mail provider {provider}" : "")}{ExplanationPage.Because(mx.Answer)}");
        foreach (var target in mx.Targets.Take(ShownHosts)) page.More($"{target.Preference} {target.Host}{Remark(target)}");
        if (mx.Targets.Count > ShownHosts) page.More($"and {mx.Targets.Count - ShownHosts} more");
        page.Rule(Rule(mx.Class));
        page.Means(Meaning(mx.Class));
        foreach (var quirk in mx.Quirks) page.More($"note:  {Note(quirk)}");
        if (mx.Targets.Any(t => t.Status == MxTargetStatus.AddrOkCname))
            page.More("note:  an MX host must not be an alias (RFC 2181 §10.3, RFC 5321 §5.1); most senders deliver all the same");
        page.Next(Next(mx.Class));
    }

    private static string Remark(MxTarget target)
    {
        string[] words = [.. new[] { target.Kind == MxTargetKind.Hostname ? null : target.Kind.Word(), target.Status is null or MxTargetStatus.AddrOk ? null : target.Status.Value.Word() }.OfType<string>()];
        return words.Length == 0 ? "" : $"  ({string.Join(", ", words)})";
    }

    private static string Rule(MxClass mx) => mx switch
    {
        MxClass.NullMx => "a single MX record that points to the root (RFC 7505 §3)",
        MxClass.MxNoService => "MX records, but none names a host that can be delivered to; the name's own address does not step in (RFC 5321 §5.1)",
        MxClass.MxPresent => "an MX record that names a host (RFC 5321 §5.1); the host's addresses were not asked for",
        MxClass.MxOk => "an MX host with a public address (RFC 5321 §5.1)",
        MxClass.MxDangling => "no MX host has a public address, and that is certain (RFC 5321 §5.1, RFC 6890)",
        MxClass.MxUnverified => "no MX host is known to work, and at least one could not be asked for",
        MxClass.ImplicitMx => "no MX record, but an address: then the name is its own mail host (RFC 5321 §5.1)",
        MxClass.NoMail => "neither an MX record nor a public address (RFC 5321 §5.1)",
        MxClass.Nxdomain => "DNS says that there is no such name (RFC 5321 §5.1: an error, not an implicit MX)",
        MxClass.InvalidName => "longer than DNS allows, or otherwise no name (RFC 1035 §2.3.4)",
        _ => "DNS gave no answer; a temporary error is not \"no MX\" (RFC 5321 §5.1)",
    };

    private static string Meaning(MxClass mx) => mx switch
    {
        MxClass.NullMx => "the domain declares that it takes no mail",
        MxClass.MxNoService => "mail to the domain fails; parked names do this on purpose",
        MxClass.MxPresent or MxClass.MxOk => "the domain runs mail",
        MxClass.MxDangling => "mail to the domain cannot be delivered at present",
        MxClass.MxUnverified => "whether mail can be delivered is not known",
        MxClass.ImplicitMx => "senders deliver to the name's own address, which is often only a web server",
        MxClass.NoMail => "mail to the domain cannot be delivered",
        MxClass.Nxdomain or MxClass.InvalidName => "there is no such domain",
        _ => "whether the domain runs mail is not known",
    };

    private static string? Next(MxClass mx) => mx switch
    {
        MxClass.MxNoService => "if the domain takes no mail, say so properly: one record \"MX 0 .\" (RFC 7505), and \"v=spf1 -all\"",
        MxClass.MxDangling => "give the MX hosts addresses, or remove them; a host under somebody else's expired name can be taken over",
        MxClass.ImplicitMx or MxClass.NoMail => "if the domain takes no mail, publish \"MX 0 .\" (RFC 7505) and \"v=spf1 -all\"; otherwise publish an MX record",
        MxClass.Unknown or MxClass.MxUnverified => "try again later; if it stays so, look at the name servers of the domain",
        _ => null,
    };

    private static string Note(MxQuirk quirk) => quirk switch
    {
        MxQuirk.NullMxPref => "the null MX should have preference 0 (RFC 7505 §3)",
        _ => "a null MX must stand alone (RFC 7505 §3); senders use the other records",
    };
}
