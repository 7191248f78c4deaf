using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Polly;
using Polly.Retry;
using Scanner.Input;

namespace Scanner.Nightly;

/// <summary>How a list came to be the night's.</summary>
public enum ListOrigin : byte
{
    /// <summary>A file that the user named.</summary>
    Given = 1,
    Downloaded = 2,
    /// <summary>The server has the same one as last time.</summary>
    Unchanged = 3,
    /// <summary>No new one could be had: the last one again.</summary>
    Fallback = 4,
    /// <summary>The one that the interrupted run was begun with.</summary>
    Resumed = 5,
    /// <summary>Made by this program: the simulated internet's.</summary>
    Bundled = 6,
}

/// <param name="Note">What there is to say about it: null when all is as usual.</param>
public sealed record ListChoice(KeptList List, ListOrigin Origin, string? Note = null);

public sealed record ListFetchOptions
{
    /// <summary>The Majestic Million: a million lines, 80 MB, renewed every day, by https and without a key.</summary>
    public static Uri MajesticMillion { get; } = new("https://downloads.majestic.com/majestic_million.csv");

    public Uri Url { get; init; } = MajesticMillion;

    public required string UserAgent { get; init; }

    /// <summary>Tries in all.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Before the second try; doubled for each further one, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For one try as a whole. 80 MB take a minute over 10 Mbit/s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Fewer names are an error page or the beginning of a list.</summary>
    public long MinimumNames { get; init; } = 1;

    /// <summary>1 GB: more than ten times the largest list that anybody publishes daily.</summary>
    public long MaximumBytes { get; init; } = 1L << 30;

    /// <summary>The form that a list from here has; null when any will do.</summary>
    public ListFormat? Format { get; init; }
}

/// <summary>What came is not the list; asking again would bring the same.</summary>
public sealed class ListRefusedException(string message) : Exception(message);

/// <summary>
/// Gets today's list from its URL: asks whether it changed (If-None-Match, RFC 9110 section 13.1.2), tries again what may pass, looks at what came
/// before it takes the place of the last one, and falls back to the last one when nothing usable came.
/// </summary>
public sealed class ListFetcher(ListShelf shelf, ListFetchOptions options, TimeProvider time)
{
    /// <summary>The server's own word for how long to wait is heeded up to here.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(2);

    /// <exception cref="InputException">No list came, and none is kept.</exception>
    public async Task<ListChoice> FetchAsync(DateOnly date, CancellationToken cancellationToken)
    {
        var last = shelf.Last(options.Url.AbsoluteUri);
        try
        {
            using var client = NewClient();
            return await Retrying().ExecuteAsync(async ct => await TryAsync(client, last, date, ct).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ListRefusedException or InputException or HttpRequestException or IOException or TimeoutException)
        {
            File.Delete(shelf.TemporaryPath);
            string why = e.Message.TrimEnd('.');
            if (last is null) throw new InputException($"{options.Url}: {why}. No earlier list is kept: try again later, or name a file with --list FILE.", e);
            return new ListChoice(last, ListOrigin.Fallback, $"{options.Url}: {why}. The list of {NightlyFolder.Text(last.Date)} is scanned again.");
        }
    }

    private HttpClient NewClient()
    {
        var handler = new SocketsHttpHandler { MaxAutomaticRedirections = 5, UseProxy = !options.Url.IsLoopback, ConnectTimeout = TimeSpan.FromSeconds(30) };
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", options.UserAgent);
        return client;
    }

    private ResiliencePipeline Retrying()
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (options.Attempts > 1)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.Attempts - 1,
                Delay = options.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(MayPass).Handle<IOException>().Handle<TimeoutException>(),
                DelayGenerator = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is StatusException { RetryAfter: { } wait } ? (TimeSpan?)(wait < _longestWait ? wait : _longestWait) : null),
            });
        }
        return builder.Build();
    }

    /// <summary>No answer, or an answer that a later one may differ from (RFC 9110 sections 15.5.9 and 15.6, RFC 6585 section 4).</summary>
    private static bool MayPass(HttpRequestException e) => e.StatusCode is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private async Task<ListChoice> TryAsync(HttpClient client, KeptList? last, DateOnly date, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(options.AttemptTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeUp.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, options.Url);
            if (last?.Etag is { } etag) request.Headers.TryAddWithoutValidation("If-None-Match", etag);
            else if (last?.LastModified is { } modified) request.Headers.TryAddWithoutValidation("If-Modified-Since", modified);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotModified && last is not null) return new ListChoice(last, ListOrigin.Unchanged);
            if (response.StatusCode != HttpStatusCode.OK) throw new StatusException(response, time);
            if (response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml") throw new ListRefusedException("a web page came, and not a list");
            await SaveAsync(response.Content, stop.Token).ConfigureAwait(false);
            return Accept(response, last, date);
        }
        catch (OperationCanceledException) when (timeUp.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"not fetched within {options.AttemptTimeout.TotalMinutes.ToString(CultureInfo.InvariantCulture)} minutes");
        }
    }

    /// <exception cref="IOException">The disk failed, or the server ended before the length that it had announced.</exception>
    private async Task SaveAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(shelf.TemporaryPath, FileMode.Create, FileAccess.Write, FileShare.None);
        await using var body = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[1 << 16];
        long bytes = 0;
        while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int read)
        {
            bytes += read;
            if (bytes > options.MaximumBytes) throw new ListRefusedException(string.Create(CultureInfo.InvariantCulture, $"larger than {options.MaximumBytes:N0} octets"));
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
    }

    private ListChoice Accept(HttpResponseMessage response, KeptList? last, DateOnly date)
    {
        var (names, format) = ListCheck.Read(shelf.TemporaryPath);
        if (options.Format is { } wanted && format != wanted) throw new ListRefusedException($"the first line is not the header of a {wanted} list");
        if (names < options.MinimumNames) throw new ListRefusedException(string.Create(CultureInfo.InvariantCulture, $"only {names:N0} names, and at least {options.MinimumNames:N0} are expected (--list-min)"));
        if (last is not null && format != last.Format) throw new ListRefusedException($"the form changed from {last.Format} to {format}");
        // Without a length in the answer a connection that broke looks like the end. A daily list that lost half its names overnight has not changed, it is cut short.
        if (last is not null && names < last.Names / 2) throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{names:N0} names where the last list had {last.Names:N0}: cut short"));

        string hash = ListShelf.HashOf(shelf.TemporaryPath);
        string? etag = response.Headers.TryGetValues("ETag", out var etags) ? etags.First() : null;
        string? modified = response.Content.Headers.TryGetValues("Last-Modified", out var dates) ? dates.First() : null;
        if (last is not null && hash == last.Sha256)
        {
            File.Delete(shelf.TemporaryPath);
            return new ListChoice(shelf.Replace(last, last with { Etag = etag, LastModified = modified }), ListOrigin.Unchanged);
        }
        var list = new KeptList("", date, options.Url.AbsoluteUri, etag, modified, hash, new FileInfo(shelf.TemporaryPath).Length, names, format);
        return new ListChoice(shelf.Add(shelf.TemporaryPath, Path.GetFileName(options.Url.AbsolutePath), list), ListOrigin.Downloaded);
    }

    private sealed class StatusException(HttpResponseMessage response, TimeProvider time)
        : HttpRequestException($"the server answered {(int)response.StatusCode}", null, response.StatusCode)
    {
        public TimeSpan? RetryAfter { get; } = Wait(response.Headers.RetryAfter, time);

        private static TimeSpan? Wait(RetryConditionHeaderValue? header, TimeProvider time) =>
            (header?.Delta ?? (header?.Date - time.GetUtcNow())) is { } wait && wait > TimeSpan.Zero ? wait : null;
    }
}

/// <summary>Is a file a list of names?</summary>
public static class ListCheck
{
    /// <summary>A real list has a handful of bad lines in a million; of a web page nearly every line is bad.</summary>
    private const double MostBadLines = 0.1;

    /// <returns>Lines with a name, and the form.</returns>
    /// <exception cref="InputException">It is no text, or a damaged archive.</exception>
    /// <exception cref="ListRefusedException">Too many lines are no names.</exception>
    public static (long Names, ListFormat Format) Read(string file)
    {
        using var source = ListSource.Open(file);
        using var text = source.OpenText();
        var reader = new RankedListReader(text, Path.GetFileName(file));
        long names = 0, bad = 0;
        string? first = null;
        while (reader.Read(out var record))
        {
            if (record.Problem is { } problem) (bad, first) = (bad + 1, first ?? string.Create(CultureInfo.InvariantCulture, $"line {record.Line}: {problem}"));
            else names++;
        }
        if (names == 0 || bad > MostBadLines * (names + bad))
            throw new ListRefusedException(string.Create(CultureInfo.InvariantCulture, $"this is not a list of names: {bad:N0} of {names + bad:N0} lines are bad ({first ?? "it is empty"})"));
        return (names, reader.Format);
    }
}
