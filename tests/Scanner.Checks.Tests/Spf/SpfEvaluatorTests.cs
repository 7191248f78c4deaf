using System.Net;
using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>check_host() where the public suites say nothing or leave a choice.</summary>
public sealed class SpfEvaluatorTests
{
    private const string Name = "example.com";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_795_000_000);

    private static FakeResolver Zone() => new FakeResolver()
        .A("v4.example", "192.0.2.1").A("both.example", "192.0.2.1").A("both.example", "2001:db8::1").A("v6.example", "2001:db8::1")
        .Txt("pass.example", "v=spf1 +all").Txt("fail.example", "v=spf1 -all exp=inner.example").Txt("soft.example", "v=spf1 ~all")
        .Txt("bare.example", "v=spf1").Txt("two.example", "v=spf1 -all").Txt("two.example", "v=spf1 mx -all").Txt("bad.example", "v=spf1 foo")
        .Txt("other.example", "hello").Txt("inner.example", "from the inner record").Txt("why.example", "%{i} is %{v}, not of %{d}; %{r} at %{t}")
        .Txt("utf8.example", "%{l} is wrong")
        .Fail("lost.example", DnsRecordType.Txt, DnsStatus.Timeout).Fail("lost.example", DnsRecordType.A, DnsStatus.Servfail)
        .Fail("lost.example", DnsRecordType.Mx, DnsStatus.Refused);

    private static async Task<SpfCheck> Check(FakeResolver zone, string record, string ip = "192.0.2.1", string mailFrom = "joe@example.com", string helo = "mx.example")
    {
        zone.Txt(Name, record);
        return await SpfLookup.CheckHostAsync(Name, new SpfClient(IPAddress.Parse(ip), helo, mailFrom, Now), zone, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("a:v4.example -all", "192.0.2.1", "pass", "§5.3")]
    [InlineData("a:v4.example -all", "2001:db8::1", "fail", "an IPv6 client is compared with AAAA only, §5")]
    [InlineData("a:v6.example -all", "2001:db8::1", "pass", "§5.3")]
    [InlineData("a:v6.example -all", "192.0.2.1", "fail", "§5")]
    [InlineData("a:both.example -all", "::ffff:192.0.2.1", "pass", "an IPv4-mapped client is IPv4, §5")]
    [InlineData("ip4:192.0.2.1 -all", "::ffff:192.0.2.1", "pass", "§5")]
    [InlineData("ip6:::ffff:192.0.2.1 -all", "192.0.2.1", "fail", "\"IPv4 addresses are only listed using ip4\", §5")]
    [InlineData("ip4:192.0.2.129/25 -all", "192.0.2.254", "pass", "bits beyond the prefix do not count, §5")]
    [InlineData("ip4:192.0.2.129/25 -all", "192.0.2.127", "fail", "§5")]
    [InlineData("ip4:10.0.0.0/0 -all", "192.0.2.1", "pass", "no bits are compared, §5")]
    [InlineData("ip4:10.0.0.0/0 -all", "2001:db8::1", "fail", "§5")]
    [InlineData("ip6:2001:db8::/32 -all", "2001:db8:ffff::1", "pass", "§5.6")]
    [InlineData("ip6:2001:db8::/33 -all", "2001:db8:8000::1", "fail", "§5.6")]
    [InlineData("ip6:2001:db8::1 -all", "2001:db8::2", "fail", "equality without a prefix, §5")]
    [InlineData("a:v4.example/24 -all", "192.0.2.200", "pass", "§5.3")]
    [InlineData("a:v6.example//64 -all", "2001:db8::ffff", "pass", "§5.3")]
    [InlineData("a:v6.example/0 -all", "2001:db8::ffff", "fail", "the IPv4 prefix is not for AAAA, §5.6")]
    [InlineData("exists:v4.example -all", "2001:db8::1", "pass", "A also for IPv6 clients, §5.7")]
    [InlineData("exists:v6.example -all", "2001:db8::1", "fail", "AAAA does not count, §5.7")]
    [InlineData("include:pass.example -all", "192.0.2.1", "pass", "§5.2")]
    [InlineData("?include:pass.example -all", "192.0.2.1", "neutral", "the qualifier of the include, §5.2")]
    [InlineData("include:fail.example ~all", "192.0.2.1", "softfail", "fail inside is no match, §5.2")]
    [InlineData("include:soft.example include:bare.example ?all", "192.0.2.1", "neutral", "softfail and neutral are no match, §5.2")]
    [InlineData("include:other.example -all", "192.0.2.1", "permerror", "none inside is permerror, §5.2")]
    [InlineData("include:two.example -all", "192.0.2.1", "permerror", "permerror inside, §5.2")]
    [InlineData("include:bad.example -all", "192.0.2.1", "permerror", "permerror inside, §5.2")]
    [InlineData("include:lost.example -all", "192.0.2.1", "temperror", "§5.2")]
    [InlineData("include:a..example -all", "192.0.2.1", "permerror", "a malformed domain is none, §4.3, §5.2")]
    [InlineData("redirect=soft.example", "192.0.2.1", "softfail", "§6.1")]
    [InlineData("redirect=other.example", "192.0.2.1", "permerror", "§6.1")]
    [InlineData("redirect=a..example", "192.0.2.1", "permerror", "\"or if the target-name is malformed\", §6.1")]
    [InlineData("redirect=lost.example", "192.0.2.1", "temperror", "§6.1")]
    [InlineData("redirect=pass.example ?all", "192.0.2.1", "neutral", "all is there, §6.1")]
    [InlineData("mx:lost.example -all", "192.0.2.1", "temperror", "§5")]
    [InlineData("a:lost.example -all", "192.0.2.1", "temperror", "§5")]
    [InlineData("a:lost.example -all", "2001:db8::1", "fail", "AAAA is answered: the name does not exist")]
    [InlineData("ip4:192.0.2.1 a:lost.example -all", "192.0.2.1", "pass", "the first match ends it, §4.6.2")]
    [InlineData("ip4:192.0.2.1 foo", "192.0.2.1", "permerror", "syntax before evaluation, §4.6")]
    [InlineData("all -all", "192.0.2.1", "pass", "§5.1")]
    [InlineData("x=y", "192.0.2.1", "neutral", "§4.7")]
    public async Task Results(string terms, string ip, string verdict, string why)
    {
        var check = await Check(Zone(), "v=spf1 " + terms, ip);
        Assert.True(check.Verdict.Word() == verdict, $"{check.Verdict} {check.Problem}; {why}");
        bool failed = check.Verdict is SpfVerdict.Temperror or SpfVerdict.Permerror;
        Assert.Equal(failed, check.Problem is not null);
        // What decided is told unless nothing did: an error, or the default.
        Assert.Equal(!failed && terms != "x=y", check.Mechanism is not null);
        Assert.Equal(terms != "x=y", check.Where is not null);
    }

    /// <summary>A person is told what is wrong, where, and by which section.</summary>
    [Theory]
    [InlineData("include:bad.example -all", "bad.example", "unknown_mechanism (RFC 7208 §4.6)")]
    [InlineData("include:two.example -all", "two.example", "more than one SPF record (RFC 7208 §4.5)")]
    [InlineData("include:lost.example -all", "lost.example", "timeout (RFC 7208 §4.4)")]
    [InlineData("include:other.example -all", Name, "include:other.example: no SPF record there (RFC 7208 §5.2)")]
    [InlineData("redirect=other.example", Name, "redirect=other.example: no SPF record there (RFC 7208 §6.1)")]
    [InlineData("a:lost.example -all", "lost.example", "A lookup failed: servfail (RFC 7208 §5)")]
    [InlineData("a:n1.example a:n2.example a:n3.example -all", "n3.example", "(RFC 7208 §4.6.4)")]
    public async Task Problems(string terms, string where, string problem)
    {
        var check = await Check(Zone(), "v=spf1 " + terms);
        Assert.Equal((where, null), (check.Where, check.Mechanism));
        Assert.EndsWith(problem, check.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-all exp=why.example", "192.0.2.1", "192.0.2.1 is in-addr, not of example.com; unknown at 1795000000")]
    [InlineData("-all", "192.0.2.1", null)]
    [InlineData("-all exp=gone.example", "192.0.2.1", null)]
    [InlineData("-all exp=two.example", "192.0.2.1", null)]
    [InlineData("~all exp=why.example", "192.0.2.1", null)]
    [InlineData("-include:pass.example exp=why.example", "192.0.2.1", "192.0.2.1 is in-addr, not of example.com; unknown at 1795000000")]
    [InlineData("include:fail.example -all", "192.0.2.1", null)]
    [InlineData("redirect=fail.example exp=why.example", "192.0.2.1", "from the inner record")]
    public async Task Explanations(string terms, string ip, string? explanation)
    {
        var check = await Check(Zone(), "v=spf1 " + terms, ip);
        Assert.Equal(explanation, check.Explanation);
    }

    /// <summary>RFC 7208 §6.2: US-ASCII only, whatever the sender is called.</summary>
    [Fact]
    public async Task ExplanationStaysAscii()
    {
        Assert.Equal("joe is wrong", (await Check(Zone(), "v=spf1 -all exp=utf8.example")).Explanation);
        Assert.Null((await Check(Zone(), "v=spf1 -all exp=utf8.example", mailFrom: "jürgen@example.com")).Explanation);
    }

    /// <summary>RFC 8616 §4: a local-part that is not ASCII matches nothing.</summary>
    [Fact]
    public async Task NonAsciiLocalPartMatchesNothing()
    {
        var check = await Check(Zone().A("jrgen.x.example", "192.0.2.9"), "v=spf1 exists:%{l}.x.example -all", mailFrom: "jürgen@example.com");
        Assert.Equal(SpfVerdict.Fail, check.Verdict);
    }

    [Theory]
    [InlineData("%{s}", "joe@example.com")]
    [InlineData("%{l}.%{o}", "joe.example.com")]
    [InlineData("%{h}", "mx.example")]
    [InlineData("%{ir}.%{v}", "1.2.0.192.in-addr")]
    [InlineData("%{p}", "unknown")]
    public async Task MacrosInTerms(string macro, string expansion)
    {
        var zone = Zone().A(expansion + ".x.example", "192.0.2.9");
        Assert.Equal(SpfVerdict.Pass, (await Check(zone, $"v=spf1 exists:{macro}.x.example -all")).Verdict);
    }

    /// <summary>RFC 7208 §7.4, the IPv6 example.</summary>
    [Fact]
    public async Task Ip6Nibbles()
    {
        var zone = Zone().A("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com", "192.0.2.9");
        Assert.Equal(SpfVerdict.Pass, (await Check(zone, "v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", "2001:db8::cb01")).Verdict);
    }

    /// <summary>RFC 7208 §7.3: the domain itself, else one below it, else any.</summary>
    [Theory]
    [InlineData("a.example b.example.com example.com", "example.com")]
    [InlineData("a.example b.example.com", "b.example.com")]
    [InlineData("a.example", "a.example")]
    [InlineData("forged.example", "unknown")]
    public async Task ValidatedName(string names, string chosen)
    {
        var zone = Zone().A("a.example", "192.0.2.1").A("b.example.com", "192.0.2.1").A("example.com", "192.0.2.1").A("forged.example", "192.0.2.77")
            .A(chosen + ".x.example", "192.0.2.9");
        foreach (string name in names.Split(' ')) zone.Ptr("1.2.0.192.in-addr.arpa", name);
        Assert.Equal(SpfVerdict.Pass, (await Check(zone, "v=spf1 exists:%{p}.x.example -all")).Verdict);
    }

    [Theory]
    [InlineData("ptr", "mx.example.com", "pass", "below the domain, §5.5")]
    [InlineData("ptr:example.net", "example.net", "pass", "the same, §5.5")]
    [InlineData("ptr:example.com", "mx.bad-example.com", "fail", "not within, §5.5")]
    public async Task Ptr(string term, string name, string verdict, string why)
    {
        var zone = Zone().Ptr("1.2.0.192.in-addr.arpa", name).A(name, "192.0.2.1");
        var check = await Check(zone, $"v=spf1 {term} -all");
        Assert.True(check.Verdict.Word() == verdict, $"{check.Verdict}; {why}");
    }

    /// <summary>RFC 7208 §5.5: "if a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match"; a name whose
    /// addresses cannot be had is skipped.</summary>
    [Fact]
    public async Task PtrErrorsAreNoErrors()
    {
        Assert.Equal(SpfVerdict.Fail, (await Check(Zone().Fail("1.2.0.192.in-addr.arpa", DnsRecordType.Ptr, DnsStatus.Servfail), "v=spf1 ptr -all")).Verdict);
        var zone = Zone().Ptr("1.2.0.192.in-addr.arpa", "a.example.com").Ptr("1.2.0.192.in-addr.arpa", "b.example.com")
            .Fail("a.example.com", DnsRecordType.A, DnsStatus.Timeout).A("b.example.com", "192.0.2.1");
        Assert.Equal(SpfVerdict.Pass, (await Check(zone, "v=spf1 ptr -all")).Verdict);
    }

    /// <summary>RFC 7208 §4.6.4: only ten PTR names are looked at.</summary>
    [Fact]
    public async Task PtrNamesBeyondTenAreIgnored()
    {
        var zone = Zone();
        for (int i = 0; i < 11; i++) zone.Ptr("1.2.0.192.in-addr.arpa", $"{(char)('a' + i)}.example.com");
        zone.A("k.example.com", "192.0.2.1");
        Assert.Equal(SpfVerdict.Fail, (await Check(zone, "v=spf1 ptr -all")).Verdict);
        Assert.Equal(SpfVerdict.Pass, (await Check(zone.A("j.example.com", "192.0.2.1"), "v=spf1 ptr -all")).Verdict);
        Assert.DoesNotContain(zone.Asked, question => question.Name == "k.example.com");
    }

    [Theory]
    [InlineData("a:n1.example a:n2.example ~all", "softfail", 2)]
    [InlineData("a:n1.example a:n2.example a:n3.example ~all", "permerror", 3)]
    [InlineData("exists:n1.example mx:n2.example a:n3.example ~all", "permerror", 3)]
    [InlineData("a:n1.example a:n2.example ptr ~all", "permerror", 3)]
    [InlineData("mx:dead.example mx:dead.example ~all", "softfail", 2)]
    [InlineData("include:n1.example ~all", "permerror", 1)]
    [InlineData("a:n1.example redirect=n2.example", "permerror", 2)]
    [InlineData("a:n1.example include:pass.example", "pass", 1)]
    [InlineData("a:v6.example a:v6.example a:v6.example ~all", "permerror", 3)]
    public async Task VoidLookups(string terms, string verdict, int voids)
    {
        var zone = Zone().Mx("dead.example", 1, "n1.example").Mx("dead.example", 2, "n2.example").Mx("dead.example", 3, "n3.example");
        var check = await Check(zone, "v=spf1 " + terms);
        Assert.Equal((verdict, voids), (check.Verdict.Word(), check.Voids));
    }

    /// <summary>RFC 7208 §4.6.4: ten terms, over all records together, in the order they are met.</summary>
    [Theory]
    [InlineData("{0} ip4:192.0.2.1 -all", 10, "pass")]
    [InlineData("{0} ip4:192.0.2.1 -all", 11, "permerror")]
    [InlineData("ip4:192.0.2.1 {0} -all", 11, "pass")]
    [InlineData("{0} redirect=pass.example", 9, "pass")]
    [InlineData("{0} redirect=pass.example", 10, "permerror")]
    [InlineData("{0} include:pass.example", 9, "pass")]
    [InlineData("{0} include:pass.example", 10, "permerror")]
    [InlineData("include:nine.example a:v6.example ?all", 0, "neutral")]
    [InlineData("include:nine.example a:both.example a:v4.example ?all", 0, "pass")]
    [InlineData("include:nine.example a:miss.example a:v4.example ?all", 0, "permerror")]
    [InlineData("include:nine.example {0} -all exp=why.example", 1, "fail")]
    public async Task LookupLimit(string terms, int count, string verdict)
    {
        var zone = Zone().A("miss.example", "203.0.113.1").Txt("nine.example", "v=spf1 " + Repeat("a:miss.example", 8) + " -all");
        var check = await Check(zone, "v=spf1 " + string.Format(null, terms, Repeat("a:miss.example", count)));
        Assert.Equal(verdict, check.Verdict.Word());
    }

    private static string Repeat(string term, int count) => string.Join(' ', Enumerable.Repeat(term, count));

    [Fact]
    public async Task MxHostsAreTriedByPreference()
    {
        var zone = Zone().Mx("m.example", 20, "lost.example").Mx("m.example", 10, "v4.example").Mx("m.example", 5, ".");
        Assert.Equal(SpfVerdict.Pass, (await Check(zone, "v=spf1 mx:m.example -all")).Verdict);
        Assert.Equal(SpfVerdict.Temperror, (await Check(zone, "v=spf1 mx:m.example -all", "203.0.113.5")).Verdict);
    }

    /// <summary>The first query belongs to no term, and is no void lookup of one (RFC 7208 §4.6.4).</summary>
    [Fact]
    public async Task NoRecordAtAll()
    {
        var zone = new FakeResolver();
        var check = await SpfLookup.CheckHostAsync("Gone.example", new SpfClient(IPAddress.Loopback, "h.example", "", Now), zone, TestContext.Current.CancellationToken);
        Assert.Equal((SpfVerdict.None, 0, 0, null, null), (check.Verdict, check.Voids, check.Lookups, check.Mechanism, check.Problem));
        Assert.Equal("gone.example", Assert.Single(zone.Asked).Name);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("a..example")]
    [InlineData("a123456789b123456789c123456789d123456789e123456789f123456789g123.example.com")]
    public async Task NoCheckForSuchNames(string domain)
    {
        var zone = new FakeResolver();
        var check = await SpfLookup.CheckHostAsync(domain, new SpfClient(IPAddress.Loopback, "h.example", "", Now), zone, TestContext.Current.CancellationToken);
        Assert.Equal(SpfVerdict.None, check.Verdict);
        Assert.Empty(zone.Asked);
    }

    [Theory]
    [InlineData("", "postmaster", "helo.example")]
    [InlineData("@a.example", "postmaster", "a.example")]
    [InlineData("a.example", "postmaster", "a.example")]
    [InlineData("\"a@b\"@c.example", "\"a@b\"", "c.example")]
    public void Sender(string mailFrom, string localPart, string domain)
    {
        var client = new SpfClient(IPAddress.Loopback, "helo.example", mailFrom, Now);
        Assert.Equal((localPart, domain), (client.LocalPart, client.Domain));
    }

    [Fact]
    public async Task StepsTellTheStory()
    {
        var zone = Zone().Txt("i.example", "v=spf1 a:v6.example ip4:203.0.113.0/24 ~all");
        var check = await Check(zone, "v=spf1 include:i.example mx ip4:192.0.2.0/24 -all");
        Assert.Equal(
            ["0 example.com include:i.example 1 no match", "1 i.example a:v6.example 2 no match", "1 i.example ip4:203.0.113.0/24 2 no match",
                "1 i.example ~all 2 match: softfail", "0 example.com mx 3 no match", "0 example.com ip4:192.0.2.0/24 3 match: pass"],
            check.Steps.Select(s => $"{s.Depth} {s.Domain} {s.Term} {s.Lookups} {s.Outcome}"));
        Assert.Equal(("ip4:192.0.2.0/24", Name, 3, 2), (check.Mechanism, check.Where, check.Lookups, check.Voids));
    }

    /// <summary>A match inside an include decides nothing when the evaluation ends in an error after it.</summary>
    [Theory]
    [InlineData("include:fail.example a:lost.example", "temperror", "lost.example")]
    [InlineData("include:fail.example include:two.example", "permerror", "two.example")]
    public async Task AnErrorNamesItsPlaceAndNoMechanism(string terms, string verdict, string where)
    {
        var check = await Check(Zone(), "v=spf1 " + terms);
        Assert.Equal((verdict, null, where), (check.Verdict.Word(), check.Mechanism, check.Where));
    }

    [Theory]
    [InlineData("a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example mx", "mx")]
    [InlineData("a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example a:v6.example redirect=pass.example", "redirect=pass.example")]
    public async Task TheEleventhTermIsShown(string terms, string last)
    {
        // RFC 7208 §4.6.4. The void limit of the same section would come first if those names had nothing for the client.
        var check = await Check(Zone().A("v6.example", "198.51.100.1"), "v=spf1 " + terms);
        Assert.Equal(SpfVerdict.Permerror, check.Verdict);
        Assert.Contains("more than 10 terms", check.Problem!, StringComparison.Ordinal);
        Assert.Equal((11, last, "one too many"), (check.Steps.Count, check.Steps[^1].Term, check.Steps[^1].Outcome));
    }

    [Fact]
    public async Task TooManyMxRecordsAreSaid()
    {
        var zone = Zone();
        for (int i = 0; i < 11; i++) zone.Mx("many.example", i, $"h{i}.example");
        var check = await Check(zone, "v=spf1 mx:many.example -all");
        Assert.Equal((SpfVerdict.Permerror, "many.example"), (check.Verdict, check.Where));
        Assert.Contains("more than 10 MX records", check.Problem!, StringComparison.Ordinal);
    }

    /// <summary>RFC 7505: a null MX names no host, and a lookup of the root would be void.</summary>
    [Theory]
    [InlineData(".")]
    [InlineData("")]
    public async Task ANullMxIsNoHost(string root)
    {
        var check = await Check(Zone().Mx("none.example", 0, root), "v=spf1 mx:none.example -all");
        Assert.Equal((SpfVerdict.Fail, 0), (check.Verdict, check.Voids));
    }

    [Fact]
    public async Task OneOfSeveralAddressesIsEnough()
    {
        var zone = Zone().A("six.example", "2001:db8::7").A("six.example", "2001:db8::8").A("four.example", "192.0.2.7").A("four.example", "192.0.2.8");
        Assert.Equal(SpfVerdict.Pass, (await Check(zone, "v=spf1 a:six.example a:four.example -all", "2001:db8::8")).Verdict);
        Assert.Equal(SpfVerdict.Pass, (await Check(zone, "v=spf1 a:six.example a:four.example -all", "192.0.2.8")).Verdict);
    }

    /// <summary>RFC 7208 §6.2: the name of the explanation may hold macros that need DNS; one that cannot exist explains nothing.</summary>
    [Theory]
    [InlineData("-all exp=%{p}.why.example", "because")]
    [InlineData("-all exp=a..why.example", null)]
    public async Task TheNameOfTheExplanation(string terms, string? explanation)
    {
        var zone = Zone().Ptr("1.2.0.192.in-addr.arpa", "v4.example").Txt("v4.example.why.example", "because");
        var check = await Check(zone, "v=spf1 " + terms);
        Assert.Equal((SpfVerdict.Fail, explanation), (check.Verdict, check.Explanation));
    }
}
