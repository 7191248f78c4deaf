using System.Security.Cryptography.X509Certificates;

namespace Scanner.Checks.MtaSts;

/// <summary>Which special-purpose addresses (<see cref="SpecialAddresses"/>) a fetch may connect to.</summary>
public enum SpecialAddressUse : byte
{
    /// <summary>None: a stranger's DNS must not steer the scan into somebody's private network.</summary>
    None = 0,
    /// <summary>Loopback only: the built-in lab.</summary>
    LoopbackOnly = 1,
    /// <summary>All: a lab of one's own.</summary>
    All = 2,
}

/// <summary>How policies are fetched. How many at a time is the caller's business.</summary>
public sealed record PolicyFetchOptions
{
    /// <summary>HTTPS only, RFC 8461 §3.3; another port only in a lab.</summary>
    public int Port { get; init; } = 443;

    /// <summary>For the whole fetch: DNS, connect, handshake, headers and body. RFC 8461 §3.3 suggests a minute; 15 s finds nearly all
    /// in a first pass, a later pass may take the full minute.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Octets of body. RFC 8461 §3.3 suggests 64 kilobytes.</summary>
    public int MaxBodyBytes { get; init; } = 65_536;

    /// <summary>Strict reading of "SHOULD" in RFC 8461 §3.2: another media type than text/plain is the failure
    /// <see cref="MtaStsError.WrongContentType"/>, not just noted.</summary>
    public bool StrictMediaType { get; init; }

    /// <summary>Trusted instead of the system's roots; null for the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Loopback and private networks are off by default; a lab needs them.</summary>
    public SpecialAddressUse AllowSpecialAddresses { get; init; }

    /// <summary>Names the tool, its page and whom to ask.</summary>
    public required string UserAgent { get; init; }
}
