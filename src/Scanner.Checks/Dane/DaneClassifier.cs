using Scanner.Checks.Mx;
using Scanner.Dns;

namespace Scanner.Checks.Dane;

/// <summary>
/// Answers in, <see cref="DaneResult"/> out (classification.md 9). Pure. Only for answers of a resolver that validates and that we trust:
/// DANE is what DNSSEC proves, and without proof there is nothing to say.
/// </summary>
public static class DaneClassifier
{
    /// <summary>What one MX host has (RFC 7672 §2.2.2, §2.2.3).</summary>
    /// <param name="address">The answer about its address that was used: A, or AAAA where there is no A.</param>
    /// <param name="tlsa">The last TLSA answer; null when nobody asked, as the address is not signed.</param>
    public static DaneHost HostOf(string host, DnsAnswer address, DnsAnswer? tlsa)
    {
        // RFC 7672 §2.1.1: bogus and indeterminate answers are failures, not the absence of TLSA records.
        if (address.Status == DnsStatus.Bogus) return DaneResult.HostOf(host, DaneHostStatus.Bogus, null);
        if (address.Presence == Presence.Unknown) return DaneResult.HostOf(host, DaneHostStatus.Unknown, null);
        // RFC 7672 §2.2.2: without a secure address answer no TLSA is asked for; such a host does not do DANE. A host without address
        // takes no mail either.
        if (!address.AuthenticData || address.Presence == Presence.Absent) return DaneResult.HostOf(host, DaneHostStatus.None, null);
        if (tlsa is null || (tlsa.Presence == Presence.Unknown && tlsa.Status != DnsStatus.Bogus)) return DaneResult.HostOf(host, DaneHostStatus.Unknown, tlsa);
        if (tlsa.Status == DnsStatus.Bogus) return DaneResult.HostOf(host, DaneHostStatus.Bogus, null);
        if (tlsa.Presence == Presence.Absent) return DaneResult.HostOf(host, DaneHostStatus.None, null);
        var status = !tlsa.AuthenticData ? DaneHostStatus.Insecure
            : tlsa.RecordsOf<TlsaRecord>().Any(TlsaUsability.IsUsable) ? DaneHostStatus.Usable
            : DaneHostStatus.Unusable;
        return DaneResult.HostOf(host, status, tlsa);
    }

    /// <summary>The domain as a whole.</summary>
    /// <param name="hosts">Those to which mail could go; empty where there are none.</param>
    public static DaneResult Classify(MxResult mx, IReadOnlyList<DaneHost> hosts) => new() { Status = StatusOf(mx, hosts), Hosts = hosts };

    private static DaneStatus StatusOf(MxResult mx, IReadOnlyList<DaneHost> hosts)
    {
        if (mx.Answer.Status == DnsStatus.Bogus) return DaneStatus.Bogus;
        if (mx.Class == MxClass.Unknown) return DaneStatus.Unknown;
        // No mail host, nothing to protect.
        if (hosts.Count == 0) return DaneStatus.None;
        int Count(DaneHostStatus status) => hosts.Count(h => h.Status == status);
        if (Count(DaneHostStatus.Bogus) > 0) return DaneStatus.Bogus;

        int usable = Count(DaneHostStatus.Usable), unusable = Count(DaneHostStatus.Unusable), insecure = Count(DaneHostStatus.Insecure), unknown = Count(DaneHostStatus.Unknown);
        // RFC 7672 §2.2.1: when the MX records are not signed, an attacker can name other hosts: TLSA at the true ones protects nothing.
        if (!mx.Answer.AuthenticData)
            return usable + unusable + insecure > 0 ? DaneStatus.TlsaInsecure : unknown > 0 ? DaneStatus.Unknown : DaneStatus.None;
        if (usable == hosts.Count) return DaneStatus.Full;
        // One host that certainly has none, and "full" is out, whatever the unknown ones are. Otherwise they decide.
        if (usable > 0) return usable + unknown == hosts.Count ? DaneStatus.Unknown : DaneStatus.Partial;
        if (unknown > 0) return DaneStatus.Unknown;
        return unusable > 0 ? DaneStatus.Unusable : insecure > 0 ? DaneStatus.TlsaInsecure : DaneStatus.None;
    }
}
