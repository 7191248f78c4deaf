using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>One server on an ephemeral loopback port that does to each connection what the test says.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _accepted;

    private LoopbackServer(IPAddress address, Func<LoopbackServer, Socket, Task> serve)
    {
        _listener = new TcpListener(address, 0);
        _listener.Start();
        _accepting = AcceptAsync(serve);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections taken so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>The server name that the last client asked for.</summary>
    public string? ServerName { get; private set; }

    /// <summary>The last request, head only.</summary>
    public string? Request { get; private set; }

    /// <summary>Fires when the test is over.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Completes when the server has said all that it will ever say and keeps the connection open.</summary>
    public Task Stalled => _stalled.Task;

    /// <summary>Below TLS: <paramref name="serve"/> owns the socket.</summary>
    public static LoopbackServer Tcp(Func<LoopbackServer, Socket, Task> serve, IPAddress? address = null) => new(address ?? IPAddress.Loopback, serve);

    /// <summary>Reads the ClientHello, then writes <paramref name="octets"/> and closes.</summary>
    public static LoopbackServer AfterClientHello(byte[] octets) => Tcp(async (_, socket) =>
    {
        await socket.ReceiveAsync(new byte[4096]);
        await socket.SendAsync(octets);
        socket.Shutdown(SocketShutdown.Send);
        // Until the client goes: closing with unread octets would turn the alert into a reset.
        while (await socket.ReceiveAsync(new byte[4096]) > 0) { }
    });

    /// <summary>HTTPS: answers every request with <paramref name="response"/>, octets as they are.</summary>
    /// <param name="sent">The certificates sent after the leaf.</param>
    public static LoopbackServer Https(X509Certificate2 leaf, X509Certificate2[] sent, byte[] response) =>
        Https(leaf, sent, async (_, stream) => await stream.WriteAsync(response));

    /// <summary>HTTPS up to the request, then what <paramref name="answer"/> does; afterwards the connection is closed.</summary>
    public static LoopbackServer Https(
        X509Certificate2 leaf, X509Certificate2[] sent, Func<LoopbackServer, Stream, Task> answer, IPAddress? address = null)
    {
        var context = SslStreamCertificateContext.Create(leaf, new X509Certificate2Collection(sent), offline: true);
        return Tcp(async (server, socket) =>
        {
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context }, server._stop.Token);
            server.ServerName = tls.TargetHostName;
            var request = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                int read = await tls.ReadAsync(buffer, server._stop.Token);
                if (read == 0) return;
                request.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
            server.Request = request.ToString();
            await answer(server, tls);
            await tls.ShutdownAsync();
        }, address);
    }

    /// <summary>HTTPS by HTTP/2: takes the client's preface and whatever comes with it, then does what <paramref name="answer"/> does. The
    /// frames are the test's: RFC 9113 §4.1.</summary>
    public static LoopbackServer Http2(X509Certificate2 leaf, X509Certificate2[] sent, Func<LoopbackServer, Stream, Task> answer)
    {
        var context = SslStreamCertificateContext.Create(leaf, new X509Certificate2Collection(sent), offline: true);
        return Tcp(async (server, socket) =>
        {
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificateContext = context, ApplicationProtocols = [SslApplicationProtocol.Http2] }, server._stop.Token);
            if (await tls.ReadAsync(new byte[16_384], server._stop.Token) > 0) await answer(server, tls);
        });
    }

    /// <summary>HTTPS where the certificate depends on the server name that the client asks for; null: as a name that nobody knows.</summary>
    public static LoopbackServer HttpsByName(Func<string, SslStreamCertificateContext?> certificate, byte[] response) => Tcp(async (server, socket) =>
    {
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsServerAsync((_, hello, _, _) =>
        {
            server.ServerName = hello.ServerName;
            return ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate(hello.ServerName) ?? throw new System.Security.Authentication.AuthenticationException("unrecognized name"),
            });
        }, null, server._stop.Token);
        if (await tls.ReadAsync(new byte[4096], server._stop.Token) > 0) await tls.WriteAsync(response, server._stop.Token);
    });

    /// <summary>Says nothing more until the test ends.</summary>
    public async Task StallAsync()
    {
        _stalled.TrySetResult();
        await Task.Delay(Timeout.Infinite, _stop.Token);
    }

    private async Task AcceptAsync(Func<LoopbackServer, Socket, Task> serve)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                connections.Add(ServeAsync(serve, socket));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Func<LoopbackServer, Socket, Task> serve, Socket socket)
    {
        try
        {
            using (socket) await serve(this, socket);
        }
        // The client breaks off in most of these tests; what it made of it is what they look at.
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }
}
