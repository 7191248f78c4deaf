using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Scanner.Checks.MtaSts;

/// <summary>The HTTP part of a fetch: one GET over a stream that is already authenticated, and what the answer comes to.</summary>
internal static class PolicyResponse
{
    // TLS is done by us below, so to the library this is plain HTTP. The authority only names its pool of one; Host is set by hand,
    // because a listed name may have labels (leading hyphens, underscores) that Uri refuses and DNS does not.
    private static readonly Uri Target = new("http://policy-host.invalid/.well-known/mta-sts.txt");

    /// <param name="stream">May come back closed; the caller still disposes it.</param>
    /// <param name="soFar">What the earlier rungs found; the result has it too.</param>
    /// <param name="deadline">Of the whole fetch; over it the error is <see cref="MtaStsError.HttpTimeout"/>.</param>
    public static async ValueTask<PolicyFetch> GetAsync(
        Stream stream, string host, PolicyFetch soFar, PolicyFetchOptions options, CancellationToken deadline, CancellationToken caller)
    {
        try
        {
            using var handler = HandlerOver(stream);
            using var client = new HttpMessageInvoker(handler, disposeHandler: false);
            using var request = new HttpRequestMessage(HttpMethod.Get, Target)
            {
                Version = HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.ConnectionClose = true;
            if (!request.Headers.TryAddWithoutValidation("Host", host)) return Failed(soFar, MtaStsError.HttpProtocolError);
            request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);

            using var response = await client.SendAsync(request, deadline);
            soFar = Describe(soFar, response, host);
            // Any 3xx is a failure and only 200 is a policy. RFC 8461 §3.3
            if (ErrorOf((int)response.StatusCode) is { } error) return Failed(soFar, error);

            byte[] body = await ReadAtMostAsync(await response.Content.ReadAsStreamAsync(deadline), options.MaxBodyBytes + 1, deadline);
            soFar = soFar with { Body = body };
            return body.Length > options.MaxBodyBytes
                ? soFar with { FailedStage = MtaStsStage.Body, Error = MtaStsError.BodyTooLarge }
                : soFar;
        }
        // A stranger's server is at the other end: whatever it makes the library throw is a finding about that server, never the end of the scan.
        catch (Exception)
        {
            caller.ThrowIfCancellationRequested();
            return Failed(soFar, deadline.IsCancellationRequested ? MtaStsError.HttpTimeout : MtaStsError.HttpProtocolError);
        }
    }

    private static SocketsHttpHandler HandlerOver(Stream stream) => new()
    {
        ConnectCallback = (_, _) => new ValueTask<Stream>(stream),
        // "HTTP 3xx redirects MUST NOT be followed", "HTTP caching MUST NOT be used". RFC 8461 §3.3
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        // KiB.
        MaxResponseHeadersLength = 32,
        // What we did not want to read, we do not read to be polite.
        MaxResponseDrainSize = 0,
        // No trace headers to strangers.
        ActivityHeadersPropagator = null,
    };

    private static PolicyFetch Failed(PolicyFetch soFar, MtaStsError error) => soFar with { FailedStage = MtaStsStage.Http, Error = error };

    private static PolicyFetch Describe(PolicyFetch soFar, HttpResponseMessage response, string host)
    {
        string? mediaType = MediaTypeOf(First(response.Content.Headers, "Content-Type"));
        return soFar with
        {
            HttpStatus = (int)response.StatusCode,
            MediaType = mediaType,
            MediaTypeOk = IsTextPlain(mediaType),
            RedirectHost = RedirectHost(First(response.Headers, "Location"), host),
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

    private static string? RedirectHost(string? location, string host)
    {
        if (location is null || !Uri.TryCreate(Target, location, out var to)) return null;
        // A relative reference stays on the policy host.
        return to.Host == Target.Host ? host : to.IdnHost.ToLowerInvariant();
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
