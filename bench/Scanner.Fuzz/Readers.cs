using System.Net;
using System.Text;
using Scanner.Checks;
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

namespace Scanner.Fuzz;

/// <summary>Something that reads what strangers write.</summary>
/// <param name="Seeds">Texts to begin with: one char per octet.</param>
/// <param name="Words">Pieces of the grammar, good and bad.</param>
/// <param name="Read">All that becomes of one text.</param>
internal sealed record Reader(string Name, string[] Seeds, string[] Words, Action<string> Read);

internal static class Readers
{
    private static readonly SpfClient s_client4 = new(IPAddress.Parse("192.0.2.1"), "mail.example.net", "a-b@x.example", DateTimeOffset.UnixEpoch);

    private static readonly SpfClient s_client6 = new(IPAddress.Parse("2001:db8::1"), "", new string('a', 64) + "@" + string.Concat(Enumerable.Repeat("a.", 90)) + "example", DateTimeOffset.UnixEpoch);

    private static readonly MxResult s_mx = MxClassifier.Classify(Answer("example.com", DnsRecordType.Mx,
        [new MxRecord("example.com", 60, 10, "mx1.example.com"), new MxRecord("example.com", 60, 20, "a.b.example.net")]));

    public static IReadOnlyList<Reader> All { get; } =
    [
        new("spf",
            ["v=spf1 a mx ip4:192.0.2.0/24 ip6:2001:db8::/32 include:_spf.example.com -all", "v=spf1 exists:%{ir}.%{l1r-}.%{d2} redirect=_spf.%{o} exp=e.%{h}", "v=spf1 ptr:example.com a:%{d}/24//64 mx/0//0 ?all x=%%%_%-", " v=spf1", "spf2.0/pra"],
            ["v=spf1", "v=spf", "a", "mx", "ptr", "all", "-", "~", "?", "+", "ip4:", "ip6:", "include:", "exists:", "redirect=", "exp=", "x=", "/24", "//64", "/33", "//129", "192.0.2.1", "::", "2001:db8::", "::1.2.3.4", "%{", "}", "%{d}", "%{ir}", "%{l1r-+,/_=}", "%{p}", "%%", "%_", "%-", "%{C}"],
            Spf),
        new("dmarc",
            ["v=DMARC1; p=reject; sp=none; np=quarantine; rua=mailto:a@example.com!10m,https://x.example/; pct=50; t=y; psd=n; adkim=s; aspf=r; fo=1:d:s", "v=DMARC1;p=none;p=reject", "v=DMARC1; rua=mailto:a@b.example", " v=dmarc1", "\"v=DMARC1; p=none\""],
            ["v=DMARC1", "v=", "DMARC1", "p=", "sp=", "np=", "t=", "psd=", "adkim=", "aspf=", "fo=", "rua=", "ruf=", "pct=", "ri=", "rf=", "none", "quarantine", "reject", "y", "n", "u", "r", "s", "mailto:", "mailto:a@b.example", "!10m", "https://", "p=none;", "[::1]", "%2C", "100"],
            text =>
            {
                var own = Txt("_dmarc.example.com", text);
                var selection = DmarcSelector.Select(own);
                var none = new Dictionary<string, DmarcSelection>();
                DmarcClassifier.Classify("example.com", Presence.Present, selection, none, Txt("example.com", text), "example.com");
                DmarcNearMisses.Find([text], null);
            }),
        new("mta-sts-record",
            ["v=STSv1; id=20240101T000000; ext-1=foo;", "v=STSv1;id=a;id=b", "v=STSv1", " v=STSv1; id=1", "v=STSv2; id=1", "id=1; v=STSv1"],
            ["v=STSv1", "v=STSv1;", "STSv1", "id=", "id =", "; ", " ;", "ext=1", "x-y_z.1=", "01234567890123456789012345678901"],
            text => MtaStsClassifier.ClassifyRecord(Txt("_mta-sts.example.com", text))),
        new("mta-sts-policy",
            ["version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n", "version: STSv1\nmode: none\nmax_age: 86400", "\u00EF\u00BB\u00BFversion: STSv1\n", "<!doctype html><html><body>", "mode: testing\nversion: STSv1\nmax_age: 31557601\nfoo: bar\n\nmx: -a.b\n"],
            ["version:", "version: STSv1\n", "STSv1", "mode:", "mode: enforce\n", "enforce", "testing", "none", "max_age:", "max_age: 1\n", "9999999999", "mx:", "mx: ", "*.", "mx1.example.com", "a.b.example.net", "foo: bar\n", "\r", "<html", "\u00EF\u00BB\u00BF", "\u00FE\u00FF"],
            text =>
            {
                var record = MtaStsClassifier.ClassifyRecord(Txt("_mta-sts.example.com", "v=STSv1; id=1"));
                MtaStsClassifier.Classify(record, new PolicyFetch { Body = Encoding.Latin1.GetBytes(text) }, s_mx);
            }),
        new("tls-rpt",
            ["v=TLSRPTv1; rua=mailto:a@example.com, https://example.net/v1?x=%2C; ext=1;", "v=TLSRPTv1;rua=mailto:a@b", "v=TLSRPTv1", " v=TLSRPTv1; rua=https://a"],
            ["v=TLSRPTv1", "v=TLSRPTv1;", "rua=", "rua =", "mailto:", "mailto:a@b.example", "https://", "https://a.b/", "http://", "%2C", "%21", "[::1]", "?subject=", ":443", "x=1"],
            text => TlsRptClassifier.Classify(Txt("_smtp._tls.example.com", text))),
        new("dkim",
            ["v=DKIM1; k=ed25519; t=s:y; h=sha256; p=lzR5D97kEQxI9yTQLk+hqCbKgCmf0fBiIef3bgVTRGo=", "p=", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB", "v=DKIM1; p=MEgCQQC3==; n=x", "o=~"],
            ["v=DKIM1", "v=", "k=", "rsa", "ed25519", "p=", "t=", "y", "s", "h=", "sha1", "sha256", "s=email", "n=", "g=*", "MIIB", "MIGf", "AAAA", "==", "+/", "0\u0082"],
            text =>
            {
                var answer = Txt("s._domainkey.example.com", text);
                DkimClassifier.Classify(answer, null, [("s", answer)]);
            }),
        new("bimi",
            ["v=BIMI1; l=https://example.com/l.svg; a=https://example.com/v.pem", "v=BIMI1; l=; a=;", "v=BIMI1;l=http://x", "v=bimi1; l="],
            ["v=BIMI1", "v=BIMI1;", "l=", "a=", "https://", "https://a.b/c.svg", "http://", "avp=brand", "s=", "[::1]", ":443"],
            text => BimiClassifier.Classify("example.com", Txt("default._bimi.example.com", text), null, null, null)),
        // TLSA data has no text form here: three numbers and octets, four records from each text.
        new("tlsa",
            ["\u0003\u0001\u0001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\u0002\0\u0002", "\0\0\0"], ["\u0003\u0001\u0001", "\u0002\0\u0001", "\u00FF"],
            text =>
            {
                var records = Enumerable.Range(0, 4).Select(DnsRecord (i) => Tlsa(text.Length > i ? text[i..] : ""));
                var tlsa = Answer("_25._tcp.mx.example.com", DnsRecordType.Tlsa, [.. records]) with { AuthenticData = true };
                var address = Answer("mx.example.com", DnsRecordType.A, [new AddressRecord("mx.example.com", 60, IPAddress.Loopback)]) with { AuthenticData = true };
                DaneClassifier.HostOf("mx.example.com", address, tlsa);
            }),
        new("list-line",
            ["https://User@www.Example.com:443/path?x", "b\u00FCcher.example", "xn--bcher-kva.example", "1,example.com", "[2001:db8::1]", "192.0.2.1", "_dmarc.a.co.uk."],
            ["http://", "www.", "xn--", "xn--a", "co.uk", "github.io", ".", "..", ":80", "\u3002", "\u200D", "\u0915\u094D", "\u00DF", "\uD800", "\u202E", "a", "1.2.3.4", "0x7f.1"],
            text => NameNormaliser.Normalise(text, 1, PublicSuffixList.Embedded, out _)),
        new("evidence", ["a\\255b", "\u00FF\u0000\\", "\\\\"], ["\\", "\\0", "\\255", "\\256", "\\x"],
            text =>
            {
                string kept = Evidence.Escape(text);
                if (!Evidence.Unescape(kept).AsSpan().SequenceEqual(Encoding.Latin1.GetBytes(text))) throw new InvalidOperationException("Escape and Unescape are not inverse");
                Evidence.Unescape(text);
            }),
    ];

    /// <summary>The record at a name, in an include and as a near-miss; for the worst case, for two clients, and for people.</summary>
    private static void Spf(string text)
    {
        var answer = Txt("example.com", text);
        var zone = new SpfZone("example.com", answer);
        zone.Add(new DnsQuestion("_spf.example.com", DnsRecordType.Txt), Txt("_spf.example.com", text));
        var result = SpfClassifier.Classify(zone, SpfEvalLevel.Full);
        SpfClassifier.StepsOf(zone, SpfEvalLevel.Full);
        var bad = SpfRecordParser.BadTerm(text);
        if (bad is null == (result.SyntaxError is not null)) throw new InvalidOperationException($"{result.SyntaxError}, but the bad term is {bad}");
        SpfEvaluator.CheckHost(new SpfZone("example.com", answer), s_client4, "example.com");
        SpfEvaluator.CheckHost(new SpfZone("example.com", answer), s_client6, "example.com");
    }

    private static TlsaRecord Tlsa(string text) => new("_25._tcp.mx.example.com", 60,
        (byte)text.ElementAtOrDefault(0), (byte)text.ElementAtOrDefault(1), (byte)text.ElementAtOrDefault(2), Encoding.Latin1.GetBytes(text.Length > 3 ? text[3..] : ""));

    /// <summary>One TXT record, cut into character-strings of 255 octets.</summary>
    internal static DnsAnswer Txt(string name, string text) =>
        Answer(name, DnsRecordType.Txt, [TxtRecord.FromText(name, 60, [.. text.Chunk(255).Select(part => new string(part))])]);

    internal static DnsAnswer Answer(string name, DnsRecordType type, DnsRecord[] records) => new()
    {
        Question = new DnsQuestion(name, type),
        Status = DnsStatus.Ok,
        Records = records,
    };
}
