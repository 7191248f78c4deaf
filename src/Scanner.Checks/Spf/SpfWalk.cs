using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// The worst case of a record: a client that matches nothing, so that every term before <c>all</c> is reached, recursively
/// (classification.md 4.4). Pure: goes over the answers in the zone and asks nothing.
/// </summary>
internal sealed class SpfWalk(SpfZone zone, SpfEvalLevel level)
{
    /// <summary>RFC 7208 §4.6.4</summary>
    public const int MaxLookups = 10;

    /// <summary>RFC 7208 §4.6.4 (SHOULD)</summary>
    public const int MaxVoids = 2;

    /// <summary>RFC 7208 §4.6.4, §5.4: MX names of one mx term.</summary>
    private const int MaxMxNames = 10;

    /// <summary>Records read, repeats included. An include may be reached exponentially often; far over the limit we stop adding.</summary>
    private const int MaxVisits = 500;

    private readonly List<string> _path = [];
    private int _visits;

    /// <summary>RFC 7208 §4.6.4: one counter for the whole tree.</summary>
    public int Lookups { get; private set; }

    public int Voids { get; private set; }

    public bool HasLoop { get; private set; }

    /// <summary>Deepest nesting of includes and redirects.</summary>
    public int Depth { get; private set; }

    /// <summary>The ip4 networks that pass: qualifier "+" on the term and on every include above it.</summary>
    public List<SpfIp4Network> PassingIp4 { get; } = [];

    public List<string> RedirectChain { get; } = [];

    /// <summary>What the a, mx and exists terms within the limit ask for.</summary>
    public List<DnsQuestion> HostQuestions { get; } = [];

    /// <summary>What one record comes to.</summary>
    internal sealed class Outcome
    {
        /// <summary>Errors of the record itself; those of the whole tree (limits) are not among them.</summary>
        public SortedSet<SpfStatus> Errors { get; } = [];

        /// <summary>What stands behind a <see cref="SpfStatus.PermerrorNested"/>.</summary>
        public SortedSet<SpfStatus> Inner { get; } = [];

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
        _visits++;
        _path.Add(domain);
        var outcome = new Outcome();
        // Families that some term before has not yet decided for every client.
        var open = Families.Both;
        foreach (var directive in record.BeforeAll)
        {
            if (directive.CountsAsLookup) Lookups++;
            var target = SpfTarget.Of(directive.Domain, domain, zone.Sender);
            bool pass = directive.Qualifier == SpfQualifier.Pass;
            if (directive.Mechanism == SpfMechanism.Ip4 && pass && passing) PassingIp4.Add(directive.Ip4);
            var (matched, kind) = directive.Mechanism == SpfMechanism.Include
                ? (Include(target, outcome, passing && pass), SpfPermissive.IncludePassAll)
                : (Hosts(directive, target, outcome) & EveryoneIn(directive), KindOf(directive.Mechanism));
            if (pass) Permit(outcome, matched & open, kind);
            open &= ~matched;
        }
        if (record.All is { } all)
        {
            outcome.EffectiveAll = EffectiveOf(all.Qualifier);
            if (all.Qualifier == SpfQualifier.Pass) Permit(outcome, open, SpfPermissive.AllPass);
        }
        else if (record.Redirect is { } redirect)
        {
            Lookups++;
            Redirect(SpfTarget.Of(redirect.Value, domain, zone.Sender), outcome, open, passing, isOwn);
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
        if (isOwn) RedirectChain.Add(target.Text);
        var inner = Follow(target, outcome, SpfStatus.PermerrorRedirectMissing, passing, isOwn);
        outcome.EffectiveAll = target.IsDynamic ? SpfEffectiveAll.Dynamic : inner?.EffectiveAll;
        if (inner is not null) Permit(outcome, inner.Passing & open, inner.Permissive);
    }

    /// <summary>Reads the record at the target and puts its errors on the parent's account; null when there is none to read.</summary>
    private Outcome? Follow(SpfTarget target, Outcome parent, SpfStatus missing, bool passing, bool isOwn)
    {
        Depth = Math.Max(Depth, _path.Count);
        if (target.IsDynamic || level < SpfEvalLevel.Tree) return null;
        if (target.Name is null)
        {
            // RFC 7208 §4.3: a malformed or single-label domain is "none" without any lookup.
            parent.Errors.Add(missing);
            return null;
        }
        if (_path.Contains(target.Name))
        {
            // No rule of its own: the limit ends it (RFC 7208 §4.6.4).
            HasLoop = true;
            return null;
        }
        if (_visits >= MaxVisits || zone.Read(target.Name) is not { } reading) return null;
        if (Lookups <= MaxLookups && zone.Answer(target.Name, DnsRecordType.Txt)!.Presence == Presence.Absent) Voids++;
        switch (reading.State)
        {
            case SpfReadingState.Unknown: // RFC 7208 §5.2
                parent.Errors.Add(SpfStatus.Temperror);
                return null;
            case SpfReadingState.None: // RFC 7208 §5.2, §6.1
                parent.Errors.Add(missing);
                return null;
            case SpfReadingState.Multiple:
                AddNested(parent, SpfStatus.PermerrorMultipleRecords);
                return null;
            case SpfReadingState.Malformed:
                AddNested(parent, SpfStatus.PermerrorSyntax);
                return null;
        }
        var inner = Visit(target.Name, reading.Record!, passing, isOwn);
        foreach (var error in inner.Errors)
        {
            if (error == SpfStatus.Temperror) parent.Errors.Add(error);
            else if (error != SpfStatus.PermerrorNested) AddNested(parent, error);
        }
        foreach (var error in inner.Inner) AddNested(parent, error);
        return inner;
    }

    /// <summary>RFC 7208 §5.2: permerror inside is permerror outside.</summary>
    private static void AddNested(Outcome parent, SpfStatus cause)
    {
        parent.Errors.Add(SpfStatus.PermerrorNested);
        parent.Inner.Add(cause);
    }

    /// <summary>The hosts of an a, mx or exists term, at level full and within the limit (beyond it no evaluator goes).
    /// Gives the families that the term can match at all: both, as long as nothing says otherwise.</summary>
    private Families Hosts(SpfDirective directive, SpfTarget target, Outcome outcome)
    {
        // A name that cannot exist is never asked for: no match, and no void lookup (RFC 7208 §4.8 leaves it open).
        if (level < SpfEvalLevel.Full || Lookups > MaxLookups || target.Name is not { } name) return Families.Both;
        switch (directive.Mechanism)
        {
            case SpfMechanism.A:
                var ip4 = Ask(name, DnsRecordType.A);
                var ip6 = Ask(name, DnsRecordType.Aaaa);
                Judge(outcome, ip4, ip6);
                return (ip4 == Presence.Absent ? Families.None : Families.Ip4) | (ip6 == Presence.Absent ? Families.None : Families.Ip6);
            case SpfMechanism.Mx:
                var mx = Ask(name, DnsRecordType.Mx);
                Judge(outcome, mx, mx);
                // RFC 7208 §4.6.4, §5.4
                int? names = zone.Answer(name, DnsRecordType.Mx)?.RecordsOf<MxRecord>().Count();
                if (names > MaxMxNames) outcome.Errors.Add(SpfStatus.PermerrorMxLimit);
                return mx == Presence.Absent ? Families.None : Families.Both;
            case SpfMechanism.Exists: // RFC 7208 §5.7: always an A lookup
                var exists = Ask(name, DnsRecordType.A);
                Judge(outcome, exists, exists);
                break;
        }
        return Families.Both;
    }

    private Presence? Ask(string name, DnsRecordType type)
    {
        HostQuestions.Add(new DnsQuestion(name, type));
        return zone.Answer(name, type)?.Presence;
    }

    /// <summary>RFC 7208 §4.6.4: a void lookup brings no records. Which family is asked depends on the client, so a name is void only when
    /// both are empty; when that cannot be told, the result cannot either (§5).</summary>
    private void Judge(Outcome outcome, Presence? a, Presence? b)
    {
        if (a == Presence.Present || b == Presence.Present) return;
        if (a == Presence.Absent && b == Presence.Absent) Voids++;
        else if (a == Presence.Unknown || b == Presence.Unknown) outcome.Errors.Add(SpfStatus.Temperror);
    }

    /// <summary>A prefix of 0 compares no bits, so that any client of the family matches (RFC 7208 §5).</summary>
    private static Families EveryoneIn(SpfDirective directive) => directive.Mechanism switch
    {
        SpfMechanism.Ip4 when directive.Ip4.Prefix == 0 => Families.Ip4,
        SpfMechanism.Ip6 when directive.Ip6.Prefix == 0 => Families.Ip6,
        SpfMechanism.A or SpfMechanism.Mx =>
            (directive.Ip4Prefix == 0 ? Families.Ip4 : Families.None) | (directive.Ip6Prefix == 0 ? Families.Ip6 : Families.None),
        _ => Families.None,
    };

    private static SpfPermissive KindOf(SpfMechanism mechanism) => mechanism switch
    {
        SpfMechanism.Ip4 => SpfPermissive.Ip4Slash0,
        SpfMechanism.Ip6 => SpfPermissive.Ip6Slash0,
        SpfMechanism.A => SpfPermissive.ASlash0,
        SpfMechanism.Mx => SpfPermissive.MxSlash0,
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
