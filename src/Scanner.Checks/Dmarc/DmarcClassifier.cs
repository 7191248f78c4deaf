using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>Puts what was found into one <see cref="DmarcResult"/>. Pure: runs as well on recorded answers as on live ones.</summary>
public static class DmarcClassifier
{
    /// <param name="nameExists">Absent when the listed name itself is NXDOMAIN, Present when it exists, else Unknown.</param>
    /// <param name="ancestors">What the names above hold, by name without <c>_dmarc.</c>: those that
    /// <see cref="DmarcDiscovery.Next"/> asked for.</param>
    /// <param name="apexTxt">The TXT answer at the name itself; null when nobody asked.</param>
    /// <param name="orgDomainPsl">The organizational domain by the public suffix list; null where there is none.</param>
    public static DmarcResult Classify(
        string name, Presence nameExists, DmarcSelection own, IReadOnlyDictionary<string, DmarcSelection> ancestors,
        DnsAnswer? apexTxt, string? orgDomainPsl)
    {
        var found = DmarcDiscovery.Find9989(name, own, ancestors);
        var found7489 = DmarcDiscovery.Find7489(name, own, orgDomainPsl, ancestors);
        var policy = DmarcEffect.Policy9989(found, nameExists);
        var record = found.Record;
        return new DmarcResult
        {
            Record = own.State,
            Class = ClassOf(policy, own.State),
            Answer = own.Answer,
            Own = own.State switch
            {
                DmarcRecordState.Unknown => null,
                DmarcRecordState.Absent => false,
                _ => true,
            },
            Source = found.Source,
            SourceName = found.Name,
            Policy9989 = policy,
            Policy7489 = DmarcEffect.Policy7489(found7489),
            P = Escape(record?.P.Text),
            Sp = Escape(record?.Sp.Text),
            Np = Escape(record?.Np.Text),
            Pct = record?.Pct,
            T = Escape(record?.T),
            Psd = Escape(record?.PsdText),
            Adkim = Escape(record?.Adkim),
            Aspf = Escape(record?.Aspf),
            Fo = Escape(record?.Fo),
            Rua = record?.Rua.State,
            RuaHosts = record?.Rua.Hosts ?? [],
            Ruf = record?.Ruf.State,
            Quirks = Quirks(found, found7489, orgDomainPsl),
            UnknownTags = record?.UnknownTags ?? [],
            NearMiss = own.State == DmarcRecordState.Absent ? DmarcNearMisses.Find(own.Texts, apexTxt) : null,
            TxtOther = own.TxtOther,
            Cname = own.Answer.CnameTarget,
            EnfP = DmarcEffect.EnfP(found),
            EnfReject = DmarcEffect.EnfReject(found),
            Enf7489 = DmarcEffect.Enf7489(found7489),
            EnfFull = DmarcEffect.EnfFull(found),
            Enf9989 = DmarcEffect.Enf9989(found),
            Raw = Escape(record?.Text),
            Candidates = own.Texts.Count == 0 ? [] : [.. own.Texts.Select(Evidence.Escape)],
        };
    }

    /// <summary>classification.md 5.8. Several own records with nothing inherited are published without effect.</summary>
    private static DmarcClass ClassOf(DmarcPolicy policy, DmarcRecordState own) => policy switch
    {
        DmarcPolicy.None => DmarcClass.None,
        DmarcPolicy.Quarantine => DmarcClass.Quarantine,
        DmarcPolicy.Reject => DmarcClass.Reject,
        DmarcPolicy.NoProcessing => DmarcClass.NoEffect,
        DmarcPolicy.Absent => own == DmarcRecordState.Multiple ? DmarcClass.NoEffect : DmarcClass.Absent,
        _ => DmarcClass.Unknown,
    };

    private static IReadOnlyList<string> Quirks(DmarcFound found, DmarcFound found7489, string? orgDomainPsl)
    {
        var quirks = found.Record?.Quirks ?? [];
        // RFC 7489 §6.6.4. The flag belongs to the RFC 7489 column, so it speaks of the record behind that.
        bool partial = found7489.Record?.Pct is > 0 and < 100;
        // A record without psd=y at a public suffix is inherited by RFC 9989 and not by RFC 7489. classification.md 5.4
        bool suffix = found.Source == DmarcSource.Org && IsSuffix(found.Name!, orgDomainPsl);
        if (!partial && !suffix) return quirks;
        var all = new List<string>(quirks);
        if (partial) all.Add("pct_partial");
        if (suffix) all.Add("inherited_from_suffix");
        return all;
    }

    /// <summary>What lies above an organizational domain is a public suffix, and so is a single label (the list's default rule).</summary>
    private static bool IsSuffix(string ancestor, string? orgDomainPsl) =>
        DomainName.LabelCount(ancestor) == 1
        || (orgDomainPsl is not null && orgDomainPsl != ancestor && DomainName.IsAtOrBelow(orgDomainPsl, ancestor));

    private static string? Escape(string? octets) => octets is null ? null : Evidence.Escape(octets);
}
