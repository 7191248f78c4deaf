using Scanner.Checks.Names;
using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>May the report addresses of a record be sent to? (RFC 9990 §4, was RFC 7489 §7.1; classification.md 5.7.)</summary>
public enum ReportAuth : byte
{
    /// <summary>Every host belongs to the organization of the policy domain.</summary>
    NotNeeded = 1,
    /// <summary>Every external host says that it takes the reports.</summary>
    Authorised = 2,
    /// <summary>At least one external host does not: a report generator that checks sends nothing there.</summary>
    NotAuthorised = 3,
    /// <summary>No refusal was seen, and at least one host could not be asked.</summary>
    Unknown = 4,
}

/// <summary>
/// External destinations of reports. A host outside of the policy domain's organization has to publish a record beginning v=DMARC1 at
/// <c>policy-domain._report._dmarc.host</c>; otherwise anybody could have reports sent to anybody. Pure.
/// </summary>
public static class DmarcReportAuth
{
    /// <summary>Report hosts of one record that are looked at. RFC 7489 §6.3 lets a receiver stop after two addresses; records with more than
    /// a handful of hosts are accidents.</summary>
    public const int MaxHosts = 10;

    /// <summary>The hosts that need a word from their side, in order.</summary>
    /// <param name="policyDomain">The name whose record it is, without <c>_dmarc.</c></param>
    public static string[] ExternalHosts(string policyDomain, DmarcUriList uris, PublicSuffixList suffixes)
    {
        string own = OrganizationOf(policyDomain, suffixes);
        return [.. uris.Hosts.Where(host => OrganizationOf(host, suffixes) != own).Take(MaxHosts)];
    }

    /// <summary>The question to a host. Null when the name would be too long for DNS: then there can be no such record.</summary>
    public static DnsQuestion? Question(string policyDomain, string host) =>
        DomainName.TryPrefix($"{policyDomain}._report._dmarc", host, out string? name) ? new DnsQuestion(name, DnsRecordType.Txt) : null;

    /// <summary>RFC 9990 §4: at least one record that begins v=DMARC1; here, unlike for policies, several are fine, and no other tag is needed.</summary>
    public static Presence IsAuthorised(DnsAnswer answer)
    {
        if (answer.Presence != Presence.Present) return answer.Presence;
        return TxtRrset.Texts(answer).Any(text => DmarcRecordParser.IsDmarc(text)) ? Presence.Present : Presence.Absent;
    }

    /// <summary>What the answers about all external hosts come to. One refusal is a finding, whatever became of the other questions.</summary>
    public static ReportAuth Of(IEnumerable<Presence> external)
    {
        var result = ReportAuth.NotNeeded;
        foreach (var host in external)
        {
            if (host == Presence.Absent) return ReportAuth.NotAuthorised;
            if (host == Presence.Unknown) result = ReportAuth.Unknown;
            else if (result == ReportAuth.NotNeeded) result = ReportAuth.Authorised;
        }
        return result;
    }

    // An address literal or a suffix has no organization above it: it stands for itself.
    private static string OrganizationOf(string host, PublicSuffixList suffixes) => suffixes.OrganizationalDomain(host) ?? host;
}
