using System.Text;
using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>
/// Text that was meant as a DMARC record and is none (classification.md 5.2). No RFC speaks of it and it never counts as published:
/// it says what publishers get wrong. Where several texts fall short, or one does in several ways, the first kind of the enum is told.
/// </summary>
public static class DmarcNearMisses
{
    /// <param name="texts">What stands at the <c>_dmarc</c> name, none of it a record.</param>
    /// <param name="apexTxt">The TXT answer at the name itself; null when nobody asked.</param>
    public static DmarcNearMiss? Find(IReadOnlyList<string> texts, DnsAnswer? apexTxt)
    {
        DmarcNearMiss? found = null;
        foreach (string text in texts)
            if (Of(text) is { } kind && (found is null || kind < found)) found = kind;
        if (found is not null || apexTxt is null) return found;
        return TxtRrset.Texts(apexTxt).Any(text => DmarcRecordParser.IsDmarc(text)) ? DmarcNearMiss.AtApex : null;
    }

    private const string Wsp = " \t";

    private const StringComparison NoCase = StringComparison.OrdinalIgnoreCase;

    /// <summary>By hand and from left to right: regular expressions for this went back over 64 KiB of blanks from each of them.</summary>
    private static DmarcNearMiss? Of(string whole)
    {
        var text = whole.AsSpan();
        var trimmed = text.TrimStart(" \t\r\n");
        if (trimmed.Length < text.Length && DmarcRecordParser.IsDmarc(trimmed)) return DmarcNearMiss.LeadingSpace;
        var unquoted = text.TrimStart(" \t\"'");
        if (unquoted.Length < trimmed.Length && DmarcRecordParser.IsDmarc(unquoted.TrimEnd("\"' "))) return DmarcNearMiss.Quoted;
        if (TryVersion(text, out var rest))
        {
            if (EndsVersion(rest)) return DmarcNearMiss.VersionCase;
            if (rest.TrimStart(Wsp) is ['\\', ..]) return DmarcNearMiss.EscapedSemicolon;
            // The version, then something in place of the ";": a comma, a colon, the next tag. A further digit is a typo.
            if (rest is [>= ' ' and <= '~' or '\t', ..] && !char.IsAsciiDigit(rest[0]) && rest[0] is not ('.' or '\\' or ';')) return DmarcNearMiss.VersionDelimiter;
        }
        if (HasLaterVersion(text)) return DmarcNearMiss.VersionNotFirst;
        if (text.ContainsAnyInRange('\x80', '\xFF'))
        {
            if (TryVersion(WithoutSmartQuotes(text), out rest) && EndsVersion(rest)) return DmarcNearMiss.SmartQuotes;
            if (TryVersion(WithoutOddOctets(text).AsSpan().TrimStart(Wsp), out _)) return DmarcNearMiss.NonAscii;
        }
        return IsTypo(text) ? DmarcNearMiss.VersionTypo : null;
    }

    /// <summary><c>"v" *WSP "=" *WSP "DMARC1"</c> without regard to case.</summary>
    /// <param name="rest">What comes after it.</param>
    private static bool TryVersion(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest)
    {
        rest = default;
        if (text is not ['v' or 'V', ..]) return false;
        rest = text[1..].TrimStart(Wsp);
        if (rest is not ['=', ..]) return false;
        rest = rest[1..].TrimStart(Wsp);
        if (!rest.StartsWith("DMARC1", NoCase)) return false;
        rest = rest["DMARC1".Length..];
        return true;
    }

    private static bool EndsVersion(ReadOnlySpan<char> rest) => rest.TrimStart(Wsp) is [] or [';', ..];

    /// <summary>A whole version behind a delimiter. Each run of blanks is passed over once, from the v before it.</summary>
    private static bool HasLaterVersion(ReadOnlySpan<char> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] is not ('v' or 'V') || text[i - 1] is not (';' or ',' or ' ' or '\t')) continue;
            if (TryVersion(text[i..], out var rest) && EndsVersion(rest)) return true;
        }
        return false;
    }

    /// <summary>Without U+2018 to U+201F in UTF-8, and the curly quotes of Windows-1252.</summary>
    private static string WithoutSmartQuotes(ReadOnlySpan<char> text)
    {
        var kept = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '\xE2' && i + 2 < text.Length && text[i + 1] == '\x80' && text[i + 2] is >= '\x98' and <= '\x9F') i += 2;
            else if (text[i] is not (>= '\x91' and <= '\x94')) kept.Append(text[i]);
        }
        return kept.ToString();
    }

    private static string WithoutOddOctets(ReadOnlySpan<char> text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (char c in text)
            if (c < '\x80') kept.Append(c);
        return kept.ToString();
    }

    /// <summary>After "v=" two slips from DMARC1, with SPF, DKIM, BIMI and STSv1 well outside; without it the word itself. A word has 4 to 9
    /// letters and digits; signs and blanks may stand before it.</summary>
    private static bool IsTypo(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (start < text.Length && text[start] is <= '/' or (>= ':' and <= '@')) start++;
        text = text[start..];
        if (text is ['v' or 'V', ..])
        {
            var rest = text[1..].TrimStart(Wsp);
            if (rest is ['=' or ':' or '-', ..]) rest = rest[1..].TrimStart(Wsp);
            if (WordOf(rest) is { } word) return Slips(word, "dmarc1") <= 2;
        }
        return WordOf(text) is { } bare && bare.StartsWith("dmarc", StringComparison.Ordinal);
    }

    private static string? WordOf(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < 9 && length < text.Length && char.IsAsciiLetterOrDigit(text[length])) length++;
        return length >= 4 ? text[..length].ToString().ToLowerInvariant() : null;
    }

    /// <summary>The Levenshtein distance.</summary>
    private static int Slips(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            var row = new int[b.Length + 1];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                row[j] = Math.Min(Math.Min(row[j - 1], previous[j]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            previous = row;
        }
        return previous[b.Length];
    }
}
