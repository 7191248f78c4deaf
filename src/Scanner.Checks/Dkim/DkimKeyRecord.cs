namespace Scanner.Checks.Dkim;

/// <summary>The algorithm of a key (RFC 6376 §3.6.1 tag k; RFC 8463 for Ed25519).</summary>
public enum DkimKeyType : byte
{
    /// <summary>k=rsa, the default.</summary>
    Rsa = 1,
    /// <summary>k=ed25519.</summary>
    Ed25519 = 2,
}

/// <summary>One DKIM key record, parsed.</summary>
public sealed record DkimKeyRecord
{
    /// <summary>Valid, Testing, Revoked, Weak or Malformed: what the text alone tells.</summary>
    public required DkimKeyState State { get; init; }

    /// <summary>Null when the record is malformed before its k tag could be read, or names a type that nobody registered.</summary>
    public DkimKeyType? Type { get; init; }

    /// <summary>Bits of an RSA modulus, 256 for Ed25519; null without a readable key.</summary>
    public int? Bits { get; init; }
}
