using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Bimi;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Bimi;

/// <summary>draft-brand-indicators-for-message-identification, as classification.md 10 reads it.</summary>
public class BimiTests
{
    private const string Name = "example.com";
    private const string Logo = "v=BIMI1; l=https://example.com/logo.svg";

    [Theory]
    [InlineData(Logo, "logo", null, "the usual form")]
    [InlineData("v=BIMI1;l=https://example.com/logo.svg;", "logo", null, "one semicolon may close the list")]
    [InlineData(Logo + "; a=https://example.com/vmc.pem", "logo_with_evidence", null, "a mark certificate")]
    [InlineData(Logo + "; a=", "logo", null, "no evidence")]
    [InlineData("v=BIMI1; l=; a=https://example.com/vmc.pem", "logo_with_evidence", null, "the logo is inside the evidence")]
    [InlineData("v=BIMI1; l=; a=", "declined", null, "declination")]
    [InlineData("v=BIMI1; l=", "declined", null, "declination: a is optional")]
    [InlineData("v=BIMI1; a=self", "invalid", "missing_l", "l is required")]
    [InlineData("v=BIMI1", "invalid", "missing_l", "l is required")]
    [InlineData("v=BIMI1; l=http://example.com/logo.svg", "invalid", "bad_l", "HTTPS only")]
    [InlineData("v=BIMI1; l=example.com/logo.svg", "invalid", "bad_l", "no URI")]
    [InlineData(Logo + "; a=self", "invalid", "bad_a", "no URI")]
    [InlineData(Logo + "; junk", "invalid", "bad_tag", "a segment without =")]
    [InlineData(Logo + ";; a=", "invalid", "bad_tag", "an empty segment in the middle")]
    [InlineData(Logo + "; l=", "invalid", "bad_tag", "a tag twice")]
    [InlineData(Logo + "; lps=abc; avp=brand", "logo", null, "tags of later drafts are ignored")]
    [InlineData("v=bimi1; l=https://example.com/logo.svg", "absent", null, "capitals are not fixed")]
    [InlineData("V=BIMI1; l=https://example.com/logo.svg", "absent", null, "capitals are not fixed")]
    [InlineData("l=https://example.com/logo.svg; v=BIMI1", "absent", null, "v comes first")]
    [InlineData("v=BIMI1, l=https://example.com/logo.svg", "absent", null, "no semicolon, another version")]
    [InlineData("v=spf1 -all", "absent", null, "somebody else's text")]
    [InlineData(";v=BIMI1; l=", "absent", null, "nothing stands before the version")]
    [InlineData("=v=BIMI1; l=", "absent", null, "nothing stands before the version")]
    [InlineData("v = BIMI1 ; l = ", "declined", null, "RFC 6376 §3.2: blanks around = and ;")]
    [InlineData(Logo + "; junk; more", "invalid", "bad_tag", "two faults do not mend each other")]
    [InlineData(Logo + ";; ;a=", "invalid", "bad_tag", "two faults do not mend each other")]
    [InlineData(Logo + "; =x", "invalid", "bad_tag", "a tag without name")]
    public async Task OwnRecord(string record, string status, string? error, string why)
    {
        var result = await Run(new FakeResolver().Txt($"default._bimi.{Name}", record));
        Assert.True(result.Status.Word() == status && result.Error.WordOrNull() == error, $"{why}: {result}");
        Assert.Equal(
            status switch { "absent" => RecordMatch.NotThisType, "invalid" => RecordMatch.Malformed, _ => RecordMatch.Valid },
            BimiRecordParser.Parse(record, out _));
        // What is certainly no logo has no effect, whatever DMARC says; of a logo it cannot be told without DMARC.
        Assert.Equal(status is "logo" or "logo_with_evidence" ? null : false, result.Effective);
    }

    [Fact]
    public async Task ALogoThatIsNotThereIsNotShown()
    {
        var zone = new FakeResolver().Txt($"_dmarc.{Name}", "v=DMARC1; p=reject");
        foreach (string[] records in (string[][])[[], ["v=BIMI1; l="], ["v=BIMI1"], [Logo, "v=BIMI1; l="]])
        {
            var own = new FakeResolver();
            foreach (string record in records) own.Txt($"default._bimi.{Name}", record);
            var result = await BimiLookup.RunAsync(
                Name, own.Query($"default._bimi.{Name}", DnsRecordType.Txt), Name, Task.FromResult(Dmarc.DmarcZone.Run(zone, Name, Name)), own, TestContext.Current.CancellationToken);
            Assert.False(result.Effective);
        }
    }

    // An unknown answer of its own is no reason to look above it, and neither is a name that is the organization itself.
    [Fact]
    public async Task TheOrganizationIsAskedOnlyWhereItCounts()
    {
        foreach (var (name, organization, zone) in ((string, string?, FakeResolver)[])[
            ("dead.example.com", Name, new FakeResolver().Fail("default._bimi.dead.example.com", DnsRecordType.Txt, DnsStatus.Timeout)),
            (Name, Name, new FakeResolver().Mx(Name, 0, ".")),
            ("com", null, new FakeResolver().Mx("com", 0, ".")),
            ("own.example.com", Name, new FakeResolver().Txt("default._bimi.own.example.com", Logo))])
        {
            var own = zone.Query($"default._bimi.{name}", DnsRecordType.Txt);
            int before = zone.Asked.Count;
            await BimiLookup.RunAsync(name, own, organization, null, zone, TestContext.Current.CancellationToken);
            Assert.Equal(before, zone.Asked.Count);
        }
    }

    // classification.md 2.1: no such name can exist, so there is no record there, and that is certain.
    [Fact]
    public async Task AnOrganizationTooLongToAskHasNoRecord()
    {
        string organization = string.Join('.', Enumerable.Repeat(new string('a', 60), 4)) + ".co", name = "x." + organization;
        var own = DnsAnswer.Without(new DnsQuestion("default._bimi." + name, DnsRecordType.Txt), DnsStatus.NameTooLong);
        var result = await BimiLookup.RunAsync(name, own, organization, null, new FakeResolver(), TestContext.Current.CancellationToken);
        Assert.Equal(BimiStatus.Absent, result.Status);
    }

    [Fact]
    public async Task WhereTheRecordComesFrom()
    {
        var org = new FakeResolver().Txt($"default._bimi.{Name}", Logo);
        Assert.Equal((BimiStatus.Logo, Name), await Found(org, "news.example.com"));
        // An own record, a declination too, stands in the way.
        Assert.Equal((BimiStatus.Declined, "news.example.com"), await Found(org.Txt("default._bimi.news.example.com", "v=BIMI1; l="), "news.example.com"));
        // Several own records end the search.
        Assert.Equal((BimiStatus.Multiple, "two.example.com"), await Found(org.Txt("default._bimi.two.example.com", Logo).Txt("default._bimi.two.example.com", "v=BIMI1; l="), "two.example.com"));
        // What could not be looked for is unknown, wherever it stood.
        Assert.Equal(BimiStatus.Unknown, (await Found(org.Fail("default._bimi.dead.example.com", DnsRecordType.Txt, DnsStatus.Timeout), "dead.example.com")).Status);
        Assert.Equal(BimiStatus.Unknown, (await Found(new FakeResolver().Fail($"default._bimi.{Name}", DnsRecordType.Txt, DnsStatus.Timeout), "sub.example.com")).Status);
    }

    // Receivers want quarantine or reject for all mail and no exception for subdomains.
    [Theory]
    [InlineData("v=DMARC1; p=reject", true)]
    [InlineData("v=DMARC1; p=quarantine; pct=100; sp=reject", true)]
    [InlineData("v=DMARC1; p=quarantine; pct=50", false)]
    [InlineData("v=DMARC1; p=reject; sp=none", false)]
    [InlineData("v=DMARC1; p=none", false)]
    public async Task Effective(string dmarc, bool expected)
    {
        var zone = new FakeResolver().Txt($"default._bimi.{Name}", Logo).Txt($"_dmarc.{Name}", dmarc);
        var result = await BimiLookup.RunAsync(
            Name, zone.Query($"default._bimi.{Name}", DnsRecordType.Txt), Name, Task.FromResult(Dmarc.DmarcZone.Run(zone, Name, Name)), zone, TestContext.Current.CancellationToken);
        Assert.Equal(expected, result.Effective);
    }

    [Fact]
    public async Task WithoutDmarcTheEffectIsUnknown() => Assert.Null((await Run(new FakeResolver().Txt($"default._bimi.{Name}", Logo))).Effective);

    [Fact]
    public void NeverThrows() => Prop.ForAll<byte[]>(octets =>
    {
        BimiRecordParser.Parse(Encoding.Latin1.GetString(octets), out _);
        BimiRecordParser.Parse("v=BIMI1;" + Encoding.Latin1.GetString(octets), out _);
        return true;
    }).QuickCheckThrowOnFailure();

    private static async Task<(BimiStatus Status, string? Source)> Found(FakeResolver zone, string name)
    {
        var result = await BimiLookup.RunAsync(name, zone.Query($"default._bimi.{name}", DnsRecordType.Txt), Name, null, zone, TestContext.Current.CancellationToken);
        return (result.Status, result.SourceName);
    }

    private static async Task<BimiResult> Run(FakeResolver zone) =>
        await BimiLookup.RunAsync(Name, zone.Query($"default._bimi.{Name}", DnsRecordType.Txt), Name, null, zone, TestContext.Current.CancellationToken);
}
