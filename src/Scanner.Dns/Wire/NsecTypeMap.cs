namespace Scanner.Dns.Wire;

/// <summary>What an NSEC record says beyond its signature: does the name that it denies a type to exist at all? (RFC 4034 §4.1, RFC 9824 §3.1)</summary>
internal static class NsecTypeMap
{
    public const DnsRecordType Nsec = (DnsRecordType)47;

    /// <summary>Is NXNAME, type 128, in the type map: is the NOERROR a compact denial of the name itself? RFC 4034 §4.1.2: window, length 1 to 32, one bit a type from the left. Type 128 is the first bit of octet 16 of window 0, which comes
    /// first.</summary>
    public static bool HasNxname(ReadOnlySpan<byte> map) => map is [0, > 16 and <= 32, ..] && map.Length > 2 + 16 && (map[2 + 16] & 0x80) != 0;
}
