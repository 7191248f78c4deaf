using System.Globalization;
using System.Text;

namespace Scanner.Report;

/// <summary>Text from outside (names, records, error texts) made harmless for where it is shown. Characters that act instead of being
/// seen (controls, marks that turn the writing direction, invisible ones) are shown as <c>\u{…}</c>.</summary>
internal static class Escape
{
    /// <summary>As text or inside a double-quoted attribute.</summary>
    public static string Html(string? text)
    {
        var safe = new StringBuilder((text?.Length ?? 0) + 16);
        foreach (char c in text ?? "")
        {
            if (Acts(c)) safe.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)c:x}}}");
            else safe.Append(c switch { '<' => "&lt;", '>' => "&gt;", '&' => "&amp;", '"' => "&quot;", '\'' => "&#39;", _ => c.ToString() });
        }
        return safe.ToString();
    }

    /// <summary>One cell or paragraph of Markdown: shown as it is by renderers that allow HTML and by those that do not.</summary>
    public static string Markdown(string text)
    {
        var safe = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            if (c is '\n' or '\r' or '\t') safe.Append(' ');
            else if (Acts(c)) safe.Append(CultureInfo.InvariantCulture, $"\\\\u{{{(int)c:x}}}");
            else if (c == '<') safe.Append("&lt;");
            else if (c == '&') safe.Append("&amp;");
            else if (@"\`*_[]|".Contains(c)) safe.Append('\\').Append(c);
            else safe.Append(c);
        }
        return safe.ToString();
    }

    /// <summary>Shortens what nobody reads to its end; 64 KiB of one record would bury the page.</summary>
    public static string Short(string text, int most = 120) => text.Length <= most ? text : $"{text.AsSpan(0, most)}… ({text.Length} characters)";

    private static bool Acts(char c) => char.IsControl(c)
        || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
