namespace Scanner.Checks;

/// <summary>
/// One address that reports are to be sent to, as DMARC (RFC 9989 §4.8, dmarc-uri) and TLS-RPT (RFC 8460 §3, tlsrpt-uri) list them:
/// an RFC 3986 URI in which "," and "!" must be percent-encoded.
/// </summary>
/// <param name="Scheme">Lower-case, without the colon.</param>
/// <param name="Host">Lower-case, without port and trailing dot; null for a scheme whose form we do not know.</param>
public readonly record struct ReportUri(string Scheme, string? Host)
{
    /// <summary>Reports go by mail (RFC 6068).</summary>
    public bool IsMailto => Scheme == "mailto";

    /// <summary>Reports go by HTTPS POST (RFC 8460 §5.4).</summary>
    public bool IsHttps => Scheme == "https";

    /// <summary>False for a bare address (no scheme), blanks, non-ASCII, bad percent-encoding, a <c>mailto:</c> without <c>local@host</c>
    /// (RFC 6068 §2), an <c>http(s):</c> without a host (RFC 9110 §4.2).</summary>
    /// <param name="text">One list element, blanks around it already removed.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out ReportUri uri)
    {
        uri = default;
        // RFC 3986 §3.1: scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
        int colon = text.IndexOf(':');
        if (colon < 1 || !char.IsAsciiLetter(text[0])) return false;
        foreach (char c in text[..colon])
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return false;
        var rest = text[(colon + 1)..];
        if (rest.IsEmpty || !HasOnlyUriCharacters(rest)) return false;

        string scheme = SchemeOf(text[..colon]);
        string? host = null;
        switch (scheme)
        {
            case "mailto":
                if (!TryMailHost(rest, out host)) return false;
                break;
            case "http" or "https":
                if (!TryAuthorityHost(rest, out host)) return false;
                break;
            default:
                TryAuthorityHost(rest, out host);
                break;
        }
        uri = new ReportUri(scheme, host);
        return true;
    }

    /// <summary>Lower-case; no new string for those that everybody uses.</summary>
    private static string SchemeOf(ReadOnlySpan<char> text)
    {
        foreach (string known in (ReadOnlySpan<string>)["mailto", "https", "http"])
            if (text.Equals(known, StringComparison.OrdinalIgnoreCase)) return known;
        return text.ToString().ToLowerInvariant();
    }

    /// <summary>RFC 3986 §2 without "!" and ",", which both standards want encoded.</summary>
    private static bool HasOnlyUriCharacters(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])) return false;
                i += 2;
            }
            else if (!char.IsAsciiLetterOrDigit(c) && !"-._~:/?#[]@$&'()*+;=".Contains(c))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>RFC 6068 §2. The address is required here: a report needs one. <c>mailto://a@b</c>, seen in the wild, is none.</summary>
    private static bool TryMailHost(ReadOnlySpan<char> rest, out string? host)
    {
        host = null;
        int query = rest.IndexOf('?');
        var address = query < 0 ? rest : rest[..query];
        int at = address.LastIndexOf('@');
        if (at < 1 || address.StartsWith("//") || address[..at].Contains('@')) return false;
        return TryHost(address[(at + 1)..], out host);
    }

    /// <summary>RFC 3986 §3.2: "//" [ userinfo "@" ] host [ ":" port ].</summary>
    private static bool TryAuthorityHost(ReadOnlySpan<char> rest, out string? host)
    {
        host = null;
        if (!rest.StartsWith("//")) return false;
        var authority = rest[2..];
        int end = authority.IndexOfAny('/', '?', '#');
        if (end >= 0) authority = authority[..end];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        int port = authority.LastIndexOf(':');
        if (port > authority.LastIndexOf(']'))
        {
            if (authority[(port + 1)..].ContainsAnyExceptInRange('0', '9')) return false;
            authority = authority[..port];
        }
        return TryHost(authority, out host);
    }

    private static bool TryHost(ReadOnlySpan<char> text, out string? host)
    {
        host = null;
        if (text is ['[', .., ']'])
        {
            // An address literal: RFC 5321 §4.1.3 in mail, RFC 3986 §3.2.2 elsewhere.
            foreach (char c in text[1..^1])
                if (!char.IsAsciiLetterOrDigit(c) && c is not (':' or '.')) return false;
        }
        else
        {
            if (text.EndsWith('.')) text = text[..^1];
            int label = 0;
            foreach (char c in text)
            {
                label = c == '.' ? 0 : label + 1;
                if (c == '.' ? text[0] == '.' : !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
            }
            if (label == 0 || text.IndexOf("..") >= 0) return false;
        }
        host = text.ToString().ToLowerInvariant();
        return true;
    }
}
