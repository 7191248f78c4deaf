using Scanner.Dns;

namespace Scanner.Checks.Bimi;

/// <summary>One column for headlines (classification.md 10).</summary>
public enum BimiStatus : byte
{
    Logo = 1,
    LogoWithEvidence = 2,
    /// <summary>An explicit "no logo": published, but not adopted.</summary>
    Declined = 3,
    Invalid = 4,
    Multiple = 5,
    Absent = 6,
    Unknown = 7,
}

public enum BimiError : byte
{
    MissingL = 1,
    /// <summary>l= is neither empty nor an https URI.</summary>
    BadL = 2,
    BadA = 3,
    /// <summary>A segment that is no tag, or a tag that comes twice.</summary>
    BadTag = 4,
}

public sealed record BimiResult
{
    public required BimiStatus Status { get; init; }

    /// <summary>The TXT answer at <c>default._bimi.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>The name whose record it is, without <c>default._bimi.</c>: the listed name, or its organizational domain. Null without a record.</summary>
    public string? SourceName { get; init; }

    public BimiError? Error { get; init; }

    /// <summary>Logo or logo with evidence, and a DMARC policy strict enough for receivers to show it. Null when either is unknown or DMARC was
    /// not asked for.</summary>
    public bool? Effective { get; init; }

    /// <summary>The record, escaped; null when there is not exactly one.</summary>
    public string? Raw { get; init; }
}
