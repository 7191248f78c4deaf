using Scanner.Checks.Dane;
using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Dane;

/// <summary>RFC 7672 over a small zone: example.com and secure.example.net are signed, plain.example.org is not.</summary>
public class DaneLookupTests
{
    private const string Name = "example.com";
    private static readonly byte[] s_sha256 = new byte[32];

    [Theory]
    [InlineData("full", "usable", "mx1.secure.example.net")]
    [InlineData("full", "usable,usable", "mx1.secure.example.net", "mx2.secure.example.net")]
    [InlineData("partial", "usable,none", "mx1.secure.example.net", "bare.secure.example.net")]
    [InlineData("none", "none", "bare.secure.example.net")]
    [InlineData("none", "none", "mx.plain.example.org")] // address not signed: no TLSA question (RFC 7672 §2.2.2)
    [InlineData("unusable", "unusable", "pkix.secure.example.net")]
    [InlineData("tlsa_insecure", "insecure", "out.secure.example.net")]
    [InlineData("bogus", "bogus", "bogus.secure.example.net")]
    [InlineData("bogus", "usable,bogus", "mx1.secure.example.net", "bogus.secure.example.net")]
    [InlineData("unknown", "unknown", "dead.secure.example.net")]
    [InlineData("unknown", "usable,unknown", "mx1.secure.example.net", "dead.secure.example.net")] // full or partial
    [InlineData("partial", "usable,unknown,none", "mx1.secure.example.net", "dead.secure.example.net", "bare.secure.example.net")] // certain, whatever dead is
    [InlineData("full", "usable", "alias.secure.example.net")] // RFC 7672 §2.2.3
    [InlineData("none", "none", "gone.secure.example.net")]
    [InlineData("full", "usable", "mixed.secure.example.net")] // one usable record among others is enough
    public async Task SignedDomain(string expected, string hosts, params string[] mx)
    {
        var result = await Run(Zone(mx).Signed(Name));
        Assert.Equal(expected, result.Status.Word());
        Assert.Equal(hosts, string.Join(',', result.Hosts.Select(h => h.Status.Word())));
    }

    // RFC 7672 §2.2.1: without a signed MX answer an attacker can name other hosts.
    [Theory]
    [InlineData("tlsa_insecure", "mx1.secure.example.net")]
    [InlineData("none", "mx.plain.example.org")]
    [InlineData("unknown", "dead.secure.example.net")]
    [InlineData("tlsa_insecure", "pkix.secure.example.net")]
    [InlineData("tlsa_insecure", "out.secure.example.net")]
    [InlineData("tlsa_insecure", "mx1.secure.example.net", "pkix.secure.example.net")]
    [InlineData("tlsa_insecure", "mx1.secure.example.net", "out.secure.example.net")]
    public async Task UnsignedDomain(string expected, params string[] mx) => Assert.Equal(expected, (await Run(Zone(mx))).Status.Word());

    [Fact]
    public async Task TheRecordsAreKept()
    {
        var result = await Run(Zone("mixed.secure.example.net", "bare.secure.example.net").Signed(Name));
        Assert.Equal([$"0 0 1 {new string('0', 64)}", $"3 1 1 {new string('0', 64)}"], result.Hosts[0].Tlsa);
        Assert.Empty(result.Hosts[1].Tlsa);
        Assert.False(result.Untrusted);
    }

    // The MX check has asked for the name's own addresses: the same question is not asked twice.
    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("2001:4860:4860::8888")]
    public async Task AnImplicitMxIsNotAskedTwice(string address)
    {
        var zone = new FakeResolver().A(Name, address).Tlsa($"_25._tcp.{Name}", 3, 1, 1, s_sha256).Signed(Name);
        Assert.Equal(DaneStatus.Full, (await Run(zone)).Status);
        Assert.All(zone.Asked.GroupBy(q => q), same => Assert.Single(same));
    }

    [Fact]
    public async Task AHostTooLongForATlsaQuestionHasNone()
    {
        string host = string.Join('.', Enumerable.Repeat(new string('a', 58), 4)) + ".secure.exa";
        Assert.True(host.Length is > 244 and <= 253);
        var result = await Run(new FakeResolver().Mx(Name, 0, host).A(host, "8.8.8.8").Signed(Name, "exa"));
        Assert.Equal(DaneHostStatus.None, result.Hosts[0].Status);
        Assert.Equal(DaneStatus.None, result.Status);
    }

    [Fact]
    public async Task NoTlsaQuestionForAnUnsignedAddress()
    {
        var zone = Zone("mx.plain.example.org").Signed(Name);
        await Run(zone);
        Assert.DoesNotContain(zone.Asked, q => q.Type == DnsRecordType.Tlsa);
    }

    // Without trust nothing is asked, and the answer is unknown and never none: classification.md 9, "measures zero".
    [Fact]
    public async Task WithoutTrustEverythingIsUnknown()
    {
        var zone = Zone("mx1.secure.example.net").Signed(Name);
        var mx = await MxOf(zone);
        int before = zone.Asked.Count;
        var result = await DaneLookup.RunAsync(Name, mx, trusted: false, zone, TestContext.Current.CancellationToken);
        Assert.Equal(DaneStatus.Unknown, result.Status);
        Assert.True(result.Untrusted);
        Assert.Equal(before, zone.Asked.Count);
    }

    [Fact]
    public async Task NamesWithoutMail()
    {
        Assert.Equal(DaneStatus.None, (await Run(new FakeResolver().Mx(Name, 0, ".").Signed(Name))).Status);
        Assert.Equal(DaneStatus.Full, (await Run(new FakeResolver().A(Name, "8.8.8.8").Tlsa($"_25._tcp.{Name}", 3, 1, 1, s_sha256).Signed(Name))).Status);
        Assert.Equal(DaneStatus.Unknown, (await Run(new FakeResolver().Fail(Name, DnsRecordType.Mx, DnsStatus.Servfail))).Status);
        Assert.Equal(DaneStatus.Bogus, (await Run(new FakeResolver().Fail(Name, DnsRecordType.Mx, DnsStatus.Bogus))).Status);
    }

    // RFC 7672 §3.1.3; RFC 6698 §2.1.2, §2.1.3.
    [Theory]
    [InlineData(3, 1, 1, 32, true)]
    [InlineData(2, 0, 2, 64, true)]
    [InlineData(3, 0, 0, 700, true)]
    [InlineData(1, 1, 1, 32, false)]
    [InlineData(0, 0, 1, 32, false)]
    [InlineData(4, 1, 1, 32, false)]
    [InlineData(255, 1, 1, 32, false)]
    [InlineData(3, 2, 1, 32, false)]
    [InlineData(3, 1, 3, 32, false)]
    [InlineData(3, 1, 1, 31, false)]
    [InlineData(3, 1, 2, 32, false)]
    [InlineData(3, 1, 0, 0, false)]
    public void Usable(byte usage, byte selector, byte matching, int octets, bool expected) =>
        Assert.Equal(expected, TlsaUsability.IsUsable(new TlsaRecord("x", 0, usage, selector, matching, new byte[octets])));

    private static FakeResolver Zone(params string[] mx)
    {
        var zone = new FakeResolver().Signed("secure.example.net")
            .A("mx1.secure.example.net", "8.8.8.8").Tlsa("_25._tcp.mx1.secure.example.net", 3, 1, 1, s_sha256)
            .A("mx2.secure.example.net", "8.8.4.4").Tlsa("_25._tcp.mx2.secure.example.net", 2, 0, 2, new byte[64])
            .A("bare.secure.example.net", "8.8.8.8")
            .A("mixed.secure.example.net", "8.8.8.8").Tlsa("_25._tcp.mixed.secure.example.net", 3, 1, 1, s_sha256).Tlsa("_25._tcp.mixed.secure.example.net", 0, 0, 1, s_sha256)
            .A("pkix.secure.example.net", "8.8.8.8").Tlsa("_25._tcp.pkix.secure.example.net", 1, 1, 1, s_sha256)
            .A("out.secure.example.net", "8.8.8.8").Cname("_25._tcp.out.secure.example.net", "tlsa.plain.example.org")
            .A("bogus.secure.example.net", "8.8.8.8").Fail("_25._tcp.bogus.secure.example.net", DnsRecordType.Tlsa, DnsStatus.Bogus)
            .A("dead.secure.example.net", "8.8.8.8").Fail("_25._tcp.dead.secure.example.net", DnsRecordType.Tlsa, DnsStatus.Timeout)
            .Cname("alias.secure.example.net", "mx1.secure.example.net")
            .A("mx.plain.example.org", "8.8.8.8").Tlsa("_25._tcp.mx.plain.example.org", 3, 1, 1, s_sha256).Tlsa("tlsa.plain.example.org", 3, 1, 1, s_sha256);
        for (int i = 0; i < mx.Length; i++) zone.Mx(Name, i, mx[i]);
        return zone;
    }

    private static async Task<MxResult> MxOf(FakeResolver zone) => await MxLookup.RunAsync(
        Name, await zone.QueryAsync(new DnsQuestion(Name, DnsRecordType.Mx, Dnssec: true), default), zone, null, dnssec: true, TestContext.Current.CancellationToken);

    private static async Task<DaneResult> Run(FakeResolver zone) =>
        await DaneLookup.RunAsync(Name, await MxOf(zone), trusted: true, zone, TestContext.Current.CancellationToken);
}
