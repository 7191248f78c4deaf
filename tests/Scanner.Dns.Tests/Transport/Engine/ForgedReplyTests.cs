using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scanner.Dns.Tests.Wire;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Tests.Transport.Engine;

/// <summary>Answers that are not to our question: floods of forged ones, and old ones to a question given up (RFC 5452 §9.1).</summary>
public abstract class ForgedReplyTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    internal abstract EngineOptions Options { get; }

    [Fact]
    public async Task None_of_a_flood_is_accepted()
    {
        const int Flood = 20_000;
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var transport = new EngineTransport((IPEndPoint)server.LocalEndPoint!, Options);
        string[] names = [.. Enumerable.Range(0, 50).Select(i => $"n{i}.example")];
        var asking = names.Select(name => transport.ExchangeAsync(new DnsQuestion(name, DnsRecordType.Txt), default, Long, default).AsTask()).ToArray();
        var queries = new List<(ReceivedQuery Query, EndPoint From)>();
        byte[] buffer = new byte[2048];
        while (queries.Count < names.Length)
        {
            var received = await server.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
            queries.Add((ReceivedQuery.Parse(buffer[..received.ReceivedBytes], overTcp: false), received.RemoteEndPoint));
        }

        var open = queries.GroupBy(q => ((IPEndPoint)q.From).Port).ToDictionary(g => g.Key, g => g.Select(q => q.Query.Id).ToHashSet());
        var random = new Random(1);
        long wrongQuestion = 0;
        long wrongId = 0;
        for (int i = 0; i < Flood; i++)
        {
            var (query, from) = queries[random.Next(queries.Count)];
            var forged = query.Reply();
            switch (i % 4)
            {
                case 0: // right ID, wrong question
                    forged.Name = "n" + query.Name;
                    wrongQuestion++;
                    break;
                case 1: // right question, wrong ID
                    do forged.Id = (ushort)random.Next(65536);
                    while (open[((IPEndPoint)from).Port].Contains(forged.Id));
                    wrongId++;
                    break;
                case 2: // all right, but from somebody else
                    stranger.SendTo(forged.Txt(query.Name, "forged"u8.ToArray()).Bytes(), from);
                    continue;
                default: // right ID and name, wrong type
                    byte[] other = forged.Txt(query.Name, "forged"u8.ToArray()).Bytes();
                    other[12 + query.Name.Length + 2 + 1] = 15;
                    server.SendTo(other, from);
                    wrongQuestion++;
                    continue;
            }
            server.SendTo(forged.Txt(query.Name, "forged"u8.ToArray()).Bytes(), from);
            // The receiver's buffer must not overflow, or the flood would pass it by.
            if (i % 200 == 0) await Task.Delay(1);
        }
        // Everything is drained before the true answers come.
        await UntilAsync(() => transport.Snapshot() is var s && s.Mismatched + s.Unexpected + s.KernelDrops >= wrongQuestion + wrongId);
        Assert.DoesNotContain(asking, task => task.IsCompleted);

        foreach (var (query, from) in queries) server.SendTo(query.Reply().Txt(query.Name, System.Text.Encoding.ASCII.GetBytes(query.Name)).Bytes(), from);
        var replies = await Task.WhenAll(asking);
        Assert.Equal(names, replies.Select(r => Assert.IsType<TxtRecord>(Assert.Single(r.Answers)).Text));
        var seen = transport.Snapshot();
        Assert.Equal(0, seen.KernelDrops ?? 0);
        Assert.Equal((wrongQuestion, wrongId, (long)names.Length), (seen.Mismatched, seen.Unexpected, seen.Answered));
    }

    [Fact]
    public async Task Late_answers_never_reach_a_later_question()
    {
        // Answers to the first round come in the second, where the same names are asked for other types.
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.ReceiveBufferSize = 4 << 20;
        await using var transport = new EngineTransport((IPEndPoint)server.LocalEndPoint!, Options);
        const int Questions = 2_000;
        var first = await AskAllAsync(DnsRecordType.Txt, TimeSpan.FromMilliseconds(50));
        Assert.All(first, r => Assert.Equal(TransportOutcome.Timeout, r.Outcome));

        var second = AskAllAsync(DnsRecordType.Mx, Long);
        byte[] buffer = new byte[2048];
        var asked = new List<(ReceivedQuery Query, EndPoint From)>();
        while (asked.Count < 2 * Questions)
        {
            var received = await server.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
            asked.Add((ReceivedQuery.Parse(buffer[..received.ReceivedBytes], overTcp: false), received.RemoteEndPoint));
        }
        // A socket never has two questions with one ID, answered or given up.
        Assert.Equal(asked.Count, asked.Select(q => (q.Query.Id, ((IPEndPoint)q.From).Port)).Distinct().Count());
        foreach (var (query, from) in asked.Where(q => q.Query.Type == DnsRecordType.Txt)) server.SendTo(query.Reply().Txt(query.Name, "late"u8.ToArray()).Bytes(), from);
        await UntilAsync(() => transport.Snapshot().Late == Questions);
        foreach (var (query, from) in asked.Where(q => q.Query.Type == DnsRecordType.Mx)) server.SendTo(query.Reply().Mx(query.Name, 1, "mx." + query.Name).Bytes(), from);
        var replies = await second;
        for (int i = 0; i < Questions; i++) Assert.Equal($"mx.n{i}.example", Assert.IsType<MxRecord>(Assert.Single(replies[i].Answers)).Exchange);
        Assert.Equal((Questions, 0, 0), (transport.Snapshot().Answered, transport.Snapshot().Mismatched, transport.Snapshot().Unexpected));

        Task<DnsReply[]> AskAllAsync(DnsRecordType type, TimeSpan timeout) => Task.WhenAll(Enumerable.Range(0, Questions)
            .Select(i => transport.ExchangeAsync(new DnsQuestion($"n{i}.example", type), default, timeout, default).AsTask()));
    }

    /// <summary>Through the socket; 4,000 of them, or as many as the environment variable <c>SCANNER_FUZZ_LIVE</c> says.</summary>
    [Fact]
    public async Task Mutated_answers_end_in_a_status()
    {
        // So many go on at once, each by itself: a mutated ID or question ends in silence, and nobody else is to wait for that.
        const int AtOnce = 400;
        long datagrams = long.TryParse(Environment.GetEnvironmentVariable("SCANNER_FUZZ_LIVE"), NumberStyles.None, CultureInfo.InvariantCulture, out long wanted) ? wanted : 4_000;
        var random = new Random(2);
        byte[][] corpus = [.. AnswerSamples.For(AnswerSamples.Query()).Select(s => s.Bytes)];
        await using var responder = new LoopbackResponder(q =>
        {
            byte[] mutated = Mutation.Of(corpus, random);
            // Most get past the check of the ID; the question is the corpus' own, unless it was hit.
            if (mutated.Length >= 2) BinaryPrimitives.WriteUInt16BigEndian(mutated, q.Id);
            return (IEnumerable<byte[]>)[mutated];
        });
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        var outcomes = new ConcurrentDictionary<TransportOutcome, long>();
        long sent = 0;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => AskAsync()));
        output.WriteLine($"{datagrams} datagrams; {string.Join(", ", outcomes)}; {transport.Snapshot()}");
        Assert.Equal(0, transport.InFlight);
        Assert.True(outcomes.GetValueOrDefault(TransportOutcome.Malformed) > 100 && outcomes.GetValueOrDefault(TransportOutcome.Answered) > 100, string.Join(", ", outcomes));

        async Task AskAsync()
        {
            while (Interlocked.Increment(ref sent) <= datagrams)
            {
                var reply = await transport.ExchangeAsync(AnswerSamples.Question, default, TimeSpan.FromMilliseconds(100), default);
                outcomes.AddOrUpdate(reply.Outcome, 1, static (_, count) => count + 1);
            }
        }
    }

    [Fact]
    public async Task Every_truncation_of_a_valid_answer_ends_in_a_status()
    {
        var cuts = new Queue<byte[]>(AnswerSamples.For(AnswerSamples.Query()).SelectMany(s => Enumerable.Range(0, s.Bytes.Length).Select(length => s.Bytes[..length])));
        int count = cuts.Count;
        await using var responder = new LoopbackResponder(q =>
        {
            byte[] cut = cuts.Dequeue();
            if (cut.Length >= 2) BinaryPrimitives.WriteUInt16BigEndian(cut, q.Id);
            return (IEnumerable<byte[]>)[cut];
        });
        await using var transport = new EngineTransport(responder.EndPoint, Options);
        // A hundred at a time: more would overflow the responder's buffer. A cut question answers nothing, so those end in silence.
        var replies = new List<DnsReply>();
        while (replies.Count < count)
            replies.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(100, count - replies.Count))
                .Select(_ => transport.ExchangeAsync(AnswerSamples.Question, default, TimeSpan.FromMilliseconds(500), default).AsTask())));
        Assert.Empty(cuts);
        Assert.DoesNotContain(replies, r => r.Outcome == TransportOutcome.Answered);
        Assert.InRange(replies.Count(r => r.Outcome == TransportOutcome.Malformed), 1000, count);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.True(condition());
    }
}

public sealed class PlainForgedReplyTests(ITestOutputHelper output) : ForgedReplyTests(output)
{
    internal override EngineOptions Options => new() { Batched = false };
}

public sealed class BatchedForgedReplyTests(ITestOutputHelper output) : ForgedReplyTests(output)
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
