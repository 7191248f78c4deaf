using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>What the TXT answer at one name holds.</summary>
public enum SpfReadingState : byte
{
    /// <summary>The TXT records could not be asked for.</summary>
    Unknown = 1,
    /// <summary>No SPF record.</summary>
    None = 2,
    /// <summary>More than one.</summary>
    Multiple = 3,
    /// <summary>One, against the grammar.</summary>
    Malformed = 4,
    /// <summary>One that satisfies the grammar.</summary>
    Valid = 5,
}

/// <summary>The SPF record at one name, selected and parsed.</summary>
public sealed record SpfReading
{
    /// <summary>Which of the other members say something.</summary>
    public required SpfReadingState State { get; init; }

    /// <summary>Not null exactly for malformed and valid.</summary>
    public TxtRecord? Txt { get; init; }

    /// <summary>Not null exactly for valid.</summary>
    public SpfRecord? Record { get; init; }

    /// <summary>Not null exactly for malformed.</summary>
    public SpfSyntaxError? SyntaxError { get; init; }

    /// <summary>Only for none.</summary>
    public SpfNearMiss? NearMiss { get; init; }

    /// <summary>All records when there are several, or the near-misses when there is none; sorted: servers turn the order round.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];
}

/// <summary>Selects the record among the TXT records at a name (RFC 7208 §4.5). TXT only: type 99 is not consulted (§3.1).</summary>
public static class SpfSelector
{
    /// <param name="isShared">Many names refer to this one: its record is parsed once for all of them.</param>
    public static SpfReading Read(DnsAnswer answer, bool isShared = false)
    {
        // RFC 7208 §4.4: any RCODE but 0 and 3, or a time-out, is temperror: we cannot tell.
        if (answer.Status.IsUnknown()) return CannotTell;
        // RFC 7208 §4.5: records without the version section are discarded first. RFC 2181 §5: identical records are one; the same text split
        // otherwise is another.
        TxtRecord? only = null;
        List<TxtRecord>? several = null;
        for (int i = 0; i < answer.Records.Count; i++)
        {
            var txt = answer.Records[i] as TxtRecord;
            if (txt is null || !SpfRecordParser.HasVersion(txt.Text)) continue;
            if (only is null) only = txt;
            else (several ??= [only]).Add(txt);
        }
        if (only is null) return Nearly(answer);
        // RFC 7208 §3.2, §4.5: more than one is permerror.
        var distinct = several is null ? null : TxtRrset.Distinct(several);
        if (distinct is not null && distinct.Count > 1) return new SpfReading { State = SpfReadingState.Multiple, Candidates = Texts(distinct) };
        var match = isShared ? SpfSharedRecords.Parse(only, out var record, out var error) : SpfRecordParser.Parse(only, out record, out error);
        return new SpfReading
        {
            State = match == RecordMatch.Valid ? SpfReadingState.Valid : SpfReadingState.Malformed,
            Txt = only,
            Record = record,
            SyntaxError = error,
        };
    }

    /// <summary>No record, but perhaps one that nearly is.</summary>
    private static SpfReading Nearly(DnsAnswer answer)
    {
        List<TxtRecord>? near = null;
        SpfNearMiss? first = null;
        for (int i = 0; i < answer.Records.Count; i++)
        {
            var txt = answer.Records[i] as TxtRecord;
            if (txt is null || NearMissOf(txt.Text) is not { } miss) continue;
            (near ??= []).Add(txt);
            // The order of an RRset means nothing, so the first in the order of the enum, to give the same answer every time.
            if (first is null || miss < first) first = miss;
        }
        return near is null ? Nothing : new SpfReading { State = SpfReadingState.None, NearMiss = first, Candidates = Texts(TxtRrset.Distinct(near)) };
    }

    private static readonly SpfReading Nothing = new() { State = SpfReadingState.None };

    private static readonly SpfReading CannotTell = new() { State = SpfReadingState.Unknown };

    /// <summary>What a text that is no SPF record was probably meant to be. Near-misses never count as published.</summary>
    public static SpfNearMiss? NearMissOf(string text)
    {
        if (SpfRecordParser.HasVersion(text)) return null;
        var whole = text.AsSpan();
        var trimmed = whole.TrimStart(" \t\r\n");
        if (trimmed.Length < whole.Length && BeginsVersion(trimmed)) return SpfNearMiss.LeadingSpace;
        var bare = whole.TrimStart("\"'\\` ");
        if (bare.Length < whole.Length && BeginsVersion(bare)) return SpfNearMiss.Quoted;
        if (whole.StartsWith("spf2.0/", StringComparison.OrdinalIgnoreCase)) return SpfNearMiss.SenderId; // RFC 4406 §3.1
        if (BeginsVersion(whole))
        {
            if (text[6] >= '\x80') return SpfNearMiss.NonAscii;
            // RFC 7208 §4.5 names "v=spf10": another version, not a slip.
            return char.IsAsciiDigit(text[6]) ? null : SpfNearMiss.VersionDelimiter;
        }
        if (BeginsVersionWithoutOddOctets(whole)) return SpfNearMiss.NonAscii;
        return IsVersionTypo(whole) ? SpfNearMiss.VersionTypo : null;
    }

    private const string Version = "v=spf1";

    private static bool BeginsVersion(ReadOnlySpan<char> text) => text.StartsWith(Version, StringComparison.OrdinalIgnoreCase);

    /// <summary>The version, once octets outside of ASCII are left out, wherever they stand, and then blanks and quotes in front.</summary>
    private static bool BeginsVersionWithoutOddOctets(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\x80', '\xFF')) return false;
        int matched = 0;
        foreach (char c in text)
        {
            if (c >= '\x80' || (matched == 0 && c is ' ' or '"')) continue;
            if (char.ToLowerInvariant(c) != Version[matched]) return false;
            if (++matched == Version.Length) return true;
        }
        return false;
    }

    /// <summary>
    /// <c>v=spf 1</c>, <c>v=spf</c>, <c>v spf1</c>, <c>v = spf1</c>, <c>spf1</c>, <c>spf=1</c>, as a word of its own. By hand and from left to right:
    /// as a regular expression it went back over 64 KiB of blanks from each of them.
    /// <code>
    /// (v *WSP [=:;-] *WSP spf *(WSP .) [1]  |  spf *WSP [=:] *WSP 1) followed by (WSP ; : | end)
    /// </code>
    /// </summary>
    private static bool IsVersionTypo(ReadOnlySpan<char> text)
    {
        const StringComparison NoCase = StringComparison.OrdinalIgnoreCase;
        if (text.StartsWith("v", NoCase))
        {
            var rest = text[1..].TrimStart(" \t");
            if (rest is ['=' or ':' or ';' or '-', ..]) rest = rest[1..].TrimStart(" \t");
            if (!rest.StartsWith("spf", NoCase)) return false;
            rest = rest[3..];
            if (EndsWord(rest)) return true;
            var digit = rest.TrimStart(" \t.");
            // "v=spf. x": the blank that was passed over ends the word just as well.
            if (rest[..^digit.Length].ContainsAny(' ', '\t')) return true;
            return EndsWord(digit is ['1', ..] ? digit[1..] : digit);
        }
        if (!text.StartsWith("spf", NoCase)) return false;
        var number = text[3..].TrimStart(" \t");
        if (number is ['=' or ':', ..]) number = number[1..].TrimStart(" \t");
        return number is ['1', ..] && EndsWord(number[1..]);
    }

    private static bool EndsWord(ReadOnlySpan<char> rest) => rest is [] or ['\n'] or [' ' or '\t' or ';' or ':', ..];

    private static string[] Texts(List<TxtRecord> records) => [.. records.Select(r => r.Text).Order(StringComparer.Ordinal)];
}
