using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Mx;

public class MxLookupTests
{
    [Fact]
    public async Task AddressesAreAskedOnlyWhereThereIsNoMx()
    {
        var resolver = new FakeResolver().Txt("web.example", "x").A("web.example", "8.8.8.8");

        var result = await MxLookup.RunAsync("web.example", resolver.Query("web.example", DnsRecordType.Mx), resolver, null, false, CancellationToken.None);

        Assert.Equal(MxClass.ImplicitMx, result.Class);
        Assert.Equal(DnsStatus.Ok, result.A!.Status);
        Assert.Equal(DnsStatus.Nodata, result.Aaaa!.Status);
        Assert.Equal([DnsRecordType.Mx, DnsRecordType.A, DnsRecordType.Aaaa], resolver.Asked.Select(q => q.Type));
    }

    [Theory]
    [InlineData(DnsStatus.Nxdomain, MxClass.Nxdomain)]
    [InlineData(DnsStatus.Timeout, MxClass.Unknown)]
    [InlineData(DnsStatus.NotQueried, MxClass.Unknown)]
    public async Task NothingMoreIsAskedAfterAnyOtherAnswer(DnsStatus status, MxClass expected)
    {
        var resolver = new FakeResolver().A("web.example", "8.8.8.8");
        var mx = DnsAnswer.Without(new DnsQuestion("web.example", DnsRecordType.Mx), status);

        var result = await MxLookup.RunAsync("web.example", mx, resolver, null, false, CancellationToken.None);

        Assert.Equal(expected, result.Class);
        Assert.Null(result.A);
        Assert.Null(result.Aaaa);
        Assert.Empty(resolver.Asked);
    }

    // classification.md 3.3 row 13: an address question that fails leaves the name unknown, not without mail.
    [Fact]
    public async Task AFailedAddressQuestionIsUnknown()
    {
        var resolver = new FakeResolver().Txt("web.example", "x").Fail("web.example", DnsRecordType.Aaaa, DnsStatus.Servfail);

        var result = await MxLookup.RunAsync("web.example", resolver.Query("web.example", DnsRecordType.Mx), resolver, null, false, CancellationToken.None);

        Assert.Equal(MxClass.Unknown, result.Class);
        Assert.Null(result.RunsMail);
    }
}
