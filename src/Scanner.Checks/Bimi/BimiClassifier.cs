using Scanner.Checks.Dmarc;
using Scanner.Dns;

namespace Scanner.Checks.Bimi;

/// <summary>Answers in, <see cref="BimiResult"/> out (classification.md 10). Pure.</summary>
public static class BimiClassifier
{
    /// <summary>Does the organizational domain have to be asked? Only when the name itself has no record; several end the search
    /// (draft §7.2 assertion record discovery).</summary>
    public static bool WantsOrganization(DnsAnswer own) => own.Presence != Presence.Unknown && Records(own).Count == 0;

    /// <param name="organization">The answer at the organizational domain; null when it is the name itself, there is none, or it is not needed.</param>
    /// <param name="dmarc">What DMARC came to; null when it was not asked for.</param>
    public static BimiResult Classify(string name, DnsAnswer own, string? organizationalDomain, DnsAnswer? organization, DmarcResult? dmarc)
    {
        if (own.Presence == Presence.Unknown) return new BimiResult { Status = BimiStatus.Unknown, Answer = own };
        var records = Records(own);
        string source = name;
        if (records.Count == 0 && organization is not null)
        {
            if (organization.Presence == Presence.Unknown) return new BimiResult { Status = BimiStatus.Unknown, Answer = own };
            records = Records(organization);
            source = organizationalDomain!;
        }
        if (records.Count == 0) return new BimiResult { Status = BimiStatus.Absent, Answer = own, Effective = false };
        // More than one: processing ends without a logo.
        if (records.Count > 1) return new BimiResult { Status = BimiStatus.Multiple, Answer = own, SourceName = source, Effective = false };

        BimiRecordParser.Parse(records[0], out var record);
        var status = record!.Error is not null ? BimiStatus.Invalid
            : record.IsDeclination ? BimiStatus.Declined
            : !string.IsNullOrEmpty(record.Authority) ? BimiStatus.LogoWithEvidence
            : BimiStatus.Logo;
        return new BimiResult
        {
            Status = status,
            Answer = own,
            SourceName = source,
            Error = record.Error,
            // Receivers want quarantine or reject for all mail and for subdomains: the same as enf_full. classification.md 10
            Effective = status is BimiStatus.Logo or BimiStatus.LogoWithEvidence ? dmarc?.EnfFull : false,
            Raw = Evidence.Escape(records[0]),
        };
    }

    private static List<string> Records(DnsAnswer answer) => [.. TxtRrset.Texts(answer).Where(BimiRecordParser.IsBimi)];
}
