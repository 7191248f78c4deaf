using System.Net;
using Scanner.Dns.Resolve;

namespace Scanner.Resolve;

/// <summary>
/// Does the AD bit of the resolvers' answers mean anything? RFC 4035 §4.9.3: only from a resolver that validates, over a path that nobody can
/// write to. Without that AD=0 is the resolver's silence and not the zone's, so that everything which hangs on it is unknown: promise 1.
/// </summary>
public static class AdTrust
{
    /// <summary>Null when it does, else the reason why not, for people.</summary>
    public static string? WhyNot(ScanOptions options, IReadOnlyList<ResolverProbe> probes)
    {
        if (!options.TrustAd && options.Resolvers.FirstOrDefault(server => !IPAddress.IsLoopback(server.Address)) is { } remote)
            return $"dane and dnssec will be unknown: the path to {remote} is not trusted; ask a validating resolver on this machine, or vouch for the path with --trust-ad";
        if (probes.FirstOrDefault(probe => !probe.Validates) is { } blind)
            return $"dane and dnssec will be unknown: {blind.Resolver} does not validate (no AD bit in its answer about the signed root)";
        return null;
    }
}
