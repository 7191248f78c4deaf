using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>The record at <c>_dmarc.</c>name itself (classification.md 5.3).</summary>
public enum DmarcRecordState : byte
{
    Valid = 1,
    MissingPRua = 2,
    MissingPNoRua = 3,
    InvalidPRua = 4,
    InvalidPNoRua = 5,
    InvalidSpNpRua = 6,
    InvalidSpNpNoRua = 7,
    InvalidDuplicate = 8,
    Multiple = 9,
    Absent = 10,
    Unknown = 11,
}

/// <summary>A policy in effect.</summary>
public enum DmarcPolicy : byte
{
    None = 1,
    Quarantine = 2,
    Reject = 3,
    NoProcessing = 4,
    Absent = 5,
    Unknown = 6,
}

/// <summary>The headline column, from the RFC 9989 reading (classification.md 5.8).</summary>
public enum DmarcClass : byte
{
    Absent = 1,
    NoEffect = 2,
    None = 3,
    Quarantine = 4,
    Reject = 5,
    Unknown = 6,
}

/// <summary>Where the RFC 9989 policy comes from.</summary>
public enum DmarcSource : byte
{
    Self = 1,
    Org = 2,
    Psd = 3,
    None = 4,
    Unknown = 5,
}

public enum DmarcNearMiss : byte
{
    LeadingSpace = 1,
    Quoted = 2,
    VersionCase = 3,
    VersionDelimiter = 4,
    EscapedSemicolon = 5,
    VersionNotFirst = 6,
    SmartQuotes = 7,
    NonAscii = 8,
    VersionTypo = 9,
    AtApex = 10,
}

/// <summary>The state of a rua or ruf tag.</summary>
public enum ReportUriState : byte
{
    Absent = 1,
    Valid = 2,
    SomeInvalid = 3,
    AllInvalid = 4,
}

/// <summary>Facts about the policy record in force and what it comes to. Tag columns speak of the own record, or of the inherited
/// one where the name has none.</summary>
public sealed record DmarcResult
{
    public required DmarcRecordState Record { get; init; }

    public required DmarcClass Class { get; init; }

    /// <summary>The TXT answer at <c>_dmarc.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Is there a v=DMARC1 record at the name itself, valid or not, one or several? Null when unknown.</summary>
    public required bool? Own { get; init; }

    public required DmarcSource Source { get; init; }

    /// <summary>The name whose record gives the policy, without <c>_dmarc.</c>; null without a source.</summary>
    public string? SourceName { get; init; }

    public required DmarcPolicy Policy9989 { get; init; }

    public required DmarcPolicy Policy7489 { get; init; }

    /// <summary>The values as published (escaped), null when the tag is missing.</summary>
    public string? P { get; init; }

    public string? Sp { get; init; }

    public string? Np { get; init; }

    /// <summary>0 to 100; null when missing or not such a number.</summary>
    public int? Pct { get; init; }

    public string? T { get; init; }

    public string? Psd { get; init; }

    public string? Adkim { get; init; }

    public string? Aspf { get; init; }

    public string? Fo { get; init; }

    public ReportUriState? Rua { get; init; }

    /// <summary>Distinct hosts of the valid rua addresses, in order.</summary>
    public IReadOnlyList<string> RuaHosts { get; init; } = [];

    public ReportUriState? Ruf { get; init; }

    /// <summary>Do external hosts of rua take the reports? Null when not asked for, or without a valid rua.</summary>
    public ReportAuth? RuaAuth { get; init; }

    public ReportAuth? RufAuth { get; init; }

    /// <summary>External report hosts that do not exist: whoever registers such a name gets the reports. Null when not asked for, or when a
    /// host could not be asked and none was found missing.</summary>
    public IReadOnlyList<string>? ReportHostsNxdomain { get; init; }

    /// <summary>Words: <c>tag_case p_not_second empty_segment bad_segment bad_tag_name duplicate_tag non_ascii pct_partial
    /// inherited_from_suffix compact_denial</c>.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];

    public IReadOnlyList<string> UnknownTags { get; init; } = [];

    public DmarcNearMiss? NearMiss { get; init; }

    /// <summary>There is TXT at <c>_dmarc.</c>name that is no DMARC record. Null when unknown.</summary>
    public bool? TxtOther { get; init; }

    /// <summary>Where a CNAME at <c>_dmarc.</c>name leads.</summary>
    public string? Cname { get; init; }

    /// <summary>The five definitions of "enforcing" (classification.md 5.6); null when unknown.</summary>
    public bool? EnfP { get; init; }

    public bool? EnfReject { get; init; }

    public bool? Enf7489 { get; init; }

    public bool? EnfFull { get; init; }

    public bool? Enf9989 { get; init; }

    /// <summary>The policy record (own, else inherited), escaped.</summary>
    public string? Raw { get; init; }

    /// <summary>Every TXT record at <c>_dmarc.</c>name, escaped: the evidence when there is not exactly one.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];
}
