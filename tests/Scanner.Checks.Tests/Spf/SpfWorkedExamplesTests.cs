using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>The worked examples S1 to S58 of classification.md 4.8 under their numbers. The listed name is example.com.</summary>
public sealed class SpfWorkedExamplesTests
{
    private const string Name = "example.com";

    /// <param name="Id">The number in the table.</param>
    /// <param name="Record">The TXT record at the listed name, one char per octet; null for none.</param>
    private sealed record Row(string Id, string? Record, SpfStatus Status, SpfAll? All = null, SpfEffectiveAll? Effective = null, int? Lookups = null)
    {
        public string[]? Strings { get; init; }
        public Action<FakeResolver> Zone { get; init; } = _ => { };
        public SpfEvalLevel Level { get; init; } = SpfEvalLevel.Tree;
        public SpfNearMiss? NearMiss { get; init; }
        public SpfSyntaxError? Error { get; init; }
        public SpfPermissive Permissive { get; init; } = SpfPermissive.None;
        public string[] Quirks { get; init; } = [];
        public string? Loop { get; init; }
        public bool NoMail { get; init; }
        public bool DynamicMacro { get; init; }
    }

    private static readonly Row[] Table =
    [
        new("S1", "v=spf1 -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 0) { NoMail = true },
        new("S2", "V=SPF1 MX -ALL", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1) { Quirks = ["version_case"] },
        new("S3", "v=spf1", SpfStatus.Valid, SpfAll.Missing, SpfEffectiveAll.NeutralDefault, 0),
        new("S4", "v=spf10 -all", SpfStatus.None),
        new("S5", " v=spf1 -all", SpfStatus.None) { NearMiss = SpfNearMiss.LeadingSpace },
        new("S6", "v=spf1;a;mx;-all", SpfStatus.None) { NearMiss = SpfNearMiss.VersionDelimiter },
        new("S7", "v=spf1\tmx -all", SpfStatus.None) { NearMiss = SpfNearMiss.VersionDelimiter },
        new("S8", "v=spf1 mx\t-all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.ControlChar },
        new("S9", "\"v=spf1 -all\"", SpfStatus.None) { NearMiss = SpfNearMiss.Quoted },
        new("S10", "v=spf1 ip4:192.0.2.1 ip4:198.51.100.0/24  ~all ", SpfStatus.Valid, SpfAll.Softfail, SpfEffectiveAll.Softfail, 0),
        new("S11", null, SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1)
        {
            Strings = ["v=spf1 include:_spf.exa", "mple.net -all"],
            Zone = z => z.Txt("_spf.example.net", "v=spf1 ip4:192.0.2.0/24 ~all"),
        },
        new("S12", null, SpfStatus.PermerrorSyntax)
        {
            Strings = ["v=spf1 ip4:192.0.2.1", "ip4:192.0.2.2 -all"],
            Error = SpfSyntaxError.SplitBoundary,
        },
        new("S13", "v=spf1 mx -all", SpfStatus.PermerrorMultipleRecords) { Zone = z => z.Txt(Name, "v=spf1 a -all") },
        new("S14", "v=spf1 -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 0)
        {
            Zone = z => z.Txt(Name, "spf2.0/pra -all").Txt(Name, "google-site-verification=x"),
            NoMail = true,
        },
        new("S15", "v=spf1 a mx all", SpfStatus.Valid, SpfAll.Pass, SpfEffectiveAll.Pass, 2) { Permissive = SpfPermissive.AllPass },
        new("S16", "v=spf1 mx -all include:gone.example.net", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1),
        new("S17", "v=spf1 -all foo", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.UnknownMechanism },
        new("S18", "v=spf1 redirect=_spf.example.net -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 0) { NoMail = true },
        new("S19", "v=spf1 redirect=_spf.example.net", SpfStatus.Valid, SpfAll.Redirect, SpfEffectiveAll.Softfail, 2)
        {
            Zone = z => z.Txt("_spf.example.net", "v=spf1 include:n1.example.net ~all").Txt("n1.example.net", "v=spf1 ip4:192.0.2.0/24 -all"),
        },
        new("S20", "v=spf1 redirect=_spf.example.net", SpfStatus.PermerrorRedirectMissing) { Zone = z => z.Txt("_spf.example.net", "hello") },
        new("S21", "v=spf1 redirect=a.example.net redirect=b.example.net", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.DuplicateModifier },
        new("S22", "v=spf1 -redirect=a.example.net", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.QualifierOnModifier },
        new("S23", "v=spf1 include:inc.example.net ?all", SpfStatus.Valid, SpfAll.Neutral, SpfEffectiveAll.Neutral, 1)
        {
            Zone = z => z.Txt("inc.example.net", "v=spf1 ip4:192.0.2.0/24 -all"),
        },
        new("S24", "v=spf1 include:inc.example.net -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1)
        {
            Zone = z => z.Txt("inc.example.net", "v=spf1 +all"),
            Permissive = SpfPermissive.IncludePassAll,
        },
        new("S25", "v=spf1 include:nx.example.net ~all", SpfStatus.PermerrorIncludeMissing),
        new("S26", "v=spf1 include:two.example.net ~all", SpfStatus.PermerrorNested)
        {
            Zone = z => z.Txt("two.example.net", "v=spf1 -all").Txt("two.example.net", "v=spf1 mx -all"),
        },
        new("S27", "v=spf1 include:inc.example.net -all", SpfStatus.Temperror)
        {
            Zone = z => z.Fail("inc.example.net", DnsRecordType.Txt, DnsStatus.Servfail),
        },
        new("S28", null, SpfStatus.Unknown) { Zone = z => z.Fail(Name, DnsRecordType.Txt, DnsStatus.Servfail) },
        new("S29", "v=spf1 include=_spf.example.net -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 0)
        {
            Quirks = ["mechanism_as_modifier"],
            NoMail = true,
        },
        new("S30", "v=spf1 redirect:_spf.example.net", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.UnknownMechanism },
        new("S31", "v=spf1 a:192.0.2.1 -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.BadDomainSpec },
        new("S32", "v=spf1 a:localhost -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.BadDomainSpec },
        new("S33", "v=spf1 include:_spf.example.net. -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1)
        {
            Zone = z => z.Txt("_spf.example.net", "v=spf1 -all"),
        },
        new("S34", "v=spf1 ip4:192.0.2.0/33 -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.BadCidr },
        new("S35", "v=spf1 ip4:192.0.2 -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.BadIp4 },
        new("S36", "v=spf1 ip4:192.0.2.010 -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.BadIp4 },
        new("S37", "v=spf1 ip4:2001:db8::/32 -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.BadIp4 },
        new("S38", "v=spf1 ip4: 192.0.2.1 -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.MissingArgument },
        new("S39", "v=spf1 a/24//64 mx:mail.example.com/28 -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 2),
        new("S40", "v=spf1 ip4:0.0.0.0/0 -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 0) { Permissive = SpfPermissive.Ip4Slash0 },
        new("S41", "v=spf1 mx/0 -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1)
        {
            Level = SpfEvalLevel.Full,
            Zone = z => z.Mx(Name, 10, "mail.example.com").A("mail.example.com", "192.0.2.1"),
            Permissive = SpfPermissive.MxSlash0,
        },
        new("S42", "v=spf1 mx -all.", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.UnknownMechanism },
        new("S43", "v=spf1 mx \u00E2\u0080\u0093all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.NonAscii },
        new("S44", "v=spf1 a mx ~all exp=why.%{d}", SpfStatus.Valid, SpfAll.Softfail, SpfEffectiveAll.Softfail, 2),
        new("S45", "v=spf1 exists:%{ir}._spf.%{d} -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1) { DynamicMacro = true },
        new("S46", "v=spf1 exists:%(ir)._spf.example.com -all", SpfStatus.PermerrorSyntax) { Error = SpfSyntaxError.BadMacro },
        new("S47", "v=spf1 redirect=%{d}._spf.example.net", SpfStatus.Valid, SpfAll.Redirect, SpfEffectiveAll.Fail, 1)
        {
            Zone = z => z.Txt("example.com._spf.example.net", "v=spf1 -all"),
        },
        new("S48", "v=spf1 redirect=%{i}._spf.example.net", SpfStatus.Valid, SpfAll.Redirect, SpfEffectiveAll.Dynamic, 1) { DynamicMacro = true },
        new("S49", "v=spf1 x-note=ask.it ra=postmaster ip4:192.0.2.1 -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 0),
        new("S50", $"v=spf1 {TenHosts()} -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 10) { Level = SpfEvalLevel.Full, Zone = AddTenHosts },
        new("S51", $"v=spf1 {TenHosts()} mx -all", SpfStatus.PermerrorLookupLimit, Lookups: 11) { Level = SpfEvalLevel.Full, Zone = AddTenHosts },
        new("S52", "v=spf1 include:i.example.net include:i.example.net -all", SpfStatus.PermerrorLookupLimit, Lookups: 12)
        {
            Level = SpfEvalLevel.Full,
            Zone = z => AddTenHosts(z.Txt("i.example.net", "v=spf1 a:h0.example.net a:h1.example.net a:h2.example.net a:h3.example.net a:h4.example.net")),
        },
        new("S53", "v=spf1 include:b.example.net -all", SpfStatus.PermerrorLookupLimit)
        {
            Zone = z => z.Txt("b.example.net", "v=spf1 include:example.com -all"),
            Loop = "loop",
        },
        new("S54", "v=spf1 a:n1.example.net a:n2.example.net -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 2) { Level = SpfEvalLevel.Full },
        new("S55", "v=spf1 a:n1.example.net a:n2.example.net a:n3.example.net -all", SpfStatus.PermerrorVoidLimit) { Level = SpfEvalLevel.Full },
        new("S56", "v=spf1 mx -all", SpfStatus.PermerrorMxLimit)
        {
            Level = SpfEvalLevel.Full,
            Zone = z => { for (int i = 0; i < 11; i++) z.Mx(Name, i, $"mx{i}.example.net"); },
        },
        new("S57", "v=spf1 ptr -all", SpfStatus.Valid, SpfAll.Fail, SpfEffectiveAll.Fail, 1) { Quirks = ["ptr"] },
        new("S58", null, SpfStatus.None) { Zone = z => z.A(Name, "192.0.2.1") },
    ];

    public static TheoryData<string> Numbers() => new(Table.Select(r => r.Id));

    [Fact]
    public void TableIsComplete() => Assert.Equal(Enumerable.Range(1, 58).Select(n => $"S{n}"), Table.Select(r => r.Id));

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task Example(string id)
    {
        var row = Table.Single(r => r.Id == id);
        var zone = new FakeResolver();
        if (row.Strings is not null) zone.Txt(Name, row.Strings);
        else if (row.Record is not null) zone.Txt(Name, row.Record);
        row.Zone(zone);

        var result = await SpfLookup.RunAsync(Name, zone.Query(Name, DnsRecordType.Txt), zone, row.Level, TestContext.Current.CancellationToken);

        Assert.Equal(row.Status, result.Status);
        if (row.Status == SpfStatus.Valid)
        {
            Assert.Equal(row.All, result.All);
            Assert.Equal(row.Effective, result.EffectiveAll);
            Assert.Equal(row.Permissive, result.Permissive);
            Assert.Equal(row.NoMail, result.NoMail);
            Assert.Equal(row.DynamicMacro, result.HasDynamicMacro);
            Assert.Equal(row.Quirks, result.Quirks);
            Assert.Empty(result.Errors);
        }
        else if (row.Status is not (SpfStatus.None or SpfStatus.Unknown))
        {
            Assert.Contains(row.Status.Word(), result.Errors);
        }
        bool published = row.Status is not (SpfStatus.None or SpfStatus.Unknown);
        if (!published) Assert.Empty(result.Errors);
        Assert.Equal(published ? row.Level : null, result.EvalLevel);
        Assert.Equal(published && row.Status != SpfStatus.PermerrorMultipleRecords, result.NoMail is not null);
        Assert.Equal(row.Quirks.Contains("ptr"), result.HasPtr == true);
        if (row.Lookups is not null) Assert.Equal(row.Lookups, result.LookupsWorst);
        Assert.Equal(row.NearMiss, result.NearMiss);
        Assert.Equal(row.Error, result.SyntaxError);
        Assert.Equal(row.Loop is not null, result.Errors.Contains("loop"));
        if (id == "S16") Assert.DoesNotContain(zone.Asked, q => q.Name == "gone.example.net");
        if (id == "S26") Assert.Contains("nested_multiple_records", result.Errors);
    }

    private static string TenHosts() => string.Join(' ', Enumerable.Range(0, 10).Select(i => $"a:h{i}.example.net"));

    private static void AddTenHosts(FakeResolver zone)
    {
        for (int i = 0; i < 10; i++) zone.A($"h{i}.example.net", $"192.0.2.{i}");
    }
}
