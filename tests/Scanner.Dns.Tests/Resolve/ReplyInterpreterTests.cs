using System.Net;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Tests.Resolve;

public sealed class ReplyInterpreterTests
{
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt);

    private static DnsReply Answered(int rcode = 0, params DnsRecord[] answers) =>
        new() { Outcome = TransportOutcome.Answered, Rcode = rcode, RecursionAvailable = true, Answers = answers };

    private static TxtRecord Txt(string owner, uint ttl = 300) => TxtRecord.FromText(owner, ttl, "x");

    private static CnameRecord Cname(string owner, string target, uint ttl = 300) => new(owner, ttl, target);

    [Theory]
    [InlineData(TransportOutcome.Timeout, DnsStatus.Timeout)]
    [InlineData(TransportOutcome.NetworkError, DnsStatus.NetworkError)]
    [InlineData(TransportOutcome.Truncated, DnsStatus.Truncated)]
    [InlineData(TransportOutcome.Malformed, DnsStatus.Malformed)]
    public void Failed_exchange(TransportOutcome outcome, DnsStatus expected)
    {
        var answer = ReplyInterpreter.Interpret(Question, DnsReply.Failed(outcome), new ExchangeHistory(2, [DnsStatus.Servfail], 12, "192.0.2.1:53"));
        Assert.Equal((expected, 0u, null), (answer.Status, answer.Ttl, answer.Resolver));
        Assert.Equal((2, 12.0), (answer.Tries, answer.Milliseconds));
        Assert.Equal([DnsStatus.Servfail], answer.FailedTries);
        Assert.Equal(Presence.Unknown, answer.Presence);
    }

    [Theory]
    [InlineData(1, DnsStatus.Formerr)]
    [InlineData(2, DnsStatus.Servfail)]
    [InlineData(3, DnsStatus.Nxdomain)]
    [InlineData(4, DnsStatus.Notimp)]
    [InlineData(5, DnsStatus.Refused)]
    [InlineData(9, DnsStatus.OtherRcode)]
    [InlineData(16, DnsStatus.OtherRcode)]
    [InlineData(18, DnsStatus.OtherRcode)]
    public void Rcodes(int rcode, DnsStatus expected) => Assert.Equal(expected, ReplyInterpreter.Interpret(Question, Answered(rcode)).Status);

    [Theory]
    [InlineData(2, 5, DnsStatus.Servfail, "indeterminate is not bogus")]
    [InlineData(2, 6, DnsStatus.Bogus, "first of the range")]
    [InlineData(2, 12, DnsStatus.Bogus, "last of the range")]
    [InlineData(2, 13, DnsStatus.Servfail, "cached error")]
    [InlineData(2, 22, DnsStatus.Servfail, "no reachable authority")]
    [InlineData(5, 6, DnsStatus.Refused, "only with SERVFAIL")]
    public void Extended_errors_tell_bogus_from_servfail(int rcode, ushort code, DnsStatus expected, string why)
    {
        var answer = ReplyInterpreter.Interpret(Question, Answered(rcode) with { ExtendedErrors = [0, code] });
        Assert.True(answer.Status == expected, why);
        Assert.Equal([0, code], answer.ExtendedErrors);
    }

    [Fact]
    public void Records_of_the_name_and_type()
    {
        var reply = Answered(0, Txt("example.com", 60), Txt("EXAMPLE.com", 50), Txt("other.com", 1), new AddressRecord("example.com", 2, IPAddress.Loopback),
            new OtherRecord("example.com", 3, (DnsRecordType)46)) with
        { AuthenticData = true, OverTcp = true };
        var answer = ReplyInterpreter.Interpret(Question, reply, new ExchangeHistory(1, null, 1, "192.0.2.1:53"));
        Assert.Equal((DnsStatus.Ok, 2, 50u, null), (answer.Status, answer.Records.Count, answer.Ttl, answer.CnameTarget));
        Assert.Equal((true, true, "192.0.2.1:53"), (answer.AuthenticData, answer.OverTcp, answer.Resolver));
    }

    [Fact]
    public void Only_records_of_another_type_or_owner_is_nodata()
    {
        Assert.Equal(DnsStatus.Nodata, ReplyInterpreter.Interpret(Question, Answered(0, new AddressRecord("example.com", 2, IPAddress.Loopback))).Status);
        Assert.Equal(DnsStatus.Nodata, ReplyInterpreter.Interpret(Question, Answered(0, Txt("other.com"))).Status);
        Assert.Equal(DnsStatus.Nodata, ReplyInterpreter.Interpret(new DnsQuestion("example.com", DnsRecordType.Aaaa), Answered(0, new AddressRecord("example.com", 2, IPAddress.Loopback))).Status);
    }

    [Fact]
    public void Cname_chain_in_any_order_with_the_smallest_ttl()
    {
        var reply = Answered(0, Txt("c.net", 100), Cname("b.net", "c.net", 20), Cname("example.com", "b.net", 30), Txt("example.com", 1));
        var answer = ReplyInterpreter.Interpret(Question, reply);
        Assert.Equal((DnsStatus.Ok, "c.net", 20u), (answer.Status, answer.CnameTarget, answer.Ttl));
        Assert.Equal("c.net", Assert.Single(answer.Records).Owner);
    }

    [Fact]
    public void A_question_for_the_cname_does_not_follow_it()
    {
        var answer = ReplyInterpreter.Interpret(new DnsQuestion("example.com", DnsRecordType.Cname), Answered(0, Cname("example.com", "b.net"), Cname("b.net", "c.net")));
        Assert.Equal((DnsStatus.Ok, null), (answer.Status, answer.CnameTarget));
        Assert.Equal("b.net", Assert.IsType<CnameRecord>(Assert.Single(answer.Records)).Target);
    }

    [Fact]
    public void Dangling_cname() // RFC 6604 §3
    {
        var answer = ReplyInterpreter.Interpret(Question, Answered(3, Cname("example.com", "gone.net", 100)) with { NegativeTtl = 900 });
        Assert.Equal((DnsStatus.Nxdomain, "gone.net", true, 100u), (answer.Status, answer.CnameTarget, answer.CnameDangling, answer.Ttl));
    }

    [Theory]
    [InlineData(1, DnsStatus.Ok)]
    [InlineData(16, DnsStatus.Ok)]
    [InlineData(17, DnsStatus.CnameLoop)]
    public void Chain_length(int links, DnsStatus expected)
    {
        var chain = Enumerable.Range(0, links).Select(i => (DnsRecord)Cname(i == 0 ? "example.com" : $"n{i}.net", $"n{i + 1}.net"));
        Assert.Equal(expected, ReplyInterpreter.Interpret(Question, Answered(0, [.. chain, Txt($"n{links}.net")])).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Loop(int rcode)
    {
        Assert.Equal(DnsStatus.CnameLoop, ReplyInterpreter.Interpret(Question, Answered(rcode, Cname("example.com", "example.com"))).Status);
        Assert.Equal(DnsStatus.CnameLoop, ReplyInterpreter.Interpret(Question, Answered(rcode, Cname("example.com", "b.net"), Cname("b.net", "example.com"))).Status);
    }

    [Fact]
    public void Nxdomain_beside_a_record_of_that_name_is_believed_in_neither_way() =>
        Assert.Equal(DnsStatus.Malformed, ReplyInterpreter.Interpret(Question, Answered(3, Txt("example.com"))).Status);

    [Theory]
    [InlineData(null, 0u, "without an SOA it is not to be kept")]
    [InlineData(0u, 0u, "zero")]
    [InlineData(900u, 900u, "as it says")]
    [InlineData(86400u, 10800u, "bounded")]
    public void Negative_ttl(uint? fromSoa, uint expected, string why)
    {
        Assert.True(expected == ReplyInterpreter.Interpret(Question, Answered(3) with { NegativeTtl = fromSoa }).Ttl, why);
        Assert.True(expected == ReplyInterpreter.Interpret(Question, Answered(0) with { NegativeTtl = fromSoa }).Ttl, why);
    }

    [Theory]
    [InlineData(true, false, false, false, false, DnsStatus.Nodata, "a full resolver that leaves out the SOA")]
    [InlineData(true, false, false, true, false, DnsStatus.Nodata, "a full resolver with NS in authority")]
    [InlineData(true, false, false, false, true, DnsStatus.Nodata, "a full resolver that followed the chain to an empty end")]
    [InlineData(false, false, true, false, false, DnsStatus.Nodata, "SOA: NODATA whoever says it")]
    [InlineData(false, true, false, false, false, DnsStatus.Nodata, "authoritative, without SOA")]
    [InlineData(false, false, false, true, false, DnsStatus.Lame, "referral")]
    [InlineData(false, true, false, true, false, DnsStatus.Lame, "referral that claims authority")]
    [InlineData(false, false, false, false, false, DnsStatus.Lame, "nothing at all, without recursion or authority")]
    [InlineData(false, true, false, false, true, DnsStatus.Lame, "an authoritative server that does not chase the CNAME")]
    [InlineData(false, true, true, false, true, DnsStatus.Nodata, "the chain's end is in its zones and empty")]
    public void Empty_answers(bool recursion, bool authoritative, bool soa, bool ns, bool cname, DnsStatus expected, string why)
    {
        var reply = Answered(0, cname ? [Cname("example.com", "b.net")] : []) with
        {
            RecursionAvailable = recursion,
            Authoritative = authoritative,
            NegativeTtl = soa ? 60 : null,
            HasAuthorityNs = ns,
        };
        Assert.True(expected == ReplyInterpreter.Interpret(Question, reply).Status, why);
    }
}
