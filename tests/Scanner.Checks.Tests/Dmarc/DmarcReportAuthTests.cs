using Scanner.Checks.Dmarc;
using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Dmarc;

/// <summary>RFC 9990 §4 (was RFC 7489 §7.1): external report hosts. The names are those of the RFC's example.</summary>
public class DmarcReportAuthTests
{
    private const string Asked = "example.com._report._dmarc.thirdparty.example.net";

    [Theory]
    [InlineData("v=DMARC1", "authorised", "the version alone suffices")]
    [InlineData("v=DMARC1; rua=mailto:other@thirdparty.example.net", "authorised", "an override is a yes")]
    [InlineData("v=DMARC1;|v=DMARC1; p=none", "authorised", "several are fine here")]
    [InlineData("v=spf1 -all|v=DMARC1", "authorised", "other text does not matter")]
    [InlineData("v=spf1 -all", "not_authorised", "no record that begins v=DMARC1")]
    [InlineData("", "not_authorised", "nothing there")]
    public async Task OneExternalHost(string records, string expected, string why)
    {
        var zone = Zone("mailto:a@thirdparty.example.net").Mx("thirdparty.example.net", 0, ".");
        foreach (string record in records.Split('|', StringSplitOptions.RemoveEmptyEntries)) zone.Txt(Asked, record);
        Assert.True((await Run(zone)).RuaAuth.WordOrNull() == expected, why);
    }

    [Theory]
    [InlineData("mailto:a@example.com", "not_needed")]
    [InlineData("mailto:a@reports.example.com", "not_needed")] // the same organization
    [InlineData("https://example.com/report", "not_needed")]
    [InlineData("mailto:a@[192.0.2.1]", "not_authorised")] // a literal has no name to say yes at
    [InlineData("example.com", null)] // no URI, nothing is sent
    public async Task NoQuestionIsNeeded(string rua, string? expected)
    {
        var zone = Zone(rua);
        Assert.Equal(expected, (await Run(zone)).RuaAuth.WordOrNull());
        Assert.DoesNotContain(zone.Asked, q => q.Name.Contains("_report", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFailedQuestionIsUnknownAndARefusalBesideItIsNot()
    {
        var unknown = Zone("mailto:a@thirdparty.example.net").Mx("thirdparty.example.net", 0, ".").Fail(Asked, DnsRecordType.Txt, DnsStatus.Timeout);
        Assert.Equal(ReportAuth.Unknown, (await Run(unknown)).RuaAuth);
        var refused = Zone("mailto:a@thirdparty.example.net,mailto:b@other.example.org").Fail(Asked, DnsRecordType.Txt, DnsStatus.Timeout);
        Assert.Equal(ReportAuth.NotAuthorised, (await Run(refused)).RuaAuth);
    }

    // Failure reports go by the same rule (RFC 9991 points to RFC 9990 §4), each list by itself.
    [Theory]
    [InlineData("", null)]
    [InlineData("; ruf=example.com", null)]
    [InlineData("; ruf=mailto:a@example.com", "not_needed")]
    [InlineData("; ruf=mailto:a@thirdparty.example.net", "authorised")]
    [InlineData("; ruf=mailto:a@other.example.org", "not_authorised")]
    public async Task FailureReports(string ruf, string? expected)
    {
        var result = await Run(Zone("mailto:a@example.com" + ruf).Txt(Asked, "v=DMARC1"));
        Assert.Equal(expected, result.RufAuth.WordOrNull());
        Assert.Equal(ReportAuth.NotNeeded, result.RuaAuth);
    }

    // One host that could not be asked leaves the list of dead ones open only where nothing dead was found.
    [Fact]
    public async Task ADeadHostIsToldBesideOneThatCannotBeAsked()
    {
        var zone = Zone("mailto:a@thirdparty.example.net,mailto:b@other.example.org").Fail("thirdparty.example.net", DnsRecordType.Mx, DnsStatus.Servfail);
        Assert.Equal(["other.example.org"], (await Run(zone)).ReportHostsNxdomain);
        var open = zone.Txt("other.example.org", "here");
        Assert.Null((await Run(open)).ReportHostsNxdomain);
    }

    [Fact]
    public async Task HostsThatDoNotExistAreTold()
    {
        Assert.Equal(["thirdparty.example.net"], (await Run(Zone("mailto:a@thirdparty.example.net"))).ReportHostsNxdomain);
        Assert.Empty((await Run(Zone("mailto:a@thirdparty.example.net").Txt("thirdparty.example.net", "here"))).ReportHostsNxdomain!);
        Assert.Null((await Run(Zone("mailto:a@thirdparty.example.net").Fail("thirdparty.example.net", DnsRecordType.Mx, DnsStatus.Servfail))).ReportHostsNxdomain);
    }

    [Fact]
    public async Task AnInheritedRecordIsAskedForUnderItsOwnName()
    {
        var zone = Zone("mailto:a@thirdparty.example.net").Txt(Asked, "v=DMARC1");
        var result = await DmarcLookup.RunAsync(
            "sub.example.com", Presence.Present, zone.Query("_dmarc.sub.example.com", DnsRecordType.Txt), null, "example.com", zone,
            TestContext.Current.CancellationToken, checkReports: PublicSuffixList.Embedded);
        Assert.Equal(ReportAuth.Authorised, result.RuaAuth);
    }

    [Fact]
    public void WithoutTheOptionNothingIsSaid() => Assert.Null(DmarcZone.Run(Zone("mailto:a@thirdparty.example.net"), "example.com", "example.com").RuaAuth);

    // RFC 9824 §3.1, RFC 9989 §3.2.13: NOERROR with NXNAME is a name that does not exist, so np holds. Asked only where np and sp differ.
    [Theory]
    [InlineData("v=DMARC1; p=none; sp=quarantine; np=reject", DmarcPolicy.Reject, 1)]
    [InlineData("v=DMARC1; p=none; sp=quarantine", DmarcPolicy.Quarantine, 0)]
    public async Task CompactDenial(string record, DmarcPolicy expected, int asked)
    {
        var zone = new FakeResolver().Txt("_dmarc.example.com", record).DeniedCompactly("ghost.example.com");
        int times = 0;
        var result = await DmarcLookup.RunAsync(
            "ghost.example.com", Presence.Present, zone.Query("_dmarc.ghost.example.com", DnsRecordType.Txt), null, "example.com", zone,
            TestContext.Current.CancellationToken, IsDenied);
        Assert.Equal(expected, result.Policy9989);
        Assert.Equal(asked, times);
        Assert.Equal(asked == 1, result.Quirks.Contains("compact_denial"));

        async Task<bool> IsDenied()
        {
            times++;
            return (await zone.QueryAsync(new DnsQuestion("ghost.example.com", DnsRecordType.Txt, Dnssec: true), default)).NameDenied;
        }
    }

    private static FakeResolver Zone(string rua) => new FakeResolver().Txt("_dmarc.example.com", $"v=DMARC1; p=none; rua={rua}");

    private static async Task<DmarcResult> Run(FakeResolver zone) => await DmarcLookup.RunAsync(
        "example.com", Presence.Present, DmarcZone.Own(zone, "example.com"), null, "example.com", zone,
        TestContext.Current.CancellationToken, checkReports: PublicSuffixList.Embedded);
}
