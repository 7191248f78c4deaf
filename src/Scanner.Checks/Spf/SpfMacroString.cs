using System.Buffers;
using System.Text;

namespace Scanner.Checks.Spf;

/// <summary>A macro such as <c>%{d2r-}</c> (RFC 7208 §7.1).</summary>
/// <param name="Letter">Lower-case, one of <c>s l o d i p h v</c>, and <c>c r t</c> in the text that exp points to.</param>
/// <param name="UrlEscape">Written in upper case: the result is URL-escaped (RFC 7208 §7.3).</param>
/// <param name="Digits">Right-hand parts to keep, 1 or more; null for all.</param>
/// <param name="Reverse">The parts are turned round before that.</param>
/// <param name="Delimiters">Where the value is split; empty means at dots.</param>
public readonly record struct SpfMacro(char Letter, bool UrlEscape, int? Digits, bool Reverse, string Delimiters)
{
    /// <summary>The transformers applied to the value of the letter (RFC 7208 §7.3).</summary>
    public string Transform(string value)
    {
        string[] parts = Delimiters.Length == 0 ? value.Split('.') : value.Split(Delimiters.ToCharArray());
        if (Reverse) Array.Reverse(parts);
        int keep = Math.Min(Digits ?? parts.Length, parts.Length);
        // RFC 7208 §7.3: parts are put together with dots, whatever split them.
        string text = string.Join('.', parts[^keep..]);
        return UrlEscape ? Uri.EscapeDataString(text) : text;
    }
}

/// <summary>One piece of a macro-string: a macro, or plain text when <see cref="Macro"/> is null. <c>%%</c>, <c>%_</c> and <c>%-</c>
/// are plain text already: "%", " " and "%20" (RFC 7208 §7.1).</summary>
public readonly record struct SpfMacroPart(string Literal, SpfMacro? Macro);

/// <summary>A macro-string in parsed form (RFC 7208 §7.1).</summary>
public sealed class SpfMacroString
{
    // RFC 7208 §7.2: c, r and t only in the text that exp points to. The ABNF would admit them here; we follow the prose,
    // as the community test suite does ("exp-only-macro-char").
    private const string Letters = "slodiphv";

    private const string ExplanationLetters = Letters + "crt";

    /// <summary>RFC 7208 §7.1, delimiter.</summary>
    private static readonly SearchValues<char> DelimiterCharacters = SearchValues.Create(".-+,/_=");

    /// <summary>Null when the text is all literal, as it is nearly always.</summary>
    private readonly SpfMacroPart[]? _parts;

    private SpfMacroString(string text, SpfMacroPart[]? parts, bool isDomainSpec)
    {
        Text = text;
        _parts = parts;
        IsDomainSpec = isDomainSpec;
    }

    /// <summary>As it stands in the record.</summary>
    public string Text { get; }

    /// <summary>No macros: it comes to its own text.</summary>
    public bool IsLiteral => _parts is null;

    /// <summary>Literals and macros in order; empty for an empty string.</summary>
    public IReadOnlyList<SpfMacroPart> Parts => _parts ?? (Text.Length == 0 ? [] : [new SpfMacroPart(Text, null)]);

    /// <summary>Ends in <c>.toplabel</c>, with or without one more dot, or in a macro-expand (RFC 7208 §7.1, domain-end).</summary>
    public bool IsDomainSpec { get; }

    /// <summary>Depends on more than the domain: everything but <c>d</c> and <c>o</c> needs a client or a whole sender address.</summary>
    public bool IsDynamic => _parts is not null && Array.Exists(_parts, p => p.Macro is { Letter: not ('d' or 'o') });

    /// <summary>Names met lately: a few hundred providers stand in most includes, and neither the name nor its parsed form is made again for
    /// each. One place for each hash, the latest stays; whoever fills it with rubbish makes us parse, no more. Reads and writes of a reference
    /// are atomic, and the objects immutable.</summary>
    private static readonly SpfMacroString?[] Recent = new SpfMacroString?[1024];

    /// <summary>Longer names are not kept.</summary>
    private const int LongestRecent = 64;

    /// <summary>Null when a "%" does not begin a macro-expand.</summary>
    /// <param name="text">Of %x21-7E only: whoever splits the record into terms has seen to that.</param>
    public static SpfMacroString? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length > LongestRecent || text.Contains('%')) return Parse(text.ToString(), Letters);
        ref var recent = ref Recent[(uint)string.GetHashCode(text) % (uint)Recent.Length];
        return recent is { } same && text.SequenceEqual(same.Text) ? same : recent = Parse(text.ToString(), Letters);
    }

    /// <summary>RFC 7208 §7.1, explain-string: macro-strings and blanks, in which c, r and t mean something too (§7.2). Null when a "%" does
    /// not begin a macro-expand or the text is not US-ASCII (§6.2).</summary>
    public static SpfMacroString? ParseExplanation(string text) =>
        text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? null : Parse(text, ExplanationLetters);

    private static SpfMacroString? Parse(string text, string letters)
    {
        if (!text.Contains('%')) return new SpfMacroString(text, null, text.Length > 0 && EndsInTopLabel(text));
        // As many as there can be: a macro and what stands before it, and the rest.
        var parts = new List<SpfMacroPart>(2 * text.AsSpan().Count("%{") + 1);
        // Escapes are text like what stands around them: 30,000 in 64 KiB are one part, and not 30,000.
        var plain = new StringBuilder();
        int literal = 0;
        int percent;
        for (int from = 0; (percent = text.IndexOf('%', from)) >= 0; from = literal)
        {
            plain.Append(text, literal, percent - literal);
            char next = percent + 1 < text.Length ? text[percent + 1] : '\0';
            switch (next)
            {
                case '%': plain.Append('%'); break;
                case '_': plain.Append(' '); break;
                case '-': plain.Append("%20"); break;
                case '{':
                    int close = text.IndexOf('}', percent);
                    if (close < 0 || ParseMacro(text.AsSpan(percent + 2, close - percent - 2), letters) is not { } macro) return null;
                    Flush();
                    parts.Add(new SpfMacroPart("", macro));
                    literal = close + 1;
                    continue;
                // RFC 7208 §7.3: a "%" followed by anything else is a syntax error.
                default: return null;
            }
            literal = percent + 2;
        }
        plain.Append(text, literal, text.Length - literal);
        Flush();
        bool domainEnd = literal == text.Length || EndsInTopLabel(text.AsSpan(literal));
        return new SpfMacroString(text, [.. parts], domainEnd);

        void Flush()
        {
            if (plain.Length == 0) return;
            parts.Add(new SpfMacroPart(plain.ToString(), null));
            plain.Clear();
        }
    }

    /// <summary>
    /// The end of the text with every macro replaced: as much of it as <paramref name="atLeast"/> asks for and no more than one part further,
    /// or all of it when it is shorter. A name keeps its last 253 characters (RFC 7208 §7.3), and 16,000 macros in 64 KiB, each as long as a
    /// name, are four million characters. Null when the value of a letter is not known, wherever it stands.
    /// </summary>
    public string? ExpandEnd(Func<char, string?> valueOf, int atLeast)
    {
        if (_parts is null) return Text;
        int length = 0, first = _parts.Length;
        string[] expanded = new string[_parts.Length];
        while (first > 0 && length <= atLeast)
        {
            var part = _parts[--first];
            string? text = part.Macro is not { } macro ? part.Literal : valueOf(macro.Letter) is { } value ? macro.Transform(value) : null;
            if (text is null) return null;
            expanded[first] = text;
            length += text.Length;
        }
        int begin = first;
        // The letters further left are asked for as well, each once.
        uint seen = 0;
        while (first > 0)
        {
            if (_parts[--first].Macro is not { } macro || (seen >> (macro.Letter - 'a') & 1) != 0) continue;
            if (valueOf(macro.Letter) is null) return null;
            seen |= 1u << macro.Letter - 'a';
        }
        return string.Concat(expanded.AsSpan(begin));
    }

    /// <summary>The text with every macro replaced; null when the value of a letter is not known.</summary>
    /// <param name="valueOf">Gets a lower-case letter, gives its value or null.</param>
    public string? Expand(Func<char, string?> valueOf)
    {
        if (_parts is null) return Text;
        var expanded = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.Macro is not { } macro) expanded.Append(part.Literal);
            else if (valueOf(macro.Letter) is { } value) expanded.Append(macro.Transform(value));
            else return null;
        }
        return expanded.ToString();
    }

    /// <summary>As it stands in the record, not expanded.</summary>
    public override string ToString() => Text;

    /// <summary>What stands between "%{" and "}": macro-letter, transformers, delimiters (RFC 7208 §7.1).</summary>
    private static SpfMacro? ParseMacro(ReadOnlySpan<char> body, string letters)
    {
        if (body.IsEmpty) return null;
        char letter = char.ToLowerInvariant(body[0]);
        if (!letters.Contains(letter)) return null;
        int i = 1;
        int? digits = null;
        for (; i < body.Length && char.IsAsciiDigit(body[i]); i++)
        {
            // RFC 7208 §7.3 asks for 127 at least; a name has no more than 127 labels, so more makes no difference.
            digits = Math.Min((digits ?? 0) * 10 + (body[i] - '0'), 999);
        }
        if (digits == 0) return null; // RFC 7208 §7.3: MUST be nonzero
        bool reverse = i < body.Length && body[i] is 'r' or 'R';
        if (reverse) i++;
        var delimiters = body[i..];
        return delimiters.ContainsAnyExcept(DelimiterCharacters)
            ? null
            : new SpfMacro(letter, char.IsAsciiLetterUpper(body[0]), digits, reverse, delimiters.ToString());
    }

    /// <summary>RFC 7208 §7.1: <c>"." toplabel [ "." ]</c> at the end of the literal text after the last macro.</summary>
    private static bool EndsInTopLabel(ReadOnlySpan<char> tail)
    {
        if (tail[^1] == '.') tail = tail[..^1];
        int dot = tail.LastIndexOf('.');
        return dot >= 0 && IsTopLabel(tail[(dot + 1)..]);
    }

    /// <summary>RFC 7208 §7.1, toplabel: letters, digits and inner hyphens, and not digits alone.</summary>
    private static bool IsTopLabel(ReadOnlySpan<char> label)
    {
        if (label.IsEmpty || label[0] == '-' || label[^1] == '-') return false;
        bool notDigitsAlone = false;
        foreach (char c in label)
        {
            if (char.IsAsciiLetter(c) || c == '-') notDigitsAlone = true;
            else if (!char.IsAsciiDigit(c)) return false;
        }
        return notDigitsAlone;
    }
}
