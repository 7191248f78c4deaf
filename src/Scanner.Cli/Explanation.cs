using System.Globalization;
using Scanner.Checks;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Cli;

/// <summary>One domain's row in words for a person: the class, what it rests on, and what it means.</summary>
internal static class Explanation
{
    public static void Write(DomainResult result, TextWriter output)
    {
        output.WriteLine($"{Terminal.Safe(result.Name.Name)}  ({result.Name.Class.Word()}{(result.Name.OrganizationalDomain is { } org && org != result.Name.Name ? $", organizational domain {org}" : "")})");
        if (result.ScanError is { } fault) Line("fault", fault);
        if (result.Mx is { } mx) ExplainMx(mx);
        if (result.Spf is { } spf) ExplainSpf(spf);
        if (result.Dmarc is { } dmarc) ExplainDmarc(dmarc);
        if (result.MtaSts is { } mtaSts) ExplainMtaSts(mtaSts);
        if (result.TlsRpt is { } tlsRpt) ExplainTlsRpt(tlsRpt);
        output.WriteLine();

        void ExplainMx(MxResult mx)
        {
            Line("MX", $"{mx.Class.Word()}: {Meaning(mx.Class)}{Because(mx.Answer)}");
            foreach (var target in mx.Targets.Take(10)) Line("", $"{target.Preference} {target.Host}{(target.Kind == MxTargetKind.Hostname ? "" : $"  ({target.Kind.Word()})")}");
            if (mx.Targets.Count > 10) Line("", $"and {mx.Targets.Count - 10} more");
        }

        void ExplainSpf(SpfResult spf)
        {
            Line("SPF", $"{spf.Class.Word()} ({spf.Status.Word()}){Because(spf.Answer)}");
            if (spf.Raw is { } raw) Line("", raw);
            else foreach (string candidate in spf.Candidates.Take(5)) Line("", candidate);
            if (spf.NearMiss is { } miss) Line("", $"nearly a record, but no receiver takes it as one: {miss.Word()}");
            if (spf.SyntaxError is { } syntax) Line("", $"syntax error: {syntax.Word()}");
            if (spf.EffectiveAll is { } all) Line("", $"\"all\" comes to {all.Word()}{(spf.All == SpfAll.Redirect ? $" through redirect to {string.Join(" -> ", spf.RedirectChain)}" : "")}");
            if (spf.Permissive is { } open && open != SpfPermissive.None) Line("", $"lets everyone pass: {open.Word()}");
            if (spf.LookupsWorst is { } lookups) Line("", string.Create(CultureInfo.InvariantCulture, $"{lookups} DNS lookups in the worst case, of 10 allowed (RFC 7208 §4.6.4)"));
            if (spf.Errors.Count > 0) Line("", $"errors: {string.Join(' ', spf.Errors)}");
        }

        void ExplainDmarc(DmarcResult dmarc)
        {
            Line("DMARC", $"{dmarc.Class.Word()} (RFC 9989: {dmarc.Policy9989.Word()}, RFC 7489: {dmarc.Policy7489.Word()}){Because(dmarc.Answer)}");
            if (dmarc.Raw is { } raw) Line("", raw);
            else foreach (string candidate in dmarc.Candidates.Take(5)) Line("", candidate);
            Line("", dmarc.Source switch
            {
                DmarcSource.Self => $"own record: {dmarc.Record.Word()}",
                DmarcSource.None => $"own record: {dmarc.Record.Word()}; none inherited",
                _ => $"own record: {dmarc.Record.Word()}; source {dmarc.Source.Word()}{(dmarc.SourceName is { } from ? $": _dmarc.{from}" : "")}",
            });
            if (dmarc.NearMiss is { } miss) Line("", $"nearly a record, but no receiver takes it as one: {miss.Word()}");
            if (dmarc.Quirks.Count > 0) Line("", $"quirks: {string.Join(' ', dmarc.Quirks)}");
            Line("", $"enforcing: {YesNo(dmarc.Enf9989)} by RFC 9989 §3.2.9 (policy for the domain and all below it), {YesNo(dmarc.EnfP)} by p alone");
        }

        void ExplainMtaSts(MtaStsResult sts)
        {
            Line("MTA-STS", $"{sts.Status.Word()}{Because(sts.Answer)}");
            if (sts.RawTxt is { } raw) Line("", raw);
            if (sts.RecordError is { } recordError) Line("", $"record: {recordError.Word()}");
            if (sts.NearMiss is { } miss) Line("", $"nearly a record, but no sender takes it as one: {miss.Word()}");
            if (sts.Stage is { } stage) Line("", $"stopped at {stage.Word()}: {sts.Error.WordOrNull()}{(sts.Fetch?.HttpStatus is { } http ? $" (HTTP {http})" : "")}");
            if (sts.Fetch?.CertificateFlags is { Count: > 0 } flags) Line("", $"certificate: {string.Join(' ', flags.Select(flag => flag.Word()))}");
            if (sts.Mode is { } mode) Line("", string.Create(CultureInfo.InvariantCulture, $"mode {mode.Word()}, max_age {sts.MaxAge} s, mx {string.Join(' ', sts.MxPatterns)}"));
            if (sts.MxMatch is { } match) Line("", $"the MX hosts match the policy: {match.Word()}");
        }

        void ExplainTlsRpt(TlsRptResult rpt)
        {
            Line("TLS-RPT", $"{rpt.Status.Word()}{(rpt.Error is { } error ? $": {error.Word()}" : "")}{Because(rpt.Answer)}");
            if (rpt.Raw is { } raw) Line("", raw);
        }

        void Line(string label, string text) => output.WriteLine($"  {label,-8} {Terminal.Safe(text)}");
    }

    /// <summary>Why we could not tell, where that is so.</summary>
    private static string Because(DnsAnswer answer) => answer.Status.IsUnknown() ? $"  [DNS: {answer.Status.Word()}]" : "";

    private static string YesNo(bool? value) => value switch { true => "yes", false => "no", null => "unknown" };

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
