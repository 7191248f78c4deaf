using System.Net;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Tests.Transport;

public sealed class DnsClientTransportTests : TransportContract
{
    /// <summary>DnsClient reads one datagram and no more.</summary>
    protected override bool KeepsListening => false;

    protected override bool CanAskForValidation => false;

    protected override IDnsTransport Create(IPEndPoint server) => new DnsClientTransport(server);

    [Fact]
    public async Task Checking_disabled_is_refused_because_it_cannot_be_sent()
    {
        await using var transport = Create(new IPEndPoint(IPAddress.Loopback, 9));
        await Assert.ThrowsAsync<NotSupportedException>(async () =>
            await transport.ExchangeAsync(new DnsQuestion("example.com", DnsRecordType.A), new DnsQueryFlags(CheckingDisabled: true), TimeSpan.FromSeconds(1), default));
    }

    [Fact]
    public async Task A_name_with_escapes_is_not_sent_as_if_it_had_none()
    {
        await using var responder = new LoopbackResponder(q => q.Reply(3));
        await using var transport = Create(responder.EndPoint);
        var reply = await transport.ExchangeAsync(new DnsQuestion("a\\032b.example", DnsRecordType.A), default, TimeSpan.FromSeconds(5), default);
        Assert.Equal(TransportOutcome.Malformed, reply.Outcome);
        Assert.Empty(responder.Received);
    }
}
