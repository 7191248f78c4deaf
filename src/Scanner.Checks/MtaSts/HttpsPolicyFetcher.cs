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
/// <param name="turns">Whose turn it is to connect; null when nobody else wants to. Waiting for it is not part of the fetch: neither the
/// deadline nor <see cref="PolicyFetch.Milliseconds"/> counts it.</param>
/// <remarks>Keeps nothing between fetches: safe to use from many threads at once, and again for the same name.</remarks>
public sealed class HttpsPolicyFetcher(IResolver resolver, PolicyFetchOptions options, TimeProvider time, PolicyFetchTurns? turns = null)
    : IPolicyFetcher
{
    // RFC 8446 §6.2.
    private const byte ProtocolVersionAlert = 70;

    /// <inheritdoc/>
    public async ValueTask<PolicyFetch> FetchAsync(string name, CancellationToken cancellationToken)
    {
        // A name that is too long for DNS cannot exist.
        if (!DomainName.TryPrefix("mta-sts", name, out string? host)) return new PolicyFetch { FailedStage = MtaStsStage.Dns, Error = MtaStsError.HostNxdomain };

        var (addresses, resolving) = await ResolveAsync(host, cancellationToken);
        var soFar = new PolicyFetch { HostCname = addresses.Cname, Milliseconds = resolving.TotalMilliseconds };
        if (addresses.Error is { } error) return Judged(soFar with { FailedStage = MtaStsStage.Dns, Error = error });

        if (turns is null) return Judged(await ConnectedFetchAsync(host, addresses, soFar, resolving, cancellationToken));
        using var turn = await turns.WaitAsync(addresses.Cname ?? host, addresses.Permitted[0].ToString(), cancellationToken);
        if (turn is null) return soFar with { NotAsked = true, Transient = true };
        var fetch = Judged(await ConnectedFetchAsync(host, addresses, soFar, resolving, cancellationToken));
        turn.Note(fetch.HttpStatus, fetch.RetryAfter);
        return fetch;
    }

    private async ValueTask<(PolicyHostAddresses Addresses, TimeSpan Took)> ResolveAsync(string host, CancellationToken caller)
    {
        using var place = turns is null ? null : await turns.ResolvingAsync(caller);
        long start = time.GetTimestamp();
        using var ownDeadline = new CancellationTokenSource(options.Timeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ownDeadline.Token, caller);
        try
        {
            var addresses = await PolicyHostAddresses.ResolveAsync(resolver, host, options.AllowSpecialAddresses, deadline.Token);
            return (addresses, time.GetElapsedTime(start));
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return (new PolicyHostAddresses([], null, MtaStsError.HostDnsUnknown), time.GetElapsedTime(start));
        }
    }

    /// <summary>From the connection to the body, in what the look-up left of the deadline.</summary>
    private async ValueTask<PolicyFetch> ConnectedFetchAsync(
        string host, PolicyHostAddresses addresses, PolicyFetch soFar, TimeSpan used, CancellationToken caller)
    {
        long start = time.GetTimestamp();
        var left = options.Timeout > used ? options.Timeout - used : TimeSpan.Zero;
        using var ownDeadline = new CancellationTokenSource(left, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ownDeadline.Token, caller);
        var fetch = await ClimbAsync(host, addresses, soFar, () => left - time.GetElapsedTime(start), deadline.Token, caller);
        return fetch with { Milliseconds = (used + time.GetElapsedTime(start)).TotalMilliseconds };
    }

    private async ValueTask<PolicyFetch> ClimbAsync(
        string host, PolicyHostAddresses addresses, PolicyFetch soFar, Func<TimeSpan> timeLeft, CancellationToken deadline, CancellationToken caller)
    {
        var connection = await PolicyConnection.OpenAsync(addresses.Permitted, options.Port, timeLeft, time, deadline, caller);
        soFar = soFar with { Address = connection.Address };
        if (connection.Socket is not { } socket)
            return soFar with { FailedStage = MtaStsStage.Tcp, Error = connection.Error, Transient = connection.LocalShortage };

        // Closing the outermost has to close the socket: that is how a read that waits for a silent server is given up.
        var tap = new TlsAlertTap(new NetworkStream(socket, ownsSocket: true));
        await using var tls = new PolicyStream(tap);
        var (tlsError, flags) = await HandshakeAsync(tls, tap, host, deadline, caller);
        if (tlsError is not null)
        {
            return soFar with
            {
                FailedStage = tlsError == MtaStsError.ConnReset ? MtaStsStage.Tcp : MtaStsStage.Tls,
                Error = tlsError,
                CertificateFlags = flags,
            };
        }
        soFar = soFar with { TlsVersion = tls.SslProtocol == SslProtocols.Tls13 ? "1.3" : "1.2" };
        var fetch = await PolicyResponse.GetAsync(tls, host, soFar, options, deadline, caller);
        // What reached us as broken HTTP may have been a broken connection: reset, or closed behind the handshake without a word, as a server
        // does that has no time for us. That may pass.
        return fetch.Error == MtaStsError.HttpProtocolError && (tap.Reset || !tls.HasRead) ? fetch with { Transient = true } : fetch;
    }

    /// <summary>Null and no flags when the server is who it should be.</summary>
    private async ValueTask<(MtaStsError? Error, IReadOnlyList<MtaStsError> Flags)> HandshakeAsync(
        PolicyStream tls, TlsAlertTap tap, string host, CancellationToken deadline, CancellationToken caller)
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
                ApplicationProtocols = PolicyResponse.ProtocolsFor(host),
                CertificateChainPolicy = CertificateJudge.ChainPolicy(options.TrustedRoots, time.GetUtcNow()),
                // Every fetch sees a certificate, once.
                AllowTlsResume = false,
                AllowRenegotiation = false,
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
        // Gone before a word of TLS was said: it was TCP that failed.
        if (tap.ResetBeforeHello) return MtaStsError.ConnReset;
        if (tap.Closed) return MtaStsError.TlsReset;
        // Our side broke off (no TLS at all, a key too weak, endless certificates) and said so with an alert of its own.
        return MtaStsError.TlsAlert;
    }

    private static PolicyFetch Judged(PolicyFetch fetch) =>
        fetch with { Transient = fetch.Transient || IsTransient(fetch.Error) || fetch.HttpStatus == 429 };

    /// <summary>Worth asking again in a later pass (classification.md 6.2: timeouts, resets, 5xx, DNS unknown). So is 429, by which a
    /// server says just that (RFC 6585 §4).</summary>
    public static bool IsTransient(MtaStsError? error) => error
        is MtaStsError.HostDnsUnknown
        or MtaStsError.ConnRefused or MtaStsError.ConnTimeout or MtaStsError.ConnReset
        or MtaStsError.TlsTimeout or MtaStsError.TlsReset or MtaStsError.HttpTimeout or MtaStsError.Http5xx;
}
