using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>The first that applies, in the order of classification.md 4.7; higher in this list beats lower.</summary>
public enum SpfStatus : byte
{
    Unknown = 1,
    None = 2,
    PermerrorMultipleRecords = 3,
    PermerrorSyntax = 4,
    PermerrorLookupLimit = 5,
    PermerrorRedirectMissing = 6,
    PermerrorIncludeMissing = 7,
    PermerrorNested = 8,
    PermerrorMxLimit = 9,
    PermerrorVoidLimit = 10,
    Temperror = 11,
    Valid = 12,
}

/// <summary>One column for headlines (classification.md 4.7).</summary>
public enum SpfClass : byte
{
    None = 1,
    Invalid = 2,
    Fail = 3,
    Softfail = 4,
    Neutral = 5,
    Pass = 6,
    Dynamic = 7,
    Unknown = 8,
}

/// <summary>The first "all" of the record itself.</summary>
public enum SpfAll : byte
{
    Fail = 1,
    Softfail = 2,
    Neutral = 3,
    Pass = 4,
    Redirect = 5,
    Missing = 6,
}

/// <summary>What "all" comes to after redirects.</summary>
public enum SpfEffectiveAll : byte
{
    Fail = 1,
    Softfail = 2,
    Neutral = 3,
    Pass = 4,
    /// <summary>Neither "all" nor redirect: RFC 7208 §4.7.</summary>
    NeutralDefault = 5,
    /// <summary>Depends on the client or sender: not guessed.</summary>
    Dynamic = 6,
}

/// <summary>A mechanism before "all" that lets everyone pass.</summary>
public enum SpfPermissive : byte
{
    None = 1,
    AllPass = 2,
    [Word("ip4_slash0")] Ip4Slash0 = 3,
    [Word("ip6_slash0")] Ip6Slash0 = 4,
    [Word("a_slash0")] ASlash0 = 5,
    [Word("mx_slash0")] MxSlash0 = 6,
    IncludePassAll = 7,
    /// <summary>An exists whose name is the same for every client and is there (RFC 7208 §5.7). Seen at level full only. Not in the list of
    /// classification.md 4.3, but everyone passes all the same.</summary>
    ExistsPassAll = 8,
}

public enum SpfSyntaxError : byte
{
    UnknownMechanism = 1,
    [Word("bad_ip4")] BadIp4 = 2,
    [Word("bad_ip6")] BadIp6 = 3,
    BadCidr = 4,
    BadDomainSpec = 5,
    MissingArgument = 6,
    UnexpectedArgument = 7,
    BadMacro = 8,
    DuplicateModifier = 9,
    BadModifier = 10,
    QualifierOnModifier = 11,
    NonAscii = 12,
    ControlChar = 13,
    SplitBoundary = 14,
}

public enum SpfNearMiss : byte
{
    LeadingSpace = 1,
    Quoted = 2,
    VersionDelimiter = 3,
    VersionTypo = 4,
    SenderId = 5,
    NonAscii = 6,
}

/// <summary>How far the record was followed (classification.md 4.4).</summary>
public enum SpfEvalLevel : byte
{
    /// <summary>The record's own text.</summary>
    Record = 1,
    /// <summary>The TXT records of includes and redirects too.</summary>
    Tree = 2,
    /// <summary>Also A, AAAA and MX, for the void and MX limits.</summary>
    Full = 3,
}

public sealed record SpfResult
{
    public required SpfStatus Status { get; init; }

    public required SpfClass Class { get; init; }

    /// <summary>The TXT answer at the listed name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Null when there is no single record.</summary>
    public SpfAll? All { get; init; }

    public SpfEffectiveAll? EffectiveAll { get; init; }

    public SpfPermissive? Permissive { get; init; }

    /// <summary>A valid record whose only directive is "-all" (RFC 7208 §10.1.2). Null when there is no single record.</summary>
    public bool? NoMail { get; init; }

    /// <summary>All errors found, as words: the permerrors and temperror by their status word, the sub-cause <c>loop</c>,
    /// and behind <c>permerror_nested</c> the causes inside, as <c>nested_syntax</c>, <c>nested_include_missing</c> and so on.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    public SpfSyntaxError? SyntaxError { get; init; }

    /// <summary>Terms that look something up, in the worst case, over the whole tree (RFC 7208 §4.6.4). Counted on beyond the limit as far
    /// as the tree was read; at least 11 for a loop, which has no end. Null when there is no valid text to count.</summary>
    public int? LookupsWorst { get; init; }

    /// <summary>Terms with a void lookup in the worst case; null below level <see cref="SpfEvalLevel.Full"/>.</summary>
    public int? VoidWorst { get; init; }

    public SpfEvalLevel? EvalLevel { get; init; }

    /// <summary>Targets of the record's own redirects, in order.</summary>
    public IReadOnlyList<string> RedirectChain { get; init; } = [];

    /// <summary>Targets of the record's own includes reached before "all", after static macro expansion, in order.</summary>
    public IReadOnlyList<string> Includes { get; init; } = [];

    /// <summary>Deepest nesting of includes and redirects; 0 for a record without them.</summary>
    public int? IncludeDepth { get; init; }

    /// <summary>Distinct IPv4 addresses that the tree's ip4 terms let pass, 0 to 2^32: qualifier "+" on the term and on every include
    /// above it, terms before "all" only. At level <see cref="SpfEvalLevel.Full"/> those of its a and mx terms too.</summary>
    public long? Ipv4Count { get; init; }

    /// <summary>The smallest prefix length of the networks in <see cref="Ipv4Count"/>, 0 to 32; null when there are none.</summary>
    public int? WidestIp4 { get; init; }

    public bool? HasPtr { get; init; }

    public bool? HasDynamicMacro { get; init; }

    /// <summary>Octets of the joined record.</summary>
    public int? Length { get; init; }

    /// <summary>Character-strings the record is split into.</summary>
    public int? Strings { get; init; }

    /// <summary>Only with <see cref="SpfStatus.None"/>.</summary>
    public SpfNearMiss? NearMiss { get; init; }

    /// <summary>Oddities without effect: <c>mechanism_as_modifier</c>, <c>ptr</c>, <c>version_case</c>.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];

    /// <summary>The record, escaped (<see cref="Evidence"/>); null when there is not exactly one.</summary>
    public string? Raw { get; init; }

    /// <summary>Every TXT record that is SPF or nearly so, escaped: the evidence when there is not exactly one.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>Octets of all TXT RDATA at the name, length octets included.</summary>
    public int? TxtRrsetBytes { get; init; }

    /// <summary>Name and text of all TXT records are not under the 450 octets of RFC 7208 §3.4. Null when they could not be read.</summary>
    public bool? TxtOver450 { get; init; }

    /// <summary>The answer is over the 512 octets of UDP without EDNS (RFC 7208 §3.4, RFC 1035 §2.3.4).</summary>
    public bool? TxtOver512 { get; init; }

    /// <summary>The answer came over TCP, or should have.</summary>
    public bool? TxtNeededTcp { get; init; }

    /// <summary>The answers that all this was read from: those of the tree too, and at level full those about hosts.</summary>
    public SpfZone? Zone { get; init; }
}
