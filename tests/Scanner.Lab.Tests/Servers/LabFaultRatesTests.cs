using Microsoft.Extensions.Time.Testing;
using Scanner.Dns;
using Scanner.Lab.Servers;

namespace Scanner.Lab.Tests.Servers;

public sealed class LabFaultRatesTests
{
    private const int Queries = 400;

    private static readonly TinyWorld World = new TinyWorld().With("good.test", DnsRecordType.Txt, TxtRecord.FromText("good.test", 300, "hello"));

    /// <summary>What became of each query: its RCODE, or null when dropped.</summary>
    private static async Task<int?[]> FatesAsync(LabFaultRates rates)
    {
        await using var server = LabDnsServer.Start(World, new LabHostOptions { FaultRates = rates }, new FakeTimeProvider());
        using var client = new RawDns(server.Endpoint);
        var fates = new int?[Queries];
        // In portions that any socket buffer holds.
        const int Portion = 40;
        long dropped = 0;
        for (int sent = 0; sent < Queries;)
        {
            for (int i = 0; i < Portion; i++) await client.SendAsync(RawDns.Query((ushort)sent++, "good.test"));
            // Each query ends in one of these two.
            while (server.Counts.Dropped + server.Counts.AnswersByRcode.Values.Sum() < sent) await Task.Yield();
            for (long left = Portion - (server.Counts.Dropped - dropped); left > 0; left--)
            {
                var reply = await client.ReceiveAsync();
                fates[reply.Id] = reply.Rcode;
            }
            dropped = server.Counts.Dropped;
        }
        return fates;
    }

    [Fact]
    public async Task SharesAreAboutRight()
    {
        var fates = await FatesAsync(new LabFaultRates { Drop = 0.25, Servfail = 0.5, Seed = 7 });
        Assert.InRange(fates.Count(f => f is null), Queries * 0.18, Queries * 0.32);
        Assert.InRange(fates.Count(f => f == 2), Queries * 0.30, Queries * 0.45);
        Assert.InRange(fates.Count(f => f == 0), Queries * 0.30, Queries * 0.45);
    }

    [Fact]
    public async Task SameSeedSameFates()
    {
        var rates = new LabFaultRates { Drop = 0.3, Servfail = 0.3, Seed = 1 };
        var fates = await FatesAsync(rates);
        Assert.Equal(fates, await FatesAsync(rates));
        Assert.NotEqual(fates, await FatesAsync(rates with { Seed = 2 }));
    }

    [Theory]
    [InlineData(1, 0, null)]
    [InlineData(0, 1, 2)]
    [InlineData(0, 0, 0)]
    public async Task AllOrNothing(double drop, double servfail, int? fate) =>
        Assert.All(await FatesAsync(new LabFaultRates { Drop = drop, Servfail = servfail }), f => Assert.Equal(fate, f));

    [Fact]
    public async Task TcpIsNeverDropped()
    {
        var options = new LabHostOptions { FaultRates = new LabFaultRates { Drop = 1 } };
        await using var server = LabDnsServer.Start(World, options, new FakeTimeProvider());
        using var tcp = await RawDns.ConnectTcpAsync(server.Endpoint);
        await RawDns.SendTcpAsync(tcp, RawDns.Query(1, "good.test"));
        Assert.Equal(1, (await RawDns.ReceiveTcpAsync(tcp))!.Answers);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public void RatesAreShares(double rate) => Assert.Throws<ArgumentOutOfRangeException>(
        () => LabDnsServer.Start(World, new LabHostOptions { FaultRates = new LabFaultRates { Drop = rate } }, TimeProvider.System));
}
