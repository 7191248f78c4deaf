using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// The answers collected for one listed name, and the SPF records read from them, each parsed once. Whoever evaluates asks the zone and
/// not DNS: what is not here is noted as missing, for <see cref="SpfLookup"/> to ask before the next try. So that the same evaluation runs
/// on live and on recorded answers.
/// </summary>
public sealed class SpfZone
{
    private readonly Dictionary<DnsQuestion, DnsAnswer> _answers = [];
    private readonly Dictionary<string, SpfReading> _readings = new(StringComparer.Ordinal);
    private HashSet<DnsQuestion>? _missing;

    /// <param name="sender">The listed name, or the domain of a message's sender.</param>
    public SpfZone(string sender) => Sender = sender;

    public SpfZone(string sender, DnsAnswer apexTxt) : this(sender) => Add(new DnsQuestion(sender, DnsRecordType.Txt), apexTxt);

    /// <summary>The listed name.</summary>
    public string Sender { get; }

    /// <summary>Everything that was asked, for the record.</summary>
    public IReadOnlyDictionary<DnsQuestion, DnsAnswer> Answers => _answers;

    public void Add(DnsQuestion question, DnsAnswer answer) => _answers[question] = answer;

    /// <summary>Null when nobody asked.</summary>
    public DnsAnswer? Answer(string name, DnsRecordType type) => _answers.GetValueOrDefault(new DnsQuestion(name, type));

    /// <summary>Like <see cref="Answer"/>, and notes a question that nobody asked.</summary>
    public DnsAnswer? Ask(string name, DnsRecordType type)
    {
        var answer = Answer(name, type);
        if (answer is null) (_missing ??= []).Add(new DnsQuestion(name, type));
        return answer;
    }

    /// <summary>The questions noted since the last call.</summary>
    public IReadOnlyCollection<DnsQuestion> TakeMissing()
    {
        var missing = _missing;
        _missing = null;
        return missing is null ? [] : missing;
    }

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
