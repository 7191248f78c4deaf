using System.Net;
using Scanner.Dns;

namespace Scanner.Checks.MtaSts;

/// <summary>
/// Where a policy host is, by our own resolver: the address that was checked is the address that is connected to, so that no second
/// lookup can say something else (DNS rebinding).
/// </summary>
/// <param name="Permitted">The addresses that may be connected to, IPv4 first, at most <see cref="MaxTried"/>.</param>
/// <param name="Cname">Where a CNAME leads; null without one.</param>
/// <param name="Error">Why there is none; null when there is one.</param>
internal sealed record PolicyHostAddresses(IReadOnlyList<IPAddress> Permitted, string? Cname, MtaStsError? Error)
{
    /// <summary>Enough for a second site; more would only thin out the time for each.</summary>
    public const int MaxTried = 4;

    public static async ValueTask<PolicyHostAddresses> ResolveAsync(
        IResolver resolver, string host, SpecialAddressUse allowed, CancellationToken cancellationToken)
    {
        var asksA = resolver.QueryAsync(new DnsQuestion(host, DnsRecordType.A), cancellationToken).AsTask();
        var asksAaaa = resolver.QueryAsync(new DnsQuestion(host, DnsRecordType.Aaaa), cancellationToken).AsTask();
        var answers = await Task.WhenAll(asksA, asksAaaa);
        return Choose(answers[0], answers[1], allowed);
    }

    public static PolicyHostAddresses Choose(DnsAnswer a, DnsAnswer aaaa, SpecialAddressUse allowed)
    {
        string? cname = a.CnameTarget ?? aaaa.CnameTarget;
        // IPv4 first: a scanning host without working IPv6 then loses no time.
        var found = a.RecordsOf<AddressRecord>().Concat(aaaa.RecordsOf<AddressRecord>()).Select(r => r.Address).Distinct().ToArray();
        // Of mixed answers only the permitted addresses are tried.
        var permitted = found.Where(address => IsPermitted(address, allowed)).Take(MaxTried).ToArray();
        return new PolicyHostAddresses(permitted, cname, permitted.Length > 0 ? null : ErrorOf(a, aaaa, found.Length > 0));
    }

    private static MtaStsError ErrorOf(DnsAnswer a, DnsAnswer aaaa, bool onlySpecial)
    {
        // NXDOMAIN speaks of the name, whatever the type (RFC 8020 §2); but a record of the other type proves it wrong.
        bool nxdomain = a.Status is DnsStatus.Nxdomain or DnsStatus.NameTooLong || aaaa.Status is DnsStatus.Nxdomain or DnsStatus.NameTooLong;
        bool nodata = a.Status == DnsStatus.Nodata || aaaa.Status == DnsStatus.Nodata;
        if (nxdomain && !nodata && !onlySpecial)
            return a.CnameDangling || aaaa.CnameDangling ? MtaStsError.HostDanglingCname : MtaStsError.HostNxdomain;
        // One family unknown: there might have been a good address.
        if (a.Status.IsUnknown() || aaaa.Status.IsUnknown()) return MtaStsError.HostDnsUnknown;
        return onlySpecial ? MtaStsError.HostReservedAddr : MtaStsError.HostNodata;
    }

    private static bool IsPermitted(IPAddress address, SpecialAddressUse allowed) =>
        allowed == SpecialAddressUse.All
        || !SpecialAddresses.IsSpecial(address)
        || (allowed == SpecialAddressUse.LoopbackOnly && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));
}
