namespace Scanner.Checks.Names;

/// <summary>What kind of name a list entry is (classification.md 2.1 point 5).</summary>
public enum InputClass : byte
{
    /// <summary>One label below a public suffix: the usual case.</summary>
    Registrable = 1,
    /// <summary>Below a registrable name.</summary>
    Subdomain = 2,
    /// <summary>The name itself is on the public suffix list and has more than one label: <c>co.uk</c>, <c>github.io</c>.</summary>
    PublicSuffix = 3,
    /// <summary>One label that is on the public suffix list: <c>com</c>.</summary>
    Tld = 4,
    /// <summary>One label that is not on the public suffix list.</summary>
    SingleLabel = 5,
    /// <summary>An IPv4 or IPv6 address: has a row and is not queried.</summary>
    IpLiteral = 6,
    /// <summary>A label over 63 octets, an empty label, or over 253 characters: cannot exist, is not queried.</summary>
    InvalidName = 7,
}

/// <summary>One entry of the list after normalisation.</summary>
public sealed record ListedName
{
    /// <summary>1-based position in the ranking. Of duplicates the best one counts.</summary>
    public required int Rank { get; init; }

    /// <summary>As it stood in the list.</summary>
    public required string Input { get; init; }

    /// <summary>Lower-case A-labels without trailing dot: the name that is asked for.</summary>
    public required string Name { get; init; }

    /// <summary>By the public suffix list and the form of the name.</summary>
    public required InputClass Class { get; init; }

    /// <summary>The organizational domain by the public suffix list; null where there is none (suffixes, IP literals, invalid names).</summary>
    public string? OrganizationalDomain { get; init; }

    /// <summary>The last label.</summary>
    public required string Tld { get; init; }

    /// <summary>On the opt-out list: never queried, the row says so.</summary>
    public bool Excluded { get; init; }

    /// <summary>Can this name be asked for at all?</summary>
    public bool IsQueryable => !Excluded && Class is not (InputClass.IpLiteral or InputClass.InvalidName);
}
