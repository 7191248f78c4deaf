using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>The first that applies, in the order of classification.md 4.7; higher in this list beats lower.</summary>
public enum SpfStatus : byte
{
    /// <summary>The name's TXT records could not be asked for.</summary>
    Unknown = 1,
    /// <summary>No SPF record, or no name that one could stand at.</summary>
    None = 2,
    /// <summary>More than one SPF record (RFC 7208 §4.5).</summary>
    PermerrorMultipleRecords = 3,
    /// <summary>Against the grammar, anywhere in the record (RFC 7208 §4.6).</summary>
    PermerrorSyntax = 4,
    /// <summary>More than ten terms that look something up, or a loop (RFC 7208 §4.6.4).</summary>
    PermerrorLookupLimit = 5,
    /// <summary>The redirect leads to no record (RFC 7208 §6.1).</summary>
    PermerrorRedirectMissing = 6,
    /// <summary>An include leads to no record (RFC 7208 §5.2).</summary>
    PermerrorIncludeMissing = 7,
    /// <summary>A record that is included or redirected to has an error itself.</summary>
    PermerrorNested = 8,
    /// <summary>An mx term over more than ten MX records (RFC 7208 §4.6.4); seen at level full only.</summary>
    PermerrorMxLimit = 9,
    /// <summary>More than two lookups without an answer (RFC 7208 §4.6.4); seen at level full only.</summary>
    PermerrorVoidLimit = 10,
    /// <summary>A record is there, and something it refers to could not be asked for.</summary>
    Temperror = 11,
    /// <summary>No error was found as far as the record was followed.</summary>
    Valid = 12,
}

/// <summary>One column for headlines (classification.md 4.7).</summary>
public enum SpfClass : byte
{
    /// <summary>No record.</summary>
    None = 1,
    /// <summary>A record with a permanent error.</summary>
    Invalid = 2,
    /// <summary>Valid, ends in "-all", also through a redirect, and nothing before it lets everybody pass.</summary>
    Fail = 3,
    /// <summary>Valid, ends in "~all".</summary>
    Softfail = 4,
    /// <summary>Valid, ends in "?all", or in nothing (RFC 7208 §4.7).</summary>
    Neutral = 5,
    /// <summary>Valid, and everybody passes, by "+all" or by a term before it.</summary>
    Pass = 6,
    /// <summary>Valid, and what it ends in depends on client or sender.</summary>
    Dynamic = 7,
    /// <summary>Not found out: no answer, a temperror, or a redirect that was not followed.</summary>
    Unknown = 8,
}

/// <summary>The first "all" of the record itself.</summary>
public enum SpfAll : byte
{
    /// <summary>"-all".</summary>
    Fail = 1,
    /// <summary>"~all".</summary>
    Softfail = 2,
    /// <summary>"?all".</summary>
    Neutral = 3,
    /// <summary>"all" or "+all".</summary>
    Pass = 4,
    /// <summary>No "all", but a redirect.</summary>
    Redirect = 5,
    /// <summary>Neither.</summary>
    Missing = 6,
}

/// <summary>What "all" comes to after redirects.</summary>
public enum SpfEffectiveAll : byte
{
    /// <summary>"-all".</summary>
    Fail = 1,
    /// <summary>"~all".</summary>
    Softfail = 2,
    /// <summary>"?all".</summary>
    Neutral = 3,
    /// <summary>"all" or "+all".</summary>
    Pass = 4,
    /// <summary>Neither "all" nor redirect: RFC 7208 §4.7.</summary>
    NeutralDefault = 5,
    /// <summary>Depends on the client or sender: not guessed.</summary>
    Dynamic = 6,
}

/// <summary>A mechanism before "all" that lets everyone pass.</summary>
public enum SpfPermissive : byte
{
    /// <summary>No such term.</summary>
    None = 1,
    /// <summary>"all" or "+all" itself.</summary>
    AllPass = 2,
    /// <c>ip4:…/0</c>: every IPv4 client.
    [Word("ip4_slash0")] Ip4Slash0 = 3,
    /// <c>ip6:…/0</c>: every IPv6 client.
    [Word("ip6_slash0")] Ip6Slash0 = 4,
    /// <c>a…/0</c>: every client of a family in which the name has an address.
    [Word("a_slash0")] ASlash0 = 5,
    /// <c>mx…/0</c>: every client of a family in which an MX host has an address.
    [Word("mx_slash0")] MxSlash0 = 6,
    /// <summary>An include of a record that lets everyone pass (RFC 7208 §5.2).</summary>
    IncludePassAll = 7,
    /// <summary>An exists whose name is the same for every client and is there (RFC 7208 §5.7). Seen at level full only. Not in the list of
    /// classification.md 4.3, but everyone passes all the same.</summary>
    ExistsPassAll = 8,
}

/// <summary>What is wrong with the first bad term of a record (classification.md 4.2). The RFC knows only "permerror".</summary>
public enum SpfSyntaxError : byte
{
    /// <summary>A name that is none of the eight mechanisms.</summary>
    UnknownMechanism = 1,
    /// <summary>No dotted quad: leading zeros, missing parts, an IPv6 address (RFC 7208 §5.6).</summary>
    [Word("bad_ip4")] BadIp4 = 2,
    /// <summary>No IPv6 address (RFC 4291 §2.2).</summary>
    [Word("bad_ip6")] BadIp6 = 3,
    /// <summary>A prefix length that is no number or out of range.</summary>
    BadCidr = 4,
    /// <summary>A name that ends neither in a top label nor in a macro (RFC 7208 §7.1).</summary>
    BadDomainSpec = 5,
    /// <summary>include, exists, ip4, ip6, redirect or exp without its argument, or ":" with nothing behind it.</summary>
    MissingArgument = 6,
    /// <c>all</c> with an argument, or <c>ptr</c> with a prefix length.
    UnexpectedArgument = 7,
    /// <summary>A "%" that begins no macro, or a letter that may not stand here (RFC 7208 §7.2).</summary>
    BadMacro = 8,
    /// <summary>redirect or exp twice (RFC 7208 §6).</summary>
    DuplicateModifier = 9,
    /// <summary>A name before "=" that is none (RFC 7208 §4.6.1).</summary>
    BadModifier = 10,
    /// <summary>A qualifier before a modifier, such as <c>-redirect=</c>.</summary>
    QualifierOnModifier = 11,
    /// <summary>An octet from 0x80 (RFC 7208 §3.1).</summary>
    NonAscii = 12,
    /// <summary>A control character; a TAB between terms is one.</summary>
    ControlChar = 13,
    /// <summary>Two good terms that lost their blank where one string ends and the next begins (RFC 7208 §3.3).</summary>
    SplitBoundary = 14,
}

/// <summary>How a text falls short of being an SPF record (classification.md 4.1). Never counted as published.</summary>
public enum SpfNearMiss : byte
{
    /// <summary>Blanks or line ends before the version.</summary>
    LeadingSpace = 1,
    /// <summary>Quotation marks are part of the record.</summary>
    Quoted = 2,
    /// <summary>Something other than a blank behind the version.</summary>
    VersionDelimiter = 3,
    /// <summary>Such as <c>v=spf 1</c>, <c>v=spf</c> or <c>spf1</c>.</summary>
    VersionTypo = 4,
    /// <summary>A record of Sender ID, <c>spf2.0/</c> (RFC 4406).</summary>
    SenderId = 5,
    /// <summary>A version once octets outside of ASCII are taken out.</summary>
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

/// <summary>What the SPF record of one name says and comes to (RFC 7208), for a client that matches nothing before "all".</summary>
public sealed record SpfResult
{
    /// <summary>The first error in the order of precedence, or valid, none, unknown.</summary>
    public required SpfStatus Status { get; init; }

    /// <summary>The finding in one word.</summary>
    public required SpfClass Class { get; init; }

    /// <summary>The TXT answer at the listed name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Null when there is no single record.</summary>
    public SpfAll? All { get; init; }

    /// <summary>Null without a valid text, or when a redirect was not followed or leads nowhere.</summary>
    public SpfEffectiveAll? EffectiveAll { get; init; }

    /// <summary>Null without a valid text.</summary>
    public SpfPermissive? Permissive { get; init; }

    /// <summary>A valid record whose only directive is "-all" (RFC 7208 §10.1.2). Null when there is no single record.</summary>
    public bool? NoMail { get; init; }

    /// <summary>All errors found, as words: the permerrors and temperror by their status word, the sub-cause <c>loop</c>,
    /// and behind <c>permerror_nested</c> the causes inside, as <c>nested_syntax</c>, <c>nested_include_missing</c> and so on.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>Of the name's own record; null when its text is valid, or there is no single record.</summary>
    public SpfSyntaxError? SyntaxError { get; init; }

    /// <summary>Terms that look something up, in the worst case, over the whole tree (RFC 7208 §4.6.4). Counted on beyond the limit as far
    /// as the tree was read; at least 11 for a loop, which has no end. Null when there is no valid text to count.</summary>
    public int? LookupsWorst { get; init; }

    /// <summary>Terms with a void lookup in the worst case; null below level <see cref="SpfEvalLevel.Full"/>.</summary>
    public int? VoidWorst { get; init; }

    /// <summary>How far the record was followed; null with the status none or unknown.</summary>
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

    /// <summary>A <c>ptr</c> anywhere in the name's own record (RFC 7208 §5.5). Null without a valid text.</summary>
    public bool? HasPtr { get; init; }

    /// <summary>A name in the record depends on client or sender. Null without a valid text.</summary>
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
