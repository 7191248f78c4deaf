using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// The answers collected for one listed name, and the SPF records read from them, each parsed once. Whoever evaluates asks the zone and
/// not DNS: what is not here is noted as missing, for <see cref="SpfLookup"/> to ask before the next try. So that the same evaluation runs
/// on live and on recorded answers.
/// </summary>
public sealed class SpfZone
{
    /// <summary>Up to here the answers are gone through one by one, which most names never leave: no table is made for them.</summary>
    private const int FewAnswers = 12;

    // The name's own answer stands apart: many names need no other.
    private DnsAnswer? _apex;
    private SpfReading? _apexReading;
    private Held[] _others = [];
    private int _count;
    private Dictionary<DnsQuestion, int>? _places;
    private HashSet<DnsQuestion>? _missing;

    private struct Held
    {
        public DnsQuestion Question;
        public DnsAnswer Answer;
        public SpfReading? Reading;
    }

    /// <param name="sender">The listed name, or the domain of a message's sender.</param>
    public SpfZone(string sender) => Sender = sender;

    /// <param name="apexTxt">The TXT answer at <paramref name="sender"/>.</param>
    public SpfZone(string sender, DnsAnswer apexTxt) : this(sender) => _apex = apexTxt;

    /// <summary>The listed name.</summary>
    public string Sender { get; }

    /// <summary>Puts an answer in; a second one to the same question takes its place.</summary>
    public void Add(DnsQuestion question, DnsAnswer answer)
    {
        if (IsApex(question.Name, question.Type))
        {
            (_apex, _apexReading) = (answer, null);
            return;
        }
        int place = PlaceOf(question);
        if (place < 0)
        {
            if (_count == _others.Length) Array.Resize(ref _others, Math.Max(4, 2 * _count));
            place = _count++;
            if (_count == FewAnswers + 1)
            {
                _places = [];
                for (int i = 0; i < place; i++) _places.Add(_others[i].Question, i);
            }
            _places?.Add(question, place);
        }
        _others[place] = new Held { Question = question, Answer = answer };
    }

    /// <summary>Null when nobody asked.</summary>
    public DnsAnswer? Answer(string name, DnsRecordType type)
    {
        if (IsApex(name, type)) return _apex;
        int place = PlaceOf(new DnsQuestion(name, type));
        return place < 0 ? null : _others[place].Answer;
    }

    /// <summary>-1 when nobody asked.</summary>
    private int PlaceOf(DnsQuestion question)
    {
        if (_places is not null) return _places.GetValueOrDefault(question, -1);
        for (int i = 0; i < _count; i++)
            if (_others[i].Question == question) return i;
        return -1;
    }

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
        int place = PlaceOf(new DnsQuestion(name, DnsRecordType.Txt));
        return place < 0 ? null : _others[place].Reading ??= SpfSelector.Read(_others[place].Answer, isShared: true);
    }

    private bool IsApex(string name, DnsRecordType type) => type == DnsRecordType.Txt && name == Sender;

    /// <summary>Adds the names whose TXT records the record at <paramref name="domain"/> refers to in the worst case, in order: includes before
    /// <c>all</c>, then the redirect.</summary>
    /// <param name="known">Gets those that it does not hold yet.</param>
    /// <param name="most">Names that it may hold. So few that looking through them costs less than a table.</param>
    public void AddReferences(string domain, ICollection<string> known, int most)
    {
        var record = Read(domain)?.Record;
        if (record is null) return;
        foreach (var directive in record.BeforeAll)
            if (directive.Mechanism == SpfMechanism.Include) Add(SpfTarget.Of(directive.Domain, domain, Sender).Name);
        if (record.FollowedRedirect is { } redirect) Add(SpfTarget.Of(redirect.Value, domain, Sender).Name);

        void Add(string? name)
        {
            if (name is not null && known.Count < most && !known.Contains(name)) known.Add(name);
        }
    }
}
