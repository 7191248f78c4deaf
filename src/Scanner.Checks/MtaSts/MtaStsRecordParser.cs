namespace Scanner.Checks.MtaSts;

/// <summary>What one TXT string says as an MTA-STS record.</summary>
/// <param name="Id">The policy id; null unless the record is valid.</param>
/// <param name="Error">Why it is malformed; null otherwise.</param>
/// <param name="Lenient">A splitter that trims and ignores junk would still find v and a non-empty id.</param>
public readonly record struct MtaStsRecordReading(string? Id, MtaStsRecordError? Error, bool Lenient);

/// <summary>
/// The TXT record at <c>_mta-sts.NAME</c>, RFC 8461 §3.1, read to the letter and case-sensitive:
/// <code>
/// sts-text-record = %s"v=STSv1" 1*(delim field) [delim]      delim = *WSP ";" *WSP
/// field           = %s"id=" 1*32(ALPHA / DIGIT)  /  ext-name "=" ext-value
/// ext-name        = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
/// ext-value       = 1*(%x21-3A / %x3C / %x3E-7E)
/// </code>
/// Text is one char per octet (U+0000 to U+00FF). Never throws.
/// </summary>
public static class MtaStsRecordParser
{
    private const string Version = "v=STSv1";

    /// <summary>Longest id and longest extension name, in octets (RFC 8461 §3.1).</summary>
    private const int MaxIdLength = 32, MaxNameLength = 32;

    /// <summary>May this be the record when it is the only TXT at the name: v=STSv1, then WSP, ";" or the end?</summary>
    public static bool IsCandidateAlone(string text) =>
        text.StartsWith(Version, StringComparison.Ordinal) && (text.Length == Version.Length || text[Version.Length] is ';' or ' ' or '\t');

    /// <summary>May this be the record when there are several TXT? Then what does not begin with the literal <c>v=STSv1;</c>
    /// is discarded (RFC 8461 §3.1), although the grammar would allow a blank before the semicolon.</summary>
    public static bool IsCandidateAmongSeveral(string text) => text.StartsWith("v=STSv1;", StringComparison.Ordinal);

    /// <param name="reading">Meaningful unless <see cref="RecordMatch.NotThisType"/>.</param>
    public static RecordMatch Parse(string text, out MtaStsRecordReading reading)
    {
        reading = default;
        if (!IsCandidateAlone(text)) return RecordMatch.NotThisType;

        MtaStsRecordError? idError = null, otherError = null;
        string? id = null;
        bool idSeen = false;
        var rest = text.AsSpan(Version.Length);
        bool first = true;
        foreach (var range in rest.Split(';'))
        {
            bool last = range.End.GetOffset(rest.Length) == rest.Length;
            // WSP belongs to the delimiters: before a field always, after it only when a ";" follows. RFC 8461 §3.1
            var field = last && !first ? rest[range].TrimStart(" \t") : TrimWsp(rest[range]);
            if (first)
            {
                // Text between the version and the first ";" is no delimiter. RFC 8461 §3.1
                if (!field.IsEmpty) otherError = MtaStsRecordError.BadField;
                first = false;
            }
            else if (field.IsEmpty)
            {
                // One final ";" is allowed. RFC 8461 §3.1
                if (!last) otherError ??= MtaStsRecordError.EmptyField;
            }
            else if (!idSeen && NameOf(field) is "id")
            {
                idSeen = true;
                idError = CheckId(field);
                if (idError is null) id = field["id=".Length..].ToString();
            }
            else
            {
                // A repeated id is ignored (RFC 8461 §3.2), but has to be a field; unknown fields are ignored likewise.
                otherError ??= CheckExtension(field);
            }
        }
        if (!idSeen) idError = MtaStsRecordError.MissingId;
        // The RFC ranks no errors. What is wrong with the id stands first: without it there is no record, whatever the rest is.
        var error = idError ?? otherError;
        reading = new MtaStsRecordReading(error is null ? id : null, error, ReadsLeniently(text));
        return error is null ? RecordMatch.Valid : RecordMatch.Malformed;
    }

    /// <summary>How a text that is no record nearly is one; null when it is nothing like it. The RFC has no such notion: it is our aid
    /// for telling a mistyped record from somebody else's text. A blank around the first "=" counts as a delimiter mistake.</summary>
    public static MtaStsNearMiss? NearMiss(string text)
    {
        var trimmed = text.AsSpan().TrimStart(" \t\r\n");
        if (BeginsVersion(trimmed) && trimmed.Length != text.Length) return MtaStsNearMiss.LeadingSpace;
        // A plain, escaped or typographic quotation mark (UTF-8 of U+201C to U+201F, one char per octet) in the record data.
        var unquoted = trimmed.TrimStart("\"'\\`\u00E2\u0080\u009C\u009D\u009E\u009F");
        if (BeginsVersion(unquoted) && unquoted.Length != trimmed.Length) return MtaStsNearMiss.Quoted;

        if (BeginsVersion(text))
        {
            char next = text.Length > Version.Length ? text[Version.Length] : ';';
            if (char.IsAsciiDigit(next)) return MtaStsNearMiss.OtherVersion;
            if (!text.StartsWith(Version, StringComparison.Ordinal)) return MtaStsNearMiss.VersionCase;
            return MtaStsNearMiss.VersionDelimiter;
        }
        // The slips that are known show at the beginning.
        string packed = text.Length > 64 ? text[..64] : text;
        packed = packed.Replace(" ", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal);
        if (BeginsVersion(packed)) return MtaStsNearMiss.VersionDelimiter;
        if (packed.StartsWith("v=STS", StringComparison.OrdinalIgnoreCase)) return MtaStsNearMiss.OtherVersion;
        return text.Contains(Version, StringComparison.OrdinalIgnoreCase) ? MtaStsNearMiss.VersionNotFirst : null;
    }

    private static bool BeginsVersion(ReadOnlySpan<char> text) => text.StartsWith(Version, StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> TrimWsp(ReadOnlySpan<char> text) => text.Trim(" \t");

    /// <summary>What stands before the first "=", blanks dropped; empty when there is no "=".</summary>
    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> field)
    {
        int equals = field.IndexOf('=');
        return equals < 0 ? [] : TrimWsp(field[..equals]);
    }

    private static MtaStsRecordError? CheckId(ReadOnlySpan<char> field)
    {
        // No WSP around "=", unlike DMARC. RFC 8461 §3.1
        if (HasSpaceAroundEquals(field)) return MtaStsRecordError.SpaceAroundEq;
        var value = field["id=".Length..];
        if (value.IsEmpty) return MtaStsRecordError.BadId;
        foreach (char c in value)
            if (!char.IsAsciiLetterOrDigit(c)) return MtaStsRecordError.BadId;
        return value.Length > MaxIdLength ? MtaStsRecordError.IdTooLong : null;
    }

    private static MtaStsRecordError? CheckExtension(ReadOnlySpan<char> field)
    {
        int equals = field.IndexOf('=');
        if (equals < 1) return MtaStsRecordError.BadField;
        if (HasSpaceAroundEquals(field)) return MtaStsRecordError.SpaceAroundEq;
        if (!IsExtensionName(field[..equals])) return MtaStsRecordError.BadField;
        var value = field[(equals + 1)..];
        if (value.IsEmpty) return MtaStsRecordError.BadField;
        foreach (char c in value)
            if (c is < '\x21' or '=' or ';' or > '\x7E') return MtaStsRecordError.BadField;
        return null;
    }

    /// <summary>The extension names of record and policy are the same (RFC 8461 §3.1, §3.2).</summary>
    internal static bool IsExtensionName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > MaxNameLength || !char.IsAsciiLetterOrDigit(name[0])) return false;
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.')) return false;
        return true;
    }

    private static bool HasSpaceAroundEquals(ReadOnlySpan<char> field)
    {
        int equals = field.IndexOf('=');
        return (equals > 0 && field[equals - 1] is ' ' or '\t') || (equals + 1 < field.Length && field[equals + 1] is ' ' or '\t');
    }

    private static bool ReadsLeniently(string text)
    {
        var whole = text.AsSpan();
        bool first = true;
        foreach (var range in whole.Split(';'))
        {
            var part = whole[range];
            if (first && !part.Trim().SequenceEqual(Version)) return false;
            first = false;
            int equals = part.IndexOf('=');
            if (equals > 0 && part[..equals].Trim() is "id") return !part[(equals + 1)..].Trim().IsEmpty;
        }
        return false;
    }
}
