using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.MtaSts;
using Scanner.Dns;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>The worked examples P1 to P23 of classification.md 6.7, and what the parsers promise for any input.</summary>
public sealed class MtaStsPolicyParserTests
{
    private const string Html = "<!DOCTYPE html>\n<html><head><title>Not found: 404</title></head></html>\n";

    private const string Label63 = "a12345678901234567890123456789012345678901234567890123456789012", Label61 = "a234567890123456789012345678901234567890123456789012345678901";

    private const string Name253 = Label61 + "." + Label63 + "." + Label63 + "." + Label63;

    [Theory]
    [InlineData("P1", "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n", "enforce", true, "", "")]
    [InlineData("P2", "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800", "enforce", true, "", "")]
    [InlineData("P3", "mx: mail.example.com\nmax_age: 604800\nmode: testing\nversion: STSv1\n", "testing", true, "", "")]
    [InlineData("P4", "version:STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n", "enforce", true, "", "")]
    [InlineData("P5", "version: STSv1\nmode : enforce\nmx: mail.example.com\nmax_age: 604800\n", null, false, "missing_mode", "bad_line")]
    [InlineData("P6", "version: STSv1\nmode: Enforce\nmx: mail.example.com\nmax_age: 604800\n", null, false, "bad_mode", "")]
    [InlineData("P7", "Version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n", "enforce", false, "missing_version", "")]
    [InlineData("P8", "version: STSv1\nmode: none\nmax_age: 604800\n", "none", true, "", "")]
    [InlineData("P9", "version: STSv1\nmode: enforce\nmax_age: 604800\n", "enforce", false, "missing_mx", "")]
    [InlineData("P10", "version: STSv1\nmode: testing\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n", "testing", true, "", "duplicate_field")]
    [InlineData("P11", "version: STSv1\nmode: enforce\nmx: mail.example.com\n", "enforce", false, "missing_max_age", "")]
    [InlineData("P12", "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 0\n", "enforce", true, "", "")]
    [InlineData("P13", "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 31557601\n", "enforce", false, "", "max_age_over_limit")]
    [InlineData("P13, the limit", "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 31557600\n", "enforce", true, "", "")]
    [InlineData("P14", "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 7d\n", "enforce", false, "bad_max_age", "")]
    [InlineData("P15", "version: STSv1\nmode: enforce\nmx: mx1.example.com, mx2.example.com\nmax_age: 604800\n", "enforce", false, "missing_mx", "bad_mx")]
    [InlineData("P16", "version: STSv1\nmode: enforce\nmx: *.*.example.com\nmax_age: 604800\n", "enforce", false, "missing_mx", "bad_mx")]
    [InlineData("P17", "version: STSv1\nmode: enforce\nmx: .example.com\nmax_age: 604800\n", "enforce", false, "missing_mx", "bad_mx")]
    [InlineData("P18", "version: STSv1\nmode: enforce\nmx: mail.example.com.\nmx: *.example.net\nmax_age: 604800\n", "enforce", false, "", "bad_mx")]
    [InlineData("P19", "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\nfoo: bar baz\n", "enforce", true, "", "")]
    [InlineData("P20", "version: STSv1\nmode: enforce\n\nmx: mail.example.com\nmax_age: 604800\n", "enforce", false, "", "blank_line")]
    [InlineData("P21", "\uFEFFversion: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 604800\n", "enforce", false, "missing_version", "bom bad_line")]
    [InlineData("P22", Html, null, false, "missing_version missing_mode missing_max_age missing_mx", "html bad_line")]
    [InlineData("P23", "", null, false, "missing_version missing_mode missing_max_age missing_mx", "empty_body")]
    [InlineData("a blank line at the end", "version: STSv1\nmode: none\nmax_age: 1\n\n", "none", false, "", "blank_line")]
    [InlineData("CR alone ends no line", "version: STSv1\rmode: none\rmax_age: 1\r", null, false, "bad_version missing_mode missing_max_age missing_mx", "")]
    [InlineData("a CR too many", "version: STSv1\r\r\nmode: none\nmax_age: 1\n", "none", false, "bad_version", "")]
    [InlineData("CR at the very end", "version: STSv1\nmode: none\nmax_age: 1\r", "none", false, "bad_max_age", "")]
    [InlineData("blanks before a key", "version: STSv1\n mode: none\nmax_age: 1\n", null, false, "missing_mode missing_mx", "bad_line")]
    [InlineData("typo in a key (Zuplu/postfix-tlspol 95)", "version: STSv1\nmode: enforce\nnmx: a.example\nmax_age: 1\n", "enforce", false, "missing_mx", "")]
    [InlineData("first wins, also a bad one", "version: STSv1\nmode: Enforce\nmode: none\nmax_age: 1\n", null, false, "bad_mode missing_mx", "duplicate_field")]
    [InlineData("a bad one that is ignored", "version: STSv1\nmode: none\nmax_age: 1\nmax_age: 7d\n", "none", false, "", "duplicate_field")]
    [InlineData("underscore is no RFC 5321 Domain", "version: STSv1\nmode: testing\nmx: _a.example\nmax_age: 1\n", "testing", false, "missing_mx", "bad_mx")]
    [InlineData("bad mx in mode none", "version: STSv1\nmode: none\nmx: *\nmax_age: 1\n", "none", false, "", "bad_mx")]
    [InlineData("other version", "version: STSv2\nmode: none\nmax_age: 1\n", "none", false, "bad_version", "")]
    [InlineData("UTF-8 in an extension", "version: STSv1\nmode: none\nmax_age: 1\nnote: grüße\n", "none", true, "", "")]
    [InlineData("NUL", "version: STSv1\nmode: none\nmax_age: 1\nnote: a\0b\n", "none", false, "", "not_text bad_line")]
    [InlineData("two bad ones that are ignored", "version: STSv1\nmode: none\nmax_age: 1\nmax_age: 7d\nmax_age: 8d\n", "none", false, "", "duplicate_field")]
    [InlineData("ten digits", "version: STSv1\nmode: none\nmax_age: 9999999999\n", "none", false, "", "max_age_over_limit")]
    [InlineData("eleven digits", "version: STSv1\nmode: none\nmax_age: 00000000001\n", "none", false, "bad_max_age", "")]
    [InlineData("a label of 63", "version: STSv1\nmode: enforce\nmx: *." + Label63 + ".x\nmax_age: 1\n", "enforce", true, "", "")]
    [InlineData("a label of 64", "version: STSv1\nmode: enforce\nmx: *.a" + Label63 + ".x\nmax_age: 1\n", "enforce", false, "missing_mx", "bad_mx")]
    [InlineData("a name of 253", "version: STSv1\nmode: enforce\nmx: " + Name253 + "\nmax_age: 1\n", "enforce", true, "", "")]
    [InlineData("a name of 254", "version: STSv1\nmode: enforce\nmx: a" + Name253 + "\nmax_age: 1\n", "enforce", false, "missing_mx", "bad_mx")]
    [InlineData("a wildcard before a name of 253", "version: STSv1\nmode: enforce\nmx: *." + Name253 + "\nmax_age: 1\n", "enforce", true, "", "")]
    [InlineData("a key of 32", "version: STSv1\nmode: none\nmax_age: 1\na123456789012345678901234567890b: x\n", "none", true, "", "")]
    [InlineData("a key of 33", "version: STSv1\nmode: none\nmax_age: 1\na123456789012345678901234567890bc: x\n", "none", false, "", "bad_line")]
    [InlineData("an extension without value", "version: STSv1\nmode: none\nmax_age: 1\na: \n", "none", false, "", "bad_line")]
    public void Bodies(string example, string body, string? mode, bool strict, string errors, string quirks)
    {
        var policy = MtaStsPolicyParser.Parse(Encoding.UTF8.GetBytes(body));
        Assert.True(policy.Mode.WordOrNull() == mode, $"{example}: mode {policy.Mode}");
        Assert.True(policy.Strict == strict, $"{example}: strict {policy.Strict}");
        Assert.Equal(errors, string.Join(' ', policy.Errors.Select(e => e.Word())));
        Assert.Equal(quirks, string.Join(' ', policy.Quirks));
    }

    /// <summary>What looks like a web page: one of the four tags that every page has, behind a "&lt;" that comes first.</summary>
    [Theory]
    [InlineData("<!doctype HTML>", true)]
    [InlineData(" \r\n<HTML lang=de>", true)]
    [InlineData("\uFEFF<head>", true)]
    [InlineData("<div><body>", true)]
    [InlineData("<?xml version='1.0'?>", false)]
    [InlineData("not found <html>", false)]
    public void Pages(string body, bool html) => Assert.Equal(html, MtaStsPolicyParser.Parse(Encoding.UTF8.GetBytes(body)).Quirks.Contains("html"));

    [Fact]
    public void Bad_patterns_are_dropped_and_good_ones_kept_as_written() =>
        Assert.Equal(["*.Example.NET"], MtaStsPolicyParser.Parse("version: STSv1\nmode: enforce\nmx: mail.example.com.\nmx:\t*.Example.NET \nmax_age: 1"u8).MxPatterns);

    private static readonly string[] Pieces =
    [
        "version", "mode", "max_age", "mx", "v=STSv1", "id", "=", ":", ";", " ", "\t", "\r\n", "\n", "\r", "STSv1", "enforce", "none", "31557601", "abc",
        "*.", ".", "example", "\u00FF", "\0", "\"", "<html", "\u00EF\u00BB\u00BF", "-", "_",
    ];

    /// <summary>Text that looks enough like ours to get deep into the parsers, one char per octet.</summary>
    private static readonly Arbitrary<string> Texts = Gen.ListOf(Gen.Elements(Pieces)).Select(string.Concat).ToArbitrary();

    [Fact]
    public void Parsers_never_throw_and_strict_implies_usable() => Prop.ForAll(Texts, text =>
    {
        var policy = MtaStsPolicyParser.Parse(Encoding.Latin1.GetBytes(text));
        var match = MtaStsRecordParser.Parse(text, out var reading);
        MtaStsRecordParser.NearMiss(text);
        return (!policy.Strict || policy.Usable)
            && (match == RecordMatch.Valid) == (reading.Id is not null)
            && (match == RecordMatch.Malformed) == (reading.Error is not null)
            && (match != RecordMatch.Valid || reading.Lenient);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Where_a_TXT_is_cut_changes_nothing() => Prop.ForAll(Texts, Gen.Choose(0, 40).ToArbitrary(), (tail, cut) =>
    {
        string text = "v=STSv1; id=" + tail;
        cut = Math.Min(cut, text.Length);
        var whole = Classify(text);
        var parts = Classify(text[..cut], text[cut..]);
        return (whole.Record, whole.Id, whole.RecordError, whole.RecordLenient, whole.RawTxt)
            == (parts.Record, parts.Id, parts.RecordError, parts.RecordLenient, parts.RawTxt);
    }).QuickCheckThrowOnFailure();

    private static MtaStsResult Classify(params string[] strings)
    {
        var question = new DnsQuestion("_mta-sts.example.com", DnsRecordType.Txt);
        return MtaStsClassifier.ClassifyRecord(new DnsAnswer
        {
            Question = question,
            Status = DnsStatus.Ok,
            Records = [TxtRecord.FromText(question.Name, 60, strings)],
        });
    }
}
