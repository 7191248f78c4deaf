using Scanner.Dns;

namespace Scanner.Checks.Mx;

/// <summary>Does the name run mail? The decision table of classification.md 3.3.</summary>
public enum MxClass : byte
{
    InvalidName = 1,
    Unknown = 2,
    Nxdomain = 3,
    /// <summary>RFC 7505: "we take no mail".</summary>
    NullMx = 4,
    /// <summary>MX records, but every target is of a kind nobody can deliver to.</summary>
    MxNoService = 5,
    /// <summary>A target that could work; its addresses were not asked for in this run.</summary>
    MxPresent = 6,
    MxOk = 7,
    MxDangling = 8,
    MxUnverified = 9,
    /// <summary>No MX but a public address: RFC 5321 §5.1 delivers there.</summary>
    ImplicitMx = 10,
    NoMail = 11,
}

/// <summary>What kind of name an MX points to (classification.md 3.2).</summary>
public enum MxTargetKind : byte
{
    Null = 1,
    Localhost = 2,
    IpLiteral = 3,
    SingleLabel = 4,
    InvalidHostname = 5,
    UnderscoreHostname = 6,
    ReservedName = 7,
    Hostname = 8,
}

/// <summary>What a target's addresses come to (classification.md 3.2).</summary>
public enum MxTargetStatus : byte
{
    /// <summary>Nobody can deliver to a target of this kind, so its addresses do not matter.</summary>
    NotAsked = 1,
    AddrOk = 2,
    /// <summary>Through a CNAME: out of specification, but it works with most senders (RFC 2181 §10.3).</summary>
    AddrOkCname = 3,
    /// <summary>Every address is special-purpose (RFC 6890).</summary>
    ReservedAddrOnly = 4,
    Nxdomain = 5,
    Nodata = 6,
    Unknown = 7,
}

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

public sealed record MxResult
{
    public required MxClass Class { get; init; }

    /// <summary>The MX answer.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Asked only when MX is nodata; null otherwise.</summary>
    public DnsAnswer? A { get; init; }

    public DnsAnswer? Aaaa { get; init; }

    /// <summary>By preference, then by name.</summary>
    public IReadOnlyList<MxTarget> Targets { get; init; } = [];

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
