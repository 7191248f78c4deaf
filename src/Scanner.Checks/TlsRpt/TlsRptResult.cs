using Scanner.Dns;

namespace Scanner.Checks.TlsRpt;

public enum TlsRptStatus : byte
{
    Valid = 1,
    Invalid = 2,
    Multiple = 3,
    Absent = 4,
    Unknown = 5,
}

public enum TlsRptError : byte
{
    MissingRua = 1,
    BadUri = 2,
    BadScheme = 3,
    BadField = 4,
}

public sealed record TlsRptResult
{
    public required TlsRptStatus Status { get; init; }

    /// <summary>The TXT answer at <c>_smtp._tls.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    public TlsRptError? Error { get; init; }

    /// <summary>Does rua name a mailto: address? Null without a valid record.</summary>
    public bool? RuaMailto { get; init; }

    public bool? RuaHttps { get; init; }

    /// <summary>The record, escaped; null when there is not exactly one.</summary>
    public string? Raw { get; init; }
}
