using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>The tree below a record: counting, errors and their precedence, what passes, and how much is asked.</summary>
public sealed class SpfLookupTests
{
    private const string Name = "example.com";

    private static async Task<SpfResult> Run(FakeResolver zone, string record, SpfEvalLevel level = SpfEvalLevel.Tree)
    {
        zone.Txt(Name, record);
        return await SpfLookup.RunAsync(Name, zone.Query(Name, DnsRecordType.Txt), zone, level, TestContext.Current.CancellationToken);
    }

    private static string Terms(string format, int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => string.Format(null, format, i)));

    /// <summary>A tree with one of each trouble; the record says which are met.</summary>
    private static FakeResolver Troubles() => new FakeResolver()
        .Txt("good.example", "v=spf1 ip4:192.0.2.0/24 -all")
        .Txt("twice.example", "v=spf1 -all").Txt("twice.example", "v=spf1 mx -all")
        .Txt("syntax.example", "v=spf1 foo")
        .Txt("other.example", "hello")
        .Txt("deep.example", "v=spf1 include:deeper.example -all").Txt("deeper.example", "v=spf1 include:missing.example -all")
        .Txt("wrapped.example", "v=spf1 include:lost.example -all")
        .Txt("ten.example", "v=spf1 " + Terms("a:h{0}.example", 10) + " -all")
        .Txt("reset.example", "v=spf1 redirect=missing.example")
        .Fail("lost.example", DnsRecordType.Txt, DnsStatus.Timeout);

    /// <summary>classification.md 4.7: the first in the order is the status, all are in the list.</summary>
    [Theory]
    [InlineData("include:good.example -all", "valid", "")]
    [InlineData("include:other.example -all", "permerror_include_missing", "permerror_include_missing")]
    [InlineData("redirect=other.example", "permerror_redirect_missing", "permerror_redirect_missing")]
    [InlineData("include:syntax.example -all", "permerror_nested", "permerror_nested nested_syntax")]
    [InlineData("redirect=syntax.example", "permerror_nested", "permerror_nested nested_syntax")]
    [InlineData("redirect=twice.example", "permerror_nested", "permerror_nested nested_multiple_records")]
    [InlineData("include:deep.example -all", "permerror_nested", "permerror_nested nested_include_missing")]
    [InlineData("include:reset.example -all", "permerror_nested", "permerror_nested nested_redirect_missing")]
    [InlineData("redirect=reset.example", "permerror_nested", "permerror_nested nested_redirect_missing")]
    [InlineData("include:lost.example -all", "temperror", "temperror")]
    [InlineData("redirect=lost.example", "temperror", "temperror")]
    [InlineData("include:wrapped.example -all", "temperror", "temperror")]
    [InlineData("include:lost.example include:other.example -all", "permerror_include_missing", "permerror_include_missing temperror")]
    [InlineData("include:lost.example include:syntax.example -all", "permerror_nested", "permerror_nested temperror nested_syntax")]
    [InlineData("include:lost.example include:ten.example -all", "permerror_lookup_limit", "permerror_lookup_limit temperror")]
    [InlineData("include:lost.example -all include:other.example", "temperror", "temperror")]
    [InlineData("include:syntax.example include:other.example redirect=other.example", "permerror_redirect_missing",
        "permerror_redirect_missing permerror_include_missing permerror_nested nested_syntax")]
    [InlineData("include:ten.example include:other.example include:syntax.example include:lost.example", "permerror_lookup_limit",
        "permerror_lookup_limit permerror_include_missing permerror_nested temperror nested_syntax")]
    [InlineData("foo include:other.example", "permerror_syntax", "permerror_syntax")]
    public async Task ErrorsAndPrecedence(string terms, string status, string errors)
    {
        var result = await Run(Troubles(), "v=spf1 " + terms);
        Assert.Equal(errors, string.Join(' ', result.Errors));
        Assert.Equal(status, result.Status.Word());
        Assert.Equal(status switch { "valid" => SpfClass.Fail, "temperror" => SpfClass.Unknown, _ => SpfClass.Invalid }, result.Class);
    }

    [Theory]
    [InlineData("v=spf1 a mx ptr exists:%{i}.x.example ip4:192.0.2.1 ip6::: exp=e.example x=y ?all", 4, "only these count, RFC 7208 §4.6.4")]
    [InlineData("v=spf1 include:good.example include:good.example -all", 2, "twice is twice")]
    [InlineData("v=spf1 redirect=good.example", 1, "a redirect counts when followed")]
    [InlineData("v=spf1 a -all mx redirect=good.example", 1, "nothing after all, no redirect beside it")]
    [InlineData("v=spf1 include:ten.example -all", 11, "eleven")]
    [InlineData("v=spf1 include:ten.example a mx ptr include:good.example -all", 15, "counted on")]
    [InlineData("v=spf1 include:ten.example include:ten.example a mx ptr exists:x.example include:good.example -all", 27, "and on")]
    [InlineData("v=spf1 include:%{i}.x.example include:%{h} -all", 2, "a dynamic include counts for itself")]
    [InlineData("v=spf1 include:%{d1} a -all", 2, "so does one that cannot exist")]
    public async Task Counting(string record, int lookups, string why)
    {
        var result = await Run(Troubles(), record);
        Assert.True(result.LookupsWorst == lookups, $"{result.LookupsWorst}; {why}");
        Assert.Equal(lookups > 10, result.Status == SpfStatus.PermerrorLookupLimit);
    }

    /// <summary>RFC 7208 §5.1: also inside an include, terms after its "all" are not reached.</summary>
    [Fact]
    public async Task AllEndsTheIncludeNotTheParent()
    {
        var zone = new FakeResolver().Txt("i.example", "v=spf1 a -all mx include:gone.example");
        var result = await Run(zone, "v=spf1 include:i.example mx -all");
        Assert.Equal((SpfStatus.Valid, 3), (result.Status, result.LookupsWorst));
    }

    [Theory]
    [InlineData("v=spf1 redirect=example.com", "to itself")]
    [InlineData("v=spf1 include:example.com. -all", "to itself, with a dot")]
    [InlineData("v=spf1 include:%{d} -all", "to itself, by macro")]
    [InlineData("v=spf1 include:one.example -all", "two others in a ring")]
    public async Task Loops(string record, string why)
    {
        var zone = new FakeResolver().Txt("one.example", "v=spf1 redirect=two.example").Txt("two.example", "v=spf1 include:one.example ?all");
        var result = await Run(zone, record);
        Assert.True(result.Status == SpfStatus.PermerrorLookupLimit && result.Errors.Contains("loop"), why);
        Assert.True(result.LookupsWorst > 10, "an evaluator counts to eleven");
        Assert.True(zone.Asked.Count <= 3, "each record is asked for once");
    }

    [Fact]
    public async Task SameIncludeOnTwoPathsIsNoLoop()
    {
        var zone = new FakeResolver().Txt("one.example", "v=spf1 include:two.example -all").Txt("two.example", "v=spf1 -all");
        var result = await Run(zone, "v=spf1 include:one.example include:two.example -all");
        Assert.Equal((SpfStatus.Valid, 3, 2), (result.Status, result.LookupsWorst, result.IncludeDepth));
    }

    /// <summary>Include and redirect make their target the current domain; the sender's domain stays (RFC 7208 §5.2, §7.2).</summary>
    [Fact]
    public async Task MacrosInsideAnInclude()
    {
        var zone = new FakeResolver()
            .Txt("inc.example", "v=spf1 include:d.%{d} include:o.%{o} -all")
            .Txt("d.inc.example", "v=spf1 -all")
            .Txt("o.example.com", "v=spf1 -all");
        var result = await Run(zone, "v=spf1 include:inc.example -all");
        Assert.Equal((SpfStatus.Valid, 3), (result.Status, result.LookupsWorst));
    }

    [Fact]
    public async Task TargetThatCannotExistIsMissingAndNeverAsked()
    {
        string label = new('a', 64);
        var zone = new FakeResolver();
        Assert.Equal(SpfStatus.PermerrorIncludeMissing, (await Run(zone, $"v=spf1 include:{label}.example -all")).Status);
        Assert.Equal(SpfStatus.PermerrorRedirectMissing, (await Run(new FakeResolver(), "v=spf1 redirect=a..example")).Status);
        Assert.Single(zone.Asked);
    }

    [Theory]
    [InlineData("v=spf1 ip4:0.0.0.0/0 -all", "ip4_slash0")]
    [InlineData("v=spf1 ip4:192.0.2.1/0 +all", "ip4_slash0")]
    [InlineData("v=spf1 ip6:::/0 ip4:0.0.0.0/0 -all", "ip6_slash0")]
    [InlineData("v=spf1 a/0 -all", "a_slash0")]
    [InlineData("v=spf1 a//0 -all", "a_slash0")]
    [InlineData("v=spf1 mx:x.example/24//0 -all", "mx_slash0")]
    [InlineData("v=spf1 +all", "all_pass")]
    [InlineData("v=spf1 include:open.example -all", "include_pass_all")]
    [InlineData("v=spf1 include:deep.example -all", "include_pass_all")]
    [InlineData("v=spf1 include:four.example -all", "include_pass_all")]
    [InlineData("v=spf1 redirect=open.example", "all_pass")]
    [InlineData("v=spf1 redirect=four.example", "ip4_slash0")]
    [InlineData("v=spf1 -ip4:0.0.0.0/0 +all", "all_pass")]
    [InlineData("v=spf1 ?include:open.example -all", "none")]
    [InlineData("v=spf1 ~ip4:0.0.0.0/0 -all", "none")]
    [InlineData("v=spf1 -ip4:0.0.0.0/0 include:four.example -all", "none")]
    [InlineData("v=spf1 -all ip4:0.0.0.0/0", "none")]
    [InlineData("v=spf1 include:closed.example -all", "none")]
    [InlineData("v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "none")]
    [InlineData("v=spf1 a -all", "none")]
    public async Task Permissive(string record, string expected)
    {
        var zone = new FakeResolver()
            .Txt("open.example", "v=spf1 +all")
            .Txt("deep.example", "v=spf1 include:open.example -all")
            .Txt("four.example", "v=spf1 ip4:0.0.0.0/0 -all")
            .Txt("closed.example", "v=spf1 -ip4:0.0.0.0/0 -ip6:::/0 +all");
        var result = await Run(zone, record);
        Assert.Equal((SpfStatus.Valid, expected), (result.Status, result.Permissive.WordOrNull()));
        Assert.Equal(expected != "none", result.Class == SpfClass.Pass);
    }

    [Fact]
    public async Task AtLevelFullANameWithoutAddressesMatchesNobody()
    {
        var zone = new FakeResolver().A(Name, "192.0.2.1");
        Assert.Equal(SpfPermissive.None, (await Run(zone, "v=spf1 a:gone.example/0 mx/0 a//0 -all", SpfEvalLevel.Full)).Permissive);
        Assert.Equal(SpfPermissive.ASlash0, (await Run(new FakeResolver().A(Name, "192.0.2.1"), "v=spf1 a/0 -all", SpfEvalLevel.Full)).Permissive);
    }

    [Theory]
    [InlineData("v=spf1 -all", 0L, null, "none")]
    [InlineData("v=spf1 ip4:192.0.2.1 -all", 1L, 32, "one")]
    [InlineData("v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.128/25 ip4:192.0.2.1 -all", 256L, 24, "overlapping")]
    [InlineData("v=spf1 ip4:192.0.2.77/24 ip4:192.0.3.0/24 -all", 512L, 24, "adjacent, host bits set")]
    [InlineData("v=spf1 ip4:10.0.0.0/8 ip4:0.0.0.0/0 -all", 4294967296L, 0, "everything")]
    [InlineData("v=spf1 -ip4:10.0.0.0/8 ?ip4:11.0.0.0/8 ip4:192.0.2.0/30 -all", 4L, 30, "only what passes")]
    [InlineData("v=spf1 -all ip4:10.0.0.0/8", 0L, null, "not after all")]
    [InlineData("v=spf1 ip4:192.0.2.0/25 include:i.example -all", 256L, 24, "the tree")]
    [InlineData("v=spf1 -include:i.example ip4:198.51.100.0/31 -all", 2L, 31, "an include that does not pass")]
    [InlineData("v=spf1 ip4:198.51.100.0/31 redirect=i.example", 258L, 24, "a redirect")]
    public async Task Breadth(string record, long count, int? widest, string why)
    {
        var result = await Run(new FakeResolver().Txt("i.example", "v=spf1 ip4:192.0.2.0/24 ~all"), record);
        Assert.True((result.Ipv4Count, result.WidestIp4) == (count, widest), $"{result.Ipv4Count}, {result.WidestIp4}; {why}");
    }

    /// <summary>classification.md 4.6: at level full the addresses of a and mx too.</summary>
    [Theory]
    [InlineData("v=spf1 a -all", 1L, 32, "its own address")]
    [InlineData("v=spf1 a:two.example/24 -all", 512L, 24, "two addresses, a prefix each")]
    [InlineData("v=spf1 mx:m.example ip4:192.0.2.0/28 -all", 17L, 28, "one MX host inside, one outside")]
    [InlineData("v=spf1 ~a ?mx:m.example -all", 0L, null, "only what passes")]
    [InlineData("v=spf1 include:i.example -all", 2L, 32, "in the tree")]
    [InlineData("v=spf1 -include:i.example -all", 0L, null, "an include that does not pass")]
    [InlineData("v=spf1 a:six.example -all", 0L, null, "IPv6 is not counted")]
    [InlineData("v=spf1 a:two.example/0 -all", 4294967296L, 0, "everyone")]
    public async Task BreadthAtLevelFull(string record, long count, int? widest, string why)
    {
        var zone = new FakeResolver().A(Name, "192.0.2.1").A("two.example", "198.51.100.7").A("two.example", "203.0.113.7").A("six.example", "2001:db8::1")
            .Mx("m.example", 1, Name).Mx("m.example", 2, "far.example").A("far.example", "203.0.113.99").Txt("i.example", "v=spf1 mx:m.example -all");
        var result = await Run(zone, record, SpfEvalLevel.Full);
        Assert.True((result.Ipv4Count, result.WidestIp4) == (count, widest), $"{result.Ipv4Count}, {result.WidestIp4}; {why}");
        Assert.Equal(record.Contains("ip4", StringComparison.Ordinal) ? 16L : 0L, (await Run(new FakeResolver().Txt("i.example", "v=spf1 mx:m.example -all"), record)).Ipv4Count);
    }

    /// <summary>RFC 7208 §5.7: a name without macros that is there matches every client.</summary>
    [Theory]
    [InlineData("exists:here.example", "exists_pass_all")]
    [InlineData("exists:gone.example", "none")]
    [InlineData("exists:%{ir}.here.example", "none")]
    [InlineData("~exists:here.example", "none")]
    [InlineData("-exists:here.example exists:here.example", "none")]
    [InlineData("exists:lost.example", "none")]
    [InlineData("include:i.example", "include_pass_all")]
    public async Task ExistsForEveryone(string terms, string permissive)
    {
        FakeResolver Zone() => new FakeResolver().A("here.example", "127.0.0.2").Txt("i.example", "v=spf1 exists:here.example -all")
            .Fail("lost.example", DnsRecordType.A, DnsStatus.Timeout);
        Assert.Equal(permissive, (await Run(Zone(), $"v=spf1 {terms} -all", SpfEvalLevel.Full)).Permissive.WordOrNull());
        Assert.Equal("none", (await Run(Zone(), $"v=spf1 {terms} -all")).Permissive.WordOrNull());
    }

    [Theory]
    [InlineData("mx/0", "mx_slash0", "an MX host with an address")]
    [InlineData("mx//0", "none", "no MX host has IPv6")]
    [InlineData("mx:dead.example/0", "none", "no MX host has an address")]
    [InlineData("mx:lost.example/0", "mx_slash0", "not known, so not ruled out")]
    public async Task MxForEveryone(string term, string permissive, string why)
    {
        var zone = new FakeResolver().Mx(Name, 1, "v4.example").A("v4.example", "192.0.2.1").Mx("dead.example", 1, "gone.example")
            .Fail("lost.example", DnsRecordType.Mx, DnsStatus.Timeout);
        var result = await Run(zone, $"v=spf1 {term} -all", SpfEvalLevel.Full);
        Assert.True(result.Permissive.WordOrNull() == permissive, $"{result.Permissive}; {why}");
    }

    /// <summary>RFC 7208 §3.4. The name takes 11 octets as text, 13 on the wire; the answer 12 + 13 + 4, then 12 for the record
    /// and 1 for each string.</summary>
    [Theory]
    [InlineData(255, 183, false, false)]
    [InlineData(255, 184, true, false)]
    [InlineData(255, 214, true, false)]
    [InlineData(255, 215, true, true)]
    public async Task Sizes(int first, int second, bool over450, bool over512)
    {
        var zone = new FakeResolver().Txt(Name, new string('x', first), new string('y', second));
        var result = await SpfLookup.RunAsync(Name, zone.Query(Name, DnsRecordType.Txt), zone, SpfEvalLevel.Tree, TestContext.Current.CancellationToken);
        Assert.Equal((first + second + 2, over450, over512, false), (result.TxtRrsetBytes, result.TxtOver450, result.TxtOver512, result.TxtNeededTcp));
    }

    [Theory]
    [InlineData(DnsStatus.Ok, false, false)]
    [InlineData(DnsStatus.Ok, true, true)]
    [InlineData(DnsStatus.Nxdomain, false, false)]
    [InlineData(DnsStatus.Truncated, false, true)]
    [InlineData(DnsStatus.Timeout, false, null)]
    public void NeededTcp(DnsStatus status, bool overTcp, bool? needed)
    {
        var answer = DnsAnswer.Without(new DnsQuestion(Name, DnsRecordType.Txt), status) with { OverTcp = overTcp };
        var result = SpfClassifier.Classify(new SpfZone(Name, answer), SpfEvalLevel.Tree);
        Assert.Equal(needed, result.TxtNeededTcp);
        bool known = status is DnsStatus.Ok or DnsStatus.Nxdomain;
        Assert.Equal((known, known, known), (result.TxtOver450 is not null, result.TxtOver512 is not null, result.TxtRrsetBytes is not null));
    }

    [Fact]
    public async Task LevelRecordAsksNothing()
    {
        var zone = new FakeResolver();
        var result = await Run(zone, "v=spf1 include:gone.example mx redirect=gone.example", SpfEvalLevel.Record);
        Assert.Equal((SpfStatus.Valid, SpfAll.Redirect, null, 3), (result.Status, result.All, result.EffectiveAll, result.LookupsWorst));
        Assert.Equal(SpfClass.Unknown, result.Class);
        Assert.Single(zone.Asked);
        Assert.Equal(["gone.example"], result.Includes);
        Assert.Equal(["gone.example"], result.RedirectChain);
        Assert.Equal(SpfEvalLevel.Record, result.EvalLevel);
    }

    [Fact]
    public async Task VoidsAreCountedOnlyAtLevelFull()
    {
        string record = "v=spf1 " + Terms("a:n{0}.example", 3) + " -all";
        var tree = await Run(new FakeResolver(), record);
        Assert.Equal((SpfStatus.Valid, null), (tree.Status, tree.VoidWorst));
        var full = await Run(new FakeResolver(), record, SpfEvalLevel.Full);
        Assert.Equal((SpfStatus.PermerrorVoidLimit, 3), (full.Status, full.VoidWorst));
    }

    [Theory]
    [InlineData("a:v4.example a:v6.example mx:m.example exists:v4.example", 0, "valid", "each has something")]
    [InlineData("exists:v6.example mx:v4.example a:gone.example", 3, "permerror_void_limit", "NODATA counts like NXDOMAIN; exists asks for A only")]
    [InlineData("a:gone.example a:gone.example a:gone.example", 3, "permerror_void_limit", "lookups, not names")]
    [InlineData("a:%{i}.example ptr a:x..example", 0, "valid", "nothing that could be asked")]
    [InlineData("a:lost.example", 0, "temperror", "cannot tell")]
    [InlineData("a:half.example", 0, "valid", "one family is enough not to be void")]
    [InlineData("a:lost.example a:n1.example a:n2.example a:n3.example", 3, "permerror_void_limit", "certain without the unknown one")]
    [InlineData("include:inner.example", 3, "permerror_void_limit", "one count for the whole tree")]
    [InlineData("include:many.example", 0, "permerror_nested", "the mx limit inside")]
    [InlineData("mx:dead.example mx:dead.example", 2, "valid", "a term counts once, however many of its hosts are gone, RFC 7208 §4.6.4")]
    [InlineData("mx:dead.example a:n1.example exists:n1.example", 3, "permerror_void_limit", "and it does count")]
    [InlineData("mx:lostmx.example", 0, "temperror", "an MX host that cannot be looked up")]
    [InlineData("include:missing.example a:n1.example", 2, "permerror_include_missing", "an include of nothing is void too")]
    public async Task VoidLookups(string terms, int voids, string status, string why)
    {
        var zone = new FakeResolver()
            .A("v4.example", "192.0.2.1").A("v6.example", "2001:db8::1").Mx("m.example", 1, "v4.example")
            .A("half.example", "192.0.2.1").Fail("half.example", DnsRecordType.Aaaa, DnsStatus.Timeout)
            .Fail("lost.example", DnsRecordType.A, DnsStatus.Servfail)
            .Txt("inner.example", "v=spf1 a:n1.example mx:n1.example exists:n1.example -all")
            .Txt("many.example", "v=spf1 mx -all")
            .Mx("dead.example", 1, "n1.example").Mx("dead.example", 2, "n2.example").Mx("dead.example", 3, "n3.example")
            .Mx("lostmx.example", 1, "lost.example");
        for (int i = 0; i < 11; i++) zone.Mx("many.example", i, "v4.example");
        var result = await Run(zone, $"v=spf1 {terms} -all", SpfEvalLevel.Full);
        Assert.True((result.VoidWorst, result.Status.Word()) == (voids, status), $"{result.VoidWorst}, {result.Status}; {why}");
    }

    /// <summary>classification.md 4.7: the limits of hosts come behind what the texts say, and before temperror.</summary>
    [Theory]
    [InlineData("mx:many.example a:n1.example a:n2.example a:n3.example a:lost.example", "permerror_mx_limit permerror_void_limit temperror")]
    [InlineData("a:n1.example a:n2.example a:n3.example include:syntax.example", "permerror_nested permerror_void_limit nested_syntax")]
    [InlineData("mx:many.example include:many.example a:lost.example", "permerror_nested permerror_mx_limit temperror nested_mx_limit")]
    public async Task PrecedenceOfTheLimitsOfHosts(string terms, string errors)
    {
        var zone = Troubles().Fail("lost.example", DnsRecordType.A, DnsStatus.Timeout).Fail("lost.example", DnsRecordType.Aaaa, DnsStatus.Timeout)
            .Txt("many.example", "v=spf1 mx -all").A("v4.example", "192.0.2.1");
        for (int i = 0; i < 11; i++) zone.Mx("many.example", i, "v4.example");
        var result = await Run(zone, $"v=spf1 {terms} -all", SpfEvalLevel.Full);
        Assert.Equal(errors, string.Join(' ', result.Errors));
        Assert.Equal(errors.Split(' ')[0], result.Status.Word());
    }

    [Fact]
    public async Task TenMxNamesAreAllowed()
    {
        var zone = new FakeResolver();
        for (int i = 0; i < 10; i++) zone.Mx(Name, i, "m.example");
        Assert.Equal(SpfStatus.Valid, (await Run(zone, "v=spf1 mx -all", SpfEvalLevel.Full)).Status);
    }

    /// <summary>A publisher can make the tree as large as he likes; our work stays bounded, and the verdict the same.</summary>
    [Theory]
    [InlineData(SpfEvalLevel.Tree)]
    [InlineData(SpfEvalLevel.Full)]
    public async Task HostileTreesAreCutShort(SpfEvalLevel level)
    {
        var wide = new FakeResolver();
        for (int i = 0; i < 200; i++) wide.Txt($"i{i}.example", $"v=spf1 {Terms("include:i{0}.example", i)} {Terms("a:h{0}.example", 9)} -all");
        var result = await Run(wide, $"v=spf1 {Terms("include:i{0}.example", 200)} -all", level);
        Assert.Equal(SpfStatus.PermerrorLookupLimit, result.Status);
        Assert.InRange(wide.Asked.Count, 2, 1 + SpfLookup.MaxTxtLookups + 20);

        var doubling = new FakeResolver();
        for (int i = 0; i < 40; i++) doubling.Txt($"i{i}.example", $"v=spf1 include:i{i + 1}.example include:i{i + 1}.example -all");
        Assert.Equal(SpfStatus.PermerrorLookupLimit, (await Run(doubling, "v=spf1 include:i0.example -all", level)).Status);

        var deep = new FakeResolver();
        for (int i = 0; i < 200; i++) deep.Txt($"i{i}.example", $"v=spf1 redirect=i{i + 1}.example");
        Assert.Equal(SpfStatus.PermerrorLookupLimit, (await Run(deep, "v=spf1 redirect=i0.example", level)).Status);
        Assert.InRange(deep.Asked.Count, 2, 1 + SpfLookup.MaxTxtLookups);
    }

    [Fact]
    public async Task WhatTheRowSays()
    {
        var zone = new FakeResolver().Txt("r1.example", "v=spf1 include:i.example redirect=r2.example").Txt("r2.example", "v=spf1 ?all")
            .Txt("i.example", "v=spf1 include:j.example -all").Txt("j.example", "v=spf1 ip4:192.0.2.1 -all").Txt(Name, "hello");
        zone.Txt(Name, "V=spf1 include:I.example. include:%{ir}.%{d}.x.example ", "a=b ptr redirect=r1.example");
        var result = await SpfLookup.RunAsync(Name, zone.Query(Name, DnsRecordType.Txt), zone, SpfEvalLevel.Tree, TestContext.Current.CancellationToken);
        Assert.Equal((SpfStatus.Valid, SpfClass.Neutral), (result.Status, result.Class));
        Assert.Equal((SpfAll.Redirect, SpfEffectiveAll.Neutral), (result.All, result.EffectiveAll));
        Assert.Equal(["i.example", "%{ir}.%{d}.x.example"], result.Includes);
        Assert.Equal(["r1.example", "r2.example"], result.RedirectChain);
        Assert.Equal((8, 3), (result.LookupsWorst, result.IncludeDepth));
        Assert.Equal((true, true, false), (result.HasPtr, result.HasDynamicMacro, result.NoMail));
        Assert.Equal(["mechanism_as_modifier", "ptr", "version_case"], result.Quirks);
        Assert.Equal((result.Raw!.Length, 2, result.Length + 2 + 6), (result.Length, result.Strings, result.TxtRrsetBytes));
        Assert.Empty(result.Candidates);
    }

    /// <summary>RFC 7208 §4.3: no check for such names, whatever DNS says.</summary>
    [Theory]
    [InlineData("localhost")]
    [InlineData("a..example")]
    public async Task SingleLabelAndMalformedNamesHaveNone(string name)
    {
        var zone = new FakeResolver().Txt(name, "v=spf1 include:x.example -all");
        var result = await SpfLookup.RunAsync(name, zone.Query(name, DnsRecordType.Txt), zone, SpfEvalLevel.Full, TestContext.Current.CancellationToken);
        Assert.Equal(SpfStatus.None, result.Status);
        Assert.Single(zone.Asked);
    }

    [Fact]
    public async Task EvidenceIsEscaped()
    {
        var zone = new FakeResolver();
        var result = await Run(zone, "v=spf1 mx \u00FFall\\");
        Assert.Equal(@"v=spf1 mx \255all\\", result.Raw);
        Assert.Equal((SpfSyntaxError.NonAscii, 15, 1), (result.SyntaxError, result.Length, result.Strings));
        Assert.Equal((null, null, null), (result.All, result.EffectiveAll, result.LookupsWorst));
    }

    [Fact]
    public async Task CancellationIsPassedOn()
    {
        var zone = new FakeResolver().Txt(Name, "v=spf1 include:i.example -all");
        await Assert.ThrowsAsync<TaskCanceledException>(async () =>
            await SpfLookup.RunAsync(Name, zone.Query(Name, DnsRecordType.Txt), new Cancelled(), SpfEvalLevel.Tree, new CancellationToken(true)));
    }

    private sealed class Cancelled : IResolver
    {
        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) =>
            ValueTask.FromCanceled<DnsAnswer>(cancellationToken);
    }
}
