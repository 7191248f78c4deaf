namespace Scanner.Checks;

/// <summary>Is this text one of ours, and if so is it well formed? Most TXT strings at a name belong to someone else,
/// so "not this type" is the ordinary answer and no error.</summary>
public enum RecordMatch : byte
{
    /// <summary>Somebody else's text.</summary>
    NotThisType = 0,
    /// <summary>One of ours, against its grammar: published, and not valid.</summary>
    Malformed = 1,
    /// <summary>One of ours, and well formed.</summary>
    Valid = 2,
}
