using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.Tests.RealServers;

/// <summary>A server that is not ours, as a child process on a loopback port, until disposed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>The program's path, or null where it is not installed: then the test skips by name.</summary>
    public static string? Find(string program) =>
        ((string[])["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Starts it and waits until its port takes connections.</summary>
    public static async Task<ServerProcess> StartAsync(string program, string[] arguments, int port, CancellationToken cancellationToken)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true })!;
        var log = new StringBuilder();
        process.ErrorDataReceived += (_, line) => log.AppendLine(line.Data);
        process.OutputDataReceived += (_, line) => log.AppendLine(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new ServerProcess(process);
        for (int i = 0; i < 100 && !process.HasExited; i++)
        {
            using var tcp = new TcpClient();
            try
            {
                await tcp.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
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
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
