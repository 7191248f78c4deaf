using Scanner.Checks.Dkim;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Dkim;

/// <summary>classification.md 8.1 and 8.2 over a small zone.</summary>
public class DkimLookupTests
{
    private const string Name = "example.com";
    private const string Key = "v=DKIM1; p=" + DkimKeyParserTests.Rsa1024;
    private static readonly string s_control = $"{ControlName.LabelFor(Name)}.{Name}";

    // classification.md 8.1, row by row.
    [Theory]
    [InlineData(DnsStatus.Nxdomain, DnsStatus.Timeout, DkimEnt.Absent)]
    [InlineData(DnsStatus.Nodata, DnsStatus.Nxdomain, DkimEnt.Exists)]
    [InlineData(DnsStatus.Nodata, DnsStatus.Nodata, DkimEnt.Inconclusive)]
    [InlineData(DnsStatus.Nodata, DnsStatus.Ok, DkimEnt.Inconclusive)]
    [InlineData(DnsStatus.Timeout, DnsStatus.Nxdomain, DkimEnt.Unknown)]
    [InlineData(DnsStatus.Nodata, DnsStatus.Servfail, DkimEnt.Unknown)]
    [InlineData(DnsStatus.NameTooLong, DnsStatus.NotQueried, DkimEnt.Absent)]
    public void EmptyNonTerminal(DnsStatus domainKey, DnsStatus control, DkimEnt expected) =>
        Assert.Equal(expected, DkimClassifier.EntOf(Answer(domainKey), Answer(control)));

    // RFC 6604 §3: an alias at _domainkey exists, wherever it leads.
    [Fact]
    public void AnAliasExists() => Assert.Equal(
        DkimEnt.Exists, DkimClassifier.EntOf(Answer(DnsStatus.Nodata) with { CnameTarget = "x.example" }, Answer(DnsStatus.Nxdomain)));

    [Fact]
    public async Task NothingBelowMeansNoFurtherQuestion()
    {
        var zone = new FakeResolver().Mx(Name, 0, "mx.example.net");
        var result = await Run(zone, "default");
        Assert.Equal((DkimPresence.Absent, 0), (result.Presence, result.SelectorsAsked));
        Assert.Single(zone.Asked);
    }

    [Theory]
    [InlineData("default=" + Key, DkimPresence.KeyFound, "default:valid")]
    [InlineData("other=" + Key, DkimPresence.NamespaceOnly, "")]
    [InlineData("default=v=DKIM1; p=", DkimPresence.RevokedOnly, "default:revoked")]
    [InlineData("default=v=DKIM1; p=;s1=" + Key, DkimPresence.KeyFound, "default:revoked,s1:valid")]
    [InlineData("default=v=DKIM1; p=*", DkimPresence.NamespaceOnly, "default:malformed")]
    [InlineData("default=v=spf1 -all", DkimPresence.NamespaceOnly, "")] // somebody else's text is no key
    public async Task Selectors(string records, DkimPresence expected, string keys)
    {
        var zone = new FakeResolver();
        foreach (string record in records.Split(";s1=").Select((text, i) => i == 0 ? text : "s1=" + text))
            zone.Txt($"{record[..record.IndexOf('=')]}._domainkey.{Name}", record[(record.IndexOf('=') + 1)..]);
        var result = await Run(zone, "default", "s1");
        Assert.Equal(expected, result.Presence);
        Assert.Equal(keys, string.Join(',', result.Keys.Select(k => $"{k.Selector}:{k.State.Word()}")));
    }

    [Fact]
    public async Task AProviderThatLeftIsADanglingAlias()
    {
        var result = await Run(new FakeResolver().Cname($"selector1._domainkey.{Name}", "gone.example.net"), "selector1");
        Assert.Equal(DkimKeyState.DanglingCname, Assert.Single(result.Keys).State);
        Assert.Equal("gone.example.net", result.Keys[0].Cname);
        Assert.Equal(DkimPresence.NamespaceOnly, result.Presence);
    }

    [Fact]
    public async Task SeveralKeysAtOneSelector()
    {
        var result = await Run(new FakeResolver().Txt($"s1._domainkey.{Name}", Key).Txt($"s1._domainkey.{Name}", "v=DKIM1; p="), "s1");
        Assert.Equal(DkimKeyState.Multiple, Assert.Single(result.Keys).State);
    }

    // Promise 1: a selector that could not be asked may hold the key.
    [Theory]
    [InlineData("", DkimPresence.Unknown)]
    [InlineData("v=DKIM1; p=", DkimPresence.Unknown)]
    [InlineData(Key, DkimPresence.KeyFound)]
    public async Task AnUnknownSelectorBeside(string other, DkimPresence expected)
    {
        var zone = new FakeResolver().Txt($"x._domainkey.{Name}", "x").Fail($"default._domainkey.{Name}", DnsRecordType.Txt, DnsStatus.Timeout);
        if (other.Length > 0) zone.Txt($"s1._domainkey.{Name}", other);
        Assert.Equal(expected, (await Run(zone, "default", "s1")).Presence);
    }

    // A wildcard hides whether the namespace is there, but a key is a key.
    [Fact]
    public async Task AWildcardIsNoNamespace()
    {
        var zone = new FakeResolver().Txt($"_domainkey.{Name}", "v=spf1 -all").Txt(s_control, "v=spf1 -all").Txt($"s1._domainkey.{Name}", "v=spf1 -all");
        var result = await Run(zone, "s1");
        Assert.Equal((DkimEnt.Inconclusive, DkimPresence.NotFound), (result.Ent, result.Presence));
    }

    [Fact]
    public void SelectorsOfTheProviderComeFirstAndNoneTwice()
    {
        var table = DkimSelectors.Embedded;
        Assert.Equal(["google", "selector1", "selector2", "default", "k1", "s1", "s2", "dkim"], table.For(null, DkimTier.A));
        Assert.Equal(["selector1", "selector2", "google"], table.For("microsoft", DkimTier.A).Take(3));
        Assert.Equal(["fm1", "fm2", "fm3", "google"], table.For("fastmail", DkimTier.A).Take(4));
        Assert.Equal(25, table.For(null, DkimTier.B).Count);
        Assert.True(table.For("zoho", DkimTier.C).Count > 60);
        foreach (var tier in Enum.GetValues<DkimTier>()) Assert.Equal(table.For("zoho", tier).Distinct().Count(), table.For("zoho", tier).Count);
        Assert.All(table.For(null, DkimTier.C), selector => Assert.Matches("^[a-z0-9-]+$", selector));
    }

    [Theory]
    [InlineData("tier A x")]
    [InlineData("version 1\nprovider google")]
    [InlineData("version 1\ntier D x")]
    [InlineData("version 1\nprovider a x\nprovider a y")]
    public void BadTables(string text) => Assert.Throws<FormatException>(() => DkimSelectors.Parse(new StringReader(text)));

    private static DnsAnswer Answer(DnsStatus status) => DnsAnswer.Without(new DnsQuestion("x", DnsRecordType.Txt), status);

    private static async Task<DkimResult> Run(FakeResolver zone, params string[] selectors) => await DkimLookup.RunAsync(
        Name, zone.Query($"_domainkey.{Name}", DnsRecordType.Txt), () => Task.FromResult(zone.Query(s_control, DnsRecordType.Txt)), selectors, zone,
        TestContext.Current.CancellationToken);
}
