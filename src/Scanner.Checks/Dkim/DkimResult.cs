using Scanner.Dns;

namespace Scanner.Checks.Dkim;

/// <summary>Is there anything below <c>_domainkey.</c>name (classification.md 8.1)?</summary>
public enum DkimEnt : byte
{
    /// <summary>Something is there: keys, or another name below it.</summary>
    Exists = 1,
    /// <summary>Nothing is at or below it, so there is no key (RFC 8020 §2).</summary>
    Absent = 2,
    /// <summary>A name that nobody made answers just so: a wildcard, or compact denial (RFC 9824).</summary>
    Inconclusive = 3,
    /// <summary>The namespace or its control could not be asked.</summary>
    Unknown = 4,
}

/// <summary>One selector's key (classification.md 8.3).</summary>
public enum DkimKeyState : byte
{
    /// <summary>A key that can be used, not in test mode.</summary>
    Valid = 1,
    /// <summary>t=y: receivers must treat signed mail like unsigned (RFC 6376 §3.6.1).</summary>
    Testing = 2,
    /// <summary>p= is empty (RFC 6376 §3.6.1).</summary>
    Revoked = 3,
    /// <summary>RSA under 1024 bits: verifiers must not accept it (RFC 8301 §3.2).</summary>
    Weak = 4,
    /// <summary>Against the grammar, or the key cannot be read.</summary>
    Malformed = 5,
    /// <summary>Several key records: what a verifier does is undefined (RFC 6376 §3.6.2.2).</summary>
    Multiple = 6,
    /// <summary>A CNAME to a name that does not exist: a provider left, its customer's CNAME stayed.</summary>
    DanglingCname = 7,
    /// <summary>No key record at this selector.</summary>
    Absent = 8,
    /// <summary>The selector could not be asked.</summary>
    Unknown = 9,
}

/// <summary>One column for headlines. Never "adopts DKIM": a key may lie unused, and selectors cannot be listed.</summary>
public enum DkimPresence : byte
{
    /// <summary>At least one selector that was tried holds a key that is not revoked: valid, testing, weak or several.</summary>
    KeyFound = 1,
    /// <summary>Every key that was found is revoked.</summary>
    RevokedOnly = 2,
    /// <summary>Something is below _domainkey, but no selector of the list has a usable key.</summary>
    NamespaceOnly = 3,
    /// <summary>Nothing is below _domainkey.</summary>
    Absent = 4,
    /// <summary>The namespace is inconclusive and no selector of the list has a key.</summary>
    NotFound = 5,
    /// <summary>What could not be asked might have held a key.</summary>
    Unknown = 6,
}

/// <summary>What one selector answered, when it answered anything but "no such key".</summary>
/// <param name="Cname">Where its CNAME leads: mostly the signing provider.</param>
public sealed record DkimKey(string Selector, DkimKeyState State, DkimKeyType? Type, int? Bits, string? Cname);

/// <summary>What selectors and the namespace say about DKIM keys: a lower bound, since selectors cannot be listed.</summary>
public sealed record DkimResult
{
    /// <summary>The finding in one word.</summary>
    public required DkimPresence Presence { get; init; }

    /// <summary>The empty non-terminal test: is there anything below _domainkey?</summary>
    public required DkimEnt Ent { get; init; }

    /// <summary>The answer at <c>_domainkey.</c>name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>Selectors that hold something, in the order asked; those that are absent are left out.</summary>
    public IReadOnlyList<DkimKey> Keys { get; init; } = [];

    /// <summary>How many selectors were asked for.</summary>
    public int SelectorsAsked { get; init; }
}
