using System.Text;
using System.Text.Unicode;

namespace Scanner.Checks.MtaSts;

/// <summary>What one policy text says.</summary>
public sealed record MtaStsPolicy
{
    /// <summary>Findings that make it unusable, in the order of classification.md 6.2. Empty: the policy can be used.</summary>
    public required IReadOnlyList<MtaStsError> Errors { get; init; }

    /// <summary>Can a tolerant reader use it (the headline verdict)?</summary>
    public bool Usable => Errors.Count == 0;

    /// <summary>Does it match the grammar of RFC 8461 §3.2 to the letter?</summary>
    public required bool Strict { get; init; }

    /// <summary>As far as it could be read, also from an unusable policy.</summary>
    public MtaStsMode? Mode { get; init; }

    /// <summary>Seconds, 0 to 9,999,999,999; over 31,557,600 is against §3.2, see the quirks.</summary>
    public long? MaxAge { get; init; }

    /// <summary>The well-formed patterns, as written, in order.</summary>
    public IReadOnlyList<string> MxPatterns { get; init; } = [];

    /// <summary>See <see cref="MtaStsResult.Quirks"/>.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];
}

/// <summary>
/// The policy body, RFC 8461 §3.2: lines <c>key ":" *WSP value *WSP</c> ended by CRLF or LF, the last one optionally, in any order.
/// Keys and the values of version and mode are case-sensitive. Two verdicts: usable tolerates blank lines, unreadable extra lines, a
/// max_age over the limit, and bad mx lines if a good one is left (our choice: senders differ); strict tolerates nothing. Never throws.
/// </summary>
public static class MtaStsPolicyParser
{
    /// <summary>Seconds: about a year, the "maximum value" of RFC 8461 §3.2.</summary>
    public const long MaxMaxAge = 31_557_600;

    /// <summary>As many as a text has in which not one field can be read: version, mode, max_age and mx are missing.</summary>
    public const int MostErrors = 4;

    /// <param name="body">The response body as it came; any octets, of any length.</param>
    public static MtaStsPolicy Parse(ReadOnlySpan<byte> body)
    {
        var reader = new Reader();
        // A final line end is optional and opens no further line. RFC 8461 §3.2
        var rest = body is [.., (byte)'\n'] ? body[..^1] : body;
        if (!body.IsEmpty)
        {
            foreach (var range in rest.Split((byte)'\n'))
            {
                var line = rest[range];
                // A CR is part of the line end only before an LF, or before the LF that was cut off above.
                bool ended = range.End.GetOffset(rest.Length) < rest.Length || rest.Length < body.Length;
                reader.ReadLine(ended && line is [.., (byte)'\r'] ? line[..^1] : line);
            }
        }
        return reader.Finish(body);
    }

    private struct Reader()
    {
        private bool? _versionOk, _modeOk, _maxAgeOk;
        private MtaStsMode? _mode;
        private long? _maxAge;
        private readonly List<string> _patterns = [];
        private bool _badMx, _blankLine, _badLine, _duplicate, _badDuplicate, _overLimit;

        public void ReadLine(ReadOnlySpan<byte> line)
        {
            if (line.Trim(" \t"u8).IsEmpty)
            {
                _blankLine = true;
                return;
            }
            int colon = line.IndexOf((byte)':');
            var key = colon < 0 ? [] : line[..colon];
            // *WSP after the colon and after the value, none before the key or the colon. RFC 8461 §3.2
            var value = line[(colon + 1)..].Trim(" \t"u8);
            if (key.SequenceEqual("version"u8)) ReadOnce(ref _versionOk, value.SequenceEqual("STSv1"u8));
            else if (key.SequenceEqual("mode"u8))
            {
                MtaStsMode? mode = ModeOf(value);
                if (ReadOnce(ref _modeOk, mode is not null)) _mode = mode;
            }
            else if (key.SequenceEqual("max_age"u8))
            {
                long? maxAge = MaxAgeOf(value);
                if (ReadOnce(ref _maxAgeOk, maxAge is not null))
                {
                    _maxAge = maxAge;
                    _overLimit = maxAge > MaxMaxAge;
                }
            }
            else if (key.SequenceEqual("mx"u8))
            {
                if (IsPattern(value)) _patterns.Add(Encoding.ASCII.GetString(value));
                else _badMx = true;
            }
            // Unknown fields are ignored if they are fields. RFC 8461 §3.2
            else if (!IsExtension(key, value)) _badLine = true;
        }

        /// <summary>Of repeated fields other than mx the first counts, whatever it is worth. RFC 8461 §3.2</summary>
        private bool ReadOnce(ref bool? state, bool ok)
        {
            if (state is not null)
            {
                _duplicate = true;
                _badDuplicate |= !ok;
                return false;
            }
            state = ok;
            return true;
        }

        public readonly MtaStsPolicy Finish(ReadOnlySpan<byte> body)
        {
            var errors = new List<MtaStsError>();
            if (_versionOk is not true) errors.Add(_versionOk is null ? MtaStsError.MissingVersion : MtaStsError.BadVersion);
            if (_modeOk is not true) errors.Add(_modeOk is null ? MtaStsError.MissingMode : MtaStsError.BadMode);
            if (_maxAgeOk is not true) errors.Add(_maxAgeOk is null ? MtaStsError.MissingMaxAge : MtaStsError.BadMaxAge);
            // At least one mx "except when the policy mode is none". RFC 8461 §3.2
            if (_patterns.Count == 0 && _mode != MtaStsMode.None) errors.Add(MtaStsError.MissingMx);

            var quirks = new List<string>();
            void Note(bool noted, string word)
            {
                if (noted) quirks.Add(word);
            }
            bool bom = body.StartsWith("\uFEFF"u8) || body is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..];
            Note(_badMx, "bad_mx");
            Note(bom, "bom");
            Note(IsHtml(body), "html");
            Note(IsEmpty(body), "empty_body");
            Note(IsNotText(body), "not_text");
            Note(_blankLine, "blank_line");
            Note(_badLine, "bad_line");
            Note(_duplicate, "duplicate_field");
            Note(_overLimit, "max_age_over_limit");
            return new MtaStsPolicy
            {
                Errors = errors,
                Strict = errors.Count == 0 && !_badMx && !bom && !_blankLine && !_badLine && !_badDuplicate && !_overLimit,
                Mode = _mode,
                MaxAge = _maxAge,
                MxPatterns = _patterns,
                Quirks = quirks,
            };
        }
    }

    private static MtaStsMode? ModeOf(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("enforce"u8) ? MtaStsMode.Enforce
        : value.SequenceEqual("testing"u8) ? MtaStsMode.Testing
        : value.SequenceEqual("none"u8) ? MtaStsMode.None
        : null;

    /// <summary>1*10(DIGIT). RFC 8461 §3.2</summary>
    private static long? MaxAgeOf(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > 10 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return null;
        long seconds = 0;
        foreach (byte digit in value) seconds = seconds * 10 + (digit - '0');
        return seconds;
    }

    /// <summary>["*."] Domain, where Domain is that of RFC 5321 §4.1.2: no underscore, no trailing dot, A-labels only (RFC 8461 §3.2).</summary>
    private static bool IsPattern(ReadOnlySpan<byte> value)
    {
        if (value.StartsWith("*."u8)) value = value[2..];
        if (value.Length > Dns.DomainName.MaxLength) return false;
        foreach (var range in value.Split((byte)'.'))
        {
            var label = value[range];
            if (label.IsEmpty || label.Length > Dns.DomainName.MaxLabelLength || label[0] == '-' || label[^1] == '-') return false;
            foreach (byte b in label)
                if (!char.IsAsciiLetterOrDigit((char)b) && b != '-') return false;
        }
        return true;
    }

    /// <summary>sts-policy-extension: a value of visible characters, UTF-8 included, blanks only inside. RFC 8461 §3.2</summary>
    private static bool IsExtension(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        key.Length <= 32 && MtaStsRecordParser.IsExtensionName(Encoding.Latin1.GetString(key))
        && !value.IsEmpty && !value.ContainsAnyInRange((byte)0, (byte)0x1F) && !value.Contains((byte)0x7F) && Utf8.IsValid(value);

    private static bool IsEmpty(ReadOnlySpan<byte> body) => body.Trim(" \t\r\n"u8).IsEmpty;

    private static bool IsNotText(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) return true;
        foreach (byte b in body)
            if (b < 0x20 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r')) return true;
        return false;
    }

    /// <summary>Does it look like a web page: a "&lt;" first and one of the tags that every page has?</summary>
    private static bool IsHtml(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        body = body.TrimStart(" \t\r\n"u8);
        if (body is not [(byte)'<', ..]) return false;
        string text = Encoding.Latin1.GetString(body[..Math.Min(body.Length, 4096)]);
        return text.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.Contains("<html", StringComparison.OrdinalIgnoreCase)
            || text.Contains("<head", StringComparison.OrdinalIgnoreCase) || text.Contains("<body", StringComparison.OrdinalIgnoreCase);
    }
}
