namespace Scanner.Checks.Bimi;

/// <summary>
/// Reads one TXT text as a BIMI assertion record (draft-brand-indicators-for-message-identification §4.2, §4.3: a DKIM-style tag list;
/// classification.md 10). Pure. Text has one char per octet. Never throws.
/// <code>
/// bimi-record = "v=BIMI1" *( ";" tag ) [ ";" ]       l = [ https URI ], required     a = [ https URI ]
/// </code>
/// </summary>
public static class BimiRecordParser
{
    private const string Wsp = " \t";

    /// <summary>A record at all? v=BIMI1 comes first, to the letter: "receivers MUST NOT attempt to fix syntactical or capitalization errors".</summary>
    public static bool IsBimi(string text)
    {
        var version = text.AsSpan();
        int end = version.IndexOf(';');
        if (end >= 0) version = version[..end];
        int equals = version.IndexOf('=');
        // RFC 6376 §3.2, which the draft refers to, lets blanks stand around "=" and before ";".
        return equals > 0 && version[..equals].TrimEnd(Wsp) is "v" && version[(equals + 1)..].Trim(Wsp) is "BIMI1";
    }

    /// <param name="record">Null only for <see cref="RecordMatch.NotThisType"/>.</param>
    public static RecordMatch Parse(string text, out BimiRecord? record)
    {
        record = null;
        if (!IsBimi(text)) return RecordMatch.NotThisType;
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        bool bad = false;
        var whole = text.AsSpan();
        foreach (var range in whole.Split(';'))
        {
            var spec = whole[range].Trim(Wsp);
            if (spec.IsEmpty)
            {
                bad |= range.End.GetOffset(whole.Length) < whole.Length;
                continue;
            }
            int equals = spec.IndexOf('=');
            // Tags of later drafts (lps, avp) are unknown ones, and those are ignored.
            bad |= equals < 1 || !tags.TryAdd(spec[..equals].TrimEnd(Wsp).ToString(), spec[(equals + 1)..].TrimStart(Wsp).ToString());
        }
        string? location = tags.GetValueOrDefault("l"), authority = tags.GetValueOrDefault("a");
        record = new BimiRecord
        {
            Location = location,
            Authority = authority,
            Error = bad ? BimiError.BadTag
                : location is null ? BimiError.MissingL
                : !IsEmptyOrHttps(location) ? BimiError.BadL
                : authority is not null && !IsEmptyOrHttps(authority) ? BimiError.BadA
                : null,
        };
        return record.Error is null ? RecordMatch.Valid : RecordMatch.Malformed;
    }

    /// <summary>HTTPS only; an empty value declines.</summary>
    private static bool IsEmptyOrHttps(string value) =>
        value.Length == 0 || (ReportUri.TryParse(value, out var uri) && uri is { IsHttps: true, Host: not null });
}
