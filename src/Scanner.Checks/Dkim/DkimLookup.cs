using Scanner.Dns;

namespace Scanner.Checks.Dkim;

/// <summary>
/// DKIM: who signs with the name. Keys lie at <c>SELECTOR._domainkey.</c>name and selectors cannot be listed (RFC 6376 §3.6.2.1), so this
/// is two inferences: does anything lie below <c>_domainkey</c>, and do selectors that many use hold a key? RFC 6376, RFC 8301, RFC 8463;
/// RFC 8020 and RFC 9824 for what a denial means.
/// <para>Costs per name: the namespace and its control (the control only when the namespace answers NOERROR), then one question for each
/// selector, 8 to 12 in tier A, none where the namespace is absent.</para>
/// </summary>
public static class DkimLookup
{
    /// <summary>Keys lie below this label of the name (RFC 6376 §3.6.2.1).</summary>
    public const string Label = "_domainkey";

    /// <param name="name">The listed name.</param>
    /// <param name="domainKey">The TXT answer at <c>_domainkey.</c>name.</param>
    /// <param name="control">Asks for TXT at <see cref="ControlName"/> of the name; called at most once.</param>
    /// <param name="selectors">Which selectors to ask for.</param>
    public static async Task<DkimResult> RunAsync(
        string name, DnsAnswer domainKey, Func<Task<DnsAnswer>> control, IReadOnlyList<string> selectors, IResolver resolver,
        CancellationToken cancellationToken)
    {
        // Nothing below: no selector can exist, and most questions are saved (RFC 8020 §2).
        if (DkimClassifier.EntOf(domainKey, null) == DkimEnt.Absent) return DkimClassifier.Classify(domainKey, null, []);
        var controlAnswer = control();
        var answers = await Task.WhenAll(selectors.Select(AskAsync)).ConfigureAwait(false);
        return DkimClassifier.Classify(domainKey, await controlAnswer.ConfigureAwait(false), answers);

        async Task<(string, DnsAnswer)> AskAsync(string selector)
        {
            string labels = $"{selector}.{Label}";
            if (!DomainName.TryPrefix(labels, name, out string? owner))
                return (selector, DnsAnswer.Without(new DnsQuestion($"{labels}.{name}", DnsRecordType.Txt), DnsStatus.NameTooLong));
            return (selector, await resolver.QueryAsync(new DnsQuestion(owner, DnsRecordType.Txt), cancellationToken).ConfigureAwait(false));
        }
    }
}
