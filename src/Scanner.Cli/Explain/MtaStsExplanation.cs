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
        else foreach (string candidate in sts.Candidates.Take(ExplanationPage.Shown)) page.More(candidate);
        if (sts.RecordError is { } recordError) page.More($"record: {recordError.Word()}");
        if (sts.NearMiss is { } miss) page.More($"nearly a record, but no sender takes it as one: {miss.Word()}");
        if (sts.Stage is { } stage) page.More($"stopped at {stage.Word()}: {sts.Error.WordOrNull()}{(sts.Fetch?.HttpStatus is { } http ? $" (HTTP {http})" : "")}");
        if (sts.Fetch?.CertificateFlags is { Count: > 0 } flags) page.More($"certificate: {string.Join(' ', flags.Select(flag => flag.Word()))}");
        if (sts.Mode is { } mode) page.More(string.Create(CultureInfo.InvariantCulture, $"mode {mode.Word()}, max_age {sts.MaxAge} s, mx {string.Join(' ', sts.MxPatterns)}"));
        if (sts.MxMatch is { } match) page.More($"the MX hosts match the policy: {match.Word()} (RFC 8461 §4.1)");
        page.Rule(Rule(sts.Status));
        page.Means(Meaning(sts));
        if (sts.PolicyStrict == false && sts.Mode is not null) page.More("note:  the policy is usable, but not to the letter of the grammar (RFC 8461 §3.2)");
        page.Next(Next(sts));
    }

    private static string Rule(MtaStsStatus status) => status switch
    {
        MtaStsStatus.Absent => "no text at _mta-sts that begins v=STSv1 and then a blank, \";\" or the end (among several, \";\" at once); never taken from a parent (RFC 8461 §3.1, §3.4)",
        MtaStsStatus.RecordMultiple => "more than one record is the same as none (RFC 8461 §3.1)",
        MtaStsStatus.RecordInvalid => "the record does not fit the grammar (RFC 8461 §3.1)",
        MtaStsStatus.FetchFailedDns => "the policy host mta-sts has no usable address (RFC 8461 §3.3)",
        MtaStsStatus.FetchFailedTcp => "nothing accepts connections at the policy host's port 443 (RFC 8461 §3.3)",
        MtaStsStatus.FetchFailedTls => "the policy host's certificate must name mta-sts.<domain>, be valid and chain to a trusted root (RFC 8461 §3.3)",
        MtaStsStatus.FetchFailedHttp => "only status 200 counts, and redirects are not followed (RFC 8461 §3.3)",
        MtaStsStatus.FetchFailedBody => "what the policy host sends is no policy text (RFC 8461 §3.2, §3.3)",
        MtaStsStatus.PolicyInvalid => "the policy lacks a field, or a field cannot be read (RFC 8461 §3.2)",
        MtaStsStatus.ValidNone or MtaStsStatus.ValidTesting or MtaStsStatus.ValidEnforce => "record, host, certificate and policy are in order (RFC 8461 §3, §5)",
        _ => "no answer; that is not \"no record\"",
    };

    private static string Meaning(MtaStsResult sts) => sts.Status switch
    {
        MtaStsStatus.ValidEnforce when sts.MxMatch == MtaStsMxMatch.None => "senders that honour the policy cannot deliver at all: no MX host is in it",
        MtaStsStatus.ValidEnforce when sts.MxMatch == MtaStsMxMatch.Some => "senders that honour the policy cannot deliver to some of the MX hosts; it shows when the others fail (RFC 8461 §8.4)",
        MtaStsStatus.ValidEnforce => "senders deliver only over TLS with a matching certificate",
        MtaStsStatus.ValidTesting => "senders report failures and deliver all the same (RFC 8461 §5)",
        MtaStsStatus.ValidNone => "the domain has opted out again (RFC 8461 §8.3)",
        MtaStsStatus.Absent => "senders fall back to TLS without proof, which an attacker on the way can strip",
        MtaStsStatus.Unknown => "not known",
        _ => "published, but without effect: senders treat the domain as if it had no policy",
    };

    private static string? Next(MtaStsResult sts) => sts.Status switch
    {
        MtaStsStatus.Absent => "publish a policy in mode testing together with TLS-RPT, then go on to enforce",
        MtaStsStatus.RecordMultiple => "keep exactly one record at _mta-sts",
        MtaStsStatus.RecordInvalid => "write v=STSv1; id=20260101T000000; the id has only letters and digits, 32 at most, and no blanks around =",
        MtaStsStatus.PolicyInvalid => "write each field on its own line: version: STSv1, mode: enforce, mx: host, max_age: 604800",
        MtaStsStatus.FetchFailedDns or MtaStsStatus.FetchFailedTcp or MtaStsStatus.FetchFailedTls or MtaStsStatus.FetchFailedHttp or MtaStsStatus.FetchFailedBody
            => "repair https://mta-sts.<domain>/.well-known/mta-sts.txt, or remove the record; a policy host left behind at a provider can be taken over",
        MtaStsStatus.ValidEnforce when sts.MxMatch is MtaStsMxMatch.None or MtaStsMxMatch.Some => "add the missing MX hosts to the policy and change the id",
        MtaStsStatus.ValidTesting => "when the reports are clean, go on to mode enforce",
        MtaStsStatus.Unknown => "try again later",
        _ => null,
    };
}
