using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.TestSupport;

/// <summary>A server that is not ours, as a child process in the foreground on a loopback port, until disposed.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string? _folder;

    private ServerProcess(Process process, string? folder) => (_process, _folder) = (process, folder);

    /// <summary>The program's path, or null where it is not installed: then the test skips by name.</summary>
    public static string? Find(string program) =>
        ((string[])["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Starts the program and waits, ten seconds at most, until it takes connections.</summary>
    /// <param name="folder">Deleted at the end; null for none.</param>
    /// <exception cref="InvalidOperationException">It does not; the message is what it said.</exception>
    public static async Task<ServerProcess> StartAsync(
        string program, string[] arguments, IPEndPoint endpoint, CancellationToken cancellationToken, string? folder = null)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true })!;
        var log = new StringBuilder();
        process.ErrorDataReceived += (_, line) => log.AppendLine(line.Data);
        process.OutputDataReceived += (_, line) => log.AppendLine(line.Data);
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
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A loopback port that nobody uses now.</summary>
    public static IPEndPoint FreeEndpoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
