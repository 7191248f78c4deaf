using Scanner.Checks.Dmarc;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.Dmarc.DmarcZone;

namespace Scanner.Checks.Tests.Dmarc;

public class DmarcDiscoveryTests
{
    [Theory]
    [InlineData("com", "")]
    [InlineData("example.com", "com")]
    [InlineData("a.mail.example.com", "mail.example.com example.com com")]
    [InlineData("a.b.c.d.e.f.com", "b.c.d.e.f.com c.d.e.f.com d.e.f.com e.f.com f.com com")]
    [InlineData("a.b.c.d.e.f.g.com", "b.c.d.e.f.g.com c.d.e.f.g.com d.e.f.g.com e.f.g.com f.g.com g.com com")]
    [InlineData("a.b.c.d.e.f.g.h.com", "c.d.e.f.g.h.com d.e.f.g.h.com e.f.g.h.com f.g.h.com g.h.com h.com com")]
    // The example of RFC 9989 §4.10.
    [InlineData("a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com mail.example.com example.com com")]
    public void Walk_targets(string name, string targets)
    {
        Assert.Equal(targets, string.Join(' ', DmarcDiscovery.WalkTargets(name)));
        Assert.True(DmarcDiscovery.WalkTargets(name).Count() < DmarcDiscovery.MaxQueries);
    }

    [Fact]
    public void Nine_labels_are_asked_in_this_order()
    {
        var zone = new FakeResolver();
        var result = Run(zone, "a.b.c.d.e.f.g.example.com", "example.com");
        Assert.Equal(
        [
            "_dmarc.a.b.c.d.e.f.g.example.com", "_dmarc.c.d.e.f.g.example.com", "_dmarc.d.e.f.g.example.com", "_dmarc.e.f.g.example.com",
            "_dmarc.f.g.example.com", "_dmarc.g.example.com", "_dmarc.example.com", "_dmarc.com",
        ], zone.Asked.Select(q => q.Name));
        Assert.All(zone.Asked, q => Assert.Equal(DnsRecordType.Txt, q.Type));
        Assert.Equal((DmarcSource.None, DmarcClass.Absent), (result.Source, result.Class));
    }

    [Theory]
    [InlineData("v=DMARC1; p=none", "an own record decides")]
    [InlineData("v=DMARC1; p=bogus", "a bad own record decides too")]
    public void Own_record_needs_no_walk(string record, string why)
    {
        var zone = new FakeResolver().Txt("_dmarc.a.example.com", record).Fail("_dmarc.example.com", DnsRecordType.Txt, DnsStatus.Servfail);
        var result = Run(zone, "a.example.com", "example.com");
        Assert.True(zone.Asked.Count == 1, why);
        Assert.Equal((DmarcSource.Self, "a.example.com", true), (result.Source, result.SourceName, result.Own));
    }

    [Theory]
    [InlineData(DnsStatus.NotQueried)]
    [InlineData(DnsStatus.Timeout)]
    [InlineData(DnsStatus.Bogus)]
    public void Own_unknown_makes_everything_unknown(DnsStatus status)
    {
        var zone = new FakeResolver().Txt("_dmarc.example.com", "v=DMARC1; p=reject").Fail("_dmarc.a.example.com", DnsRecordType.Txt, status);
        var result = Run(zone, "a.example.com", "example.com", apexTxt: Answer("v=DMARC1; p=none"));
        Assert.Single(zone.Asked);
        Assert.Equal((DmarcRecordState.Unknown, DmarcClass.Unknown, DmarcSource.Unknown), (result.Record, result.Class, result.Source));
        Assert.Equal((DmarcPolicy.Unknown, DmarcPolicy.Unknown), (result.Policy9989, result.Policy7489));
        Assert.Equal((null, null, null), (result.Own, result.TxtOther, result.NearMiss));
        Assert.Equal([null, null, null, null, null], new[] { result.EnfP, result.EnfReject, result.Enf7489, result.EnfFull, result.Enf9989 });
        Assert.Null(result.Rua);
    }

    [Fact]
    public void An_own_name_that_is_too_long_is_absent_and_the_walk_goes_on()
    {
        string name = string.Join('.', Enumerable.Repeat(new string('x', 59), 4)) + ".example";
        var zone = new FakeResolver().Txt("_dmarc.example", "v=DMARC1; p=reject; psd=y");
        Assert.Null(DmarcLookup.Question(name));
        var result = Run(zone, name, null);
        Assert.Equal((DmarcRecordState.Absent, DmarcSource.Psd, DmarcPolicy.Reject), (result.Record, result.Source, result.Policy9989));
        Assert.DoesNotContain(zone.Asked, q => q.Name.Length > DomainName.MaxLength);
    }

    // Which names of the walk of a.b.example.com hold what, and what comes of it. "?" fails, "2" is two records.
    [Theory]
    [InlineData("", "", "", "none", null, "absent", "absent", "nothing anywhere")]
    [InlineData("", "v=DMARC1; p=reject", "", "org", "example.com", "reject", "reject", "the usual case")]
    [InlineData("v=DMARC1; p=none", "v=DMARC1; p=reject", "v=DMARC1; p=quarantine", "org", "com", "quarantine", "reject", "rule 3: fewest labels")]
    [InlineData("v=DMARC1; p=none; psd=n", "v=DMARC1; p=reject", "?", "org", "b.example.com", "none", "reject", "rule 1: psd=n ends the walk, com is not reached")]
    [InlineData("v=DMARC1; p=none; psd=u", "v=DMARC1; p=reject", "", "org", "example.com", "reject", "reject", "psd=u is the default")]
    [InlineData("v=DMARC1; p=none; psd=yes", "v=DMARC1; p=reject", "", "org", "example.com", "reject", "reject", "a bad psd is the default")]
    [InlineData("v=DMARC1; p=none", "v=DMARC1; p=reject; psd=y", "?", "org", "b.example.com", "none", "reject", "rule 2: the record one label below psd=y")]
    [InlineData("", "v=DMARC1; p=reject; psd=y", "?", "psd", "example.com", "reject", "reject", "no record one label below: that of the public suffix domain")]
    [InlineData("v=DMARC1; p=none; psd=y", "v=DMARC1; p=reject", "?", "psd", "b.example.com", "none", "reject", "one label below is the name itself, which has none")]
    [InlineData("v=DMARC1; p=none", "", "v=DMARC1; p=reject; psd=y", "psd", "com", "reject", "absent", "b is two labels below, so it is no organizational domain")]
    [InlineData("v=DMARC1; p=none", "v=DMARC1; p=quarantine", "v=DMARC1; p=reject; psd=y", "org", "example.com", "quarantine", "quarantine", "the record below the suffix")]
    [InlineData("2", "v=DMARC1; p=reject", "", "org", "example.com", "reject", "reject", "several above are discarded as well")]
    [InlineData("v=DMARC1; p=none", "2", "", "org", "b.example.com", "none", "absent", "7489: several at the organizational domain are none")]
    [InlineData("v=DMARC1; p=none", "v=spf1 -all", "", "org", "b.example.com", "none", "absent", "other text is discarded")]
    [InlineData("", "v=DMARC1; p=bogus", "", "org", "example.com", "no_processing", "no_processing", "a bad inherited record is still the one")]
    [InlineData("?", "v=DMARC1; p=reject", "", "unknown", null, "unknown", "reject", "b might say psd=n; 7489 never asks it")]
    [InlineData("?", "", "", "unknown", null, "unknown", "absent", "b might hold the only record")]
    [InlineData("", "?", "", "unknown", null, "unknown", "unknown", "both readings need the organizational domain")]
    [InlineData("v=DMARC1; p=reject", "", "?", "unknown", null, "unknown", "absent", "com might hold a record with fewer labels")]
    [InlineData("v=DMARC1; p=reject; psd=n", "?", "?", "org", "b.example.com", "reject", "unknown", "psd=n settles 9989 only")]
    public void Walk(string b, string org, string tld, string source, string? sourceName, string policy, string policy7489, string why)
    {
        var zone = new FakeResolver().A("a.b.example.com", "192.0.2.1");
        Put(zone, "_dmarc.b.example.com", b);
        Put(zone, "_dmarc.example.com", org);
        Put(zone, "_dmarc.com", tld);
        var result = Run(zone, "a.b.example.com", "example.com");
        Assert.True(
            (result.Source.Word(), result.SourceName, result.Policy9989.Word(), result.Policy7489.Word()) == (source, sourceName, policy, policy7489),
            $"{why}: {result.Source} {result.SourceName} {result.Policy9989} {result.Policy7489}");
        Assert.Equal(zone.Asked.Count, zone.Asked.Distinct().Count());
    }

    [Theory]
    [InlineData("v=DMARC1; p=none; psd=n", "a.b.example.com b.example.com example.com", "psd=n ends the walk; 7489 still needs its domain")]
    [InlineData("v=DMARC1; p=none; psd=y", "a.b.example.com b.example.com example.com", "so does psd=y")]
    [InlineData("?", "a.b.example.com b.example.com example.com", "and a failure, after which 9989 stays unknown")]
    [InlineData("v=DMARC1; p=none", "a.b.example.com b.example.com example.com com", "an ordinary record does not")]
    public void Nothing_is_asked_that_no_reading_needs(string b, string asked, string why)
    {
        var zone = new FakeResolver();
        Put(zone, "_dmarc.b.example.com", b);
        Run(zone, "a.b.example.com", "example.com");
        string actual = string.Join(' ', zone.Asked.Select(q => q.Name["_dmarc.".Length..]));
        Assert.True(actual == asked, $"{why}: {actual}");
    }

    [Fact]
    public void Several_own_records_with_an_unknown_ancestor_settle_only_7489()
    {
        var zone = new FakeResolver().Txt("_dmarc.a.example.com", "v=DMARC1; p=none").Txt("_dmarc.a.example.com", "v=DMARC1; p=reject")
            .Fail("_dmarc.example.com", DnsRecordType.Txt, DnsStatus.Timeout);
        var result = Run(zone, "a.example.com", "example.com");
        Assert.Equal((DmarcRecordState.Multiple, true), (result.Record, result.Own));
        Assert.Equal((DmarcPolicy.Unknown, DmarcClass.Unknown, DmarcPolicy.Absent), (result.Policy9989, result.Class, result.Policy7489));
        Assert.Equal((null, null, false), (result.EnfP, result.Enf9989, result.Enf7489));
        Assert.Equal(2, result.Candidates.Count);
    }

    [Fact]
    public void The_name_below_a_suffix_that_the_cut_jumped_over_is_not_asked()
    {
        // Nine labels: the walk goes on at seven, whose psd=y makes the eight-label name the organizational domain.
        var zone = new FakeResolver()
            .Txt("_dmarc.b.c.d.e.f.g.example.com", "v=DMARC1; p=reject")
            .Txt("_dmarc.c.d.e.f.g.example.com", "v=DMARC1; p=quarantine; psd=y");
        var result = Run(zone, "a.b.c.d.e.f.g.example.com", "example.com");
        Assert.Equal((DmarcSource.Psd, "c.d.e.f.g.example.com", DmarcPolicy.Quarantine), (result.Source, result.SourceName, result.Policy9989));
    }

    [Fact]
    public void An_organizational_domain_outside_the_walk_is_asked_for_7489()
    {
        const string Org = "s.t.u.v.w.x.y.example";
        var zone = new FakeResolver().Txt("_dmarc." + Org, "v=DMARC1; p=reject");
        var result = Run(zone, "a." + Org, Org);
        Assert.Equal("_dmarc." + Org, zone.Asked.Last().Name);
        Assert.Equal((DmarcSource.None, DmarcPolicy.Absent, DmarcPolicy.Reject), (result.Source, result.Policy9989, result.Policy7489));
    }

    [Theory]
    [InlineData("com", null, null, 1, DmarcSource.None)]
    [InlineData("co.uk", null, null, 2, DmarcSource.None)]
    [InlineData("co.uk", null, "v=DMARC1; p=reject", 2, DmarcSource.Org)]
    public void Suffixes_and_single_labels(string name, string? org, string? parentRecord, int asked, DmarcSource source)
    {
        var zone = new FakeResolver();
        if (parentRecord is not null) zone.Txt("_dmarc.uk", parentRecord);
        var result = Run(zone, name, org);
        Assert.Equal((asked, source, DmarcPolicy.Absent), (zone.Asked.Count, result.Source, result.Policy7489));
    }

    [Theory]
    [InlineData("me.github.io", "me.github.io", "_dmarc.github.io", "v=DMARC1; p=reject", true, DmarcPolicy.Absent, "a private suffix")]
    [InlineData("x.me.github.io", "me.github.io", "_dmarc.github.io", "v=DMARC1; p=reject", true, DmarcPolicy.Absent, "the same from below")]
    [InlineData("me.github.io", "me.github.io", "_dmarc.github.io", "v=DMARC1; p=reject; psd=y", false, DmarcPolicy.Absent, "psd=y is meant for it")]
    [InlineData("x.example.com", "example.com", "_dmarc.example.com", "v=DMARC1; p=reject", false, DmarcPolicy.Reject, "the organizational domain itself")]
    [InlineData("y.x.example.com", "example.com", "_dmarc.x.example.com", "v=DMARC1; p=reject", false, DmarcPolicy.Absent, "below it")]
    [InlineData("co.uk", null, "_dmarc.uk", "v=DMARC1; p=reject", true, DmarcPolicy.Absent, "one label is always a suffix")]
    public void Inherited_from_suffix(string name, string? org, string owner, string record, bool flagged, DmarcPolicy policy7489, string why)
    {
        var result = Run(new FakeResolver().Txt(owner, record), name, org);
        Assert.True(result.Quirks.Contains("inherited_from_suffix") == flagged, why);
        Assert.Equal((DmarcPolicy.Reject, policy7489), (result.Policy9989, result.Policy7489));
    }

    private static void Put(FakeResolver zone, string owner, string content)
    {
        if (content == "?") zone.Fail(owner, DnsRecordType.Txt, DnsStatus.Servfail);
        else if (content == "2") zone.Txt(owner, "v=DMARC1; p=none").Txt(owner, "v=DMARC1; p=reject");
        else if (content.Length > 0) zone.Txt(owner, content);
    }
}
