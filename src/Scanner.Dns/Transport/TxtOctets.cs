using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Scanner.Dns.Transport;

/// <summary>
/// Gets the octets of a TXT string back out of the two texts that DnsClient makes of them, neither of which is enough alone:
/// <c>Text</c> is UTF-8 with replacement characters, and <c>EscapedText</c> writes <c>\DDD</c> for unprintable octets and <c>\"</c> for a
/// quote, but leaves a backslash of the data as it is, so that <c>\200</c> may be one octet or four.
/// </summary>
internal static class TxtOctets
{
    private const char Replacement = '\uFFFD';

    /// <summary>False when the texts fit two different strings of octets (or none), which takes invalid UTF-8 beside backslashes before
    /// digits in one string. Nothing is guessed then.</summary>
    public static bool TryRecover(string[] escaped, string[] text, [NotNullWhen(true)] out ReadOnlyMemory<byte>[]? strings)
    {
        strings = null;
        if (escaped.Length != text.Length) return false;
        var found = new ReadOnlyMemory<byte>[text.Length];
        for (int i = 0; i < found.Length; i++)
        {
            if (Recover(escaped[i], text[i]) is not { } octets) return false;
            found[i] = octets;
        }
        strings = found;
        return true;
    }

    public static byte[]? Recover(string escaped, string text)
    {
        // Valid UTF-8 was decoded without loss.
        if (!text.Contains(Replacement)) return Encoding.UTF8.GetBytes(text);
        // Every backslash of the data shows in Text: without one, all in EscapedText are escapes.
        if (!text.Contains('\\')) return Unescape(escaped);
        return new Search(escaped, text).Run();
    }

    private static byte[] Unescape(string escaped)
    {
        var octets = new List<byte>(escaped.Length);
        for (int i = 0; i < escaped.Length;)
        {
            if (IsNumber(escaped, i, out byte octet))
            {
                octets.Add(octet);
                i += 4;
            }
            else
            {
                if (escaped[i] == '\\') i++; // before a quote
                octets.Add((byte)escaped[i++]);
            }
        }
        return [.. octets];
    }

    private static bool IsNumber(string escaped, int at, out byte octet)
    {
        octet = 0;
        return at + 4 <= escaped.Length && escaped[at] == '\\'
            && byte.TryParse(escaped.AsSpan(at + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out octet)
            && octet is < 32 or > 126;
    }

    /// <summary>
    /// Tries both readings of every backslash in <c>EscapedText</c> and keeps those whose UTF-8 is <c>Text</c>. An ASCII octet ends any
    /// UTF-8 sequence, so the runs between them are compared one by one, and a dead end is met once only: the work is at most the
    /// product of the two lengths.
    /// </summary>
    private sealed class Search(string escaped, string text)
    {
        private readonly HashSet<(int Escaped, int Text)> _dead = [];
        private readonly List<byte> _octets = [];
        private byte[]? _found;
        private bool _ambiguous;

        public byte[]? Run()
        {
            Walk(0, 0);
            return _ambiguous ? null : _found;
        }

        /// <summary>At a place where no UTF-8 sequence is open. True when at least one reading reaches the end from here.</summary>
        private bool Walk(int e, int t)
        {
            if (_dead.Contains((e, t))) return false;
            int mark = _octets.Count;
            bool alive = false;
            // A run of k octets from 128 up, k = 0 first, then one ASCII octet or the end.
            for (int run = e; !_ambiguous; run += 4)
            {
                string decoded = Encoding.UTF8.GetString(_octets.ToArray(), mark, _octets.Count - mark);
                if (string.CompareOrdinal(text, t, decoded, 0, decoded.Length) == 0) alive |= Ascii(run, t + decoded.Length);
                if (!IsNumber(escaped, run, out byte octet) || octet < 128) break;
                _octets.Add(octet);
            }
            _octets.RemoveRange(mark, _octets.Count - mark);
            if (!alive) _dead.Add((e, t));
            return alive;
        }

        private bool Ascii(int e, int t)
        {
            if (e == escaped.Length)
            {
                if (t != text.Length) return false;
                _ambiguous |= _found is not null;
                _found ??= [.. _octets];
                return true;
            }
            if (t == text.Length || text[t] > 127) return false;
            // Text has the octet itself; EscapedText must agree, as itself, as \", or as \DDD.
            char c = text[t];
            int next = c == escaped[e] && c != '"' ? e + 1
                : c == '"' && string.CompareOrdinal(escaped, e, "\\\"", 0, 2) == 0 ? e + 2
                : IsNumber(escaped, e, out byte octet) && octet == c ? e + 4
                : -1;
            if (next < 0) return false;
            int mark = _octets.Count;
            _octets.Add((byte)c);
            bool alive = Walk(next, t + 1);
            _octets.RemoveRange(mark, _octets.Count - mark);
            return alive;
        }
    }
}
