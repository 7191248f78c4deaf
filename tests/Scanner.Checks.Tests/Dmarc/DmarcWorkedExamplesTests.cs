using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.Dmarc.DmarcZone;

namespace Scanner.Checks.Tests.Dmarc;

/// <summary>The worked examples of the classification specification, 5.9, under their numbers, from the zone to the result.</summary>
public class DmarcWorkedExamplesTests
{
    private sealed record Example(
        string Id, string Own, string Policy9989, string Policy7489, string Why, string[][] Zone,
        string Name = "example.com", string Org = "example.com", string Class = "", string Quirks = "", string? NearMiss = null,
        bool TxtOther = false, Presence Exists = Presence.Present, DnsStatus Failure = DnsStatus.Ok);

    private static string[][] At(params string[] records) => [.. records.Select(r => new[] { "_dmarc.example.com", r })];

    private static readonly Example[] s_examples =
    [
        new("D1", "valid", "reject", "reject", "RFC 9989 §4.7", At("v=DMARC1; p=reject")),
        new("D2", "valid", "reject", "reject", "ABNF literals ignore case, a last separator is in the grammar", At("v=DMARC1;p=REJECT;")),
        new("D3", "valid", "quarantine", "quarantine", "equals and dmarc-sep allow blanks", At("v = DMARC1 ; p = quarantine")),
        new("D4", "valid", "none", "none", "only the value of v is case-sensitive", At("V=DMARC1; p=none"), Quirks: "tag_case"),
        new("D5", "absent", "absent", "absent", "the value of v is case-sensitive", At("v=dmarc1; p=reject"), NearMiss: "version_case", TxtOther: true),
        new("D6", "absent", "absent", "absent", "begins with dmarc-version", At(" v=DMARC1; p=none"), NearMiss: "leading_space", TxtOther: true),
        new("D7", "absent", "absent", "absent", "v must be first", At("p=reject; v=DMARC1"), NearMiss: "version_not_first", TxtOther: true),
        new("D8", "absent", "absent", "absent", "no separator", At("v=DMARC1 p=reject"), NearMiss: "version_delimiter", TxtOther: true),
        new("D9", "absent", "absent", "absent", "a comma is no separator", At("v=DMARC1, p=reject"), NearMiss: "version_delimiter", TxtOther: true),
        new("D10", "absent", "absent", "absent", "backslash in the RDATA", At("v=DMARC1\\; p=none"), NearMiss: "escaped_semicolon", TxtOther: true),
        new("D11", "absent", "absent", "absent", "quotes in the RDATA", At("\"v=DMARC1; p=none\""), NearMiss: "quoted", TxtOther: true),
        new("D12", "valid", "quarantine", "quarantine", "strings join without a blank", [["_dmarc.example.com", "v=DMARC1; p=qua", "rantine"]]),
        new("D13", "missing_p_no_rua", "no_processing", "no_processing", "no p, no rua", At("v=DMARC1"), Class: "no_effect"),
        new("D14", "missing_p_rua", "none", "none", "rua rescues", At("v=DMARC1; rua=mailto:agg@example.com")),
        new("D15", "invalid_p_rua", "none", "none", "invalid p with rua", At("v=DMARC1; p=rejct; rua=mailto:agg@example.com")),
        new("D16", "invalid_p_no_rua", "no_processing", "no_processing", "invalid p, no rua", At("v=DMARC1; p=rejct"), Class: "no_effect"),
        new("D17", "invalid_p_no_rua", "no_processing", "no_processing", "a bare address is no URI", At("v=DMARC1; p=bogus; rua=agg@example.com"), Class: "no_effect"),
        new("D18", "invalid_sp_np_rua", "none", "none", "a bad sp takes p along", At("v=DMARC1; p=reject; sp=qurantine; rua=mailto:a@example.com")),
        new("D19", "invalid_sp_np_no_rua", "no_processing", "reject", "np is unknown to RFC 7489", At("v=DMARC1; p=reject; np=block"), Class: "no_effect"),
        new("D20", "invalid_p_no_rua", "no_processing", "no_processing", "missing ';'", At("v=DMARC1; p=reject pct=100"), Class: "no_effect"),
        new("D21", "invalid_p_no_rua", "no_processing", "no_processing", "quotes belong to the value", At("v=DMARC1; p=\"reject\""), Class: "no_effect"),
        new("D22", "invalid_p_no_rua", "no_processing", "no_processing", "smart quotes", At(Octets("v=DMARC1; p=“reject”")), Class: "no_effect", Quirks: "non_ascii"),
        new("D23", "missing_p_no_rua", "no_processing", "no_processing", "U+00A0 is no blank", At(Octets("v=DMARC1;\u00A0p=reject")), Class: "no_effect", Quirks: "bad_tag_name non_ascii"),
        new("D24", "invalid_p_no_rua", "no_processing", "no_processing", "empty value", At("v=DMARC1; p="), Class: "no_effect"),
        new("D25", "invalid_duplicate", "no_processing", "no_processing", "contradictory p", At("v=DMARC1; p=none; p=reject"), Class: "no_effect", Quirks: "duplicate_tag"),
        new("D26", "valid", "reject", "reject", "empty segment ignored", At("v=DMARC1; p=reject;; rua=mailto:a@example.com"), Quirks: "empty_segment"),
        new("D27", "valid", "reject", "reject", "segment without '='", At("v=DMARC1; p=reject; mailto:a@example.com"), Quirks: "bad_segment"),
        new("D28", "valid", "reject", "reject", "bad adkim is the default, unknown tag ignored", At("v=DMARC1; p=reject; adkim=relaxed; foo=bar")),
        new("D29", "valid", "quarantine", "quarantine", "order is free", At("v=DMARC1; rua=mailto:a@example.com; p=quarantine"), Quirks: "p_not_second"),
        new("D30", "valid", "reject", "reject", "pct of RFC 7489", At("v=DMARC1; p=reject; pct=50"), Quirks: "pct_partial"),
        new("D31", "valid", "quarantine", "none", "pct=0 is one level down for all", At("v=DMARC1; p=quarantine; pct=0")),
        new("D32", "valid", "quarantine", "reject", "t=y is one level down", At("v=DMARC1; p=reject; t=y")),
        new("D33", "valid", "none", "quarantine", "t=y is one level down", At("v=DMARC1; p=quarantine; t=y")),
        new("D34", "valid", "reject", "reject", "size limit ignored", At("v=DMARC1; p=reject; rua=mailto:a@example.com!10m")),
        new("D35", "multiple", "absent", "absent", "several are all discarded", At("v=DMARC1; p=reject", "v=DMARC1; p=none"), Class: "no_effect"),
        new("D36", "valid", "reject", "reject", "others are discarded before counting", At("v=DMARC1; p=reject", "v=spf1 -all"), TxtOther: true),
        new("D37", "absent", "absent", "absent", "TXT wildcard", At("v=spf1 -all"), TxtOther: true),
        new("D38", "unknown", "unknown", "unknown", "SERVFAIL is not 'no record'", [], Failure: DnsStatus.Servfail),
        new("D39", "absent", "none", "none", "sp governs existing subdomains", At("v=DMARC1; p=reject; sp=none"), Name: "news.example.com"),
        new("D40", "valid", "none", "none", "own record wins", [["_dmarc.news.example.com", "v=DMARC1; p=none"], .. At("v=DMARC1; p=reject")], Name: "news.example.com"),
        new("D41", "multiple", "reject", "absent", "9989 walks on, 7489 stops",
            [["_dmarc.news.example.com", "v=DMARC1; p=none"], ["_dmarc.news.example.com", "v=DMARC1; p=quarantine"], .. At("v=DMARC1; p=reject")], Name: "news.example.com"),
        new("D42", "absent", "reject", "absent", "the PSL jump never looks at b", [["_dmarc.b.example.com", "v=DMARC1; p=reject"]], Name: "a.b.example.com"),
        new("D43", "absent", "none", "none", "fewest labels, not nearest", [["_dmarc.b.example.com", "v=DMARC1; p=reject"], .. At("v=DMARC1; p=none")], Name: "a.b.example.com"),
        new("D44", "absent", "reject", "none", "psd=n is the organizational domain", [["_dmarc.b.example.com", "v=DMARC1; p=reject; psd=n"], .. At("v=DMARC1; p=none")], Name: "a.b.example.com"),
        new("D45", "absent", "reject", "absent", "public suffix policy by the walk", [["_dmarc.gov.example", "v=DMARC1; p=none; sp=reject; psd=y"]], Name: "agency.gov.example", Org: "agency.gov.example"),
        new("D46", "absent", "reject", "quarantine", "np for names that do not exist", At("v=DMARC1; p=quarantine; np=reject"), Name: "ghost.example.com", Exists: Presence.Absent),
    ];

    public static TheoryData<string> Ids => [.. s_examples.Select(e => e.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Example_of_the_specification(string id)
    {
        var example = s_examples.Single(e => e.Id == id);
        var zone = new FakeResolver();
        foreach (string[] line in example.Zone) zone.Txt(line[0], line[1..]);
        if (example.Failure != DnsStatus.Ok) zone.Fail("_dmarc." + example.Name, DnsRecordType.Txt, example.Failure);

        var result = Run(zone, example.Name, example.Org, example.Exists);

        string expectedClass = example.Class.Length > 0 ? example.Class : example.Policy9989;
        string? txtOther = example.Failure == DnsStatus.Ok ? example.TxtOther.ToString() : null;
        Assert.True(
            (result.Record.Word(), result.Policy9989.Word(), result.Policy7489.Word(), result.Class.Word(), string.Join(' ', result.Quirks),
                result.NearMiss.WordOrNull(), result.TxtOther?.ToString())
            == (example.Own, example.Policy9989, example.Policy7489, expectedClass, example.Quirks, example.NearMiss, txtOther),
            $"{id} ({example.Why}): {result.Record} {result.Policy9989} {result.Policy7489} {result.Class} [{string.Join(' ', result.Quirks)}] {result.NearMiss} {result.TxtOther}");
    }

    [Fact]
    public void All_46_are_here() => Assert.Equal(Enumerable.Range(1, 46).Select(i => $"D{i}"), s_examples.Select(e => e.Id));
}
