using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Scanner.Lab.Servers;

/// <summary>
/// The simulated internet, running: one DNS resolver and all policy hosts of an <see cref="ILabWorld"/>, on loopback, on ports that the
/// system chose. Needs no rights. Nothing outlives <see cref="DisposeAsync"/>, and nothing is written to disk.
/// </summary>
public sealed class LabHost : IAsyncDisposable
{
    private readonly LabDnsServer _dns;
    private readonly LabHttpsServer _https;
    private readonly LabCertificateAuthority _authority;

    private LabHost(LabDnsServer dns, LabHttpsServer https, LabCertificateAuthority authority) =>
        (_dns, _https, _authority) = (dns, https, authority);

    /// <summary>The resolver, UDP and TCP.</summary>
    public IPEndPoint DnsEndpoint => _dns.Endpoint;

    /// <summary>The port that stands for 443, on every address of <see cref="LabAddresses"/>.</summary>
    public int HttpsPort => _https.Port;

    /// <summary>The only root to trust.</summary>
    public X509Certificate2Collection RootCertificates => _authority.Root;

    /// <summary>The same as text, for <c>--ca-file</c>.</summary>
    public string RootPem => _authority.RootPem;

    public LabDnsCounts DnsCounts => _dns.Counts;

    /// <summary>HTTP requests seen; connections that failed before HTTP are not among them.</summary>
    public long HttpRequests => _https.Requests;

    /// <summary>Connections that this system cannot play; empty on Linux.</summary>
    public IReadOnlyList<LabConnection> UnavailableConnections => _https.Unavailable;

    /// <summary>The first exception that the world threw or caused, null when all went well. A test of a world wants it null.</summary>
    public Exception? WorldError => _dns.WorldError;

    /// <param name="time">The clock of certificates, late answers, stalls and idle time-outs.</param>
    /// <exception cref="System.Net.Sockets.SocketException">No free port after many tries.</exception>
    public static async Task<LabHost> StartAsync(ILabWorld world, LabHostOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var authority = new LabCertificateAuthority(time);
        var dns = LabDnsServer.Start(world, options, time);
        try
        {
            return new LabHost(dns, await LabHttpsServer.StartAsync(world, authority, time, cancellationToken), authority);
        }
        catch
        {
            await dns.DisposeAsync();
            authority.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _https.DisposeAsync();
        await _dns.DisposeAsync();
        _authority.Dispose();
    }
}
