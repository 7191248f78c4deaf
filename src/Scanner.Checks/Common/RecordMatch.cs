namespace Scanner.Checks;

/// <summary>Is this text one of ours, and if so is it well formed? Most TXT strings at a name belong to someone else,
/// so "not this type" is the ordinary answer and no error.</summary>
public enum RecordMatch : byte
{
    NotThisType = 0,
    Malformed = 1,
    Valid = 2,
}
