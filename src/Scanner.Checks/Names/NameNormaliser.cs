using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scanner.Dns;

namespace Scanner.Checks.Names;

/// <summary>What a text turned out to be.</summary>
public enum NameForm : byte
{
    /// <summary>No list name looks like this: a bad line.</summary>
    NotAName = 0,
    /// <summary>A name by its letters, but DNS cannot hold it. It gets a row and is not queried.</summary>
    Invalid = 1,
    /// <summary>An address. It gets a row and is not queried.</summary>
    IpLiteral = 2,
    /// <summary>A name that can be asked for.</summary>
    Name = 3,
}

/// <summary>A text after normalisation, not yet compared with the public suffix list.</summary>
/// <param name="Name">The normalised name; empty for <see cref="NameForm.NotAName"/>.</param>
/// <param name="Reason">What is wrong, for people; null for names and IP literals.</param>
public readonly record struct NormalisedName(NameForm Form, string Name, string? Reason)
{
    /// <summary>Can DNS be asked about it?</summary>
    public bool IsQueryable => Form == NameForm.Name;
}

/// <summary>Turns what people write into lists into the name that is asked for (classification.md 2.1). Pure.</summary>
public static class NameNormaliser
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly SearchValues<char> Scheme = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>
    /// Strips BOM, blanks, URL scheme, user-info, path, port and one trailing dot; lower-cases; makes A-labels. User-info is taken off
    /// only behind a scheme: <c>user@example.com</c> alone is a mail address, not a name.
    /// </summary>
    public static NormalisedName Clean(string text)
    {
        // The case of nearly every line: already as it should be.
        if (IsPlainName(text) && !LooksLikeIpv4(text)) return new NormalisedName(NameForm.Name, text, null);

        var name = text.AsSpan().Trim('\uFEFF').Trim();
        if (name.IsEmpty) return Bad("there is no name");
        bool url = StripScheme(ref name);
        int end = name.IndexOfAny('/', '?', '#');
        if (end >= 0) name = name[..end];
        if (url) name = name[(name.LastIndexOf('@') + 1)..];
        if (IsIpv6(name, out string? ipv6)) return new NormalisedName(NameForm.IpLiteral, ipv6!, null);
        int colon = name.LastIndexOf(':');
        if (colon >= 0 && !name[(colon + 1)..].ContainsAnyExceptInRange('0', '9')) name = name[..colon];
        if (!name.IsEmpty && (name[^1] == '.' || Idna.OtherDots.Contains(name[^1]))) name = name[..^1];
        if (name.IsEmpty) return Bad("there is no name");

        if (ImpossibleCharacter(name) is { } before) return Bad(before);
        if (!Idna.TryToAscii(name.ToString(), out string? ascii))
            return new NormalisedName(NameForm.Invalid, name.ToString(), "a label has no form in ASCII (UTS-46)");
        // Once more: compatibility characters such as the care-of sign turn into a slash.
        if (ImpossibleCharacter(ascii) is { } after) return Bad(after);
        if (LooksLikeIpv4(ascii)) return new NormalisedName(NameForm.IpLiteral, ascii, null);
        return LengthProblem(ascii) is { } problem
            ? new NormalisedName(NameForm.Invalid, ascii, problem)
            : new NormalisedName(NameForm.Name, ascii, null);
    }

    /// <summary>The list entry for a text, or null when it is not a name; <paramref name="reason"/> then says why.</summary>
    /// <param name="rank">1-based.</param>
    public static ListedName? Normalise(string text, int rank, PublicSuffixList suffixes, out string? reason)
    {
        var clean = Clean(text);
        reason = clean.Reason;
        return clean.Form == NameForm.NotAName ? null : ToListed(clean, text, rank, suffixes);
    }

    /// <summary>The list entry for a text that <see cref="Clean"/> took for a name, an IP literal or an invalid name.</summary>
    /// <param name="input">As it stood in the list.</param>
    public static ListedName ToListed(NormalisedName clean, string input, int rank, PublicSuffixList suffixes)
    {
        bool isName = clean.Form == NameForm.Name;
        string name = clean.Name;
        string? organizational = isName ? suffixes.OrganizationalDomain(name) : null;
        return new ListedName
        {
            Rank = rank,
            Input = input,
            Name = name,
            Class = clean.Form switch
            {
                NameForm.Invalid => InputClass.InvalidName,
                NameForm.IpLiteral => InputClass.IpLiteral,
                _ when !name.Contains('.') => suffixes.IsPublicSuffix(name) ? InputClass.Tld : InputClass.SingleLabel,
                // Only suffixes have no organizational domain.
                _ when organizational is null => InputClass.PublicSuffix,
                _ when organizational.Length == name.Length => InputClass.Registrable,
                _ => InputClass.Subdomain,
            },
            OrganizationalDomain = organizational,
            // An address has no top-level domain, whatever its last number is.
            Tld = clean.Form == NameForm.IpLiteral ? "" : name[(name.LastIndexOf('.') + 1)..],
        };
    }

    /// <summary>Lower-case letters, digits, hyphens and underscores in labels of 1 to 63 octets, at most 253 characters, no dot at the end:
    /// ready to be asked for. True for IPv4 addresses too.</summary>
    public static bool IsPlainName(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(Plain) && LengthProblem(name) is null;

    private static NormalisedName Bad(string reason) => new(NameForm.NotAName, "", reason);

    private static bool StripScheme(ref ReadOnlySpan<char> name)
    {
        int scheme = name.IndexOf("//", StringComparison.Ordinal);
        if (scheme < 0) return false;
        // "//example.com" too, as it stands in HTML.
        bool stripped = scheme == 0 || (name[scheme - 1] == ':' && !name[..(scheme - 1)].ContainsAnyExcept(Scheme));
        if (stripped) name = name[(scheme + 2)..];
        return stripped;
    }

    private static string? LengthProblem(ReadOnlySpan<char> name)
    {
        // RFC 1035 §2.3.4: 255 octets on the wire, 63 in a label; §3.1: only the root is empty.
        if (name.Length > DomainName.MaxLength) return "longer than 253 characters";
        for (int start = 0; start <= name.Length;)
        {
            int length = name[start..].IndexOf('.');
            if (length < 0) length = name.Length - start;
            if (length == 0) return "an empty label";
            if (length > DomainName.MaxLabelLength) return "a label longer than 63 characters";
            start += length + 1;
        }
        return null;
    }

    private static string? ImpossibleCharacter(ReadOnlySpan<char> name)
    {
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') continue;
            // U+FFFD is what a decoder leaves of octets that are not text. Other Unicode is for UTS-46 to judge.
            if (c > '\x7F' && c != '\uFFFD' && !char.IsControl(c) && !char.IsWhiteSpace(c)) continue;
            if (char.IsWhiteSpace(c)) return "a blank inside the name";
            return char.IsControl(c) || c == '\uFFFD'
                ? string.Create(CultureInfo.InvariantCulture, $"the character U+{(int)c:X4} cannot stand in a name")
                : $"the character {c} cannot stand in a name";
        }
        return null;
    }

    // Not IPAddress.Parse, which takes 1.2.3 and 0x7f.1 as well: to DNS those are names. Four numbers are meant as an address even where
    // one is over 255, and no such top-level domain can exist (RFC 3696 §2).
    private static bool LooksLikeIpv4(ReadOnlySpan<char> name)
    {
        if (!char.IsAsciiDigit(name[0]) || !char.IsAsciiDigit(name[^1]) || name.Length > 15) return false;
        int labels = 0;
        foreach (var range in name.Split('.'))
        {
            var label = name[range];
            if (label.Length is 0 or > 3 || label.ContainsAnyExceptInRange('0', '9')) return false;
            labels++;
        }
        return labels == 4;
    }

    private static bool IsIpv6(ReadOnlySpan<char> name, out string? address)
    {
        address = null;
        if (name.StartsWith('[') && name.LastIndexOf(']') is > 0 and int close) name = name[1..close];
        if (name.Count(':') < 2 || !IPAddress.TryParse(name, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6) return false;
        address = parsed.ToString();
        return true;
    }
}
