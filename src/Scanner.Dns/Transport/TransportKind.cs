using System.Net;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Transport;

/// <summary>What carries the questions. The words are those of <c>--transport</c>.</summary>
public enum TransportKind : byte
{
    /// <summary>Our own: batched system calls on Linux, plain sockets elsewhere.</summary>
    Engine = 0,
    /// <summary>The library DnsClient.NET: slower, and written by somebody else, so good for comparing.</summary>
    DnsClient = 1,
}

/// <summary>Makes the transports that <see cref="ResolverOptions.Transport"/> names.</summary>
public static class DnsTransports
{
    /// <summary>One transport for each resolver.</summary>
    public static IReadOnlyList<IDnsTransport> Create(IEnumerable<IPEndPoint> resolvers, ResolverOptions options) =>
        [.. resolvers.Select(IDnsTransport (server) => options.Transport switch
        {
            TransportKind.Engine => new EngineTransport(server, new EngineOptions { Window = options.InFlight }),
            TransportKind.DnsClient => new DnsClientTransport(server),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Transport, null),
        })];
}
