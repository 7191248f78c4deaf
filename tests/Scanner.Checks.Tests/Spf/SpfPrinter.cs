using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Scanner.Checks.Spf;

namespace Scanner.Checks.Tests.Spf;

/// <summary>A record written from its parsed form alone, never from the text that the terms keep: what the parser missed is missing here.</summary>
internal static class SpfPrinter
{
    public static string Print(SpfRecord record) => string.Join(' ', record.Terms.Select(Print).Prepend("v=spf1"));

    private static string Print(SpfTerm term)
    {
        if (term is SpfModifier modifier) return $"{(modifier.IsRedirect ? "redirect" : modifier.IsExp ? "exp" : modifier.Name)}={Print(modifier.Value)}";
        var directive = (SpfDirective)term;
        var text = new StringBuilder();
        if (directive.Qualifier != SpfQualifier.Pass) text.Append(directive.Qualifier switch { SpfQualifier.Fail => '-', SpfQualifier.Softfail => '~', _ => '?' });
        text.Append(directive.Mechanism.Word());
        if (directive.Domain is { } domain) text.Append(':').Append(Print(domain));
        if (directive.Mechanism == SpfMechanism.Ip4) text.Append(':').Append(new IPAddress(Octets(directive.Ip4.Address))).Append(Prefix(directive.Ip4.Prefix, 32));
        if (directive.Mechanism == SpfMechanism.Ip6) text.Append(':').Append(new IPAddress(Octets(directive.Ip6.Address))).Append(Prefix(directive.Ip6.Prefix, 128));
        if (directive.Ip4Prefix != 32) text.Append(Prefix(directive.Ip4Prefix, 32));
        if (directive.Ip6Prefix != 128) text.Append('/').Append(Prefix(directive.Ip6Prefix, 128));
        return text.ToString();
    }

    private static string Print(SpfMacroString value) => string.Concat(value.Parts.Select(part => part switch
    {
        { Macro: { } macro } => string.Create(CultureInfo.InvariantCulture,
            $"%{{{(macro.UrlEscape ? char.ToUpperInvariant(macro.Letter) : macro.Letter)}{macro.Digits}{(macro.Reverse ? "r" : "")}{macro.Delimiters}}}"),
        _ => Escaped(part.Literal),
    }));

    /// <summary>RFC 7208 §7.1: "%", " " and "%20" are written with a "%" in front.</summary>
    private static string Escaped(string literal) => string.Join("%-", literal.Split("%20").Select(text =>
        text.Replace("%", "%%", StringComparison.Ordinal).Replace(" ", "%_", StringComparison.Ordinal)));

    private static string Prefix(int length, int full) => length == full ? "" : string.Create(CultureInfo.InvariantCulture, $"/{length}");

    private static byte[] Octets(uint address)
    {
        byte[] octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, address);
        return octets;
    }

    private static byte[] Octets(UInt128 address)
    {
        byte[] octets = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, address);
        return octets;
    }
}
