using System.Net;
using System.Text.Json;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.Resolve;
using Scanner.TestSupport;
using Scanner.Write;

namespace Scanner.Tests.Resolve;

public sealed class EvidenceTests
{
    private static readonly DnsRecord[] Records =
    [
        new AddressRecord("a.example", 300, IPAddress.Parse("192.0.2.7")),
        new AddressRecord("a.example", 300, IPAddress.Parse("2001:db8::7")),
        new CnameRecord("a.example", 0, "b.example"),
        new NsRecord("a.example", 1, "ns.example"),
        new PtrRecord("7.2.0.192.in-addr.arpa", 1, "a.example"),
        new SoaRecord("a.example", 2, "ns.example", uint.MaxValue),
        new MxRecord("a.example", 3, ushort.MaxValue, "."),
        TxtRecord.FromText("a.example", 4, "", "\0\u00FF", new string('x', 255)),
        new TlsaRecord("a.example", 5, 3, 1, 1, new byte[] { 0, 255 }),
        new RrsigRecord("a.example", 6, DnsRecordType.Txt, 2),
        new OtherRecord("a.example", 6, (DnsRecordType)99),
    ];

    [Fact]
    public void Every_kind_of_record_has_a_sample_here()
    {
        var kinds = typeof(DnsRecord).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(DnsRecord)));
        Assert.Equal(kinds.Select(type => type.Name).Order(), Records.Select(record => record.GetType().Name).Distinct().Order());
    }

    [Fact]
    public void Comes_back_as_it_was()
    {
        var evidence = new NameEvidence
        {
            Fetch = new PolicyFetch
            {
                FailedStage = MtaStsStage.Tls,
                Error = MtaStsError.CertExpired,
                CertificateFlags = [MtaStsError.CertExpired, MtaStsError.CertNoSan],
                HttpStatus = 503,
                MediaType = "text/html",
                MediaTypeOk = false,
                RedirectHost = "x.example",
                HostCname = "y.example",
                TlsVersion = "1.3",
                Body = [0, 1, 255],
                Transient = true,
                Milliseconds = 12.5,
                Address = IPAddress.Parse("192.0.2.9"),
                HttpVersion = "1.1",
                RetryAfter = TimeSpan.FromSeconds(30),
                NotAsked = true,
            },
        };
        evidence.Add(new DnsAnswer
        {
            Question = new("a.example", DnsRecordType.Mx, Dnssec: true),
            NameDenied = true,
            Status = DnsStatus.Ok,
            Records = Records,
            CnameTarget = "b.example",
            Ttl = 4_000_000_000,
            AuthenticData = true,
            OverTcp = true,
            Tries = 4,
            Pass = 2,
            FailedTries = [DnsStatus.Timeout, DnsStatus.Servfail],
            Milliseconds = 1.25,
            Resolver = "192.0.2.53:53",
            AskedLast = "192.0.2.54:53",
            ExtendedErrors = [6, 22],
        }, shared: false);
        evidence.Add(DnsAnswer.Without(new("_dmarc.a.example", DnsRecordType.Txt), DnsStatus.Timeout), shared: false);
        evidence.Add(DnsAnswer.Without(new("x.example", DnsRecordType.A), DnsStatus.NotQueried), shared: true);
        var name = new ListedName { Rank = 7, Input = "A.Example.", Name = "a.example", Class = InputClass.Registrable, OrganizationalDomain = "a.example", Tld = "example" };
        var pending = new PendingName(123_456, name, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), new DateTimeOffset(2026, 1, 2, 3, 5, 5, TimeSpan.Zero), evidence);

        byte[] octets = EvidenceCodec.Encode(pending);
        var back = EvidenceCodec.Decode(octets);
        Assert.Equal((123_456, name, pending.ScannedAt, pending.AskedAt), (back.Position, back.Name, back.ScannedAt, back.AskedAt));
        Assert.Equal(123_456, EvidenceCodec.PositionOf(octets));
        Assert.Equal(Text(evidence), Text(back.Evidence));
        // The time-out and the policy; what nobody asked is not open.
        Assert.Equal(2, back.Evidence.Unknown);
        for (int cut = 0; cut < octets.Length; cut++) Assert.Throws<EndOfStreamException>(() => EvidenceCodec.Decode(octets[..cut]));
    }

    [Fact]
    public async Task A_later_pass_asks_only_what_is_unknown_and_keeps_what_is_settled()
    {
        var name = NameNormaliser.Normalise("example.com", 1, PublicSuffixList.Embedded, out _)!;
        var failing = new FakeResolver().Mx("example.com", 10, "mx.example.com").Txt("example.com", "v=spf1 include:spf.example.net -all")
            .Fail("_dmarc.example.com", DnsRecordType.Txt, DnsStatus.Servfail).Fail("spf.example.net", DnsRecordType.Txt, DnsStatus.Timeout);
        var first = await Scanner(failing).ScanAsync(new ScanItem(0, name), 1, TestContext.Current.CancellationToken);
        Assert.Equal(2, first.Evidence!.Unknown);

        var healed = new FakeResolver().Txt("_dmarc.example.com", "v=DMARC1; p=reject").Txt("spf.example.net", "v=spf1 ip4:192.0.2.0/24 -all");
        var pending = EvidenceCodec.Decode(EvidenceCodec.Encode(new PendingName(0, name, first.ScannedAt, first.ScannedAt, first.Evidence!)));
        var second = await Scanner(healed).ScanAsync(new ScanItem(0, name, pending), 2, TestContext.Current.CancellationToken);
        Assert.Equal(["_dmarc.example.com", "spf.example.net"], healed.Asked.Select(question => question.Name).Order());
        Assert.Equal((0, 2), (second.Evidence!.Unknown, second.Pass));
        Assert.Equal((1, 2), (second.Mx!.Answer.Pass, second.Dmarc!.Answer.Pass));
        Assert.Equal([DnsStatus.Servfail], second.Dmarc.Answer.FailedTries);
        Assert.Equal(Checks.Spf.SpfStatus.Valid, second.Spf!.Status);
        Assert.Equal(first.ScannedAt, second.ScannedAt);

        // What is written down after the passes is what the passes made: the evidence alone gives the same row.
        var again = await Scanner(new FakeResolver()).ReplayAsync(new ScanItem(0, name, pending with { Evidence = second.Evidence }), 2);
        Assert.Equal(Json(second), Json(again));
    }

    // When only a policy was open, no DNS answer is of the pass that asked last.
    [Fact]
    public async Task A_row_is_of_the_pass_that_asked_last()
    {
        var name = NameNormaliser.Normalise("example.com", 1, PublicSuffixList.Embedded, out _)!;
        var first = await Scanner(new FakeResolver().Mx("example.com", 10, "mx.example.com")).ScanAsync(new ScanItem(0, name), 1, TestContext.Current.CancellationToken);
        var pending = new PendingName(0, name, first.ScannedAt, first.ScannedAt, first.Evidence!);
        var replayed = await Scanner(new FakeResolver()).ReplayAsync(new ScanItem(0, name, pending), 2);
        Assert.Equal((2, 1), (replayed.Pass, replayed.Mx!.Answer.Pass));
    }

    // Nothing is asked below a name that does not exist, so what was open there is not open any more.
    [Fact]
    public async Task What_a_later_pass_makes_needless_is_not_unknown()
    {
        var name = NameNormaliser.Normalise("example.com", 1, PublicSuffixList.Embedded, out _)!;
        var dead = new FakeResolver();
        foreach (string asked in (string[])["example.com", "_dmarc.example.com", "_mta-sts.example.com", "_smtp._tls.example.com"]) dead.Fail(asked, DnsRecordType.Txt, DnsStatus.Timeout);
        dead.Fail("example.com", DnsRecordType.Mx, DnsStatus.Timeout);
        var first = await Scanner(dead).ScanAsync(new ScanItem(0, name), 1, TestContext.Current.CancellationToken);
        Assert.Equal(5, first.Evidence!.Unknown);

        var pending = new PendingName(0, name, first.ScannedAt, first.ScannedAt, first.Evidence);
        var second = await Scanner(new FakeResolver()).ScanAsync(new ScanItem(0, name, pending), 2, TestContext.Current.CancellationToken);
        Assert.Equal(0, second.Evidence!.Unknown);
        Assert.Equal((DnsStatus.Nxdomain, DnsStatus.NotQueried), (second.Mx!.Answer.Status, second.Dmarc!.Answer.Status));
        Assert.Equal(Checks.Dmarc.DmarcRecordState.Absent, second.Dmarc.Record);
    }

    private static DomainScanner Scanner(FakeResolver resolver) => new(resolver, resolver, new ScanOptions
    {
        List = new() { Source = "-" },
        Output = "",
        Resolvers = [],
        PolicyFetch = new PolicyFetchOptions { UserAgent = "test" },
    }, TimeProvider.System);

    private static string Json(DomainResult row)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text)) ResultSchema.WriteJson(json, row, Write.Samples.Stamp);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private static string Text(NameEvidence evidence) => JsonSerializer.Serialize(
        new
        {
            Answers = evidence.Answers.Select(kept => (kept.Shared, a: kept.Answer)).Select(kept => new { kept.Shared, Answer = (kept.a with { FailedTries = [], ExtendedErrors = [], Records = [] }).ToString(), Failed = string.Join(',', kept.a.FailedTries), Errors = string.Join(',', kept.a.ExtendedErrors), Records = kept.a.Records.Select(Describe) }),
            Fetch = (evidence.Fetch! with { CertificateFlags = [], Body = null }).ToString(),
            Flags = string.Join(',', evidence.Fetch!.CertificateFlags),
            Body = Convert.ToHexString(evidence.Fetch.Body!)
        });

    private static string Describe(DnsRecord record) => record switch
    {
        TxtRecord txt => $"{txt.Owner} {txt.Ttl} {string.Join('|', txt.Strings.Select(s => Convert.ToHexString(s.Span)))}",
        TlsaRecord tlsa => $"{tlsa.Owner} {tlsa.Ttl} {tlsa.Usage} {tlsa.Selector} {tlsa.MatchingType} {Convert.ToHexString(tlsa.Data.Span)}",
        _ => record.ToString(),
    };
}
