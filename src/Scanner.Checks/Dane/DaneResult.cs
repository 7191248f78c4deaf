using Scanner.Dns;

namespace Scanner.Checks.Dane;

/// <summary>One column for headlines (classification.md 9). "Published", never "correct": the certificate on port 25 is not looked at.</summary>
public enum DaneStatus : byte
{
    /// <summary>No TLSA record that a sender would look at, or no mail host.</summary>
    None = 1,
    /// <summary>Every MX host has a usable TLSA record, and the whole chain is validated.</summary>
    Full = 2,
    /// <summary>Some MX hosts are usable, and at least one is certainly not.</summary>
    Partial = 3,
    /// <summary>TLSA records are there, but some link of the chain is not signed, so no sender may use them.</summary>
    TlsaInsecure = 4,
    /// <summary>Validated TLSA records, none of a kind that SMTP can use.</summary>
    Unusable = 5,
    /// <summary>Some link fails validation: senders that honour DANE defer the mail (RFC 7672 §2.1.1).</summary>
    Bogus = 6,
    /// <summary>What could not be asked decides, or AD is not to be trusted.</summary>
    Unknown = 7,
}

/// <summary>What one MX host has.</summary>
public enum DaneHostStatus : byte
{
    /// <summary>No TLSA record, or an address that is not signed: then nobody looks for one (RFC 7672 §2.2.2).</summary>
    None = 1,
    /// <summary>At least one validated TLSA record that SMTP can use.</summary>
    Usable = 2,
    /// <summary>Validated TLSA records, none of a kind that SMTP can use (RFC 7672 §3.1).</summary>
    Unusable = 3,
    /// <summary>TLSA records, not signed.</summary>
    Insecure = 4,
    /// <summary>Its address or TLSA answer fails validation.</summary>
    Bogus = 5,
    /// <summary>Its address or TLSA answer is unknown.</summary>
    Unknown = 6,
}

/// <param name="Tlsa">The records found, as <c>USAGE SELECTOR MATCHING-TYPE HEX</c>.</param>
public sealed record DaneHost(string Host, DaneHostStatus Status, IReadOnlyList<string> Tlsa);

/// <summary>What the TLSA records of the mail hosts come to (RFC 7672), as far as DNS alone tells.</summary>
public sealed record DaneResult
{
    /// <summary>The finding in one word.</summary>
    public required DaneStatus Status { get; init; }

    /// <summary>The usable MX hosts in the order of preference, or the name itself where the MX is implicit.</summary>
    public IReadOnlyList<DaneHost> Hosts { get; init; } = [];

    /// <summary>Nothing can be said, whatever the answers say, because the resolver's AD bit is not to be trusted.</summary>
    public bool Untrusted { get; init; }

    /// <summary>For a run whose resolver's AD bit is worth nothing: unknown for every name.</summary>
    public static readonly DaneResult NotTrusted = new() { Status = DaneStatus.Unknown, Untrusted = true };

    internal static DaneHost HostOf(string host, DaneHostStatus status, DnsAnswer? tlsa) => new(
        host, status,
        tlsa is null ? [] : [.. tlsa.RecordsOf<TlsaRecord>().Select(t => $"{t.Usage} {t.Selector} {t.MatchingType} {Convert.ToHexStringLower(t.Data.Span)}").Order(StringComparer.Ordinal)]);
}
