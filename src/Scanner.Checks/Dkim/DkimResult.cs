using Scanner.Dns;

namespace Scanner.Checks.Dkim;

/// <summary>Is there anything below <c>_domainkey.</c>name (classification.md 8.1)?</summary>
public enum DkimEnt : byte
{
    Exists = 1,
    Absent = 2,
    /// <summary>A name that nobody made answers just so: a wildcard, or compact denial (RFC 9824).</summary>
    Inconclusive = 3,
    Unknown = 4,
}

/// <summary>One selector's key (classification.md 8.3).</summary>
public enum DkimKeyState : byte
{
    Valid = 1,
    /// <summary>t=y: receivers must treat signed mail like unsigned (RFC 6376 §3.6.1).</summary>
    Testing = 2,
    /// <summary>p= is empty (RFC 6376 §3.6.1).</summary>
    Revoked = 3,
    /// <summary>RSA under 1024 bits: verifiers must not accept it (RFC 8301 §3.2).</summary>
    Weak = 4,
    Malformed = 5,
    /// <summary>Several key records: what a verifier does is undefined (RFC 6376 §3.6.2.2).</summary>
    Multiple = 6,
    /// <summary>A CNAME to a name that does not exist: a provider left, its customer's CNAME stayed.</summary>
    DanglingCname = 7,
    Absent = 8,
    Unknown = 9,
}

/// <summary>One column for headlines. Never "adopts DKIM": a key may lie unused, and selectors cannot be listed.</summary>
public enum DkimPresence : byte
{
    KeyFound = 1,
    RevokedOnly = 2,
    /// <summary>Something is below _domainkey, but no selector of the list has a usable key.</summary>
    NamespaceOnly = 3,
    Absent = 4,
    /// <summary>The namespace is inconclusive and no selector of the list has a key.</summary>
    NotFound = 5,
    Unknown = 6,
}

/// <summary>What one selector answered, when it answered anything but "no such key".</summary>
/// <param name="Cname">Where its CNAME leads: mostly the signing provider.</param>
public sealed record DkimKey(string Selector, DkimKeyState State, DkimKeyType? Type, int? Bits, string? Cname);

public sealed record DkimResult
{
    public required DkimPresence Presence { get; init; }

    public required DkimEnt Ent { get; init; }

    /// <summary>The answer at <c>_domainkey.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Selectors that hold something, in the order asked; those that are absent are left out.</summary>
    public IReadOnlyList<DkimKey> Keys { get; init; } = [];

    /// <summary>How many selectors were asked for.</summary>
    public int SelectorsAsked { get; init; }
}
