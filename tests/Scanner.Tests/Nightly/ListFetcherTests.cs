using Scanner.Input;
using Scanner.Nightly;

namespace Scanner.Tests.Nightly;

public sealed class ListFetcherTests : IDisposable
{
    private static readonly DateOnly Monday = new(2026, 11, 23), Tuesday = new(2026, 11, 24);

    private readonly TemporaryFolder _folder = new();

    private string Lists => _folder.Path("lists");

    public void Dispose() => _folder.Dispose();

    private static string Majestic(int names, string header = "GlobalRank,TldRank,Domain,TLD") =>
        header + "\n" + string.Concat(Enumerable.Range(1, names).Select(i => $"{i},{i},name{i}.com,com\n"));

    private Task<ListChoice> FetchAsync(ListServer server, DateOnly date, int attempts = 1, ListFormat? format = ListFormat.MajesticMillion, long minimum = 1) =>
        new ListFetcher(ListShelf.Open(Lists), new ListFetchOptions
        {
            Url = server.Url,
            UserAgent = "test",
            Attempts = attempts,
            RetryDelay = TimeSpan.FromMilliseconds(1),
            Format = format,
            MinimumNames = minimum,
        }, TimeProvider.System).FetchAsync(date, TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_new_list_is_kept_by_its_date_and_an_unchanged_one_is_not_fetched_again()
    {
        await using var server = await ListServer.StartAsync(ListServer.Text(Majestic(50)));
        var first = await FetchAsync(server, Monday);
        Assert.Equal((ListOrigin.Downloaded, "list-2026-11-23.csv", 50L), (first.Origin, first.List.File, first.List.Names));
        Assert.Equal(Majestic(50), await File.ReadAllTextAsync(Path.Combine(Lists, first.List.File), TestContext.Current.CancellationToken));

        var second = await FetchAsync(server, Tuesday);
        Assert.Equal((ListOrigin.Unchanged, "list-2026-11-23.csv"), (second.Origin, second.List.File));
        Assert.Equal([null, "\"1\""], server.Asked);
        Assert.Equal(["index.json", "list-2026-11-23.csv"], Directory.GetFiles(Lists).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_list_that_was_tampered_with_is_fetched_anew()
    {
        await using var server = await ListServer.StartAsync(ListServer.Text(Majestic(50)));
        var first = await FetchAsync(server, Monday);
        await File.AppendAllTextAsync(Path.Combine(Lists, first.List.File), "51,51,more.com,com\n", TestContext.Current.CancellationToken);
        Assert.Equal(ListOrigin.Downloaded, (await FetchAsync(server, Tuesday)).Origin);
        Assert.Equal([null, null], server.Asked);
    }

    [Fact]
    public async Task A_server_without_etag_that_sends_the_same_octets_has_the_same_list()
    {
        await using var server = await ListServer.StartAsync(ListServer.Text(Majestic(50), "\"1\""), ListServer.Text(Majestic(50), "\"2\""));
        await FetchAsync(server, Monday);
        var second = await FetchAsync(server, Tuesday);
        Assert.Equal((ListOrigin.Unchanged, "\"2\""), (second.Origin, second.List.Etag));
    }

    [Fact]
    public async Task What_may_pass_is_tried_again()
    {
        await using var server = await ListServer.StartAsync(ListServer.Status(500), ListServer.Status(429), ListServer.CutShort(Majestic(5000)), ListServer.Text(Majestic(5000)));
        Assert.Equal(ListOrigin.Downloaded, (await FetchAsync(server, Monday, attempts: 4)).Origin);
        Assert.Equal(4, server.Asked.Count);
    }

    [Fact]
    public async Task What_will_not_pass_is_not_tried_again()
    {
        await using var server = await ListServer.StartAsync(ListServer.Status(404));
        var e = await Assert.ThrowsAsync<InputException>(() => FetchAsync(server, Monday, attempts: 4));
        Assert.Contains("404", e.Message, StringComparison.Ordinal);
        Assert.Contains("--list FILE", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Asked);
        Assert.Empty(Directory.GetFiles(Lists));
    }

    public static TheoryData<string, string> Unusable => new()
    {
        { "500", "answered 500" },
        { "cut short", "" },
        { "half of the names", "cut short" },
        { "wrong header", "is not" },
        { "web page", "web page" },
        { "web page as text", "is not" },
        { "empty", "empty" },
        { "binary", "not text" },
        { "other form", "header" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task An_unusable_answer_leaves_the_last_list_in_its_place_and_says_why(string answer, string why)
    {
        const string page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><p>Please accept the terms of this network.</p></body></html>\n";
        await using var server = await ListServer.StartAsync(ListServer.Text(Majestic(5000)), answer switch
        {
            "500" => ListServer.Status(500),
            "cut short" => ListServer.CutShort(Majestic(5000)),
            "half of the names" => ListServer.Text(Majestic(2400), "\"2\""),
            "wrong header" => ListServer.Text(Majestic(5000, "GlobalRank,TldRank,Host,TLD"), "\"2\""),
            "web page" => ListServer.Text(page, "\"2\"", "text/html; charset=utf-8"),
            "web page as text" => ListServer.Text(page, "\"2\""),
            "empty" => ListServer.Text("", "\"2\""),
            "binary" => ListServer.Text("\0\0\0\0", "\"2\""),
            _ => ListServer.Text(string.Concat(Enumerable.Range(1, 5000).Select(i => $"{i},name{i}.com\n")), "\"2\""),
        });
        await FetchAsync(server, Monday);
        var second = await FetchAsync(server, Tuesday);
        Assert.Equal((ListOrigin.Fallback, "list-2026-11-23.csv"), (second.Origin, second.List.File));
        Assert.Contains(why, second.Note, StringComparison.Ordinal);
        Assert.Contains("2026-11-23 is scanned again", second.Note, StringComparison.Ordinal);
        Assert.Equal(Majestic(5000), await File.ReadAllTextAsync(Path.Combine(Lists, "list-2026-11-23.csv"), TestContext.Current.CancellationToken));
        Assert.Equal(["index.json", "list-2026-11-23.csv"], Directory.GetFiles(Lists).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Fewer_names_than_the_list_must_have_are_refused()
    {
        await using var server = await ListServer.StartAsync(ListServer.Text(Majestic(50)));
        var e = await Assert.ThrowsAsync<InputException>(() => FetchAsync(server, Monday, minimum: 51));
        Assert.Contains("only 50 names", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_falls_back_as_well()
    {
        var server = await ListServer.StartAsync(ListServer.Text(Majestic(50)));
        await FetchAsync(server, Monday);
        await server.DisposeAsync();
        Assert.Equal(ListOrigin.Fallback, (await FetchAsync(server, Tuesday, attempts: 2)).Origin);
    }
}
