using Scanner.Checks.Dmarc;
using Scanner.Dns;

namespace Scanner.Checks.Bimi;

/// <summary>
/// BIMI: a logo beside mail that passes DMARC. draft-brand-indicators-for-message-identification, an Internet-Draft and no standard.
/// One TXT question at <c>default._bimi.</c>name, and one at the organizational domain where the name has no record.
/// </summary>
public static class BimiLookup
{
    /// <summary>The selector that receivers take when the message names none.</summary>
    public const string Labels = "default._bimi";

    /// <param name="own">The TXT answer at <c>default._bimi.</c>name.</param>
    /// <param name="organizationalDomain">By the public suffix list; null for suffixes.</param>
    /// <param name="dmarc">What DMARC came to, or null when it was not asked for; awaited last.</param>
    public static async Task<BimiResult> RunAsync(
        string name, DnsAnswer own, string? organizationalDomain, Task<DmarcResult>? dmarc, IResolver shared, CancellationToken cancellationToken)
    {
        DnsAnswer? organization = null;
        if (organizationalDomain is not null && organizationalDomain != name && BimiClassifier.WantsOrganization(own))
        {
            organization = DomainName.TryPrefix(Labels, organizationalDomain, out string? owner)
                ? await shared.QueryAsync(new DnsQuestion(owner, DnsRecordType.Txt), cancellationToken).ConfigureAwait(false)
                : DnsAnswer.Without(new DnsQuestion($"{Labels}.{organizationalDomain}", DnsRecordType.Txt), DnsStatus.NameTooLong);
        }
        return BimiClassifier.Classify(name, own, organizationalDomain, organization, dmarc is null ? null : await dmarc.ConfigureAwait(false));
    }
}
