namespace Scanner.Dns.Wire;

/// <summary>What an NSEC record says beyond its signature: does the name that it denies a type to exist at all? (RFC 4034 §4.1, RFC 9824 §3.1)</summary>
internal static class NsecTypeMap
{
    public const DnsRecordType Nsec = (DnsRecordType)47;

    /// <summary>Is NXNAME, type 128, in the type map: is the NOERROR a compact denial of the name itself?</summary>
    /// <param name="data">The data of the record: the next name, then the type map. Cut short it says nothing.</param>
    public static bool SaysNxname(ReadOnlySpan<byte> data)
    {
        // The next name. It must not be compressed (RFC 4034 §4.1.1); where it is, a pointer ends it.
        while (!data.IsEmpty)
        {
            int length = data[0];
            if (length >= 0xC0) return data.Length > 2 && HasNxname(data[2..]);
            if (length >= data.Length) return false;
            data = data[(length + 1)..];
            if (length == 0) return HasNxname(data);
        }
        return false;
    }

    /// <summary>RFC 4034 §4.1.2: window, length 1 to 32, one bit a type from the left. Type 128 is the first bit of octet 16 of window 0, which comes
    /// first.</summary>
    public static bool HasNxname(ReadOnlySpan<byte> map) => map is [0, > 16 and <= 32, ..] && map.Length > 2 + 16 && (map[2 + 16] & 0x80) != 0;
}
