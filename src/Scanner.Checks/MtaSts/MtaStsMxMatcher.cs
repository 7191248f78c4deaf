using Scanner.Checks.Mx;

namespace Scanner.Checks.MtaSts;

/// <summary>Do the live MX hosts match the patterns of a policy (RFC 8461 §4.1, classification.md 6.4)? Names only: whether a host shows
/// a matching certificate on port 25 (§4.2) is not asked.</summary>
public static class MtaStsMxMatcher
{
    /// <summary>Equal, or "*." and the host without its first label. Names are compared without regard to case (RFC 4343), a trailing
    /// dot of the host is dropped. Both are A-labels; U-labels are not converted.</summary>
    public static bool Matches(string pattern, string host)
    {
        host = WithoutDot(host);
        return pattern.Equals(host, StringComparison.OrdinalIgnoreCase) || pattern.Equals(WildcardFor(host), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The wildcard stands for exactly one label, the left-most (RFC 8461 §4.1). Null for a single label.</summary>
    private static string? WildcardFor(string host)
    {
        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? string.Concat("*", host.AsSpan(dot)) : null;
    }

    private static string WithoutDot(string host) => host.EndsWith('.') ? host[..^1] : host;

    /// <param name="mx">What the MX check found, or null when it was not asked for: then the match is unknown.</param>
    /// <param name="unused">The patterns that no live MX host matches; empty unless hosts were compared.</param>
    public static MtaStsMxMatch Match(MtaStsMode mode, IReadOnlyList<string> patterns, MxResult? mx, out IReadOnlyList<string> unused)
    {
        unused = [];
        if (mode == MtaStsMode.None) return MtaStsMxMatch.NotApplicable;
        switch (mx?.Class)
        {
            case null or MxClass.Unknown:
                return MtaStsMxMatch.Unknown;
            // Nobody delivers there, so nothing can fail. MxNoService is our choice: like a null MX it says "no mail".
            case MxClass.InvalidName or MxClass.Nxdomain or MxClass.NullMx or MxClass.NoMail or MxClass.MxNoService:
                return MtaStsMxMatch.NotApplicable;
        }
        // The implicit MX is the domain itself. RFC 5321 §5.1
        string[] hosts = mx.Class == MxClass.ImplicitMx
            ? [mx.Answer.Question.Name]
            : [.. mx.Targets.Where(t => t.Kind != MxTargetKind.Null).Select(t => WithoutDot(t.Host)).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (hosts.Length == 0) return MtaStsMxMatch.NotApplicable;
        // By table, and not each pattern with each host: a policy of 64 KiB has thousands of patterns, an answer thousands of hosts.
        var matched = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var known = new HashSet<string>(patterns, StringComparer.OrdinalIgnoreCase);
        int matching = hosts.Count(host =>
        {
            // Both may stand in the policy, and then both are in use.
            bool matches = false;
            foreach (string? pattern in (ReadOnlySpan<string?>)[host, WildcardFor(host)])
            {
                if (pattern is null || !known.Contains(pattern)) continue;
                matched.Add(pattern);
                matches = true;
            }
            return matches;
        });
        unused = [.. patterns.Where(p => !matched.Contains(p))];
        return matching == hosts.Length ? MtaStsMxMatch.All : matching > 0 ? MtaStsMxMatch.Some : MtaStsMxMatch.None;
    }
}
