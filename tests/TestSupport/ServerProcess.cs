using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.TestSupport;

/// <summary>A DNS server of somebody else's, run in the foreground on a loopback port with its files in a folder of its own; both are gone with it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private ServerProcess(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>Starts the program and waits, ten seconds at most, until it takes connections.</summary>
    /// <param name="folder">Deleted at the end.</param>
    /// <exception cref="InvalidOperationException">It does not; the message is what it said.</exception>
    public static async Task<ServerProcess> StartAsync(string program, string configuration, string folder, IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var process = Process.Start(new ProcessStartInfo(program, ["-d", "-c", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var log = new StringBuilder();
        process.ErrorDataReceived += (_, line) => log.AppendLine(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new ServerProcess(process, folder);
        for (int i = 0; i < 100 && !process.HasExited; i++)
        {
            using var tcp = new TcpClient();
            try
            {
                await tcp.ConnectAsync(endpoint, cancellationToken);
                return server;
            }
            catch (SocketException)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
        string said = log.ToString();
        await server.DisposeAsync();
        throw new InvalidOperationException($"{program} did not start: {said}");
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

    /// <summary>A loopback port that nobody uses now.</summary>
    public static IPEndPoint FreeEndpoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
