using Scanner.Dns;

namespace Scanner.Checks.Dnssec;

/// <summary>Is the zone of the name signed and valid (classification.md 2.6)?</summary>
public enum DnssecState : byte
{
    /// <summary>The answer was validated (AD=1).</summary>
    Secure = 1,
    /// <summary>A definitive answer without proof: the zone, or one above it, is not signed.</summary>
    Insecure = 2,
    /// <summary>Signed, and validation fails: a finding here, and "unknown" for everything that could not be read because of it.</summary>
    Bogus = 3,
    /// <summary>No definitive answer, or a resolver whose AD bit is worth nothing.</summary>
    Unknown = 4,
}

/// <param name="Answer">The answer about the SOA of the name, or about its CNAME where that decides.</param>
/// <param name="Untrusted">Nothing can be said, because the resolver's AD bit is not to be trusted.</param>
public sealed record DnssecResult(DnssecState State, DnsAnswer Answer, bool Untrusted);

/// <summary>
/// DNSSEC as a resolver sees it: the AD bit of an answer about the name itself. RFC 4035 §3.2.3, §4.9.3 (what AD is worth),
/// RFC 6840 §5.7, §5.8 (how to ask for it). One question a name; a second one where the name is an alias.
/// </summary>
public static class DnssecLookup
{
    /// <param name="trusted">Does the resolver validate, on a path that we trust? Otherwise AD=0 says nothing, and every zone would look unsigned.</param>
    public static async Task<DnssecResult> RunAsync(string name, bool trusted, IResolver resolver, CancellationToken cancellationToken)
    {
        if (!trusted) return Classify(DnsAnswer.Without(new DnsQuestion(name, DnsRecordType.Soa, Dnssec: true), DnsStatus.NotQueried), trusted);
        var soa = await resolver.QueryAsync(new DnsQuestion(name, DnsRecordType.Soa, Dnssec: true), cancellationToken).ConfigureAwait(false);
        // An alias leads into another zone, and AD=0 may then be that one's doing. The CNAME record itself is in the name's own zone.
        if (soa.CnameTarget is not null && !soa.AuthenticData)
            soa = await resolver.QueryAsync(new DnsQuestion(name, DnsRecordType.Cname, Dnssec: true), cancellationToken).ConfigureAwait(false);
        return Classify(soa, trusted);
    }

    /// <summary>Pure. NODATA and NXDOMAIN are proven as well as records are: they are secure or insecure like those.</summary>
    public static DnssecResult Classify(DnsAnswer answer, bool trusted) => new(
        !trusted ? DnssecState.Unknown
        : answer.Status == DnsStatus.Bogus ? DnssecState.Bogus
        : answer.Status is not (DnsStatus.Ok or DnsStatus.Nodata or DnsStatus.Nxdomain) ? DnssecState.Unknown
        : answer.AuthenticData ? DnssecState.Secure
        : DnssecState.Insecure,
        answer, !trusted);
}
