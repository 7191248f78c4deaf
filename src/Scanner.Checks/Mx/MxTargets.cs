using Scanner.Dns;

namespace Scanner.Checks.Mx;

/// <summary>What kind of name an MX points to, from its text alone (classification.md 3.2). Pure.</summary>
public static class MxTargets
{
    // RFC 6761 §6.2 and §6.4 (.test, .invalid), §6.5 (.example), RFC 6762 §3 (.local), RFC 7686 (.onion); .internal by ICANN, 2024.
    private static readonly string[] Reserved = ["invalid", "test", "example", "local", "internal", "onion"];

    /// <param name="exchange">As in <see cref="MxRecord"/>: lower-case, no trailing dot, the root is ".", odd octets escaped.</param>
    public static MxTargetKind KindOf(string exchange)
    {
        if (exchange is "." or "") return MxTargetKind.Null;
        // RFC 6761 §6.3
        if (exchange is "localhost.localdomain" || DomainName.IsAtOrBelow(exchange, "localhost")) return MxTargetKind.Localhost;
        if (LooksLikeAddress(exchange)) return MxTargetKind.IpLiteral;
        // An escaped dot is part of a label: "a\.b" is one label.
        if (!exchange.Replace(@"\.", "", StringComparison.Ordinal).Contains('.')) return MxTargetKind.SingleLabel;
        if (!IsHostname(exchange)) return MxTargetKind.InvalidHostname;
        // Before the underscore: nobody delivers to _mx.example.test either.
        foreach (string name in Reserved)
            if (DomainName.IsAtOrBelow(exchange, name)) return MxTargetKind.ReservedName;
        return exchange.Contains('_') ? MxTargetKind.UnderscoreHostname : MxTargetKind.Hostname;
    }

    /// <summary>Could a sender deliver to a target of this kind, if it resolves?</summary>
    public static bool IsUsable(this MxTargetKind kind) => kind is MxTargetKind.Hostname or MxTargetKind.UnderscoreHostname;

    // RFC 1123 §2.1: letters, digits, hyphen. The underscore is let through here, see the kind. Everything else, and with it every
    // escape that stands for an odd octet, is no host name.
    private static bool IsHostname(string name)
    {
        // RFC 1035 §2.3.4
        if (name.Length > DomainName.MaxLength) return false;
        int label = 0;
        foreach (char c in name)
        {
            if (c == '.' ? label == 0 : !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
            label = c == '.' ? 0 : label + 1;
            if (label > DomainName.MaxLabelLength) return false;
        }
        return label > 0;
    }

    // "MX 10 192.0.2.1" makes the name 192.0.2.1. with a top-level domain "1"; "[192.0.2.1]" and IPv6 happen as well.
    private static bool LooksLikeAddress(string name)
    {
        if (name.StartsWith('[') && name.EndsWith(']')) name = name[1..^1];
        if (name.Contains(':')) return System.Net.IPAddress.TryParse(name, out _);
        int labels = 0;
        foreach (var range in name.AsSpan().Split('.'))
        {
            var label = name.AsSpan(range);
            if (label.Length is 0 or > 3 || label.ContainsAnyExceptInRange('0', '9')) return false;
            labels++;
        }
        return labels == 4;
    }
}
