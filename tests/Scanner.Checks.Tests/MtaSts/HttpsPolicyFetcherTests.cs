using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.MtaSts.TestCertificates;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>The worked examples F1 to F13 of classification.md 6.8 and every other rung, against real sockets and real certificates on
/// loopback. The clock is the test's: a deadline comes when the test says so, never because a machine is slow.</summary>
public sealed class HttpsPolicyFetcherTests
{
    private const string Host = "mta-sts.example.com";
    private const string Policy = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n";

    private static readonly X509Certificate2 Good = Leaf(Intermediate, dnsNames: [Host]);

    private readonly FakeTimeProvider _time = new(Now);

    [Fact]
    public async Task A_good_policy_arrives()
    {
        await using var server = Serving(Policy);
        var fetch = await FetchAsync(server);
        Assert.Equal((null, null, 200, "text/plain", true, false),
            (fetch.FailedStage, fetch.Error, fetch.HttpStatus, fetch.MediaType, fetch.MediaTypeOk, fetch.Transient));
        Assert.Equal(Policy, Encoding.ASCII.GetString(fetch.Body!));
        Assert.Contains(fetch.TlsVersion, new[] { "1.2", "1.3" });
        Assert.Equal(Host, server.ServerName);
        Assert.StartsWith("GET /.well-known/mta-sts.txt HTTP/1.1\r\n", server.Request, StringComparison.Ordinal);
        Assert.Contains($"Host: {Host}\r\n", server.Request, StringComparison.Ordinal);
        Assert.Contains("User-Agent: scanner-tests/1.0 (+https://example.org)\r\n", server.Request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_a.-b-.example.com")]
    [InlineData("xn--mnchen-3ya.example.com")]
    public async Task Odd_names_are_asked_for_as_they_are(string name)
    {
        await using var server = LoopbackServer.Https(Leaf(Root, dnsNames: ["*." + name]), [], Response("200 OK", "text/plain", Policy));
        var fetch = await FetchAsync(server, new FakeResolver().A("mta-sts." + name, "127.0.0.1"), name: name);
        Assert.Null(fetch.Error);
        Assert.Contains($"Host: mta-sts.{name}\r\n", server.Request, StringComparison.Ordinal);
    }

    // --- DNS ---

    [Fact]
    public async Task F1_Record_without_host() => await ExpectDns(new FakeResolver(), MtaStsError.HostNxdomain, transient: false);

    [Fact]
    public async Task F2_Cname_to_nothing()
    {
        var fetch = await ExpectDns(new FakeResolver().Cname(Host, "gone.provider.example"), MtaStsError.HostDanglingCname, transient: false);
        Assert.Equal("gone.provider.example", fetch.HostCname);
    }

    [Fact]
    public async Task Host_without_address() => await ExpectDns(new FakeResolver().Txt(Host, "x"), MtaStsError.HostNodata, transient: false);

    [Theory]
    [InlineData(DnsStatus.Timeout, DnsStatus.Timeout)]
    [InlineData(DnsStatus.Nodata, DnsStatus.Servfail)]
    [InlineData(DnsStatus.Bogus, DnsStatus.Nodata)]
    public async Task Unknown_addresses_are_not_none(DnsStatus a, DnsStatus aaaa) =>
        await ExpectDns(new FakeResolver().Fail(Host, DnsRecordType.A, a).Fail(Host, DnsRecordType.Aaaa, aaaa), MtaStsError.HostDnsUnknown, transient: true);

    [Fact]
    public async Task Nxdomain_speaks_for_both_families() =>
        await ExpectDns(new FakeResolver().Fail(Host, DnsRecordType.Aaaa, DnsStatus.Timeout), MtaStsError.HostNxdomain, transient: false);

    [Fact]
    public async Task A_name_too_long_for_DNS_has_no_host() =>
        await ExpectDns(new FakeResolver(), MtaStsError.HostNxdomain, transient: false, name: string.Join('.', Enumerable.Repeat("abcdefg", 31)));

    [Fact]
    public async Task A_resolver_that_never_answers_ends_at_the_deadline()
    {
        var fetching = new HttpsPolicyFetcher(new SilentResolver(), Options(443), _time).FetchAsync("example.com", CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromSeconds(15));
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((MtaStsStage.Dns, MtaStsError.HostDnsUnknown, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
        Assert.Equal(15_000, fetch.Milliseconds);
    }

    [Theory]
    [InlineData("127.0.0.1", SpecialAddressUse.None)]
    [InlineData("::ffff:127.0.0.1", SpecialAddressUse.None)]
    [InlineData("0.0.0.0", SpecialAddressUse.LoopbackOnly)]
    [InlineData("10.0.0.1", SpecialAddressUse.LoopbackOnly)]
    [InlineData("169.254.169.254", SpecialAddressUse.LoopbackOnly)]
    [InlineData("64:ff9b::7f00:1", SpecialAddressUse.LoopbackOnly)]
    public async Task Special_addresses_are_refused_before_connecting(string address, SpecialAddressUse allowed)
    {
        await using var server = Serving(Policy);
        var fetch = await FetchAsync(server, new FakeResolver().A(Host, address), allowed);
        Assert.Equal((MtaStsStage.Dns, MtaStsError.HostReservedAddr, 0), (fetch.FailedStage, fetch.Error, server.Accepted));
    }

    [Fact]
    public async Task Of_mixed_answers_only_the_permitted_are_tried()
    {
        // 0.0.0.0 would reach the server too, and with it the fetch would succeed.
        await using var server = Serving(Policy);
        int free = FreePort();
        var fetch = await FetchAsync(free, new FakeResolver().A(Host, "0.0.0.0").A(Host, "127.0.0.1"), SpecialAddressUse.LoopbackOnly);
        Assert.Equal(MtaStsError.ConnRefused, fetch.Error);
        fetch = await FetchAsync(server, new FakeResolver().A(Host, "0.0.0.0").A(Host, "127.0.0.1"));
        Assert.Equal((null, 1), (fetch.Error, server.Accepted));
    }

    // --- TCP ---

    [Fact]
    public async Task F3_Refused()
    {
        var fetch = await FetchAsync(FreePort(), Resolver());
        Assert.Equal((MtaStsStage.Tcp, MtaStsError.ConnRefused, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
    }

    [Fact]
    public async Task A_second_address_is_tried()
    {
        await using var server = Serving(Policy);
        var fetch = await FetchAsync(server, new FakeResolver().A(Host, "127.0.0.77").A(Host, "127.0.0.1"));
        Assert.Null(fetch.Error);
    }

    [Fact]
    public async Task Over_IPv6()
    {
        if (!Socket.OSSupportsIPv6) Assert.Skip("this machine has no IPv6");
        await using var server = LoopbackServer.Https(Good, [Intermediate],
            async (_, stream) => await stream.WriteAsync(Response("200 OK", "text/plain", Policy)), IPAddress.IPv6Loopback);
        Assert.Null((await FetchAsync(server, new FakeResolver().A(Host, "::1"))).Error);
    }

    [Fact]
    public async Task Unreachable()
    {
        // The broadcast address of loopback: no system lets a TCP connection out to it.
        var fetch = await FetchAsync(FreePort(), new FakeResolver().A(Host, "127.255.255.255"));
        Assert.Equal((MtaStsStage.Tcp, MtaStsError.Unreachable), (fetch.FailedStage, fetch.Error));
    }

    [Fact]
    public async Task Connect_that_never_completes()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs a system that drops connections when the backlog is full");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(listener.LocalEndPoint!);
        var fetching = FetchAsync(((IPEndPoint)listener.LocalEndPoint!).Port, Resolver()).AsTask();
        // The fetch is at the connect now: the fake resolver answers at once, and the backlog holds one.
        _time.Advance(TimeSpan.FromSeconds(15));
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((MtaStsStage.Tcp, MtaStsError.ConnTimeout, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
    }

    [Fact]
    public async Task A_silent_first_address_leaves_time_for_the_second()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs a system that drops connections when the backlog is full");
        await using var server = Serving(Policy);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.78"), server.Port));
        listener.Listen(0);
        using var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(listener.LocalEndPoint!);
        var fetching = FetchAsync(server, new FakeResolver().A(Host, "127.0.0.78").A(Host, "127.0.0.1")).AsTask();
        // Half of the deadline is the first one's share.
        _time.Advance(TimeSpan.FromSeconds(7.5));
        Assert.Null((await fetching).Error);
    }

    // --- TLS ---

    public static TheoryData<string, string, string> BadCertificates => new()
    {
        { "F4", "cert_name_mismatch", "other names" },
        { "F6", "cert_name_mismatch", "only the provider's name" },
        { "F7", "cert_no_san", "the name stands in the CN only" },
        { "F8", "cert_name_mismatch cert_self_signed cert_expired", "three findings, name first" },
        { "F9", "cert_incomplete_chain", "intermediate not sent" },
        { "untrusted", "cert_incomplete_chain", "a root that nobody trusts, and the server does not send it: cannot be told from F9" },
        { "self-signed", "cert_self_signed", "its own issuer" },
        { "self-signed, no SAN", "cert_self_signed cert_no_san", "what comes with a package" },
        { "expired", "cert_expired", "a month ago" },
        { "not yet", "cert_not_yet_valid", "from next month on" },
        { "usage", "cert_bad_signature_or_usage", "for clients only" },
        { "wildcard too high", "cert_name_mismatch", "*.com is no match for two labels" },
        { "wildcard inside a label", "cert_name_mismatch", "only as the complete left-most label" },
        { "wildcard itself", "cert_name_mismatch", "*.mta-sts.example.com is one label too many" },
    };

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task Bad_certificates(string example, string flags, string why)
    {
        X509Certificate2[] chain = [Intermediate];
        var leaf = example switch
        {
            "F4" => Leaf(Intermediate, dnsNames: ["example.com", "www.example.com"]),
            "F6" => Leaf(Intermediate, dnsNames: ["mta-sts.provider.example"]),
            "F7" => Leaf(Intermediate, subject: $"CN={Host}"),
            "F8" => Leaf(null, dnsNames: ["other.example"], months: -6),
            "F9" or "self-signed" => Leaf(example == "F9" ? Intermediate : null, dnsNames: [Host]),
            "untrusted" => Leaf(StrangeRoot, dnsNames: [Host]),
            "self-signed, no SAN" => Leaf(null, subject: "CN=localhost"),
            "expired" => Leaf(Intermediate, dnsNames: [Host], months: -3),
            "not yet" => Leaf(Intermediate, dnsNames: [Host], months: 2),
            "usage" => Leaf(Intermediate, dnsNames: [Host], clientOnly: true),
            "wildcard too high" => Leaf(Intermediate, dnsNames: ["*.com"]),
            "wildcard inside a label" => Leaf(Intermediate, dnsNames: ["mta*.example.com", "*sts.example.com"]),
            _ => Leaf(Intermediate, dnsNames: ["*.mta-sts.example.com"]),
        };
        if (example is "F8" or "F9" or "untrusted" or "self-signed" or "self-signed, no SAN") chain = [];
        await using var server = LoopbackServer.Https(leaf, chain, Response("200 OK", "text/plain", Policy));
        var resolver = example == "F6" ? new FakeResolver().Cname(Host, "mta-sts.provider.example").A("mta-sts.provider.example", "127.0.0.1") : Resolver();
        var fetch = await FetchAsync(server, resolver);
        Assert.True(flags == string.Join(' ', fetch.CertificateFlags.Select(f => f.Word())), $"{example}: {string.Join(' ', fetch.CertificateFlags)}; {why}");
        Assert.Equal((MtaStsStage.Tls, fetch.CertificateFlags[0], false, null, null),
            (fetch.FailedStage, fetch.Error, fetch.Transient, fetch.TlsVersion, server.Request));
    }

    [Fact]
    public async Task F5_Wildcard_as_the_complete_left_most_label()
    {
        await using var server = LoopbackServer.Https(Leaf(Intermediate, dnsNames: ["*.EXAMPLE.com"]), [Intermediate], Response("200 OK", "text/plain", Policy));
        Assert.Null((await FetchAsync(server)).Error);
    }

    [Fact]
    public async Task F9_A_missing_intermediate_is_not_downloaded()
    {
        await using var download = LoopbackServer.Tcp((_, _) => Task.CompletedTask);
        var leaf = Leaf(Intermediate, dnsNames: [Host], issuerUrl: $"http://127.0.0.1:{download.Port}/intermediate.cer");
        await using var server = LoopbackServer.Https(leaf, [], Response("200 OK", "text/plain", Policy));
        Assert.Equal(MtaStsError.CertIncompleteChain, (await FetchAsync(server)).Error);
        Assert.Equal(0, download.Accepted);
    }

    [Fact]
    public async Task Without_roots_of_our_own_the_systems_decide()
    {
        await using var server = Serving(Policy);
        var fetch = await new HttpsPolicyFetcher(Resolver(), Options(server.Port) with { TrustedRoots = null }, _time).FetchAsync("example.com", CancellationToken.None);
        Assert.Equal([MtaStsError.CertIncompleteChain], fetch.CertificateFlags);
    }

    // SslStream as a server never sends a self-signed root, so this one is judged without a connection.
    [Fact]
    public void An_untrusted_root_that_is_sent_along() =>
        Assert.Equal([MtaStsError.CertUntrustedRoot], JudgeWith(Leaf(StrangeRoot, dnsNames: [Host]), StrangeRoot));

    [Fact]
    public void A_signature_by_another_key_of_the_same_name()
    {
        // The intermediate that is sent has the issuer's name, but its key did not sign.
        using var impostor = Authority(Intermediate.Subject, Root);
        var found = JudgeWith(Leaf(impostor, dnsNames: [Host]), Intermediate);
        // OpenSSL builds the chain and finds the signature bad, or finds no issuer: never is it good.
        Assert.Contains(found[0], new[] { MtaStsError.CertIncompleteChain, MtaStsError.CertBadSignatureOrUsage });
    }

    [Fact]
    public void A_leaf_that_is_no_authority_signs_nothing()
    {
        var notAnAuthority = Leaf(Intermediate, subject: "CN=leaf", dnsNames: ["leaf.example"]);
        Assert.NotEmpty(JudgeWith(LeafSignedBy(notAnAuthority, Host), notAnAuthority, Intermediate));
    }

    private static IReadOnlyList<MtaStsError> JudgeWith(X509Certificate2 leaf, params X509Certificate2[] sent)
    {
        using var chain = new X509Chain { ChainPolicy = CertificateJudge.ChainPolicy([Root], Now) };
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.Build(leaf);
        return CertificateJudge.Judge(leaf, chain, Host);
    }

    [Theory]
    [InlineData("15 03 01 0002 02 46", MtaStsError.TlsVersion, "alert protocol_version")]
    [InlineData("15 03 03 0002 02 70", MtaStsError.TlsAlert, "alert unrecognized_name")]
    [InlineData("15 03 03 0002 02 28", MtaStsError.TlsAlert, "alert handshake_failure: no common cipher, or anything")]
    [InlineData("16 03 01 002A 02 000026 0301 0101010101010101010101010101010101010101010101010101010101010101 00 002F 00", MtaStsError.TlsVersion, "a ServerHello of TLS 1.0")]
    [InlineData("", MtaStsError.TlsReset, "closed after the ClientHello")]
    [InlineData("16 03 03 00", MtaStsError.TlsReset, "closed in the middle of a record")]
    [InlineData("485454502F312E31203430302042616420526571756573740D0A0D0A", MtaStsError.TlsAlert, "plain HTTP on port 443: we end it with an alert")]
    public async Task Broken_handshakes(string octets, MtaStsError error, string why)
    {
        await using var server = LoopbackServer.AfterClientHello(Convert.FromHexString(octets.Replace(" ", "", StringComparison.Ordinal)));
        var fetch = await FetchAsync(server);
        Assert.True((fetch.FailedStage, fetch.Error, fetch.Transient) == (MtaStsStage.Tls, error, error == MtaStsError.TlsReset), $"{fetch.FailedStage} {fetch.Error}: {why}");
    }

    [Fact]
    public async Task Reset_in_the_handshake()
    {
        await using var server = LoopbackServer.Tcp(async (_, socket) =>
        {
            await socket.ReceiveAsync(new byte[1]);
            socket.LingerState = new LingerOption(true, 0);
        });
        Assert.Equal((MtaStsStage.Tls, MtaStsError.TlsReset), StageAndError(await FetchAsync(server)));
    }

    /// <summary>Between the connection and the ClientHello the fetcher looks at the clock: the server's reset is waited for just there.</summary>
    [Fact]
    public async Task Reset_before_the_ClientHello_is_the_connections()
    {
        var reset = new TaskCompletionSource();
        await using var server = LoopbackServer.Tcp((_, socket) =>
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
            reset.SetResult();
            return Task.CompletedTask;
        });
        var fetcher = new HttpsPolicyFetcher(Resolver(), Options(server.Port), new WaitingTimeProvider(reset.Task));
        var fetch = await fetcher.FetchAsync("example.com", CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((MtaStsStage.Tcp, MtaStsError.ConnReset, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
    }

    private sealed class WaitingTimeProvider(Task until) : FakeTimeProvider(Now)
    {
        // The base class makes it out of the time of day.
        public override long GetTimestamp() => 0;

        public override DateTimeOffset GetUtcNow()
        {
            // The base class asks while it is made.
            if (until is not null) Assert.True(SpinWait.SpinUntil(() => until.IsCompleted, TimeSpan.FromSeconds(30)));
            return base.GetUtcNow();
        }
    }

    [Fact]
    public async Task A_handshake_that_stalls()
    {
        await using var server = LoopbackServer.Tcp(StallAfterClientHelloAsync);
        var fetch = await FetchUntilDeadlineAsync(server);
        Assert.Equal((MtaStsStage.Tls, MtaStsError.TlsTimeout, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
    }

    [Fact]
    public async Task An_endless_certificate_is_not_read_to_its_end()
    {
        long sent = 0;
        var server = LoopbackServer.Tcp(async (_, socket) =>
        {
            await socket.ReceiveAsync(new byte[4096]);
            // A ServerHello of TLS 1.2 (ECDHE-RSA-AES128-GCM-SHA256), then a Certificate message of 16 MiB in records of 16 KiB.
            await socket.SendAsync(Convert.FromHexString("160303002A020000260303" + new string('7', 64) + "00C02F00"));
            byte[] record = new byte[5 + 16_384];
            Convert.FromHexString("1603034000").CopyTo(record, 0);
            Convert.FromHexString("0BFFFFFFFFFFFC").CopyTo(record, 5);
            while (sent < 16 << 20) sent += await socket.SendAsync(record);
        });
        await using (server) Assert.Equal(MtaStsStage.Tls, (await FetchAsync(server)).FailedStage);
        Assert.True(sent < 16 << 20, "the client took everything");
    }

    // --- HTTP ---

    [Theory]
    [InlineData("201 Created", MtaStsError.HttpOtherStatus)]
    [InlineData("204 No Content", MtaStsError.HttpOtherStatus)]
    [InlineData("206 Partial Content", MtaStsError.HttpOtherStatus)]
    [InlineData("304 Not Modified", MtaStsError.HttpRedirect)]
    [InlineData("401 Unauthorized", MtaStsError.Http4xx)]
    [InlineData("403 Forbidden", MtaStsError.Http403)]
    [InlineData("404 Not Found", MtaStsError.Http404)]
    [InlineData("429 Too Many Requests", MtaStsError.Http4xx)]
    [InlineData("503 Service Unavailable", MtaStsError.Http5xx)]
    [InlineData("600 Strange", MtaStsError.HttpOtherStatus)]
    public async Task F12_Only_200_is_a_policy(string status, MtaStsError error)
    {
        // RFC 9110 §6.4.1: these two have no content.
        string body = status[..3] is "204" or "304" ? "" : Policy;
        await using var server = LoopbackServer.Https(Good, [Intermediate], Response(status, "text/plain", body));
        var fetch = await FetchAsync(server);
        bool transient = error == MtaStsError.Http5xx || status[..3] == "429";
        Assert.Equal((MtaStsStage.Http, error, int.Parse(status[..3], null), transient),
            (fetch.FailedStage, fetch.Error, fetch.HttpStatus, fetch.Transient));
        Assert.Null(fetch.Body);
    }

    [Theory]
    [InlineData("https://WWW.example.com/.well-known/mta-sts.txt", "www.example.com")]
    [InlineData("/elsewhere", Host)]
    [InlineData("//other.example/x", "other.example")]
    [InlineData("http://169.254.169.254/latest", "169.254.169.254")]
    [InlineData("http://[", null)]
    public async Task F10_Redirects_are_not_followed(string location, string? redirectHost)
    {
        byte[] response = Encoding.ASCII.GetBytes($"HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        await using var server = LoopbackServer.Https(Good, [Intermediate], response);
        var fetch = await FetchAsync(server);
        Assert.Equal((MtaStsStage.Http, MtaStsError.HttpRedirect, redirectHost, 1), (fetch.FailedStage, fetch.Error, fetch.RedirectHost, server.Accepted));
    }

    [Fact]
    public async Task F11_Another_media_type_is_noted_and_no_failure()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Response("200 OK", "text/html; charset=utf-8", Policy));
        var fetch = await FetchAsync(server);
        Assert.Equal((null, "text/html", false), (fetch.Error, fetch.MediaType, fetch.MediaTypeOk));
    }

    [Theory]
    [InlineData("text/plain", null)]
    [InlineData("text/html", MtaStsError.WrongContentType)]
    public async Task In_strict_mode_another_media_type_is_a_failure(string mediaType, MtaStsError? error)
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Response("200 OK", mediaType, Policy));
        var fetcher = new HttpsPolicyFetcher(Resolver(), Options(server.Port) with { StrictMediaType = true }, _time);
        var fetch = await fetcher.FetchAsync("example.com", CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((error, error is null ? null : MtaStsStage.Body, Policy), (fetch.Error, fetch.FailedStage, Encoding.ASCII.GetString(fetch.Body!)));
    }

    [Theory]
    [InlineData("Retry-After: 120", 120)]
    [InlineData("Date: Mon, 01 Jun 2026 12:00:00 GMT\r\nRetry-After: Mon, 01 Jun 2026 12:01:00 GMT", 60)]
    [InlineData("Retry-After: soon", null)]
    [InlineData("X-Other: 1", null)]
    public async Task Retry_After_is_noted(string headers, int? seconds)
    {
        byte[] response = Encoding.ASCII.GetBytes($"HTTP/1.1 503 Service Unavailable\r\n{headers}\r\nContent-Length: 0\r\n\r\n");
        await using var server = LoopbackServer.Https(Good, [Intermediate], response);
        var fetch = await FetchAsync(server);
        Assert.Equal((MtaStsError.Http5xx, seconds), (fetch.Error, (int?)fetch.RetryAfter?.TotalSeconds));
    }

    [Fact]
    public async Task A_name_whose_turn_never_comes_is_unknown_and_asks_nobody()
    {
        await using var server = Serving(Policy);
        using var turns = new PolicyFetchTurns(PolitenessOptions.None with { PerAddress = 1, MaxWait = TimeSpan.FromMinutes(5) }, 10, _time);
        using var other = await turns.WaitAsync("other.example", "127.0.0.1", CancellationToken.None);
        var fetching = new HttpsPolicyFetcher(Resolver(), Options(server.Port), _time, turns).FetchAsync("example.com", CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMinutes(5));
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((true, true, null, 0), (fetch.NotAsked, fetch.Transient, fetch.Error, server.Accepted));

        var record = MtaStsClassifier.ClassifyRecord(new FakeResolver().Txt("_mta-sts.example.com", "v=STSv1; id=1;").Query("_mta-sts.example.com", DnsRecordType.Txt));
        var result = MtaStsClassifier.Classify(record, fetch, null);
        Assert.Equal((MtaStsStatus.Unknown, null, null), (result.Status, result.Stage, result.Error));
    }

    [Fact]
    public async Task Waiting_for_the_turn_is_no_part_of_the_deadline()
    {
        await using var server = Serving(Policy);
        using var turns = new PolicyFetchTurns(PolitenessOptions.None with { PerAddress = 1 }, 10, _time);
        var other = await turns.WaitAsync("other.example", "127.0.0.1", CancellationToken.None);
        var fetching = new HttpsPolicyFetcher(Resolver(), Options(server.Port), _time, turns).FetchAsync("example.com", CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(fetching.IsCompleted);
        other!.Dispose();
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((null, 0), (fetch.Error, fetch.Milliseconds));
    }

    [Fact]
    public async Task Content_types_of_others()
    {
        const string File = "mtasts/content-type.jsonl";
        string? path = SharedVectors.Find(File);
        if (path is null) Assert.Skip(SharedVectors.Missing(File));
        foreach (string line in System.IO.File.ReadLines(path))
        {
            using var vector = JsonDocument.Parse(line);
            await using var server = LoopbackServer.Https(Good, [Intermediate], Response("200 OK", vector.RootElement.GetProperty("input").GetString()!, Policy));
            bool expected = vector.RootElement.GetProperty("expect").GetString() == "true";
            Assert.True((await FetchAsync(server)).MediaTypeOk == expected, line);
        }
    }

    [Fact]
    public async Task F13_A_body_over_64_KiB_is_cut_off()
    {
        await using var server = Serving(Policy + new string('x', 70_000));
        var fetch = await FetchAsync(server);
        Assert.Equal((MtaStsStage.Body, MtaStsError.BodyTooLarge, 65_537), (fetch.FailedStage, fetch.Error, fetch.Body!.Length));

        await using var exact = Serving(Policy + new string('x', 65_536 - Policy.Length));
        Assert.Equal(65_536, (await FetchAsync(exact)).Body!.Length);
    }

    [Fact]
    public async Task A_body_without_end_is_cut_off_too()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"u8.ToArray());
            while (true) await stream.WriteAsync(new byte[16_384]);
        });
        Assert.Equal(MtaStsError.BodyTooLarge, (await FetchAsync(server)).Error);
    }

    [Fact]
    public async Task A_body_that_ends_with_the_connection_is_whole()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + Policy));
        Assert.Equal(Policy, Encoding.ASCII.GetString((await FetchAsync(server)).Body!));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", false, "no HTTP")]
    [InlineData("", true, "closed without an answer: may pass")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nversion", false, "shorter than promised")]
    public async Task What_is_no_HTTP(string response, bool transient, string why)
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Encoding.ASCII.GetBytes(response));
        var fetch = await FetchAsync(server);
        Assert.True((fetch.FailedStage, fetch.Error, fetch.Transient) == (MtaStsStage.Http, MtaStsError.HttpProtocolError, transient), why);
    }

    [Fact]
    public async Task Headers_over_32_KiB_are_not_read()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
            while (true) await stream.WriteAsync("X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"u8.ToArray());
        });
        Assert.Equal((MtaStsStage.Http, MtaStsError.HttpProtocolError), StageAndError(await FetchAsync(server)));
    }

    [Theory]
    [InlineData("", "no headers")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", "only interim responses")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nver", "the body stops")]
    public async Task Answers_that_stall(string beginning, string why)
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], async (self, stream) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
            await self.StallAsync();
        });
        var fetch = await FetchUntilDeadlineAsync(server);
        Assert.True((fetch.FailedStage, fetch.Error, fetch.Transient) == (MtaStsStage.Http, MtaStsError.HttpTimeout, true), why);
    }

    [Fact]
    public async Task The_callers_cancellation_is_thrown_and_is_no_finding()
    {
        await using var server = LoopbackServer.Tcp(StallAfterClientHelloAsync);
        using var cancel = new CancellationTokenSource();
        var fetching = new HttpsPolicyFetcher(Resolver(), Options(server.Port), _time).FetchAsync("example.com", cancel.Token).AsTask();
        await server.Stalled.WaitAsync(TimeSpan.FromSeconds(30));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    // --- helpers ---

    private sealed class SilentResolver : IResolver
    {
        public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return DnsAnswer.Without(question, DnsStatus.Timeout);
        }
    }

    private static async Task StallAfterClientHelloAsync(LoopbackServer server, Socket socket)
    {
        await socket.ReceiveAsync(new byte[4096]);
        await server.StallAsync();
    }

    private static (MtaStsStage?, MtaStsError?) StageAndError(PolicyFetch fetch) => (fetch.FailedStage, fetch.Error);

    private static FakeResolver Resolver() => new FakeResolver().A(Host, "127.0.0.1");

    private static LoopbackServer Serving(string body) => LoopbackServer.Https(Good, [Intermediate], Response("200 OK", "text/plain", body));

    private static byte[] Response(string status, string contentType, string body) =>
        Encoding.Latin1.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    private static PolicyFetchOptions Options(int port, SpecialAddressUse allowed = SpecialAddressUse.LoopbackOnly) => new()
    {
        Port = port,
        TrustedRoots = [Root],
        AllowSpecialAddresses = allowed,
        UserAgent = "scanner-tests/1.0 (+https://example.org)",
    };

    private ValueTask<PolicyFetch> FetchAsync(LoopbackServer server, FakeResolver? resolver = null,
        SpecialAddressUse allowed = SpecialAddressUse.LoopbackOnly, string name = "example.com") =>
        FetchAsync(server.Port, resolver ?? Resolver(), allowed, name);

    private async ValueTask<PolicyFetch> FetchAsync(
        int port, FakeResolver resolver, SpecialAddressUse allowed = SpecialAddressUse.LoopbackOnly, string name = "example.com") =>
        await new HttpsPolicyFetcher(resolver, Options(port, allowed), _time).FetchAsync(name, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Fetches, and moves the clock to the deadline once the server has said its last word.</summary>
    private async Task<PolicyFetch> FetchUntilDeadlineAsync(LoopbackServer server)
    {
        var fetching = FetchAsync(server).AsTask();
        await server.Stalled.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(fetching.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(15));
        return await fetching;
    }

    private async Task<PolicyFetch> ExpectDns(FakeResolver resolver, MtaStsError error, bool transient, string name = "example.com")
    {
        var fetch = await FetchAsync(FreePort(), resolver, name: name);
        Assert.Equal((MtaStsStage.Dns, error, transient), (fetch.FailedStage, fetch.Error, fetch.Transient));
        return fetch;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
