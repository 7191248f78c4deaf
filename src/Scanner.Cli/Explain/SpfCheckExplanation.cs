using System.Globalization;
using Scanner.Checks;
using Scanner.Checks.Spf;

namespace Scanner.Cli.Explain;

/// <summary>check_host() for one client, step by step.</summary>
internal static class SpfCheckExplanation
{
    public static void Write(ExplanationPage page, string domain, SpfClient client, SpfCheck check)
    {
        page.Title($"{domain}  for a client at {client.Ip}, HELO {client.Helo}, MAIL FROM {client.ValueOf('s')}");
        page.Line("SPF", $"{check.Verdict.Word()}: {Meaning(check.Verdict)}");
        // RFC 7208 §4.1: the domain is that of the sender.
        if (!client.Domain.Equals(domain, StringComparison.OrdinalIgnoreCase))
            page.More($"a receiver asks the sender's domain, {client.Domain}; this is what the record of {domain} says of that sender");
        SpfSteps.Write(page, check.Steps);
        page.More(string.Create(CultureInfo.InvariantCulture, $"{check.Lookups} of {SpfLimits.Lookups} lookups, {check.Voids} of {SpfLimits.Voids} void ones (RFC 7208 §4.6.4)"));
        if (check.Mechanism is { } mechanism) page.More($"decided by {mechanism} in the record of {check.Where} (RFC 7208 §4.6.2)");
        else if (check.Verdict == SpfVerdict.Neutral) page.More("nothing matched and nothing stands at the end: neutral by default (RFC 7208 §4.7)");
        if (check.Problem is { } problem) page.More($"{check.Where}: {problem}");
        if (check.Explanation is { } explanation) page.More($"{domain} explains: {explanation}");
    }

    private static string Meaning(SpfVerdict verdict) => verdict switch
    {
        SpfVerdict.None => "there is no record to judge by (RFC 7208 §8.1)",
        SpfVerdict.Neutral => "the owner says neither yes nor no; to be treated like none (RFC 7208 §8.2)",
        SpfVerdict.Pass => "the owner lets this client send (RFC 7208 §8.3)",
        SpfVerdict.Fail => "the owner says that this client may not send; a receiver may refuse the mail (RFC 7208 §8.4)",
        SpfVerdict.Softfail => "probably not allowed to send, says the owner; suspect, but not to be refused for that alone (RFC 7208 §8.5)",
        SpfVerdict.Temperror => "a lookup failed; the same check may come to something else later (RFC 7208 §8.6)",
        _ => "the records cannot be read as published; someone has to mend them (RFC 7208 §8.7)",
    };
}

/// <summary>The terms of an evaluation as an indented tree, lookups counted down the margin.</summary>
internal static class SpfSteps
{
    /// <summary>Lines shown of a tree; a record can hold thousands of terms.</summary>
    private const int Shown = 100;

    public static void Write(ExplanationPage page, IReadOnlyList<SpfStep> steps)
    {
        int lines = 0, counted = 0;
        for (int i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            // Networks that need no lookup and said nothing go together: a provider lists dozens.
            int networks = 0;
            while (i + networks < steps.Count && IsQuietNetwork(steps[i + networks]) && steps[i + networks].Depth == step.Depth) networks++;
            if (++lines > Shown)
            {
                page.More(string.Create(CultureInfo.InvariantCulture, $"     and {steps.Count - i} more terms"));
                return;
            }
            string margin = step.Lookups > counted ? step.Lookups.ToString(CultureInfo.InvariantCulture).PadLeft(3) : "   ";
            counted = step.Lookups;
            string indent = new(' ', 2 + 2 * Math.Min(step.Depth, 10));
            if (networks > 3)
            {
                page.More(string.Create(CultureInfo.InvariantCulture, $"{margin}{indent}{step.Term} and {networks - 1} more networks"));
                i += networks - 1;
                continue;
            }
            page.More($"{margin}{indent}{step.Term}{(step.Outcome is { } outcome ? $"    <- {outcome}" : "")}");
        }
    }

    private static bool IsQuietNetwork(SpfStep step) =>
        step.Outcome is null or "no match" && step.Term.TrimStart('+', '-', '~', '?') is var term
        && (term.StartsWith("ip4:", StringComparison.OrdinalIgnoreCase) || term.StartsWith("ip6:", StringComparison.OrdinalIgnoreCase));
}
