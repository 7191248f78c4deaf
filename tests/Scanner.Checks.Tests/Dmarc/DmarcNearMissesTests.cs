using Scanner.Checks.Dmarc;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.Dmarc.DmarcZone;

namespace Scanner.Checks.Tests.Dmarc;

public class DmarcNearMissesTests
{
    [Theory]
    [InlineData("\tv=DMARC1; p=none", "leading_space")]
    [InlineData(" V=DMARC1", "leading_space")]
    [InlineData("\"v=DMARC1; p=none\"", "quoted")]
    [InlineData("\"v=DMARC1\"", "quoted")]
    [InlineData(" '\"v=DMARC1; p=none", "quoted")]
    [InlineData("v=Dmarc1; p=none", "version_case")]
    [InlineData("v=dmarc1", "version_case")]
    [InlineData("v=DMARC1, p=none", "version_delimiter")]
    [InlineData("v=DMARC1: p=none", "version_delimiter")]
    [InlineData("v=DMARC1 p=none", "version_delimiter")]
    [InlineData("v=DMARC1p=none", "version_delimiter")]
    [InlineData("v=DMARC1\\; p=none", "escaped_semicolon")]
    [InlineData("v=DMARC1 \\; p=none", "escaped_semicolon")]
    [InlineData("p=none; v=DMARC1; rua=mailto:a@b.example", "version_not_first")]
    [InlineData("p=none v=DMARC1", "version_not_first")]
    [InlineData(";v=DMARC1; p=none", "version_not_first")]
    [InlineData("v=DMARC", "version_typo")]
    [InlineData("v=DMARC; p=none", "version_typo")]
    [InlineData("v=DMARC p=none", "version_typo")]
    [InlineData("DMARC1; p=none", "version_typo")]
    [InlineData("v=DMARC2; p=none", "version_typo")]
    [InlineData("v=DMARC12; p=none", "version_typo")]
    [InlineData("v=DMARC1.0; p=none", "version_typo")]
    [InlineData("v=DMRAC1; p=none", "version_typo")]
    [InlineData("v:DMARC1; p=none", "version_typo")]
    [InlineData("=DMARC1; p=none", "version_typo")]
    public void Kinds(string text, string kind) => Assert.Equal(kind, DmarcNearMisses.Find([text], null).WordOrNull());

    [Theory]
    [InlineData("“v=DMARC1; p=none”", "smart_quotes")]
    [InlineData("v=“DMARC1”; p=none", "smart_quotes")]
    [InlineData("v=DMARC1\u00A0; p=none", "non_ascii")]
    [InlineData("\uFEFFv=DMARC1; p=none", "non_ascii")]
    [InlineData("v\u00A0=DMARC1；p=none", "non_ascii")]
    public void Kinds_beyond_ascii(string text, string kind) => Assert.Equal(kind, DmarcNearMisses.Find([Octets(text)], null).WordOrNull());

    [Fact]
    public void Curly_quotes_of_windows() => Assert.Equal(DmarcNearMiss.SmartQuotes, DmarcNearMisses.Find(["\u0093v=DMARC1; p=none\u0094"], null));

    [Theory]
    [InlineData("")]
    [InlineData("v=spf1 -all")]
    [InlineData("v=DKIM1; k=rsa; p=")]
    [InlineData("v=BIMI1; l=https://a.example/l.svg")]
    [InlineData("v=STSv1; id=1")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@b.example")]
    [InlineData("v=MC1; x")]
    [InlineData("google-site-verification=dmarc1")]
    [InlineData("verification=dmarc1")]
    [InlineData("smart1")]
    [InlineData("p=none")]
    public void Other_text_is_no_near_miss(string text) => Assert.Null(DmarcNearMisses.Find([text], null));

    [Fact]
    public void The_order_of_records_does_not_matter()
    {
        Assert.Equal(DmarcNearMiss.LeadingSpace, DmarcNearMisses.Find(["v=dmarc1;", " v=DMARC1;"], null));
        Assert.Equal(DmarcNearMiss.LeadingSpace, DmarcNearMisses.Find([" v=DMARC1;", "v=dmarc1;"], null));
    }

    [Fact]
    public void At_the_apex_counts_only_if_nothing_nearer_was_found()
    {
        var apex = Answer("v=spf1 -all", "v=DMARC1; p=reject");
        Assert.Equal(DmarcNearMiss.AtApex, DmarcNearMisses.Find([], apex));
        Assert.Equal(DmarcNearMiss.VersionCase, DmarcNearMisses.Find(["v=dmarc1"], apex));
        Assert.Null(DmarcNearMisses.Find([], Answer("v=spf1 -all")));
        Assert.Null(DmarcNearMisses.Find([], DnsAnswer.Without(new DnsQuestion("example.com", DnsRecordType.Txt), DnsStatus.Timeout)));
    }

    [Fact]
    public void A_record_at_the_apex_is_never_published()
    {
        var result = Run(new FakeResolver(), "example.com", "example.com", apexTxt: Answer("v=DMARC1; p=reject"));
        Assert.Equal((DmarcRecordState.Absent, DmarcClass.Absent, false, DmarcNearMiss.AtApex), (result.Record, result.Class, result.Own, result.NearMiss));
    }

    [Fact]
    public void A_published_record_has_no_near_miss()
    {
        var zone = new FakeResolver().Txt("_dmarc.example.com", "v=DMARC1; p=none").Txt("_dmarc.example.com", "v=dmarc1; p=reject");
        Assert.Null(Run(zone, "example.com", "example.com", apexTxt: Answer("v=DMARC1; p=none")).NearMiss);
    }
}
