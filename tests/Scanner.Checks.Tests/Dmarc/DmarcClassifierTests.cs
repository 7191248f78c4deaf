using Scanner.Checks.Dmarc;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.Dmarc.DmarcZone;

namespace Scanner.Checks.Tests.Dmarc;

public class DmarcClassifierTests
{
    // RFC 7489 §6.6.4: a part of the mail is sampled; all of it and none of it are no parts.
    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    [InlineData("99", true)]
    [InlineData("100", false)]
    [InlineData("101", false)]
    [InlineData("-1", false)]
    public void PartialPercentages(string pct, bool partial) => Assert.Equal(
        partial, DmarcZone.Run(new FakeResolver().Txt("_dmarc.example.com", $"v=DMARC1; p=reject; pct={pct}"), "example.com", "example.com").Quirks.Contains("pct_partial"));

    [Fact]
    public void Tags_come_from_the_own_record()
    {
        var result = RunAt("v=DMARC1; p=Reject; sp=none; np=quarantine; pct=50; t=n; psd=u; adkim=s; aspf=r; fo=1; rua=mailto:a@R.example,mailto:b@s.example; ruf=x; foo=1");
        Assert.Equal(("Reject", "none", "quarantine", 50), (result.P, result.Sp, result.Np, result.Pct));
        Assert.Equal(("n", "u", "s", "r", "1"), (result.T, result.Psd, result.Adkim, result.Aspf, result.Fo));
        Assert.Equal((ReportUriState.Valid, ReportUriState.AllInvalid), (result.Rua, result.Ruf));
        Assert.Equal(["r.example", "s.example"], result.RuaHosts);
        Assert.Equal(["foo"], result.UnknownTags);
        Assert.Equal(["pct_partial"], result.Quirks);
    }

    [Fact]
    public void Tags_come_from_the_inherited_record_where_the_name_has_none()
    {
        const string Record = "v=DMARC1; p=none; sp=reject; pct=20; rua=mailto:a@r.example";
        var result = Run(new FakeResolver().Txt("_dmarc.example.com", Record), "a.example.com", "example.com");
        Assert.Equal((DmarcRecordState.Absent, false, DmarcClass.Reject), (result.Record, result.Own, result.Class));
        Assert.Equal(("none", "reject", 20, Record, "example.com"), (result.P, result.Sp, result.Pct, result.Raw, result.SourceName));
        Assert.Equal((ReportUriState.Valid, ReportUriState.Absent), (result.Rua, result.Ruf));
        Assert.Equal(["pct_partial"], result.Quirks);
        Assert.Empty(result.Candidates);
    }

    [Fact]
    public void Pct_partial_speaks_of_the_record_behind_the_7489_column()
    {
        var zone = new FakeResolver().Txt("_dmarc.b.example.com", "v=DMARC1; p=reject; psd=n").Txt("_dmarc.example.com", "v=DMARC1; p=reject; pct=5");
        var result = Run(zone, "a.b.example.com", "example.com");
        Assert.Null(result.Pct);
        Assert.Equal(["pct_partial"], result.Quirks);
        Assert.Equal((true, false), (result.EnfFull, result.Enf7489));
    }

    [Fact]
    public void Np_of_a_name_whose_existence_is_unknown_leaves_the_policy_unknown_and_the_source_known()
    {
        var zone = new FakeResolver().Txt("_dmarc.example.com", "v=DMARC1; p=quarantine; np=reject");
        var result = Run(zone, "a.example.com", "example.com", Presence.Unknown);
        Assert.Equal((DmarcPolicy.Unknown, DmarcClass.Unknown, DmarcSource.Org), (result.Policy9989, result.Class, result.Source));
        Assert.Equal((DmarcPolicy.Quarantine, true, true), (result.Policy7489, result.EnfP, result.Enf9989));
    }

    [Fact]
    public void Np_that_says_the_same_needs_no_existence()
    {
        var zone = new FakeResolver().Txt("_dmarc.example.com", "v=DMARC1; p=none; sp=reject; np=reject");
        Assert.Equal(DmarcPolicy.Reject, Run(zone, "a.example.com", "example.com", Presence.Unknown).Policy9989);
    }

    [Fact]
    public void An_inherited_record_without_effect_is_no_effect()
    {
        var result = Run(new FakeResolver().Txt("_dmarc.example.com", "v=DMARC1"), "a.example.com", "example.com");
        Assert.Equal((DmarcPolicy.NoProcessing, DmarcClass.NoEffect, DmarcSource.Org), (result.Policy9989, result.Class, result.Source));
    }

    [Fact]
    public void Evidence_is_escaped_and_complete()
    {
        var result = RunAt("v=DMARC1; p=re\\ject\u00FF", "v=spf1 -all");
        Assert.Equal(@"re\\ject\255", result.P);
        Assert.Equal(@"v=DMARC1; p=re\\ject\255", result.Raw);
        Assert.Equal([@"v=DMARC1; p=re\\ject\255", "v=spf1 -all"], result.Candidates);
    }

    [Fact]
    public void A_cname_is_followed_and_told()
    {
        var zone = new FakeResolver().Cname("_dmarc.example.com", "example.com.dmarc.provider.example").Txt("example.com.dmarc.provider.example", "v=DMARC1; p=reject");
        var result = Run(zone, "example.com", "example.com");
        Assert.Equal((DmarcClass.Reject, "example.com.dmarc.provider.example"), (result.Class, result.Cname));
    }

    [Fact]
    public void A_dangling_cname_is_absent_and_told()
    {
        var result = Run(new FakeResolver().Cname("_dmarc.example.com", "gone.provider.example"), "example.com", "example.com");
        Assert.Equal((DmarcRecordState.Absent, DmarcClass.Absent, "gone.provider.example"), (result.Record, result.Class, result.Cname));
    }

    [Fact]
    public void Identical_records_collapse_and_differently_split_ones_do_not()
    {
        Assert.Equal(DmarcRecordState.Valid, RunAt("v=DMARC1; p=none", "v=DMARC1; p=none").Record);
        var zone = new FakeResolver().Txt("_dmarc.example.com", "v=DMARC1; p=none").Txt("_dmarc.example.com", "v=DMARC1;", " p=none");
        Assert.Equal(DmarcRecordState.Multiple, Run(zone, "example.com", "example.com").Record);
    }

    [Fact]
    public void A_policy_is_always_unknown_or_known_together_with_its_class()
    {
        string[] records = ["", "v=DMARC1", "v=DMARC1; p=none", "v=DMARC1; p=reject; t=y", "v=DMARC1; p=bad; rua=mailto:a@b.example"];
        foreach (string own in records)
            foreach (string org in records)
            {
                var zone = new FakeResolver();
                if (own.Length > 0) zone.Txt("_dmarc.a.example.com", own);
                if (org.Length > 0) zone.Txt("_dmarc.example.com", org);
                var result = Run(zone, "a.example.com", "example.com");
                Assert.Equal(result.Policy9989 == DmarcPolicy.NoProcessing ? "no_effect" : result.Policy9989.Word(), result.Class.Word());
                Assert.Equal(result.Source == DmarcSource.None, result.Raw is null);
            }
    }
}
