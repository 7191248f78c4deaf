using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.MtaSts.TestCertificates;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>Policy hosts on loopback with real sockets and real certificates, and fetches from them. The clock is the test's: a deadline comes when
/// the test says so, never because a machine is slow.</summary>
public abstract class PolicyFetchTest
{
    private protected const string Host = "mta-sts.example.com";
    private protected const string Policy = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n";

    private protected static readonly X509Certificate2 Good = Leaf(Intermediate, dnsNames: [Host]);

    private protected readonly FakeTimeProvider Time = new(Now);

    private protected sealed class SilentResolver : IResolver
    {
        public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return DnsAnswer.Without(question, DnsStatus.Timeout);
        }
    }

    private protected static async Task StallAfterClientHelloAsync(LoopbackServer server, Socket socket)
    {
        await socket.ReceiveAsync(new byte[4096]);
        await server.StallAsync();
    }

    private protected static (MtaStsStage?, MtaStsError?) StageAndError(PolicyFetch fetch) => (fetch.FailedStage, fetch.Error);

    private protected static FakeResolver Resolver() => new FakeResolver().A(Host, "127.0.0.1");

    private protected static LoopbackServer Serving(string body) => LoopbackServer.Https(Good, [Intermediate], Response("200 OK", "text/plain", body));

    private protected static byte[] Response(string status, string contentType, string body) =>
        Encoding.Latin1.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    private protected static PolicyFetchOptions Options(int port, SpecialAddressUse allowed = SpecialAddressUse.LoopbackOnly) => new()
    {
        Port = port,
        TrustedRoots = [Root],
        AllowSpecialAddresses = allowed,
        UserAgent = "scanner-tests/1.0 (+https://example.org)",
    };

    private protected ValueTask<PolicyFetch> FetchAsync(LoopbackServer server, FakeResolver? resolver = null,
        SpecialAddressUse allowed = SpecialAddressUse.LoopbackOnly, string name = "example.com") =>
        FetchAsync(server.Port, resolver ?? Resolver(), allowed, name);

    private protected async ValueTask<PolicyFetch> FetchAsync(
        int port, FakeResolver resolver, SpecialAddressUse allowed = SpecialAddressUse.LoopbackOnly, string name = "example.com") =>
        await new HttpsPolicyFetcher(resolver, Options(port, allowed), Time).FetchAsync(name, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Fetches, and moves the clock to the deadline once the server has said its last word.</summary>
    private protected async Task<PolicyFetch> FetchUntilDeadlineAsync(LoopbackServer server)
    {
        var fetching = FetchAsync(server).AsTask();
        await server.Stalled.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(fetching.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(15));
        return await fetching;
    }

    private protected async Task<PolicyFetch> ExpectDns(FakeResolver resolver, MtaStsError error, bool transient, string name = "example.com")
    {
        var fetch = await FetchAsync(FreePort(), resolver, name: name);
        Assert.Equal((MtaStsStage.Dns, error, transient), (fetch.FailedStage, fetch.Error, fetch.Transient));
        return fetch;
    }

    private protected static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
