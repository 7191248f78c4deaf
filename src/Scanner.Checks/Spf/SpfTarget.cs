using System.Text;
using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>The name that a domain-spec comes to: the target-name of RFC 7208 §4.8.</summary>
/// <param name="Name">As a question asks for it; null when dynamic or when no such name can exist.</param>
/// <param name="IsDynamic">Holds a macro whose value is not known: not guessed.</param>
/// <param name="Text">The name, or the domain-spec as written when there is none.</param>
public readonly record struct SpfTarget(string? Name, bool IsDynamic, string Text)
{
    /// <summary>As far as it can be told without a client and a sender: everything but <c>d</c> and <c>o</c> is dynamic.</summary>
    /// <param name="spec">Null is the current domain itself (RFC 7208 §4.8).</param>
    /// <param name="domain">The current domain: inside an include or a redirect that is its target (RFC 7208 §5.2, §6.1).</param>
    /// <param name="sender">The domain of the sender, which stays the listed name throughout (RFC 7208 §7.2). A sender
    /// <c>postmaster@name</c> is assumed (§4.3).</param>
    public static SpfTarget Of(SpfMacroString? spec, string domain, string sender)
    {
        if (spec is null) return new SpfTarget(domain, false, domain);
        if (!spec.IsLiteral) return OfMacros(spec, domain, sender);
        string? name = ToName(spec.Text);
        return new SpfTarget(name, false, name ?? spec.Text);
    }

    /// <summary>With the values that <paramref name="valueOf"/> gives the macro letters.</summary>
    public static SpfTarget Of(SpfMacroString? spec, string domain, Func<char, string?> valueOf)
    {
        if (spec is null) return new SpfTarget(domain, false, domain);
        // One more than fits, so that too long a name is known for one, and one for a dot at the end.
        string? expanded = spec.ExpandEnd(valueOf, DomainName.MaxLength + 2);
        string? name = expanded is null ? null : ToName(expanded);
        return new SpfTarget(name, expanded is null, name ?? spec.Text);
    }

    /// <summary>Apart, for the closure costs an object and most terms have no macros.</summary>
    private static SpfTarget OfMacros(SpfMacroString spec, string domain, string sender) =>
        Of(spec, domain, letter => letter switch { 'd' => domain, 'o' => sender, _ => null });

    /// <summary>RFC 7208 §4.3: labels of 1 to 63 octets, and more than one of them.</summary>
    public static bool IsMultiLabelName(string name)
    {
        if (name.Length > DomainName.MaxLength || !name.Contains('.')) return false;
        int length = 0;
        foreach (char c in name)
        {
            if (c != '.') length++;
            else if (length == 0) return false;
            else length = 0;
            if (length > DomainName.MaxLabelLength) return false;
        }
        return length > 0;
    }

    private static string? ToName(string expanded)
    {
        // One trailing dot is legal (RFC 7208 §7.1, §7.3).
        string name = expanded.EndsWith('.') ? expanded[..^1] : expanded;
        // RFC 7208 §7.3: too long an expansion loses labels on the left until it fits. In one cut: label by label, 64 KiB of them would cost
        // gigabytes.
        if (name.Length > DomainName.MaxLength) name = name[(name.IndexOf('.', name.Length - DomainName.MaxLength - 1) + 1)..];
        // The labels are A-labels (RFC 7208 §4.3); what a client says in HELO or in a local-part need not be, and then no such name can exist
        // (RFC 8616 §4).
        if (!Ascii.IsValid(name)) return null;
        // In presentation form a backslash is written twice (RFC 1035 §5.1).
        return IsMultiLabelName(name) ? name.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal) : null;
    }
}
