using Scanner.Dns.Tests.Transport;
using Scanner.Dns.Transport;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Tests.Wire;

/// <summary>Valid answers of every kind that a scan meets, to be cut and mutated.</summary>
internal static class AnswerSamples
{
    public static DnsQuestion Question { get; } = new("www.example.com", DnsRecordType.Txt);

    /// <summary>What a query for the question looks like on the wire.</summary>
    public static ReceivedQuery Query(ushort id = 0x1234, DnsQuestion? question = null)
    {
        Span<byte> message = stackalloc byte[QueryEncoder.MaxLength];
        int length = QueryEncoder.Encode(question ?? Question, default, id, 0, message);
        return ReceivedQuery.Parse(message[..length].ToArray(), overTcp: false);
    }

    public static IEnumerable<(string Kind, byte[] Bytes)> For(ReceivedQuery query)
    {
        string name = query.Name;
        yield return ("NXDOMAIN", query.Reply(3).Soa("com", 900, 86400).Opt().Bytes());
        yield return ("NODATA", query.Reply().Soa("example.com", 900, 86400).Bytes());
        yield return ("referral", query.Reply().AuthorityNs("com", "a.gtld-servers.net").AuthorityNs("com", "b.gtld-servers.net").Bytes());
        yield return ("SERVFAIL with extended errors", query.Reply(2).Opt(0, 6, 22).Bytes());
        yield return ("TXT", query.Reply().Txt(name, "v=spf1 "u8.ToArray(), [], "-all"u8.ToArray()).Txt(name, new byte[255]).Opt().Bytes());
        yield return ("MX", query.Reply().Mx(name, 10, "mx1.example.com").Mx(name, 20, "mx2.example.net").Mx(name, 0, ".").Bytes());
        yield return ("addresses behind a chain", query.Reply().Cname(name, "a.example.net").Cname("a.example.net", "b.example.org").A("b.example.org", "192.0.2.1")
            .Answer("b.example.org", DnsRecordType.Aaaa, 60, new byte[16]).Bytes());
        yield return ("all the rest", query.Reply()
            .Answer(name, DnsRecordType.Ns, 60, DnsMessage.NameOf("ns1.example.com"))
            .Answer(name, DnsRecordType.Ptr, 60, DnsMessage.NameOf("host.example.com"))
            .Answer(name, DnsRecordType.Soa, 60, [.. DnsMessage.NameOf("ns1.example.com"), .. DnsMessage.NameOf("h.example.com"), .. new byte[20]])
            .Answer(name, DnsRecordType.Tlsa, 60, [3, 1, 1, .. new byte[32]])
            .Answer(name, DnsRecordType.Rrsig, 60, [0, 16, 13, 2, .. new byte[14], .. DnsMessage.NameOf("example.com"), .. new byte[64]])
            .Answer(name, (DnsRecordType)65, 60, 0, 1, 0).Opt().Bytes());
    }

    public static DnsReply Decode(byte[] message, DnsQuestion? question = null) => ReplyDecoder.Decode(message, question ?? Question, overTcp: false);
}
