using Scanner.Checks.Spf;
using Scanner.Dns;

namespace Scanner.Checks.Tests.Spf;

public sealed class SpfSelectorTests
{
    [Theory]
    [InlineData(" v=spf1 -all", "leading_space")]
    [InlineData("\t v=spf1 -all", "leading_space")]
    [InlineData("\"v=spf1 -all\"", "quoted")]
    [InlineData("\\\"v=spf1 -all\\\"", "quoted")]
    [InlineData("'v=spf1 -all'", "quoted")]
    [InlineData("v=spf1;a;mx;-all", "version_delimiter")]
    [InlineData("v=spf1: a", "version_delimiter")]
    [InlineData("v=spf1\ta", "version_delimiter")]
    [InlineData("v=spf1include:_spf.example.com -all", "version_delimiter")]
    [InlineData("v=spf 1 a -all", "version_typo")]
    [InlineData("v=spf a -all", "version_typo")]
    [InlineData("v=spf", "version_typo")]
    [InlineData("v spf1 -all", "version_typo")]
    [InlineData("V = SPF1 -all", "version_typo")]
    [InlineData("spf1 -all", "version_typo")]
    [InlineData("spf2.0/pra -all", "sender_id")]
    [InlineData("SPF2.0/mfrom,pra -all", "sender_id")]
    [InlineData("\u00EF\u00BB\u00BFv=spf1 -all", "non_ascii")]
    [InlineData("v=spf1\u00C2\u00A0a -all", "non_ascii")]
    [InlineData("\u00E2\u0080\u009Cv=spf1 -all\u00E2\u0080\u009D", "non_ascii")]
    [InlineData("v=spf1\u0080", "non_ascii")]
    [InlineData("v=spf. x", "version_typo")]
    [InlineData("v=spf.1 a", "version_typo")]
    [InlineData("spf= 1 a", "version_typo")]
    [InlineData("v=abc a", null)]
    [InlineData("\u000Bv=spf1 -all", null)] // VT is no blank of ours, here and below
    [InlineData("v\u000Bspf1 a", null)]
    [InlineData("v=\u000Bspf1 a", null)]
    [InlineData("spf\u000B1 a", null)]
    [InlineData("spf=\u000B1 a", null)]
    [InlineData("v=spf1 -all", null)]
    [InlineData("v=spf10 -all", null)]
    [InlineData("v=spf2 -all", null)]
    [InlineData("spf-verification=123", null)]
    [InlineData("spf", null)]
    [InlineData("v=DMARC1; p=none", null)]
    [InlineData("google-site-verification=x", null)]
    [InlineData("", null)]
    public void NearMiss(string text, string? expected) => Assert.Equal(expected, SpfSelector.NearMissOf(text).WordOrNull());

    private static DnsAnswer Answer(params TxtRecord[] records) => new()
    {
        Question = new DnsQuestion("example.com", DnsRecordType.Txt),
        Status = DnsStatus.Ok,
        Records = records,
    };

    private static TxtRecord Txt(params string[] strings) => TxtRecord.FromText("example.com", 60, strings);

    [Fact]
    public void IdenticalRecordsAreOne() =>
        Assert.Equal(SpfReadingState.Valid, SpfSelector.Read(Answer(Txt("v=spf1 -all"), Txt("v=spf1 -all"))).State);

    [Fact]
    public void SameTextSplitOtherwiseIsAnotherRecord()
    {
        var reading = SpfSelector.Read(Answer(Txt("v=spf1 -all"), Txt("v=spf1 ", "-all")));
        Assert.Equal(SpfReadingState.Multiple, reading.State);
        Assert.Equal(["v=spf1 -all", "v=spf1 -all"], reading.Candidates);
    }

    [Fact]
    public void OneBadOfTwoIsStillMultiple() =>
        Assert.Equal(SpfReadingState.Multiple, SpfSelector.Read(Answer(Txt("v=spf1 foo"), Txt("v=spf1 -all"))).State);

    [Fact]
    public void NearMissDoesNotDependOnTheOrderReceived()
    {
        TxtRecord[] records = [Txt("spf1 a"), Txt("hello"), Txt("\"v=spf1 -all\"")];
        var one = SpfSelector.Read(Answer(records));
        var other = SpfSelector.Read(Answer([.. records.Reverse()]));
        Assert.Equal(SpfNearMiss.Quoted, one.NearMiss);
        Assert.Equal(one.NearMiss, other.NearMiss);
        Assert.Equal(one.Candidates, other.Candidates);
        Assert.Equal(2, one.Candidates.Count);
    }

    /// <summary>Unknown is never no.</summary>
    [Theory]
    [InlineData(DnsStatus.Timeout)]
    [InlineData(DnsStatus.Servfail)]
    [InlineData(DnsStatus.Bogus)]
    [InlineData(DnsStatus.Refused)]
    [InlineData(DnsStatus.Truncated)]
    [InlineData(DnsStatus.CnameLoop)]
    [InlineData(DnsStatus.NotQueried)]
    public void FailedLookupIsUnknown(DnsStatus status) =>
        Assert.Equal(SpfReadingState.Unknown, SpfSelector.Read(DnsAnswer.Without(new DnsQuestion("example.com", DnsRecordType.Txt), status)).State);
}
