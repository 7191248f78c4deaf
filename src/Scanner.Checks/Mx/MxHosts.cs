using Scanner.Dns;

namespace Scanner.Checks.Mx;

/// <summary>The address answers about one mail host.</summary>
/// <param name="Aaaa">Null when A gave a public address already: one is enough, so AAAA was not asked.</param>
public sealed record MxHostAddresses(DnsAnswer A, DnsAnswer? Aaaa);

/// <summary>What the addresses of a mail host come to (classification.md 3.2, RFC 5321 §5.1, RFC 2181 §10.3). Pure.</summary>
public static class MxHosts
{
    /// <summary>What the addresses come to; "no address" takes two definitive answers.</summary>
    public static MxTargetStatus StatusOf(MxHostAddresses host)
    {
        if (HasPublicAddress(host.A)) return OkBy(host.A);
        if (host.Aaaa is { } aaaa && HasPublicAddress(aaaa)) return OkBy(aaaa);
        // Only two definitive answers together say that there is no address.
        if (host.Aaaa is null || host.A.Presence == Presence.Unknown || host.Aaaa.Presence == Presence.Unknown) return MxTargetStatus.Unknown;
        if (host.A.Status == DnsStatus.Ok || host.Aaaa.Status == DnsStatus.Ok) return MxTargetStatus.ReservedAddrOnly;
        return host.A.Status == DnsStatus.Nxdomain && host.Aaaa.Status == DnsStatus.Nxdomain ? MxTargetStatus.Nxdomain : MxTargetStatus.Nodata;
    }

    /// <summary>An address at which a public mail server can stand (RFC 6890).</summary>
    public static bool HasPublicAddress(DnsAnswer answer)
    {
        foreach (var record in answer.Records)
            if (record is AddressRecord address && !SpecialAddresses.IsSpecial(address.Address)) return true;
        return false;
    }

    // RFC 2181 §10.3, RFC 5321 §5.1: an MX target that is an alias is out of specification. Most senders deliver all the same.
    private static MxTargetStatus OkBy(DnsAnswer answer) => answer.CnameTarget is null ? MxTargetStatus.AddrOk : MxTargetStatus.AddrOkCname;
}
