using Scanner.Dns;

namespace Scanner.Checks.TlsRpt;

/// <summary>One column for headlines (classification.md 7).</summary>
public enum TlsRptStatus : byte
{
    /// <summary>One record that satisfies the grammar.</summary>
    Valid = 1,
    /// <summary>One record, against the grammar: see <see cref="TlsRptResult.Error"/>.</summary>
    Invalid = 2,
    /// <summary>Several that begin <c>v=TLSRPTv1;</c>: not implemented (RFC 8460 §3).</summary>
    Multiple = 3,
    /// <summary>No TLS-RPT record.</summary>
    Absent = 4,
    /// <summary>The name could not be asked.</summary>
    Unknown = 5,
}

/// <summary>The first fault of a record, in the order of its text.</summary>
public enum TlsRptError : byte
{
    /// <summary>No rua field, which is required.</summary>
    MissingRua = 1,
    /// <summary>An address that is no URI.</summary>
    BadUri = 2,
    /// <summary>A URI that is neither mailto: nor https:.</summary>
    BadScheme = 3,
    /// <summary>A field that is no <c>name=value</c> of allowed characters, or text before the first ";".</summary>
    BadField = 4,
}

/// <summary>Where a name wants reports about failed TLS (RFC 8460).</summary>
public sealed record TlsRptResult
{
    /// <summary>The finding in one word.</summary>
    public required TlsRptStatus Status { get; init; }

    /// <summary>The TXT answer at <c>_smtp._tls.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Not null exactly for <see cref="TlsRptStatus.Invalid"/>.</summary>
    public TlsRptError? Error { get; init; }

    /// <summary>Does rua name a mailto: address? Null without a valid record.</summary>
    public bool? RuaMailto { get; init; }

    /// <summary>As <see cref="RuaMailto"/>, for https:.</summary>
    public bool? RuaHttps { get; init; }

    /// <summary>The record, escaped; null when there is not exactly one.</summary>
    public string? Raw { get; init; }
}
