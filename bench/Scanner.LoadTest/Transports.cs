using System.Net;
using Scanner.Dns;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;

namespace Scanner.LoadTest;

/// <summary>The transports that can be driven, by the words of the command line.</summary>
public static class Transports
{
    public static IReadOnlyList<string> Names { get; } = ["engine", "engine-plain", "dnsclient", "memory", "memory-async"];

    public static IDnsTransport Create(string name, IPEndPoint server, BenchZone zone) => name switch
    {
        "engine" => new EngineTransport(server, new EngineOptions { Window = 65_000 }),
        "engine-plain" => new EngineTransport(server, new EngineOptions { Window = 65_000, Batched = false }),
        "dnsclient" => new DnsClientTransport(server),
        "memory" => new MemoryTransport(server, zone, complete: true),
        "memory-async" => new MemoryTransport(server, zone, complete: false),
        _ => throw new ArgumentException($"no transport '{name}'; there are {string.Join(", ", Names)}"),
    };
}

/// <summary>
/// Answers from the rule without any network: what remains is the load test itself, and, with <c>--layer stub</c>, the policy above
/// the transport. The replies are made beforehand, so that what a run allocates is not the transport's.
/// </summary>
/// <param name="complete">True: the answer is there when the call returns. False: it comes on another thread, as from a socket.</param>
internal sealed class MemoryTransport(IPEndPoint server, BenchZone zone, bool complete) : IDnsTransport
{
    /// <summary>By question; the same object for every question that has no records.</summary>
    private readonly DnsReply[] _replies = [.. Enumerable.Range(0, zone.Count).Select(n => Make(zone, n))];

    private static readonly DnsReply Nxdomain = Negative(3), Nodata = Negative(0);

    public IPEndPoint Server => server;

    public ValueTask<DnsReply> ExchangeAsync(DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = zone.TryFind(question.Name, question.Type, out long n) ? _replies[n] : Nodata;
        return complete ? new ValueTask<DnsReply>(reply) : LaterAsync(reply);
    }

    public ValueTask DisposeAsync() => default;

    private static async ValueTask<DnsReply> LaterAsync(DnsReply reply)
    {
        await Task.Yield();
        return reply;
    }

    private static DnsReply Make(BenchZone zone, int n)
    {
        var records = zone.Answer(n, out bool nxdomain);
        return nxdomain ? Nxdomain : records.Count == 0 ? Nodata : new DnsReply { Outcome = TransportOutcome.Answered, RecursionAvailable = true, Answers = records };
    }

    private static DnsReply Negative(int rcode) => new() { Outcome = TransportOutcome.Answered, Rcode = rcode, RecursionAvailable = true, NegativeTtl = 900 };
}
