using Scanner.Checks.Dnssec;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Dnssec;

public class DnssecLookupTests
{
    private const string Name = "example.com";

    [Fact]
    public async Task SecureInsecureAndNothingWithoutTrust()
    {
        var zone = new FakeResolver().Mx(Name, 0, ".");
        Assert.Equal(DnssecState.Insecure, (await Run(zone)).State);
        Assert.Equal(DnssecState.Secure, (await Run(zone.Signed(Name))).State);
        var untrusted = await DnssecLookup.RunAsync(Name, trusted: false, zone, TestContext.Current.CancellationToken);
        Assert.Equal((DnssecState.Unknown, true), (untrusted.State, untrusted.Untrusted));
        Assert.Equal(DnsStatus.NotQueried, untrusted.Answer.Status);
        Assert.False((await Run(zone)).Untrusted);
        // Nor does an answer at hand help, where its AD bit means nothing.
        Assert.Equal(DnssecState.Unknown, DnssecLookup.Classify(zone.Query(Name, DnsRecordType.Mx) with { AuthenticData = true }, trusted: false).State);
    }

    // A denial is proven as well: RFC 4035 §3.2.3.
    [Fact]
    public async Task ANameThatDoesNotExistCanBeSecure() => Assert.Equal(DnssecState.Secure, (await Run(new FakeResolver().Signed(Name))).State);

    // classification.md 2.6: AD=0 behind an alias may be the other zone's doing.
    [Theory]
    [InlineData(true, true, DnssecState.Secure, 1)]
    [InlineData(true, false, DnssecState.Secure, 2)]
    [InlineData(false, true, DnssecState.Insecure, 2)]
    public async Task AnAlias(bool own, bool target, DnssecState expected, int questions)
    {
        var zone = new FakeResolver().Cname(Name, "web.example.net").A("web.example.net", "8.8.8.8");
        if (own) zone.Signed(Name);
        if (target) zone.Signed("example.net");
        Assert.Equal(expected, (await Run(zone)).State);
        Assert.Equal(questions, zone.Asked.Count);
    }

    [Theory]
    [InlineData(DnsStatus.Bogus, DnssecState.Bogus)]
    [InlineData(DnsStatus.Servfail, DnssecState.Unknown)]
    [InlineData(DnsStatus.Timeout, DnssecState.Unknown)]
    [InlineData(DnsStatus.CnameLoop, DnssecState.Unknown)]
    [InlineData(DnsStatus.NotQueried, DnssecState.Unknown)]
    public async Task Failures(DnsStatus status, DnssecState expected) =>
        Assert.Equal(expected, (await Run(new FakeResolver().Signed(Name).Fail(Name, DnsRecordType.Soa, status))).State);

    private static async Task<DnssecResult> Run(FakeResolver zone) =>
        await DnssecLookup.RunAsync(Name, trusted: true, zone, TestContext.Current.CancellationToken);
}
