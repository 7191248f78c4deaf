using System.Buffers.Binary;
using System.Net;
using Scanner.Dns.Transport.Engine;

namespace Scanner.Dns.Tests.Transport.Engine;

/// <summary>IDs and slots of one socket. Nothing is sent.</summary>
public sealed class UdpChannelTests : IAsyncDisposable
{
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Mx);

    private readonly EngineTransport _transport = new(new IPEndPoint(IPAddress.Loopback, 9));
    private ReceiveTally _tally;

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Theory]
    [InlineData(1, 512)]
    [InlineData(2_000, 2_000)]
    [InlineData(50_000, 30_000)]
    public void No_two_of_a_window_have_the_same_ID_or_slot_and_each_is_found(int window, int atOnce)
    {
        using var channel = Channel(window);
        var queries = Enumerable.Range(0, atOnce).Select(_ => Take(channel)).ToList();
        Assert.Equal(atOnce, queries.Select(query => query.Id).Distinct().Count());
        foreach (var query in queries) Assert.Same(query, channel.Accept(Answer(query.Id), wasCut: false, now: 2, ref _tally));
        Assert.Equal(atOnce, _tally.Answered);
        Assert.False(channel.HasOpenQueries());
    }

    // The random draws give up before the last slot is found, and another socket is taken.
    [Fact]
    public void A_full_socket_says_so()
    {
        using var channel = Channel(window: 1);
        int taken = 0;
        while (channel.TryTakeSlot(new PendingQuery { Transport = _transport, Question = Question })) taken++;
        Assert.InRange(taken, 700, 1024);
    }

    // RFC 5452 §9.1: no late answer may meet another query.
    [Fact]
    public void The_ID_of_a_query_that_was_given_up_never_comes_back()
    {
        using var channel = Channel(window: 1);
        var burned = new HashSet<ushort>();
        while (!channel.IsWornOut(now: 0))
        {
            var query = Take(channel);
            Assert.True(burned.Add(query.Id));
            Assert.True(query.TryClaim(query.Word));
            channel.Burn(query);
        }
        Assert.Equal(8192, burned.Count);
        for (int i = 0; i < 100_000; i++)
        {
            var query = Take(channel);
            Assert.DoesNotContain(query.Id, burned);
            Assert.Same(query, channel.Accept(Answer(query.Id), wasCut: false, now: 2, ref _tally));
        }
        // Their late answers are seen as such, whoever has their slots now.
        var waiting = Enumerable.Range(0, 500).Select(_ => Take(channel)).ToList();
        foreach (ushort id in burned) Assert.Null(channel.Accept(Answer(id), wasCut: false, now: 2, ref _tally));
        Assert.Equal((burned.Count, 0), (_tally.Late, _tally.Unexpected));
        Assert.All(waiting, query => Assert.Same(query, channel.Accept(Answer(query.Id), wasCut: false, now: 2, ref _tally)));
    }

    // The slot is told by the low bits alone; the ID counts.
    [Fact]
    public void An_answer_with_another_ID_for_the_same_slot_is_not_accepted()
    {
        using var channel = Channel(window: 1);
        var query = Take(channel);
        for (int high = 1; high < 64; high++) Assert.Null(channel.Accept(Answer((ushort)(query.Id ^ (high << 10))), wasCut: false, now: 2, ref _tally));
        Assert.Equal((63, 0, 0), (_tally.Unexpected, _tally.Mismatched, _tally.Answered));
        Assert.Same(query, channel.Accept(Answer(query.Id), wasCut: false, now: 2, ref _tally));
    }

    private UdpChannel Channel(int window) => new(_transport, receiveBuffer: 4096, window, retireAt: long.MaxValue);

    private PendingQuery Take(UdpChannel channel)
    {
        var query = new PendingQuery { Transport = _transport, Question = Question, SentAt = 1 };
        Assert.True(channel.TryTakeSlot(query));
        query.Arm(QueryPhase.Udp);
        return query;
    }

    /// <summary>NODATA.</summary>
    private static byte[] Answer(ushort id)
    {
        byte[] message =
        [
            0, 0, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0,
            7, .. "example"u8, 3, .. "com"u8, 0, 0, 15, 0, 1,
        ];
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        return message;
    }
}
