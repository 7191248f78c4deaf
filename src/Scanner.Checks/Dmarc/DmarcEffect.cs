using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>What a record found by <see cref="DmarcDiscovery"/> comes to for one name (classification.md 5.5, 5.6). Pure.</summary>
public static class DmarcEffect
{
    /// <summary>The policy under RFC 9989.</summary>
    /// <param name="nameExists">Absent only after NXDOMAIN for the name itself (RFC 9989 §3.2.13, RFC 8020). When it is unknown, a policy
    /// that hangs on it is unknown.</param>
    public static DmarcPolicy Policy9989(DmarcFound found, Presence nameExists)
    {
        if (found.Record is not { } record) return WithoutRecord(found);
        var (p, sp, np) = Policies9989(record);
        // RFC 9989 §4.10.1: p for the name of the record itself, below it sp for names that exist and np for those that do not.
        if (found.Source == DmarcSource.Self) return p;
        return nameExists switch
        {
            Presence.Present => sp,
            Presence.Absent => np,
            _ => sp == np ? sp : DmarcPolicy.Unknown,
        };
    }

    /// <summary>Does it matter whether the name exists? Only below a record whose sp and np come to different policies.</summary>
    public static bool HangsOnExistence(DmarcFound found) =>
        found is { Record: not null, Source: not DmarcSource.Self } && Policy9989(found, Presence.Present) != Policy9989(found, Presence.Absent);

    /// <summary>The policy under RFC 7489. With 0 &lt; pct &lt; 100 it is that of the sampled part (§6.6.4).</summary>
    public static DmarcPolicy Policy7489(DmarcFound found)
    {
        if (found.Record is not { } record) return WithoutRecord(found);
        var p = record.P.Policy ?? DmarcPolicy.None;
        var policy = WithState(record.State7489, found.Source == DmarcSource.Self ? p : record.Sp.Policy ?? p);
        // RFC 7489 §6.6.4: of mail outside the sample the next lower policy is applied; with pct=0 that is all of it.
        return record.Pct == 0 ? Lower(policy) : policy;
    }

    /// <summary>
    /// <c>enf_p</c>: the tag that speaks of the name, p of an own record and sp, else p, of an inherited one, says quarantine or reject.
    /// It is what a reader of the record sees: pct, t and the faults of other tags do not count. Contradictory tags say nothing.
    /// </summary>
    public static bool? EnfP(DmarcFound found) => Tag(found, DmarcPolicy.Quarantine, DmarcPolicy.Reject);

    /// <summary><c>enf_reject</c>: the same, reject only.</summary>
    public static bool? EnfReject(DmarcFound found) => Tag(found, DmarcPolicy.Reject, DmarcPolicy.Reject);

    /// <summary><c>enf_7489</c>: the RFC 7489 policy is quarantine or reject, for all mail (a pct that is missing or no
    /// percentage is 100).</summary>
    public static bool? Enf7489(DmarcFound found7489) => found7489.Source == DmarcSource.Unknown
        ? null
        : IsEnforcing(Policy7489(found7489)) && (found7489.Record?.Pct ?? 100) == 100;

    /// <summary>
    /// <c>enf_full</c>: quarantine or reject for the record's own name, for all mail, and no exception for subdomains. It speaks of the
    /// whole record, inherited or not: p is quarantine or reject, pct is 100, sp is missing or quarantine or reject.
    /// </summary>
    public static bool? EnfFull(DmarcFound found)
    {
        if (found.Source == DmarcSource.Unknown) return null;
        return found.Record is { State: not DmarcRecordState.InvalidDuplicate } record
               && IsEnforcing(record.P.Policy)
               && (record.Sp.IsMissing || IsEnforcing(record.Sp.Policy))
               && (record.Pct ?? 100) == 100;
    }

    /// <summary>
    /// <c>enf_9989</c>: RFC 9989 §3.2.9, "the policy of an Organizational Domain and all subdomains below it is not p=none", after t.
    /// Own record, and record of the organizational domain: p, sp and np, each with its fallback, are all quarantine or reject. The
    /// inherited p counts, because the organization is not at enforcement while its own name is open, whatever sp says.
    /// Record of a public suffix domain: the organizational domain is then a name below it (§4.10.2 rule 2), which p does not speak of,
    /// so sp and np decide. Whether the name exists does not matter: both answers must enforce.
    /// </summary>
    public static bool? Enf9989(DmarcFound found)
    {
        if (found.Source == DmarcSource.Unknown) return null;
        if (found.Record is not { } record) return false;
        var (p, sp, np) = Policies9989(record);
        return IsEnforcing(sp) && IsEnforcing(np) && (found.Source == DmarcSource.Psd || IsEnforcing(p));
    }

    /// <summary>The policies for the name of the record, for existing and for non-existing names below it: np falls back to sp, sp to p
    /// (RFC 9989 §4.7), and test mode takes each one level down (§4.7 t).</summary>
    private static (DmarcPolicy P, DmarcPolicy Sp, DmarcPolicy Np) Policies9989(DmarcRecord record)
    {
        var p = record.P.Policy ?? DmarcPolicy.None;
        var sp = record.Sp.Policy ?? p;
        var np = record.Np.Policy ?? sp;
        return (Of(p), Of(sp), Of(np));

        DmarcPolicy Of(DmarcPolicy tag)
        {
            var policy = WithState(record.State, tag);
            return record.IsTest ? Lower(policy) : policy;
        }
    }

    /// <summary>RFC 9989 §4.10.1, RFC 7489 §6.6.3 step 6: a record without usable policy acts as p=none with a valid rua, else
    /// not at all.</summary>
    private static DmarcPolicy WithState(DmarcRecordState state, DmarcPolicy tag) => state switch
    {
        DmarcRecordState.Valid => tag,
        DmarcRecordState.MissingPRua or DmarcRecordState.InvalidPRua or DmarcRecordState.InvalidSpNpRua => DmarcPolicy.None,
        _ => DmarcPolicy.NoProcessing,
    };

    private static DmarcPolicy WithoutRecord(DmarcFound found) =>
        found.Source == DmarcSource.Unknown ? DmarcPolicy.Unknown : DmarcPolicy.Absent;

    private static DmarcPolicy Lower(DmarcPolicy policy) => policy switch
    {
        DmarcPolicy.Reject => DmarcPolicy.Quarantine,
        DmarcPolicy.Quarantine => DmarcPolicy.None,
        _ => policy,
    };

    private static bool IsEnforcing(DmarcPolicy? policy) => policy is DmarcPolicy.Quarantine or DmarcPolicy.Reject;

    private static bool? Tag(DmarcFound found, DmarcPolicy either, DmarcPolicy or)
    {
        if (found.Source == DmarcSource.Unknown) return null;
        if (found.Record is not { State: not DmarcRecordState.InvalidDuplicate } record) return false;
        var tag = found.Source == DmarcSource.Self || record.Sp.IsMissing ? record.P : record.Sp;
        return tag.Policy is { } policy && (policy == either || policy == or);
    }
}
