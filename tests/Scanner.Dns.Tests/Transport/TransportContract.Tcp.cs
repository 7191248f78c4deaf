using Scanner.Dns.Transport;

namespace Scanner.Dns.Tests.Transport;

/// <content>Answers that do not fit into a datagram, and questions asked over TCP from the start (RFC 7766).</content>
public abstract partial class TransportContract
{
    [Fact]
    public async Task Truncation_goes_on_over_tcp()
    {
        byte[][] long_ = [.. Enumerable.Range(0, 20).Select(_ => new byte[255])];
        var (reply, received) = await AskAsync(q => q.OverTcp ? q.Reply().Txt("example.com", long_) : TruncatedReply(q));
        Assert.Equal((TransportOutcome.Answered, true), (reply.Outcome, reply.OverTcp));
        Assert.Equal(5100, Assert.IsType<TxtRecord>(Assert.Single(reply.Answers)).Text.Length);
        Assert.Equal([false, true], received.Select(q => q.OverTcp));
    }

    [Fact]
    public async Task Truncation_in_the_middle_of_a_record_goes_on_over_tcp()
    {
        var (reply, _) = await AskAsync(q => q.OverTcp
            ? [q.Reply().Txt("example.com", new byte[200]).Bytes()]
            : [Cut(q.Reply().Txt("example.com", new byte[200]), truncated: true, by: 50)]);
        Assert.Equal((TransportOutcome.Answered, true), (reply.Outcome, reply.OverTcp));
    }

    [Fact]
    public async Task Truncation_and_tcp_is_refused()
    {
        var (reply, _) = await AskAsync(q => [TruncatedReply(q).Bytes()], withTcp: false);
        Assert.Equal(TransportOutcome.Truncated, reply.Outcome);
    }

    [Fact]
    public async Task Truncation_and_tcp_closes_without_a_word()
    {
        var (reply, received) = await AskAsync(q => q.OverTcp ? Array.Empty<byte[]>() : [TruncatedReply(q).Bytes()]);
        Assert.Equal(TransportOutcome.Truncated, reply.Outcome);
        Assert.Contains(received, q => q.OverTcp);
    }

    [Fact]
    public async Task Truncation_over_tcp_too()
    {
        var (reply, _) = await AskAsync(q => TruncatedReply(q));
        Assert.Equal(TransportOutcome.Truncated, reply.Outcome);
    }

    [Fact]
    public async Task Tcp_from_the_start()
    {
        var (reply, received) = await AskAsync(q => q.Reply().Txt("example.com", "x"u8.ToArray()), flags: new DnsQueryFlags(Tcp: true));
        Assert.Equal((TransportOutcome.Answered, true), (reply.Outcome, reply.OverTcp));
        Assert.True(Assert.Single(received).OverTcp);
    }

    [Fact]
    public async Task Tcp_from_the_start_closed_without_a_word()
    {
        var (reply, _) = await AskAsync(_ => Array.Empty<byte[]>(), flags: new DnsQueryFlags(Tcp: true));
        Assert.Equal(TransportOutcome.NetworkError, reply.Outcome);
    }
}
