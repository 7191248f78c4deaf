using System.Collections.Concurrent;
using Scanner.Dns;

namespace Scanner.Lab.Tests.Servers;

/// <summary>A world of a few entries; names that nobody put in do not exist. A name <c>fault-WORD.test</c> plays that fault for
/// every type and otherwise has the TXT record "good".</summary>
internal sealed class TinyWorld : ILabWorld
{
    private readonly Dictionary<(string, DnsRecordType), LabDnsResponse> _answers = [];
    private readonly Dictionary<string, LabPolicyHost> _hosts = [];

    /// <summary>Each name as the server spelt it.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public TinyWorld With(string name, DnsRecordType type, params DnsRecord[] records)
    {
        _answers[(name, type)] = new LabDnsResponse { Answers = records };
        return this;
    }

    public TinyWorld With(string host, LabPolicyHost behaviour)
    {
        _hosts[host] = behaviour;
        return this;
    }

    public static string NameOf(LabDnsFault fault) => $"fault-{fault}.test".ToLowerInvariant();

    public LabDnsResponse Resolve(string name, DnsRecordType type)
    {
        Asked.Enqueue(name);
        if (name == "throws.test") throw new InvalidOperationException("a bug of the world");
        if (_answers.TryGetValue((name, type), out var response)) return response;
        if (name.StartsWith("fault-", StringComparison.Ordinal))
        {
            return new LabDnsResponse
            {
                Fault = Enum.Parse<LabDnsFault>(name["fault-".Length..^".test".Length], ignoreCase: true),
                Answers = [TxtRecord.FromText(name, 300, "good")],
            };
        }
        return new LabDnsResponse { Rcode = _answers.Keys.Any(k => k.Item1 == name) ? 0 : 3 };
    }

    public LabPolicyHost? PolicyHost(string host) => _hosts.GetValueOrDefault(host);
}
