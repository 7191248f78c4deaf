using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Scanner.Dns;

namespace Scanner.Lab.Servers;

/// <summary>
/// Plays one full recursive resolver in front of an <see cref="ILabWorld"/>: UDP and TCP on one ephemeral port of 127.0.0.1.
/// </summary>
/// <remarks>
/// UDP is the hot path: plain blocking threads with their own buffers and one reused <see cref="SocketAddress"/>, because asynchronous
/// receives cost about 3 us more a packet. What must wait goes to a <see cref="LabDelayedSends"/>, never a sleeping thread.
/// </remarks>
public sealed class LabDnsServer : IAsyncDisposable
{
    private const int SocketBuffer = 4 << 20, MaxQueryLength = 4096, BindTries = 100;

    private readonly Socket _udp, _tcp;
    private readonly LabDnsResponder _responder;
    private readonly LabDelayedSends _late;
    private readonly LabDelayedSends? _delayed;
    private readonly LabDnsTally[] _udpTallies;
    private readonly LabDnsTally _tcpTally = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _tcpIdle;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private long _connections;

    private LabDnsServer(ILabWorld world, LabHostOptions options, TimeProvider time)
    {
        (_udp, _tcp) = Bind();
        Endpoint = (IPEndPoint)_udp.LocalEndPoint!;
        _responder = new LabDnsResponder(world, options.FaultRates);
        _late = new LabDelayedSends(_udp, LabDnsResponder.LateBy, time);
        if (options.AnswerDelay > TimeSpan.Zero) _delayed = new LabDelayedSends(_udp, options.AnswerDelay, time);
        (_time, _tcpIdle) = (time, options.TcpIdleTimeout);
        _udpTallies = new LabDnsTally[options.DnsThreads];
    }

    /// <summary>127.0.0.1 and the port of both UDP and TCP.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The first exception that the world threw or caused by what no message can hold; such queries got SERVFAIL.</summary>
    public Exception? WorldError => _responder.WorldError;

    /// <summary>What was seen until now.</summary>
    public LabDnsCounts Counts
    {
        get
        {
            var types = new Dictionary<DnsRecordType, long>();
            var rcodes = new Dictionary<int, long>();
            foreach (var tally in _udpTallies.Append(_tcpTally)) tally.AddTo(types, rcodes);
            return new LabDnsCounts
            {
                UdpQueries = _udpTallies.Sum(t => t.Queries),
                TcpQueries = _tcpTally.Queries,
                TcpConnections = Interlocked.Read(ref _connections),
                Dropped = _udpTallies.Sum(t => t.Dropped),
                Unanswered = _udpTallies.Sum(t => t.Unanswered) + _tcpTally.Unanswered,
                QueriesByType = types,
                AnswersByRcode = rcodes,
            };
        }
    }

    public static LabDnsServer Start(ILabWorld world, LabHostOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DnsThreads, 1);
        var server = new LabDnsServer(world, options, time);
        for (int i = 0; i < server._udpTallies.Length; i++)
        {
            var tally = server._udpTallies[i] = new LabDnsTally();
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            server._running.Add(ended.Task);
            new Thread(() => server.ReceiveDatagrams(tally, ended)) { IsBackground = true, Name = $"lab-dns-{i}" }.Start();
        }
        server._running.Add(server.AcceptAsync());
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _late.Dispose();
        _delayed?.Dispose();
        // A blocking receive is only woken by a packet; one each, in case the runtime does not wake them on Dispose.
        foreach (var _ in _udpTallies) _udp.SendTo([], SocketFlags.None, Endpoint);
        _tcp.Dispose();
        await Task.WhenAll(_running);
        _udp.Dispose();
        _stop.Dispose();
    }

    /// <summary>An ephemeral UDP port whose TCP twin is free too.</summary>
    private static (Socket Udp, Socket Tcp) Bind()
    {
        for (int attempt = 1; ; attempt++)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            {
                // The system grants what it allows; too small a buffer loses queries in bursts, which looks like a bad network.
                ReceiveBufferSize = SocketBuffer,
                SendBufferSize = SocketBuffer,
            };
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen(512);
                return (udp, tcp);
            }
            catch (SocketException) when (attempt < BindTries)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private void ReceiveDatagrams(LabDnsTally tally, TaskCompletionSource ended)
    {
        byte[] input = new byte[MaxQueryLength], output = new byte[LabDnsResponder.OutputLength];
        var client = new SocketAddress(AddressFamily.InterNetwork);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                int length = _udp.ReceiveFrom(input, SocketFlags.None, client);
                if (_stop.IsCancellationRequested) break;
                var reply = _responder.Reply(input.AsSpan(0, length), tcp: false, output, tally);
                if (reply.Action == LabDnsAction.Send)
                {
                    Send(output.AsSpan(0, reply.First), client);
                    if (reply.Second > 0) Send(output.AsSpan(reply.First + LabDnsResponder.Gap, reply.Second), client);
                }
                else if (reply.Action == LabDnsAction.SendLate)
                {
                    _late.Add(output.AsSpan(0, reply.First), client);
                }
            }
            catch (SocketException)
            {
                // An ICMP message for a client that has gone (Windows reports it here), or a full queue: UDP may lose packets.
            }
        }
        ended.SetResult();
    }

    private void Send(ReadOnlySpan<byte> message, SocketAddress client)
    {
        if (_delayed is null) _udp.SendTo(message, SocketFlags.None, client);
        else _delayed.Add(message, client);
    }

    private async Task AcceptAsync()
    {
        var connections = new HashSet<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var connection = await _tcp.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                connections.RemoveWhere(c => c.IsCompleted);
                connections.Add(ServeAsync(connection));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                break;
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted.
            }
        }
        await Task.WhenAll(connections);
    }

    /// <summary>Queries of one connection, in order, until the client closes or is idle too long (RFC 7766 §6.2.1, §6.2.3).</summary>
    private async Task ServeAsync(Socket connection)
    {
        byte[] input = ArrayPool<byte>.Shared.Rent(MaxQueryLength);
        byte[] output = ArrayPool<byte>.Shared.Rent(LabDnsResponder.Gap + LabDnsResponder.OutputLength);
        using (connection)
        using (var idle = new CancellationTokenSource(_tcpIdle, _time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, _stop.Token))
        {
            try
            {
                connection.NoDelay = true;
                // RFC 7766 §8: a length of two octets before each message.
                while (await FillAsync(connection, input.AsMemory(0, 2), either.Token))
                {
                    int length = BinaryPrimitives.ReadUInt16BigEndian(input);
                    if (length > MaxQueryLength || !await FillAsync(connection, input.AsMemory(0, length), either.Token)) break;
                    idle.CancelAfter(Timeout.InfiniteTimeSpan);
                    if (!await AnswerAsync(connection, input.AsMemory(0, length), output)) break;
                    idle.CancelAfter(_tcpIdle);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                // Idle, the lab's end, or a client that reset: either way the connection is over.
            }
        }
        ArrayPool<byte>.Shared.Return(input);
        ArrayPool<byte>.Shared.Return(output);
    }

    /// <returns>False when the connection is to be closed.</returns>
    private async ValueTask<bool> AnswerAsync(Socket connection, ReadOnlyMemory<byte> query, byte[] output)
    {
        const int Gap = LabDnsResponder.Gap;
        var reply = _responder.Reply(query.Span, tcp: true, output.AsSpan(Gap), _tcpTally);
        if (reply.Action == LabDnsAction.Close) return false;
        if (reply.Action == LabDnsAction.None) return true;
        if (reply.Action == LabDnsAction.SendLate) await Task.Delay(LabDnsResponder.LateBy, _time, _stop.Token);
        BinaryPrimitives.WriteUInt16BigEndian(output, (ushort)reply.First);
        int total = Gap + reply.First;
        if (reply.Second > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(output.AsSpan(total), (ushort)reply.Second);
            total += Gap + reply.Second;
        }
        for (int sent = 0; sent < total;) sent += await connection.SendAsync(output.AsMemory(sent, total - sent), _stop.Token);
        return true;
    }

    /// <returns>False when the client closed first.</returns>
    private static async ValueTask<bool> FillAsync(Socket connection, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            int read = await connection.ReceiveAsync(buffer, cancellationToken);
            if (read == 0) return false;
            buffer = buffer[read..];
        }
        return true;
    }
}
