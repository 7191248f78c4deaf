using Scanner.Checks.Dmarc;
using Scanner.Dns;

namespace Scanner.Checks.Tests.Common;

public class WildcardProvenanceTests
{
    [Fact]
    public void TheControlNameIsOneLabelAndTheSameEveryTime()
    {
        Assert.Matches("^_[a-z]{12}$", ControlName.LabelFor("example.com"));
        Assert.Equal(ControlName.LabelFor("example.com"), ControlName.LabelFor("example.com"));
        Assert.NotEqual(ControlName.LabelFor("example.com"), ControlName.LabelFor("example.net"));
    }

    // RFC 4592 §2.2.1: one NXDOMAIN beside the record proves that no wildcard is there. After a CNAME it proves nothing.
    [Fact]
    public void OneNeighbourThatDoesNotExistSettlesIt()
    {
        Assert.False(WildcardProvenance.IsPossible([Answer(DnsStatus.Ok, "x"), Answer(DnsStatus.Nxdomain)]));
        Assert.True(WildcardProvenance.IsPossible([Answer(DnsStatus.Ok, "x"), Answer(DnsStatus.Nodata)]));
        Assert.True(WildcardProvenance.IsPossible([Answer(DnsStatus.Ok, "x"), Answer(DnsStatus.Nxdomain) with { CnameTarget = "gone.example" }]));
        Assert.True(WildcardProvenance.IsPossible([Answer(DnsStatus.Ok, "x"), Answer(DnsStatus.Timeout), null]));
    }

    [Fact]
    public void TheSameRecordAtTheControlNameIsTheWildcards()
    {
        const string Record = "v=DMARC1; p=reject";
        Assert.True(Synthesised([Record], Answer(DnsStatus.Ok, Record)));
        Assert.True(Synthesised(["other", Record], Answer(DnsStatus.Ok, "other", Record)));
        // Only somebody else's text comes from the wildcard.
        Assert.False(Synthesised([Record, "v=spf1 -all"], Answer(DnsStatus.Ok, "v=spf1 -all")));
        Assert.False(Synthesised(["v=DMARC1; p=none"], Answer(DnsStatus.Ok, Record)));
        Assert.False(Synthesised([Record], Answer(DnsStatus.Nodata)));
        Assert.False(Synthesised([Record], Answer(DnsStatus.Nxdomain)));
        Assert.Null(Synthesised([Record], Answer(DnsStatus.Timeout)));
    }

    private static bool? Synthesised(string[] record, DnsAnswer control) =>
        WildcardProvenance.IsSynthesised(Answer(DnsStatus.Ok, record), control, text => DmarcRecordParser.IsDmarc(text));

    private static DnsAnswer Answer(DnsStatus status, params string[] texts) => new()
    {
        Question = new DnsQuestion("x.example", DnsRecordType.Txt),
        Status = status,
        Records = [.. texts.Select(t => TxtRecord.FromText("x.example", 60, t))],
    };
}
