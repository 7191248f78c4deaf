using System.Net;
using Scanner.Dns;

namespace Scanner.Checks.MtaSts;

/// <summary>One column for headlines (classification.md 6.5).</summary>
public enum MtaStsStatus : byte
{
    Unknown = 1,
    Absent = 2,
    RecordMultiple = 3,
    RecordInvalid = 4,
    FetchFailedDns = 5,
    FetchFailedTcp = 6,
    FetchFailedTls = 7,
    FetchFailedHttp = 8,
    FetchFailedBody = 9,
    PolicyInvalid = 10,
    ValidNone = 11,
    ValidTesting = 12,
    ValidEnforce = 13,
}

public enum MtaStsRecordState : byte
{
    Ok = 1,
    RecordInvalid = 2,
    RecordMultiple = 3,
    Absent = 4,
    Unknown = 5,
}

public enum MtaStsRecordError : byte
{
    MissingId = 1,
    BadId = 2,
    IdTooLong = 3,
    BadField = 4,
    EmptyField = 5,
    SpaceAroundEq = 6,
}

/// <summary>The rung of the ladder at which a sender would stop (classification.md 6.2).</summary>
public enum MtaStsStage : byte
{
    Dns = 1,
    Tcp = 2,
    Tls = 3,
    Http = 4,
    Body = 5,
    Policy = 6,
}

public enum MtaStsError : byte
{
    HostNxdomain = 1,
    HostNodata = 2,
    HostDanglingCname = 3,
    HostReservedAddr = 4,
    HostDnsUnknown = 5,
    ConnRefused = 10,
    ConnTimeout = 11,
    ConnReset = 12,
    Unreachable = 13,
    CertNameMismatch = 20,
    CertExpired = 21,
    CertNotYetValid = 22,
    CertSelfSigned = 23,
    CertUntrustedRoot = 24,
    CertIncompleteChain = 25,
    CertNoSan = 26,
    CertBadSignatureOrUsage = 27,
    CertRevoked = 28,
    TlsVersion = 29,
    TlsAlert = 30,
    TlsTimeout = 31,
    TlsReset = 32,
    HttpRedirect = 40,
    [Word("http_404")] Http404 = 41,
    [Word("http_403")] Http403 = 42,
    [Word("http_4xx")] Http4xx = 43,
    [Word("http_5xx")] Http5xx = 44,
    HttpOtherStatus = 45,
    HttpTimeout = 46,
    HttpProtocolError = 47,
    BodyTooLarge = 50,
    WrongContentType = 51,
    EmptyBody = 52,
    Html = 53,
    NotText = 54,
    MissingVersion = 60,
    BadVersion = 61,
    MissingMode = 62,
    BadMode = 63,
    MissingMaxAge = 64,
    BadMaxAge = 65,
    MissingMx = 66,
}

public enum MtaStsMode : byte
{
    None = 1,
    Testing = 2,
    Enforce = 3,
}

/// <summary>Do the live MX hosts match the policy (classification.md 6.4)?</summary>
public enum MtaStsMxMatch : byte
{
    All = 1,
    Some = 2,
    None = 3,
    NotApplicable = 4,
    Unknown = 5,
}

public enum MtaStsNearMiss : byte
{
    LeadingSpace = 1,
    Quoted = 2,
    VersionCase = 3,
    VersionDelimiter = 4,
    VersionNotFirst = 5,
    OtherVersion = 6,
}

/// <summary>What came of fetching one policy, before the body is parsed.</summary>
public sealed record PolicyFetch
{
    /// <summary>Where it stopped; null when a body arrived with status 200.</summary>
    public MtaStsStage? FailedStage { get; init; }

    public MtaStsError? Error { get; init; }

    /// <summary>Every certificate finding, as words of <see cref="MtaStsError"/>, in the order of precedence.</summary>
    public IReadOnlyList<MtaStsError> CertificateFlags { get; init; } = [];

    public int? HttpStatus { get; init; }

    public string? MediaType { get; init; }

    /// <summary>Is it text/plain? Null without a response.</summary>
    public bool? MediaTypeOk { get; init; }

    /// <summary>The host that a 3xx pointed to.</summary>
    public string? RedirectHost { get; init; }

    /// <summary>Where a CNAME of the policy host leads.</summary>
    public string? HostCname { get; init; }

    /// <summary>The address that was connected to, or tried last; null when none was.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>"1.2" or "1.3"; null before the handshake is done.</summary>
    public string? TlsVersion { get; init; }

    /// <summary>"1.1" or "2"; null without a response.</summary>
    public string? HttpVersion { get; init; }

    /// <summary>How long the server asked to be left alone (RFC 9110 §10.2.3), not cut to any bound; null when it did not ask.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The host's turn never came (<see cref="PolitenessOptions.MaxWait"/>): nothing was asked, so nothing is known.</summary>
    public bool NotAsked { get; init; }

    /// <summary>The body, at most 64 KiB + 1 octets; null when none arrived.</summary>
    public byte[]? Body { get; init; }

    /// <summary>A failure that may pass (classification.md 6.2): worth asking again.</summary>
    public bool Transient { get; init; }

    public double Milliseconds { get; init; }
}

public sealed record MtaStsResult
{
    public required MtaStsStatus Status { get; init; }

    public required MtaStsRecordState Record { get; init; }

    /// <summary>The TXT answer at <c>_mta-sts.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    public MtaStsRecordError? RecordError { get; init; }

    public string? Id { get; init; }

    /// <summary>A lenient splitter would still find v and id. Null without a candidate record.</summary>
    public bool? RecordLenient { get; init; }

    /// <summary>What the policy came to for an invalid record that a lenient reader would accept; null otherwise.</summary>
    public MtaStsStatus? LenientStatus { get; init; }

    public MtaStsNearMiss? NearMiss { get; init; }

    public string? TxtCname { get; init; }

    /// <summary>Null when nothing was fetched.</summary>
    public PolicyFetch? Fetch { get; init; }

    /// <summary>Of the fetch or the policy; null without failure.</summary>
    public MtaStsStage? Stage { get; init; }

    public MtaStsError? Error { get; init; }

    /// <summary>All findings about the policy text, primary first.</summary>
    public IReadOnlyList<MtaStsError> PolicyErrors { get; init; } = [];

    public MtaStsMode? Mode { get; init; }

    /// <summary>Seconds.</summary>
    public long? MaxAge { get; init; }

    public IReadOnlyList<string> MxPatterns { get; init; } = [];

    public MtaStsMxMatch? MxMatch { get; init; }

    /// <summary>Patterns that no live MX matches.</summary>
    public IReadOnlyList<string> UnusedPatterns { get; init; } = [];

    /// <summary>Does the policy match the grammar to the letter? Null without a policy text.</summary>
    public bool? PolicyStrict { get; init; }

    /// <summary>Words: <c>bad_mx bom html empty_body not_text blank_line bad_line duplicate_field max_age_over_limit</c>.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];

    /// <summary>Every TXT record at <c>_mta-sts.</c>name that begins with or nearly with v=STSv1, escaped.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>The record, escaped; null when there is not exactly one.</summary>
    public string? RawTxt { get; init; }

    /// <summary>The body, escaped, whatever its verdict.</summary>
    public string? RawPolicy { get; init; }
}
