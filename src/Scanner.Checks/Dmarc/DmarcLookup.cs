using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>
/// DMARC: what the owner of a name wants done with mail that uses it without proof. RFC 9989 (core, was RFC 7489), RFC 9990 (aggregate
/// reports), RFC 9991 (failure reports). One TXT record at <c>_dmarc.</c>name; where there is none, those above it.
/// </summary>
public static class DmarcLookup
{
    /// <summary>The label in front of every name that is asked (RFC 9989 §4.5).</summary>
    public const string Label = "_dmarc";

    /// <summary>The TXT question for a name, or null when <c>_dmarc.</c>name would be longer than DNS allows: then the answer is
    /// <see cref="DnsStatus.NameTooLong"/> without asking.</summary>
    public static DnsQuestion? Question(string name) =>
        DomainName.TryPrefix(Label, name, out string? owner) ? new DnsQuestion(owner, DnsRecordType.Txt) : null;

    /// <summary>Classifies a name. Asks for names above it only when it has no record of its own.</summary>
    /// <param name="name">Lower-case A-labels.</param>
    /// <param name="nameExists">Absent when the name itself is NXDOMAIN, Present when it exists, else Unknown.</param>
    /// <param name="own">The TXT answer at <c>_dmarc.</c>name; <see cref="DnsStatus.NotQueried"/> makes everything unknown.</param>
    /// <param name="apexTxt">The TXT answer at the name itself; null when nobody asked.</param>
    /// <param name="orgDomainPsl">The organizational domain by the public suffix list; null for suffixes.</param>
    /// <param name="shared">Should cache: the names above are the same for very many names.</param>
    public static async ValueTask<DmarcResult> RunAsync(
        string name, Presence nameExists, DnsAnswer own, DnsAnswer? apexTxt, string? orgDomainPsl, IResolver shared,
        CancellationToken cancellationToken)
    {
        var selection = DmarcSelector.Select(own);
        var ancestors = new Dictionary<string, DmarcSelection>(StringComparer.Ordinal);
        // One after the other, because a psd tag ends the walk. RFC 9989 §4.10 step 6
        while (DmarcDiscovery.Next(name, selection, orgDomainPsl, ancestors) is { } target)
        {
            var answer = Question(target) is { } question
                ? await shared.QueryAsync(question, cancellationToken)
                : DnsAnswer.Without(new DnsQuestion($"{Label}.{target}", DnsRecordType.Txt), DnsStatus.NameTooLong);
            ancestors.Add(target, DmarcSelector.Select(answer));
        }
        return DmarcClassifier.Classify(name, nameExists, selection, ancestors, apexTxt, orgDomainPsl);
    }
}
