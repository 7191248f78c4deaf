using System.Buffers;
using System.Text;

namespace Scanner.Checks;

/// <summary>
/// Raw evidence as text, byte for byte and reversible (interface.md section 3): what is valid UTF-8 stays as it is, any other octet is
/// <c>\DDD</c>, a backslash is <c>\\</c>. C0 controls and DEL stay: Parquet holds them; whoever prints to a terminal escapes again.
/// </summary>
public static class Evidence
{
    /// <summary>ASCII but the backslash.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. Enumerable.Range(0, 0x80).Select(b => (byte)b).Where(b => b != '\\')]);

    /// <param name="octets">One char per octet, U+0000 to U+00FF, as <see cref="Dns.TxtRecord.Text"/> gives it.</param>
    public static string Escape(string octets)
    {
        if (Ascii.IsValid(octets) && !octets.Contains('\\')) return octets;
        return Escape(Encoding.Latin1.GetBytes(octets));
    }

    /// <param name="octets">Any octets, of a record or of a policy's body.</param>
    public static string Escape(ReadOnlySpan<byte> octets)
    {
        var text = new StringBuilder(octets.Length + 16);
        Span<char> utf16 = stackalloc char[2];
        while (!octets.IsEmpty)
        {
            // Text is mostly plain, and plain text goes over in one piece.
            int plain = octets.IndexOfAnyExcept(Plain);
            if (plain < 0) plain = octets.Length;
            if (plain > 0)
            {
                text.Append(Encoding.ASCII.GetString(octets[..plain]));
                octets = octets[plain..];
                continue;
            }
            var status = Rune.DecodeFromUtf8(octets, out Rune rune, out int used);
            if (status != OperationStatus.Done)
            {
                foreach (byte b in octets[..used])
                    text.Append('\\').Append((char)('0' + b / 100)).Append((char)('0' + b / 10 % 10)).Append((char)('0' + b % 10));
            }
            else if (rune.Value == '\\') text.Append(@"\\");
            else text.Append(utf16[..rune.EncodeToUtf16(utf16)]);
            octets = octets[used..];
        }
        return text.ToString();
    }

    /// <summary>Back to the octets. A lone or impossible escape is taken literally, so that this never throws.</summary>
    public static byte[] Unescape(string text)
    {
        var octets = new List<byte>(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < text.Length;)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '\\')
            {
                octets.Add((byte)'\\');
                i += 2;
            }
            else if (text[i] == '\\' && i + 3 < text.Length && byte.TryParse(text.AsSpan(i + 1, 3), System.Globalization.NumberStyles.None, null, out byte octet))
            {
                octets.Add(octet);
                i += 4;
            }
            else
            {
                Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out int chars);
                octets.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                i += chars;
            }
        }
        return [.. octets];
    }
}
