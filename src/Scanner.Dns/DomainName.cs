using System.Diagnostics.CodeAnalysis;

namespace Scanner.Dns;

/// <summary>Plain text operations on names in presentation form (lower-case, no trailing dot, no escapes).</summary>
public static class DomainName
{
    /// <summary>253 characters in presentation form are 255 octets on the wire (RFC 1035 §2.3.4).</summary>
    public const int MaxLength = 253;

    /// <summary>Octets in one label (RFC 1035 §2.3.4).</summary>
    public const int MaxLabelLength = 63;

    /// <summary>Puts labels in front of a name; false when the result is longer than DNS allows, so that no such name can exist.</summary>
    public static bool TryPrefix(string labels, string name, [NotNullWhen(true)] out string? prefixed)
    {
        prefixed = labels.Length + 1 + name.Length <= MaxLength ? $"{labels}.{name}" : null;
        return prefixed is not null;
    }

    /// <summary>The name without its first label, or null when it has only one.</summary>
    public static string? Parent(string name)
    {
        int dot = name.IndexOf('.');
        return dot < 0 || dot == name.Length - 1 ? null : name[(dot + 1)..];
    }

    /// <summary>Labels, the root not counted: 0 for the empty name, 2 for <c>example.org</c>.</summary>
    public static int LabelCount(string name) => name.Length == 0 ? 0 : name.AsSpan().Count('.') + 1;

    /// <summary>The last <paramref name="labels"/> labels of the name, or the whole name when it has no more than that.</summary>
    public static string Suffix(string name, int labels)
    {
        int start = name.Length;
        while (labels-- > 0 && start > 0) start = name.LastIndexOf('.', start - 1);
        return start <= 0 ? name : name[(start + 1)..];
    }

    /// <summary>Is <paramref name="name"/> the same as or below <paramref name="ancestor"/>?</summary>
    public static bool IsAtOrBelow(string name, string ancestor) =>
        name.Length == ancestor.Length
            ? string.Equals(name, ancestor, StringComparison.OrdinalIgnoreCase)
            : name.Length > ancestor.Length
              && name[name.Length - ancestor.Length - 1] == '.'
              && name.EndsWith(ancestor, StringComparison.OrdinalIgnoreCase);
}
