using Scanner.Dns;

namespace Scanner.Checks.Mx;

/// <summary>
/// Does the name run mail? MX, and only where there is none the name's own addresses.
/// RFC 5321 §5.1 (locating the target host), RFC 7505 (null MX), RFC 2181 §10.3 (MX targets).
/// </summary>
public static class MxLookup
{
    /// <param name="name">The listed name.</param>
    /// <param name="mx">The answer to its MX question, which every run asks first since it also tells whether the name exists.</param>
    public static async ValueTask<MxResult> RunAsync(string name, DnsAnswer mx, IResolver resolver, CancellationToken cancellationToken)
    {
        if (mx.Status != DnsStatus.Nodata) return MxClassifier.Classify(mx);
        var addresses = await Task.WhenAll(
            resolver.QueryAsync(new DnsQuestion(name, DnsRecordType.A), cancellationToken).AsTask(),
            resolver.QueryAsync(new DnsQuestion(name, DnsRecordType.Aaaa), cancellationToken).AsTask()).ConfigureAwait(false);
        return MxClassifier.Classify(mx, addresses[0], addresses[1]);
    }
}
