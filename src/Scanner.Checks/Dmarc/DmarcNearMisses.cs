using System.Text.RegularExpressions;
using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>
/// Text that was meant as a DMARC record and is none (classification.md 5.2). No RFC speaks of it and it never counts as published:
/// it says what publishers get wrong. Where several texts fall short, or one does in several ways, the first kind of the enum is told.
/// </summary>
public static partial class DmarcNearMisses
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

    private static DmarcNearMiss? Of(string text)
    {
        string trimmed = text.TrimStart(' ', '\t', '\r', '\n');
        if (trimmed.Length < text.Length && DmarcRecordParser.IsDmarc(trimmed)) return DmarcNearMiss.LeadingSpace;
        string unquoted = text.TrimStart(' ', '\t', '"', '\'');
        if (unquoted.Length < trimmed.Length && DmarcRecordParser.IsDmarc(unquoted.TrimEnd('"', '\'', ' '))) return DmarcNearMiss.Quoted;
        if (AnyCase().IsMatch(text)) return DmarcNearMiss.VersionCase;
        if (Escaped().IsMatch(text)) return DmarcNearMiss.EscapedSemicolon;
        if (WrongDelimiter().IsMatch(text)) return DmarcNearMiss.VersionDelimiter;
        if (NotFirst().IsMatch(text)) return DmarcNearMiss.VersionNotFirst;

        string withoutQuotes = SmartQuotes().Replace(text, "");
        if (withoutQuotes.Length < text.Length && AnyCase().IsMatch(withoutQuotes)) return DmarcNearMiss.SmartQuotes;
        string ascii = NotAscii().Replace(text, "");
        if (ascii.Length < text.Length && AnyVersion().IsMatch(ascii)) return DmarcNearMiss.NonAscii;
        return IsTypo(text) ? DmarcNearMiss.VersionTypo : null;
    }

    /// <summary>After "v=" two slips from DMARC1, with SPF, DKIM, BIMI and STSv1 well outside; without it the word itself.</summary>
    private static bool IsTypo(string text)
    {
        var match = VersionLike().Match(text);
        if (!match.Success) return false;
        string word = match.Groups["word"].Value.ToLowerInvariant();
        return match.Groups["v"].Success ? Slips(word, "dmarc1") <= 2 : word.StartsWith("dmarc", StringComparison.Ordinal);
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

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    [GeneratedRegex(@"\Av[ \t]*=[ \t]*DMARC1[ \t]*(;|\z)", Options)]
    private static partial Regex AnyCase();

    [GeneratedRegex(@"\Av[ \t]*=[ \t]*DMARC1[ \t]*\\", Options)]
    private static partial Regex Escaped();

    /// <summary>The version, then something in place of the ";": a comma, a colon, the next tag. A further digit is a typo.</summary>
    [GeneratedRegex(@"\Av[ \t]*=[ \t]*DMARC1[\t\x20-\x7E-[0-9.\\;]]", Options)]
    private static partial Regex WrongDelimiter();

    [GeneratedRegex(@"[;, \t]v[ \t]*=[ \t]*DMARC1[ \t]*(;|\z)", Options)]
    private static partial Regex NotFirst();

    /// <summary>U+2018 to U+201F in UTF-8, or the curly quotes of Windows-1252.</summary>
    [GeneratedRegex(@"\xE2\x80[\x98-\x9F]|[\x91-\x94]")]
    private static partial Regex SmartQuotes();

    [GeneratedRegex(@"[^\x00-\x7F]+")]
    private static partial Regex NotAscii();

    [GeneratedRegex(@"\A[ \t]*v[ \t]*=[ \t]*DMARC1", Options)]
    private static partial Regex AnyVersion();

    [GeneratedRegex(@"\A[\x00-\x2F:-@]*(?<v>v[ \t]*[=:-]?[ \t]*)?(?<word>[a-z0-9]{4,9})", Options | RegexOptions.ExplicitCapture)]
    private static partial Regex VersionLike();
}
