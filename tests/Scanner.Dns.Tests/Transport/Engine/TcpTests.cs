using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Tests.Transport.Engine;

/// <summary>Connections reused, pipelined, answered out of order, limited, closed when idle, and broken in the middle (RFC 7766).</summary>
public sealed class TcpTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(15);
    private static readonly DnsQueryFlags OverTcp = new(Tcp: true);

    [Fact]
    public async Task Many_questions_share_one_connection_and_are_answered_in_any_order()
    {
        // Blocks of 10, the last question first.
        await using var server = new TcpServer { BlockSize = 10 };
        await using var transport = new EngineTransport(server.EndPoint, new EngineOptions { TcpConnections = 1 });
        await AskAllAsync(transport, 200);
        Assert.Equal(1, server.Connections);
        Assert.Equal((200, 1), (transport.Snapshot().OverTcp, transport.Snapshot().TcpConnections));
    }

    [Fact]
    public async Task No_more_connections_than_allowed()
    {
        await using var server = new TcpServer();
        await using var transport = new EngineTransport(server.EndPoint, new EngineOptions { TcpConnections = 3 });
        await AskAllAsync(transport, 500);
        Assert.InRange(server.Connections, 1, 3);
    }

    [Fact]
    public async Task One_after_the_other_over_one_connection_that_closes_when_idle()
    {
        await using var server = new TcpServer();
        await using var transport = new EngineTransport(server.EndPoint, new EngineOptions { TcpIdle = TimeSpan.FromSeconds(1) });
        for (int i = 0; i < 20; i++) Assert.Equal(TransportOutcome.Answered, (await AskAsync(transport, $"n{i}.example")).Outcome);
        Assert.Equal((1, 1), (server.Connections, server.Open));
        for (int i = 0; i < 100 && server.Open > 0; i++) await Task.Delay(100);
        Assert.Equal(0, server.Open);
        Assert.Equal(TransportOutcome.Answered, (await AskAsync(transport, "again.example")).Outcome);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task A_connection_that_the_server_closed_is_replaced_without_a_loss()
    {
        await using var server = new TcpServer { CloseAfter = 3 };
        await using var transport = new EngineTransport(server.EndPoint, new EngineOptions { TcpConnections = 1 });
        // Every third answer is the last of its connection; questions sent on it meanwhile go to the next one, which may happen to them again.
        for (int round = 0; round < 10; round++)
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => AskAsync(transport, $"n{i}.example")));
            Assert.All(replies, r => Assert.True(r.Outcome == TransportOutcome.Answered, r.ErrorText));
        }
        Assert.True(server.Connections >= 10);
    }

    // A question at which the server hangs up takes the others on its connection with it: they have their answers over another.
    [Fact]
    public async Task A_question_at_which_the_server_closes_costs_no_other_its_answer()
    {
        await using var server = new TcpServer { ClosesAt = "bad.example" };
        await using var transport = new EngineTransport(server.EndPoint);
        var bad = AskAsync(transport, "bad.example");
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => AskAsync(transport, $"n{i}.example")));
        Assert.All(replies, r => Assert.True(r.Outcome == TransportOutcome.Answered, r.ErrorText));
        Assert.Equal(TransportOutcome.NetworkError, (await bad).Outcome);
        Assert.InRange(server.Connections, 2, 20);
    }

    [Fact]
    public async Task Answers_to_other_questions_are_dropped()
    {
        await using var server = new TcpServer { Forge = true };
        await using var transport = new EngineTransport(server.EndPoint);
        var reply = await AskAsync(transport, "n.example");
        Assert.Equal("n.example", Assert.IsType<TxtRecord>(Assert.Single(reply.Answers)).Text);
        Assert.Equal((1, 1, 1), (transport.Snapshot().Unexpected, transport.Snapshot().Mismatched, transport.Snapshot().Malformed));
    }

    [Fact]
    public async Task Silence_over_tcp_ends_at_the_deadline_and_the_connection_is_left()
    {
        await using var server = new TcpServer { Silent = true };
        await using var transport = new EngineTransport(server.EndPoint);
        var reply = await transport.ExchangeAsync(new DnsQuestion("n.example", DnsRecordType.A), OverTcp, TimeSpan.FromMilliseconds(200), default);
        Assert.Equal(TransportOutcome.Timeout, reply.Outcome);
        for (int i = 0; i < 100 && server.Open > 0; i++) await Task.Delay(100);
        Assert.Equal(0, server.Open);
        server.Silent = false;
        Assert.Equal(TransportOutcome.Answered, (await AskAsync(transport, "n.example")).Outcome);
    }

    [Fact]
    public async Task Messages_in_pieces()
    {
        await using var server = new TcpServer { PieceSize = 3 };
        await using var transport = new EngineTransport(server.EndPoint, new EngineOptions { TcpConnections = 1 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => AskAsync(transport, $"n{i}.example")));
        Assert.All(replies, r => Assert.Equal(TransportOutcome.Answered, r.Outcome));
    }

    [Fact]
    public async Task A_message_of_64_kilobytes()
    {
        await using var server = new TcpServer { Padding = 250 };
        await using var transport = new EngineTransport(server.EndPoint);
        var reply = await AskAsync(transport, "n.example");
        Assert.Equal(251, reply.Answers.Count);
    }

    private static async Task AskAllAsync(EngineTransport transport, int count)
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, count).Select(i => AskAsync(transport, $"n{i}.example")));
        for (int i = 0; i < count; i++) Assert.Equal($"n{i}.example", Assert.IsType<TxtRecord>(Assert.Single(replies[i].Answers)).Text);
    }

    private static Task<DnsReply> AskAsync(EngineTransport transport, string name) =>
        transport.ExchangeAsync(new DnsQuestion(name, DnsRecordType.Txt), OverTcp, Long, default).AsTask();

    /// <summary>Answers each question with a TXT record of its name, in the ways that a test sets.</summary>
    private sealed class TcpServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _loop;
        private int _connections;
        private int _open;

        public TcpServer()
        {
            _listener.Start();
            _loop = AcceptAsync();
        }

        public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

        public int BlockSize { get; init; } = 1;

        public int CloseAfter { get; init; } = int.MaxValue;

        /// <summary>Closes without a word when it is asked this.</summary>
        public string? ClosesAt { get; init; }

        public bool Forge { get; init; }

        public bool Silent { get; set; }

        public int PieceSize { get; init; } = int.MaxValue;

        public int Padding { get; init; }

        public int Connections => Volatile.Read(ref _connections);

        public int Open => Volatile.Read(ref _open);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Dispose();
            await _loop;
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            var connections = new List<Task>();
            try
            {
                while (true) connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                // The test is over.
            }
            await Task.WhenAll(connections);
        }

        private async Task ServeAsync(Socket socket)
        {
            Interlocked.Increment(ref _connections);
            Interlocked.Increment(ref _open);
            using var connection = socket;
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket);
            var block = new List<ReceivedQuery>();
            byte[] length = new byte[2];
            try
            {
                for (int answers = 0; answers < CloseAfter;)
                {
                    await stream.ReadExactlyAsync(length, _stop.Token);
                    byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                    await stream.ReadExactlyAsync(message, _stop.Token);
                    block.Add(ReceivedQuery.Parse(message, overTcp: true));
                    if (block[^1].Name == ClosesAt) break;
                    if (Silent || block.Count < BlockSize) continue;
                    block.Reverse();
                    foreach (var query in block.Take(CloseAfter - answers)) await AnswerAsync(stream, query);
                    answers += block.Count;
                    block.Clear();
                }
                // Closing with questions unread would reset the connection, and take answers with it that are still on their way.
                socket.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(length, _stop.Token) > 0)
                {
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has left, or the test is over.
            }
            finally
            {
                Interlocked.Decrement(ref _open);
            }
        }

        private async Task AnswerAsync(NetworkStream stream, ReceivedQuery query)
        {
            if (Forge)
            {
                var otherId = query.Reply().Txt(query.Name, "forged"u8.ToArray());
                otherId.Id ^= 1;
                var otherName = query.Reply().Txt(query.Name, "forged"u8.ToArray());
                otherName.Name = "m.example";
                foreach (byte[] forged in (byte[][])[otherId.Bytes(), otherName.Bytes(), [1, 2, 3]]) await SendAsync(stream, forged);
            }
            var reply = query.Reply().Txt(query.Name, Encoding.ASCII.GetBytes(query.Name));
            for (int i = 0; i < Padding; i++) reply.Txt(query.Name, new byte[240]);
            await SendAsync(stream, reply.Bytes());
        }

        private async Task SendAsync(NetworkStream stream, byte[] message)
        {
            byte[] framed = [(byte)(message.Length >> 8), (byte)message.Length, .. message];
            for (int at = 0; at < framed.Length; at += PieceSize)
            {
                await stream.WriteAsync(framed.AsMemory(at, Math.Min(PieceSize, framed.Length - at)), _stop.Token);
                if (PieceSize < int.MaxValue) await Task.Yield();
                if (PieceSize == int.MaxValue) return;
            }
        }
    }
}
