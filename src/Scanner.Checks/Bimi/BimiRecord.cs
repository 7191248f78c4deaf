namespace Scanner.Checks.Bimi;

/// <summary>One BIMI assertion record, parsed.</summary>
public sealed record BimiRecord
{
    /// <summary>The location of the logo, l=; empty when it is there and says nothing, null when it is missing.</summary>
    public string? Location { get; init; }

    /// <summary>The location of the evidence (a mark certificate), a=; empty or null like l=.</summary>
    public string? Authority { get; init; }

    /// <summary>Why it is no valid record; null for a valid one.</summary>
    public BimiError? Error { get; init; }

    /// <summary>"We have no logo": l= and a= both empty, an opt-out and no adoption.</summary>
    public bool IsDeclination => Error is null && Location is "" && string.IsNullOrEmpty(Authority);
}
