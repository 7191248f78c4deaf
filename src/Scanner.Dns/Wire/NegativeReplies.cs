using Scanner.Dns.Transport;

namespace Scanner.Dns.Wire;

/// <summary>
/// Half of all replies of a scan are empty, and most of them are equal: the same header bits and the same negative TTL. A reply never
/// changes, so equal ones can be the same object. One place per hash, the last one used stays in it.
/// </summary>
internal static class NegativeReplies
{
    private const int Places = 256;

    private static readonly DnsReply?[] Kept = new DnsReply?[Places];

    public static DnsReply Get(MessageHeader header, int rcode, uint? negativeTtl, bool hasNs, bool nameDenied, bool overTcp)
    {
        int place = (int)((uint)HashCode.Combine(rcode, negativeTtl) % Places);
        var kept = Volatile.Read(ref Kept[place]);
        if (kept is not null && kept.Rcode == rcode && kept.NegativeTtl == negativeTtl && kept.HasAuthorityNs == hasNs && kept.OverTcp == overTcp && kept.NameDenied == nameDenied
            && kept.Authoritative == header.Authoritative && kept.RecursionAvailable == header.RecursionAvailable
            && kept.AuthenticData == header.AuthenticData) return kept;
        var reply = new DnsReply
        {
            Outcome = TransportOutcome.Answered,
            Rcode = rcode,
            Authoritative = header.Authoritative,
            RecursionAvailable = header.RecursionAvailable,
            AuthenticData = header.AuthenticData,
            OverTcp = overTcp,
            NegativeTtl = negativeTtl,
            HasAuthorityNs = hasNs,
            NameDenied = nameDenied,
        };
        Volatile.Write(ref Kept[place], reply);
        return reply;
    }
}
