using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Scanner.Dns;

namespace Scanner.Checks.MtaSts;

/// <summary>
/// Fetches a policy over HTTPS (RFC 8461 §3.3), one rung of the ladder after the other: DNS, TCP, TLS, HTTP, body. Each rung is ours up
/// to TLS, so that each failure can be named: our resolver, our socket to the address that was checked, our SslStream and chain policy;
/// only HTTP is the library's. One deadline bounds the whole fetch, whatever the host does, and bounds stand before every buffer.
/// </summary>
/// <remarks>Keeps nothing between fetches: safe to use from many threads at once.</remarks>
public sealed class HttpsPolicyFetcher(IResolver resolver, PolicyFetchOptions options, TimeProvider time) : IPolicyFetcher
{
    // RFC 8446 §6.2.
    private const byte ProtocolVersionAlert = 70;

    /// <inheritdoc/>
    public async ValueTask<PolicyFetch> FetchAsync(string name, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        using var ownDeadline = new CancellationTokenSource(options.Timeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ownDeadline.Token, cancellationToken);
        var fetch = await ClimbAsync(name, start, deadline.Token, cancellationToken);
        return fetch with
        {
            Transient = fetch.Transient || IsTransient(fetch.Error),
            Milliseconds = time.GetElapsedTime(start).TotalMilliseconds,
        };
    }

    private async ValueTask<PolicyFetch> ClimbAsync(string name, long start, CancellationToken deadline, CancellationToken caller)
    {
        // A name that is too long for DNS cannot exist.
        if (!DomainName.TryPrefix("mta-sts", name, out string? host)) return Failed(MtaStsStage.Dns, MtaStsError.HostNxdomain);

        PolicyHostAddresses addresses;
        try
        {
            addresses = await PolicyHostAddresses.ResolveAsync(resolver, host, options.AllowSpecialAddresses, deadline);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return Failed(MtaStsStage.Dns, MtaStsError.HostDnsUnknown);
        }
        var soFar = new PolicyFetch { HostCname = addresses.Cname };
        if (addresses.Error is { } dnsError) return soFar with { FailedStage = MtaStsStage.Dns, Error = dnsError };

        var connection = await PolicyConnection.OpenAsync(
            addresses.Permitted, options.Port, () => options.Timeout - time.GetElapsedTime(start), time, deadline, caller);
        if (connection.Socket is not { } socket)
            return soFar with { FailedStage = MtaStsStage.Tcp, Error = connection.Error, Transient = connection.LocalShortage };

        // Closing the outermost has to close the socket: that is how a read that waits for a silent server is given up.
        var tap = new TlsAlertTap(new NetworkStream(socket, ownsSocket: true));
        await using var tls = new SslStream(tap, leaveInnerStreamOpen: false);
        var (tlsError, flags) = await HandshakeAsync(tls, tap, host, deadline, caller);
        if (tlsError is not null) return soFar with { FailedStage = MtaStsStage.Tls, Error = tlsError, CertificateFlags = flags };

        soFar = soFar with { TlsVersion = tls.SslProtocol == SslProtocols.Tls13 ? "1.3" : "1.2" };
        return await PolicyResponse.GetAsync(tls, host, soFar, options, deadline, caller);
    }

    /// <summary>Null and no flags when the server is who it should be.</summary>
    private async ValueTask<(MtaStsError? Error, IReadOnlyList<MtaStsError> Flags)> HandshakeAsync(
        SslStream tls, TlsAlertTap tap, string host, CancellationToken deadline, CancellationToken caller)
    {
        IReadOnlyList<MtaStsError> flags = [];
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                // SNI is the policy host, also behind a CNAME. RFC 8461 §7.1, §8.2
                TargetHost = host,
                // RFC 8461 §7.2: TLS 1.2 or later.
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
                CertificateChainPolicy = CertificateJudge.ChainPolicy(options.TrustedRoots, time.GetUtcNow()),
                // Every fetch sees a certificate.
                AllowTlsResume = false,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    if (certificate is not X509Certificate2 leaf || chain is null) return false;
                    flags = CertificateJudge.Judge(leaf, chain, host);
                    return flags.Count == 0;
                },
            }, deadline);
            tap.HandshakeDone();
            return (null, []);
        }
        // A stranger's server is at the other end: whatever it makes the library throw is a finding about that server, never the end of the scan.
        catch (Exception)
        {
            caller.ThrowIfCancellationRequested();
            return (TlsErrorOf(tap, flags, deadline.IsCancellationRequested), flags);
        }
    }

    private static MtaStsError TlsErrorOf(TlsAlertTap tap, IReadOnlyList<MtaStsError> flags, bool timedOut)
    {
        if (flags.Count > 0) return flags[0];
        if (timedOut) return MtaStsError.TlsTimeout;
        // "handshake_failure" (40) has other reasons as well, ciphers above all: only what names the version is a version failure.
        if (tap.Alert == ProtocolVersionAlert || tap.OldVersion) return MtaStsError.TlsVersion;
        if (tap.Alert is not null) return MtaStsError.TlsAlert;
        if (tap.Closed) return MtaStsError.TlsReset;
        // Our side broke off (no TLS at all, a key too weak, endless certificates) and said so with an alert of its own.
        return MtaStsError.TlsAlert;
    }

    private static PolicyFetch Failed(MtaStsStage stage, MtaStsError error) => new() { FailedStage = stage, Error = error };

    /// <summary>Worth asking again in a later pass (classification.md 6.2).</summary>
    public static bool IsTransient(MtaStsError? error) => error
        is MtaStsError.HostDnsUnknown
        or MtaStsError.ConnRefused or MtaStsError.ConnTimeout or MtaStsError.ConnReset
        or MtaStsError.TlsTimeout or MtaStsError.HttpTimeout or MtaStsError.Http5xx;
}
