using System.Globalization;
using System.Net;
using System.Text;

namespace Scanner.TestSupport;

/// <summary>A real authoritative name server (NSD) on a free loopback port: for the root with everything below it, or for zones that come whole.</summary>
public sealed class NsdServer : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private NsdServer(ServerProcess process, IPEndPoint endpoint) => (_process, Endpoint) = (process, endpoint);

    public IPEndPoint Endpoint { get; }

    /// <summary>The program, or null where it is not installed: then the test skips by name.</summary>
    public static string? Program { get; } = ServerProcess.Find("nsd");

    /// <param name="zone">Records in master-file form below the root; SOA and NS are added.</param>
    public static Task<NsdServer> StartAsync(string zone, CancellationToken cancellationToken) => StartAsync(
        new Dictionary<string, string> { ["."] = "$ORIGIN .\n$TTL 3600\n@ SOA ns. hostmaster. 1 3600 900 86400 900\n@ NS ns.\nns. A 127.0.0.1\n" + zone }, cancellationToken);

    /// <param name="zones">Whole master files by the name of their zone.</param>
    public static async Task<NsdServer> StartAsync(IReadOnlyDictionary<string, string> zones, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("nsd-").FullName;
        var endpoint = ServerProcess.FreeEndpoint();
        var names = new StringBuilder();
        int number = 0;
        foreach (var (name, text) in zones)
        {
            string file = $"{number++}.zone";
            await File.WriteAllTextAsync(Path.Combine(folder, file), text, Encoding.ASCII, cancellationToken);
            names.AppendLine(CultureInfo.InvariantCulture, $"zone:\n  name: \"{name}\"\n  zonefile: \"{file}\"");
        }
        await File.WriteAllTextAsync(Path.Combine(folder, "nsd.conf"), $"""
            server:
              ip-address: 127.0.0.1@{endpoint.Port}
              username: ""
              chroot: ""
              zonesdir: "{folder}"
              pidfile: "{folder}/nsd.pid"
              database: ""
              xfrdfile: "{folder}/xfrd.state"
              zonelistfile: "{folder}/zone.list"
              xfrdir: "{folder}"
              server-count: 1
              # NSD answers the same client at most 200 times a second by default where response rate limiting is compiled in.
              rrl-ratelimit: 0
              rrl-whitelist-ratelimit: 0
            remote-control:
              control-enable: no
            {names}
            """, cancellationToken);
        return new NsdServer(await ServerProcess.StartAsync(Program!, ["-d", "-c", Path.Combine(folder, "nsd.conf")], endpoint, cancellationToken, folder), endpoint);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
