using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>What a, mx and ptr terms need of the answers about hosts (RFC 7208 §5).</summary>
internal static class SpfHosts
{
    /// <summary>The exchanges of an MX answer, by preference and then by name, since the order of an RRset means nothing. The root (a null MX,
    /// RFC 7505) names no host.</summary>
    public static IReadOnlyList<string> MxNames(DnsAnswer answer) =>
        [.. answer.RecordsOf<MxRecord>().OrderBy(mx => mx.Preference).ThenBy(mx => mx.Exchange, StringComparer.Ordinal)
            .Select(mx => mx.Exchange).Where(name => name.Length > 0 && name != ".")];

    /// <summary>More MX records than a term may have (RFC 7208 §4.6.4, §5.4).</summary>
    public static bool HasTooManyMx(DnsAnswer answer) => answer.RecordsOf<MxRecord>().Take(SpfLimits.MxNames + 1).Count() > SpfLimits.MxNames;

    public static IEnumerable<uint> Ip4Of(DnsAnswer? answer)
    {
        if (answer is null) yield break;
        foreach (var record in answer.RecordsOf<AddressRecord>())
            if (record.Address.AddressFamily == AddressFamily.InterNetwork) yield return Ip4Of(record.Address);
    }

    public static IEnumerable<UInt128> Ip6Of(DnsAnswer? answer)
    {
        if (answer is null) yield break;
        foreach (var record in answer.RecordsOf<AddressRecord>())
            if (record.Address.AddressFamily == AddressFamily.InterNetworkV6) yield return Ip6Of(record.Address);
    }

    public static uint Ip4Of(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[4];
        address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(octets);
    }

    public static UInt128 Ip6Of(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(octets);
    }
}
