using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.TestSupport;

/// <summary>A real authoritative name server (NSD) on a free loopback port, serving one zone: the root with everything below it.</summary>
public sealed class NsdServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private NsdServer(Process process, string folder, IPEndPoint endpoint) => (_process, _folder, Endpoint) = (process, folder, endpoint);

    public IPEndPoint Endpoint { get; }

    /// <summary>The program, or null where it is not installed: then the test skips by name.</summary>
    public static string? Program { get; } = ((string[])["/usr/sbin/nsd", "/usr/local/sbin/nsd"]).FirstOrDefault(File.Exists);

    /// <param name="zone">Records in master-file form below the root; SOA and NS are added.</param>
    public static async Task<NsdServer> StartAsync(string zone, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("nsd-").FullName;
        int port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "root.zone"), "$ORIGIN .\n$TTL 3600\n@ SOA ns. hostmaster. 1 3600 900 86400 900\n@ NS ns.\nns. A 127.0.0.1\n" + zone, Encoding.ASCII, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "nsd.conf"), $"""
            server:
              ip-address: 127.0.0.1@{port}
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
            zone:
              name: "."
              zonefile: "root.zone"
            """, cancellationToken);
        var process = Process.Start(new ProcessStartInfo(Program!, ["-d", "-c", Path.Combine(folder, "nsd.conf")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var log = new StringBuilder();
        process.ErrorDataReceived += (_, line) => log.AppendLine(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new NsdServer(process, folder, new IPEndPoint(IPAddress.Loopback, port));
        for (int i = 0; i < 100; i++)
        {
            if (process.HasExited) break;
            using var tcp = new TcpClient();
            try
            {
                await tcp.ConnectAsync(server.Endpoint, cancellationToken);
                return server;
            }
            catch (SocketException)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
        string said = log.ToString();
        await server.DisposeAsync();
        throw new InvalidOperationException($"nsd did not start: {said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
