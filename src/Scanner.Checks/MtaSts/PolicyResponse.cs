using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;

namespace Scanner.Checks.MtaSts;

/// <summary>The HTTP part of a fetch: one GET over a stream that is already authenticated, and what the answer comes to.</summary>
internal static class PolicyResponse
{
    /// <summary>Octets of headers, and the most that interim responses (RFC 9110 §15.2), HTTP/2 frames and what a server sends before its
    /// headers are read may come to beside the body.</summary>
    private const int MaxHeaderBytes = 32 * 1024;

    /// <summary>Octets of the wire for each octet of a body. The worst honest framing is chunks of one octet (RFC 9112 §7.1): six.</summary>
    private const int MaxFraming = 8;

    private const string Path = "/.well-known/mta-sts.txt";

    private static readonly List<SslApplicationProtocol> Either = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
    private static readonly List<SslApplicationProtocol> OnlyHttp11 = [SslApplicationProtocol.Http11];

    // A listed name may have labels (leading hyphens, underscores) that Uri refuses and DNS does not. For those the authority only names
    // the library's pool of one, and the Host header, which HTTP/1.1 lets us set by hand, names the host.
    private static readonly Uri StandIn = new("https://policy-host.invalid" + Path);

    /// <summary>What to offer by ALPN (RFC 7301): HTTP/2 and HTTP/1.1, or the latter alone for names that <see cref="Uri"/> refuses.</summary>
    public static List<SslApplicationProtocol> ProtocolsFor(string host) => TargetOf(host) == StandIn ? OnlyHttp11 : Either;

    private static Uri TargetOf(string host) =>
        Uri.TryCreate($"https://{host}{Path}", UriKind.Absolute, out var target) && target.IdnHost == host ? target : StandIn;

    /// <param name="stream">May come back closed; the caller still disposes it.</param>
    /// <param name="soFar">What the earlier rungs found; the result has it too.</param>
    /// <param name="deadline">Of the whole fetch; over it the error is <see cref="MtaStsError.HttpTimeout"/>.</param>
    public static async ValueTask<PolicyFetch> GetAsync(
        PolicyStream stream, string host, PolicyFetch soFar, PolicyFetchOptions options, CancellationToken deadline, CancellationToken caller)
    {
        try
        {
            using var handler = HandlerOver(stream);
            using var client = new HttpMessageInvoker(handler, disposeHandler: false);
            var target = TargetOf(host);
            bool http2 = stream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
            using var request = new HttpRequestMessage(HttpMethod.Get, target)
            {
                Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            if (!http2) request.Headers.ConnectionClose = true;
            if (target == StandIn && !request.Headers.TryAddWithoutValidation("Host", host)) return Failed(soFar, MtaStsError.HttpProtocolError);
            request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);

            // A server may send its body at once, so the library may read both before it hands over the headers.
            stream.Allow(2 * MaxHeaderBytes + options.MaxBodyBytes);
            using var response = await client.SendAsync(request, deadline);
            soFar = Describe(soFar, response, target, host);
            // Any 3xx is a failure and only 200 is a policy. RFC 8461 §3.3
            if (ErrorOf((int)response.StatusCode) is { } error) return Failed(soFar, error);

            stream.Allow(MaxFraming * (options.MaxBodyBytes + 1L));
            byte[] body = await ReadAtMostAsync(await response.Content.ReadAsStreamAsync(deadline), options.MaxBodyBytes + 1, deadline);
            soFar = soFar with { Body = body };
            if (body.Length > options.MaxBodyBytes) return soFar with { FailedStage = MtaStsStage.Body, Error = MtaStsError.BodyTooLarge };
            // SHOULD, RFC 8461 §3.2: by default only noted. classification.md 6.2
            return options.StrictMediaType && soFar.MediaTypeOk != true
                ? soFar with { FailedStage = MtaStsStage.Body, Error = MtaStsError.WrongContentType }
                : soFar;
        }
        // A stranger's server is at the other end: whatever it makes the library throw is a finding about that server, never the end of the scan.
        catch (Exception)
        {
            caller.ThrowIfCancellationRequested();
            return Failed(soFar, deadline.IsCancellationRequested ? MtaStsError.HttpTimeout : MtaStsError.HttpProtocolError);
        }
    }

    /// <summary>A handler for one request over one connection: a second connection, which a failed HTTP/2 stream might ask for, is not
    /// to be had.</summary>
    private static SocketsHttpHandler HandlerOver(PolicyStream stream)
    {
        int taken = 0;
        var handler = NewHandler();
        handler.ConnectCallback = (_, _) => Interlocked.Exchange(ref taken, 1) == 0
            ? new ValueTask<Stream>(stream)
            : throw new IOException("One connection is all that a fetch has.");
        return handler;
    }

    private static SocketsHttpHandler NewHandler() => new()
    {
        // "HTTP 3xx redirects MUST NOT be followed", "HTTP caching MUST NOT be used". RFC 8461 §3.3
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        // KiB.
        MaxResponseHeadersLength = MaxHeaderBytes / 1024,
        // The least that the protocol allows (RFC 9113 §6.9.2): what a server may send ahead of our reading.
        InitialHttp2StreamWindowSize = 65_535,
        // What we did not want to read, we do not read to be polite.
        MaxResponseDrainSize = 0,
        // No trace headers to strangers.
        ActivityHeadersPropagator = null,
    };

    private static PolicyFetch Failed(PolicyFetch soFar, MtaStsError error) => soFar with { FailedStage = MtaStsStage.Http, Error = error };

    private static PolicyFetch Describe(PolicyFetch soFar, HttpResponseMessage response, Uri target, string host)
    {
        string? mediaType = MediaTypeOf(First(response.Content.Headers, "Content-Type"));
        return soFar with
        {
            HttpStatus = (int)response.StatusCode,
            MediaType = mediaType,
            MediaTypeOk = IsTextPlain(mediaType),
            RedirectHost = RedirectHost(First(response.Headers, "Location"), target, host),
            HttpVersion = response.Version.Major == 2 ? "2" : "1.1",
            RetryAfter = RetryAfter(response.Headers),
        };
    }

    private static string? First(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>The type without its parameters, which are ignored (RFC 8461 §3.2). Null without a header.</summary>
    public static string? MediaTypeOf(string? contentType)
    {
        if (contentType is null) return null;
        int semicolon = contentType.IndexOf(';', StringComparison.Ordinal);
        string type = (semicolon < 0 ? contentType : contentType[..semicolon]).Trim().ToLowerInvariant();
        // Type and subtype are at most 127 octets each (RFC 6838 §4.2).
        return type.Length > 255 ? type[..255] : type;
    }

    /// <summary>The media type SHOULD be text/plain (RFC 8461 §3.2): noted, no failure.</summary>
    public static bool IsTextPlain(string? mediaType) => mediaType == "text/plain";

    private static string? RedirectHost(string? location, Uri target, string host)
    {
        if (location is null || !Uri.TryCreate(target, location, out var to)) return null;
        // A relative reference stays on the policy host.
        return to.Host == target.Host ? host : to.IdnHost.ToLowerInvariant();
    }

    /// <summary>Seconds, or a date (RFC 9110 §10.2.3): that one by the server's own clock, so that ours does not matter.</summary>
    private static TimeSpan? RetryAfter(HttpResponseHeaders headers)
    {
        if (headers.RetryAfter is not { } wait) return null;
        if (wait.Delta is { } delta) return delta;
        return wait.Date - headers.Date is { } until && until > TimeSpan.Zero ? until : null;
    }

    private static MtaStsError? ErrorOf(int status) => status switch
    {
        200 => null,
        >= 300 and < 400 => MtaStsError.HttpRedirect,
        404 => MtaStsError.Http404,
        403 => MtaStsError.Http403,
        >= 400 and < 500 => MtaStsError.Http4xx,
        >= 500 and < 600 => MtaStsError.Http5xx,
        _ => MtaStsError.HttpOtherStatus,
    };

    private static async ValueTask<byte[]> ReadAtMostAsync(Stream stream, int limit, CancellationToken deadline)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(limit);
        try
        {
            int length = 0;
            while (length < limit)
            {
                int read = await stream.ReadAsync(buffer.AsMemory(length, limit - length), deadline);
                if (read == 0) break;
                length += read;
            }
            return buffer[..length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
