using System.Net;
using System.Net.Sockets;
using System.Text;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Tests.Transport;

/// <summary>
/// What every <see cref="IDnsTransport"/> does, whatever the server does. A transport's own test class derives from this one;
/// where the contract leaves a choice, an override says which one it takes.
/// </summary>
public abstract partial class TransportContract
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(150);
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt);

    protected abstract IDnsTransport Create(IPEndPoint server);

    /// <summary>After a datagram that is no answer to the question, does it go on listening for the right one (RFC 5452 §9.1)?</summary>
    protected abstract bool KeepsListening { get; }

    /// <summary>Can it set AD and CD in a question?</summary>
    protected virtual bool CanAskForValidation => true;
    // RFC 9824 §3.1: compact denial is NOERROR, and NXNAME (type 128) in the type map says that the name does not exist.
    [Fact]
    public async Task Compact_denial_is_seen_in_the_type_map()
    {
        byte[] nxname = new byte[2 + 17], others = [0, 6, 0x40, 0, 0, 0, 0, 3];
        (nxname[1], nxname[2 + 5], nxname[2 + 16]) = (17, 0b11, 0x80);
        var flags = new DnsQueryFlags(DnssecOk: true);
        Assert.True((await AskAsync(q => q.Reply().Soa("example.com", 300, 60).Nsec("example.com", "a.example.com", nxname).Opt(), flags: flags)).Reply.NameDenied);
        Assert.False((await AskAsync(q => q.Reply().Soa("example.com", 300, 60).Nsec("example.com", "a.example.com", others).Opt(), flags: flags)).Reply.NameDenied);
        Assert.False((await AskAsync(q => q.Reply().Soa("example.com", 300, 60).Opt(), flags: flags)).Reply.NameDenied);
    }

    [Fact]
    public async Task Answer_with_header_bits_and_records()
    {
        var (reply, received) = await AskAsync(q =>
        {
            var message = q.Reply().Txt("example.com", "v=spf1 "u8.ToArray(), "-all"u8.ToArray()).Opt();
            message.AuthenticData = true;
            return message;
        });
        Assert.Equal(TransportOutcome.Answered, reply.Outcome);
        Assert.Equal(0, reply.Rcode);
        Assert.True(reply.RecursionAvailable);
        Assert.True(reply.AuthenticData);
        Assert.False(reply.Authoritative);
        Assert.False(reply.OverTcp);
        var txt = Assert.IsType<TxtRecord>(Assert.Single(reply.Answers));
        Assert.Equal(("example.com", 300u, "v=spf1 -all", 2), (txt.Owner, txt.Ttl, txt.Text, txt.Strings.Count));
        var query = Assert.Single(received);
        Assert.Equal(("example.com", DnsRecordType.Txt, false), (query.Name.ToLowerInvariant(), query.Type, query.OverTcp));
        Assert.Equal(0x0100, query.Flags & 0xFF00 & ~0x0020); // RD and nothing else but perhaps AD
        Assert.Equal((true, 1232, false), (query.HasEdns, (int)query.UdpSize, query.DnssecOk));
    }

    [Fact]
    public async Task Nxdomain_with_soa()
    {
        var (reply, _) = await AskAsync(q => q.Reply(3).Soa("com", 900, 86400));
        Assert.Equal((TransportOutcome.Answered, 3, (uint?)900), (reply.Outcome, reply.Rcode, reply.NegativeTtl));
        Assert.Empty(reply.Answers);
    }

    [Fact]
    public async Task Nodata_with_soa_takes_the_smaller_of_ttl_and_minimum()
    {
        var (reply, _) = await AskAsync(q => q.Reply().Soa("com", 86400, 60));
        Assert.Equal((TransportOutcome.Answered, 0, (uint?)60, false), (reply.Outcome, reply.Rcode, reply.NegativeTtl, reply.HasAuthorityNs));
    }

    public static TheoryData<string, byte[], bool> TypeMaps => new()
    {
        // Next name, then window 0 with 17 octets, whose last has the bit of type 128 (RFC 9824 §3.1).
        { "NXNAME", [0, 17, .. new byte[16], 0x80], true },
        { "RRSIG, NSEC, NXNAME", [0, 17, .. new byte[5], 0x03, .. new byte[10], 0x80], true },
        { "RRSIG, NSEC", [0, 6, .. new byte[5], 0x03], false },
        { "type 129", [0, 17, .. new byte[16], 0x40], false },
        { "type 384 of window 1", [1, 17, .. new byte[16], 0x80], false },
    };

    [Theory]
    [MemberData(nameof(TypeMaps))]
    public async Task Compact_denial_of_a_name(string kind, byte[] map, bool denied)
    {
        var (reply, _) = await AskAsync(q => q.Reply().Soa("com", 300, 300).Authority("example.com", (DnsRecordType)47, [.. DnsMessage.NameOf("a.example.com"), .. map]));
        Assert.True((TransportOutcome.Answered, denied) == (reply.Outcome, reply.NameDenied), kind);
    }

    [Fact]
    public async Task Referral()
    {
        var (reply, _) = await AskAsync(q =>
        {
            var message = q.Reply().AuthorityNs("com", "a.gtld-servers.net");
            message.RecursionAvailable = false;
            return message;
        });
        Assert.Equal((TransportOutcome.Answered, true, false, (uint?)null), (reply.Outcome, reply.HasAuthorityNs, reply.RecursionAvailable, reply.NegativeTtl));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    public async Task Error_rcode_is_a_value(int rcode)
    {
        var (reply, received) = await AskAsync(q => q.Reply(rcode));
        Assert.Equal((TransportOutcome.Answered, rcode), (reply.Outcome, reply.Rcode));
        Assert.Single(received); // and no retry of its own
    }

    [Fact]
    public async Task Error_without_question_section()
    {
        var (reply, _) = await AskAsync(q =>
        {
            var message = q.Reply(1);
            message.WithQuestion = false;
            return message;
        });
        Assert.Equal((TransportOutcome.Answered, 1), (reply.Outcome, reply.Rcode));
    }

    [Fact]
    public async Task Extended_rcode()
    {
        var (reply, _) = await AskAsync(q => q.Reply().Opt(extendedRcode: 1)); // BADVERS is 16
        Assert.Equal((TransportOutcome.Answered, 16), (reply.Outcome, reply.Rcode));
    }

    [Fact]
    public async Task Extended_errors()
    {
        var (reply, _) = await AskAsync(q => q.Reply(2).Opt(0, 6, 22));
        Assert.Equal([6, 22], reply.ExtendedErrors);
    }

    [Fact]
    public async Task Silence_is_a_timeout()
    {
        var (reply, received) = await AskAsync(_ => Array.Empty<byte[]>(), timeout: Short);
        Assert.Equal(TransportOutcome.Timeout, reply.Outcome);
        Assert.Single(received);
    }

    [Fact]
    public async Task Cancellation_of_the_caller_throws()
    {
        await using var responder = new LoopbackResponder(_ => Array.Empty<byte[]>());
        await using var transport = Create(responder.EndPoint);
        using var cancel = new CancellationTokenSource();
        var asking = transport.ExchangeAsync(Question, default, Long, cancel.Token).AsTask();
        while (responder.Received.IsEmpty) await Task.Yield();
        await cancel.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(cancel.Token, thrown.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transport.ExchangeAsync(Question, default, Long, cancel.Token).AsTask());
        Assert.Single(responder.Received);
    }

    [Fact]
    public async Task Nobody_listens()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var free = (IPEndPoint)socket.LocalEndPoint!;
        socket.Close();
        await using var transport = Create(free);
        var reply = await transport.ExchangeAsync(Question, default, Short, default);
        Assert.True(reply.Outcome is TransportOutcome.Timeout or TransportOutcome.NetworkError, "ICMP is seen by connected sockets only");
        reply = await transport.ExchangeAsync(Question, new DnsQueryFlags(Tcp: true), Long, default);
        Assert.Equal(TransportOutcome.NetworkError, reply.Outcome);
    }

    [Fact]
    public async Task Without_edns()
    {
        var (_, received) = await AskAsync(q => q.Reply(), flags: new DnsQueryFlags(NoEdns: true));
        Assert.False(Assert.Single(received).HasEdns);
    }

    [Fact]
    public async Task Bits_of_the_question()
    {
        var (_, received) = await AskAsync(q => q.Reply(), flags: new DnsQueryFlags(AuthenticData: true));
        Assert.Equal(CanAskForValidation ? 0x0120 : 0x0100, Assert.Single(received).Flags);
        if (!CanAskForValidation) return;
        (_, received) = await AskAsync(q => q.Reply(), flags: new DnsQueryFlags(CheckingDisabled: true, DnssecOk: true));
        Assert.Equal((0x0110, true), (Assert.Single(received).Flags, received.Single().DnssecOk));
    }

    [Fact]
    public async Task With_dnssec_ok()
    {
        var (_, received) = await AskAsync(q => q.Reply(), flags: new DnsQueryFlags(DnssecOk: true));
        Assert.True(Assert.Single(received).DnssecOk);
    }

    public static TheoryData<string> Strangers => ["other id", "other name", "not a response", "no question"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task A_datagram_that_answers_something_else_is_not_the_answer(string kind)
    {
        var (reply, _) = await AskAsync(q => [Stranger(q, kind).Bytes()], timeout: Short);
        Assert.Equal(TransportOutcome.Timeout, reply.Outcome);
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task The_right_answer_after_a_stranger(string kind)
    {
        var (reply, _) = await AskAsync(q => [Stranger(q, kind).Bytes(), q.Reply().Txt("example.com", "right"u8.ToArray()).Bytes()]);
        Assert.Equal(KeepsListening ? TransportOutcome.Answered : TransportOutcome.Timeout, reply.Outcome);
        Assert.DoesNotContain(reply.Answers.OfType<TxtRecord>(), t => t.Text != "right");
    }

    /// <summary>The same octets come over UDP and TCP, so a transport that takes a short datagram for a cut one finds the same there.</summary>
    public static TheoryData<string> Broken =>
        ["record cut short", "address of 3 octets", "text longer than its record", "name pointer to itself", "name pointer behind the end", "MX without a name"];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Malformed(string kind)
    {
        byte[] Bytes(ReceivedQuery q) => kind switch
        {
            "record cut short" => Cut(q.Reply().Txt("example.com", new byte[200]), truncated: false, by: 50),
            "address of 3 octets" => q.Reply().Answer("example.com", DnsRecordType.A, 1, 1, 2, 3).Txt("example.com", [1]).Bytes(),
            "text longer than its record" => q.Reply().Answer("example.com", DnsRecordType.Txt, 1, 200, 65).Txt("example.com", new byte[250]).Bytes(),
            "name pointer to itself" => q.Reply().Answer("example.com", DnsRecordType.Cname, 1, 0xC0, 41).Bytes(),
            "name pointer behind the end" => q.Reply().Answer("example.com", DnsRecordType.Cname, 1, 0xFF, 0xFF).Bytes(),
            _ => q.Reply().Answer("example.com", DnsRecordType.Mx, 1, 0).Bytes(),
        };
        var (reply, _) = await AskAsync(q => [Bytes(q)]);
        Assert.True(reply.Outcome == TransportOutcome.Malformed, $"{kind}: {reply.Outcome} {reply.ErrorText}");
    }

    [Fact]
    public async Task Many_at_once_get_their_own_answers()
    {
        await using var responder = new LoopbackResponder(q => q.Reply().Txt(q.Name, Encoding.Latin1.GetBytes(q.Name)));
        await using var transport = Create(responder.EndPoint);
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
            (Name: $"n{i}.example", Reply: await transport.ExchangeAsync(new DnsQuestion($"n{i}.example", DnsRecordType.Txt), default, Long, default))));
        Assert.All(replies, r => Assert.Equal(r.Name, Assert.IsType<TxtRecord>(Assert.Single(r.Reply.Answers)).Text.ToLowerInvariant()));
    }

    private Task<(DnsReply Reply, IReadOnlyCollection<ReceivedQuery> Received)> AskAsync(Func<ReceivedQuery, DnsMessage> answer,
        DnsQuestion? question = null, DnsQueryFlags flags = default, TimeSpan? timeout = null) =>
        AskAsync(q => (IEnumerable<byte[]>)[answer(q).Bytes()], question, flags, timeout);

    private async Task<(DnsReply Reply, IReadOnlyCollection<ReceivedQuery> Received)> AskAsync(Func<ReceivedQuery, IEnumerable<byte[]>> answer,
        DnsQuestion? question = null, DnsQueryFlags flags = default, TimeSpan? timeout = null, bool withTcp = true)
    {
        await using var responder = new LoopbackResponder(answer, withTcp);
        await using var transport = Create(responder.EndPoint);
        Assert.Equal(responder.EndPoint, transport.Server);
        var reply = await transport.ExchangeAsync(question ?? Question, flags, timeout ?? Long, default);
        return (reply, responder.Received);
    }

    private static DnsMessage TruncatedReply(ReceivedQuery query)
    {
        var message = query.Reply();
        message.Truncated = true;
        return message;
    }

    private static byte[] Cut(DnsMessage message, bool truncated, int by)
    {
        message.Truncated = truncated;
        return message.Bytes()[..^by];
    }

    private static DnsMessage Stranger(ReceivedQuery query, string kind)
    {
        var message = query.Reply();
        if (kind == "other id") message.Id ^= 0x5555;
        if (kind == "other name") message.Name = "example.net";
        if (kind == "not a response") message.IsResponse = false;
        if (kind == "no question") message.WithQuestion = false;
        return message.Txt("example.com", "wrong"u8.ToArray());
    }
}
