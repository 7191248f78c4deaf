using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// The answers collected for one listed name, and the SPF records read from them, each parsed once. Whoever evaluates asks the zone and
/// not DNS: what is not here is noted as missing, for <see cref="SpfLookup"/> to ask before the next try. So that the same evaluation runs
/// on live and on recorded answers.
/// </summary>
public sealed class SpfZone
{
    // The name's own answer stands apart: most names need no other, and no tables then.
    private DnsAnswer? _apex;
    private SpfReading? _apexReading;
    private Dictionary<DnsQuestion, DnsAnswer>? _others;
    private Dictionary<string, SpfReading>? _readings;
    private HashSet<DnsQuestion>? _missing;

    /// <param name="sender">The listed name, or the domain of a message's sender.</param>
    public SpfZone(string sender) => Sender = sender;

    public SpfZone(string sender, DnsAnswer apexTxt) : this(sender) => _apex = apexTxt;

    /// <summary>The listed name.</summary>
    public string Sender { get; }

    public void Add(DnsQuestion question, DnsAnswer answer)
    {
        if (IsApex(question.Name, question.Type)) _apex = answer;
        else (_others ??= [])[question] = answer;
    }

    /// <summary>Null when nobody asked.</summary>
    public DnsAnswer? Answer(string name, DnsRecordType type) =>
        IsApex(name, type) ? _apex : _others?.GetValueOrDefault(new DnsQuestion(name, type));

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
        if (IsApex(name, DnsRecordType.Txt)) return _apexReading ??= _apex is null ? null : SpfSelector.Read(_apex);
        if (_readings is not null && _readings.TryGetValue(name, out var reading)) return reading;
        if (Answer(name, DnsRecordType.Txt) is not { } answer) return null;
        return (_readings ??= new(StringComparer.Ordinal))[name] = SpfSelector.Read(answer);
    }

    private bool IsApex(string name, DnsRecordType type) => type == DnsRecordType.Txt && name == Sender;

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
