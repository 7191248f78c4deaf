using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.TestSupport;

/// <summary>A real recursive resolver (Unbound) on a free loopback port, which knows one server for everything.</summary>
public sealed class UnboundServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private UnboundServer(Process process, string folder, IPEndPoint endpoint) => (_process, _folder, Endpoint) = (process, folder, endpoint);

    public IPEndPoint Endpoint { get; }

    /// <summary>The program, or null where it is not installed: then the test skips by name.</summary>
    public static string? Program { get; } = ((string[])["/usr/sbin/unbound", "/usr/local/sbin/unbound"]).FirstOrDefault(File.Exists);

    /// <param name="authority">Who answers for the root and everything below it.</param>
    public static async Task<UnboundServer> StartAsync(IPEndPoint authority, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("unbound-").FullName;
        int port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "unbound.conf"), $"""
            server:
              interface: 127.0.0.1@{port}
              username: ""
              chroot: ""
              directory: "{folder}"
              pidfile: "{folder}/unbound.pid"
              use-syslog: no
              num-threads: 1
              module-config: "iterator"
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
        var process = Process.Start(new ProcessStartInfo(Program!, ["-d", "-c", Path.Combine(folder, "unbound.conf")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var log = new StringBuilder();
        process.ErrorDataReceived += (_, line) => log.AppendLine(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new UnboundServer(process, folder, new IPEndPoint(IPAddress.Loopback, port));
        for (int i = 0; i < 100 && !process.HasExited; i++)
        {
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
        throw new InvalidOperationException($"unbound did not start: {said}");
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
