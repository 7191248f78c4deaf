namespace Scanner.Checks.Spf;

/// <summary>
/// The addresses and prefix lengths of RFC 7208 §5.6, to the letter. <c>IPAddress.Parse</c> will not do: it takes <c>192.0.2</c>,
/// <c>0xC0.0.2.1</c>, <c>192.0.2.010</c> and scope ids.
/// </summary>
public static class SpfIpNetworks
{
    /// <summary>Four <c>qnum</c>: 0 to 255 each, without leading zeros (RFC 7208 §5.6).</summary>
    public static bool TryParseIp4(ReadOnlySpan<char> text, out uint address)
    {
        address = 0;
        for (int part = 0; part < 4; part++)
        {
            int dot = text.IndexOf('.');
            if ((part < 3) != (dot >= 0)) return false;
            if (!TryParseNumber(dot < 0 ? text : text[..dot], 255, out int number)) return false;
            address = address << 8 | (uint)number;
            text = text[(dot + 1)..];
        }
        return true;
    }

    /// <summary>RFC 4291 §2.2: eight groups of one to four hex digits; "::" once, for one or more groups of zeros; the last two
    /// groups may be a dotted quad.</summary>
    public static bool TryParseIp6(ReadOnlySpan<char> text, out UInt128 address)
    {
        address = 0;
        int gap = text.IndexOf("::");
        if (gap < 0) return TryParseGroups(text, mayEndInQuad: true, out address, out int all) && all == 8;
        if (!TryParseGroups(text[..gap], mayEndInQuad: false, out var left, out int leftCount)) return false;
        if (!TryParseGroups(text[(gap + 2)..], mayEndInQuad: true, out var right, out int rightCount)) return false;
        if (leftCount + rightCount > 7) return false;
        // A shift by the full width would be a shift by nothing.
        address = leftCount == 0 ? right : left << (8 - leftCount) * 16 | right;
        return true;
    }

    /// <summary><c>/n</c> with 0 &lt;= n &lt;= <paramref name="max"/>, without leading zeros (RFC 7208 §5.6, §12).</summary>
    public static bool TryParsePrefix(ReadOnlySpan<char> text, int max, out int prefix)
    {
        prefix = max;
        return text.Length > 1 && text[0] == '/' && TryParseNumber(text[1..], max, out prefix);
    }

    /// <summary><c>[ "/" n4 ] [ "//" n6 ]</c> (RFC 7208 §5.6, dual-cidr-length). Absent ones are 32 and 128.</summary>
    public static bool TryParseDualPrefix(ReadOnlySpan<char> text, out int ip4, out int ip6)
    {
        ip4 = 32;
        ip6 = 128;
        int two = text.IndexOf("//");
        var first = two < 0 ? text : text[..two];
        return (first.IsEmpty || TryParsePrefix(first, 32, out ip4))
            && (two < 0 || TryParsePrefix(text[(two + 1)..], 128, out ip6));
    }

    private static bool TryParseGroups(ReadOnlySpan<char> text, bool mayEndInQuad, out UInt128 value, out int count)
    {
        value = 0;
        count = 0;
        if (text.IsEmpty) return true;
        while (true)
        {
            int colon = text.IndexOf(':');
            var group = colon < 0 ? text : text[..colon];
            if (colon < 0 && mayEndInQuad && group.Contains('.'))
            {
                if (!TryParseIp4(group, out uint quad)) return false;
                value = value << 32 | quad;
                count += 2;
                return count <= 8;
            }
            if (group.Length is 0 or > 4 || count == 8) return false;
            uint bits = 0;
            foreach (char c in group)
            {
                if (!char.IsAsciiHexDigit(c)) return false;
                bits = bits << 4 | (uint)(char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
            }
            value = value << 16 | bits;
            count++;
            if (colon < 0) return true;
            text = text[(colon + 1)..];
        }
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, int max, out int number)
    {
        number = 0;
        if (text.Length is 0 or > 3 || text is ['0', _, ..]) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            number = number * 10 + (c - '0');
        }
        return number <= max;
    }
}
