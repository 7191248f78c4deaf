using Scanner.Dns;

namespace Scanner.Checks.Mx;

/// <summary>Does the name run mail? The decision table of classification.md 3.3.</summary>
public enum MxClass : byte
{
    /// <summary>DNS cannot hold the name; nothing was asked.</summary>
    InvalidName = 1,
    /// <summary>MX, or the address where it decides, could not be asked.</summary>
    Unknown = 2,
    /// <summary>The name does not exist: an error, no implicit MX (RFC 5321 §5.1).</summary>
    Nxdomain = 3,
    /// <summary>RFC 7505: "we take no mail".</summary>
    NullMx = 4,
    /// <summary>MX records, but every target is of a kind nobody can deliver to.</summary>
    MxNoService = 5,
    /// <summary>A target that could work; its addresses were not asked for in this run.</summary>
    MxPresent = 6,
    /// <summary>At least one target has a public address.</summary>
    MxOk = 7,
    /// <summary>Every target is certainly without a public address.</summary>
    MxDangling = 8,
    /// <summary>No target is known to have an address, and at least one is unknown.</summary>
    MxUnverified = 9,
    /// <summary>No MX but a public address: RFC 5321 §5.1 delivers there.</summary>
    ImplicitMx = 10,
    /// <summary>No MX and certainly no public address.</summary>
    NoMail = 11,
}

/// <summary>What kind of name an MX points to (classification.md 3.2).</summary>
public enum MxTargetKind : byte
{
    /// <summary>The root: no mail (RFC 7505).</summary>
    Null = 1,
    /// <summary>localhost or a name below it (RFC 6761 §6.3), or localhost.localdomain.</summary>
    Localhost = 2,
    /// <summary>An address written as a name.</summary>
    IpLiteral = 3,
    /// <summary>One label, such as <c>mail</c>.</summary>
    SingleLabel = 4,
    /// <summary>Characters or lengths that no host name has (RFC 1123 §2.1).</summary>
    InvalidHostname = 5,
    /// <summary>A host name but for an underscore: out of specification, and delivered to.</summary>
    UnderscoreHostname = 6,
    /// <summary>Below a top-level domain that is not delegated, such as .invalid or .local.</summary>
    ReservedName = 7,
    /// <summary>An ordinary host name.</summary>
    Hostname = 8,
}

/// <summary>What a target's addresses come to (classification.md 3.2).</summary>
public enum MxTargetStatus : byte
{
    /// <summary>Nobody can deliver to a target of this kind, so its addresses do not matter.</summary>
    NotAsked = 1,
    /// <summary>It has a public address.</summary>
    AddrOk = 2,
    /// <summary>Through a CNAME: out of specification, but it works with most senders (RFC 2181 §10.3).</summary>
    AddrOkCname = 3,
    /// <summary>Every address is special-purpose (RFC 6890).</summary>
    ReservedAddrOnly = 4,
    /// <summary>It does not exist.</summary>
    Nxdomain = 5,
    /// <summary>It exists, without any address.</summary>
    Nodata = 6,
    /// <summary>Its addresses could not be asked for.</summary>
    Unknown = 7,
}

/// <summary>Oddities of a null MX (RFC 7505 §3).</summary>
public enum MxQuirk : byte
{
    /// <summary>A null MX with a preference other than 0.</summary>
    NullMxPref = 1,
    /// <summary>A null MX beside other MX records, which RFC 7505 §3 forbids.</summary>
    NullMxMixed = 2,
}

/// <param name="Host">Lower-case, no trailing dot; "." is the root.</param>
public sealed record MxTarget(int Preference, string Host, MxTargetKind Kind)
{
    /// <summary>Null when the run did not ask for the addresses of MX hosts.</summary>
    public MxTargetStatus? Status { get; init; }
}

/// <summary>What MX and address records say about mail to a name.</summary>
public sealed record MxResult
{
    /// <summary>The row of the decision table.</summary>
    public required MxClass Class { get; init; }

    /// <summary>The MX answer.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Asked only when MX is nodata; null otherwise.</summary>
    public DnsAnswer? A { get; init; }

    /// <summary>As <see cref="A"/>.</summary>
    public DnsAnswer? Aaaa { get; init; }

    /// <summary>By preference, then by name.</summary>
    public IReadOnlyList<MxTarget> Targets { get; init; } = [];

    /// <summary>Each at most once.</summary>
    public IReadOnlyList<MxQuirk> Quirks { get; init; } = [];

    /// <summary>Who runs the most preferred usable host: a word of <see cref="MxProviders"/>, self_hosted, or other. Null without such a host.</summary>
    public string? Provider { get; init; }

    /// <summary>In the default "mail" denominator (classification.md 3.4)? Null when unknown.</summary>
    public bool? RunsMail => Class switch
    {
        MxClass.MxPresent or MxClass.MxOk or MxClass.MxDangling or MxClass.MxUnverified => true,
        MxClass.Unknown => null,
        _ => false,
    };
}
