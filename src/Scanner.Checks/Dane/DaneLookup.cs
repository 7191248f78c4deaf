using Scanner.Checks.Mx;
using Scanner.Dns;

namespace Scanner.Checks.Dane;

/// <summary>
/// DANE for SMTP: which certificate an MX host will show, proven by DNSSEC. RFC 7672 (SMTP), RFC 6698 (TLSA), RFC 7671 (operations).
/// It stands on the AD bit of the MX answer, of each host's address and of the TLSA answer at <c>_25._tcp.</c>host; the AD bit is worth
/// something only from a validating resolver on a trusted path (RFC 4035 §4.9.3). Without one every name is unknown: "none" would be
/// a statement about the resolver and not about the name.
/// <para>Costs: the address questions of the MX hosts with proof, and one TLSA question for each host with a signed address; hosts are few
/// compared with names and shared through the cache.</para>
/// </summary>
public static class DaneLookup
{
    /// <summary>RFC 6698 §3: port and protocol in front of the host.</summary>
    public const string Labels = "_25._tcp";

    /// <param name="mx">Its answer asked with proof (<see cref="DnsQuestion.Dnssec"/>).</param>
    /// <param name="trusted">Does the AD bit of this resolver mean anything?</param>
    /// <param name="resolver">Cached and shared.</param>
    public static async Task<DaneResult> RunAsync(string name, MxResult mx, bool trusted, IResolver resolver, CancellationToken cancellationToken)
    {
        if (!trusted) return DaneResult.NotTrusted;
        string[] hosts = mx.Class switch
        {
            // RFC 7672 §2.2.1, RFC 5321 §5.1: without MX records the name itself is the host.
            MxClass.ImplicitMx => [name],
            MxClass.MxPresent or MxClass.MxOk or MxClass.MxDangling or MxClass.MxUnverified => MxLookup.UsableHosts(mx),
            _ => [],
        };
        return DaneClassifier.Classify(mx, await Task.WhenAll(hosts.Select(host => HostAsync(host, mx, resolver, cancellationToken))).ConfigureAwait(false));
    }

    private static async Task<DaneHost> HostAsync(string host, MxResult mx, IResolver resolver, CancellationToken cancellationToken)
    {
        // Where the MX is implicit, the MX check has asked for the name's own addresses, with proof, already.
        var address = mx.A ?? await AskAsync(DnsRecordType.A).ConfigureAwait(false);
        // RFC 7672 §2.2.2: both families count; we look at the second only when the first has nothing to tell.
        if (address.Presence == Presence.Absent) address = mx.Aaaa ?? await AskAsync(DnsRecordType.Aaaa).ConfigureAwait(false);
        if (address.Presence != Presence.Present || !address.AuthenticData) return DaneClassifier.HostOf(host, address, null);

        // RFC 7672 §2.2.3: an alias is followed when the chain is signed, as it is here; its target comes first, then the name itself.
        DnsAnswer? tlsa = null;
        foreach (string? owner in (string?[])[address.CnameTarget, host])
        {
            if (owner is null) continue;
            tlsa = DomainName.TryPrefix(Labels, owner, out string? question)
                ? await resolver.QueryAsync(new DnsQuestion(question, DnsRecordType.Tlsa, Dnssec: true), cancellationToken).ConfigureAwait(false)
                : DnsAnswer.Without(new DnsQuestion($"{Labels}.{owner}", DnsRecordType.Tlsa, Dnssec: true), DnsStatus.NameTooLong);
            if (tlsa.Presence != Presence.Absent) break;
        }
        return DaneClassifier.HostOf(host, address, tlsa);

        Task<DnsAnswer> AskAsync(DnsRecordType type) => resolver.QueryAsync(new DnsQuestion(host, type, Dnssec: true), cancellationToken).AsTask();
    }
}
