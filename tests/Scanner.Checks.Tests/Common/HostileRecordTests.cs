using System.Net;
using System.Text;
using Scanner.Checks.Bimi;
using Scanner.Checks.Dane;
using Scanner.Checks.Dkim;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Checks.Tests.Common;

/// <summary>
/// A publisher may fill an answer to 64 KiB, and a policy too. Reading it costs in proportion to its octets and no more. Times are measured by
/// <c>Scanner.Benchmarks --hostile</c>, which tries thousands of shapes; here is what holds still on any machine: memory, and the absence of
/// the ways in which time once grew with the square (a regular expression over a run of blanks, each tag compared with each).
/// </summary>
public class HostileRecordTests
{
    private static readonly string[] s_pieces =
    [
        ";", " ", "\t", "=", "a=b;", "#=x;", "p=none;", "mailto:a@b,", "mailto:a@#,", "id=1;", "x=#;", "%", "\"", "\\", "\u00FF", "\u00C3\u00A9", "v", "v ", " v=DMARC1", "y:", "AAAA", "https://#/,",
    ];

    public static TheoryData<string, string> Readers => new()
    {
        { "dmarc", "v=DMARC1;" }, { "dmarc", "v=DMARC1;p=none;rua=" }, { "dmarc", "v" }, { "dmarc", "" },
        { "mta-sts", "v=STSv1;" }, { "mta-sts", "v=STSv1;id=" }, { "mta-sts", "" },
        { "policy", "version: STSv1\nmode: enforce\nmax_age: 1\n" }, { "policy", "" },
        { "tls-rpt", "v=TLSRPTv1;" }, { "tls-rpt", "v=TLSRPTv1;rua=" }, { "tls-rpt", "" },
        { "dkim", "v=DKIM1;" }, { "dkim", "v=DKIM1;p=" }, { "dkim", "p=;t=" },
        { "bimi", "v=BIMI1;" }, { "bimi", "v=BIMI1;l=https://" },
        { "spf", "v" }, { "spf", "" },
        { "mail from", "v=spf1 redirect=" },
    };

    /// <summary>Sixteen times the text is at most twenty times the memory.</summary>
    [Theory]
    [MemberData(nameof(Readers))]
    public void CostGrowsWithTheText(string reader, string head)
    {
        string[] pieces = reader switch { "policy" => ["mx: #.x\n", "mx:a\n", "\n", "#: x\n", "\r"], "mail from" => ["%{o}.", "%{d}", "%%", "%{l1r-}"], _ => s_pieces };
        foreach (string piece in pieces)
        {
            long small = Cost(reader, Text(head, piece, 3840)), large = Cost(reader, Text(head, piece, 16 * 3840));
            Assert.True(large <= 20 * small + 100_000, $"{reader} {head}{piece}…: {small} B for 4 KiB, {large} B for 60 KiB");
        }
    }

    // A policy has room for thousands of patterns and an answer for thousands of hosts: each with each would be tens of millions.
    [Fact]
    public void PatternsAndHostsAreNotComparedEachWithEach()
    {
        long small = Cost(300), large = Cost(4800);
        Assert.True(large <= 20 * small + 100_000, $"{small} B for 300 hosts and patterns, {large} B for 4,800");

        static long Cost(int count)
        {
            var mx = MxClassifier.Classify(Answer(DnsRecordType.Mx, [.. Enumerable.Range(0, count).Select(i => new MxRecord("example.com", 60, 0, $"a.m{i}.x"))]));
            string[] patterns = [.. Enumerable.Range(0, count).Select(i => $"*.m{i}.x"), "a.m1.x", "unused.x"];
            return Allocated(() =>
            {
                Assert.Equal(MtaStsMxMatch.All, MtaStsMxMatcher.Match(MtaStsMode.Enforce, patterns, mx, out var unused));
                Assert.Equal(["unused.x"], unused);
            });
        }
    }

    [Fact]
    public void ManyTlsaRecordsCostInProportion()
    {
        long small = Cost(200), large = Cost(3200);
        Assert.True(large <= 20 * small + 100_000, $"{small} B for 200 records, {large} B for 3,200");

        static long Cost(int count)
        {
            var tlsa = Answer(DnsRecordType.Tlsa, [.. Enumerable.Range(0, count).Select(i => new TlsaRecord("x", 60, 3, 1, 1, BitConverter.GetBytes(i)))]) with { AuthenticData = true };
            var address = Answer(DnsRecordType.A, [new AddressRecord("x", 60, IPAddress.Loopback)]) with { AuthenticData = true };
            return Allocated(() => DaneClassifier.HostOf("x", address, tlsa));
        }
    }

    /// <summary>An engine that goes back over the text can take the square of its length or more, and bytes do not show it. What zones and
    /// servers say is read from left to right by hand.</summary>
    [Fact]
    public void NoRegularExpressionReadsWhatOthersWrite() => Assert.DoesNotContain(
        typeof(SpfClassifier).Assembly.GetReferencedAssemblies(), assembly => assembly.Name == "System.Text.RegularExpressions");

    private static long Cost(string reader, string text)
    {
        var answer = Answer(DnsRecordType.Txt, [TxtRecord.FromText("example.com", 60, [.. text.Chunk(255).Select(part => new string(part))])]);
        switch (reader)
        {
            case "dmarc":
                var none = new Dictionary<string, DmarcSelection>();
                return Allocated(() => DmarcClassifier.Classify("example.com", Presence.Present, DmarcSelector.Select(answer), none, answer, null));
            case "mta-sts": return Allocated(() => MtaStsClassifier.ClassifyRecord(answer));
            case "policy":
                byte[] body = Encoding.Latin1.GetBytes(text);
                return Allocated(() => MtaStsPolicyParser.Parse(body));
            case "tls-rpt": return Allocated(() => TlsRptClassifier.Classify(answer));
            case "dkim": return Allocated(() => DkimClassifier.Classify(answer, null, [("s", answer)]));
            case "bimi": return Allocated(() => BimiClassifier.Classify("example.com", answer, null, null, null));
            case "mail from":
                // As long as a path may be (RFC 5321 §4.5.3.1.3); each macro is as long again.
                var client = new SpfClient(IPAddress.Loopback, "h.example", new string('a', 64) + "@" + string.Concat(Enumerable.Repeat("a.", 90)) + "example", DateTimeOffset.UnixEpoch);
                return Allocated(() => SpfEvaluator.CheckHost(new SpfZone("example.com", answer), client, "example.com"));
            default: return Allocated(() => SpfClassifier.Classify(new SpfZone("example.com", answer), SpfEvalLevel.Full));
        }
    }

    private static long Allocated(Action run)
    {
        run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>A "#" in the piece is another word at each repetition.</summary>
    private static string Text(string head, string piece, int octets)
    {
        var text = new StringBuilder(head);
        for (int i = 0; text.Length < octets; i++)
        {
            string word = string.Concat($"{i:D4}".Select(c => (char)(c - '0' + 'a')));
            text.Append(piece.Replace("#", word, StringComparison.Ordinal));
        }
        return text.ToString(0, octets);
    }

    private static DnsAnswer Answer(DnsRecordType type, DnsRecord[] records) => new()
    {
        Question = new DnsQuestion("example.com", type),
        Status = DnsStatus.Ok,
        Records = records,
    };
}
