using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.TlsRpt;

public class TlsRptClassifierTests
{
    private const string Owner = "_smtp._tls.example.com";

    private static TlsRptResult Classify(params string[] records)
    {
        var zone = new FakeResolver();
        foreach (string record in records) zone.Txt(Owner, record);
        return TlsRptClassifier.Classify(zone.Query(Owner, DnsRecordType.Txt));
    }

    [Theory]
    [InlineData("v=TLSRPTv1;rua=mailto:reports@example.com", true, false, "RFC 8460 §3.1.1")]
    [InlineData("v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", false, true, "RFC 8460 §3.1.2")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com;", true, false, "a last delimiter is in the grammar")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com ; ", true, false, "blanks belong to the delimiter")]
    [InlineData("v=TLSRPTv1 ;rua=mailto:a@example.com", true, false, "a blank before ';' in a lone record")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com,https://r.example/x?y=z", true, true, "a list")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com \t, https://r.example/", true, true, "blanks around the comma")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; rua=https://r.example/", true, true, "two rua fields are in the grammar")]
    [InlineData("v=TLSRPTv1; ext-1.x_y=a:b; rua=mailto:a@example.com; z=~", true, false, "extensions are ignored, order is free")]
    [InlineData("v=TLSRPTv1; a1234567890123456789012345678901=1; rua=mailto:a@example.com", true, false, "32 characters of name")]
    [InlineData("v=TLSRPTv1; rua=mailto:a%2Cb%3B%21@example.com", true, false, "encoded , ; !")]
    [InlineData("v=TLSRPTv1; rua=MAILTO:a@example.com", true, false, "schemes ignore case, RFC 3986 §3.1")]
    public void Valid(string text, bool mailto, bool https, string why)
    {
        var result = Classify(text);
        Assert.True((result.Status, result.Error, result.RuaMailto, result.RuaHttps, result.Raw) == (TlsRptStatus.Valid, null, mailto, https, text), $"{why}: {result.Error}");
    }

    [Theory]
    [InlineData("v=TLSRPTv1", TlsRptError.MissingRua, "no field at all")]
    [InlineData("v=TLSRPTv1;", TlsRptError.MissingRua, "no field at all")]
    [InlineData("v=TLSRPTv1; ext=1", TlsRptError.MissingRua, "rua is required")]
    [InlineData("v=TLSRPTv1; RUA=mailto:a@example.com", TlsRptError.MissingRua, "rua is case-sensitive: this is an extension")]
    [InlineData("v=TLSRPTv1; rua=", TlsRptError.BadUri, "an empty list")]
    [InlineData("v=TLSRPTv1; rua=noscheme", TlsRptError.BadUri, "no scheme")]
    [InlineData("v=TLSRPTv1; rua=a@example.com", TlsRptError.BadUri, "a bare address")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com,", TlsRptError.BadUri, "an empty element")]
    [InlineData("v=TLSRPTv1; rua= mailto:a@example.com", TlsRptError.BadUri, "no blank after '='")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com ", TlsRptError.BadUri, "no blank at the very end")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com mailto:b@example.com", TlsRptError.BadUri, "a list without comma")]
    [InlineData("v=TLSRPTv1; rua=mailto:a!b@example.com", TlsRptError.BadUri, "'!' must be encoded")]
    [InlineData("v=TLSRPTv1; rua=http://r.example/", TlsRptError.BadScheme, "only mailto and https")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com,ftp://r.example/", TlsRptError.BadScheme, "only mailto and https")]
    [InlineData("v=TLSRPTv1; rua =mailto:a@example.com", TlsRptError.BadField, "no blank before '='")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com;;", TlsRptError.BadField, "an empty field")]
    [InlineData("v=TLSRPTv1;;rua=mailto:a@example.com", TlsRptError.BadField, "an empty field")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; junk", TlsRptError.BadField, "a field without '='")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; x=", TlsRptError.BadField, "an empty extension")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; x=a=b", TlsRptError.BadField, "'=' in an extension")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; x=a b", TlsRptError.BadField, "blank in an extension")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; x=\u00E4", TlsRptError.BadField, "non-ASCII in an extension")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; -x=1", TlsRptError.BadField, "a name begins with a letter or digit")]
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com; a12345678901234567890123456789012=1", TlsRptError.BadField, "33 characters of name")]
    [InlineData("v=TLSRPTv1 rua=mailto:a@example.com", TlsRptError.BadField, "no ';' after the version")]
    [InlineData("v=TLSRPTv1; junk; rua=x", TlsRptError.BadField, "the first fault is told")]
    [InlineData("v=TLSRPTv1; rua=x; junk", TlsRptError.BadUri, "the first fault is told")]
    public void Invalid(string text, TlsRptError error, string why)
    {
        var result = Classify(text);
        Assert.True((result.Status, result.Error) == (TlsRptStatus.Invalid, error), $"{why}: {result.Status} {result.Error}");
        Assert.Equal((null, null), (result.RuaMailto, result.RuaHttps));
        Assert.Equal(Evidence.Escape(text), result.Raw);
    }

    [Theory]
    [InlineData("v=spf1 -all", "a TXT wildcard")]
    [InlineData("v=TLSRPTv10; rua=mailto:a@example.com", "another version")]
    [InlineData("v=TLSRPTv2; rua=mailto:a@example.com", "another version")]
    [InlineData("v=TLSRPTv1, rua=mailto:a@example.com", "no delimiter")]
    [InlineData("v=tlsrptv1; rua=mailto:a@example.com", "case-sensitive")]
    [InlineData("V=TLSRPTv1; rua=mailto:a@example.com", "the v too, unlike DMARC")]
    [InlineData("v = TLSRPTv1; rua=mailto:a@example.com", "no blank inside, unlike DMARC")]
    [InlineData(" v=TLSRPTv1; rua=mailto:a@example.com", "blank in front")]
    [InlineData("rua=mailto:a@example.com; v=TLSRPTv1", "v is not first")]
    [InlineData("", "empty")]
    public void Absent(string text, string why)
    {
        var result = Classify(text);
        Assert.True((result.Status, result.Error, result.Raw) == (TlsRptStatus.Absent, null, null), why);
    }

    [Fact]
    public void Of_several_records_those_with_another_beginning_are_discarded()
    {
        const string Good = "v=TLSRPTv1; rua=mailto:a@example.com";
        Assert.Equal(TlsRptStatus.Valid, Classify(Good, "v=spf1 -all").Status);
        Assert.Equal(TlsRptStatus.Multiple, Classify(Good, "v=TLSRPTv1; rua=mailto:b@example.com").Status);
        Assert.Equal(TlsRptStatus.Multiple, Classify(Good, "v=TLSRPTv1;junk").Status);
        Assert.Equal(TlsRptStatus.Valid, Classify(Good, "v=TLSRPTv1 ; rua=mailto:b@example.com").Status);
        Assert.Equal(TlsRptStatus.Absent, Classify("v=TLSRPTv1 ; rua=mailto:b@example.com", "v=spf1 -all").Status);
        Assert.Equal(TlsRptStatus.Invalid, Classify("v=TLSRPTv1;junk", "v=spf1 -all").Status);
        Assert.Equal(TlsRptStatus.Valid, Classify(Good, Good).Status);
    }

    [Theory]
    [InlineData(DnsStatus.Nxdomain, TlsRptStatus.Absent)]
    [InlineData(DnsStatus.Nodata, TlsRptStatus.Absent)]
    [InlineData(DnsStatus.NameTooLong, TlsRptStatus.Absent)]
    [InlineData(DnsStatus.Servfail, TlsRptStatus.Unknown)]
    [InlineData(DnsStatus.Timeout, TlsRptStatus.Unknown)]
    [InlineData(DnsStatus.NotQueried, TlsRptStatus.Unknown)]
    public void Status_of_the_answer(DnsStatus status, TlsRptStatus expected) =>
        Assert.Equal(expected, TlsRptClassifier.Classify(DnsAnswer.Without(new DnsQuestion(Owner, DnsRecordType.Txt), status)).Status);

    [Fact]
    public void Longest_name_that_can_be_asked()
    {
        string name = string.Join('.', Enumerable.Repeat(new string('x', 59), 4)) + ".ab";
        Assert.Equal(242, name.Length);
        Assert.Equal($"_smtp._tls.{name}", TlsRptClassifier.Question(name)?.Name);
        Assert.Null(TlsRptClassifier.Question("y" + name));
    }

    /// <summary>Cases of other projects that we judge otherwise, with the reason.</summary>
    private static readonly Dictionary<string, string> s_differences = new(StringComparer.Ordinal)
    {
        ["v=TLSRPTv1; rua=mailto:tlsrpt@mox.example , \t\t https://mox.example/tlsrpt  "] = "RFC 8460 §3: a blank may only stand around a delimiter, and at the end there is none",
    };

    [Fact]
    public void Verdicts_of_other_projects()
    {
        const string File = "tlsrpt/records.jsonl";
        string? path = SharedVectors.Find(File);
        if (path is null) Assert.Skip(SharedVectors.Missing(File));
        var differences = new List<string>();
        int cases = 0;
        foreach (string line in System.IO.File.ReadLines(path).Where(l => l.Length > 0))
        {
            using var json = JsonDocument.Parse(line);
            cases++;
            string text = json.RootElement.GetProperty("input").GetString()!;
            var match = TlsRptRecordParser.Parse(text, out var record);
            if ((match == RecordMatch.Valid) != (json.RootElement.GetProperty("expect").GetString() == "valid")) differences.Add(text);
            else if (match == RecordMatch.Valid) Assert.Equal(Count(json.RootElement.GetProperty("parsed").GetProperty("rua")), record!.Rua.Count);
        }
        Assert.Equal(s_differences.Keys, differences);
        Assert.Equal(23, cases);
    }

    private static int Count(JsonElement rua) => rua.EnumerateArray().Sum(e => e.ValueKind == JsonValueKind.Array ? e.GetArrayLength() : 1);

    [Fact]
    public void Random_octets_never_throw() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Texts, text =>
        {
            var match = TlsRptRecordParser.Parse(text, out var record);
            return (match == RecordMatch.NotThisType) == (record is null)
                   && (match == RecordMatch.Valid) == (record is { Error: null, Rua.Count: > 0 });
        }));

    [Fact]
    public void Splitting_the_text_changes_nothing() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Texts, ArbMap.Default.ArbFor<byte>(), (text, cut) =>
        {
            int at = text.Length == 0 ? 0 : cut % (text.Length + 1);
            var whole = TlsRptClassifier.Classify(new FakeResolver().Txt(Owner, text).Query(Owner, DnsRecordType.Txt));
            var split = TlsRptClassifier.Classify(new FakeResolver().Txt(Owner, text[..at], text[at..]).Query(Owner, DnsRecordType.Txt));
            return (whole.Status, whole.Error, whole.Raw, whole.RuaHttps) == (split.Status, split.Error, split.Raw, split.RuaHttps);
        }));

    private static Arbitrary<string> Texts
    {
        get
        {
            var octets = ArbMap.Default.GeneratorFor<byte[]>().Select(Encoding.Latin1.GetString);
            var pieces = Gen.Elements(";", " ", ",", "=", "rua=", "mailto:a@b.c", "https://d.e/", "x=1", "!", "%", "\u00FF", "ftp:").ArrayOf().Select(string.Concat);
            return Gen.OneOf(octets, pieces, pieces.Select(p => "v=TLSRPTv1;" + p), pieces.Select(p => "v=TLSRPTv1; rua=mailto:a@b.c" + p)).ToArbitrary();
        }
    }
}
