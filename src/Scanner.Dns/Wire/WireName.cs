namespace Scanner.Dns.Wire;

/// <summary>
/// Names between presentation form and the wire (RFC 1035 §3.1, §4.1.4). Presentation is that of <see cref="DnsRecord"/>: lower-case when
/// read, no trailing dot, the root is ".", odd octets as <c>\.</c>, <c>\\</c> or <c>\DDD</c>.
/// </summary>
internal static class WireName
{
    /// <summary>Octets of the longest name, length octets and root included (RFC 1035 §2.3.4).</summary>
    public const int MaxLength = 255;

    /// <summary>Characters of the longest name in presentation form, when every octet is escaped.</summary>
    public const int MaxPresentation = 4 * MaxLength;

    private const int PointerBits = 0xC0;

    /// <summary>Writes a name. False, and nothing to send, when it has an empty or overlong label, is too long, or has a character outside
    /// printable ASCII that is not escaped.</summary>
    /// <param name="to">At least <see cref="MaxLength"/> octets.</param>
    public static bool TryWrite(string name, Span<byte> to, out int length)
    {
        length = 0;
        if (name == ".")
        {
            to[0] = 0;
            length = 1;
            return true;
        }
        int start = 0; // where the length octet of this label goes
        int at = 1;
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (c == '.')
            {
                if (!TryEndLabel(to, start, at)) return false;
                start = at++;
                continue;
            }
            if (c is <= ' ' or > '~') return false;
            byte octet = (byte)c;
            if (c == '\\' && !TryReadEscape(name, ref i, out octet)) return false;
            // One octet is kept for the root.
            if (at >= MaxLength - 1) return false;
            to[at++] = octet;
        }
        if (at >= MaxLength || !TryEndLabel(to, start, at)) return false;
        to[at] = 0;
        length = at + 1;
        return true;
    }

    /// <summary>
    /// Is the name at the front of <paramref name="wire"/>, written without pointers, this one? Letter case means nothing (RFC 4343 §3).
    /// A question's name is the first of its message, so a pointer could lead nowhere.
    /// </summary>
    /// <param name="length">Octets of the name on the wire.</param>
    public static bool Matches(ReadOnlySpan<byte> wire, string name, out int length)
    {
        length = 0;
        if (name.Contains('\\') || name == ".") return MatchesWritten(wire, name, out length);
        int at = 0;
        int i = 0;
        while (true)
        {
            if (at >= wire.Length) return false;
            int label = wire[at++];
            // The last label of the name was read: here must be the root.
            if (i > name.Length)
            {
                length = at;
                return label == 0;
            }
            if (label is 0 or > DomainName.MaxLabelLength || label > wire.Length - at || label > name.Length - i) return false;
            if (!SameLetters(wire.Slice(at, label), name.AsSpan(i, label))) return false;
            at += label;
            i += label;
            // A label of the name ends here too, and where the name ends, i is one behind it.
            if (i < name.Length && name[i] != '.') return false;
            i++;
        }
    }

    /// <summary>The same, but with the letters as <see cref="QueryEncoder.FlipCase"/> sent them.</summary>
    public static bool MatchesExactly(ReadOnlySpan<byte> wire, string name, ulong caseBits, out int length)
    {
        Span<byte> sent = stackalloc byte[MaxLength];
        if (!TryWrite(name, sent, out length)) return false;
        QueryEncoder.FlipCase(sent[..length], caseBits);
        return wire.StartsWith(sent[..length]);
    }

    /// <summary>
    /// Reads the name at <paramref name="at"/> and moves behind it. False when it is malformed: beyond the message, a label of an unknown kind,
    /// longer than 255 octets, or a pointer that does not point backwards (RFC 1035 §4.1.4: "a prior occurrence"; so there are no loops).
    /// </summary>
    /// <param name="text">At least <see cref="MaxPresentation"/> characters, or empty to skip the name.</param>
    /// <param name="written">Characters written to <paramref name="text"/>.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, Span<char> text, out int written)
    {
        written = 0;
        int position = at;
        int limit = at; // pointers must lead below this
        int length = 1; // of the name without compression; the root is one
        bool jumped = false;
        while (true)
        {
            if ((uint)position >= (uint)message.Length) return false;
            int octet = message[position++];
            if (octet == 0) break;
            if ((octet & PointerBits) == PointerBits)
            {
                if (position >= message.Length) return false;
                int target = (octet & ~PointerBits) << 8 | message[position++];
                if (!jumped) at = position;
                jumped = true;
                if (target >= limit) return false;
                position = limit = target;
                continue;
            }
            if ((octet & PointerBits) != 0) return false; // 01: RFC 6891 §5 (obsolete), 10: reserved
            length += octet + 1;
            if (octet > message.Length - position || length > MaxLength) return false;
            if (!text.IsEmpty)
            {
                if (written > 0) text[written++] = '.';
                written = WriteLabel(message.Slice(position, octet), text, written);
            }
            position += octet;
        }
        if (!jumped) at = position;
        if (written == 0 && !text.IsEmpty) text[written++] = '.';
        return true;
    }

    private static bool TryEndLabel(Span<byte> to, int start, int at)
    {
        int label = at - start - 1;
        if (label is 0 or > DomainName.MaxLabelLength) return false;
        to[start] = (byte)label;
        return true;
    }

    /// <summary><c>\DDD</c> or <c>\X</c> (RFC 1035 §5.1). Leaves the index at the last character of the escape.</summary>
    private static bool TryReadEscape(string name, ref int i, out byte octet)
    {
        octet = 0;
        if (i + 1 >= name.Length) return false;
        char first = name[i + 1];
        if (!char.IsAsciiDigit(first))
        {
            if (first is <= ' ' or > '~') return false;
            octet = (byte)first;
            i++;
            return true;
        }
        if (i + 3 >= name.Length || !char.IsAsciiDigit(name[i + 2]) || !char.IsAsciiDigit(name[i + 3])) return false;
        int value = (first - '0') * 100 + (name[i + 2] - '0') * 10 + (name[i + 3] - '0');
        if (value > 255) return false;
        octet = (byte)value;
        i += 3;
        return true;
    }

    private static bool SameLetters(ReadOnlySpan<byte> wire, ReadOnlySpan<char> text)
    {
        for (int i = 0; i < wire.Length; i++)
        {
            int difference = wire[i] ^ text[i];
            // A dot inside a label is no dot between labels.
            if (difference == 0 && wire[i] != '.') continue;
            // Letters only: 0x20 apart are also "@" and "`", "[" and "{".
            if (difference != 0x20 || !char.IsAsciiLetter((char)wire[i])) return false;
        }
        return true;
    }

    /// <summary>The slow way, for names with escapes and the root.</summary>
    private static bool MatchesWritten(ReadOnlySpan<byte> wire, string name, out int length)
    {
        Span<byte> written = stackalloc byte[MaxLength];
        if (!TryWrite(name, written, out length) || length > wire.Length) return false;
        for (int i = 0; i < length; i++)
        {
            int difference = wire[i] ^ written[i];
            // A length octet is never a letter's: it is at most 63.
            if (difference != 0 && (difference != 0x20 || !char.IsAsciiLetter((char)wire[i]))) return false;
        }
        return true;
    }

    private static int WriteLabel(ReadOnlySpan<byte> label, Span<char> text, int written)
    {
        foreach (byte octet in label)
        {
            if (octet is > 0x20 and < 0x7F and not (byte)'.' and not (byte)'\\')
            {
                text[written++] = (char)(octet is >= (byte)'A' and <= (byte)'Z' ? octet | 0x20 : octet);
            }
            else
            {
                written = WriteEscape(octet, text, written);
            }
        }
        return written;
    }

    private static int WriteEscape(byte octet, Span<char> text, int written)
    {
        text[written++] = '\\';
        if (octet is (byte)'.' or (byte)'\\')
        {
            text[written++] = (char)octet;
            return written;
        }
        text[written++] = (char)('0' + octet / 100);
        text[written++] = (char)('0' + octet / 10 % 10);
        text[written++] = (char)('0' + octet % 10);
        return written;
    }
}
