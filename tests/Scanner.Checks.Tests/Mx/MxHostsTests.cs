using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Mx;

/// <summary>Rows 7 to 10 of classification.md 3.3, and the status of each target (3.2).</summary>
public class MxHostsTests
{
    private const string Name = "example.com";

    private static FakeResolver Zone() => new FakeResolver()
        .A("good.example.net", "8.8.8.8")
        .A("six.example.net", "2001:4860:4860::8888")
        .Cname("alias.example.net", "good.example.net")
        .A("private.example.net", "10.0.0.1")
        .A("both.example.net", "192.168.1.1").A("both.example.net", "9.9.9.9")
        .Txt("empty.example.net", "no address")
        .Fail("dead.example.net", DnsRecordType.A, DnsStatus.Timeout).Fail("dead.example.net", DnsRecordType.Aaaa, DnsStatus.Timeout)
        .Fail("mixed.example.net", DnsRecordType.A, DnsStatus.Nxdomain).Fail("mixed.example.net", DnsRecordType.Aaaa, DnsStatus.Nodata)
        .Fail("late.example.net", DnsRecordType.A, DnsStatus.Timeout).Fail("late.example.net", DnsRecordType.Aaaa, DnsStatus.Nodata)
        .A("half.example.net", "10.0.0.2").Fail("half.example.net", DnsRecordType.Aaaa, DnsStatus.Servfail);

    [Theory]
    [InlineData(MxClass.MxOk, "addr_ok", "good")]
    [InlineData(MxClass.MxOk, "addr_ok", "six")]
    [InlineData(MxClass.MxOk, "addr_ok_cname", "alias")] // RFC 2181 §10.3: out of specification, delivered to all the same
    [InlineData(MxClass.MxOk, "addr_ok", "both")] // one public address is enough
    [InlineData(MxClass.MxOk, "unknown,addr_ok", "dead", "good")] // row 8 before row 10
    [InlineData(MxClass.MxDangling, "reserved_addr_only", "private")]
    [InlineData(MxClass.MxDangling, "nodata", "empty")]
    [InlineData(MxClass.MxDangling, "nxdomain", "gone")]
    [InlineData(MxClass.MxDangling, "nxdomain,nodata", "gone", "empty")]
    [InlineData(MxClass.MxDangling, "nodata", "mixed")] // A NXDOMAIN and AAAA NODATA contradict each other: no address either way
    [InlineData(MxClass.MxUnverified, "unknown", "dead")]
    [InlineData(MxClass.MxUnverified, "unknown", "late")] // A failed, AAAA is certainly empty
    [InlineData(MxClass.MxUnverified, "unknown", "half")] // a private A and a failed AAAA: there may be a public one
    [InlineData(MxClass.MxUnverified, "nxdomain,unknown", "gone", "dead")] // row 10: "dangling" takes an answer about each
    public async Task Targets(MxClass expected, string statuses, params string[] hosts)
    {
        var zone = Zone();
        for (int i = 0; i < hosts.Length; i++) zone.Mx(Name, i, hosts[i] + ".example.net");

        var result = await Run(zone);

        Assert.Equal(expected, result.Class);
        Assert.Equal(statuses, string.Join(',', result.Targets.Select(t => t.Status!.Value.Word())));
    }

    [Fact]
    public async Task UnusableKindsAreNotAsked()
    {
        var zone = Zone().Mx(Name, 5, "localhost").Mx(Name, 10, "good.example.net");
        var result = await Run(zone);
        Assert.Equal([MxTargetStatus.NotAsked, MxTargetStatus.AddrOk], result.Targets.Select(t => t.Status!.Value));
        Assert.DoesNotContain(zone.Asked, q => q.Name == "localhost");
    }

    [Fact]
    public async Task WithoutTheOptionNoHostIsAsked()
    {
        var zone = Zone().Mx(Name, 10, "good.example.net");
        var result = await MxLookup.RunAsync(Name, zone.Query(Name, DnsRecordType.Mx), zone, hosts: null, dnssec: false, TestContext.Current.CancellationToken);
        Assert.Equal(MxClass.MxPresent, result.Class);
        Assert.Null(result.Targets[0].Status);
        Assert.Single(zone.Asked);
    }

    // One answer over TCP can name thousands of hosts; the rest of them is unknown, and that is not "dangling".
    [Fact]
    public async Task HostsBeyondTheLimitAreUnknown()
    {
        var zone = new FakeResolver();
        for (int i = 0; i < MxLookup.MaxHosts + 1; i++) zone.Mx(Name, i, $"gone{i}.example.net");
        var result = await Run(zone);
        Assert.Equal(MxClass.MxUnverified, result.Class);
        Assert.Equal(MxTargetStatus.Unknown, result.Targets[^1].Status);
    }

    private static async Task<MxResult> Run(FakeResolver zone) =>
        await MxLookup.RunAsync(Name, zone.Query(Name, DnsRecordType.Mx), zone, zone, dnssec: false, TestContext.Current.CancellationToken);
}
