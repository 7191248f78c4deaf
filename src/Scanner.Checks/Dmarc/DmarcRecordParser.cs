using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Scanner.Checks.Dmarc;

/// <summary>
/// Reads one TXT text as a DMARC policy record (RFC 9989 §4.7, §4.8; classification.md 5.2, 5.3). Pure. Text has one char per octet.
/// <code>
/// dmarc-record  = dmarc-version *(dmarc-sep dmarc-tag) [dmarc-sep]
/// dmarc-version = "v" equals %s"DMARC1"        equals    = *WSP "=" *WSP
/// dmarc-tag     = 1*ALPHA equals 1*dmarc-value  dmarc-sep = *WSP ";" *WSP
/// </code>
/// </summary>
public static class DmarcRecordParser
{
    private const string Wsp = " \t";

    private static readonly SearchValues<char> s_printable =
        SearchValues.Create(string.Concat(Enumerable.Range(0x20, 0x5F).Select(i => (char)i)) + "\t");

    /// <summary>In the order in which they are reported.</summary>
    [Flags]
    private enum Quirks : byte
    {
        None = 0,
        TagCase = 1,
        PNotSecond = 2,
        EmptySegment = 4,
        BadSegment = 8,
        BadTagName = 16,
        DuplicateTag = 32,
        NonAscii = 64,
    }

    private static readonly string[] s_quirkWords =
        ["tag_case", "p_not_second", "empty_segment", "bad_segment", "bad_tag_name", "duplicate_tag", "non_ascii"];

    /// <summary>Tags of RFC 9989 §4.7, and those of RFC 7489 §6.3 that it removed: not unknown, but ri and rf have no effect.</summary>
    private static readonly string[] s_known = ["v", "p", "sp", "np", "t", "psd", "adkim", "aspf", "fo", "rua", "ruf", "pct", "rf", "ri"];

    /// <summary>Values that stand in most records: no new string for them.</summary>
    private static readonly string[] s_commonValues = ["none", "quarantine", "reject", "r", "s", "1", "0", "100", "y", "n"];

    /// <summary>The values of the known tags, by their place in <see cref="s_known"/>; the first of a tag counts.</summary>
    [InlineArray(14)]
    private struct Values
    {
        private string? _first;
    }

    /// <summary>Is this a record for DMARC at all, that is, would a receiver keep it before counting (RFC 9989 §4.10 step 2)?</summary>
    public static bool IsDmarc(ReadOnlySpan<char> text) => VersionEnd(text) >= 0;

    /// <summary>
    /// <see cref="RecordMatch.NotThisType"/>: no version in front, someone else's text. <see cref="RecordMatch.Malformed"/>: a record,
    /// but p, sp or np call RFC 9989 §4.10.1 into play or contradict themselves. Other faults are quirks of a valid record.
    /// </summary>
    /// <param name="record">Null only for <see cref="RecordMatch.NotThisType"/>.</param>
    public static RecordMatch Parse(string text, out DmarcRecord? record)
    {
        record = null;
        int end = VersionEnd(text);
        if (end < 0) return RecordMatch.NotThisType;

        var quirks = Quirks.None;
        // The letter v is a plain ABNF literal, case-insensitive; the prose calls tags case-sensitive. classification.md D4
        if (text[0] == 'V') quirks |= Quirks.TagCase;
        if (text.AsSpan().ContainsAnyExcept(s_printable)) quirks |= Quirks.NonAscii;

        var values = new Values();
        values[0] = "DMARC1";
        DistinctList? unknown = null;
        bool conflict = false, conflictNp = false;
        int position = 0;
        for (int next = end + 1; next <= text.Length;)
        {
            int stop = text.IndexOf(';', next);
            bool last = stop < 0;
            var segment = text.AsSpan(next, (last ? text.Length : stop) - next).Trim(Wsp);
            next = last ? text.Length + 1 : stop + 1;
            if (segment.IsEmpty)
            {
                // RFC 9989 §4.8: one separator may close the record; any other empty segment is a syntax error, and ignored.
                if (!last) quirks |= Quirks.EmptySegment;
                continue;
            }
            position++;
            int equals = segment.IndexOf('=');
            if (equals < 0)
            {
                quirks |= Quirks.BadSegment;
                continue;
            }
            var written = segment[..equals].TrimEnd(Wsp);
            if (written.IsEmpty || !IsLetters(written))
            {
                quirks |= Quirks.BadTagName;
                continue;
            }
            int tag = PlaceOf(written);
            if (tag < 0)
            {
                // RFC 9989 §4.7: unknown tags MUST be ignored.
                if (!(unknown ??= new DistinctList()).Add(written.ToString().ToLowerInvariant())) quirks |= Quirks.DuplicateTag;
                continue;
            }
            string name = s_known[tag];
            if (!written.SequenceEqual(name)) quirks |= Quirks.TagCase;
            var value = segment[(equals + 1)..].TrimStart(Wsp);
            if (values[tag] is null)
            {
                values[tag] = Text(value);
                // RFC 7489 §6.3 wanted p right after v; RFC 9989 §4.7 leaves the order free.
                if (name == "p" && position > 1) quirks |= Quirks.PNotSecond;
                continue;
            }
            // RFC 6376 §3.2 voids a list with duplicate tags, RFC 9989 §4.8 would ignore the second. Our choice: only a
            // contradiction about the policy voids the record, else the first wins. classification.md 5.3
            quirks |= Quirks.DuplicateTag;
            if (name is "p" or "sp") conflict |= !value.Equals(values[tag], StringComparison.OrdinalIgnoreCase);
            if (name == "np") conflictNp |= !value.Equals(values[tag], StringComparison.OrdinalIgnoreCase);
        }

        PolicyTag p = Policy(Value("p")), sp = Policy(Value("sp")), np = Policy(Value("np"));
        var rua = UriList(Value("rua"));
        var state = StateOf(conflict || conflictNp, p, sp, np, rua);
        record = new DmarcRecord
        {
            Text = text,
            State = state,
            // To RFC 7489 np is an unknown tag (§6.3): whatever it says is ignored.
            State7489 = StateOf(conflict, p, sp, default, rua),
            P = p,
            Sp = sp,
            Np = np,
            T = Value("t"),
            PsdText = Value("psd"),
            Adkim = Value("adkim"),
            Aspf = Value("aspf"),
            Fo = Value("fo"),
            Pct = Percent(Value("pct")),
            Rua = rua,
            Ruf = UriList(Value("ruf")),
            Quirks = quirks == Quirks.None ? [] : [.. s_quirkWords.Where((_, i) => ((int)quirks >> i & 1) != 0)],
            UnknownTags = unknown?.Items ?? [],
        };
        return state == DmarcRecordState.Valid ? RecordMatch.Valid : RecordMatch.Malformed;

        string? Value(string name) => values[Array.IndexOf(s_known, name)];
    }

    private static bool IsLetters(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
            if (!char.IsAsciiLetter(c)) return false;
        return true;
    }

    /// <summary>In <see cref="s_known"/>, without regard to case; -1 for an unknown tag.</summary>
    private static int PlaceOf(ReadOnlySpan<char> name)
    {
        for (int i = 0; i < s_known.Length; i++)
            if (name.Equals(s_known[i], StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    private static string Text(ReadOnlySpan<char> value)
    {
        foreach (string common in s_commonValues)
            if (value.SequenceEqual(common)) return common;
        return value.ToString();
    }

    /// <summary>The index of the ";" after the version, the length when there is none, -1 when the text does not begin with a version.
    /// RFC 9989 §4.8: no blank in front, the value case-sensitive, nothing but blanks before the ";".</summary>
    private static int VersionEnd(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] is not ('v' or 'V')) return -1;
        int i = SkipBlanks(text, 1);
        if (i == text.Length || text[i] != '=') return -1;
        i = SkipBlanks(text, i + 1);
        if (!text[i..].StartsWith("DMARC1", StringComparison.Ordinal)) return -1;
        i = SkipBlanks(text, i + "DMARC1".Length);
        return i == text.Length || text[i] == ';' ? i : -1;
    }

    private static int SkipBlanks(ReadOnlySpan<char> text, int from)
    {
        while (from < text.Length && Wsp.Contains(text[from])) from++;
        return from;
    }

    private static PolicyTag Policy(string? value) => value is null
        ? default
        : new PolicyTag(value, value.ToLowerInvariant() switch
        {
            // RFC 9989 §4.8 dmarc-request: the whole value, plain ABNF literals.
            "none" => DmarcPolicy.None,
            "quarantine" => DmarcPolicy.Quarantine,
            "reject" => DmarcPolicy.Reject,
            _ => null,
        });

    /// <summary>RFC 9989 §4.10.1: without a valid p, or with a bad sp or np, one valid rua address saves the record as p=none.</summary>
    private static DmarcRecordState StateOf(bool conflict, PolicyTag p, PolicyTag sp, PolicyTag np, DmarcUriList rua)
    {
        bool rescued = rua.ValidCount > 0;
        if (conflict) return DmarcRecordState.InvalidDuplicate;
        if (p.IsMissing) return rescued ? DmarcRecordState.MissingPRua : DmarcRecordState.MissingPNoRua;
        if (p.IsInvalid) return rescued ? DmarcRecordState.InvalidPRua : DmarcRecordState.InvalidPNoRua;
        if (sp.IsInvalid || np.IsInvalid) return rescued ? DmarcRecordState.InvalidSpNpRua : DmarcRecordState.InvalidSpNpNoRua;
        return DmarcRecordState.Valid;
    }

    /// <summary>RFC 7489 §6.4: pct = 1*3DIGIT, 0 to 100.</summary>
    private static int? Percent(string? value) =>
        value is { Length: >= 1 and <= 3 }
        && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int percent) && percent <= 100 ? percent : null;

    private static DmarcUriList UriList(string? value)
    {
        if (value is null) return DmarcUriList.Absent;
        int valid = 0, invalid = 0;
        DistinctList? hosts = null;
        foreach (var range in value.AsSpan().Split(','))
        {
            var element = WithoutSize(value.AsSpan(range).Trim(Wsp));
            if (!ReportUri.TryParse(element, out var uri))
            {
                invalid++;
                continue;
            }
            valid++;
            if (uri.Host is not null) (hosts ??= new DistinctList()).Add(uri.Host);
        }
        var state = invalid == 0 ? ReportUriState.Valid : valid == 0 ? ReportUriState.AllInvalid : ReportUriState.SomeInvalid;
        return new DmarcUriList(state, valid, hosts?.Items ?? []);
    }

    /// <summary>Takes off a report size limit, "!" 1*DIGIT [k/m/g/t] (RFC 7489 §6.4): obsolete, to be ignored (RFC 9989 §4.8).</summary>
    private static ReadOnlySpan<char> WithoutSize(ReadOnlySpan<char> element)
    {
        int mark = element.LastIndexOf('!');
        if (mark < 0) return element;
        var size = element[(mark + 1)..];
        if (!size.IsEmpty && "kmgtKMGT".Contains(size[^1])) size = size[..^1];
        return size.IsEmpty || size.ContainsAnyExceptInRange('0', '9') ? element : element[..mark];
    }
}
