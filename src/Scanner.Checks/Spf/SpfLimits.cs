namespace Scanner.Checks.Spf;

/// <summary>The processing limits of RFC 7208 §4.6.4, the same for the worst case and for one client.</summary>
public static class SpfLimits
{
    /// <summary>include, a, mx, ptr and exists terms and redirects of one evaluation, over all the records it goes through. MUST. The PTR query
    /// of a %{p} belongs to the term that holds it, and is counted there.</summary>
    public const int Lookups = 10;

    /// <summary>Terms for which a query brings no records, by NXDOMAIN or an empty answer. SHOULD, and configurable.</summary>
    public const int Voids = 2;

    /// <summary>MX names of one mx term: more is permerror (also §5.4).</summary>
    public const int MxNames = 10;

    /// <summary>PTR names of one client: the others are ignored.</summary>
    public const int PtrNames = 10;
}
