using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>The answers collected for one listed name, and the SPF records read from them, each parsed once.</summary>
public sealed class SpfZone
{
    private readonly Dictionary<DnsQuestion, DnsAnswer> _answers = [];
    private readonly Dictionary<string, SpfReading> _readings = new(StringComparer.Ordinal);

    public SpfZone(string sender, DnsAnswer apexTxt)
    {
        Sender = sender;
        Add(new DnsQuestion(sender, DnsRecordType.Txt), apexTxt);
    }

    /// <summary>The listed name.</summary>
    public string Sender { get; }

    public void Add(DnsQuestion question, DnsAnswer answer) => _answers[question] = answer;

    /// <summary>Null when nobody asked.</summary>
    public DnsAnswer? Answer(string name, DnsRecordType type) => _answers.GetValueOrDefault(new DnsQuestion(name, type));

    /// <summary>Null when nobody asked.</summary>
    public SpfReading? Read(string name)
    {
        if (_readings.TryGetValue(name, out var reading)) return reading;
        if (Answer(name, DnsRecordType.Txt) is not { } answer) return null;
        return _readings[name] = SpfSelector.Read(answer);
    }

    /// <summary>The names whose TXT records the record at <paramref name="domain"/> refers to in the worst case, in order: includes before
    /// <c>all</c>, then the redirect.</summary>
    public IEnumerable<string> References(string domain)
    {
        if (Read(domain)?.Record is not { } record) yield break;
        foreach (var directive in record.BeforeAll)
        {
            if (directive.Mechanism != SpfMechanism.Include) continue;
            if (SpfTarget.Of(directive.Domain, domain, Sender).Name is { } name) yield return name;
        }
        if (record.FollowedRedirect is { } redirect && SpfTarget.Of(redirect.Value, domain, Sender).Name is { } target) yield return target;
    }
}
