namespace Scanner.Checks.MtaSts;

/// <summary>Fetches <c>https://mta-sts.NAME/.well-known/mta-sts.txt</c> once (RFC 8461 §3.3). The seam for tests and recorded policies.</summary>
public interface IPolicyFetcher
{
    /// <summary>Always gives a value for whatever the host does; throws only when <paramref name="cancellationToken"/> fires,
    /// and <see cref="Dns.ResolverUnreachableException"/> when no resolver answers anything any more: that ends the scan
    /// and says nothing about the host.</summary>
    ValueTask<PolicyFetch> FetchAsync(string name, CancellationToken cancellationToken);
}
