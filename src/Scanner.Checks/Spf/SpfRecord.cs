namespace Scanner.Checks.Spf;

/// <summary>What a directive says about a client that it matches (RFC 7208 §4.6.2).</summary>
public enum SpfQualifier : byte
{
    Pass = 1,
    Fail = 2,
    Softfail = 3,
    Neutral = 4,
}

/// <summary>The mechanisms of RFC 7208 §5.</summary>
public enum SpfMechanism : byte
{
    All = 1,
    Include = 2,
    A = 3,
    Mx = 4,
    Ptr = 5,
    [Word("ip4")] Ip4 = 6,
    [Word("ip6")] Ip6 = 7,
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

/// <summary>One term of a record (RFC 7208 §4.6.1).</summary>
/// <param name="Text">As it stands in the record.</param>
public abstract record SpfTerm(string Text);

/// <summary>A mechanism with its qualifier.</summary>
public sealed record SpfDirective(string Text, SpfQualifier Qualifier, SpfMechanism Mechanism) : SpfTerm(Text)
{
    /// <summary>Null when none is written: then it is the current domain (RFC 7208 §4.8).</summary>
    public SpfMacroString? Domain { get; init; }

    /// <summary>The ip4-cidr-length of <c>a</c> and <c>mx</c>, 0 to 32 (RFC 7208 §5.6).</summary>
    public int Ip4Prefix { get; init; } = 32;

    /// <summary>The ip6-cidr-length of <c>a</c> and <c>mx</c>, 0 to 128 (RFC 7208 §5.6).</summary>
    public int Ip6Prefix { get; init; } = 128;

    /// <summary>Only for <see cref="SpfMechanism.Ip4"/>.</summary>
    public SpfIp4Network Ip4 { get; init; }

    /// <summary>Only for <see cref="SpfMechanism.Ip6"/>.</summary>
    public SpfIp6Network Ip6 { get; init; }

    /// <summary>Counts against the limit of ten (RFC 7208 §4.6.4).</summary>
    public bool CountsAsLookup =>
        Mechanism is SpfMechanism.Include or SpfMechanism.A or SpfMechanism.Mx or SpfMechanism.Ptr or SpfMechanism.Exists;
}

/// <summary>A <c>name=value</c> term (RFC 7208 §6).</summary>
/// <param name="Name">As written; compared without regard to case.</param>
/// <param name="Value">A domain-spec for <c>redirect</c> and <c>exp</c>, any macro-string otherwise.</param>
public sealed record SpfModifier(string Text, string Name, SpfMacroString Value) : SpfTerm(Text)
{
    public bool IsRedirect => Name.Equals("redirect", StringComparison.OrdinalIgnoreCase);

    public bool IsExp => Name.Equals("exp", StringComparison.OrdinalIgnoreCase);
}

/// <summary>A record that satisfies the grammar of RFC 7208 §12, in parsed form. It says what is written, not what it comes to.</summary>
public sealed record SpfRecord
{

    public SpfRecord(IReadOnlyList<SpfTerm> terms)
    {
        Terms = terms;
        int count = 0;
        for (int i = 0; i < terms.Count; i++)
        {
            if (terms[i] is SpfDirective) count++;
            // RFC 7208 §6: redirect and exp stand at most once.
            else if (terms[i] is SpfModifier { IsRedirect: true } redirect) Redirect = redirect;
            else if (terms[i] is SpfModifier { IsExp: true } exp) Exp = exp;
        }
        DirectiveArray = new SpfDirective[count];
        int next = 0, beforeAll = count;
        for (int i = 0; i < terms.Count; i++)
        {
            if (terms[i] is not SpfDirective directive) continue;
            if (All is null && directive.Mechanism == SpfMechanism.All) (All, beforeAll) = (directive, next);
            DirectiveArray[next++] = directive;
        }
        BeforeAll = new ArraySegment<SpfDirective>(DirectiveArray, 0, beforeAll);
    }

    /// <summary>Directives and modifiers in the order written.</summary>
    public IReadOnlyList<SpfTerm> Terms { get; }

    public IReadOnlyList<SpfDirective> Directives => DirectiveArray;

    internal SpfDirective[] DirectiveArray { get; }

    /// <summary>The first <c>all</c>.</summary>
    public SpfDirective? All { get; }

    public SpfModifier? Redirect { get; }

    public SpfModifier? Exp { get; }

    /// <summary>The directives before <c>all</c>: those after it are never tested (RFC 7208 §5.1).</summary>
    public ArraySegment<SpfDirective> BeforeAll { get; }

    /// <summary>The redirect, unless <c>all</c> stands anywhere in the record: then it is ignored (RFC 7208 §5.1, §6.1).</summary>
    public SpfModifier? FollowedRedirect => All is null ? Redirect : null;
}
