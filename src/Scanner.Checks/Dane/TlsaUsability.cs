using Scanner.Dns;

namespace Scanner.Checks.Dane;

/// <summary>Can an SMTP client use a TLSA record at all? (RFC 7672 §3.1, RFC 7671 §4.) Whether a certificate matches is not asked: that takes
/// port 25. Pure.</summary>
public static class TlsaUsability
{
    /// <summary>Usage 2 or 3, a known selector and matching type, and as much data as a digest of that type has.</summary>
    public static bool IsUsable(TlsaRecord record) =>
        // RFC 7672 §3.1.3: PKIX-TA(0) and PKIX-EE(1) are best treated as unusable for SMTP; DANE-TA(2) and DANE-EE(3) are meant.
        record.Usage is 2 or 3
        // RFC 6698 §2.1.2: the whole certificate, or its public key.
        && record.Selector is (0 or 1)
        // RFC 6698 §2.1.3: the data itself, or its SHA-256 or SHA-512. A digest of another length matches nothing.
        && record.MatchingType switch
        {
            0 => record.Data.Length > 0,
            1 => record.Data.Length == 32,
            2 => record.Data.Length == 64,
            _ => false,
        };
}
