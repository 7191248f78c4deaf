using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>The record at <c>_dmarc.</c>name itself (classification.md 5.3).</summary>
public enum DmarcRecordState : byte
{
    /// <summary>One record with a p that can be used, and no bad sp or np.</summary>
    Valid = 1,
    /// <summary>No p, but a valid rua: acts as p=none (RFC 9989 §4.10.1).</summary>
    MissingPRua = 2,
    /// <summary>No p and no valid rua: no effect.</summary>
    MissingPNoRua = 3,
    /// <summary>p is none of the three words, and there is a valid rua: acts as p=none.</summary>
    InvalidPRua = 4,
    /// <summary>p is none of the three words, and there is no valid rua: no effect.</summary>
    InvalidPNoRua = 5,
    /// <summary>p is good, sp or np is not, and there is a valid rua: all of it acts as p=none.</summary>
    InvalidSpNpRua = 6,
    /// <summary>p is good, sp or np is not, and there is no valid rua: no effect.</summary>
    InvalidSpNpNoRua = 7,
    /// <summary>p, sp or np twice with different values: no effect (our choice; RFC 6376 §3.2 voids such lists).</summary>
    InvalidDuplicate = 8,
    /// <summary>Several DMARC records: all are discarded (RFC 9989 §4.10 step 2).</summary>
    Multiple = 9,
    /// <summary>No DMARC record, whatever other text is there.</summary>
    Absent = 10,
    /// <summary>The name could not be asked: never the same as absent (RFC 9989 §4.10.1).</summary>
    Unknown = 11,
}

/// <summary>A policy in effect.</summary>
public enum DmarcPolicy : byte
{
    /// <summary>Nothing is asked for beyond reports.</summary>
    None = 1,
    /// <summary>Mail that fails is to be treated as suspicious.</summary>
    Quarantine = 2,
    /// <summary>Mail that fails is to be rejected.</summary>
    Reject = 3,
    /// <summary>A record is there, but receivers must not act on it.</summary>
    NoProcessing = 4,
    /// <summary>No record applies to the name.</summary>
    Absent = 5,
    /// <summary>It hangs on something that could not be asked.</summary>
    Unknown = 6,
}

/// <summary>The headline column, from the RFC 9989 reading (classification.md 5.8).</summary>
public enum DmarcClass : byte
{
    /// <summary>No record, own or inherited.</summary>
    Absent = 1,
    /// <summary>Published, and no receiver acts on it.</summary>
    NoEffect = 2,
    /// <summary>The policy in force is none: watch only.</summary>
    None = 3,
    /// <summary>The policy in force is quarantine.</summary>
    Quarantine = 4,
    /// <summary>The policy in force is reject.</summary>
    Reject = 5,
    /// <summary>It hangs on something that could not be asked.</summary>
    Unknown = 6,
}

/// <summary>Where the RFC 9989 policy comes from.</summary>
public enum DmarcSource : byte
{
    /// <summary>The name's own record.</summary>
    Self = 1,
    /// <summary>The record of the organizational domain, found by the tree walk (RFC 9989 §4.10.2).</summary>
    Org = 2,
    /// <summary>The record of a public suffix domain, psd=y (RFC 9989 §4.10.2 rule 2).</summary>
    Psd = 3,
    /// <summary>No record applies.</summary>
    None = 4,
    /// <summary>A name that decides could not be asked.</summary>
    Unknown = 5,
}

/// <summary>How a text at <c>_dmarc.</c>name falls short of being a DMARC record (classification.md 5.2). Never counted as
/// published.</summary>
public enum DmarcNearMiss : byte
{
    /// <summary>Blanks or line ends before the version.</summary>
    LeadingSpace = 1,
    /// <summary>Quotation marks are part of the record.</summary>
    Quoted = 2,
    /// <summary>DMARC1 in other letters, such as <c>v=dmarc1</c>.</summary>
    VersionCase = 3,
    /// <summary>Something other than ";" behind the version: a comma, a colon, a blank and the next tag.</summary>
    VersionDelimiter = 4,
    /// <summary>A backslash behind the version: the zone file's escape went into the record.</summary>
    EscapedSemicolon = 5,
    /// <summary>The version stands behind another tag.</summary>
    VersionNotFirst = 6,
    /// <summary>A good version once typographic quotation marks are taken out.</summary>
    SmartQuotes = 7,
    /// <summary>A version once other octets outside of ASCII are taken out.</summary>
    NonAscii = 8,
    /// <summary>Nearly the version: a slip or two in it, or DMARC without "v=".</summary>
    VersionTypo = 9,
    /// <summary>The record stands at the name itself and not at <c>_dmarc.</c>name.</summary>
    AtApex = 10,
}

/// <summary>The state of a rua or ruf tag.</summary>
public enum ReportUriState : byte
{
    /// <summary>The tag is missing.</summary>
    Absent = 1,
    /// <summary>Every address is a well-formed URI.</summary>
    Valid = 2,
    /// <summary>At least one is, and at least one is not.</summary>
    SomeInvalid = 3,
    /// <summary>None is; also for an empty value.</summary>
    AllInvalid = 4,
}

/// <summary>Facts about the policy record in force and what it comes to. Tag columns speak of the own record, or of the inherited
/// one where the name has none.</summary>
public sealed record DmarcResult
{
    /// <summary>The state of the record at the name itself, whatever is inherited.</summary>
    public required DmarcRecordState Record { get; init; }

    /// <summary>What is in force by RFC 9989, in one word.</summary>
    public required DmarcClass Class { get; init; }

    /// <summary>The TXT answer at <c>_dmarc.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Is there a v=DMARC1 record at the name itself, valid or not, one or several? Null when unknown.</summary>
    public required bool? Own { get; init; }

    /// <summary>Where the policy in force by RFC 9989 comes from.</summary>
    public required DmarcSource Source { get; init; }

    /// <summary>The name whose record gives the policy, without <c>_dmarc.</c>; null without a source.</summary>
    public string? SourceName { get; init; }

    /// <summary>In force by RFC 9989: tree walk, np, and t=y taken into account.</summary>
    public required DmarcPolicy Policy9989 { get; init; }

    /// <summary>In force by RFC 7489: public suffix list, and pct=0 taken into account.</summary>
    public required DmarcPolicy Policy7489 { get; init; }

    /// <summary>The values as published (escaped), null when the tag is missing.</summary>
    public string? P { get; init; }

    /// <summary>For names below the record's.</summary>
    public string? Sp { get; init; }

    /// <summary>For names below the record's that do not exist (RFC 9989 §4.7).</summary>
    public string? Np { get; init; }

    /// <summary>0 to 100; null when missing or not such a number.</summary>
    public int? Pct { get; init; }

    /// <summary>Test mode.</summary>
    public string? T { get; init; }

    /// <summary>What the record says about public suffixes.</summary>
    public string? Psd { get; init; }

    /// <summary>Alignment of DKIM: r or s.</summary>
    public string? Adkim { get; init; }

    /// <summary>Alignment of SPF: r or s.</summary>
    public string? Aspf { get; init; }

    /// <summary>When failure reports are wanted.</summary>
    public string? Fo { get; init; }

    /// <summary>The state of the addresses for aggregate reports; null without a record.</summary>
    public ReportUriState? Rua { get; init; }

    /// <summary>Distinct hosts of the valid rua addresses, in order.</summary>
    public IReadOnlyList<string> RuaHosts { get; init; } = [];

    /// <summary>The state of the addresses for failure reports; null without a record.</summary>
    public ReportUriState? Ruf { get; init; }

    /// <summary>Do external hosts of rua take the reports? Null when not asked for, or without a valid rua.</summary>
    public ReportAuth? RuaAuth { get; init; }

    /// <summary>The same of ruf.</summary>
    public ReportAuth? RufAuth { get; init; }

    /// <summary>External report hosts that do not exist: whoever registers such a name gets the reports. Null when not asked for, or when a
    /// host could not be asked and none was found missing.</summary>
    public IReadOnlyList<string>? ReportHostsNxdomain { get; init; }

    /// <summary>Words: <c>tag_case p_not_second empty_segment bad_segment bad_tag_name duplicate_tag non_ascii pct_partial
    /// inherited_from_suffix compact_denial</c>.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];

    /// <summary>Names of tags that neither RFC has: lower-case, distinct, in order.</summary>
    public IReadOnlyList<string> UnknownTags { get; init; } = [];

    /// <summary>Only with <see cref="DmarcRecordState.Absent"/>.</summary>
    public DmarcNearMiss? NearMiss { get; init; }

    /// <summary>There is TXT at <c>_dmarc.</c>name that is no DMARC record. Null when unknown.</summary>
    public bool? TxtOther { get; init; }

    /// <summary>Where a CNAME at <c>_dmarc.</c>name leads.</summary>
    public string? Cname { get; init; }

    /// <summary>The five definitions of "enforcing" (classification.md 5.6); null when unknown.</summary>
    public bool? EnfP { get; init; }

    /// <summary>As <see cref="EnfP"/>, reject only.</summary>
    public bool? EnfReject { get; init; }

    /// <summary>The RFC 7489 policy is quarantine or reject, and pct is 100.</summary>
    public bool? Enf7489 { get; init; }

    /// <summary>p is quarantine or reject, pct is 100, and sp is not none.</summary>
    public bool? EnfFull { get; init; }

    /// <summary>p, sp and np in effect are all other than none, after t (RFC 9989 §3.2.9). The headline's definition.</summary>
    public bool? Enf9989 { get; init; }

    /// <summary>The policy record (own, else inherited), escaped.</summary>
    public string? Raw { get; init; }

    /// <summary>Every TXT record at <c>_dmarc.</c>name, escaped: the evidence when there is not exactly one.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];
}
