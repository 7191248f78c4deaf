using System.Text.RegularExpressions;
using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>What the TXT answer at one name holds.</summary>
public enum SpfReadingState : byte
{
    Unknown = 1,
    None = 2,
    Multiple = 3,
    Malformed = 4,
    Valid = 5,
}

/// <summary>The SPF record at one name, selected and parsed.</summary>
public sealed record SpfReading
{
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
public static partial class SpfSelector
{
    public static SpfReading Read(DnsAnswer answer)
    {
        // RFC 7208 §4.4: any RCODE but 0 and 3, or a time-out, is temperror: we cannot tell.
        if (answer.Status.IsUnknown()) return CannotTell;
        // RFC 7208 §4.5: records without the version section are discarded first. RFC 2181 §5: identical records are one; the same text split
        // otherwise is another.
        TxtRecord? only = null;
        List<TxtRecord>? several = null;
        for (int i = 0; i < answer.Records.Count; i++)
        {
            if (answer.Records[i] is not TxtRecord txt || !SpfRecordParser.HasVersion(txt.Text)) continue;
            if (only is null) only = txt;
            else (several ??= [only]).Add(txt);
        }
        if (only is null) return Nearly(answer);
        // RFC 7208 §3.2, §4.5: more than one is permerror.
        if (several is not null && TxtRrset.Distinct(several) is { Count: > 1 } distinct)
            return new SpfReading { State = SpfReadingState.Multiple, Candidates = Texts(distinct) };
        var match = SpfRecordParser.Parse(only, out var record, out var error);
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
        for (int i = 0; i < answer.Records.Count; i++)
            if (answer.Records[i] is TxtRecord txt && NearMissOf(txt.Text) is not null) (near ??= []).Add(txt);
        if (near is null) return Nothing;
        near = TxtRrset.Distinct(near);
        return new SpfReading
        {
            State = SpfReadingState.None,
            // The order of an RRset means nothing, so the first in the order of the enum, to give the same answer every time.
            NearMiss = near.Min(r => NearMissOf(r.Text)),
            Candidates = Texts(near),
        };
    }

    private static readonly SpfReading Nothing = new() { State = SpfReadingState.None };

    private static readonly SpfReading CannotTell = new() { State = SpfReadingState.Unknown };

    /// <summary>What a text that is no SPF record was probably meant to be. Near-misses never count as published.</summary>
    public static SpfNearMiss? NearMissOf(string text)
    {
        if (SpfRecordParser.HasVersion(text)) return null;
        const StringComparison NoCase = StringComparison.OrdinalIgnoreCase;
        if (text.TrimStart(' ', '\t', '\r', '\n').StartsWith("v=spf1", NoCase) && text[0] <= ' ') return SpfNearMiss.LeadingSpace;
        string bare = text.TrimStart('"', '\'', '\\', '`', ' ');
        if (bare.Length < text.Length && bare.StartsWith("v=spf1", NoCase)) return SpfNearMiss.Quoted;
        if (text.StartsWith("spf2.0/", NoCase)) return SpfNearMiss.SenderId; // RFC 4406 §3.1
        if (text.StartsWith("v=spf1", NoCase))
        {
            if (text[6] >= '\x80') return SpfNearMiss.NonAscii;
            // RFC 7208 §4.5 names "v=spf10": another version, not a slip.
            return char.IsAsciiDigit(text[6]) ? null : SpfNearMiss.VersionDelimiter;
        }
        if (text.AsSpan().ContainsAnyInRange('\x80', '\xFF')
            && string.Concat(text.Where(c => c < '\x80')).TrimStart(' ', '"').StartsWith("v=spf1", NoCase))
        {
            return SpfNearMiss.NonAscii;
        }
        return VersionTypo().IsMatch(text) ? SpfNearMiss.VersionTypo : null;
    }

    /// <summary><c>v=spf 1</c>, <c>v=spf</c>, <c>v spf1</c>, <c>v = spf1</c>, <c>spf1</c>, <c>spf=1</c>, as a word of its own.</summary>
    [GeneratedRegex(
        @"^(v[ \t]*[=:;-]?[ \t]*spf[ \t.]*1?|spf[ \t]*[=:]?[ \t]*1)([ \t;:]|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex VersionTypo();

    private static string[] Texts(List<TxtRecord> records) => [.. records.Select(r => r.Text).Order(StringComparer.Ordinal)];
}
