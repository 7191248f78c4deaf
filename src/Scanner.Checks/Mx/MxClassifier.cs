using Scanner.Dns;

namespace Scanner.Checks.Mx;

/// <summary>
/// The decision table of classification.md 3.3, first matching row wins. Pure: recorded answers do as well as live ones.
/// Rows 8 to 10 tell apart what row 7 holds together; they need the addresses of the MX hosts, which a run asks for only when told to.
/// </summary>
public static class MxClassifier
{
    /// <param name="mx">The answer to the MX question.</param>
    /// <param name="a">The answers about the name's own addresses, where MX was nodata; null when nobody asked.</param>
    /// <param name="hosts">The address answers of the usable MX hosts, by host; null when the run does not ask for them. A host that is
    /// not in it is unknown.</param>
    public static MxResult Classify(DnsAnswer mx, DnsAnswer? a = null, DnsAnswer? aaaa = null, IReadOnlyDictionary<string, MxHostAddresses>? hosts = null)
    {
        var targets = TargetsOf(mx, hosts);
        MxQuirk[] quirks = [];
        return new MxResult
        {
            Class = mx.Status switch
            {
                // Row 1. A name that is too long to be asked for is no name (RFC 1035 §2.3.4).
                DnsStatus.NameTooLong => MxClass.InvalidName,
                // Row 3. RFC 5321 §5.1: no such domain is an error, not an implicit MX.
                DnsStatus.Nxdomain => MxClass.Nxdomain,
                DnsStatus.Nodata => ImplicitMx(a, aaaa),
                DnsStatus.Ok when targets.Length > 0 => ByTargets(targets, out quirks),
                // Row 2. RFC 5321 §5.1: a temporary error is not "no MX".
                _ => MxClass.Unknown,
            },
            Answer = mx,
            A = a,
            Aaaa = aaaa,
            Targets = targets,
            Quirks = quirks,
        };
    }

    /// <summary>Row 1: the listed name is not one that DNS can hold, so nothing was asked.</summary>
    /// <param name="mx">The answer that stands for the question not asked.</param>
    public static MxResult InvalidName(DnsAnswer mx) => new() { Class = MxClass.InvalidName, Answer = mx };

    private static readonly Comparer<MxRecord> ByPreference = Comparer<MxRecord>.Create(static (a, b) =>
        a.Preference != b.Preference ? a.Preference.CompareTo(b.Preference) : string.CompareOrdinal(a.Exchange, b.Exchange));

    /// <summary>By preference, then by name, each once: identical records are one (RFC 2181 §5).</summary>
    private static MxTarget[] TargetsOf(DnsAnswer mx, IReadOnlyDictionary<string, MxHostAddresses>? hosts)
    {
        MxRecord[] records = [.. mx.RecordsOf<MxRecord>()];
        if (records.Length == 0) return [];
        Array.Sort(records, ByPreference);
        int kept = 1;
        for (int i = 1; i < records.Length; i++)
            if (ByPreference.Compare(records[i], records[kept - 1]) != 0) records[kept++] = records[i];
        var targets = new MxTarget[kept];
        for (int i = 0; i < kept; i++) targets[i] = TargetOf(records[i], hosts);
        return targets;
    }

    private static MxTarget TargetOf(MxRecord record, IReadOnlyDictionary<string, MxHostAddresses>? hosts)
    {
        var target = new MxTarget(record.Preference, record.Exchange, MxTargets.KindOf(record.Exchange));
        if (hosts is null) return target;
        return target with
        {
            Status = !target.Kind.IsUsable() ? MxTargetStatus.NotAsked
                : hosts.TryGetValue(target.Host, out var addresses) ? MxHosts.StatusOf(addresses)
                : MxTargetStatus.Unknown,
        };
    }

    private static readonly MxQuirk[] NullMxPref = [MxQuirk.NullMxPref], NullMxMixed = [MxQuirk.NullMxMixed];

    private static MxClass ByTargets(MxTarget[] targets, out MxQuirk[] quirks)
    {
        quirks = [];
        // Rows 4 and 5. RFC 7505 §3: a single record, preference 0, exchange ".". Another preference says the same, only carelessly.
        if (targets is [{ Kind: MxTargetKind.Null } only])
        {
            if (only.Preference != 0) quirks = NullMxPref;
            return MxClass.NullMx;
        }
        // RFC 7505 §3: a null MX must stand alone. Where it does not, senders try the others.
        if (Array.Exists(targets, t => t.Kind == MxTargetKind.Null)) quirks = NullMxMixed;
        // Row 6. RFC 5321 §5.1: records that cannot be used are an error; the name's own address does not step in.
        if (!Array.Exists(targets, t => t.Kind.IsUsable())) return MxClass.MxNoService;
        // Row 7.
        if (Array.TrueForAll(targets, t => t.Status is null)) return MxClass.MxPresent;
        // Row 8: one host that works is enough, whatever became of the others.
        if (Array.Exists(targets, t => t.Status is MxTargetStatus.AddrOk or MxTargetStatus.AddrOkCname)) return MxClass.MxOk;
        // Row 10 before row 9: "dangling" takes a definitive answer about each host.
        return Array.Exists(targets, t => t.Status == MxTargetStatus.Unknown) ? MxClass.MxUnverified : MxClass.MxDangling;
    }

    // RFC 5321 §5.1: without MX records the name itself is the mail host, if it has an address.
    private static MxClass ImplicitMx(DnsAnswer? a, DnsAnswer? aaaa)
    {
        // Row 11: one public address is enough, whatever became of the other question.
        if (HasPublicAddress(a) || HasPublicAddress(aaaa)) return MxClass.ImplicitMx;
        // Row 13 before row 12: "no address" takes two answers.
        return a is null || aaaa is null || a.Presence == Presence.Unknown || aaaa.Presence == Presence.Unknown ? MxClass.Unknown : MxClass.NoMail;
    }

    private static bool HasPublicAddress(DnsAnswer? answer) => answer is not null && MxHosts.HasPublicAddress(answer);
}
