using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Scanner.Lab.Servers;

/// <summary>
/// Every policy host of the world on one port: HTTPS by HTTP/1.1 and HTTP/2 on 127.0.0.1 and ::1, with the certificate that the host asked by
/// SNI shows; below it, on the other addresses, the connections that go wrong before HTTP.
/// </summary>
public sealed class LabHttpsServer : IAsyncDisposable
{
    public const string PolicyPath = "/.well-known/mta-sts.txt"; // RFC 8461 §3.3

    /// <summary>Octets of a <see cref="LabHttp.HugeBody"/>: over the 64 kB that RFC 8461 §3.3 suggests as a limit.</summary>
    public const int HugeBodyLength = 70_000;

    /// <summary>Between two octets of a <see cref="LabHttp.StallBody"/>.</summary>
    public static readonly TimeSpan StallBodyPace = TimeSpan.FromSeconds(1);

    private static readonly byte[] DefaultPolicy = "version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmax_age: 604800\r\n"u8.ToArray();
    private static readonly byte[] NotHttp = "\u0016\u0003 220 this is no HTTP at all\r\n\u0000\u0001\u0002"u8.ToArray();

    private readonly ILabWorld _world;
    private readonly TimeProvider _time;
    private readonly LabCertificateAuthority _authority;
    private readonly LabBrokenListeners _broken;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private long _requests;

    private LabHttpsServer(ILabWorld world, TimeProvider time, LabCertificateAuthority authority, LabBrokenListeners broken)
    {
        (_world, _time, _authority, _broken) = (world, time, authority, broken);
        Port = ((IPEndPoint)broken.Https.LocalEndPoint!).Port;
        _app = Build();
    }

    /// <summary>The same port on every address of <see cref="LabAddresses"/>.</summary>
    public int Port { get; }

    /// <summary>HTTP requests seen until now.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Connections that this system cannot play; empty on Linux.</summary>
    public IReadOnlyList<LabConnection> Unavailable => _broken.Unavailable;

    public static async Task<LabHttpsServer> StartAsync(ILabWorld world, LabCertificateAuthority authority, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var server = new LabHttpsServer(world, time, authority, await LabBrokenListeners.StartAsync(cancellationToken));
        try
        {
            await server._app.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Ends the stalling answers first; then nobody is left to be waited for.
        await _stop.CancelAsync();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        await _broken.DisposeAsync();
        _stop.Dispose();
    }

    private WebApplication Build()
    {
        // Empty: no configuration files, no environment variables, no logging; the lab must not depend on where it runs.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // The host would otherwise take Ctrl+C away from the program that the lab is a part of.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endpoint =>
            endpoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ? _broken.HttpsV6! : _broken.Https);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen((IPEndPoint)_broken.Https.LocalEndPoint!, Serve);
            if (_broken.HttpsV6 is { } v6) kestrel.Listen((IPEndPoint)v6.LocalEndPoint!, Serve);

            void Serve(ListenOptions listener)
            {
                listener.Protocols = HttpProtocols.Http1AndHttp2;
                listener.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = hello => ValueTask.FromResult(TlsFor(hello.ClientHelloInfo.ServerName)),
                    // Kestrel's ten seconds are soon over on a machine with other work, and a good host would look like a broken one.
                    HandshakeTimeout = TimeSpan.FromMinutes(2),
                });
                listener.Use(next => connection => IsGarbage(connection) ? WriteGarbageAsync(connection) : next(connection));
            }
        });
        var app = builder.Build();
        app.Run(AnswerAsync);
        return app;
    }

    private SslServerAuthenticationOptions TlsFor(string sni)
    {
        string host = sni.ToLowerInvariant();
        var behaviour = _world.PolicyHost(host);
        return new SslServerAuthenticationOptions
        {
            // Without SNI, or for a name that nobody has, there is a certificate all the same: the answer is then 404.
            ServerCertificateContext = _authority.ContextFor(behaviour?.Certificate ?? LabCertificate.Good, host.Length == 0 ? "no-sni.invalid" : host),
            EnabledSslProtocols = behaviour is { OnlyTls12: true } ? SslProtocols.Tls12 : SslProtocols.Tls12 | SslProtocols.Tls13,
            // Garbage speaks no HTTP/2 either: with it, what a client says of the same octets depends on who is faster.
            ApplicationProtocols = behaviour is { OnlyHttp11: true } or { Http: LabHttp.Garbage }
                ? [SslApplicationProtocol.Http11]
                : [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            // Each fetch is a first contact; tickets would only cost memory.
            AllowTlsResume = false,
        };
    }

    private bool IsGarbage(ConnectionContext connection) =>
        connection.Features.Get<ITlsHandshakeFeature>()?.HostName is { Length: > 0 } host
        && _world.PolicyHost(host.ToLowerInvariant())?.Http == LabHttp.Garbage;

    /// <summary>Octets that are no HTTP, after the client has spoken; then a clean end.</summary>
    private async Task WriteGarbageAsync(ConnectionContext connection)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, connection.ConnectionClosed);
        try
        {
            await DiscardAsync(connection.Transport.Input, end.Token);
            await connection.Transport.Output.WriteAsync(NotHttp, end.Token);
            await connection.Transport.Output.CompleteAsync();
            // Until the client closes: unread octets at closing would become a reset.
            while (await DiscardAsync(connection.Transport.Input, end.Token))
            {
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The client has seen enough.
        }
    }

    /// <returns>False at the end of the stream.</returns>
    private static async ValueTask<bool> DiscardAsync(PipeReader input, CancellationToken cancellationToken)
    {
        var read = await input.ReadAsync(cancellationToken);
        input.AdvanceTo(read.Buffer.End);
        return !read.IsCompleted;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        var host = _world.PolicyHost(context.Request.Host.Host.ToLowerInvariant());
        // As text: PathString compares without letter case, RFC 9110 §4.2.3 does not.
        if (host is null || context.Request.Path.Value != PolicyPath)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, context.RequestAborted);
        try
        {
            await AnswerAsync(context, host, end.Token);
        }
        catch (OperationCanceledException)
        {
            // The client gave up, or the lab ends.
            context.Abort();
        }
    }

    private async Task AnswerAsync(HttpContext context, LabPolicyHost host, CancellationToken end)
    {
        var response = context.Response;
        if (host.Http == LabHttp.StallHeaders) await Task.Delay(Timeout.InfiniteTimeSpan, _time, end);

        response.StatusCode = host.Status;
        if (host.Location is not null) response.Headers.Location = host.Location;
        if (host.RetryAfter is not null) response.Headers.RetryAfter = host.RetryAfter;
        // 204, 205 and 304 have no body (RFC 9110 §6.4.1); Kestrel would refuse to send one.
        if (host.Status is 204 or 205 or 304) return;
        response.ContentType = host.ContentType;
        byte[] policy = host.Body.Length > 0 || host.Http == LabHttp.Normal ? host.Body : DefaultPolicy;
        if (host.Http == LabHttp.StallBody)
        {
            for (int i = 0; ; i++)
            {
                await response.Body.WriteAsync(policy.AsMemory(i % policy.Length, 1), end);
                await response.Body.FlushAsync(end);
                await Task.Delay(StallBodyPace, _time, end);
            }
        }
        if (host.Http == LabHttp.HugeBody) policy = Huge(policy);
        response.ContentLength = policy.Length;
        await response.Body.WriteAsync(policy, end);
    }

    /// <summary>The policy, then harmless extension lines (RFC 8461 §3.2) up to the full length.</summary>
    private static byte[] Huge(byte[] policy)
    {
        var text = new StringBuilder(Encoding.Latin1.GetString(policy));
        if (text.Length > 0 && text[^1] != '\n') text.Append("\r\n");
        for (int line = 1; text.Length < HugeBodyLength; line++) text.Append(CultureInfo.InvariantCulture, $"x-filler-{line}: nothing to see here\r\n");
        return Encoding.Latin1.GetBytes(text.ToString(0, HugeBodyLength));
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
