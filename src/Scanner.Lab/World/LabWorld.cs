using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>The simulated internet: the cast where it has an entry, the population everywhere else. Pure and thread-safe.</summary>
public sealed class LabWorld(Cast cast, Population population) : ILabWorld
{
    /// <summary>Links of a CNAME chain that are put into one answer: more than the 16 at which a resolver gives up.</summary>
    const int MaxLinks = 20;

    const uint Ttl = 300;

    /// <summary>The bundled cast over a population with these shares.</summary>
    public LabWorld(PopulationOptions? options = null) : this(Cast.Bundled, new Population(options ?? new PopulationOptions()))
    {
    }

    public Cast Cast => cast;

    public Population Population => population;

    public LabDnsResponse Resolve(string name, DnsRecordType type)
    {
        LabDnsResponse first = Step(name, type);
        if (type == DnsRecordType.Cname || Target(first) is not { } target) return first;

        // A chain: CNAMEs first, and the RCODE speaks of the last name (RFC 6604 §3).
        var answers = new List<DnsRecord>(first.Answers);
        var seen = new HashSet<string>(StringComparer.Ordinal) { name };
        LabDnsFault fault = first.Fault;
        bool signed = first.Signed;
        while (seen.Add(target) && seen.Count <= MaxLinks)
        {
            LabDnsResponse next = Step(target, type);
            answers.AddRange(next.Answers);
            // AD speaks of the whole chain. RFC 4035 §3.2.3
            signed &= next.Signed;
            if (fault == LabDnsFault.None) fault = next.Fault;
            if (Target(next) is not { } further) return new LabDnsResponse { Rcode = next.Rcode, Answers = answers, Fault = fault, Signed = signed };
            target = further;
        }
        return new LabDnsResponse { Answers = answers, Fault = fault, Signed = signed };
    }

    public LabPolicyHost? PolicyHost(string host)
    {
        if (cast.Zone(host) is not { } zone) return population.PolicyHost(host);
        return zone.TryFind(host, out CastNode? node, out _) ? node.PolicyHost : null;
    }

    /// <summary>Where a one-link answer leads.</summary>
    static string? Target(LabDnsResponse answer) => answer.Answers is [CnameRecord cname] ? cname.Target : null;

    /// <summary>The answer about one owner, a CNAME not followed.</summary>
    LabDnsResponse Step(string owner, DnsRecordType type)
    {
        // The root is there and signed: a client learns from it whether the resolver validates.
        if (owner == ".") return new LabDnsResponse { Answers = type == DnsRecordType.Ns ? [new NsRecord(".", Ttl, "a.root.lab")] : [], Signed = true };
        if (cast.Zone(owner) is not { } zone) return population.Resolve(owner, type);
        LabDnsResponse answer = StepInside(zone, owner, type) with { Signed = zone.IsSigned || zone.DeniesCompactly };
        // RFC 9824 §3.1: no NXDOMAIN; an NSEC record with NXNAME says it to whoever asks for proof.
        return answer.Rcode == 3 && zone.DeniesCompactly ? answer with { Rcode = 0, CompactDenial = true } : answer;
    }

    static LabDnsResponse StepInside(CastEntry zone, string owner, DnsRecordType type)
    {
        bool found = zone.TryFind(owner, out CastNode? node, out bool exists);
        LabDnsFault fault = found ? node!.FaultFor(type) : LabDnsFault.None;
        if (fault == LabDnsFault.None) fault = zone.FaultEverywhere;
        if (!exists) return new LabDnsResponse { Rcode = 3, Fault = fault };
        if (!found) return new LabDnsResponse { Fault = fault };
        if (node!.Cname is { } target) return new LabDnsResponse { Answers = [new CnameRecord(owner, Ttl, target)], Fault = fault };
        if (!node.Records.TryGetValue(type, out List<DnsRecord>? records)) return new LabDnsResponse { Fault = fault };
        // What a wildcard makes belongs to the name that was asked for (RFC 4592 §3.3).
        return new LabDnsResponse { Answers = records[0].Owner == owner ? records : [.. records.Select(r => r with { Owner = owner })], Fault = fault };
    }
}
