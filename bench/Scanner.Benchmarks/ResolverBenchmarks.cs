using System.Net;
using BenchmarkDotNet.Attributes;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;

namespace Scanner.Benchmarks;

/// <summary>What the layers above a transport cost for one question, over a transport that has every answer at once.</summary>
[MemoryDiagnoser]
public class ResolverBenchmarks : IAsyncDisposable
{
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt), Kept = new("_spf.example.com", DnsRecordType.Txt);

    private readonly AnswersAtOnce _transport = new();
    private readonly StubResolver _stub;
    private readonly CachingResolver _cache;
    private readonly CachingResolver _forgetful;

    public ResolverBenchmarks()
    {
        _stub = new StubResolver(new ResolverOptions { QueriesPerSecond = 0 }, [_transport], TimeProvider.System);
        _cache = new CachingResolver(_stub, 1000, TimeProvider.System);
        _forgetful = new CachingResolver(_stub, 1000, TimeProvider.System);
    }

    [GlobalSetup]
    public async Task FillAsync() => await _cache.QueryAsync(Kept, default);

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _stub.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public async Task<DnsReply> Transport() => await _transport.ExchangeAsync(Question, default, TimeSpan.FromSeconds(2), default);

    [Benchmark]
    public async Task<DnsAnswer> Stub() => await _stub.QueryAsync(Question, default);

    [Benchmark]
    public async Task<DnsAnswer> CacheHit() => await _cache.QueryAsync(Kept, default);

    /// <summary>The answer's TTL is 0, so it is asked again each time: a miss with its single flight.</summary>
    [Benchmark]
    public async Task<DnsAnswer> CacheMiss() => await _forgetful.QueryAsync(Question, default);

    private sealed class AnswersAtOnce : IDnsTransport
    {
        private readonly DnsReply _now = Reply(0), _kept = Reply(3600);

        public IPEndPoint Server { get; } = new(IPAddress.Loopback, 53);

        public ValueTask<DnsReply> ExchangeAsync(DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, CancellationToken cancellationToken) =>
            new(question == Kept ? _kept : _now);

        public ValueTask DisposeAsync() => default;

        private static DnsReply Reply(uint ttl) => new()
        {
            Outcome = TransportOutcome.Answered,
            RecursionAvailable = true,
            Answers = [TxtRecord.FromText(ttl == 0 ? Question.Name : Kept.Name, ttl, "v=spf1 ip4:192.0.2.0/24 -all")],
        };
    }
}
