namespace Scanner.Checks.Spf;

/// <summary>The results of check_host() (RFC 7208 §2.6).</summary>
public enum SpfVerdict : byte
{
    /// <summary>No record, or no name that one could stand at.</summary>
    None = 1,
    /// <summary>The record says nothing about this client ("?", or nothing matched).</summary>
    Neutral = 2,
    /// <summary>The client may send for the domain.</summary>
    Pass = 3,
    /// <summary>The client may not.</summary>
    Fail = 4,
    /// <summary>The client probably may not ("~").</summary>
    Softfail = 5,
    /// <summary>Something could not be looked up; another time may do better.</summary>
    Temperror = 6,
    /// <summary>The records cannot be evaluated as they stand.</summary>
    Permerror = 7,
}

/// <summary>One line of what an evaluation did.</summary>
/// <param name="Depth">0 in the record of the name itself, one more inside each include or redirect.</param>
/// <param name="Domain">Whose record it is.</param>
/// <param name="Term">As it stands in the record.</param>
/// <param name="Lookups">Counted so far, this term included (RFC 7208 §4.6.4).</param>
/// <param name="Outcome">What came of it; null where nothing is to be said.</param>
public sealed record SpfStep(int Depth, string Domain, string Term, int Lookups, string? Outcome);

/// <summary>What check_host() came to for one client (RFC 7208 §4).</summary>
public sealed record SpfCheck
{
    /// <summary>The result of check_host().</summary>
    public required SpfVerdict Verdict { get; init; }

    /// <summary>The directive that matched, as it stands in the record; null for a default result and for errors.</summary>
    public string? Mechanism { get; init; }

    /// <summary>The domain in whose record that directive stands, or where the error lies.</summary>
    public string? Where { get; init; }

    /// <summary>What a permerror or temperror is about, in words with the RFC section; null otherwise.</summary>
    public string? Problem { get; init; }

    /// <summary>Only with <see cref="SpfVerdict.Fail"/>: the publisher's words (RFC 7208 §6.2). A third party's text.</summary>
    public string? Explanation { get; init; }

    /// <summary>Terms that looked something up, of the ten that are allowed (RFC 7208 §4.6.4).</summary>
    public int Lookups { get; init; }

    /// <summary>Lookups that found nothing, of the two that are allowed (RFC 7208 §4.6.4).</summary>
    public int Voids { get; init; }

    /// <summary>Every term that was tried, in order: for people to read.</summary>
    public IReadOnlyList<SpfStep> Steps { get; init; } = [];
}
