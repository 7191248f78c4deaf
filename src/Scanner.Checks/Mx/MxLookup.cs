using Scanner.Dns;

namespace Scanner.Checks.Mx;

/// <summary>
/// Does the name run mail? MX, where there is none the name's own addresses, and on demand the addresses of the MX hosts.
/// RFC 5321 §5.1 (locating the target host), RFC 7505 (null MX), RFC 2181 §10.3 (MX targets).
/// </summary>
public static class MxLookup
{
    /// <summary>MX hosts of one name whose addresses are asked for, by preference. Real sets stay under 20; a set of thousands, which fits
    /// into one answer over TCP, must not make thousands of questions. Hosts beyond it are unknown.</summary>
    public const int MaxHosts = 50;

    /// <param name="name">The listed name.</param>
    /// <param name="mx">The answer to its MX question, which every run asks first since it also tells whether the name exists.</param>
    /// <param name="resolver">For the name's own addresses.</param>
    /// <param name="hosts">Cached and shared, for the addresses of MX hosts, which are few compared with names; null when they are not asked for.</param>
    /// <param name="dnssec">Ask with proof, because DANE needs the AD bit of the same answers.</param>
    public static async ValueTask<MxResult> RunAsync(
        string name, DnsAnswer mx, IResolver resolver, IResolver? hosts, bool dnssec, CancellationToken cancellationToken)
    {
        if (mx.Status == DnsStatus.Nodata)
        {
            var addresses = await Task.WhenAll(
                resolver.QueryAsync(new DnsQuestion(name, DnsRecordType.A, dnssec), cancellationToken).AsTask(),
                resolver.QueryAsync(new DnsQuestion(name, DnsRecordType.Aaaa, dnssec), cancellationToken).AsTask()).ConfigureAwait(false);
            return MxClassifier.Classify(mx, addresses[0], addresses[1]);
        }
        var result = MxClassifier.Classify(mx);
        if (hosts is null || result.Class != MxClass.MxPresent) return result;

        string[] names = UsableHosts(result);
        var found = await Task.WhenAll(names.Select(host => AddressesAsync(host, hosts, dnssec, cancellationToken))).ConfigureAwait(false);
        return MxClassifier.Classify(mx, hosts: names.Zip(found).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal));
    }

    /// <summary>The distinct hosts to which mail could go, by preference, at most <see cref="MaxHosts"/>.</summary>
    public static string[] UsableHosts(MxResult mx) =>
        [.. mx.Targets.Where(t => t.Kind.IsUsable()).Select(t => t.Host).Distinct(StringComparer.Ordinal).Take(MaxHosts)];

    /// <summary>A, and AAAA only when A has no public address: that is all that can change what the host comes to.</summary>
    public static async Task<MxHostAddresses> AddressesAsync(string host, IResolver resolver, bool dnssec, CancellationToken cancellationToken)
    {
        var a = await resolver.QueryAsync(new DnsQuestion(host, DnsRecordType.A, dnssec), cancellationToken).ConfigureAwait(false);
        if (MxHosts.HasPublicAddress(a)) return new MxHostAddresses(a, null);
        return new MxHostAddresses(a, await resolver.QueryAsync(new DnsQuestion(host, DnsRecordType.Aaaa, dnssec), cancellationToken).ConfigureAwait(false));
    }
}
