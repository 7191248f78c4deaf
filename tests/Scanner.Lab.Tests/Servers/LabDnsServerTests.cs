using Microsoft.Extensions.Time.Testing;
using Scanner.Dns;
using Scanner.Lab.Servers;

namespace Scanner.Lab.Tests.Servers;

/// <summary>Every fault as a client sees it on the wire. The server answers UDP in order of arrival, so "no answer" is proved without
/// waiting: a good question follows, and its answer is the first thing to come.</summary>
public sealed class LabDnsServerTests : IAsyncDisposable
{
    private const ushort Id = 0x1234, NextId = 0x4321;

    private readonly FakeTimeProvider _time = new();
    private readonly TinyWorld _world = new TinyWorld()
        .With("good.test", DnsRecordType.Txt, TxtRecord.FromText("good.test", 300, "hello"))
        .With("long.test", DnsRecordType.Txt, TxtRecord.FromText("long.test", 300, [.. Enumerable.Repeat(new string('x', 250), 4)]))
        .With("huge.test", DnsRecordType.Txt, TxtRecord.FromText("huge.test", 300, [.. Enumerable.Repeat(new string('x', 250), 240)]))
        .With("unwritable.test", DnsRecordType.Txt, new CnameRecord("unwritable.test", 300, new string('a', 64) + ".test"));
    private readonly LabDnsServer _server;
    private readonly RawDns _client;

    public LabDnsServerTests()
    {
        _server = LabDnsServer.Start(_world, new LabHostOptions(), _time);
        _client = new RawDns(_server.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    private static byte[] Query(LabDnsFault fault, ushort edns = 1232, bool cd = false) => RawDns.Query(Id, TinyWorld.NameOf(fault), edns: edns, cd: cd);

    private async Task AssertSilentAsync(byte[] query)
    {
        await _client.SendAsync(query);
        Assert.Equal(NextId, (await _client.AskAsync(RawDns.Query(NextId, "good.test"))).Id);
    }

    [Fact]
    public async Task GoodAnswerEchoesTheQuestionAndPlaysAFullResolver()
    {
        var reply = await _client.AskAsync(RawDns.Query(Id, "GoOd.tEsT"));
        Assert.Equal(Id, reply.Id);
        Assert.True(reply is { Response: true, RecursionDesired: true, RecursionAvailable: true, AuthenticData: false, Truncated: false });
        Assert.Equal((0, 1, 1, 0, 1), (reply.Rcode, reply.Questions, reply.Answers, reply.Authority, reply.Additional));
        Assert.True(reply.Contains("\u0004GoOd\u0004tEsT"), "the letter case of the question comes back");
        Assert.True(reply.Contains("\u0005hello"));
        Assert.Equal("good.test", _world.Asked.Last());
    }

    [Theory]
    [InlineData("nowhere.test", DnsRecordType.Txt, 3)]
    [InlineData("good.test", DnsRecordType.Mx, 0)]
    public async Task DenialCarriesAnSoa(string name, DnsRecordType type, int rcode)
    {
        var reply = await _client.AskAsync(RawDns.Query(Id, name, type));
        Assert.Equal((rcode, 0, 1), (reply.Rcode, reply.Answers, reply.Authority));
    }

    [Fact]
    public async Task WithoutEdnsThereIsNoOpt() =>
        Assert.Equal(0, (await _client.AskAsync(RawDns.Query(Id, "good.test", edns: 0))).Additional);

    [Fact]
    public async Task DoIsCopied()
    {
        var reply = await _client.AskAsync(RawDns.Query(Id, "good.test", dnssecOk: true));
        // The OPT record is the last 11 octets: root, type, size 1232, extended RCODE, version, DO, no options.
        Assert.Equal([0, 0, 41, 1232 >> 8, 1232 & 0xFF, 0, 0, 0x80, 0, 0, 0], reply.Octets[^11..]);
    }

    [Theory]
    [InlineData(0, true, "512 octets without EDNS")]
    [InlineData(512, true, "what the client offers")]
    [InlineData(1100, false, "what the client offers")]
    [InlineData(100, true, "less than 512 means 512")]
    [InlineData(4096, false, "1,000 octets fit 1232")]
    public async Task AnswerOverTheClientsSizeIsTruncated(ushort edns, bool truncated, string why)
    {
        var reply = await _client.AskAsync(RawDns.Query(Id, "long.test", edns: edns));
        Assert.True(reply.Truncated == truncated, why);
        Assert.Equal(truncated ? 0 : 1, reply.Answers);
    }

    [Fact]
    public async Task NeverOver1232OctetsWhateverTheClientOffers()
    {
        var reply = await _client.AskAsync(RawDns.Query(Id, "huge.test", edns: 65535));
        Assert.True(reply.Truncated && reply.Octets.Length < 60);
    }

    [Fact]
    public async Task TcpCarriesItWholeAndSeveralQueriesPerConnection()
    {
        using var tcp = await RawDns.ConnectTcpAsync(_server.Endpoint);
        await RawDns.SendTcpAsync(tcp, RawDns.Query(1, "huge.test"), RawDns.Query(2, "good.test"));
        var first = await RawDns.ReceiveTcpAsync(tcp);
        Assert.Equal((1, 1, false), (first!.Id, first.Answers, first.Truncated));
        Assert.True(first.Octets.Length > 60_000);
        Assert.Equal(2, (await RawDns.ReceiveTcpAsync(tcp))!.Id);
        await RawDns.SendTcpAsync(tcp, RawDns.Query(3, "good.test"));
        Assert.Equal(3, (await RawDns.ReceiveTcpAsync(tcp))!.Id);
        Assert.Equal((3, 1), (_server.Counts.TcpQueries, _server.Counts.TcpConnections));
    }

    [Fact]
    public async Task IdleTcpConnectionIsClosed()
    {
        using var tcp = await RawDns.ConnectTcpAsync(_server.Endpoint);
        await RawDns.SendTcpAsync(tcp, RawDns.Query(1, "good.test"));
        Assert.NotNull(await RawDns.ReceiveTcpAsync(tcp));
        var closed = RawDns.ReceiveTcpAsync(tcp);
        // The server may still be on its way back to waiting when the clock is first moved.
        while (!closed.IsCompleted)
        {
            _time.Advance(new LabHostOptions().TcpIdleTimeout);
            await Task.Yield();
        }
        Assert.Null(await closed);
    }

    [Theory]
    [InlineData(LabDnsFault.Servfail, 2)]
    [InlineData(LabDnsFault.Refused, 5)]
    [InlineData(LabDnsFault.Notimp, 4)]
    [InlineData(LabDnsFault.Formerr, 1)]
    [InlineData(LabDnsFault.OtherRcode, 9)]
    [InlineData(LabDnsFault.Bogus, 2)]
    public async Task RcodeFaults(LabDnsFault fault, int rcode)
    {
        var reply = await _client.AskAsync(Query(fault));
        Assert.Equal((Id, rcode, 1, 0), (reply.Id, reply.Rcode, reply.Questions, reply.Answers));
        Assert.Equal(1, _server.Counts.AnswersByRcode[rcode]);
    }

    [Fact]
    public async Task SilentNeverAnswers()
    {
        await AssertSilentAsync(Query(LabDnsFault.Silent));
        Assert.Equal(1, _server.Counts.Unanswered);
    }

    [Fact]
    public async Task BogusSaysSoInAnExtendedErrorAndAnswersWithCheckingDisabled()
    {
        var refused = await _client.AskAsync(Query(LabDnsFault.Bogus));
        Assert.Equal([0, 6, 0, 15, 0, 2, 0, 6], refused.Octets[^8..]); // RDLENGTH 6; option 15, length 2, INFO-CODE 6
        var bare = await _client.AskAsync(Query(LabDnsFault.Bogus, edns: 0));
        Assert.Equal((2, 0), (bare.Rcode, bare.Additional));
        var unchecked_ = await _client.AskAsync(Query(LabDnsFault.Bogus, cd: true));
        Assert.Equal((0, 1), (unchecked_.Rcode, unchecked_.Answers));
    }

    [Fact]
    public async Task WrongIdIsTheOnlyAnswer()
    {
        var reply = await _client.AskAsync(Query(LabDnsFault.WrongId));
        Assert.NotEqual(Id, reply.Id);
        Assert.Equal(1, reply.Answers);
        Assert.Equal(NextId, (await _client.AskAsync(RawDns.Query(NextId, "good.test"))).Id);
    }

    [Fact]
    public async Task ForgedFirstThenTheRealOne()
    {
        var forged = await _client.AskAsync(Query(LabDnsFault.ForgedFirst));
        Assert.True(forged.Id != Id && forged.Answers == 1 && forged.Contains("+all") && !forged.Contains("good"));
        var real = await _client.ReceiveAsync();
        Assert.True(real.Id == Id && real.Contains("\u0004good"));
    }

    [Fact]
    public async Task ForgedFirstOverTcpToo()
    {
        using var tcp = await RawDns.ConnectTcpAsync(_server.Endpoint);
        await RawDns.SendTcpAsync(tcp, Query(LabDnsFault.ForgedFirst));
        Assert.NotEqual(Id, (await RawDns.ReceiveTcpAsync(tcp))!.Id);
        Assert.Equal(Id, (await RawDns.ReceiveTcpAsync(tcp))!.Id);
    }

    [Fact]
    public async Task WrongQuestionHasTheRightId()
    {
        var reply = await _client.AskAsync(Query(LabDnsFault.WrongQuestion));
        Assert.True(reply.Id == Id && reply.Questions == 1 && reply.Contains("\u0005other\u0007invalid") && !reply.Contains("fault-"));
        Assert.Equal(NextId, (await _client.AskAsync(RawDns.Query(NextId, "good.test"))).Id);
    }

    [Fact]
    public async Task MalformedHasTheRightHeaderAndQuestionAndThenNoise()
    {
        byte[] query = Query(LabDnsFault.Malformed, edns: 0);
        var reply = await _client.AskAsync(query);
        Assert.Equal((Id, 0, 1, 1), (reply.Id, reply.Rcode, reply.Questions, reply.Answers));
        Assert.Equal(query[12..], reply.Octets[12..query.Length]);
        // A compression pointer to beyond the message.
        Assert.Equal([0xFF, 0xFF], reply.Octets[query.Length..(query.Length + 2)]);
    }

    [Fact]
    public async Task FirstLostLosesTheFirstOfEachNameAndType()
    {
        await AssertSilentAsync(Query(LabDnsFault.FirstLost));
        Assert.Equal(1, (await _client.AskAsync(Query(LabDnsFault.FirstLost))).Answers);
        await AssertSilentAsync(RawDns.Query(Id, TinyWorld.NameOf(LabDnsFault.FirstLost), DnsRecordType.Mx));
        Assert.Equal(1, (await _client.AskAsync(Query(LabDnsFault.FirstLost))).Answers);
    }

    [Fact]
    public async Task FirstServfailThenAnswers()
    {
        Assert.Equal(2, (await _client.AskAsync(Query(LabDnsFault.FirstServfail))).Rcode);
        Assert.Equal((0, 1), (await _client.AskAsync(Query(LabDnsFault.FirstServfail))) is var r ? (r.Rcode, r.Answers) : default);
    }

    [Fact]
    public async Task LateComesAfterMuchElse()
    {
        await AssertSilentAsync(Query(LabDnsFault.Late));
        _time.Advance(TimeSpan.FromMilliseconds(699));
        await AssertSilentAsync(RawDns.Query(0x0707, TinyWorld.NameOf(LabDnsFault.Late)));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Id, (await _client.ReceiveAsync()).Id);
        _time.Advance(TimeSpan.FromMilliseconds(699));
        Assert.Equal(0x0707, (await _client.ReceiveAsync()).Id);
    }

    [Fact]
    public async Task LateOverTcpToo()
    {
        using var tcp = await RawDns.ConnectTcpAsync(_server.Endpoint);
        await RawDns.SendTcpAsync(tcp, Query(LabDnsFault.Late));
        var reply = RawDns.ReceiveTcpAsync(tcp);
        // Once the query is being answered the connection is not idle, however far the clock moves.
        while (_world.Asked.IsEmpty) await Task.Yield();
        Assert.False(reply.IsCompleted);
        while (!reply.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(700));
            await Task.Yield();
        }
        Assert.Equal(1, (await reply)!.Answers);
    }

    [Fact]
    public async Task TruncatedSendsToTcp()
    {
        var udp = await _client.AskAsync(Query(LabDnsFault.Truncated));
        Assert.Equal((Id, true, 0), (udp.Id, udp.Truncated, udp.Answers));
        using var tcp = await RawDns.ConnectTcpAsync(_server.Endpoint);
        await RawDns.SendTcpAsync(tcp, Query(LabDnsFault.Truncated));
        var whole = await RawDns.ReceiveTcpAsync(tcp);
        Assert.Equal((Id, false, 1), (whole!.Id, whole.Truncated, whole.Answers));
    }

    [Fact]
    public async Task TruncatedNoTcpClosesTheConnection()
    {
        Assert.True((await _client.AskAsync(Query(LabDnsFault.TruncatedNoTcp))).Truncated);
        using var tcp = await RawDns.ConnectTcpAsync(_server.Endpoint);
        await RawDns.SendTcpAsync(tcp, Query(LabDnsFault.TruncatedNoTcp));
        Assert.Null(await RawDns.ReceiveTcpAsync(tcp));
    }

    [Fact]
    public async Task LameRefersElsewhere()
    {
        var reply = await _client.AskAsync(Query(LabDnsFault.Lame));
        Assert.Equal((0, 0, 2, false), (reply.Rcode, reply.Answers, reply.Authority, reply.RecursionAvailable));
    }

    [Fact]
    public async Task NoEdnsAnswersOnlyQueriesWithoutIt()
    {
        var with = await _client.AskAsync(Query(LabDnsFault.NoEdns));
        Assert.Equal((1, 0), (with.Rcode, with.Additional));
        var without = await _client.AskAsync(Query(LabDnsFault.NoEdns, edns: 0));
        Assert.Equal((0, 1), (without.Rcode, without.Answers));
    }

    [Fact]
    public async Task OddOctetsReachTheWorldEscaped()
    {
        var reply = await _client.AskAsync(RawDns.Query(Id, [[(byte)'A', (byte)'.', (byte)'\\', 0, 0xE4, (byte)' '], [(byte)'t']]));
        Assert.Equal(3, reply.Rcode);
        Assert.Equal(@"a\.\\\000\228\032.t", _world.Asked.Last());
    }

    [Fact]
    public async Task TheRootIsADot()
    {
        await _client.AskAsync(RawDns.Query(Id, []));
        Assert.Equal(".", _world.Asked.Last());
    }

    [Theory]
    [InlineData("12", "no whole header")]
    [InlineData("123480000001000000000000" + "0474657374" + "00" + "0010" + "0001", "a response, not a query")]
    public async Task DeservesNoAnswer(string hex, string why)
    {
        await _client.SendAsync(Convert.FromHexString(hex));
        Assert.True((await _client.AskAsync(RawDns.Query(NextId, "good.test"))).Id == NextId, why);
    }

    [Theory]
    [InlineData("123401000000000000000000", 1, "no question")]
    [InlineData("123401000002000000000000" + "0474657374" + "00" + "0010" + "0001", 1, "two questions announced")]
    [InlineData("123401000001000000000000" + "04746573", 1, "a label that runs over the end")]
    [InlineData("123401000001000000000000" + "C00C" + "0010" + "0001", 1, "a name that points to itself")]
    [InlineData("123401000001000000000001" + "0474657374" + "00" + "0010" + "0001" + "0000", 1, "half an OPT record")]
    [InlineData("123401000001000000000002" + "0474657374" + "00" + "0010" + "0001" + "00002904D0000000000000" + "00002904D0000000000000", 1, "two OPT records")]
    [InlineData("123401000001000000000000" + "0474657374" + "00" + "0010" + "0003", 5, "class CHAOS")]
    [InlineData("123421000001000000000000" + "0474657374" + "00" + "0010" + "0001", 4, "opcode NOTIFY")]
    public async Task BadQueriesAreToldSo(string hex, int rcode, string why)
    {
        var reply = await _client.AskAsync(Convert.FromHexString(hex));
        Assert.True(reply.Rcode == rcode && reply.Id == Id, why);
    }

    [Fact]
    public async Task UnknownEdnsVersionIsBadvers()
    {
        byte[] query = RawDns.Query(Id, "good.test");
        query[^5] = 1;
        var reply = await _client.AskAsync(query);
        Assert.Equal((0, 1), (reply.Rcode, reply.Octets[^6])); // 16 = 1 in the extension, 0 in the header
    }

    [Theory]
    [InlineData("throws.test", typeof(InvalidOperationException))]
    [InlineData("unwritable.test", typeof(FormatException))]
    public async Task AWorldThatFailsIsServfailAndRemembered(string name, Type error)
    {
        Assert.Null(_server.WorldError);
        Assert.Equal(2, (await _client.AskAsync(RawDns.Query(Id, name))).Rcode);
        Assert.IsType(error, _server.WorldError);
    }

    [Fact]
    public async Task CountersAddUp()
    {
        await _client.AskAsync(RawDns.Query(1, "good.test"));
        await _client.AskAsync(RawDns.Query(2, "nowhere.test", DnsRecordType.Mx));
        await AssertSilentAsync(Query(LabDnsFault.Silent));
        using var tcp = await RawDns.ConnectTcpAsync(_server.Endpoint);
        await RawDns.SendTcpAsync(tcp, RawDns.Query(3, "good.test"));
        await RawDns.ReceiveTcpAsync(tcp);
        var counts = _server.Counts;
        Assert.Equal((4, 1, 5, 1), (counts.UdpQueries, counts.TcpQueries, counts.Queries, counts.Unanswered));
        Assert.Equal((4, 1), (counts.QueriesByType[DnsRecordType.Txt], counts.QueriesByType[DnsRecordType.Mx]));
        Assert.Equal((3, 1), (counts.AnswersByRcode[0], counts.AnswersByRcode[3]));
    }
}
