namespace Scanner.Checks.Spf;

/// <summary>What a directive says about a client that it matches (RFC 7208 §4.6.2).</summary>
public enum SpfQualifier : byte
{
    /// <summary>"+", the default.</summary>
    Pass = 1,
    /// <summary>"-".</summary>
    Fail = 2,
    /// <summary>"~".</summary>
    Softfail = 3,
    /// <summary>"?".</summary>
    Neutral = 4,
}

/// <summary>The mechanisms of RFC 7208 §5.</summary>
public enum SpfMechanism : byte
{
    /// <summary>Every client (RFC 7208 §5.1).</summary>
    All = 1,
    /// <summary>Clients that pass another domain's record (RFC 7208 §5.2).</summary>
    Include = 2,
    /// <summary>Addresses of a name (RFC 7208 §5.3).</summary>
    A = 3,
    /// <summary>Addresses of a name's MX hosts (RFC 7208 §5.4).</summary>
    Mx = 4,
    /// <summary>Clients whose reverse mapping leads below a name; not to be published (RFC 7208 §5.5).</summary>
    Ptr = 5,
    /// <summary>An IPv4 network (RFC 7208 §5.6).</summary>
    [Word("ip4")] Ip4 = 6,
    /// <summary>An IPv6 network (RFC 7208 §5.6).</summary>
    [Word("ip6")] Ip6 = 7,
    /// <summary>Any client, if a name has an A record (RFC 7208 §5.7).</summary>
    Exists = 8,
}

/// <param name="Address">As written: bits beyond the prefix may be set.</param>
/// <param name="Prefix">0 to 32.</param>
public readonly record struct SpfIp4Network(uint Address, int Prefix)
{
    /// <summary>Only the first <see cref="Prefix"/> bits are compared (RFC 7208 §5).</summary>
    public bool Contains(uint address) => Prefix == 0 || (address ^ Address) >> (32 - Prefix) == 0;
}

/// <param name="Address">As written: bits beyond the prefix may be set.</param>
/// <param name="Prefix">0 to 128.</param>
public readonly record struct SpfIp6Network(UInt128 Address, int Prefix)
{
    /// <summary>Only the first <see cref="Prefix"/> bits are compared (RFC 7208 §5).</summary>
    public bool Contains(UInt128 address) => Prefix == 0 || (address ^ Address) >> (128 - Prefix) == 0;
}

/// <summary>One term of a record (RFC 7208 §4.6.1). It refers to its place in the record: most terms are read once and never shown.</summary>
public abstract class SpfTerm
{
    private readonly string _record;
    private readonly int _start;
    private readonly int _length;

    private protected SpfTerm(string record, int start, int length) => (_record, _start, _length) = (record, start, length);

    /// <summary>As it stands in the record.</summary>
    public string Text => Span.Length == _record.Length ? _record : Span.ToString();

    private protected ReadOnlySpan<char> Span => _record.AsSpan(_start, _length);

    /// <summary>As <see cref="Text"/>.</summary>
    public override string ToString() => Text;
}

/// <summary>A mechanism with its qualifier.</summary>
public sealed class SpfDirective : SpfTerm
{
    // An address of either family: a record may hold thousands, and no term has both.
    private readonly ulong _high, _low;
    private readonly byte _ip4Prefix = 32, _ip6Prefix = 128, _networkPrefix;

    /// <param name="record">The whole record; the term is <paramref name="length"/> characters from <paramref name="start"/>.</param>
    internal SpfDirective(string record, int start, int length, SpfQualifier qualifier, SpfMechanism mechanism) : base(record, start, length) =>
        (Qualifier, Mechanism) = (qualifier, mechanism);

    /// <summary>Pass where none is written (RFC 7208 §4.6.2).</summary>
    public SpfQualifier Qualifier { get; }

    /// <summary>What is compared with the client.</summary>
    public SpfMechanism Mechanism { get; }

    /// <summary>Null when none is written: then it is the current domain (RFC 7208 §4.8).</summary>
    public SpfMacroString? Domain { get; init; }

    /// <summary>The ip4-cidr-length of <c>a</c> and <c>mx</c>, 0 to 32 (RFC 7208 §5.6).</summary>
    public int Ip4Prefix { get => _ip4Prefix; init => _ip4Prefix = (byte)value; }

    /// <summary>The ip6-cidr-length of <c>a</c> and <c>mx</c>, 0 to 128 (RFC 7208 §5.6).</summary>
    public int Ip6Prefix { get => _ip6Prefix; init => _ip6Prefix = (byte)value; }

    /// <summary>Only for <see cref="SpfMechanism.Ip4"/>.</summary>
    public SpfIp4Network Ip4
    {
        get => new((uint)_low, _networkPrefix);
        init => (_low, _networkPrefix) = (value.Address, (byte)value.Prefix);
    }

    /// <summary>Only for <see cref="SpfMechanism.Ip6"/>.</summary>
    public SpfIp6Network Ip6
    {
        get => new(new UInt128(_high, _low), _networkPrefix);
        init => (_high, _low, _networkPrefix) = ((ulong)(value.Address >> 64), (ulong)value.Address, (byte)value.Prefix);
    }

    /// <summary>Counts against the limit of ten (RFC 7208 §4.6.4).</summary>
    public bool CountsAsLookup =>
        Mechanism is SpfMechanism.Include or SpfMechanism.A or SpfMechanism.Mx or SpfMechanism.Ptr or SpfMechanism.Exists;
}

/// <summary>A <c>name=value</c> term (RFC 7208 §6).</summary>
public sealed class SpfModifier : SpfTerm
{
    private readonly int _nameLength;

    /// <param name="nameLength">Characters before the "=".</param>
    internal SpfModifier(string record, int start, int length, int nameLength, SpfMacroString value) : base(record, start, length)
    {
        _nameLength = nameLength;
        Value = value;
        IsRedirect = Span[..nameLength].Equals("redirect", StringComparison.OrdinalIgnoreCase);
        IsExp = Span[..nameLength].Equals("exp", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>As written; compared without regard to case.</summary>
    public string Name => Span[.._nameLength].ToString();

    /// <summary>A domain-spec for <c>redirect</c> and <c>exp</c>, any macro-string otherwise.</summary>
    public SpfMacroString Value { get; }

    /// <summary>RFC 7208 §6: "include=x" is an unknown modifier, and ignored. Its author meant something else.</summary>
    public bool IsNamedLikeMechanism => SpfRecordParser.MechanismOf(Span[.._nameLength]) is not null;

    /// <summary>The result is another record's (RFC 7208 §6.1).</summary>
    public bool IsRedirect { get; }

    /// <summary>Where the explanation of a fail stands (RFC 7208 §6.2).</summary>
    public bool IsExp { get; }
}

/// <summary>A record that satisfies the grammar of RFC 7208 §12, in parsed form. It says what is written, not what it comes to. Immutable: one
/// that many names share is parsed once (<see cref="SpfSharedRecords"/>).</summary>
public sealed class SpfRecord
{
    private readonly SpfDirective[] _directives;

    internal SpfRecord(SpfTerm[] terms)
    {
        int directives = 0;
        foreach (var term in terms)
        {
            if (term is SpfDirective) directives++;
            // RFC 7208 §6: redirect and exp stand at most once.
            else if (term is SpfModifier { IsRedirect: true } redirect) Redirect = redirect;
            else if (term is SpfModifier { IsExp: true } exp) Exp = exp;
        }
        _directives = new SpfDirective[directives];
        int next = 0, beforeAll = directives;
        foreach (var term in terms)
        {
            if (term is not SpfDirective)
            {
                HasMechanismAsModifier |= ((SpfModifier)term).IsNamedLikeMechanism;
                continue;
            }
            var directive = (SpfDirective)term;
            HasPtr |= directive.Mechanism == SpfMechanism.Ptr;
            HasDynamicMacro |= directive.Domain is { IsDynamic: true };
            if (All is null && directive.Mechanism == SpfMechanism.All) (All, beforeAll) = (directive, next);
            _directives[next++] = directive;
        }
        HasDynamicMacro |= Redirect is { Value.IsDynamic: true };
        BeforeAll = new ArraySegment<SpfDirective>(_directives, 0, beforeAll);
        // Most records have no modifiers, and one array is enough.
        Terms = directives == terms.Length ? _directives : terms;
    }

    /// <summary>Directives and modifiers in the order written.</summary>
    public IReadOnlyList<SpfTerm> Terms { get; }

    /// <summary>The mechanisms in the order written, those behind <c>all</c> included.</summary>
    public IReadOnlyList<SpfDirective> Directives => _directives;

    /// <summary>The first <c>all</c>.</summary>
    public SpfDirective? All { get; }

    /// <summary>As written; whether it is followed is <see cref="FollowedRedirect"/>.</summary>
    public SpfModifier? Redirect { get; }

    /// <summary>Where the explanation of a fail stands; null for none.</summary>
    public SpfModifier? Exp { get; }

    /// <summary>A modifier that bears the name of a mechanism.</summary>
    public bool HasMechanismAsModifier { get; }

    /// <summary>A <c>ptr</c> anywhere in the record.</summary>
    public bool HasPtr { get; }

    /// <summary>A directive anywhere, or the redirect, whose name depends on the client or the sender (<see cref="SpfMacroString.IsDynamic"/>).</summary>
    public bool HasDynamicMacro { get; }

    /// <summary>The directives before <c>all</c>: those after it are never tested (RFC 7208 §5.1).</summary>
    public ArraySegment<SpfDirective> BeforeAll { get; }

    /// <summary>The redirect, unless <c>all</c> stands anywhere in the record: then it is ignored (RFC 7208 §5.1, §6.1).</summary>
    public SpfModifier? FollowedRedirect => All is null ? Redirect : null;
}
