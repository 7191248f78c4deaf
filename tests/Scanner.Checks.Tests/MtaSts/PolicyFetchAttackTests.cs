using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.MtaSts.TestCertificates;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>
/// Hosts that mean harm. Two things are shown of each: how the fetch ends, and that it ends. Time is the test's: a fetch that is over when
/// the clock has reached its deadline, and not a moment later, is bounded by the deadline and by nothing else. Floods are measured by
/// what the attacker could get rid of before the connection was closed; that includes what the two systems' buffers hold.
/// </summary>
public sealed class PolicyFetchAttackTests
{
    private const string Host = "mta-sts.example.com";
    private const string Policy = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n";
    private const int MiB = 1 << 20;

    /// <summary>Our own 128 KiB to receive and a sender's few MiB on loopback: far below any flood here.</summary>
    private const int BuffersAtMost = 16 * MiB;

    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);
    private static readonly X509Certificate2 Good = Leaf(Intermediate, dnsNames: [Host]);

    private readonly FakeTimeProvider _time = new(Now);

    // --- slow, in every phase ---

    public static TheoryData<string, string> SlowPhases => new()
    {
        { "tls", "tls_timeout" },
        { "status line", "http_timeout" },
        { "headers", "http_timeout" },
        { "interim responses", "http_timeout" },
        { "body without length", "http_timeout" },
        { "body with length", "http_timeout" },
        { "chunk sizes", "http_timeout" },
        { "chunks", "http_timeout" },
        { "http/2 pings", "http_timeout" },
    };

    /// <summary>An octet (or the least message) a second: each is a sign of life, and none buys time.</summary>
    [Theory]
    [MemberData(nameof(SlowPhases))]
    public async Task An_octet_a_second_ends_at_the_deadline(string phase, string error)
    {
        var drip = new Drip();
        await using var server = phase switch
        {
            // A TLS 1.2 ServerHello, octet by octet.
            "tls" => LoopbackServer.Tcp(async (self, socket) =>
            {
                await socket.ReceiveAsync(new byte[4096]);
                await drip.SendAsync(self, Octets(Convert.FromHexString("160303002A020000260303" + new string('7', 64) + "00C02F00")), piece => socket.SendAsync(piece));
            }),
            "http/2 pings" => LoopbackServer.Http2(Good, [Intermediate], async (self, stream) =>
            {
                await stream.WriteAsync(Frame(type: 4, flags: 0, stream: 0, []));
                await drip.SendAsync(self, Enumerable.Repeat(Frame(type: 6, flags: 0, stream: 0, new byte[8]), 100), piece => stream.WriteAsync(piece).AsTask());
            }),
            _ => LoopbackServer.Https(Good, [Intermediate], async (self, stream) =>
            {
                var (beginning, pieces) = SlowResponse(phase);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
                await drip.SendAsync(self, pieces, piece => stream.WriteAsync(piece).AsTask());
            }),
        };
        var fetching = FetchAsync(server.Port, Resolver());
        for (int second = 1; second <= 15; second++)
        {
            await drip.NextAsync();
            Assert.False(fetching.IsCompleted, $"over after {second - 1} s");
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        var fetch = await fetching.WaitAsync(Guard);
        Assert.Equal((error, true, 15_000), (fetch.Error?.Word(), fetch.Transient, fetch.Milliseconds));
    }

    private static (string Beginning, IEnumerable<byte[]> Pieces) SlowResponse(string phase) => phase switch
    {
        "status line" => ("", Octets("HTTP/1.1 200 OK and much more"u8.ToArray())),
        "headers" => ("HTTP/1.1 200 OK\r\n", Octets("X-Slow: 1234567890"u8.ToArray())),
        "interim responses" => ("", Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n"u8.ToArray(), 100)),
        "body without length" => ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", Octets(Encoding.ASCII.GetBytes(Policy))),
        "body with length" => ($"HTTP/1.1 200 OK\r\nContent-Length: {Policy.Length}\r\n\r\n", Octets(Encoding.ASCII.GetBytes(Policy))),
        "chunk sizes" => ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Octets("0000000000000000000000000001\r\n"u8.ToArray())),
        _ => ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Enumerable.Repeat("1\r\nx\r\n"u8.ToArray(), 100)),
    };

    private static IEnumerable<byte[]> Octets(byte[] octets) => octets.Select(octet => new[] { octet });

    // --- too much, in every phase ---

    public static TheoryData<string, string?, string> Floods => new()
    {
        { "10 MiB of headers", "http_protocol_error", "one header after the other" },
        { "one header without end", "http_protocol_error", "a line of 10 MiB" },
        { "interim responses", "http_protocol_error", "RFC 9110 §15.2 sets no number" },
        { "chunk extensions", "http_protocol_error", "octets that are no body" },
        { "trailers", "http_protocol_error", "fields after the body" },
        { "1 GiB body", "body_too_large", "announced by its length" },
        { "1 GiB body without length", "body_too_large", "until the connection ends" },
        { "1 GiB body in chunks", "body_too_large", "in chunks of 16 KiB" },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_flood_is_cut_off(string kind, string? error, string why)
    {
        var (beginning, again) = kind switch
        {
            "10 MiB of headers" => ("HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 300)))),
            "one header without end" => ("HTTP/1.1 200 OK\r\nX-Endless: ", Fill(16_384)),
            "interim responses" => ("", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 600)))),
            "chunk extensions" => ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;ext=", Fill(16_384)),
            "trailers" => ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 300)))),
            "1 GiB body" => ("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", Fill(16_384)),
            "1 GiB body without length" => ("HTTP/1.1 200 OK\r\n\r\n", Fill(16_384)),
            _ => ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Encoding.ASCII.GetBytes("4000\r\n" + new string('x', 16_384) + "\r\n")),
        };
        var (fetch, sent) = await FloodAsync((leaf, chain, answer) => LoopbackServer.Https(leaf, chain, answer), beginning, again);
        Assert.True((fetch.Error?.Word(), fetch.Milliseconds) == (error, 0), $"{kind}: {fetch.Error?.Word()} after {fetch.Milliseconds} ms; {why}");
        Assert.True(sent < BuffersAtMost, $"{kind}: took {sent} octets");
        Assert.True(fetch.Body is null || fetch.Body.Length == 65_537, $"{kind}: kept {fetch.Body?.Length} octets");
    }

    public static TheoryData<string> Http2Floods => new() { "pings", "settings", "continuations", "data of no length", "interim responses" };

    [Theory]
    [MemberData(nameof(Http2Floods))]
    public async Task A_flood_of_frames_is_cut_off(string kind)
    {
        byte[] frame = kind switch
        {
            "pings" => Frame(type: 6, flags: 0, stream: 0, new byte[8]),
            "settings" => Frame(type: 4, flags: 0, stream: 0, new byte[6 * 100]),
            // A literal field that is not indexed (RFC 7541 §6.2.2): x: aaa…
            "continuations" => Frame(type: 9, flags: 0, stream: 1, [0, 1, (byte)'x', 100, .. Fill(100)]),
            "data of no length" => Frame(type: 0, flags: 0, stream: 1, []),
            // :status: 100, by the static table's name (RFC 7541 appendix A).
            _ => Frame(type: 1, flags: 4, stream: 1, [8, 3, (byte)'1', (byte)'0', (byte)'0']),
        };
        byte[] beginning = kind switch
        {
            // :status: 200 is entry 8 of the static table.
            "continuations" => Frame(type: 1, flags: 0, stream: 1, [0x88]),
            "data of no length" => Frame(type: 1, flags: 4, stream: 1, [0x88]),
            _ => [],
        };
        byte[] again = [.. Enumerable.Repeat(frame, 1_000).SelectMany(f => f)];
        var (fetch, sent) = await FloodAsync(LoopbackServer.Http2, Encoding.Latin1.GetString([.. Frame(type: 4, flags: 0, stream: 0, []), .. beginning]), again);
        Assert.True((fetch.Error, fetch.Milliseconds) == (MtaStsError.HttpProtocolError, 0), $"{kind}: {fetch.Error?.Word()} after {fetch.Milliseconds} ms");
        Assert.True(sent < BuffersAtMost, $"{kind}: took {sent} octets");
    }

    /// <summary>Sends <paramref name="again"/> for as long as anybody takes it, a GiB at most. No clock is moved: what ends here is ended
    /// by a bound and not by the deadline.</summary>
    private async Task<(PolicyFetch Fetch, long Sent)> FloodAsync(
        Func<X509Certificate2, X509Certificate2[], Func<LoopbackServer, Stream, Task>, LoopbackServer> start, string beginning, byte[] again)
    {
        long sent = 0;
        var server = start(Good, [Intermediate], async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(beginning));
            for (; sent < 1 << 30; sent += again.Length) await stream.WriteAsync(again);
        });
        PolicyFetch fetch;
        await using (server) fetch = await FetchAsync(server.Port, Resolver()).WaitAsync(Guard);
        return (fetch, sent);
    }

    // --- compression ---

    [Theory]
    [InlineData(1 << 30, MtaStsError.BodyTooLarge, 65_537, "a MiB that would be a GiB")]
    [InlineData(20 * MiB, null, 20_000, "20 KiB that would be 20 MiB")]
    public async Task A_compression_bomb_stays_what_it_is(long unpacked, MtaStsError? error, int about, string why)
    {
        byte[] bomb = Gzip(unpacked);
        byte[] response = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n"), .. bomb];
        await using var server = LoopbackServer.Https(Good, [Intermediate], response);
        var fetch = await FetchAsync(server.Port, Resolver()).WaitAsync(Guard);
        Assert.True(fetch.Error == error && fetch.Body!.Length >= about && fetch.Body.Length < about + 5_000, $"{fetch.Error} {fetch.Body?.Length}: {why}");
        Assert.DoesNotContain("Accept-Encoding", server.Request, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("not_text", MtaStsPolicyParser.Parse(fetch.Body).Quirks);
    }

    private static byte[] Gzip(long zeros)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, zeros > 100 * MiB ? CompressionLevel.Fastest : CompressionLevel.Optimal))
        {
            byte[] block = new byte[MiB];
            for (long left = zeros; left > 0; left -= block.Length) gzip.Write(block);
        }
        return packed.ToArray();
    }

    // --- addresses ---

    [Theory]
    [InlineData("0.0.0.0"), InlineData("10.0.0.1"), InlineData("100.64.0.1"), InlineData("127.0.0.1"), InlineData("169.254.169.254")]
    [InlineData("172.16.0.1"), InlineData("192.0.0.1"), InlineData("192.0.2.1"), InlineData("192.88.99.1"), InlineData("192.168.0.1")]
    [InlineData("198.18.0.1"), InlineData("198.51.100.1"), InlineData("203.0.113.1"), InlineData("224.0.0.1"), InlineData("240.0.0.1")]
    [InlineData("255.255.255.255"), InlineData("::"), InlineData("::1"), InlineData("::127.0.0.1"), InlineData("::8.8.8.8")]
    [InlineData("::ffff:127.0.0.1"), InlineData("::ffff:10.0.0.1"), InlineData("::ffff:169.254.169.254"), InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1"), InlineData("64:ff9b:1::8.8.8.8"), InlineData("100::1"), InlineData("2001::1"), InlineData("2001:2::1")]
    [InlineData("2001:10::1"), InlineData("2001:db8::1"), InlineData("2002:808:808::1"), InlineData("2002:7f00:1::1"), InlineData("3fff::1")]
    [InlineData("5f00::1"), InlineData("fc00::1"), InlineData("fd00::1"), InlineData("fe80::1"), InlineData("fec0::1"), InlineData("ff02::1")]
    public async Task No_special_address_is_connected_to(string address)
    {
        // Listens at every address of this machine: what could be reached would be.
        await using var server = LoopbackServer.Https(Good, [Intermediate], async (_, stream) => await stream.WriteAsync(Ok()), IPAddress.Any);
        var fetch = await FetchAsync(server.Port, new FakeResolver().A(Host, address), SpecialAddressUse.None).WaitAsync(Guard);
        Assert.Equal((MtaStsStage.Dns, MtaStsError.HostReservedAddr, null, 0), (fetch.FailedStage, fetch.Error, fetch.Address, server.Accepted));
    }

    /// <summary>DNS rebinding: what is checked is what is connected to, because nobody looks a second time.</summary>
    [Fact]
    public async Task An_address_that_changes_between_two_lookups_is_looked_up_once()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Ok());
        var resolver = new RebindingResolver("127.0.0.1", "169.254.169.254");
        var fetch = await FetchAsync(server.Port, resolver).WaitAsync(Guard);
        Assert.Equal((null, "127.0.0.1", 1, 1), (fetch.Error, fetch.Address?.ToString(), resolver.Asked(DnsRecordType.A), resolver.Asked(DnsRecordType.Aaaa)));
        // The next fetch looks again, and checks again.
        fetch = await FetchAsync(server.Port, resolver).WaitAsync(Guard);
        Assert.Equal((MtaStsError.HostReservedAddr, 1), (fetch.Error, server.Accepted));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/", "169.254.169.254")]
    [InlineData("https://[fd00:ec2::254]/latest/meta-data/", "fd00:ec2::254")]
    public async Task A_redirect_to_the_metadata_address_is_written_down_and_not_followed(string location, string host)
    {
        byte[] response = Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        await using var server = LoopbackServer.Https(Good, [Intermediate], response);
        var fetch = await FetchAsync(server.Port, Resolver()).WaitAsync(Guard);
        Assert.Equal((MtaStsError.HttpRedirect, host, 1), (fetch.Error, fetch.RedirectHost, server.Accepted));
    }

    // --- certificates ---

    [Fact]
    public async Task A_chain_of_100_certificates_costs_no_more_than_a_verdict()
    {
        var chain = new List<X509Certificate2> { Authority("CN=Level 1", Root) };
        while (chain.Count < 100) chain.Add(Authority($"CN=Level {chain.Count + 1}", chain[^1]));
        await using var server = LoopbackServer.Https(Leaf(chain[^1], dnsNames: [Host]), [.. chain], Ok());
        var fetch = await FetchAsync(server.Port, Resolver()).WaitAsync(Guard);
        // Every certificate is good. OpenSSL builds no longer chain than its depth allows; elsewhere it may be built.
        Assert.True(fetch.Error is null or MtaStsError.CertIncompleteChain or MtaStsError.CertBadSignatureOrUsage or MtaStsError.TlsAlert, $"{fetch.Error}");
        Assert.Equal(0, fetch.Milliseconds);
    }

    [Fact]
    public async Task A_certificate_message_over_100_KiB_is_not_taken()
    {
        var fat = LeafWithExtension(Intermediate, Host, new byte[200_000]);
        await using var server = LoopbackServer.Https(fat, [Intermediate], Ok());
        var fetch = await FetchAsync(server.Port, Resolver()).WaitAsync(Guard);
        Assert.Equal((MtaStsStage.Tls, MtaStsError.TlsAlert, null), (fetch.FailedStage, fetch.Error, server.Request));
    }

    [Fact]
    public async Task A_host_that_depends_on_the_server_name_is_asked_for_by_its_own()
    {
        var good = SslStreamCertificateContext.Create(Good, [Intermediate], offline: true);
        var others = SslStreamCertificateContext.Create(Leaf(Intermediate, dnsNames: ["provider.example"]), [Intermediate], offline: true);
        await using var server = LoopbackServer.HttpsByName(name => name == Host ? good : others, Ok());
        // Through a CNAME all the same: RFC 8461 §8.2.
        var resolver = new FakeResolver().Cname(Host, "provider.example").A("provider.example", "127.0.0.1");
        Assert.Null((await FetchAsync(server.Port, resolver).WaitAsync(Guard)).Error);
        Assert.Equal(Host, server.ServerName);

        await using var stranger = LoopbackServer.HttpsByName(name => name == "provider.example" ? others : null, Ok());
        var fetch = await FetchAsync(stranger.Port, resolver).WaitAsync(Guard);
        Assert.Equal((MtaStsStage.Tls, MtaStsError.TlsReset), (fetch.FailedStage, fetch.Error));
    }

    // --- helpers ---

    private static byte[] Fill(int octets) => Encoding.ASCII.GetBytes(new string('x', octets));

    private static byte[] Ok() =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {Policy.Length}\r\n\r\n{Policy}"));

    /// <summary>Length, type, flags, stream, then the payload. RFC 9113 §4.1</summary>
    private static byte[] Frame(byte type, byte flags, byte stream, byte[] payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];

    /// <summary>A good leaf with an extension that nobody knows, of any length.</summary>
    private static X509Certificate2 LeafWithExtension(X509Certificate2 issuer, string dnsName, byte[] content)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fat", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.99999.1", content, critical: false));
        using var bare = request.Create(issuer, Now.AddMonths(-1), Now.AddMonths(1), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }

    private static FakeResolver Resolver() => new FakeResolver().A(Host, "127.0.0.1");

    private Task<PolicyFetch> FetchAsync(int port, IResolver resolver, SpecialAddressUse allowed = SpecialAddressUse.LoopbackOnly) =>
        new HttpsPolicyFetcher(resolver, new PolicyFetchOptions
        {
            Port = port,
            TrustedRoots = [Root],
            AllowSpecialAddresses = allowed,
            UserAgent = "scanner-tests/1.0 (+https://example.org)",
        }, _time).FetchAsync("example.com", CancellationToken.None).AsTask();

    /// <summary>Sends one piece each time it is told to.</summary>
#pragma warning disable CA1001 // semaphores whose wait handles nobody asks for hold nothing to dispose of
    private sealed class Drip
#pragma warning restore CA1001
    {
        private readonly SemaphoreSlim _go = new(0), _sent = new(0);

        public async Task SendAsync(LoopbackServer server, IEnumerable<byte[]> pieces, Func<byte[], Task> send)
        {
            foreach (byte[] piece in pieces)
            {
                await _go.WaitAsync(server.Stopping);
                await send(piece);
                _sent.Release();
            }
        }

        public async Task NextAsync()
        {
            _go.Release();
            Assert.True(await _sent.WaitAsync(Guard), "the server did not get its piece away");
        }
    }

    /// <summary>Another address each time it is asked.</summary>
    private sealed class RebindingResolver(params string[] addresses) : IResolver
    {
        private readonly Dictionary<DnsRecordType, int> _asked = [];

        public int Asked(DnsRecordType type) => _asked.GetValueOrDefault(type);

        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            int before = _asked.GetValueOrDefault(question.Type);
            _asked[question.Type] = before + 1;
            if (question.Type != DnsRecordType.A) return new(DnsAnswer.Without(question, DnsStatus.Nodata));
            var record = new AddressRecord(question.Name, 0, IPAddress.Parse(addresses[Math.Min(before, addresses.Length - 1)]));
            return new(new DnsAnswer { Question = question, Status = DnsStatus.Ok, Records = [record] });
        }
    }
}
