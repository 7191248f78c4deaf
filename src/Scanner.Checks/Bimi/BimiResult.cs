using Scanner.Dns;

namespace Scanner.Checks.Bimi;

/// <summary>One column for headlines (classification.md 10).</summary>
public enum BimiStatus : byte
{
    /// <summary>A logo to fetch, without evidence that it is the sender's.</summary>
    Logo = 1,
    /// <summary>A logo, and in a= where the certificate for it lies.</summary>
    LogoWithEvidence = 2,
    /// <summary>An explicit "no logo": published, but not adopted.</summary>
    Declined = 3,
    /// <summary>One record, which breaks the grammar: see <see cref="BimiResult.Error"/>.</summary>
    Invalid = 4,
    /// <summary>Several records: receivers show nothing.</summary>
    Multiple = 5,
    /// <summary>No record at the name, nor at its organizational domain.</summary>
    Absent = 6,
    /// <summary>One of the two could not be asked.</summary>
    Unknown = 7,
}

/// <summary>Why a record is malformed; where several things are wrong, BadTag is told first, then l, then a.</summary>
public enum BimiError : byte
{
    /// <summary>No l= tag, which is required (empty is allowed).</summary>
    MissingL = 1,
    /// <summary>l= is neither empty nor an https URI.</summary>
    BadL = 2,
    /// <summary>a= is neither empty nor an https URI.</summary>
    BadA = 3,
    /// <summary>A segment that is no tag, or a tag that comes twice.</summary>
    BadTag = 4,
}

/// <summary>What BIMI records say of a name. An Internet-Draft, no standard (draft-brand-indicators-for-message-identification).</summary>
public sealed record BimiResult
{
    /// <summary>The finding in one word.</summary>
    public required BimiStatus Status { get; init; }

    /// <summary>The TXT answer at <c>default._bimi.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>The name whose record it is, without <c>default._bimi.</c>: the listed name, or its organizational domain. Null without a record.</summary>
    public string? SourceName { get; init; }

    /// <summary>Not null exactly for <see cref="BimiStatus.Invalid"/>.</summary>
    public BimiError? Error { get; init; }

    /// <summary>Logo or logo with evidence, and a DMARC policy strict enough for receivers to show it. Null when either is unknown or DMARC was
    /// not asked for.</summary>
    public bool? Effective { get; init; }

    /// <summary>The record, escaped; null when there is not exactly one.</summary>
    public string? Raw { get; init; }
}
