using System.Text;
using System.Text.Json;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.MtaSts.TestCertificates;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>A policy that arrives, and the rungs of HTTP and its body (classification.md 6.2, F10 to F13); turns, cancellation.</summary>
public sealed class HttpsPolicyFetcherTests : PolicyFetchTest
{
    [Fact]
    public async Task A_good_policy_arrives()
    {
        await using var server = Serving(Policy);
        var fetch = await FetchAsync(server);
        Assert.Equal((null, null, 200, "text/plain", true, false),
            (fetch.FailedStage, fetch.Error, fetch.HttpStatus, fetch.MediaType, fetch.MediaTypeOk, fetch.Transient));
        Assert.Equal(Policy, Encoding.ASCII.GetString(fetch.Body!));
        Assert.Contains(fetch.TlsVersion, new[] { "1.2", "1.3" });
        Assert.Equal(Host, server.ServerName);
        Assert.StartsWith("GET /.well-known/mta-sts.txt HTTP/1.1\r\n", server.Request, StringComparison.Ordinal);
        Assert.Contains($"Host: {Host}\r\n", server.Request, StringComparison.Ordinal);
        Assert.Contains("User-Agent: scanner-tests/1.0 (+https://example.org)\r\n", server.Request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_a.-b-.example.com")]
    [InlineData("xn--mnchen-3ya.example.com")]
    public async Task Odd_names_are_asked_for_as_they_are(string name)
    {
        await using var server = LoopbackServer.Https(Leaf(Root, dnsNames: ["*." + name]), [], Response("200 OK", "text/plain", Policy));
        var fetch = await FetchAsync(server, new FakeResolver().A("mta-sts." + name, "127.0.0.1"), name: name);
        Assert.Null(fetch.Error);
        Assert.Contains($"Host: mta-sts.{name}\r\n", server.Request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("201 Created", MtaStsError.HttpOtherStatus)]
    [InlineData("204 No Content", MtaStsError.HttpOtherStatus)]
    [InlineData("206 Partial Content", MtaStsError.HttpOtherStatus)]
    [InlineData("304 Not Modified", MtaStsError.HttpRedirect)]
    [InlineData("401 Unauthorized", MtaStsError.Http4xx)]
    [InlineData("403 Forbidden", MtaStsError.Http403)]
    [InlineData("404 Not Found", MtaStsError.Http404)]
    [InlineData("429 Too Many Requests", MtaStsError.Http4xx)]
    [InlineData("503 Service Unavailable", MtaStsError.Http5xx)]
    [InlineData("600 Strange", MtaStsError.HttpOtherStatus)]
    public async Task F12_Only_200_is_a_policy(string status, MtaStsError error)
    {
        // RFC 9110 §6.4.1: these two have no content.
        string body = status[..3] is "204" or "304" ? "" : Policy;
        await using var server = LoopbackServer.Https(Good, [Intermediate], Response(status, "text/plain", body));
        var fetch = await FetchAsync(server);
        bool transient = error == MtaStsError.Http5xx || status[..3] == "429";
        Assert.Equal((MtaStsStage.Http, error, int.Parse(status[..3], null), transient),
            (fetch.FailedStage, fetch.Error, fetch.HttpStatus, fetch.Transient));
        Assert.Null(fetch.Body);
    }

    [Theory]
    [InlineData("https://WWW.example.com/.well-known/mta-sts.txt", "www.example.com")]
    [InlineData("/elsewhere", Host)]
    [InlineData("//other.example/x", "other.example")]
    [InlineData("http://169.254.169.254/latest", "169.254.169.254")]
    [InlineData("http://[", null)]
    public async Task F10_Redirects_are_not_followed(string location, string? redirectHost)
    {
        byte[] response = Encoding.ASCII.GetBytes($"HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        await using var server = LoopbackServer.Https(Good, [Intermediate], response);
        var fetch = await FetchAsync(server);
        Assert.Equal((MtaStsStage.Http, MtaStsError.HttpRedirect, redirectHost, 1), (fetch.FailedStage, fetch.Error, fetch.RedirectHost, server.Accepted));
    }

    [Fact]
    public async Task F11_Another_media_type_is_noted_and_no_failure()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Response("200 OK", "text/html; charset=utf-8", Policy));
        var fetch = await FetchAsync(server);
        Assert.Equal((null, "text/html", false), (fetch.Error, fetch.MediaType, fetch.MediaTypeOk));
    }

    [Theory]
    [InlineData("text/plain", null)]
    [InlineData("text/html", MtaStsError.WrongContentType)]
    public async Task In_strict_mode_another_media_type_is_a_failure(string mediaType, MtaStsError? error)
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Response("200 OK", mediaType, Policy));
        var fetcher = new HttpsPolicyFetcher(Resolver(), Options(server.Port) with { StrictMediaType = true }, Time);
        var fetch = await fetcher.FetchAsync("example.com", CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((error, error is null ? null : MtaStsStage.Body, Policy), (fetch.Error, fetch.FailedStage, Encoding.ASCII.GetString(fetch.Body!)));
    }

    [Theory]
    [InlineData("Retry-After: 120", 120)]
    [InlineData("Date: Mon, 01 Jun 2026 12:00:00 GMT\r\nRetry-After: Mon, 01 Jun 2026 12:01:00 GMT", 60)]
    [InlineData("Retry-After: soon", null)]
    [InlineData("X-Other: 1", null)]
    public async Task Retry_After_is_noted(string headers, int? seconds)
    {
        byte[] response = Encoding.ASCII.GetBytes($"HTTP/1.1 503 Service Unavailable\r\n{headers}\r\nContent-Length: 0\r\n\r\n");
        await using var server = LoopbackServer.Https(Good, [Intermediate], response);
        var fetch = await FetchAsync(server);
        Assert.Equal((MtaStsError.Http5xx, seconds), (fetch.Error, (int?)fetch.RetryAfter?.TotalSeconds));
    }

    [Fact]
    public async Task A_name_whose_turn_never_comes_is_unknown_and_asks_nobody()
    {
        await using var server = Serving(Policy);
        using var turns = new PolicyFetchTurns(PolitenessOptions.None with { PerAddress = 1, MaxWait = TimeSpan.FromMinutes(5) }, 10, Time);
        using var other = await turns.WaitAsync("other.example", "127.0.0.1", CancellationToken.None);
        var fetching = new HttpsPolicyFetcher(Resolver(), Options(server.Port), Time, turns).FetchAsync("example.com", CancellationToken.None).AsTask();
        Time.Advance(TimeSpan.FromMinutes(5));
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((true, true, null, 0), (fetch.NotAsked, fetch.Transient, fetch.Error, server.Accepted));

        var record = MtaStsClassifier.ClassifyRecord(new FakeResolver().Txt("_mta-sts.example.com", "v=STSv1; id=1;").Query("_mta-sts.example.com", DnsRecordType.Txt));
        var result = MtaStsClassifier.Classify(record, fetch, null);
        Assert.Equal((MtaStsStatus.Unknown, null, null), (result.Status, result.Stage, result.Error));
    }

    [Fact]
    public async Task Waiting_for_the_turn_is_no_part_of_the_deadline()
    {
        await using var server = Serving(Policy);
        using var turns = new PolicyFetchTurns(PolitenessOptions.None with { PerAddress = 1 }, 10, Time);
        var other = await turns.WaitAsync("other.example", "127.0.0.1", CancellationToken.None);
        var fetching = new HttpsPolicyFetcher(Resolver(), Options(server.Port), Time, turns).FetchAsync("example.com", CancellationToken.None).AsTask();
        Time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(fetching.IsCompleted);
        other!.Dispose();
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((null, 0), (fetch.Error, fetch.Milliseconds));
    }

    [Fact]
    public async Task Content_types_of_others()
    {
        const string File = "mtasts/content-type.jsonl";
        string? path = SharedVectors.Find(File);
        if (path is null) Assert.Skip(SharedVectors.Missing(File));
        foreach (string line in System.IO.File.ReadLines(path))
        {
            using var vector = JsonDocument.Parse(line);
            await using var server = LoopbackServer.Https(Good, [Intermediate], Response("200 OK", vector.RootElement.GetProperty("input").GetString()!, Policy));
            bool expected = vector.RootElement.GetProperty("expect").GetString() == "true";
            Assert.True((await FetchAsync(server)).MediaTypeOk == expected, line);
        }
    }

    [Fact]
    public async Task F13_A_body_over_64_KiB_is_cut_off()
    {
        await using var server = Serving(Policy + new string('x', 70_000));
        var fetch = await FetchAsync(server);
        Assert.Equal((MtaStsStage.Body, MtaStsError.BodyTooLarge, 65_537), (fetch.FailedStage, fetch.Error, fetch.Body!.Length));

        await using var exact = Serving(Policy + new string('x', 65_536 - Policy.Length));
        Assert.Equal(65_536, (await FetchAsync(exact)).Body!.Length);
    }

    [Fact]
    public async Task A_body_without_end_is_cut_off_too()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"u8.ToArray());
            while (true) await stream.WriteAsync(new byte[16_384]);
        });
        Assert.Equal(MtaStsError.BodyTooLarge, (await FetchAsync(server)).Error);
    }

    [Fact]
    public async Task A_body_that_ends_with_the_connection_is_whole()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + Policy));
        Assert.Equal(Policy, Encoding.ASCII.GetString((await FetchAsync(server)).Body!));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", false, "no HTTP")]
    [InlineData("", true, "closed without an answer: may pass")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nversion", false, "shorter than promised")]
    public async Task What_is_no_HTTP(string response, bool transient, string why)
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], Encoding.ASCII.GetBytes(response));
        var fetch = await FetchAsync(server);
        Assert.True((fetch.FailedStage, fetch.Error, fetch.Transient) == (MtaStsStage.Http, MtaStsError.HttpProtocolError, transient), why);
    }

    [Fact]
    public async Task Headers_over_32_KiB_are_not_read()
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
            while (true) await stream.WriteAsync("X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"u8.ToArray());
        });
        Assert.Equal((MtaStsStage.Http, MtaStsError.HttpProtocolError), StageAndError(await FetchAsync(server)));
    }

    [Theory]
    [InlineData("", "no headers")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", "only interim responses")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nver", "the body stops")]
    public async Task Answers_that_stall(string beginning, string why)
    {
        await using var server = LoopbackServer.Https(Good, [Intermediate], async (self, stream) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
            await self.StallAsync();
        });
        var fetch = await FetchUntilDeadlineAsync(server);
        Assert.True((fetch.FailedStage, fetch.Error, fetch.Transient) == (MtaStsStage.Http, MtaStsError.HttpTimeout, true), why);
    }

    [Fact]
    public async Task The_callers_cancellation_is_thrown_and_is_no_finding()
    {
        await using var server = LoopbackServer.Tcp(StallAfterClientHelloAsync);
        using var cancel = new CancellationTokenSource();
        var fetching = new HttpsPolicyFetcher(Resolver(), Options(server.Port), Time).FetchAsync("example.com", cancel.Token).AsTask();
        await server.Stalled.WaitAsync(TimeSpan.FromSeconds(30));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching.WaitAsync(TimeSpan.FromSeconds(30)));
    }
}
