using System.Net;
using System.Net.Sockets;

namespace Scanner.Lab.Servers;

/// <summary>
/// The addresses of <see cref="LabAddresses"/> where something goes wrong below HTTP, all on the port that the HTTPS server has too.
/// </summary>
internal sealed class LabBrokenListeners : IAsyncDisposable
{
    private const int BindTries = 100;

    // Fatal alerts in plain text: type 21, version, length 2, level 2, description (RFC 8446 §6; RFC 5246 §7.2).
    private static readonly byte[] ProtocolVersion = [21, 3, 1, 0, 2, 2, 70];
    private static readonly byte[] UnrecognizedName = [21, 3, 3, 0, 2, 2, 112];

    private readonly Dictionary<LabConnection, Socket> _sockets = [];
    private readonly List<Socket> _backlog = [];
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _stop = new();

    private LabBrokenListeners()
    {
    }

    /// <summary>Bound to 127.0.0.1 and the common port, not yet listening; the HTTPS server takes it over.</summary>
    public Socket Https => _sockets[LabConnection.Https];

    /// <summary>Bound to ::1 and the common port; null where there is no IPv6.</summary>
    public Socket? HttpsV6 { get; private set; }

    /// <summary>Connections that this system cannot play, such as addresses other than 127.0.0.1 on a Mac.</summary>
    public List<LabConnection> Unavailable { get; } = [];

    public static async Task<LabBrokenListeners> StartAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var listeners = new LabBrokenListeners();
            try
            {
                listeners.BindAll();
                await listeners.ListenAsync(cancellationToken);
                return listeners;
            }
            catch (SocketException) when (attempt < BindTries)
            {
                // Somebody has this port on one of the addresses: take another.
                listeners.Https.Dispose();
                listeners.HttpsV6?.Dispose();
                await listeners.DisposeAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        foreach (var socket in _backlog) socket.Dispose();
        foreach (var (connection, socket) in _sockets)
        {
            if (connection != LabConnection.Https) socket.Dispose();
        }
        _stop.Dispose();
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private void BindAll()
    {
        int port = 0;
        // Refused is bound as well, without listening: connections are refused, and nobody else can take the place.
        foreach (var connection in (LabConnection[])[LabConnection.Https, LabConnection.Refused, LabConnection.ConnectTimeout,
            LabConnection.TlsStall, LabConnection.TlsReset, LabConnection.OldTls, LabConnection.TlsAlert])
        {
            var socket = NewSocket();
            if (connection == LabConnection.Https) _sockets[connection] = socket;
            try
            {
                socket.Bind(new IPEndPoint(LabAddresses.Of(connection), port));
            }
            catch (SocketException error)
            {
                if (connection != LabConnection.Https) socket.Dispose();
                if (error.SocketErrorCode != SocketError.AddressNotAvailable) throw;
                Unavailable.Add(connection);
                continue;
            }
            _sockets[connection] = socket;
            port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        if (!LabAddresses.Ipv6Works) return;
        HttpsV6 = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = false };
        HttpsV6.Bind(new IPEndPoint(IPAddress.IPv6Loopback, port));
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        foreach (var (connection, socket) in _sockets)
        {
            Func<Socket, Task>? serve = connection switch
            {
                LabConnection.TlsStall => StallAsync,
                LabConnection.TlsReset => ResetAsync,
                LabConnection.OldTls => client => AlertAsync(client, ProtocolVersion),
                LabConnection.TlsAlert => client => AlertAsync(client, UnrecognizedName),
                _ => null,
            };
            if (serve is null) continue;
            socket.Listen(512);
            _running.Add(AcceptAsync(socket, serve));
        }
        if (_sockets.TryGetValue(LabConnection.ConnectTimeout, out var full))
        {
            full.Listen(0);
            if (!await FillBacklogAsync(full.LocalEndPoint!, cancellationToken)) Unavailable.Add(LabConnection.ConnectTimeout);
        }
    }

    /// <summary>Takes the places of a queue that nobody accepts from, until a connection hangs: from then on the system drops every
    /// further SYN, silently. False when that never happens here.</summary>
    private async Task<bool> FillBacklogAsync(EndPoint listener, CancellationToken cancellationToken)
    {
        for (int i = 0; i < 8; i++)
        {
            var filler = NewSocket();
            _backlog.Add(filler);
            filler.Blocking = false;
            try
            {
                filler.Connect(listener);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // Loopback completes a connection inside connect() or just behind it. Asked of the kernel, not of the thread pool: on a
                // busy machine the news would come late. The real clock, whatever the lab's is: this waits for the kernel.
                for (int wait = 0; !filler.Poll(0, SelectMode.SelectWrite); wait++)
                {
                    if (wait == 5) return true;
                    await Task.Delay(10, cancellationToken);
                }
            }
        }
        return false;
    }

    private async Task AcceptAsync(Socket listener, Func<Socket, Task> serve)
    {
        var clients = new HashSet<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptAsync(_stop.Token);
                clients.RemoveWhere(c => c.IsCompleted);
                clients.Add(ServeAsync(client, serve));
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted.
            }
        }
        await Task.WhenAll(clients);
    }

    private static async Task ServeAsync(Socket client, Func<Socket, Task> serve)
    {
        using (client)
        {
            try
            {
                await serve(client);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // The client broke off, or the lab ends.
            }
        }
    }

    /// <summary>Reads whatever comes until the client gives up.</summary>
    private async Task StallAsync(Socket client)
    {
        byte[] buffer = new byte[2048];
        while (await client.ReceiveAsync(buffer, _stop.Token) > 0)
        {
        }
    }

    private async Task ResetAsync(Socket client)
    {
        await ReadClientHelloAsync(client);
        // Closing with linger 0 sends RST instead of FIN.
        client.LingerState = new LingerOption(true, 0);
    }

    private async Task AlertAsync(Socket client, byte[] alert)
    {
        await ReadClientHelloAsync(client);
        await client.SendAsync(alert, _stop.Token);
        client.Shutdown(SocketShutdown.Send);
        // Unread octets at closing would turn the close into a reset, and the client might never see the alert.
        await StallAsync(client);
    }

    /// <summary>The first TLS record: five octets of header, the last two of them the length of the rest (RFC 8446 §5.1).</summary>
    private async Task ReadClientHelloAsync(Socket client)
    {
        byte[] record = new byte[5 + 0x4000];
        int read = 0, wanted = 5;
        while (read < wanted)
        {
            int more = await client.ReceiveAsync(record.AsMemory(read, wanted - read), _stop.Token);
            if (more == 0) return;
            read += more;
            if (read == 5) wanted = Math.Min(record.Length, 5 + (record[3] << 8 | record[4]));
        }
    }
}
