using System.Globalization;
using Scanner.Checks;
using Scanner.Checks.MtaSts;

namespace Scanner.Cli.Explain;

/// <summary>MTA-STS (RFC 8461) for a person.</summary>
internal static class MtaStsExplanation
{
    public static void Write(ExplanationPage page, MtaStsResult sts)
    {
        page.Line("MTA-STS", $"{sts.Status.Word()}{ExplanationPage.Because(sts.Answer)}");
        if (sts.RawTxt is { } raw) page.More(raw);
        if (sts.RecordError is { } recordError) page.More($"record: {recordError.Word()}");
        if (sts.NearMiss is { } miss) page.More($"nearly a record, but no sender takes it as one: {miss.Word()}");
        if (sts.Stage is { } stage) page.More($"stopped at {stage.Word()}: {sts.Error.WordOrNull()}{(sts.Fetch?.HttpStatus is { } http ? $" (HTTP {http})" : "")}");
        if (sts.Fetch?.CertificateFlags is { Count: > 0 } flags) page.More($"certificate: {string.Join(' ', flags.Select(flag => flag.Word()))}");
        if (sts.Mode is { } mode) page.More(string.Create(CultureInfo.InvariantCulture, $"mode {mode.Word()}, max_age {sts.MaxAge} s, mx {string.Join(' ', sts.MxPatterns)}"));
        if (sts.MxMatch is { } match) page.More($"the MX hosts match the policy: {match.Word()}");
    }
}
