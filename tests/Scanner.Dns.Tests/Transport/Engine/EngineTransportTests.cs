using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Tests.Transport.Engine;

/// <summary>What the engine does beyond the contract, over both kinds of system calls.</summary>
public abstract class EngineTransportTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt);

    internal abstract EngineOptions Options { get; }

    [Fact]
    public async Task A_closed_port_is_seen_at_once()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var free = (IPEndPoint)socket.LocalEndPoint!;
        socket.Close();
        await using var transport = new EngineTransport(free, Options);
        long started = Stopwatch.GetTimestamp();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => transport.ExchangeAsync(Question, default, TimeSpan.FromSeconds(30), default).AsTask()));
        Assert.All(replies, r => Assert.Equal(TransportOutcome.NetworkError, r.Outcome));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(15), "half the time-out is no refusal");
        Assert.Equal((20, 0), (transport.Snapshot().NetworkErrors, transport.InFlight));
    }

    [Fact]
    public async Task A_capture_has_every_message_octet_for_octet_and_the_strangers_too()
    {
        var sent = new ConcurrentQueue<byte[]>();
        await using var responder = new LoopbackResponder(q =>
        {
            var answer = q.Reply().Txt("example.com", "x"u8.ToArray());
            var stranger = q.Reply();
            stranger.Name = "other.example";
            answer.Truncated = !q.OverTcp;
            byte[][] messages = q.OverTcp ? [answer.Bytes()] : [stranger.Bytes(), answer.Bytes()];
            foreach (byte[] message in messages) sent.Enqueue(message);
            return messages;
        });
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        var capture = new MessageCapture();
        var reply = await transport.ExchangeAsync(Question, new DnsQueryFlags(Capture: capture), Long, default);
        Assert.Equal((TransportOutcome.Answered, true), (reply.Outcome, reply.OverTcp));
        var messages = capture.Messages;
        // The question, a stranger's answer with the right ID, the truncated answer; and again over TCP.
        Assert.Equal([(true, false), (false, false), (false, false), (true, true), (false, true)], messages.Select(m => (m.Sent, m.OverTcp)));
        Assert.Equal(responder.Received.Select(q => Convert.ToHexString(q.Bytes)), messages.Where(m => m.Sent).Select(m => Convert.ToHexString(m.Octets)));
        Assert.Equal(sent.Select(Convert.ToHexString), messages.Where(m => !m.Sent).Select(m => Convert.ToHexString(m.Octets)));
        Assert.Equal(messages.Select(m => m.Timestamp).Order(), messages.Select(m => m.Timestamp));
    }

    [Fact]
    public async Task Source_ports_differ_and_change_during_the_run()
    {
        var ports = new ConcurrentDictionary<int, int>();
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var serving = ServeAsync();
        await using (var transport = new EngineTransport((IPEndPoint)server.LocalEndPoint!, Options with { Sockets = 4, SocketLifetime = TimeSpan.FromMilliseconds(200) }))
        {
            long started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1.5))
            {
                var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => transport.ExchangeAsync(Question, default, Long, default).AsTask()));
                Assert.All(replies, r => Assert.Equal(TransportOutcome.Answered, r.Outcome));
                await Task.Delay(5);
            }
        }
        server.Dispose();
        await serving;
        // Four sockets of 200 to 300 ms for 1.5 s: some 20 to 28 ports.
        Assert.InRange(ports.Count, 8, 60);
        Assert.DoesNotContain(ports.Keys, port => port < 1024);

        async Task ServeAsync()
        {
            byte[] buffer = new byte[2048];
            try
            {
                while (true)
                {
                    var received = await server.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                    ports.AddOrUpdate(((IPEndPoint)received.RemoteEndPoint).Port, 1, (_, n) => n + 1);
                    await server.SendToAsync(ReceivedQuery.Parse(buffer[..received.ReceivedBytes], overTcp: false).Reply(3).Bytes(), SocketFlags.None, received.RemoteEndPoint);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }

    [Fact]
    public async Task A_socket_that_is_replaced_still_hears_its_answers()
    {
        var answer = new TaskCompletionSource();
        await using var responder = new LoopbackResponder(q =>
        {
            if (q.Name == "slow.example") answer.Task.GetAwaiter().GetResult();
            return q.Reply(3);
        });
        await using var transport = new EngineTransport(responder.EndPoint, Options with { Sockets = 1, SocketLifetime = TimeSpan.FromMilliseconds(50) });
        var slow = transport.ExchangeAsync(new DnsQuestion("slow.example", DnsRecordType.A), default, Long, default).AsTask();
        while (responder.Received.IsEmpty) await Task.Delay(5);
        await Task.Delay(200);
        var quick = transport.ExchangeAsync(new DnsQuestion("quick.example", DnsRecordType.A), default, Long, default).AsTask();
        // Longer than a replaced socket is kept for late answers when nobody waits on it.
        await Task.Delay(4500);
        Assert.False(slow.IsCompleted);
        answer.SetResult();
        Assert.Equal((TransportOutcome.Answered, TransportOutcome.Answered), ((await slow).Outcome, (await quick).Outcome));
    }

    [Fact]
    public async Task A_datagram_too_long_for_the_buffer_goes_on_over_tcp()
    {
        await using var responder = new LoopbackResponder(q => q.Reply().Txt("example.com", [.. Enumerable.Repeat(new byte[255], 20)]));
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        var reply = await transport.ExchangeAsync(Question, default, Long, default);
        Assert.Equal((TransportOutcome.Answered, true), (reply.Outcome, reply.OverTcp));
        Assert.Equal(5100, Assert.IsType<TxtRecord>(Assert.Single(reply.Answers)).Text.Length);
    }

    [Fact]
    public async Task A_datagram_shorter_than_a_header_is_dropped()
    {
        await using var responder = new LoopbackResponder(q => (IEnumerable<byte[]>)[[], [1], q.Reply().Bytes()[..11], q.Reply(3).Bytes()]);
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        Assert.Equal(3, (await transport.ExchangeAsync(Question, default, Long, default)).Rcode);
        Assert.Equal((3, 1), (transport.Snapshot().Malformed, transport.Snapshot().Answered));
    }

    [Fact]
    public async Task Names_with_escapes_are_sent_as_their_octets()
    {
        await using var responder = new LoopbackResponder(q => q.Reply().Txt(q.Name, "x"u8.ToArray()));
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        var reply = await transport.ExchangeAsync(new DnsQuestion("a\\032b.example", DnsRecordType.Txt), default, Long, default);
        Assert.Equal("a\\032b.example", Assert.Single(reply.Answers).Owner);
        Assert.Equal("a b.example", Assert.Single(responder.Received).Name);
    }

    [Fact]
    public async Task Disposal_ends_what_is_open()
    {
        await using var responder = new LoopbackResponder(_ => Array.Empty<byte[]>());
        var transport = new EngineTransport(responder.EndPoint, Options);
        var asking = Enumerable.Range(0, 50).Select(i => transport.ExchangeAsync(Question, new DnsQueryFlags(Tcp: i % 2 == 0), TimeSpan.FromMinutes(5), default).AsTask()).ToArray();
        await transport.DisposeAsync();
        Assert.All(await Task.WhenAll(asking), r => Assert.Equal(TransportOutcome.NetworkError, r.Outcome));
        Assert.Equal(TransportOutcome.NetworkError, (await transport.ExchangeAsync(Question, default, Long, default)).Outcome);
        await transport.DisposeAsync();
    }

    [Fact]
    public async Task Cancelling_thousands_of_questions_leaves_nothing_behind()
    {
        await using var responder = new LoopbackResponder(q => q.Name.Contains('7', StringComparison.Ordinal) ? (IEnumerable<byte[]>)[q.Reply(3).Bytes()] : []);
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        for (int round = 0; round < 20; round++)
        {
            using var cancel = new CancellationTokenSource();
            var asking = Enumerable.Range(0, 200).Select(i => transport.ExchangeAsync(new DnsQuestion($"n{i}.example", DnsRecordType.A), default, Long, cancel.Token).AsTask()).ToArray();
            // Some are answered while they are cancelled.
            await Task.Delay(round);
            await cancel.CancelAsync();
            foreach (var task in asking)
            {
                try
                {
                    Assert.Equal(3, (await task).Rcode);
                }
                catch (OperationCanceledException e)
                {
                    Assert.Equal(cancel.Token, e.CancellationToken);
                }
            }
        }
        Assert.Equal(0, transport.InFlight);
    }

    [Fact]
    public async Task Counters_and_latencies()
    {
        await using var responder = new LoopbackResponder(q => q.Name == "silent.example" ? [] : (IEnumerable<byte[]>)[q.Reply(3).Bytes()]);
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        for (int i = 0; i < 10; i++) await transport.ExchangeAsync(Question, default, Long, default);
        await transport.ExchangeAsync(new DnsQuestion("silent.example", DnsRecordType.A), default, TimeSpan.FromMilliseconds(50), default);
        var seen = transport.Snapshot();
        Assert.Equal((11, 10, 1, 0), (seen.Sent, seen.Answered, seen.TimedOut, seen.Malformed));
        Assert.Equal(10, seen.Latency.Count);
        Assert.InRange(seen.Latency.Percentile(0.5)!.Value, 0.001, 10_000);
        Assert.True(seen.Latency.Percentile(0.5) <= seen.Latency.Percentile(0.99));
        if (OperatingSystem.IsLinux()) Assert.Equal(0, seen.KernelDrops);
        Assert.True(seen.ReceiveBuffer > 0);
    }

    /// <summary>The kernel's own count: a socket that nobody reads, with a small buffer, and more datagrams than fit.</summary>
    [Fact]
    public async Task Datagrams_dropped_by_the_kernel_are_counted()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("only Linux tells how many datagrams a socket lost");
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var transport = new EngineTransport((IPEndPoint)server.LocalEndPoint!, Options);
        using var channel = new UdpChannel(transport, receiveBuffer: 4096, window: 100, retireAt: long.MaxValue);
        channel.Socket.ReceiveBufferSize = 4096;
        for (int i = 0; i < 1000; i++) server.SendTo(new byte[500], new IPEndPoint(IPAddress.Loopback, channel.LocalPort));
        Assert.InRange(channel.KernelDrops!.Value, 900, 1000);
    }

    [Fact]
    public async Task An_address_that_cannot_be_reached_is_a_value()
    {
        // A discard prefix (RFC 6666): no route, or no IPv6 at all.
        await using var transport = new EngineTransport(new IPEndPoint(IPAddress.Parse("100::1"), 53), Options);
        var reply = await transport.ExchangeAsync(Question, default, TimeSpan.FromMilliseconds(300), default);
        Assert.True(reply.Outcome is TransportOutcome.NetworkError or TransportOutcome.Timeout);
        reply = await transport.ExchangeAsync(Question, new DnsQueryFlags(Tcp: true), TimeSpan.FromMilliseconds(300), default);
        Assert.True(reply.Outcome is TransportOutcome.NetworkError or TransportOutcome.Timeout);
    }
}

public sealed class PlainEngineTransportTests : EngineTransportTests
{
    internal override EngineOptions Options => new() { Batched = false };
}

public sealed class BatchedEngineTransportTests : EngineTransportTests
{
    internal override EngineOptions Options
    {
        get
        {
            if (!LinuxSockets.Available) Assert.Skip("needs sendmmsg and recvmmsg (64-bit Linux)");
            return new() { Batched = true };
        }
    }
}
