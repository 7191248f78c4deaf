using Scanner.Dns;

namespace Scanner.Checks.Dane;

/// <summary>One column for headlines (classification.md 9). "Published", never "correct": the certificate on port 25 is not looked at.</summary>
public enum DaneStatus : byte
{
    None = 1,
    /// <summary>Every MX host has a usable TLSA record, and the whole chain is validated.</summary>
    Full = 2,
    Partial = 3,
    /// <summary>TLSA records are there, but some link of the chain is not signed, so no sender may use them.</summary>
    TlsaInsecure = 4,
    /// <summary>Validated TLSA records, none of a kind that SMTP can use.</summary>
    Unusable = 5,
    /// <summary>Some link fails validation: senders that honour DANE defer the mail (RFC 7672 §2.1.1).</summary>
    Bogus = 6,
    Unknown = 7,
}

/// <summary>What one MX host has.</summary>
public enum DaneHostStatus : byte
{
    /// <summary>No TLSA record, or an address that is not signed: then nobody looks for one (RFC 7672 §2.2.2).</summary>
    None = 1,
    Usable = 2,
    Unusable = 3,
    /// <summary>TLSA records, not signed.</summary>
    Insecure = 4,
    Bogus = 5,
    Unknown = 6,
}

/// <param name="Tlsa">The records found, as <c>USAGE SELECTOR MATCHING-TYPE HEX</c>.</param>
public sealed record DaneHost(string Host, DaneHostStatus Status, IReadOnlyList<string> Tlsa);

public sealed record DaneResult
{
    public required DaneStatus Status { get; init; }

    /// <summary>The usable MX hosts in the order of preference, or the name itself where the MX is implicit.</summary>
    public IReadOnlyList<DaneHost> Hosts { get; init; } = [];

    /// <summary>Nothing can be said, whatever the answers say, because the resolver's AD bit is not to be trusted.</summary>
    public bool Untrusted { get; init; }

    public static readonly DaneResult NotTrusted = new() { Status = DaneStatus.Unknown, Untrusted = true };

    internal static DaneHost HostOf(string host, DaneHostStatus status, DnsAnswer? tlsa) => new(
        host, status,
        tlsa is null ? [] : [.. tlsa.RecordsOf<TlsaRecord>().Select(t => $"{t.Usage} {t.Selector} {t.MatchingType} {Convert.ToHexStringLower(t.Data.Span)}").Order(StringComparer.Ordinal)]);
}
