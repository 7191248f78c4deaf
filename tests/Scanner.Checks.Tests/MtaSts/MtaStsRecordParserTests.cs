using Scanner.Checks.MtaSts;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>The edges of the record's grammar (RFC 8461 §3.1), and which of several mistakes is told. The worked examples are in
/// <see cref="MtaStsClassifierTests"/>.</summary>
public sealed class MtaStsRecordParserTests
{
    private const string Name32 = "a123456789012345678901234567890x", Name33 = Name32 + "y";

    [Theory]
    [InlineData("v=STSv1; id=" + Name32, null, "32 characters are allowed")]
    [InlineData("v=STSv1; id=1; " + Name32 + "=x", null, "and in a name")]
    [InlineData("v=STSv1; id=1; " + Name33 + "=x", MtaStsRecordError.BadField, "33 are not")]
    [InlineData("v=STSv1; id=1; a=b", null, "a name of one letter")]
    [InlineData("v=STSv1; id=1; =b", MtaStsRecordError.BadField, "of none")]
    [InlineData("v=STSv1; id=1; a=", MtaStsRecordError.BadField, "an extension has a value")]
    [InlineData("v=STSv1; id=1; a=!:<>~", null, "%x21-3A / %x3C / %x3E-7E: the ends of the ranges")]
    [InlineData("v=STSv1; id=1; a=b=c", MtaStsRecordError.BadField, "and what lies between")]
    [InlineData("v=STSv1; id=1; a=\u007F", MtaStsRecordError.BadField, "and behind")]
    [InlineData("v=STSv1; id =1", MtaStsRecordError.SpaceAroundEq, "a blank before")]
    [InlineData("v=STSv1; id\t=1", MtaStsRecordError.SpaceAroundEq, "a tabulator before")]
    [InlineData("v=STSv1; id= 1", MtaStsRecordError.SpaceAroundEq, "a blank behind")]
    [InlineData("v=STSv1; id=\t1", MtaStsRecordError.SpaceAroundEq, "a tabulator behind")]
    [InlineData("v=STSv1; id=1; a =b", MtaStsRecordError.SpaceAroundEq, "in an extension too")]
    [InlineData("v=STSv1;\tid=1\t;\ta=b", null, "WSP is blank or tabulator")]
    [InlineData("v=STSv1;\nid=1", MtaStsRecordError.MissingId, "and no line feed, before")]
    [InlineData("v=STSv1;id=1\n;", MtaStsRecordError.BadId, "or behind")]
    [InlineData("v=STSv1;id=1 ", MtaStsRecordError.BadId, "at the end no delimiter takes the blank")]
    [InlineData("v=STSv1; a b;; id=1", MtaStsRecordError.BadField, "the first mistake is told")]
    [InlineData("v=STSv1;; id=1; a b", MtaStsRecordError.EmptyField, "the first mistake is told")]
    [InlineData("v=STSv1;; id=1; a=b", MtaStsRecordError.EmptyField, "and a good field does not take it back")]
    [InlineData("v=STSv1 x; a=b; id=1", MtaStsRecordError.BadField, "nor what stands behind the version")]
    [InlineData("v=STSv1;; id=", MtaStsRecordError.BadId, "the id before all else")]
    [InlineData("v=STSv1; a b", MtaStsRecordError.MissingId, "the id before all else")]
    [InlineData("v=STSv1; id=1; id=2;;", MtaStsRecordError.EmptyField, "a repeated id is ignored, an empty field is not")]
    public void Edges(string text, MtaStsRecordError? error, string why)
    {
        var match = MtaStsRecordParser.Parse(text, out var reading);
        Assert.True((match, reading.Error) == (error is null ? RecordMatch.Valid : RecordMatch.Malformed, error), $"{text}: {match} {reading.Error}; {why}");
    }

    [Theory]
    [InlineData("v=stsv1", MtaStsNearMiss.VersionCase)]
    [InlineData("v\t=\tSTSv1; id=1", MtaStsNearMiss.VersionDelimiter)]
    [InlineData("\tv=STSv1; id=1", MtaStsNearMiss.LeadingSpace)]
    [InlineData("\u000Bv=STSv1; id=1", MtaStsNearMiss.VersionNotFirst)] // no blank of ours
    [InlineData("v=                                                                        STSv1; id=1", null)] // beyond the beginning
    public void NearMisses(string text, MtaStsNearMiss? miss) => Assert.Equal(miss, MtaStsRecordParser.NearMiss(text));
}
