using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// The worst case of a record: a client that matches nothing, so that every term before <c>all</c> is reached, recursively
/// (classification.md 4.4). Pure: goes over the answers in the zone and asks nothing.
/// </summary>
/// <param name="passingIp4">Gets the IPv4 networks that pass: qualifier "+" on the term and on every include above it. Those of ip4 terms, and at
/// level full those of a and mx too.</param>
/// <param name="steps">Gets a line for each term gone over, for a person to read; null for none.</param>
internal sealed class SpfWalk(SpfZone zone, SpfEvalLevel level, List<SpfIp4Network>? passingIp4, List<SpfStep>? steps = null)
{
    /// <summary>Terms gone over, repeats included. An include may be reached exponentially often; over the limit of lookups and over this we
    /// follow no more, for the verdict stands.</summary>
    private const int MaxTermsBeyondLimit = 2_000;

    private readonly List<string> _path = [];
    private int _terms;
    private bool _termIsVoid;
    private string? _note;
    private List<string>? _redirects;
    private List<string>? _includes;

    /// <summary>RFC 7208 §4.6.4: one counter for the whole tree.</summary>
    public int Lookups { get; private set; }

    /// <summary>Terms that look up something that does not exist, whatever the client.</summary>
    public int Voids { get; private set; }

    public bool HasLoop { get; private set; }

    /// <summary>Deepest nesting of includes and redirects.</summary>
    public int Depth { get; private set; }

    public IReadOnlyList<string> RedirectChain => _redirects ?? [];

    /// <summary>Targets of the includes of the record that the walk began with, in order.</summary>
    public IReadOnlyList<string> Includes => _includes ?? [];

    /// <summary>What one record comes to.</summary>
    internal sealed class Outcome
    {
        /// <summary>Errors of the record itself; those of the whole tree (limits) are not among them.</summary>
        public SpfErrors Errors;

        /// <summary>What stands behind a <see cref="SpfStatus.PermerrorNested"/>.</summary>
        public SpfErrors Inner;

        /// <summary>Null when the redirect was not followed or could not be.</summary>
        public SpfEffectiveAll? EffectiveAll { get; set; }

        public SpfPermissive Permissive { get; set; } = SpfPermissive.None;

        /// <summary>Families of which every client passes.</summary>
        public Families Passing { get; set; }
    }

    [Flags]
    internal enum Families : byte
    {
        None = 0,
        Ip4 = 1,
        Ip6 = 2,
        Both = 3,
    }

    public Outcome Visit(string domain, SpfRecord record, bool passing, bool isOwn)
    {
        _path.Add(domain);
        var outcome = new Outcome();
        // Families that some term before has not yet decided for every client.
        var open = Families.Both;
        foreach (var directive in record.BeforeAll)
        {
            _terms++;
            _termIsVoid = false;
            if (directive.CountsAsLookup) Lookups++;
            int step = Step(domain, directive);
            var target = SpfTarget.Of(directive.Domain, domain, zone.Sender);
            bool pass = directive.Qualifier == SpfQualifier.Pass;
            if (directive.Mechanism == SpfMechanism.Include && _path.Count == 1) (_includes ??= []).Add(target.Text);
            if (directive.Mechanism == SpfMechanism.Ip4 && pass && passing) passingIp4?.Add(directive.Ip4);
            var (matched, kind) = directive.Mechanism == SpfMechanism.Include
                ? (Include(target, outcome, passing && pass), SpfPermissive.IncludePassAll)
                : (Hosts(directive, target, outcome, passing && pass) & EveryoneIn(directive), KindOf(directive.Mechanism));
            Note(step);
            if (pass) Permit(outcome, matched & open, kind);
            open &= ~matched;
        }
        if (record.All is { } all)
        {
            Step(domain, all);
            outcome.EffectiveAll = EffectiveOf(all.Qualifier);
            if (all.Qualifier == SpfQualifier.Pass) Permit(outcome, open, SpfPermissive.AllPass);
        }
        else if (record.Redirect is { } redirect)
        {
            _terms++;
            _termIsVoid = false;
            Lookups++;
            int step = Step(domain, redirect);
            Redirect(SpfTarget.Of(redirect.Value, domain, zone.Sender), outcome, open, passing, isOwn);
            Note(step);
        }
        else
        {
            outcome.EffectiveAll = SpfEffectiveAll.NeutralDefault; // RFC 7208 §4.7
        }
        _path.RemoveAt(_path.Count - 1);
        return outcome;
    }

    private static void Permit(Outcome outcome, Families families, SpfPermissive kind)
    {
        if (families == Families.None) return;
        outcome.Passing |= families;
        if (outcome.Permissive == SpfPermissive.None) outcome.Permissive = kind;
    }

    /// <summary>RFC 7208 §5.2. Gives the families of which every client matches: those that the target passes.</summary>
    private Families Include(SpfTarget target, Outcome outcome, bool passing)
    {
        var inner = Follow(target, outcome, SpfStatus.PermerrorIncludeMissing, passing, isOwn: false);
        // Whatever "all" says in there, it never becomes the policy of this record (RFC 7208 §5.2).
        return inner?.Passing ?? Families.None;
    }

    /// <summary>RFC 7208 §6.1: the result is that of the target.</summary>
    private void Redirect(SpfTarget target, Outcome outcome, Families open, bool passing, bool isOwn)
    {
        if (isOwn) (_redirects ??= []).Add(target.Text);
        var inner = Follow(target, outcome, SpfStatus.PermerrorRedirectMissing, passing, isOwn);
        outcome.EffectiveAll = target.IsDynamic ? SpfEffectiveAll.Dynamic : inner?.EffectiveAll;
        if (inner is not null) Permit(outcome, inner.Passing & open, inner.Permissive);
    }

    /// <summary>Reads the record at the target and puts its errors on the parent's account; null when there is none to read.</summary>
    private Outcome? Follow(SpfTarget target, Outcome parent, SpfStatus missing, bool passing, bool isOwn)
    {
        Depth = Math.Max(Depth, _path.Count);
        if (target.IsDynamic) return Noted("depends on the message: not followed");
        if (level < SpfEvalLevel.Tree) return null;
        if (target.Name is null)
        {
            // RFC 7208 §4.3: a malformed or single-label domain is "none" without any lookup.
            parent.Errors.Add(missing);
            return Noted("no such name can exist (RFC 7208 §4.3)");
        }
        if (_path.Contains(target.Name))
        {
            // No rule of its own: the limit ends it (RFC 7208 §4.6.4).
            HasLoop = true;
            return Noted("a loop: back to a record above");
        }
        if (Lookups > SpfLimits.Lookups && _terms > MaxTermsBeyondLimit || zone.Read(target.Name) is not { } reading) return Noted("not read: the limit is passed already");
        var answer = zone.Answer(target.Name, DnsRecordType.Txt)!;
        if (Lookups <= SpfLimits.Lookups && answer.Presence == Presence.Absent) CountVoid();
        switch (reading.State)
        {
            case SpfReadingState.Unknown: // RFC 7208 §5.2
                parent.Errors.Add(SpfStatus.Temperror);
                return Noted($"TXT lookup failed: {answer.Status.Word()}");
            case SpfReadingState.None: // RFC 7208 §5.2, §6.1
                parent.Errors.Add(missing);
                return Noted(answer.Status == DnsStatus.Nxdomain ? "the name does not exist" : "no SPF record there");
            case SpfReadingState.Multiple:
                AddNested(parent, SpfStatus.PermerrorMultipleRecords);
                return Noted("more than one SPF record there (RFC 7208 §4.5)");
            case SpfReadingState.Malformed:
                AddNested(parent, SpfStatus.PermerrorSyntax);
                return Noted($"syntax error there: {reading.SyntaxError!.Value.Word()}");
        }
        var inner = Visit(target.Name, reading.Record!, passing, isOwn);
        foreach (var error in inner.Errors.InOrder())
        {
            if (error == SpfStatus.Temperror) parent.Errors.Add(error);
            else if (error != SpfStatus.PermerrorNested) AddNested(parent, error);
        }
        foreach (var error in inner.Inner.InOrder()) AddNested(parent, error);
        return inner;
    }

    private Outcome? Noted(string note)
    {
        _note = note;
        return null;
    }

    /// <summary>RFC 7208 §5.2: permerror inside is permerror outside.</summary>
    private static void AddNested(Outcome parent, SpfStatus cause)
    {
        parent.Errors.Add(SpfStatus.PermerrorNested);
        parent.Inner.Add(cause);
    }

    /// <summary>The hosts of an a, mx or exists term, at level full and within the limit (beyond it no evaluator goes).
    /// Gives the families that the term can match at all: both for a and mx, as long as nothing says otherwise; for exists none, until the
    /// answer is there for a name that is the same for every client.</summary>
    private Families Hosts(SpfDirective directive, SpfTarget target, Outcome outcome, bool passing)
    {
        // A name that cannot exist is never asked for: no match, and no void lookup (RFC 7208 §4.8 leaves it open).
        if (level < SpfEvalLevel.Full || Lookups > SpfLimits.Lookups || target.Name is not { } name)
            return directive.Mechanism == SpfMechanism.Exists ? Families.None : Families.Both;
        return directive.Mechanism switch
        {
            SpfMechanism.A => Addresses(directive, name, outcome, passing),
            SpfMechanism.Mx => MxHosts(directive, name, outcome, passing),
            SpfMechanism.Exists => Exists(name, outcome),
            _ => Families.Both,
        };
    }

    /// <summary>RFC 7208 §5.4. An implicit MX is none.</summary>
    private Families MxHosts(SpfDirective directive, string name, Outcome outcome, bool passing)
    {
        var answer = zone.Ask(name, DnsRecordType.Mx);
        Judge(outcome, answer?.Presence, answer?.Presence);
        if (answer is null || answer.Presence == Presence.Unknown) return Families.Both;
        if (SpfHosts.HasTooManyMx(answer))
        {
            // RFC 7208 §4.6.4, §5.4
            _note = $"more than {SpfLimits.MxNames} MX records (RFC 7208 §4.6.4)";
            outcome.Errors.Add(SpfStatus.PermerrorMxLimit);
            return Families.Both;
        }
        var families = Families.None;
        foreach (string host in SpfHosts.MxNames(answer)) families |= Addresses(directive, host, outcome, passing);
        return families;
    }

    /// <summary>RFC 7208 §5.3. Gives the families in which the host has addresses, or may have.</summary>
    private Families Addresses(SpfDirective directive, string host, Outcome outcome, bool passing)
    {
        var ip4 = zone.Ask(host, DnsRecordType.A);
        var ip6 = zone.Ask(host, DnsRecordType.Aaaa);
        Judge(outcome, ip4?.Presence, ip6?.Presence);
        if (passing) passingIp4?.AddRange(SpfHosts.Ip4Of(ip4).Select(address => new SpfIp4Network(address, directive.Ip4Prefix)));
        return (ip4?.Presence == Presence.Absent ? Families.None : Families.Ip4) | (ip6?.Presence == Presence.Absent ? Families.None : Families.Ip6);
    }

    /// <summary>RFC 7208 §5.7: always an A lookup. The name is the same for every client here, so all match or none does.</summary>
    private Families Exists(string name, Outcome outcome)
    {
        var answer = zone.Ask(name, DnsRecordType.A);
        Judge(outcome, answer?.Presence, answer?.Presence);
        return answer?.Presence == Presence.Present ? Families.Both : Families.None;
    }

    /// <summary>RFC 7208 §4.6.4: a void lookup brings no records. Which family is asked depends on the client, so a name is void only when
    /// both are empty; when that cannot be told, the result cannot either (§5).</summary>
    private void Judge(Outcome outcome, Presence? a, Presence? b)
    {
        if (a == Presence.Present || b == Presence.Present) return;
        if (a == Presence.Absent && b == Presence.Absent)
        {
            _note ??= "looks up something that does not exist: a void lookup (RFC 7208 §4.6.4)";
            CountVoid();
        }
        else if (a == Presence.Unknown || b == Presence.Unknown)
        {
            _note = "a lookup failed (RFC 7208 §5)";
            outcome.Errors.Add(SpfStatus.Temperror);
        }
    }

    /// <summary>RFC 7208 §4.6.4 limits the "terms for which DNS queries return" nothing: an mx with three dead hosts is one.</summary>
    private void CountVoid()
    {
        if (!_termIsVoid) Voids++;
        _termIsVoid = true;
    }

    private int Step(string domain, SpfTerm term)
    {
        _note = null;
        if (steps is null) return -1;
        steps.Add(new SpfStep(_path.Count - 1, domain, term.Text, Lookups, null));
        return steps.Count - 1;
    }

    private void Note(int step)
    {
        if (steps is not null && _note is not null) steps[step] = steps[step] with { Outcome = _note };
        _note = null;
    }

    /// <summary>A prefix of 0 compares no bits, so that any client of the family matches (RFC 7208 §5).</summary>
    private static Families EveryoneIn(SpfDirective directive) => directive.Mechanism switch
    {
        SpfMechanism.Ip4 when directive.Ip4.Prefix == 0 => Families.Ip4,
        SpfMechanism.Ip6 when directive.Ip6.Prefix == 0 => Families.Ip6,
        SpfMechanism.A or SpfMechanism.Mx =>
            (directive.Ip4Prefix == 0 ? Families.Ip4 : Families.None) | (directive.Ip6Prefix == 0 ? Families.Ip6 : Families.None),
        SpfMechanism.Exists => Families.Both,
        _ => Families.None,
    };

    private static SpfPermissive KindOf(SpfMechanism mechanism) => mechanism switch
    {
        SpfMechanism.Ip4 => SpfPermissive.Ip4Slash0,
        SpfMechanism.Ip6 => SpfPermissive.Ip6Slash0,
        SpfMechanism.A => SpfPermissive.ASlash0,
        SpfMechanism.Mx => SpfPermissive.MxSlash0,
        SpfMechanism.Exists => SpfPermissive.ExistsPassAll,
        _ => SpfPermissive.None,
    };

    private static SpfEffectiveAll EffectiveOf(SpfQualifier qualifier) => qualifier switch
    {
        SpfQualifier.Fail => SpfEffectiveAll.Fail,
        SpfQualifier.Softfail => SpfEffectiveAll.Softfail,
        SpfQualifier.Neutral => SpfEffectiveAll.Neutral,
        _ => SpfEffectiveAll.Pass,
    };
}

/// <summary>The errors found so far; their order is that of the enum, which is the precedence (classification.md 4.7).</summary>
internal struct SpfErrors
{
    private uint _bits;

    public readonly bool Any => _bits != 0;

    public readonly SpfStatus First => (SpfStatus)System.Numerics.BitOperations.TrailingZeroCount(_bits);

    public void Add(SpfStatus error) => _bits |= 1u << (int)error;

    public readonly IEnumerable<SpfStatus> InOrder() => _bits == 0 ? [] : List(_bits);

    private static List<SpfStatus> List(uint bits)
    {
        var list = new List<SpfStatus>();
        for (; bits != 0; bits &= bits - 1) list.Add((SpfStatus)System.Numerics.BitOperations.TrailingZeroCount(bits));
        return list;
    }
}
