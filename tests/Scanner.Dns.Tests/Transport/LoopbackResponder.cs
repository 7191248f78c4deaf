using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Scanner.Dns.Tests.Transport;

/// <summary>A server on 127.0.0.1, UDP and TCP on one port, that sends the octets a test tells it to.</summary>
internal sealed class LoopbackResponder : IAsyncDisposable
{
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener? _tcp;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<ReceivedQuery, IEnumerable<byte[]>> _answer;
    private readonly Task _udpLoop;
    private readonly Task _tcpLoop;

    /// <param name="answer">The datagrams to send for a query, or over TCP the messages; none is silence, over TCP a closed connection.</param>
    /// <param name="withTcp">False: TCP connections are refused.</param>
    public LoopbackResponder(Func<ReceivedQuery, IEnumerable<byte[]>> answer, bool withTcp = true)
    {
        _answer = answer;
        while (true)
        {
            _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            EndPoint = (IPEndPoint)_udp.LocalEndPoint!;
            if (!withTcp) break;
            try
            {
                _tcp = new TcpListener(EndPoint);
                _tcp.Start();
                break;
            }
            catch (SocketException)
            {
                // Somebody has the TCP port of that number.
                _udp.Dispose();
                _udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            }
        }
        _udpLoop = UdpAsync();
        _tcpLoop = _tcp is null ? Task.CompletedTask : TcpAsync(_tcp);
    }

    public LoopbackResponder(Func<ReceivedQuery, DnsMessage> answer, bool withTcp = true) : this(q => [answer(q).Bytes()], withTcp)
    {
    }

    public IPEndPoint EndPoint { get; }

    public ConcurrentQueue<ReceivedQuery> Received { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp?.Dispose();
        await _udpLoop;
        await _tcpLoop;
        _stop.Dispose();
    }

    private async Task UdpAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                var query = ReceivedQuery.Parse(buffer[..received.ReceivedBytes], overTcp: false);
                Received.Enqueue(query);
                foreach (byte[] datagram in _answer(query)) await _udp.SendToAsync(datagram, SocketFlags.None, received.RemoteEndPoint, _stop.Token);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The test is over, and the sockets are gone.
        }
    }

    private async Task TcpAsync(TcpListener listener)
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The test is over, and the sockets are gone.
        }
        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = socket;
        await using var stream = new NetworkStream(socket);
        byte[] length = new byte[2];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(length, _stop.Token);
                byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(message, _stop.Token);
                var query = ReceivedQuery.Parse(message, overTcp: true);
                Received.Enqueue(query);
                byte[][] replies = [.. _answer(query)];
                if (replies.Length == 0) return;
                foreach (byte[] reply in replies) await stream.WriteAsync((byte[])[(byte)(reply.Length >> 8), (byte)reply.Length, .. reply], _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has left, or the test is over.
        }
    }
}
