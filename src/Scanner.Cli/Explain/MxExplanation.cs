using Scanner.Checks;
using Scanner.Checks.Mx;

namespace Scanner.Cli.Explain;

/// <summary>Where mail for the name goes (RFC 5321 §5.1, RFC 7505) for a person.</summary>
internal static class MxExplanation
{
    private const int ShownHosts = 10;

    public static void Write(ExplanationPage page, MxResult mx)
    {
        page.Line("MX", $"{mx.Class.Word()}: {Meaning(mx.Class)}{ExplanationPage.Because(mx.Answer)}");
        foreach (var target in mx.Targets.Take(ShownHosts))
            page.More($"{target.Preference} {target.Host}{(target.Kind == MxTargetKind.Hostname ? "" : $"  ({target.Kind.Word()})")}");
        if (mx.Targets.Count > ShownHosts) page.More($"and {mx.Targets.Count - ShownHosts} more");
    }

    private static string Meaning(MxClass mx) => mx switch
    {
        MxClass.NullMx => "declares that it takes no mail (RFC 7505)",
        MxClass.MxNoService => "MX records to which nobody can deliver",
        MxClass.MxPresent or MxClass.MxOk => "runs mail",
        MxClass.MxDangling => "MX hosts without an address",
        MxClass.MxUnverified => "MX hosts whose addresses could not be found out",
        MxClass.ImplicitMx => "no MX, but an address: mail would go there (RFC 5321 §5.1)",
        MxClass.NoMail => "neither MX nor address",
        MxClass.Nxdomain => "the name does not exist",
        MxClass.InvalidName => "no such name can exist",
        _ => "not known",
    };
}
