using System.Diagnostics;
using System.Globalization;
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

namespace Scanner.Benchmarks;

/// <summary>
/// What a publisher may put into one answer or one policy to make us work: 64 KiB at most, for that is what a DNS message over TCP holds
/// (RFC 1035 §4.2.2) and what we read of a policy. Shapes are a head and a piece that repeats; each reader is run on all of them.
/// </summary>
internal static class HostileRecords
{
    /// <summary>Octets of the largest answer.</summary>
    public const int Most = 0xF000;

    /// <summary>All that becomes of one answer or body.</summary>
    /// <param name="Prepare">Makes the input of about that many octets from a text; what it returns is then run.</param>
    public sealed record Reader(string Name, string[] Heads, string[] Pieces, Func<string, Func<object?>> Prepare)
    {
        public override string ToString() => Name;
    }

    private static readonly string[] Common =
        [" ", "\t", ";", ",", "=", ":", "/", ".", "%", "\"", "\\", "!", "@", "-", "a", "A", "1", "v", "\0", "\u00FF", "\u00C3\u00A9", "; ", " ;", ";;=", "a=", "=a;", "a=b;", "\r\n", "\n"];

    private static readonly string[] SpfPieces =
    [
        "a ", "mx ", "ptr ", "-all ", "?all", "ip4:1.2.3.4 ", "ip4:1.2.3.4/24 ", "ip6:1::2/128 ", "ip6:1:2:3:4:5:6:7:8 ", "include:%{d}.x ", "include:a.b ", "exists:%{ir}.%{d}.x ", "a:a.b/24//64 ",
        "x=%%%_%- ", "x= ", "%{d}", "%{d1r.-+}", "%{o}.", "%{d", "%%", "/1", "//1", "a:", "a.", "redirect=a.b ", "include:", "::", "1:", "V=SPF1 ", "v=spf1", "v spf1 ", "\u00A0a ",
    ];

    private static readonly string[] DmarcPieces =
        ["p=none;", "p=reject;p=none;", "mailto:a@b,", "mailto:a@b!1m,", "x:", "x://h/,", "!1k", ";\t;", " v=DMARC1", ";v =", "v\t=", "dmarc1 ", "\u00E2\u0080\u0098", "\u0091", "v=\u00FF"];

    private static readonly string[] StsPieces = ["id=1;", "id=a;", "ext=b;", "id = 1;", "v=STSv1;", "STSv1", "v=", "\u00E2\u0080\u009C"];

    private static readonly string[] PolicyPieces = ["mx: *.a.b\n", "mx:a\n", "mx: a.b\r\n", "mode: none\n", "max_age: 1\n", "version: STSv1\n", "k: v\n", "k:\u00C3\u00A9\n", "\r\n", "\r", ":\n", "<html", "mx: a.", "mx: -\n"];

    private static readonly string[] DkimPieces = ["p=;", "t=y:", "y:", "k=rsa;", "AAAA", "MIIB", "p= A A", "0\u0082", "h=a:", "n=a;"];

    /// <summary>Distinct at each repetition where the piece holds a "#", so that no list of things seen stays short.</summary>
    public static string Text(string head, string piece, int octets)
    {
        var text = new StringBuilder(head, octets + 64);
        for (int i = 0; text.Length < octets; i++)
            text.Append(piece.Contains('#') ? piece.Replace("#", Name(i), StringComparison.Ordinal) : piece);
        text.Length = octets;
        return text.ToString();
    }

    /// <summary>A short word for each number, of letters only.</summary>
    private static string Name(int number)
    {
        var word = new StringBuilder();
        do word.Append((char)('a' + number % 26)); while ((number /= 26) > 0);
        return word.ToString();
    }

    public static IReadOnlyList<Reader> Readers { get; } =
    [
        new("spf classifier", ["v=spf1 ", "v=spf1 a:", "v=spf1 x=", "v=spf1 exists:%{", "v=spf1 redirect=", "v=spf", "v", " v", "spf", "\"", "", "v=spf1 -all "],
            [.. Common, .. SpfPieces, "a:#.x ", "#=x "],
            text =>
            {
                var answer = Txt("example.com", text);
                return () => SpfClassifier.Classify(new SpfZone("example.com", answer), SpfEvalLevel.Full);
            }),
        new("spf evaluator", ["v=spf1 ", "v=spf1 a:", "v=spf1 exists:%{", "v=spf1 redirect=", "v=spf1 exp="],
            [.. Common, .. SpfPieces, "a:#.x "],
            text =>
            {
                // The longest path of RFC 5321 §4.5.3.1.3: what macros stand for.
                var client = new SpfClient(IPAddress.Parse("2001:db8::1"), "mail.example.net", new string('a', 64) + "@" + string.Concat(Enumerable.Repeat("a.", 90)) + "example", DateTimeOffset.UnixEpoch);
                var answer = Txt("example.com", text);
                return () => SpfEvaluator.CheckHost(new SpfZone("example.com", answer), client, "example.com");
            }),
        new("spf steps", ["v=spf1 ", "v=spf1 a:", "v=spf1 redirect="], [.. SpfPieces, "a:#.x "],
            text =>
            {
                var answer = Txt("example.com", text);
                return () => SpfClassifier.StepsOf(new SpfZone("example.com", answer), SpfEvalLevel.Full);
            }),
        new("dmarc", ["v=DMARC1;", "v=DMARC1; p=none; rua=", "v=DMARC1; ruf=mailto:", "v", "v=", " v", "v=DMARC1", "\"v=DMARC1;", "", "\u0093v=DMARC1;", "x=1;v"],
            [.. Common, .. DmarcPieces, "#=;", "mailto:a@#,", "x://#/,"],
            text =>
            {
                var own = Txt("_dmarc.example.com", text);
                var apex = Txt("example.com", text);
                var none = new Dictionary<string, DmarcSelection>();
                return () => DmarcClassifier.Classify("example.com", Presence.Present, DmarcSelector.Select(own), none, apex, "example.com");
            }),
        new("mta-sts record", ["v=STSv1;", "v=STSv1; id=", "v=STSv1", "v", " ", "\"", "", "v=sts"], [.. Common, .. StsPieces, "#=x;"],
            text =>
            {
                var answer = Txt("_mta-sts.example.com", text);
                return () => MtaStsClassifier.ClassifyRecord(answer);
            }),
        new("mta-sts policy", ["", "version: STSv1\nmode: enforce\nmax_age: 1\n", "<html>", "\u00EF\u00BB\u00BF", "mx: *.", "version:"], [.. Common, .. PolicyPieces, "mx: *.#.x\n", "#: x\n"],
            text =>
            {
                byte[] body = Encoding.Latin1.GetBytes(text);
                var record = MtaStsClassifier.ClassifyRecord(Txt("_mta-sts.example.com", "v=STSv1; id=1"));
                // As many hosts as one answer holds, each of which meets every pattern.
                var mx = MxClassifier.Classify(Mx(text.Length));
                return () => MtaStsClassifier.Classify(record, new PolicyFetch { Body = body }, mx);
            }),
        new("tls-rpt", ["v=TLSRPTv1;", "v=TLSRPTv1; rua=", "v=TLSRPTv1; rua=mailto:", "v=TLSRPTv1", "v"], [.. Common, "mailto:a@b,", "https://a.b/,", "rua=mailto:a@b;", "#=x;", "mailto:a@#,"],
            text =>
            {
                var answer = Txt("_smtp._tls.example.com", text);
                return () => TlsRptClassifier.Classify(answer);
            }),
        new("dkim", ["v=DKIM1;", "v=DKIM1; p=", "v=DKIM1; k=ed25519; p=", "p=", "v=DKIM1; t=", ""], [.. Common, .. DkimPieces, "#=x;"],
            text =>
            {
                var answer = Txt("s._domainkey.example.com", text);
                return () => DkimClassifier.Classify(answer, null, [("s", answer)]);
            }),
        new("bimi", ["v=BIMI1;", "v=BIMI1; l=", "v=BIMI1; l=https://", "v", ""], [.. Common, "l=;", "a=;", "https://a.b/", "#=x;"],
            text =>
            {
                var answer = Txt("default._bimi.example.com", text);
                return () => BimiClassifier.Classify("example.com", answer, null, null, null);
            }),
        new("one text, many records", ["v=spf1 ", "v=DMARC1;", "v=STSv1;", "v=TLSRPTv1;", "v=DKIM1;p=", "v=BIMI1;", "", " v=spf1", "v=STSv2", " v=DMARC1;"], ["#", "-#", " #"],
            text => AllOf(Many(text))),
        new("tlsa", [""], ["#"],
            text =>
            {
                // Owner pointer, type, class, TTL, length and three octets: 15 octets a record, and its data.
                var records = Enumerable.Range(0, text.Length / 20).Select(DnsRecord (i) => new TlsaRecord("_25._tcp.mx.example.com", 60, 3, 1, (byte)(i % 3), Encoding.UTF8.GetBytes(Name(i + 26 * 26 * 26))));
                var tlsa = Answer("_25._tcp.mx.example.com", DnsRecordType.Tlsa, [.. records]) with { AuthenticData = true };
                var address = Answer("mx.example.com", DnsRecordType.A, [new AddressRecord("mx.example.com", 60, IPAddress.Loopback)]) with { AuthenticData = true };
                return () => DaneClassifier.HostOf("mx.example.com", address, tlsa);
            }),
        new("mx", [""], ["#"],
            text =>
            {
                var answer = Mx(text.Length);
                return () => MxClassifier.Classify(answer);
            }),
        new("list line", ["", "http://", "\u00E9", "xn--", "a.", "["], [.. Common, "\u00E9", "a.", "\u00E9.", "#.", "\u3002", "xn--a.", "1.", ":1", "\u200D", "\u0915\u094D"],
            text => () => NameNormaliser.Normalise(text, 1, PublicSuffixList.Embedded, out _)),
        new("evidence", ["", "\u00FF"], [.. Common, "\\", "\\255", "\u00F0\u009F\u0098\u0080"],
            text =>
            {
                string escaped = Evidence.Escape(text);
                return () => Evidence.Unescape(Evidence.Escape(text)).Length + escaped.Length;
            }),
    ];

    /// <summary>All readers of TXT texts on one set.</summary>
    private static Func<object?> AllOf(DnsAnswer answer) => () =>
    {
        var none = new Dictionary<string, DmarcSelection>();
        _ = DmarcClassifier.Classify("example.com", Presence.Present, DmarcSelector.Select(answer), none, answer, null);
        _ = MtaStsClassifier.ClassifyRecord(answer);
        _ = TlsRptClassifier.Classify(answer);
        _ = DkimClassifier.Classify(answer, null, [("s", answer)]);
        _ = BimiClassifier.Classify("example.com", answer, null, null, null);
        return SpfClassifier.Classify(new SpfZone("example.com", answer), SpfEvalLevel.Full);
    };

    private static DnsAnswer Answer(string name, DnsRecordType type, DnsRecord[] records) => new()
    {
        Question = new DnsQuestion(name, type),
        Status = DnsStatus.Ok,
        Records = records,
    };

    /// <summary>One record, cut as a server must cut it, and with as many empty strings between as a hostile one may add.</summary>
    private static DnsAnswer Txt(string name, string text)
    {
        var strings = new List<string>();
        for (int i = 0; i < text.Length; i += 255)
        {
            strings.Add(text[i..Math.Min(text.Length, i + 255)]);
            for (int empty = 0; empty < 8; empty++) strings.Add("");
        }
        return Answer(name, DnsRecordType.Txt, [TxtRecord.FromText(name, 60, [.. strings])]);
    }

    /// <summary>The same octets as many records: 13 for the head of each.</summary>
    private static DnsAnswer Many(string text)
    {
        // Text() put a head once and then distinct pieces; here each record gets the head.
        string head = text[..Math.Max(0, text.IndexOf('a'))];
        int count = text.Length / (13 + head.Length + 3);
        return Answer("example.com", DnsRecordType.Txt, [.. Enumerable.Range(0, count).Select(i => TxtRecord.FromText("example.com", 60, head + Name(i)))]);
    }

    private static DnsAnswer Mx(int octets) => Answer("example.com", DnsRecordType.Mx,
        // Pointer, type, class, TTL, length, preference, and a label with a pointer behind it.
        [.. Enumerable.Range(0, octets / 20).Select(DnsRecord (i) => new MxRecord("example.com", 60, (ushort)(i * 7919), $"{Name(i)}.q.x"))]);

    /// <summary>The slowest shape of each reader, by the best of several runs, at a quarter and at the whole of the octets.</summary>
    public static void Search(TextWriter output)
    {
        output.WriteLine("| reader | shapes | slowest | at 15 KiB, ms | at 60 KiB, ms | times | allocated at 60 KiB |");
        output.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var reader in Readers)
        {
            var all = (from head in reader.Heads from piece in reader.Pieces select (head, piece)).ToArray();
            var slow = all.Select(shape => (shape, Time: Best(reader, shape, Most, 3))).OrderByDescending(s => s.Time).Take(5).ToArray();
            var (worst, time) = slow.Select(s => (s.shape, Time: Best(reader, s.shape, Most, 15))).MaxBy(s => s.Time);
            double quarter = Best(reader, worst, Most / 4, 15);
            var run = reader.Prepare(Text(worst.head, worst.piece, Most));
            run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {reader.Name} | {all.Length} | `{Shown(worst.head)}` + `{Shown(worst.piece)}` | {quarter:F2} | {time:F2} | {time / quarter:F1} | {bytes / 1024:N0} KiB |"));
        }
    }

    private static double Best(Reader reader, (string Head, string Piece) shape, int octets, int runs)
    {
        var run = reader.Prepare(Text(shape.Head, shape.Piece, octets));
        double best = double.MaxValue;
        for (int i = 0; i < runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            // Several seconds need no second look.
            if (best > 500) break;
        }
        return best;
    }

    private static string Shown(string text) => string.Concat(text.Select(c => c is > ' ' and < '\x7F' and not ('`' or '|') ? c.ToString() : c == ' ' ? "␠" : $"\\x{(int)c:X2}"));
}
