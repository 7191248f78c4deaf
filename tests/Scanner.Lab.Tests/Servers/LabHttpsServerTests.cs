using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Scanner.Lab.Servers;

namespace Scanner.Lab.Tests.Servers;

/// <summary>HTTP behaviours by HttpClient, and connections by bare sockets.</summary>
public sealed class LabHttpsServerTests : IAsyncLifetime
{
    private const string Policy = "version: STSv1\r\nmode: testing\r\nmx: mx.good.test\r\nmax_age: 86400\r\n";

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly TinyWorld _world = new TinyWorld()
        .With("mta-sts.good.test", Host(LabHttp.Normal))
        .With("mta-sts.moved.test", Host(LabHttp.Normal) with { Status = 301, Location = "https://www.moved.test/policy", Body = [] })
        .With("mta-sts.html.test", Host(LabHttp.Normal) with { ContentType = "text/html; charset=utf-8" })
        .With("mta-sts.empty.test", Host(LabHttp.Normal) with { Body = [] })
        .With("mta-sts.none.test", Host(LabHttp.Normal) with { Status = 204 })
        .With("mta-sts.busy.test", Host(LabHttp.Normal) with { Status = 503 })
        .With("mta-sts.headers.test", Host(LabHttp.StallHeaders))
        .With("mta-sts.body.test", Host(LabHttp.StallBody))
        .With("mta-sts.huge.test", Host(LabHttp.HugeBody))
        .With("mta-sts.garbage.test", Host(LabHttp.Garbage));
    private LabHost _lab = null!;
    private HttpClient _client = null!;

    private static LabPolicyHost Host(LabHttp http) => new() { Http = http, Body = Encoding.Latin1.GetBytes(Policy) };

    public async ValueTask InitializeAsync()
    {
        _lab = await LabHost.StartAsync(_world, new LabHostOptions(), _time, RawDns.Guard);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_lab.RootCertificates);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancellationToken) =>
                new NetworkStream(await ConnectAsync(LabConnection.Https, cancellationToken), ownsSocket: true),
            SslOptions = { CertificateChainPolicy = policy },
        });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    private async Task<Socket> ConnectAsync(LabConnection connection, CancellationToken cancellationToken)
    {
        if (_lab.UnavailableConnections.Contains(connection)) Assert.Skip($"this system cannot play {connection}");
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(LabAddresses.Of(connection), _lab.HttpsPort), cancellationToken);
        return socket;
    }

    private Task<HttpResponseMessage> GetAsync(string host, string path = LabHttpsServer.PolicyPath, int version = 1, CancellationToken end = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"https://{host}{path}")
        {
            Version = version == 2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.CanBeCanceled ? end : RawDns.Guard);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task NormalSendsTheBody(int version)
    {
        using var response = await GetAsync("mta-sts.good.test", version: version);
        Assert.Equal((HttpStatusCode.OK, version), (response.StatusCode, response.Version.Major));
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(Policy, await response.Content.ReadAsStringAsync(RawDns.Guard));
        Assert.False(response.Headers.Contains("Server"));
        Assert.Equal(1, _lab.HttpRequests);
    }

    [Fact]
    public async Task StatusLocationAndContentTypeAreTheHosts()
    {
        using var moved = await GetAsync("mta-sts.moved.test");
        Assert.Equal((301, "https://www.moved.test/policy"), ((int)moved.StatusCode, moved.Headers.Location!.ToString()));
        using var html = await GetAsync("mta-sts.html.test");
        Assert.Equal("text/html; charset=utf-8", html.Content.Headers.ContentType!.ToString());
        using var busy = await GetAsync("mta-sts.busy.test");
        Assert.Equal(503, (int)busy.StatusCode);
        using var none = await GetAsync("mta-sts.none.test");
        Assert.Equal(204, (int)none.StatusCode);
        using var empty = await GetAsync("mta-sts.empty.test");
        Assert.Equal((200, 0), ((int)empty.StatusCode, (await empty.Content.ReadAsByteArrayAsync(RawDns.Guard)).Length));
    }

    [Theory]
    [InlineData("mta-sts.nowhere.test", LabHttpsServer.PolicyPath, "no such host")]
    [InlineData("mta-sts.good.test", "/", "no such page")]
    [InlineData("mta-sts.good.test", "/.well-known/MTA-STS.txt", "paths have letter case")]
    public async Task ElseNotFound(string host, string path, string why)
    {
        using var response = await GetAsync(host, path);
        Assert.True(response.StatusCode == HttpStatusCode.NotFound, why);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task StallHeadersNeverCome(int version)
    {
        using var giveUp = new CancellationTokenSource();
        var stalled = GetAsync("mta-sts.headers.test", version: version, end: giveUp.Token);
        while (_lab.HttpRequests < 1) await Task.Yield();
        _time.Advance(TimeSpan.FromHours(1));
        // Another host is served all the while.
        using (await GetAsync("mta-sts.good.test")) Assert.False(stalled.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stalled);
    }

    [Fact]
    public async Task StallBodyDrips()
    {
        using var response = await GetAsync("mta-sts.body.test");
        Assert.Equal(200, (int)response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync(RawDns.Guard);
        byte[] octets = new byte[Policy.Length + 5];
        for (int i = 0; i < octets.Length; i++)
        {
            var read = body.ReadAsync(octets.AsMemory(i, 1), RawDns.Guard).AsTask();
            while (!read.IsCompleted)
            {
                if (i > 0) _time.Advance(LabHttpsServer.StallBodyPace);
                await Task.Yield();
            }
            Assert.Equal(1, await read);
        }
        Assert.Equal(Policy + "versi", Encoding.Latin1.GetString(octets));
    }

    [Fact]
    public async Task HugeBodyBeginsWithThePolicy()
    {
        using var response = await GetAsync("mta-sts.huge.test");
        string body = await response.Content.ReadAsStringAsync(RawDns.Guard);
        Assert.Equal(70_000, body.Length);
        Assert.StartsWith(Policy, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GarbageIsNoHttp()
    {
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync("mta-sts.garbage.test"));
        Assert.Equal(HttpRequestError.InvalidResponse, error.HttpRequestError);
        Assert.Equal(0, _lab.HttpRequests);
    }

    [Fact]
    public async Task RefusedIsRefused()
    {
        var error = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(LabConnection.Refused, RawDns.Guard));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task UnreachableIsUnreachable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what connect() says to a broadcast address is the system's own");
        var error = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(LabConnection.Unreachable, RawDns.Guard));
        Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
    }

    [Fact]
    public void ConnectTimeoutHangs()
    {
        Assert.SkipWhen(_lab.UnavailableConnections.Contains(LabConnection.ConnectTimeout), "this system cannot play ConnectTimeout");
        for (int i = 0; i < 3; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            var error = Assert.Throws<SocketException>(() => socket.Connect(LabAddresses.Of(LabConnection.ConnectTimeout), _lab.HttpsPort));
            Assert.True(error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress);
            // The kernel alone decides; there is no clock to move by hand.
            Assert.False(socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectWrite));
        }
    }

    [Fact]
    public void LinuxCanPlayAllConnections()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere some are left out by name");
        Assert.Empty(_lab.UnavailableConnections);
    }

    // A TLS record of type handshake; the lab's broken hosts read no further.
    private static readonly byte[] Hello = [22, 3, 1, 0, 4, 1, 0, 0, 0];

    [Fact]
    public async Task TlsStallSaysNothingAndStaysOpen()
    {
        using var socket = await ConnectAsync(LabConnection.TlsStall, RawDns.Guard);
        await socket.SendAsync(Hello, RawDns.Guard);
        Assert.False(socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead));
    }

    [Fact]
    public async Task TlsResetResets()
    {
        using var socket = await ConnectAsync(LabConnection.TlsReset, RawDns.Guard);
        await socket.SendAsync(Hello, RawDns.Guard);
        var error = await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1], RawDns.Guard));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Theory]
    [InlineData(LabConnection.OldTls, 70)]
    [InlineData(LabConnection.TlsAlert, 112)]
    public async Task AlertsThenACleanEnd(LabConnection connection, byte description)
    {
        using var socket = await ConnectAsync(connection, RawDns.Guard);
        await socket.SendAsync(Hello, RawDns.Guard);
        var received = new List<byte>();
        byte[] buffer = new byte[64];
        for (int read; (read = await socket.ReceiveAsync(buffer, RawDns.Guard)) > 0;) received.AddRange(buffer[..read]);
        Assert.Equal([21, 3, received[2], 0, 2, 2, description], received);
    }

    [Theory]
    [InlineData(LabConnection.OldTls)]
    [InlineData(LabConnection.TlsAlert)]
    public async Task TlsClientsUnderstandTheAlert(LabConnection connection)
    {
        await using var tls = new SslStream(new NetworkStream(await ConnectAsync(connection, RawDns.Guard), ownsSocket: true));
        await Assert.ThrowsAsync<AuthenticationException>(() =>
            tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mta-sts.old.test" }, RawDns.Guard));
    }

    [Fact]
    public async Task TwoLabsLiveSideBySide()
    {
        await using var other = await LabHost.StartAsync(_world, new LabHostOptions(), _time, RawDns.Guard);
        Assert.NotEqual(_lab.HttpsPort, other.HttpsPort);
        Assert.NotEqual(_lab.DnsEndpoint.Port, other.DnsEndpoint.Port);
        Assert.NotEqual(_lab.RootPem, other.RootPem);
    }
}
