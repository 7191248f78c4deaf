using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Scanner.Checks;

/// <summary>
/// Is an address special-purpose: one at which no public mail or web server can be reached? The blocks that the IANA IPv4 and IPv6
/// Special-Purpose Address Registries (RFC 6890, RFC 8190) list as not globally reachable, plus multicast and 6to4; IPv4-mapped and
/// NAT64 addresses are judged by the IPv4 address inside. Anycast blocks marked globally reachable (192.31.196.0/24, 192.52.193.0/24,
/// 192.175.48.0/24, 2001:20::/28, 2620:4f:8000::/48) are ordinary addresses here.
/// </summary>
public static class SpecialAddresses
{
    /// <summary>True when a public host cannot stand at this address. Families other than IPv4 and IPv6 are special.</summary>
    public static bool IsSpecial(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        if (!address.TryWriteBytes(octets, out int length)) return true;
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork when length == 4 => IsSpecialV4(BinaryPrimitives.ReadUInt32BigEndian(octets)),
            AddressFamily.InterNetworkV6 when length == 16 => IsSpecialV6(octets),
            _ => true,
        };
    }

    private readonly record struct V4Block(uint Prefix, int Length)
    {
        public bool Contains(uint address) => address >> (32 - Length) == Prefix >> (32 - Length);
    }

    private static readonly V4Block[] V4 =
    [
        new(0x00000000, 8),  // 0.0.0.0/8        "this network"              RFC 791 §3.2
        new(0x0A000000, 8),  // 10.0.0.0/8       private use                 RFC 1918
        new(0x64400000, 10), // 100.64.0.0/10    shared address space        RFC 6598
        new(0x7F000000, 8),  // 127.0.0.0/8      loopback                    RFC 1122 §3.2.1.3
        new(0xA9FE0000, 16), // 169.254.0.0/16   link local                  RFC 3927
        new(0xAC100000, 12), // 172.16.0.0/12    private use                 RFC 1918
        new(0xC0000000, 24), // 192.0.0.0/24     IETF protocol assignments   RFC 6890 §2.1
        new(0xC0000200, 24), // 192.0.2.0/24     documentation (TEST-NET-1)  RFC 5737
        new(0xC0586300, 24), // 192.88.99.0/24   6to4 relay anycast, dead    RFC 7526
        new(0xC0A80000, 16), // 192.168.0.0/16   private use                 RFC 1918
        new(0xC6120000, 15), // 198.18.0.0/15    benchmarking                RFC 2544
        new(0xC6336400, 24), // 198.51.100.0/24  documentation (TEST-NET-2)  RFC 5737
        new(0xCB007100, 24), // 203.0.113.0/24   documentation (TEST-NET-3)  RFC 5737
        new(0xE0000000, 4),  // 224.0.0.0/4      multicast                   RFC 5771
        new(0xF0000000, 4),  // 240.0.0.0/4      reserved, and 255.255.255.255 limited broadcast: RFC 1112 §4, RFC 8190
    ];

    // 192.0.0.9 (PCP anycast, RFC 7723) and 192.0.0.10 (TURN anycast, RFC 8155) are globally reachable in the registry, but only as
    // the nearest such server: nobody's mail host. They stay special with their /24.
    private static bool IsSpecialV4(uint address)
    {
        foreach (var block in V4)
            if (block.Contains(address)) return true;
        return false;
    }

    private static bool IsSpecialV6(ReadOnlySpan<byte> a)
    {
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(a);
        ulong low = BinaryPrimitives.ReadUInt64BigEndian(a[8..]);
        uint lastV4 = (uint)low;

        // ::ffff:0:0/96, IPv4-mapped (RFC 4291 §2.5.5.2): the same host as the IPv4 address.
        if (high == 0 && low >> 32 == 0xFFFF) return IsSpecialV4(lastV4);
        // 64:ff9b::/96, NAT64 (RFC 6052 §2.1): a translator reaches the IPv4 address inside, so that one decides.
        if (high == 0x0064_FF9B_0000_0000 && low >> 32 == 0) return IsSpecialV4(lastV4);
        // 2002::/16, 6to4 (RFC 3056 §2): a tunnel that the registry does not call globally reachable, through relays that are no more
        // (RFC 7526), to an IPv4 address that stands inside.
        if (high >> 48 == 0x2002) return true;

        // Global unicast is 2000::/3 (IANA IPv6 address space registry, RFC 4291 §2.4); all else is loopback ::1, unspecified ::,
        // IPv4-compatible ::/96 (deprecated, RFC 4291 §2.5.5.1), local NAT64 64:ff9b:1::/48 (RFC 8215), discard 100::/64 (RFC 6666),
        // SRv6 SIDs 5f00::/16 (RFC 9602), unique local fc00::/7 (RFC 4193), link local fe80::/10 (RFC 4291 §2.5.6),
        // site local fec0::/10 (deprecated, RFC 3879), multicast ff00::/8 (RFC 4291 §2.7), or not assigned to anyone.
        if (high >> 61 != 0b001) return true;

        // 2001::/23, IETF protocol assignments (RFC 2928): Teredo 2001::/32 (RFC 4380), benchmarking 2001:2::/48 (RFC 5180), ORCHID
        // 2001:10::/28 (RFC 4843). ORCHIDv2 2001:20::/28 (RFC 7343) and the AMT and AS112 blocks below are globally reachable.
        if (high >> 41 == 0x2001_0000_0000_0000 >> 41)
            return !(high >> 32 == 0x2001_0003        // 2001:3::/32    AMT (RFC 7450)
                  || high >> 16 == 0x2001_0004_0112   // 2001:4:112::/48 AS112 (RFC 7535)
                  || high >> 36 == 0x2001_0020 >> 4   // 2001:20::/28   ORCHIDv2 (RFC 7343)
                  || high >> 36 == 0x2001_0030 >> 4); // 2001:30::/28   drone remote id (RFC 9374)
        return high >> 32 == 0x2001_0DB8   // 2001:db8::/32   documentation (RFC 3849)
            || high >> 44 == 0x3FFF0;      // 3fff::/20       documentation (RFC 9637)
    }
}
