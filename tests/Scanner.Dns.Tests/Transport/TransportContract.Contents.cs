using System.Net;
using System.Text;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Tests.Transport;

/// <content>What stands in the records, as octets and as names.</content>
public abstract partial class TransportContract
{
    [Fact]
    public async Task Cname_chain_is_left_as_a_chain()
    {
        var (reply, _) = await AskAsync(q => q.Reply().Cname("example.com", "WWW.Example.NET", 7).Cname("www.example.net", "end.example.org", 8).A("end.example.org", "192.0.2.1", 9));
        Assert.Equal(
            [new CnameRecord("example.com", 7, "www.example.net"), new CnameRecord("www.example.net", 8, "end.example.org"), new AddressRecord("end.example.org", 9, IPAddress.Parse("192.0.2.1"))],
            reply.Answers);
    }

    [Fact]
    public async Task Each_type_that_we_read()
    {
        var (reply, _) = await AskAsync(q => q.Reply()
            .Mx("example.com", 65535, "Mail.Example.Com").Mx("example.com", 0, ".")
            .Answer("example.com", DnsRecordType.Aaaa, 5, IPAddress.Parse("2001:db8::1").GetAddressBytes())
            .Answer("example.com", DnsRecordType.Ns, 5, DnsMessage.NameOf("ns1.example.com"))
            .Answer("_25._tcp.example.com", DnsRecordType.Tlsa, 5, 3, 1, 1, 0xAB, 0xCD)
            .Answer("example.com", (DnsRecordType)65, 5, 1, 2, 3)
            .Answer("example.com", DnsRecordType.Ptr, 5, DnsMessage.NameOf("Host.Example.Com"))
            .Answer("example.com", DnsRecordType.Soa, 5, [.. DnsMessage.NameOf("ns1.example.com"), .. DnsMessage.NameOf("h.example.com"), .. new byte[19], 60])
            // Type covered TXT, algorithm 13, two labels, TTL, two times, key tag, signer, signature.
            .Answer("a.b.example.com", DnsRecordType.Rrsig, 5, [0, 16, 13, 2, .. new byte[14], .. DnsMessage.NameOf("example.com"), .. new byte[64]]));
        Assert.Equal(new MxRecord("example.com", 300, 65535, "mail.example.com"), reply.Answers[0]);
        Assert.Equal(new MxRecord("example.com", 300, 0, "."), reply.Answers[1]);
        Assert.Equal(new AddressRecord("example.com", 5, IPAddress.Parse("2001:db8::1")), reply.Answers[2]);
        Assert.Equal(new NsRecord("example.com", 5, "ns1.example.com"), reply.Answers[3]);
        var tlsa = Assert.IsType<TlsaRecord>(reply.Answers[4]);
        Assert.Equal(("_25._tcp.example.com", 3, 1, 1, "ABCD"), (tlsa.Owner, tlsa.Usage, tlsa.Selector, tlsa.MatchingType, Convert.ToHexString(tlsa.Data.Span)));
        Assert.Equal(new OtherRecord("example.com", 5, (DnsRecordType)65), reply.Answers[5]);
        Assert.Equal(new PtrRecord("example.com", 5, "host.example.com"), reply.Answers[6]);
        Assert.Equal(new SoaRecord("example.com", 5, "ns1.example.com", 60), reply.Answers[7]);
        Assert.Equal(new RrsigRecord("a.b.example.com", 5, DnsRecordType.Txt, 2), reply.Answers[8]);
    }

    [Fact]
    public async Task Ttl_with_the_top_bit_is_zero() // RFC 2181 §8
    {
        var (reply, _) = await AskAsync(q => q.Reply().A("example.com", "192.0.2.1", 0x8000_0001).A("example.com", "192.0.2.2", 0x7FFF_FFFF));
        Assert.Equal([0u, 0x7FFF_FFFFu], reply.Answers.Select(r => r.Ttl));
    }

    [Theory]
    [InlineData("a b.example", "a\\032b.example", "space")]
    [InlineData("a\u0001\u00E9.example", "a\\001\\233.example", "octets without a character")]
    [InlineData("a\\b.example", "a\\\\b.example", "backslash")]
    [InlineData("a;\"b.example", "a;\"b.example", "signs that need no escape")]
    [InlineData("_DMARC.Example", "_dmarc.example", "capitals")]
    [InlineData("xn--a.example", "xn--a.example", "no valid punycode")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", "valid punycode stays an A-label")]
    public async Task Names_keep_their_octets(string onTheWire, string expected, string why)
    {
        var (reply, _) = await AskAsync(q => q.Reply().Mx("example.com", 1, onTheWire).Cname("example.com", onTheWire));
        Assert.True(reply.Outcome == TransportOutcome.Answered, $"{why}: {reply.ErrorText}");
        Assert.True(expected == ((MxRecord)reply.Answers[0]).Exchange, $"{why}: {reply.Answers[0]}");
        Assert.True(expected == ((CnameRecord)reply.Answers[1]).Target, $"{why}: {reply.Answers[1]}");
    }

    [Theory]
    [InlineData("xn--a.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("_mta-sts.xn--80ak6aa92e.com")]
    [InlineData("*.example.com")]
    [InlineData("a/b.example.com")]
    [InlineData("-a-.example.com")]
    [InlineData(".")]
    public async Task Names_can_be_asked(string name)
    {
        var (reply, received) = await AskAsync(q => q.Reply().Txt(q.Name, "x"u8.ToArray()), question: new DnsQuestion(name, DnsRecordType.Txt));
        Assert.True(reply.Outcome == TransportOutcome.Answered, reply.ErrorText);
        Assert.Equal(name, Assert.Single(reply.Answers).Owner);
        Assert.Equal(name, Assert.Single(received).Name.ToLowerInvariant());
    }

    [Theory]
    [InlineData("a..example", "empty label")]
    [InlineData(".example", "empty first label")]
    [InlineData("", "no name")]
    [InlineData("bücher.example", "no A-label")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", "label of 64")]
    public async Task Names_that_cannot_be_asked_are_a_value(string name, string why)
    {
        var (reply, received) = await AskAsync(q => q.Reply(3), question: new DnsQuestion(name, DnsRecordType.Txt));
        Assert.True(reply.Outcome == TransportOutcome.Malformed, why);
        Assert.Empty(received);
    }

    public static TheoryData<string, byte[][]> Texts()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        return new TheoryData<string, byte[][]>
        {
            { "all 256 octets", [all[..128], all[128..]] },
            { "all but one in one string", [all[..255]] },
            { "no octet", [[]] },
            { "empty strings between", [[], "a"u8.ToArray(), [], [], "b"u8.ToArray(), []] },
            { "backslashes, quotes, semicolons", [@"\;\""\\ ""a"" \065 \200 \"u8.ToArray()] },
            { "UTF-8", ["bücher \\195\\188 \u2014"u8.ToArray()] },
            { "a real replacement character", ["\uFFFD \\"u8.ToArray()] },
            { "Latin-1 beside a backslash", [Encoding.Latin1.GetBytes("v=spf1 é\\; \\009 \\\"")] },
            { "Latin-1 before an escape in the data", [Encoding.Latin1.GetBytes("\u00E9\\200\u00C8")] },
            { "an open UTF-8 sequence at the end", ["abc"u8.ToArray(), [0xE2, 0x82]] },
            { "byte order mark", [[0xEF, 0xBB, 0xBF, 0x76]] },
        };
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Text_octets_are_exact(string kind, byte[][] strings)
    {
        var (reply, _) = await AskAsync(q => q.Reply().Txt("example.com", strings));
        Assert.True(reply.Outcome == TransportOutcome.Answered, kind);
        var txt = Assert.IsType<TxtRecord>(Assert.Single(reply.Answers));
        Assert.Equal(strings.Select(Convert.ToHexString), txt.Strings.Select(s => Convert.ToHexString(s.Span)));
    }
}
