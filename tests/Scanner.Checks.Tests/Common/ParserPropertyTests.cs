using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Checks.Tests.Common;

/// <summary>What holds of every record parser and classifier, whatever octets a zone serves.</summary>
public class ParserPropertyTests
{
    private static readonly string[] s_records =
    [
        "v=DMARC1; p=reject; sp=none; rua=mailto:a@example.com,mailto:b@example.net!10m; pct=50; t=y",
        "v=STSv1; id=20240101T000000; ext-1=foo;",
        "v=TLSRPTv1; rua=mailto:a@example.com, https://example.net/v1; x=y",
        "v=spf1 -all",
        "google-site-verification=abc",
    ];

    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(500);

    [Fact]
    public void NothingThrowsOnAnyOctets() => Prop.ForAll<byte[], int>((octets, which) =>
    {
        string junk = Encoding.Latin1.GetString(octets);
        foreach (string text in (string[])[junk, s_records[Index(which)] + junk, junk + s_records[Index(which)]])
        {
            DmarcRecordParser.Parse(text, out _);
            DmarcNearMisses.Find([text], null);
            MtaStsRecordParser.Parse(text, out _);
            MtaStsRecordParser.NearMiss(text);
            TlsRptRecordParser.Parse(text, out _);
            _ = ReportUri.TryParse(text, out _);
            Evidence.Unescape(text);
        }
        MtaStsPolicyParser.Parse(octets);
        return true;
    }).Check(s_config);

    // RFC 9989 §4.5, RFC 8461 §3.1, RFC 8460 §3: strings are joined with nothing between, so where they are cut means nothing.
    [Fact]
    public void WhereTheStringsAreCutMeansNothing() => Prop.ForAll<int, int[]>((which, cuts) =>
    {
        string record = s_records[Index(which)];
        return Verdicts([[record]]) == Verdicts([[.. Cut(record, cuts)]]);
    }).Check(s_config);

    // A set has no order (RFC 2181 §5): records of others before or after change nothing.
    [Fact]
    public void TheOrderOfRecordsMeansNothing() => Prop.ForAll<int[]>(order =>
    {
        string[][] all = [.. s_records.Take(3).Select(r => new[] { r }), ["x"], ["v=spf1 -all"]];
        string[][] shuffled = [.. all.OrderBy(r => order.Length == 0 ? 0 : order[Math.Abs(r[0].GetHashCode(StringComparison.Ordinal) % order.Length)])];
        return Verdicts(all) == Verdicts(shuffled);
    }).Check(s_config);

    // What the parser read, written down again, is read the same.
    [Fact]
    public void DmarcParsePrintParseIsStable() => Prop.ForAll<int, byte[]>((which, octets) =>
    {
        string text = s_records[0] + ";" + Encoding.Latin1.GetString(octets);
        DmarcRecordParser.Parse(which % 2 == 0 ? text : s_records[0], out var first);
        string printed = Print(first!);
        DmarcRecordParser.Parse(printed, out var second);
        return printed == Print(second!);
    }).Check(s_config);

    [Fact]
    public void TlsRptParsePrintParseIsStable()
    {
        TlsRptRecordParser.Parse(s_records[2], out var first);
        string printed = "v=TLSRPTv1;rua=" + string.Join(',', first!.Rua.Select(u => u.IsMailto ? $"mailto:x@{u.Host}" : $"{u.Scheme}://{u.Host}/"));
        TlsRptRecordParser.Parse(printed, out var second);
        Assert.Equal(first.Rua, second!.Rua);
        Assert.Null(second.Error);
    }

    private static string Print(DmarcRecord record)
    {
        var text = new StringBuilder("v=DMARC1");
        foreach (var (tag, value) in (ReadOnlySpan<(string, string?)>)[("p", record.P.Text), ("sp", record.Sp.Text), ("np", record.Np.Text), ("t", record.T),
            ("psd", record.PsdText), ("adkim", record.Adkim), ("aspf", record.Aspf), ("fo", record.Fo)])
            if (value is not null) text.Append(';').Append(tag).Append('=').Append(value);
        return text.ToString();
    }

    /// <summary>All verdicts on one TXT set, as one text.</summary>
    private static string Verdicts(string[][] records)
    {
        var answer = new DnsAnswer
        {
            Question = new DnsQuestion("_x.example.com", DnsRecordType.Txt),
            Status = DnsStatus.Ok,
            Records = [.. records.Select(r => TxtRecord.FromText("_x.example.com", 60, r))],
        };
        var dmarc = DmarcSelector.Select(answer);
        var sts = MtaStsClassifier.ClassifyRecord(answer);
        var rpt = TlsRptClassifier.Classify(answer);
        return $"{dmarc.State} {dmarc.Record?.P} {dmarc.Record?.Rua.State} {dmarc.TxtOther} {sts.Record} {sts.Id} {sts.NearMiss} {rpt.Status} {rpt.RuaMailto}";
    }

    private static IEnumerable<string> Cut(string text, int[] cuts)
    {
        int from = 0;
        foreach (int at in cuts.Select(c => (int)((uint)c % (uint)(text.Length + 1))).Order())
        {
            yield return text[from..at];
            from = at;
        }
        yield return text[from..];
    }

    private static int Index(int which) => (int)((uint)which % (uint)s_records.Length);
}
