using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Scanner.Checks.MtaSts;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.MtaSts.TestCertificates;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>The rung of TLS: certificates, handshakes (classification.md 6.2, F4 to F9).</summary>
public sealed class PolicyTlsTests : PolicyFetchTest
{
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
        var fetch = await new HttpsPolicyFetcher(Resolver(), Options(server.Port) with { TrustedRoots = null }, Time).FetchAsync("example.com", CancellationToken.None);
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
}
