using System.Net;
using DnsClient;
using Microsoft.Extensions.Time.Testing;
using Scanner.Dns;
using Scanner.Lab.Servers;

namespace Scanner.Lab.Tests.Servers;

/// <summary>Answers read by DnsClient, a reader that shares no code with the lab.</summary>
public sealed class DnsWireWriterTests : IAsyncDisposable
{
    private static readonly byte[] EveryOctet = [.. Enumerable.Range(0, 255).Select(i => (byte)i)];

    private readonly LabDnsServer _server;
    private readonly LookupClient _client;

    public DnsWireWriterTests()
    {
        var world = new TinyWorld()
            .With("a.test", DnsRecordType.A, new Dns.AddressRecord("a.test", 60, IPAddress.Parse("192.0.2.1")),
                new Dns.AddressRecord("a.test", 60, IPAddress.Parse("192.0.2.2")))
            .With("a.test", DnsRecordType.Aaaa, new Dns.AddressRecord("a.test", 61, IPAddress.Parse("2001:db8::1")))
            .With("a.test", DnsRecordType.Mx, new Dns.MxRecord("a.test", 62, 10, "mx.a.test"), new Dns.MxRecord("a.test", 62, 20, "mx.example.net"),
                new Dns.MxRecord("a.test", 62, 30, "a.test"), new Dns.MxRecord("a.test", 62, 0, "."))
            .With("a.test", DnsRecordType.Ns, new Dns.NsRecord("a.test", 63, "ns1.a.test"))
            .With("a.test", DnsRecordType.Soa, new Dns.SoaRecord("a.test", 64, "ns1.a.test", 1800))
            .With("_25._tcp.mx.a.test", DnsRecordType.Tlsa, new Dns.TlsaRecord("_25._tcp.mx.a.test", 65, 3, 1, 1, new byte[] { 1, 2, 3 }))
            .With("a.test", DnsRecordType.Txt, Dns.TxtRecord.FromText("a.test", 66, "v=spf1 ", "", "-all"),
                new Dns.TxtRecord("a.test", 66, [EveryOctet, new byte[] { 0xFF }]))
            .With("long.test", DnsRecordType.Txt, Dns.TxtRecord.FromText("long.test", 66, [.. Enumerable.Repeat(new string('y', 255), 40)]))
            .With("alias.test", DnsRecordType.A, new Dns.CnameRecord("alias.test", 67, "other.example.net"),
                new Dns.CnameRecord("other.example.net", 68, "end.example.net"),
                new Dns.AddressRecord("end.example.net", 69, IPAddress.Parse("192.0.2.3")))
            .With("alias.test", DnsRecordType.Mx, new Dns.CnameRecord("alias.test", 67, "other.example.net"))
            .With("odd.test", DnsRecordType.Cname, new Dns.CnameRecord("odd.test", 60, @"a\.b\\c\000\228.test"));
        _server = LabDnsServer.Start(world, new LabHostOptions(), new FakeTimeProvider());
        _client = new LookupClient(new LookupClientOptions(_server.Endpoint) { UseCache = false, Retries = 0, ThrowDnsErrors = false });
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task<IDnsQueryResponse> AskAsync(string name, QueryType type) =>
        _client.QueryAsync(name, type, cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task Addresses()
    {
        var four = await AskAsync("A.TeSt", QueryType.A);
        Assert.Equal(["192.0.2.1", "192.0.2.2"], four.Answers.ARecords().Select(r => r.Address.ToString()));
        Assert.All(four.Answers, r => Assert.Equal(60, r.InitialTimeToLive));
        Assert.Equal("2001:db8::1", Assert.Single((await AskAsync("a.test", QueryType.AAAA)).Answers.AaaaRecords()).Address.ToString());
    }

    [Fact]
    public async Task Mx() => Assert.Equal(["10 mx.a.test.", "20 mx.example.net.", "30 a.test.", "0 ."],
        (await AskAsync("a.test", QueryType.MX)).Answers.MxRecords().Select(r => $"{r.Preference} {r.Exchange}"));

    [Fact]
    public async Task NsSoaTlsa()
    {
        Assert.Equal("ns1.a.test.", Assert.Single((await AskAsync("a.test", QueryType.NS)).Answers.NsRecords()).NSDName);
        var soa = Assert.Single((await AskAsync("a.test", QueryType.SOA)).Answers.SoaRecords());
        Assert.Equal(("ns1.a.test.", "hostmaster.", 1800u), (soa.MName.Value, soa.RName.Value, soa.Minimum));
        var tlsa = Assert.Single((await AskAsync("_25._tcp.mx.a.test", QueryType.TLSA)).Answers.TlsaRecords());
        Assert.Equal((3, 1, 1, "010203"), ((int)tlsa.CertificateUsage, (int)tlsa.Selector, (int)tlsa.MatchingType,
            Convert.ToHexString(tlsa.CertificateAssociationData.ToArray())));
    }

    [Fact]
    public async Task TxtKeepsStringsAndOctets()
    {
        var records = (await AskAsync("a.test", QueryType.TXT)).Answers.TxtRecords().ToArray();
        Assert.Equal(["v=spf1 ", "", "-all"], records[0].Text);
        // DnsClient writes octets outside printable ASCII as \DDD, and escapes the quote.
        string expected = string.Concat(EveryOctet.Select(o => o switch
        {
            (byte)'"' => "\\\"",
            < 32 or > 126 => $"\\{o:D3}",
            _ => ((char)o).ToString(),
        }));
        Assert.Equal([expected, @"\255"], records[1].EscapedText);
    }

    [Fact]
    public async Task LongTxtComesOverTcp()
    {
        Assert.Equal(40 * 255, Assert.Single((await AskAsync("long.test", QueryType.TXT)).Answers.TxtRecords()).Text.Sum(t => t.Length));
        Assert.Equal((1, 1), (_server.Counts.UdpQueries, _server.Counts.TcpQueries));
    }

    [Fact]
    public async Task ChainOfCnames()
    {
        var answers = (await AskAsync("alias.test", QueryType.A)).Answers;
        Assert.Equal([("alias.test.", "other.example.net."), ("other.example.net.", "end.example.net.")],
            answers.CnameRecords().Select(r => (r.DomainName.Value, r.CanonicalName.Value)));
        Assert.Equal("end.example.net.", Assert.Single(answers.ARecords()).DomainName.Value);
    }

    [Fact]
    public async Task ChainToNothingIsNodataWithAnSoa()
    {
        var response = await AskAsync("alias.test", QueryType.MX);
        Assert.Single(response.Answers.CnameRecords());
        var soa = Assert.Single(response.Authorities.SoaRecords());
        Assert.Equal((".", "ns.lab.", "host.lab.", 900u, 900), (soa.DomainName.Value, soa.MName.Value, soa.RName.Value, soa.Minimum, soa.InitialTimeToLive));
    }

    [Fact]
    public async Task NxdomainHasAnSoa()
    {
        var response = await AskAsync("nowhere.test", QueryType.TXT);
        Assert.Equal(DnsHeaderResponseCode.NotExistentDomain, response.Header.ResponseCode);
        Assert.Single(response.Authorities.SoaRecords());
        Assert.True(response.Header.RecursionAvailable);
    }

    [Fact]
    public async Task EscapedNamesBecomeOctets()
    {
        using var raw = new RawDns(_server.Endpoint);
        var reply = await raw.AskAsync(RawDns.Query(1, "odd.test", DnsRecordType.Cname));
        Assert.True(reply.Contains("\u0007a.b\\c\u0000\u00E4\u0004test\u0000"));
    }

    [Theory]
    [InlineData("a..test", "an empty label")]
    [InlineData("trailing\\", "a backslash at the end")]
    [InlineData("m\u0101l.test", "no A-label")]
    public void UnwritableNames(string name, string why)
    {
        var error = Record.Exception(() =>
        {
            var writer = new DnsWireWriter(new byte[512], new LabDnsQuery { Name = "test" }, [], 0);
            writer.Answer(new Dns.CnameRecord("test", 60, name));
        });
        Assert.True(error is FormatException, why);
    }

    [Fact]
    public void OverlongNamesAndStrings()
    {
        static void Write(DnsRecord record) => new DnsWireWriter(new byte[4096], new LabDnsQuery { Name = "test" }, [], 0).Answer(record);
        string label = new('a', 63);
        Write(new Dns.CnameRecord("test", 60, string.Join('.', label, label, label, label[2..]))); // 255 octets: the longest
        Assert.Throws<FormatException>(() => Write(new Dns.CnameRecord("test", 60, string.Join('.', label, label, label, label[1..]))));
        Assert.Throws<FormatException>(() => Write(Dns.TxtRecord.FromText("test", 60, new string('x', 256))));
        Assert.Throws<FormatException>(() => Write(Dns.TxtRecord.FromText("test", 60, [.. Enumerable.Repeat(new string('x', 255), 20)])));
    }
}
