using System.Collections.Concurrent;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Input;
using Scanner.Lab;
using Scanner.Lab.Servers;
using Scanner.Write;

namespace Scanner.Tests.Resume;

/// <summary>How the later passes ask (classification.md 2.3): only what is unknown, another resolver first, and at last over TCP.</summary>
public sealed class PassTests : IDisposable
{
    private const int Names = 30;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_pass_begins_with_another_resolver_and_the_last_asks_over_TCP()
    {
        var asked = new ConcurrentQueue<(string Name, DnsRecordType Type, int Server)>();
        await using var first = LabDnsServer.Start(new Refusing(1, asked), new LabHostOptions(), TimeProvider.System);
        await using var second = LabDnsServer.Start(new Refusing(2, asked), new LabHostOptions(), TimeProvider.System);
        var options = new ScanOptions
        {
            List = new ListOptions { Source = "-" },
            Output = _folder.Path("run"),
            Resolvers = [first.Endpoint, second.Endpoint],
            // One try in a pass, so that each pass asks each question once.
            Resolver = new ResolverOptions { QueriesPerSecond = 0, InFlight = 60, TimeoutSeconds = 5, Attempts = 1 },
            PolicyFetch = new PolicyFetchOptions { UserAgent = "test" },
            Passes = 2,
            PassPause = TimeSpan.Zero,
            WriteReport = false,
        };
        var counted = new Counting(() => (first.Counts.UdpQueries + second.Counts.UdpQueries, first.Counts.TcpQueries + second.Counts.TcpQueries));
        using var source = ListSource.FromText("list", new MemoryStream(System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Names).Select(i => $"{i + 1},n{i}.test\n")))));
        Assert.Null((await new ScanRun(options, counted, TimeProvider.System).RunAsync(source, TestContext.Current.CancellationToken)).StoppedBecause);

        // Every question about an even name itself went to one, to the other, and to the first again; what lies below it was the last pass's.
        var questions = asked.Where(a => a.Name.EndsWith("0.test", StringComparison.Ordinal)).GroupBy(a => (a.Name, a.Type)).ToList();
        Assert.Equal(3 * 5, questions.Count);
        Assert.All(questions, question =>
        {
            int[] servers = [.. question.Select(a => a.Server)];
            Assert.Equal(question.Key.Name.Count('.') == 1 ? [servers[0], 3 - servers[0], servers[0]] : [servers[0]], servers);
        });
        Assert.All(asked.Where(a => a.Name.EndsWith("1.test", StringComparison.Ordinal)).GroupBy(a => (a.Name, a.Type)), question => Assert.Single(question));
        // The first two passes use UDP alone, the last TCP alone. The odd names have their answers after the first.
        Assert.Equal([0, 0, Names / 2 * 5], counted.Passes.Select(c => c.Tcp));
        Assert.Equal(counted.Passes[1].Udp, counted.Passes[2].Udp);
        Assert.Equal(Names / 2 * 2, counted.Passes[1].Udp - counted.Passes[0].Udp);
    }

    /// <summary>Refuses every question about a name with an even number.</summary>
    private sealed class Refusing(int number, ConcurrentQueue<(string, DnsRecordType, int)> asked) : ILabWorld
    {
        public LabDnsResponse Resolve(string name, DnsRecordType type)
        {
            if (!name.EndsWith(".test", StringComparison.Ordinal)) return new LabDnsResponse();
            asked.Enqueue((name, type, number));
            return new LabDnsResponse { Fault = (name[^6] - '0') % 2 == 0 ? LabDnsFault.Refused : LabDnsFault.None };
        }

        public LabPolicyHost? PolicyHost(string host) => null;
    }

    private sealed class Counting(Func<(long Udp, long Tcp)> counts) : IScanObserver
    {
        public List<(long Udp, long Tcp)> Passes { get; } = [];

        public void ListSurveyed(ListSurvey survey)
        {
        }

        public void Warning(string text)
        {
        }

        public void Started(ScanProgress progress, ResolverStatistics statistics)
        {
        }

        public void PassEnded(PassCounts counted) => Passes.Add(counts());
    }
}
