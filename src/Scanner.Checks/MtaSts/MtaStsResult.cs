using System.Net;
using Scanner.Dns;

namespace Scanner.Checks.MtaSts;

/// <summary>One column for headlines (classification.md 6.5).</summary>
public enum MtaStsStatus : byte
{
    /// <summary>The record could not be asked for, or the fetch's turn did not come.</summary>
    Unknown = 1,
    /// <summary>No MTA-STS record.</summary>
    Absent = 2,
    /// <summary>Several records: senders see no policy (RFC 8461 §3.1).</summary>
    RecordMultiple = 3,
    /// <summary>One record, against the grammar; what its policy came to is <see cref="MtaStsResult.LenientStatus"/>.</summary>
    RecordInvalid = 4,
    /// <summary>The policy host has no address to connect to.</summary>
    FetchFailedDns = 5,
    /// <summary>No connection to port 443.</summary>
    FetchFailedTcp = 6,
    /// <summary>No handshake, or a certificate that senders must refuse (RFC 8461 §3.3).</summary>
    FetchFailedTls = 7,
    /// <summary>A status other than 200, a redirect, or no response.</summary>
    FetchFailedHttp = 8,
    /// <summary>A body that is too large, no text, or of a media type that was not to be let pass.</summary>
    FetchFailedBody = 9,
    /// <summary>The body came, and senders cannot use it (RFC 8461 §3.2).</summary>
    PolicyInvalid = 10,
    /// <summary>A policy with mode none: MTA-STS is switched off (RFC 8461 §8.3).</summary>
    ValidNone = 11,
    /// <summary>A policy in mode testing: failures are reported, mail is delivered.</summary>
    ValidTesting = 12,
    /// <summary>A policy in mode enforce: mail is not delivered to hosts that fail.</summary>
    ValidEnforce = 13,
}

/// <summary>The TXT record at <c>_mta-sts.</c>name (RFC 8461 §3.1, classification.md 6.1).</summary>
public enum MtaStsRecordState : byte
{
    /// <summary>Exactly one, and it satisfies the grammar.</summary>
    Ok = 1,
    /// <summary>Exactly one, and it does not.</summary>
    RecordInvalid = 2,
    /// <summary>Several that begin <c>v=STSv1;</c>.</summary>
    RecordMultiple = 3,
    /// <summary>No text that counts as a record.</summary>
    Absent = 4,
    /// <summary>The name could not be asked.</summary>
    Unknown = 5,
}

/// <summary>The first fault of a record; one of the id stands before any other.</summary>
public enum MtaStsRecordError : byte
{
    /// <summary>No id field.</summary>
    MissingId = 1,
    /// <summary>An id that is empty or has more than letters and digits.</summary>
    BadId = 2,
    /// <summary>An id of more than 32 characters.</summary>
    IdTooLong = 3,
    /// <summary>A field that is no <c>name=value</c> of allowed characters, or text before the first ";".</summary>
    BadField = 4,
    /// <summary>Two ";" with nothing between.</summary>
    EmptyField = 5,
    /// <summary>A blank beside "=", which this grammar does not allow.</summary>
    SpaceAroundEq = 6,
}

/// <summary>The rung of the ladder at which a sender would stop (classification.md 6.2).</summary>
public enum MtaStsStage : byte
{
    /// <summary>Addresses of the policy host.</summary>
    Dns = 1,
    /// <summary>The connection.</summary>
    Tcp = 2,
    /// <summary>The handshake and the certificate.</summary>
    Tls = 3,
    /// <summary>The response's status.</summary>
    Http = 4,
    /// <summary>The response's size and form.</summary>
    Body = 5,
    /// <summary>The text of the policy.</summary>
    Policy = 6,
}

/// <summary>Why a sender would have no policy. The numbers go by stage: 1 DNS, 10 TCP, 20 TLS, 40 HTTP, 50 body, 60 policy text
/// (classification.md 6.2).</summary>
public enum MtaStsError : byte
{
    /// <summary>The policy host does not exist.</summary>
    HostNxdomain = 1,
    /// <summary>It exists, without any address.</summary>
    HostNodata = 2,
    /// <summary>Its CNAME leads to a name that does not exist: whoever registers that serves the policy.</summary>
    HostDanglingCname = 3,
    /// <summary>Special-purpose addresses only (RFC 6890): not connected to.</summary>
    HostReservedAddr = 4,
    /// <summary>Its addresses could not be asked for.</summary>
    HostDnsUnknown = 5,
    /// <summary>Nothing listens on the port.</summary>
    ConnRefused = 10,
    /// <summary>No connection in time.</summary>
    ConnTimeout = 11,
    /// <summary>The connection was reset before TLS began.</summary>
    ConnReset = 12,
    /// <summary>No route, or another error of the system.</summary>
    Unreachable = 13,
    /// <summary>No DNS name of the certificate matches <c>mta-sts.</c>name (RFC 8461 §3.3).</summary>
    CertNameMismatch = 20,
    /// <summary>Past its notAfter, or a certificate above it is.</summary>
    CertExpired = 21,
    /// <summary>Before its notBefore, or a certificate above it is.</summary>
    CertNotYetValid = 22,
    /// <summary>Its own issuer, and in no root store.</summary>
    CertSelfSigned = 23,
    /// <summary>The chain ends in a root that is not trusted.</summary>
    CertUntrustedRoot = 24,
    /// <summary>The server leaves out an intermediate; it is not downloaded.</summary>
    CertIncompleteChain = 25,
    /// <summary>No DNS name in the subject alternative name; the common name does not count (RFC 8461 §3.3).</summary>
    CertNoSan = 26,
    /// <summary>A bad signature, not for TLS servers, or another fault of the chain.</summary>
    CertBadSignatureOrUsage = 27,
    /// <summary>Revoked. Not seen by this library's own fetcher, which asks for no revocation lists.</summary>
    CertRevoked = 28,
    /// <summary>Neither TLS 1.2 nor 1.3 with this server (RFC 8461 §7.2).</summary>
    TlsVersion = 29,
    /// <summary>One of the two sides broke the handshake off.</summary>
    TlsAlert = 30,
    /// <summary>The handshake did not end in time.</summary>
    TlsTimeout = 31,
    /// <summary>The connection was closed within the handshake.</summary>
    TlsReset = 32,
    /// <summary>Any 3xx: redirects must not be followed (RFC 8461 §3.3).</summary>
    HttpRedirect = 40,
    /// <summary>Status 404.</summary>
    [Word("http_404")] Http404 = 41,
    /// <summary>Status 403.</summary>
    [Word("http_403")] Http403 = 42,
    /// <summary>Any other status from 400 to 499.</summary>
    [Word("http_4xx")] Http4xx = 43,
    /// <summary>A status from 500 to 599.</summary>
    [Word("http_5xx")] Http5xx = 44,
    /// <summary>Another status than 200 that is none of those.</summary>
    HttpOtherStatus = 45,
    /// <summary>The response was not whole in time.</summary>
    HttpTimeout = 46,
    /// <summary>What came is no HTTP response, or the connection broke within it.</summary>
    HttpProtocolError = 47,
    /// <summary>Over <see cref="PolicyFetchOptions.MaxBodyBytes"/>.</summary>
    BodyTooLarge = 50,
    /// <summary>Not text/plain; only with <see cref="PolicyFetchOptions.StrictMediaType"/>.</summary>
    WrongContentType = 51,
    /// <summary>Reserved: an empty body is told as a policy without fields, with the quirk <c>empty_body</c>.</summary>
    EmptyBody = 52,
    /// <summary>Reserved: a web page is told as a policy without fields, with the quirk <c>html</c>.</summary>
    Html = 53,
    /// <summary>Octets that are no text and hold no field.</summary>
    NotText = 54,
    /// <summary>No version field.</summary>
    MissingVersion = 60,
    /// <summary>A version other than STSv1.</summary>
    BadVersion = 61,
    /// <summary>No mode field.</summary>
    MissingMode = 62,
    /// <summary>A mode that is none of the three words; case matters.</summary>
    BadMode = 63,
    /// <summary>No max_age field.</summary>
    MissingMaxAge = 64,
    /// <summary>max_age is not 1 to 10 digits.</summary>
    BadMaxAge = 65,
    /// <summary>No mx pattern that can be used, and the mode is not none.</summary>
    MissingMx = 66,
}

/// <summary>What a policy asks of senders (RFC 8461 §5).</summary>
public enum MtaStsMode : byte
{
    /// <summary>Nothing: the domain takes its policy back.</summary>
    None = 1,
    /// <summary>Deliver all the same, and report failures.</summary>
    Testing = 2,
    /// <summary>Do not deliver to a host that fails.</summary>
    Enforce = 3,
}

/// <summary>Do the live MX hosts match the policy (classification.md 6.4)?</summary>
public enum MtaStsMxMatch : byte
{
    /// <summary>Every MX host matches a pattern.</summary>
    All = 1,
    /// <summary>Some match and some do not: seen only when a sender has to fall back (RFC 8461 §8.4).</summary>
    Some = 2,
    /// <summary>None matches: with mode enforce, mail of senders that honour it fails.</summary>
    None = 3,
    /// <summary>Mode none, or a name that takes no mail.</summary>
    NotApplicable = 4,
    /// <summary>The MX hosts are not known.</summary>
    Unknown = 5,
}

/// <summary>How a text at <c>_mta-sts.</c>name falls short of being an MTA-STS record. Never counted as published.</summary>
public enum MtaStsNearMiss : byte
{
    /// <summary>Blanks or line ends before the version.</summary>
    LeadingSpace = 1,
    /// <summary>Quotation marks are part of the record.</summary>
    Quoted = 2,
    /// <summary>STSv1 in other letters: the version is case-sensitive (RFC 8461 §3.1).</summary>
    VersionCase = 3,
    /// <summary>Something other than ";" behind the version, or blanks inside it.</summary>
    VersionDelimiter = 4,
    /// <summary>The version stands behind something else.</summary>
    VersionNotFirst = 5,
    /// <summary>A version that is not STSv1.</summary>
    OtherVersion = 6,
}

/// <summary>What came of fetching one policy, before the body is parsed.</summary>
public sealed record PolicyFetch
{
    /// <summary>Where it stopped; null when a body arrived with status 200.</summary>
    public MtaStsStage? FailedStage { get; init; }

    /// <summary>Why it stopped; null when nothing failed.</summary>
    public MtaStsError? Error { get; init; }

    /// <summary>Every certificate finding, as words of <see cref="MtaStsError"/>, in the order of precedence.</summary>
    public IReadOnlyList<MtaStsError> CertificateFlags { get; init; } = [];

    /// <summary>The response's status; null without a response.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>Of the Content-Type header, without parameters; null without one.</summary>
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

    /// <summary>From the lookup of the host to the end, waiting for its turn not included.</summary>
    public double Milliseconds { get; init; }
}

/// <summary>Record and policy of one name (RFC 8461).</summary>
public sealed record MtaStsResult
{
    /// <summary>The finding in one word.</summary>
    public required MtaStsStatus Status { get; init; }

    /// <summary>The state of the TXT record alone.</summary>
    public required MtaStsRecordState Record { get; init; }

    /// <summary>The TXT answer at <c>_mta-sts.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Not null exactly for <see cref="MtaStsRecordState.RecordInvalid"/>.</summary>
    public MtaStsRecordError? RecordError { get; init; }

    /// <summary>The policy id of a valid record: changes when the policy does (RFC 8461 §3.1).</summary>
    public string? Id { get; init; }

    /// <summary>A lenient splitter would still find v and id. Null without a candidate record.</summary>
    public bool? RecordLenient { get; init; }

    /// <summary>What the policy came to for an invalid record that a lenient reader would accept; null otherwise.</summary>
    public MtaStsStatus? LenientStatus { get; init; }

    /// <summary>Only with <see cref="MtaStsRecordState.Absent"/>.</summary>
    public MtaStsNearMiss? NearMiss { get; init; }

    /// <summary>Where a CNAME at <c>_mta-sts.</c>name leads: mostly a provider.</summary>
    public string? TxtCname { get; init; }

    /// <summary>Null when nothing was fetched.</summary>
    public PolicyFetch? Fetch { get; init; }

    /// <summary>Of the fetch or the policy; null without failure.</summary>
    public MtaStsStage? Stage { get; init; }

    /// <summary>Why the fetch or the policy failed, the primary cause; null without failure.</summary>
    public MtaStsError? Error { get; init; }

    /// <summary>All findings about the policy text, primary first.</summary>
    public IReadOnlyList<MtaStsError> PolicyErrors { get; init; } = [];

    /// <summary>Of a policy that can be used; null otherwise.</summary>
    public MtaStsMode? Mode { get; init; }

    /// <summary>Seconds.</summary>
    public long? MaxAge { get; init; }

    /// <summary>Of a policy that can be used, as written, in order.</summary>
    public IReadOnlyList<string> MxPatterns { get; init; } = [];

    /// <summary>Null without a policy that can be used.</summary>
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
