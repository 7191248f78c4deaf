using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Lab.World;

namespace Scanner.Benchmarks;

/// <summary>Names of the simulated internet and their answers from memory: a scan without any network.</summary>
internal static class LabNames
{
    public static ListedName[] Take(int count) => [.. LabList.Names(count).Select((name, i) => NameNormaliser.ToListed(NameNormaliser.Clean(name), name, i + 1, PublicSuffixList.Embedded))];
}

/// <summary>Answers out of the world, each made once: what is measured is what is done with them.</summary>
internal sealed class LabResolver(LabWorld world) : IResolver
{
    private readonly Dictionary<DnsQuestion, DnsAnswer> _known = [];

    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(question, out var answer)) return new(answer);
        var response = world.Resolve(question.Name, question.Type);
        var reply = new DnsReply
        {
            Outcome = TransportOutcome.Answered,
            Rcode = response.Rcode,
            RecursionAvailable = true,
            Answers = response.Answers,
            NegativeTtl = 300,
        };
        return new(_known[question] = ReplyInterpreter.Interpret(question, reply, new ExchangeHistory(1, null, 1, "127.0.0.1:53")));
    }
}
