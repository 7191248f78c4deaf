using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>Where a policy comes from under one reading.</summary>
/// <param name="Name">The name whose record it is, without <c>_dmarc.</c>; null unless there is a record.</param>
/// <param name="Record">Null for <see cref="DmarcSource.None"/> and <see cref="DmarcSource.Unknown"/>.</param>
public readonly record struct DmarcFound(DmarcSource Source, string? Name, DmarcRecord? Record)
{
    /// <summary>No record gives a policy.</summary>
    public static readonly DmarcFound None = new(DmarcSource.None, null, null);
    /// <summary>A name that decides could not be asked.</summary>
    public static readonly DmarcFound Unknown = new(DmarcSource.Unknown, null, null);
}

/// <summary>
/// Policy discovery (classification.md 5.4): the tree walk of RFC 9989 §4.10, and the one jump to the organizational domain of
/// RFC 7489 §6.6.3. Pure: it says which name to ask next and what the answers so far come to.
/// </summary>
public static class DmarcDiscovery
{
    /// <summary>The most queries of one walk, the one at the name itself included (RFC 9989 §4.10).</summary>
    public const int MaxQueries = 8;

    /// <summary>The names of the walk above <paramref name="name"/>, longest first. From eight labels on the first is the seven-label
    /// suffix, so that the walk never exceeds <see cref="MaxQueries"/> (RFC 9989 §4.10 steps 4 and 7).</summary>
    public static IEnumerable<string> WalkTargets(string name)
    {
        string? target = DomainName.LabelCount(name) >= MaxQueries ? DomainName.Suffix(name, MaxQueries - 1) : DomainName.Parent(name);
        for (; target is not null; target = DomainName.Parent(target)) yield return target;
    }

    /// <summary>The next name whose <c>_dmarc</c> record is needed, or null when every decision is made.</summary>
    /// <param name="asked">What the names above hold, as far as asked; the key is without <c>_dmarc.</c></param>
    public static string? Next(
        string name, DmarcSelection own, string? orgDomainPsl, IReadOnlyDictionary<string, DmarcSelection> asked)
    {
        if (own.Record is not null || own.State == DmarcRecordState.Unknown) return null;
        foreach (string target in WalkTargets(name))
        {
            if (!asked.TryGetValue(target, out var selection)) return target;
            if (EndsWalk(selection)) break;
        }
        return NeedsOrgDomain(name, own, orgDomainPsl) && !asked.ContainsKey(orgDomainPsl!) ? orgDomainPsl : null;
    }

    /// <summary>RFC 9989 §4.10.1 and §4.10.2. A name of the walk that was never asked is unknown.</summary>
    public static DmarcFound Find9989(string name, DmarcSelection own, IReadOnlyDictionary<string, DmarcSelection> asked)
    {
        if (own.State == DmarcRecordState.Unknown) return DmarcFound.Unknown;
        if (own.Record is not null) return new DmarcFound(DmarcSource.Self, name, own.Record);

        var fewestLabels = DmarcFound.None;
        foreach (string target in WalkTargets(name))
        {
            // An unknown name could hold psd=n and end the walk there: nothing found above it settles anything. Names above
            // an end of the walk are not reached, so their failures do not matter.
            if (!asked.TryGetValue(target, out var selection) || selection.State == DmarcRecordState.Unknown) return DmarcFound.Unknown;
            // None or several: discarded, and the walk goes on. RFC 9989 §4.10 step 6
            var record = selection.Record;
            if (record is null) continue;
            // RFC 9989 §4.10.2 rule 1: psd=n is the organizational domain.
            if (record.Psd == DmarcPsd.No) return new DmarcFound(DmarcSource.Org, target, record);
            // Rule 2: the organizational domain is one label below psd=y. Its record wins, else that of the public suffix
            // domain (§4.10.1). Where the cut to seven labels jumped over that name, no receiver has asked it.
            if (record.Psd == DmarcPsd.Yes)
            {
                string org = DomainName.Suffix(name, DomainName.LabelCount(target) + 1);
                return fewestLabels.Name == org ? fewestLabels : new DmarcFound(DmarcSource.Psd, target, record);
            }
            // Rule 3: not the nearest record but the one with the fewest labels, which is the last one met.
            fewestLabels = new DmarcFound(DmarcSource.Org, target, record);
        }
        return fewestLabels;
    }

    /// <summary>RFC 7489 §6.6.3 with the public suffix list of §3.2.</summary>
    public static DmarcFound Find7489(
        string name, DmarcSelection own, string? orgDomainPsl, IReadOnlyDictionary<string, DmarcSelection> asked)
    {
        if (own.State == DmarcRecordState.Unknown) return DmarcFound.Unknown;
        if (own.Record is not null) return new DmarcFound(DmarcSource.Self, name, own.Record);
        if (!NeedsOrgDomain(name, own, orgDomainPsl)) return DmarcFound.None;
        if (!asked.TryGetValue(orgDomainPsl!, out var selection) || selection.State == DmarcRecordState.Unknown) return DmarcFound.Unknown;
        return selection.Record is { } record ? new DmarcFound(DmarcSource.Org, orgDomainPsl, record) : DmarcFound.None;
    }

    /// <summary>Step 3 asks the organizational domain only if the set is empty: several own records stop at step 5.</summary>
    private static bool NeedsOrgDomain(string name, DmarcSelection own, string? orgDomainPsl) =>
        own.State == DmarcRecordState.Absent && orgDomainPsl is not null && orgDomainPsl != name;

    private static bool EndsWalk(DmarcSelection selection) =>
        selection.State == DmarcRecordState.Unknown || selection.Record is { Psd: not DmarcPsd.Undeclared };
}
