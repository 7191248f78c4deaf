using System.Net;
using Scanner.Dns;
using Scanner.Lab;

namespace Scanner.Weather;

/// <summary>One name in ten answers with the worst that there is; the others are the inner world's.</summary>
internal sealed class HostileWorld(ILabWorld inner) : ILabWorld
{
    private static readonly LabDnsFault[] Faults =
        [LabDnsFault.Silent, LabDnsFault.Malformed, LabDnsFault.WrongQuestion, LabDnsFault.WrongId, LabDnsFault.TruncatedNoTcp, LabDnsFault.Late, LabDnsFault.Lame, LabDnsFault.None];

    /// <summary>64 KB of TXT, which come over TCP after a truncated answer.</summary>
    private static readonly string[] Huge = [.. Enumerable.Range(0, 240).Select(i => new string((char)('a' + i % 26), 250))];

    /// <summary>What all of their names end with.</summary>
    public const string Below = ".hostile.example";

    public static string NameOf(int number) => $"h{number}{Below}";

    public LabDnsResponse Resolve(string name, DnsRecordType type)
    {
        if (!name.EndsWith(Below, StringComparison.Ordinal)) return inner.Resolve(name, type);
        string[] labels = name.Split('.');
        int number = int.TryParse(labels[^3].AsSpan(1), out int n) ? n : 0;
        var fault = Faults[number % Faults.Length];
        return (number / Faults.Length % 3) switch
        {
            // Every question leads round in a circle.
            0 when fault == LabDnsFault.None => new LabDnsResponse { Answers = [.. Enumerable.Range(0, 20).Select(i => new CnameRecord(i == 0 ? name : $"c{i}.{name}", 60, $"c{i + 1}.{name}"))] },
            1 when type == DnsRecordType.Txt => new LabDnsResponse { Fault = fault == LabDnsFault.None ? LabDnsFault.Truncated : fault, Answers = [TxtRecord.FromText(name, 60, Huge)] },
            _ => new LabDnsResponse
            {
                Fault = fault,
                Answers = type switch
                {
                    DnsRecordType.Mx => [.. Enumerable.Range(0, 200).Select(i => new MxRecord(name, 60, (ushort)i, $"mx{i}.{name}"))],
                    // A policy on a host that never finishes its body.
                    DnsRecordType.Txt when labels[0] == "_mta-sts" => [TxtRecord.FromText(name, 60, "v=STSv1; id=1;")],
                    DnsRecordType.Txt => [TxtRecord.FromText(name, 60, "v=spf1 " + string.Concat(Enumerable.Range(0, 9).Select(i => $"include:s{i}.{name} ")) + "-all")],
                    DnsRecordType.A => [new AddressRecord(name, 60, IPAddress.Loopback)],
                    _ => [],
                },
            },
        };
    }

    public LabPolicyHost? PolicyHost(string host) => host.EndsWith(Below, StringComparison.Ordinal)
        ? new LabPolicyHost { Http = LabHttp.StallBody }
        : inner.PolicyHost(host);
}
