using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Dmarc;
using Scanner.Dns;
using static Scanner.Checks.Tests.Dmarc.DmarcZone;

namespace Scanner.Checks.Tests.Dmarc;

public class DmarcRecordParserTests
{
    // RFC 6376 §3.2 voids a list with duplicate tags; two contradictions do not make it whole again. classification.md 5.3
    [Theory]
    [InlineData("v=DMARC1; p=none; p=reject; p=quarantine", DmarcRecordState.InvalidDuplicate)]
    [InlineData("v=DMARC1; p=none; p=reject; p=none", DmarcRecordState.InvalidDuplicate)]
    [InlineData("v=DMARC1; p=none; sp=none; sp=reject; sp=quarantine", DmarcRecordState.InvalidDuplicate)]
    [InlineData("v=DMARC1; p=none; np=none; np=reject; np=quarantine", DmarcRecordState.InvalidDuplicate)]
    [InlineData("v=DMARC1; p=none; p=NONE; p=none", DmarcRecordState.Valid)]
    [InlineData("v=DMARC1; p=none; v=DMARC2; adkim=r; adkim=s", DmarcRecordState.Valid)]
    public void ThreeTimes(string text, DmarcRecordState expected)
    {
        DmarcRecordParser.Parse(text, out var record);
        Assert.Equal(expected, record!.State);
        Assert.Equal(text.Contains("np", StringComparison.Ordinal) ? DmarcRecordState.Valid : expected, record.State7489);
        Assert.Equal(["duplicate_tag"], record.Quirks.Except(["p_not_second"]));
    }

    // The list of unknown tags holds each once, in the order written, however many there are.
    [Fact]
    public void ManyUnknownTags()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(i => "x" + (char)('a' + i))];
        DmarcRecordParser.Parse("v=DMARC1; p=none; " + string.Join(';', names.Select(n => n + "=1")) + "; XA=2", out var record);
        Assert.Equal(names, record!.UnknownTags);
        Assert.Equal(["duplicate_tag"], record.Quirks);
    }

    // All quirks at once, in the order in which they are reported.
    [Fact]
    public void EveryQuirk()
    {
        DmarcRecordParser.Parse("v=DMARC1; P=none;; junk; a-b=1; sp=none; sp=none; x=\u00FF", out var record);
        Assert.Equal(["tag_case", "empty_segment", "bad_segment", "bad_tag_name", "duplicate_tag", "non_ascii"], record!.Quirks);
        DmarcRecordParser.Parse("v=DMARC1; sp=none; p=none", out record);
        Assert.Equal(["p_not_second"], record!.Quirks);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("v", "only the letter")]
    [InlineData("v=", "no value")]
    [InlineData("v=DMARC", "cut short")]
    [InlineData("v=DMARC12", "another version")]
    [InlineData("v=DMARC1.; p=none", "something before the separator")]
    [InlineData("v=DMARC1\n; p=none", "a line feed is no WSP")]
    [InlineData("vv=DMARC1; p=none", "another tag")]
    [InlineData("v==DMARC1; p=none", "two equals signs")]
    [InlineData("v=spf1 -all", "SPF")]
    [InlineData("v=DKIM1; p=", "DKIM")]
    [InlineData("v=BIMI1; l=; a=", "BIMI")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com", "TLS-RPT")]
    public void Not_this_type(string text, string why)
    {
        Assert.True(DmarcRecordParser.Parse(text, out var record) == RecordMatch.NotThisType && record is null, why);
        Assert.False(DmarcRecordParser.IsDmarc(text), why);
    }

    [Theory]
    [InlineData("v=DMARC1;p=none")]
    [InlineData("v=DMARC1\t;\tp\t=\tnone\t;")]
    [InlineData("v=DMARC1; p=none; sp=quarantine; np=reject; t=n; psd=u; adkim=s; aspf=r; fo=1:d:s; rua=mailto:a@example.com; ruf=mailto:a@example.com")]
    [InlineData("v=DMARC1; p=None; sp=ReJeCt")]
    [InlineData("v=DMARC1; p=none; adkim=x; aspf=; fo=z; pct=101; ri=never; t=maybe; psd=x; rua=nobody; ruf=")]
    public void Valid(string text) => Assert.Equal(RecordMatch.Valid, DmarcRecordParser.Parse(text, out _));

    [Theory]
    [InlineData("v=DMARC1", DmarcRecordState.MissingPNoRua, DmarcRecordState.MissingPNoRua, "nothing")]
    [InlineData("v=DMARC1; rua=https://r.example/x", DmarcRecordState.MissingPRua, DmarcRecordState.MissingPRua, "any valid URI rescues, mailto or not")]
    [InlineData("v=DMARC1; rua=mailto:a@b.example x@y, mailto:c@d.example", DmarcRecordState.MissingPRua, DmarcRecordState.MissingPRua, "one good address is enough")]
    [InlineData("v=DMARC1; ruf=mailto:a@b.example", DmarcRecordState.MissingPNoRua, DmarcRecordState.MissingPNoRua, "ruf does not rescue")]
    [InlineData("v=DMARC1; p=none;; sp=; rua=mailto:a@b.example", DmarcRecordState.InvalidSpNpRua, DmarcRecordState.InvalidSpNpRua, "an empty sp is not valid")]
    [InlineData("v=DMARC1; p=reject; np=block; rua=mailto:a@b.example", DmarcRecordState.InvalidSpNpRua, DmarcRecordState.Valid, "np concerns 9989 only")]
    [InlineData("v=DMARC1; p=reject; np=none; np=reject", DmarcRecordState.InvalidDuplicate, DmarcRecordState.Valid, "contradictory np concerns 9989 only")]
    [InlineData("v=DMARC1; p=reject; sp=none; sp=reject", DmarcRecordState.InvalidDuplicate, DmarcRecordState.InvalidDuplicate, "contradictory sp")]
    [InlineData("v=DMARC1; p=reject; p=; rua=mailto:a@b.example", DmarcRecordState.InvalidDuplicate, DmarcRecordState.InvalidDuplicate, "no rua rescues a contradiction")]
    [InlineData("v=DMARC1; sp=bad", DmarcRecordState.MissingPNoRua, DmarcRecordState.MissingPNoRua, "p comes before sp")]
    [InlineData("v=DMARC1; p=reject,; sp=bad", DmarcRecordState.InvalidPNoRua, DmarcRecordState.InvalidPNoRua, "p comes before sp")]
    public void Malformed(string text, DmarcRecordState state, DmarcRecordState state7489, string why)
    {
        Assert.Equal(RecordMatch.Malformed, DmarcRecordParser.Parse(text, out var record));
        Assert.True((record!.State, record.State7489) == (state, state7489), $"{why}: {record.State} {record.State7489}");
    }

    [Theory]
    [InlineData("v=DMARC1; p=none", "")]
    [InlineData("V=DMARC1; p=none", "tag_case")]
    [InlineData("v=DMARC1; P=none", "tag_case")]
    [InlineData("v=DMARC1; p=NONE; Foo=1", "")]
    [InlineData("v=DMARC1; sp=none; p=none", "p_not_second")]
    [InlineData("v=DMARC1; junk; p=none", "p_not_second bad_segment")]
    [InlineData("v=DMARC1;; p=none", "empty_segment")]
    [InlineData("v=DMARC1; p=none; ;", "empty_segment")]
    [InlineData("v=DMARC1; p=none; ", "")]
    [InlineData("v=DMARC1; p=none; =x", "bad_tag_name")]
    [InlineData("v=DMARC1; p=none; r-f=x", "bad_tag_name")]
    [InlineData("v=DMARC1; p=none; p=NONE", "duplicate_tag")]
    [InlineData("v=DMARC1; p=none; rua=mailto:a@b.example; rua=mailto:c@d.example", "duplicate_tag")]
    [InlineData("v=DMARC1; p=none; v=DMARC1", "duplicate_tag")]
    [InlineData("v=DMARC1; p=none; x=1; x=2", "duplicate_tag")]
    [InlineData("v=DMARC1; p=none; fo=\u00E9", "non_ascii")]
    public void Quirks(string text, string quirks)
    {
        Assert.NotEqual(RecordMatch.NotThisType, DmarcRecordParser.Parse(text, out var record));
        Assert.Equal(quirks, string.Join(' ', record!.Quirks));
    }

    [Fact]
    public void Tags_stand_as_published()
    {
        var record = Parse("v=DMARC1; p=Reject ;sp = none; np=bad value; t=Y; psd=N; adkim=S; aspf=x; fo=1:d; pct=05; rf=afrf; ri=86400; Foo=1; bar=2; foo=3");
        Assert.Equal(("Reject", "none", "bad value"), (record.P.Text, record.Sp.Text, record.Np.Text));
        Assert.Equal((DmarcPolicy.Reject, DmarcPolicy.None, null), (record.P.Policy, record.Sp.Policy, record.Np.Policy));
        Assert.Equal(("Y", "N", "S", "x", "1:d"), (record.T, record.PsdText, record.Adkim, record.Aspf, record.Fo));
        Assert.Equal((true, DmarcPsd.No, 5), (record.IsTest, record.Psd, record.Pct));
        Assert.Equal(["foo", "bar"], record.UnknownTags);
    }

    [Theory]
    [InlineData("pct=0", 0)]
    [InlineData("pct=100", 100)]
    [InlineData("pct=101", null)]
    [InlineData("pct=-1", null)]
    [InlineData("pct=+1", null)]
    [InlineData("pct=50%", null)]
    [InlineData("pct=", null)]
    [InlineData("pct=0100", null)]
    [InlineData("pct=5 0", null)]
    [InlineData("foo=1", null)]
    public void Pct(string tag, int? expected) => Assert.Equal(expected, Parse($"v=DMARC1; p=none; {tag}").Pct);

    [Theory]
    [InlineData("t=y", true, DmarcPsd.Undeclared)]
    [InlineData("t=n; psd=u", false, DmarcPsd.Undeclared)]
    [InlineData("t=yes; psd=yes", false, DmarcPsd.Undeclared)]
    [InlineData("psd=Y", false, DmarcPsd.Yes)]
    [InlineData("psd=n; psd=y", false, DmarcPsd.No)]
    public void Test_mode_and_psd(string tags, bool test, DmarcPsd psd)
    {
        var record = Parse($"v=DMARC1; p=none; {tags}");
        Assert.Equal((test, psd), (record.IsTest, record.Psd));
    }

    [Theory]
    [InlineData("", ReportUriState.AllInvalid, "")]
    [InlineData("mailto:a@B.example.", ReportUriState.Valid, "b.example")]
    [InlineData("mailto:a@b.example , mailto:c@d.example,MAILTO:e@b.example", ReportUriState.Valid, "b.example d.example")]
    [InlineData("mailto:a@b.example,", ReportUriState.SomeInvalid, "b.example")]
    [InlineData("mailto:a@b.example,c@d.example", ReportUriState.SomeInvalid, "b.example")]
    [InlineData("a@b.example", ReportUriState.AllInvalid, "")]
    [InlineData("mailto:a@b.example mailto:c@d.example", ReportUriState.AllInvalid, "")]
    [InlineData("mailto: a@b.example", ReportUriState.AllInvalid, "")]
    [InlineData("mailto://a@b.example", ReportUriState.AllInvalid, "")]
    [InlineData("mailto:a@b.example!10m,mailto:c@d.example!5", ReportUriState.Valid, "b.example d.example")]
    [InlineData("mailto:a@b.example!", ReportUriState.AllInvalid, "")]
    [InlineData("mailto:a@b.example!10p", ReportUriState.AllInvalid, "")]
    [InlineData("mailto:a!b@b.example", ReportUriState.AllInvalid, "")]
    [InlineData("mailto:a%21b@b.example", ReportUriState.Valid, "b.example")]
    [InlineData("https://R.example:8443/x?y=z", ReportUriState.Valid, "r.example")]
    public void Uri_lists(string list, ReportUriState state, string hosts)
    {
        var record = Parse($"v=DMARC1; p=none; rua={list}");
        Assert.Equal((state, hosts), (record.Rua.State, string.Join(' ', record.Rua.Hosts)));
        Assert.Equal(state, Parse($"v=DMARC1; p=none; ruf={list}").Ruf.State);
    }

    [Fact]
    public void A_missing_list_is_absent() => Assert.Equal(ReportUriState.Absent, Parse("v=DMARC1; p=none").Rua.State);

    [Fact]
    public void Random_octets_never_throw() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Texts, text =>
        {
            var match = DmarcRecordParser.Parse(text, out var record);
            return (match == RecordMatch.NotThisType) == (record is null)
                   && DmarcRecordParser.IsDmarc(text) == (record is not null)
                   && (record is null || (record.State == DmarcRecordState.Valid) == (match == RecordMatch.Valid));
        }));

    [Fact]
    public void Splitting_the_text_changes_nothing() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Texts, ArbMap.Default.ArbFor<byte>(), (text, cut) =>
        {
            int at = text.Length == 0 ? 0 : cut % (text.Length + 1);
            return Facts(TxtRecord.FromText("_dmarc.example.com", 60, text)) == Facts(TxtRecord.FromText("_dmarc.example.com", 60, text[..at], text[at..]));
        }));

    private static string Facts(TxtRecord record)
    {
        var selection = DmarcSelector.Select(DmarcZone.Answer() with { Status = DnsStatus.Ok, Records = [record] });
        return $"{selection.State} {selection.Record?.P.Text} {selection.Record?.Rua.State} {string.Join(' ', selection.Record?.Quirks ?? [])} {selection.TxtOther} {DmarcNearMisses.Find(selection.Texts, null)}";
    }

    /// <summary>Half of them random octets, half of them pieces of records in any order, so that the rare paths are met.</summary>
    private static Arbitrary<string> Texts
    {
        get
        {
            var octets = ArbMap.Default.GeneratorFor<byte[]>().Select(Encoding.Latin1.GetString);
            var pieces = Gen.Elements("v=DMARC1", "v", "=", ";", " ", "\t", "p", "p=none", "p=reject", "sp=", "np=x", "rua=mailto:a@b.c", ",", "!1k", "%", "\"",
                "\u00E2\u0080\u009C", "\u00A0", "t=y", "psd=n", "pct=5", "//", "@", "[", "]", ":", "?").ArrayOf().Select(string.Concat);
            var records = pieces.Select(p => "v=DMARC1;" + p);
            return Gen.OneOf(octets, pieces, records).ToArbitrary();
        }
    }
}
