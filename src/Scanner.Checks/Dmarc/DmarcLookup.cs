using Scanner.Checks.Names;
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
    /// <param name="shared">Should cache: the names above and the hosts of report addresses are the same for very many names.</param>
    /// <param name="isDenied">Asks whether a name that answers without records is one that compact denial only pretends to have (RFC 9824 §3.1).
    /// Called only where np and sp differ; null when the name is known to have records, or nobody can tell.</param>
    /// <param name="checkReports">For telling external report hosts from own ones; null when they are not to be looked at.</param>
    public static async ValueTask<DmarcResult> RunAsync(
        string name, Presence nameExists, DnsAnswer own, DnsAnswer? apexTxt, string? orgDomainPsl, IResolver shared,
        CancellationToken cancellationToken, Func<Task<bool>>? isDenied = null, PublicSuffixList? checkReports = null)
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
        var found = DmarcDiscovery.Find9989(name, selection, ancestors);
        // RFC 9989 §3.2.13 goes by NXDOMAIN. Zones with compact denial never send it; what they send instead says the same.
        bool compactDenial = nameExists == Presence.Present && isDenied is not null && DmarcEffect.HangsOnExistence(found) && await isDenied();
        var result = DmarcClassifier.Classify(name, compactDenial ? Presence.Absent : nameExists, selection, ancestors, apexTxt, orgDomainPsl);
        if (compactDenial) result = result with { Quirks = [.. result.Quirks, "compact_denial"] };
        return checkReports is null || found.Record is null ? result : await WithReportAuthAsync(result, found, checkReports, shared, cancellationToken);
    }

    /// <summary>One or two questions for each external report host (RFC 9990 §4). The name with <c>_report</c> is the real one: a wildcard at
    /// the host answers by itself.</summary>
    private static async Task<DmarcResult> WithReportAuthAsync(
        DmarcResult result, DmarcFound found, PublicSuffixList suffixes, IResolver shared, CancellationToken cancellationToken)
    {
        var record = found.Record!;
        string[] rua = DmarcReportAuth.ExternalHosts(found.Name!, record.Rua, suffixes), ruf = DmarcReportAuth.ExternalHosts(found.Name!, record.Ruf, suffixes);
        // An address literal has no name at which it could say yes.
        string[] hosts = [.. rua.Union(ruf, StringComparer.Ordinal).Where(host => !host.StartsWith('['))];
        var answers = await Task.WhenAll(hosts.Select(AskAsync));
        var authorised = hosts.Zip(answers).ToDictionary(p => p.First, p => p.Second.Authorised, StringComparer.Ordinal);
        string[] missing = [.. hosts.Zip(answers).Where(p => p.Second.Host.IsDenial).Select(p => p.First)];
        return result with
        {
            RuaAuth = record.Rua.ValidCount == 0 ? null : DmarcReportAuth.Of(rua.Select(Authorised)),
            RufAuth = record.Ruf.ValidCount == 0 ? null : DmarcReportAuth.Of(ruf.Select(Authorised)),
            ReportHostsNxdomain = missing.Length == 0 && answers.Any(a => a.Host.Presence == Presence.Unknown) ? null : missing,
        };

        Presence Authorised(string host) => authorised.GetValueOrDefault(host, Presence.Absent);

        async Task<(Presence Authorised, DnsAnswer Host)> AskAsync(string host)
        {
            // MX, because that is what a report is sent to; NXDOMAIN says the same for every type.
            var exists = shared.QueryAsync(new DnsQuestion(host, DnsRecordType.Mx), cancellationToken).AsTask();
            var authorised = DmarcReportAuth.Question(found.Name!, host) is { } question
                ? DmarcReportAuth.IsAuthorised(await shared.QueryAsync(question, cancellationToken))
                : Presence.Absent;
            return (authorised, await exists);
        }
    }
}
