using Scanner.Dns;

namespace Scanner.Checks.Dkim;

/// <summary>Answers in, <see cref="DkimResult"/> out (classification.md 8). Pure: runs as well on recorded answers as on live ones.</summary>
public static class DkimClassifier
{
    /// <summary>The empty non-terminal test. RFC 8020 §2: NXDOMAIN says that nothing is below the name either; NOERROR says that there is,
    /// unless a name that nobody made gets NOERROR as well.</summary>
    /// <param name="control">The TXT answer at <see cref="ControlName"/>; null when nobody asked, which is enough only for NXDOMAIN.</param>
    public static DkimEnt EntOf(DnsAnswer domainKey, DnsAnswer? control)
    {
        if (domainKey.Pruned || domainKey.Status is DnsStatus.NameTooLong) return DkimEnt.Absent;
        // A CNAME at _domainkey exists, wherever it leads (RFC 6604 §3).
        if (domainKey.IsDenial) return DkimEnt.Absent;
        if (domainKey.Presence == Dns.Presence.Unknown) return DkimEnt.Unknown;
        return control switch
        {
            null => DkimEnt.Unknown,
            { IsDenial: true } => DkimEnt.Exists,
            _ when control.Presence == Dns.Presence.Unknown => DkimEnt.Unknown,
            _ => DkimEnt.Inconclusive,
        };
    }

    /// <param name="selectors">The answers at <c>SELECTOR._domainkey.</c>name, in the order asked.</param>
    public static DkimResult Classify(DnsAnswer domainKey, DnsAnswer? control, IReadOnlyList<(string Selector, DnsAnswer Answer)> selectors)
    {
        var ent = EntOf(domainKey, control);
        var keys = selectors.Select(s => KeyOf(s.Selector, s.Answer)).ToArray();
        return new DkimResult
        {
            Presence = PresenceOf(ent, keys),
            Ent = ent,
            Answer = domainKey,
            Keys = [.. keys.Where(k => k.State != DkimKeyState.Absent)],
            SelectorsAsked = selectors.Count,
        };
    }

    private static DkimKey KeyOf(string selector, DnsAnswer answer)
    {
        if (answer.CnameDangling) return new DkimKey(selector, DkimKeyState.DanglingCname, null, null, answer.CnameTarget);
        if (answer.Presence != Dns.Presence.Present)
        {
            var state = answer.Presence == Dns.Presence.Absent ? DkimKeyState.Absent : DkimKeyState.Unknown;
            return new DkimKey(selector, state, null, null, answer.CnameTarget);
        }
        DkimKeyRecord? found = null;
        int count = 0;
        foreach (string text in TxtRrset.Texts(answer))
        {
            // A wildcard's SPF text is no key.
            if (DkimKeyParser.Parse(text, out var record) == RecordMatch.NotThisType) continue;
            found = record;
            count++;
        }
        return count switch
        {
            0 => new DkimKey(selector, DkimKeyState.Absent, null, null, answer.CnameTarget),
            1 => new DkimKey(selector, found!.State, found.Type, found.Bits, answer.CnameTarget),
            _ => new DkimKey(selector, DkimKeyState.Multiple, null, null, answer.CnameTarget),
        };
    }

    private static DkimPresence PresenceOf(DkimEnt ent, DkimKey[] keys)
    {
        // A weak key is one that somebody published: it is found, and its state says what it is worth. Several keys likewise.
        if (keys.Any(k => k.State is DkimKeyState.Valid or DkimKeyState.Testing or DkimKeyState.Weak or DkimKeyState.Multiple)) return DkimPresence.KeyFound;
        if (ent == DkimEnt.Absent) return DkimPresence.Absent;
        // A selector that could not be asked may hold the key: nothing that says "none found" stands then.
        if (ent == DkimEnt.Unknown || keys.Any(k => k.State == DkimKeyState.Unknown)) return DkimPresence.Unknown;
        if (keys.Any(k => k.State == DkimKeyState.Revoked)) return DkimPresence.RevokedOnly;
        return ent == DkimEnt.Exists ? DkimPresence.NamespaceOnly : DkimPresence.NotFound;
    }
}
