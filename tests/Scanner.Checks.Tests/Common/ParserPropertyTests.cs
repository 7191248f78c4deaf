using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Bimi;
using Scanner.Checks.Dane;
using Scanner.Checks.Dkim;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
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
        "v=DKIM1; k=ed25519; t=s:y; p=lzR5D97kEQxI9yTQLk+hqCbKgCmf0fBiIef3bgVTRGo=",
        "v=BIMI1; l=https://example.com/l.svg; a=https://example.com/v.pem",
    ];

    /// <summary>500 cases for each property, or as many as the environment variable <c>SCANNER_PROPERTY_RUNS</c> says.</summary>
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(
        int.TryParse(Environment.GetEnvironmentVariable("SCANNER_PROPERTY_RUNS"), CultureInfo.InvariantCulture, out int runs) ? runs : 500);

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
            DkimKeyParser.Parse(text, out _);
            BimiRecordParser.Parse(text, out _);
            SpfRecordParser.Parse(text, [], out _, out _);
            SpfSelector.NearMissOf(text);
            _ = ReportUri.TryParse(text, out _);
            Evidence.Unescape(text);
            MxTargets.KindOf(text);
            NameNormaliser.Normalise(text, 1, PublicSuffixList.Embedded, out _);
            MtaStsPolicyParser.Parse(Encoding.Latin1.GetBytes("version: STSv1\nmode: testing\n" + text));
            _ = TlsaUsability.IsUsable(new TlsaRecord("x", 0, (byte)which, (byte)text.Length, 1, octets));
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
        string[][] all = [.. s_records.Select(r => new[] { r }), ["x"], [" v=DMARC1;p=none"], ["v=STSv2"], ["v=sts1;"], [" v=STSv1; id=1"], ["v=spf10"]];
        string[][] shuffled = [.. all.OrderBy(r => order.Length == 0 ? 0 : order[Math.Abs(r[0].GetHashCode(StringComparison.Ordinal) % order.Length)])];
        return Verdicts(all) == Verdicts(shuffled);
    }).Check(s_config);

    // Near-misses stand beside nothing better, and it is the kind that decides which is told, not the place.
    [Fact]
    public void TheOrderOfNearMissesMeansNothing() => Prop.ForAll<int[]>(order =>
    {
        string[][] all = [["v=sts1; id=1"], [" v=STSv1; id=1"], ["\"v=STSv1; id=1\""], ["id=1; v=STSv1"], ["v=dmarc1"], ["v=DMARC1,"], ["spf1 -all"], [" v=spf1 -all"]];
        string[][] shuffled = [.. all.OrderBy(r => order.Length == 0 ? 0 : order[Math.Abs(r[0].GetHashCode(StringComparison.Ordinal) % order.Length)])];
        return Verdicts(all) == Verdicts(shuffled);
    }).Check(s_config);

    // RFC 8461 §3.2 fixes no order of fields, and unknown ones are ignored: written down again, in another order, a policy says the same.
    [Fact]
    public void PolicyParsePrintParseIsStable() => Prop.ForAll<byte[], int>((octets, which) =>
    {
        var first = MtaStsPolicyParser.Parse([.. "version: STSv1\nmode: testing\nmax_age: 86400\nmx: mx1.example.com\n"u8, .. octets]);
        string[] lines = [.. first.MxPatterns.Select(p => $"mx: {p}"), $"mode: {first.Mode!.Value.Word()}", $"max_age:{first.MaxAge}", "version:\tSTSv1 ", "other: x"];
        var second = MtaStsPolicyParser.Parse(Encoding.ASCII.GetBytes(string.Join(which % 2 == 0 ? "\r\n" : "\n", lines)));
        return second is { Usable: true, Strict: true } && first.MxPatterns.SequenceEqual(second.MxPatterns) && (first.Mode, first.MaxAge) == (second.Mode, second.MaxAge);
    }).Check(s_config);

    [Fact]
    public void MtaStsParsePrintParseIsStable() => Prop.ForAll<byte[]>(octets =>
    {
        if (MtaStsRecordParser.Parse("v=STSv1; id=2024a; x=" + Encoding.Latin1.GetString(octets), out var first) != RecordMatch.Valid) return true;
        return MtaStsRecordParser.Parse($"v=STSv1;id={first.Id}", out var second) == RecordMatch.Valid && second.Id == first.Id && first.Lenient;
    }).Check(s_config);

    // RFC 6376 §3.2: blanks around tags and inside base64 mean nothing, nor do tags that nobody registered.
    [Fact]
    public void DkimBlanksAndUnknownTagsMeanNothing() => Prop.ForAll<int, int>((place, blank) =>
    {
        const string Key = "lzR5D97kEQxI9yTQLk+hqCbKgCmf0fBiIef3bgVTRGo=";
        string folded = Key.Insert((int)((uint)place % (uint)(Key.Length + 1)), (blank & 3) switch { 0 => " ", 1 => "\t", 2 => "\r\n ", _ => "" });
        DkimKeyParser.Parse($"v=DKIM1;k=ed25519;p={Key}", out var plain);
        DkimKeyParser.Parse($" v = DKIM1 ;\tx-y_1=z ; k=\ted25519; p= {folded} ;".Replace("x-y_1", "xy_1", StringComparison.Ordinal), out var spread);
        return plain == spread && plain!.State == DkimKeyState.Valid;
    }).Check(s_config);

    [Fact]
    public void BimiParsePrintParseIsStable() => Prop.ForAll<byte[]>(octets =>
    {
        BimiRecordParser.Parse(s_records[6] + ";x=" + Encoding.Latin1.GetString(octets), out var first);
        BimiRecordParser.Parse($"v=BIMI1;a={first!.Authority};l={first.Location}", out var second);
        return (first.Location, first.Authority) == (second!.Location, second.Authority) && second.Error is null;
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
        var dkim = DkimClassifier.Classify(answer, null, [("s", answer)]);
        var bimi = BimiClassifier.Classify("example.com", answer, null, null, null);
        var spf = SpfClassifier.Classify(new SpfZone("example.com", answer), SpfEvalLevel.Record);
        var near = DmarcNearMisses.Find(dmarc.Texts, null);
        return $"{dmarc.State} {dmarc.Record?.P} {dmarc.Record?.Rua.State} {dmarc.TxtOther} {near} {sts.Record} {sts.Id} {sts.NearMiss} {rpt.Status} {rpt.RuaMailto} "
            + $"{dkim.Presence} {string.Join(',', dkim.Keys)} {bimi.Status} {bimi.Error} {spf.Status} {spf.NearMiss}";
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
