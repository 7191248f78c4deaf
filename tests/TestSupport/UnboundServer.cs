using System.Net;

namespace Scanner.TestSupport;

/// <summary>A real recursive resolver (Unbound) on a free loopback port, which knows one server for everything.</summary>
public sealed class UnboundServer : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private UnboundServer(ServerProcess process, IPEndPoint endpoint) => (_process, Endpoint) = (process, endpoint);

    public IPEndPoint Endpoint { get; }

    /// <summary>The program, or null where it is not installed: then the test skips by name.</summary>
    public static string? Program { get; } = ServerProcess.Find("unbound");

    /// <param name="authority">Who answers for the root and everything below it.</param>
    /// <param name="trustAnchor">A DNSKEY or DS record: what lies at and below its name is validated. Null for no validation at all.</param>
    public static async Task<UnboundServer> StartAsync(IPEndPoint authority, CancellationToken cancellationToken, string? trustAnchor = null)
    {
        string validation = trustAnchor is null ? "module-config: \"iterator\"" : $"module-config: \"validator iterator\"\n  trust-anchor: \"{trustAnchor.Trim()}\"";
        string folder = Directory.CreateTempSubdirectory("unbound-").FullName;
        var endpoint = ServerProcess.FreeEndpoint();
        await File.WriteAllTextAsync(Path.Combine(folder, "unbound.conf"), $"""
            server:
              interface: 127.0.0.1@{endpoint.Port}
              username: ""
              chroot: ""
              directory: "{folder}"
              pidfile: "{folder}/unbound.pid"
              use-syslog: no
              num-threads: 1
              {validation}
              do-not-query-localhost: no
              rrset-roundrobin: no
              qname-minimisation: no
              incoming-num-tcp: 50
            remote-control:
              control-enable: no
            forward-zone:
              name: "."
              forward-addr: {authority.Address}@{authority.Port}
            """, cancellationToken);
        return new UnboundServer(await ServerProcess.StartAsync(Program!, ["-d", "-c", Path.Combine(folder, "unbound.conf")], endpoint, cancellationToken, folder), endpoint);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
