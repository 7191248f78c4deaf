using Microsoft.Extensions.Time.Testing;
using Scanner.Dns.Resolve;
using static Scanner.Dns.Tests.Resolve.ScriptedTransport;

namespace Scanner.Dns.Tests.Resolve;

/// <summary>Who has a say in an answer has it with every resolver, those that know nothing of it too.</summary>
public sealed class AskerTests
{
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt);

    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _open = new();

    public static TheoryData<string> Resolvers => ["stub", "stub-hedged", "cache", "plain"];

    [Theory]
    [MemberData(nameof(Resolvers))]
    public async Task Answer_is_what_the_asker_makes_of_it(string kind)
    {
        _open.SetResult();
        var asker = new Asker();
        var answer = await Create(kind).QueryAsync(Question, asker, default);
        Assert.Equal((DnsStatus.Nxdomain, 7), (answer.Status, answer.Pass));
        Assert.Equal(1, Assert.Single(asker.Taken).Pass);
    }

    [Theory]
    [MemberData(nameof(Resolvers))]
    public async Task At_the_end_of_the_time_the_asker_says_what_stands_for_the_answer(string kind)
    {
        using var cancel = new CancellationTokenSource();
        var asker = new Asker { Instead = DnsAnswer.Without(Question, DnsStatus.Timeout) };
        var asking = Create(kind).QueryAsync(Question, asker, cancel.Token).AsTask();
        Assert.False(asking.IsCompleted);
        await cancel.CancelAsync();
        var answer = await asking;
        Assert.Equal((DnsStatus.Timeout, 7), (answer.Status, answer.Pass));
        Assert.Same(asker.Instead, Assert.Single(asker.Taken));
    }

    [Theory]
    [MemberData(nameof(Resolvers))]
    public async Task Or_lets_the_cancellation_go_on(string kind)
    {
        using var cancel = new CancellationTokenSource();
        var asker = new Asker();
        var asking = Create(kind).QueryAsync(Question, asker, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Empty(asker.Taken);
    }

    [Fact]
    public async Task Name_that_is_too_long_is_taken_too()
    {
        var asker = new Asker();
        var answer = await Create("stub").QueryAsync(new DnsQuestion(new string('a', 64) + ".example.com", DnsRecordType.Txt), asker, default);
        Assert.Equal((DnsStatus.NameTooLong, 7), (answer.Status, answer.Pass));
        Assert.Single(asker.Taken);
    }

    [Fact]
    public async Task Those_who_share_a_query_each_take_the_answer_and_none_sees_what_another_made_of_it()
    {
        var cache = Create("cache");
        Asker[] askers = [new(), new(), new()];
        var asking = askers.Take(2).Select(asker => cache.QueryAsync(Question, asker, default).AsTask()).ToList();
        _open.SetResult();
        await Task.WhenAll(asking);
        await cache.QueryAsync(Question, askers[2], default); // from memory
        Assert.All(askers, asker => Assert.Equal(1, Assert.Single(asker.Taken).Pass));
        Assert.Equal([1, 0, 0], askers.Select(asker => asker.Taken[0].Tries));
    }

    [Fact]
    public async Task The_one_who_begins_a_query_says_whom_not_to_ask_first()
    {
        _open.SetResult();
        var cache = new CachingResolver(Stub(new ResolverOptions { QueriesPerSecond = 0 }), 10, _time);
        for (int i = 0; i < 6; i++)
        {
            var question = Question with { Name = $"n{i}.example" };
            Assert.Equal("192.0.2.2:53", (await cache.QueryAsync(question, new Asker { Avoids = "192.0.2.1:53" }, default)).AskedLast);
        }
    }

    private IResolver Create(string kind)
    {
        var options = new ResolverOptions { QueriesPerSecond = 0, Hedge = kind == "stub-hedged" };
        return kind switch
        {
            "cache" => new CachingResolver(Stub(options), 10, _time),
            "plain" => new Plain(Stub(options)),
            _ => Stub(options),
        };
    }

    private StubResolver Stub(ResolverOptions options) =>
        new(options, [.. Enumerable.Range(1, 2).Select(n => new ScriptedTransport(n, _time, _ => Rcode(3)) { Gate = _open.Task })], _time);

    /// <summary>One of those that only answer.</summary>
    private sealed class Plain(IResolver inner) : IResolver
    {
        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => inner.QueryAsync(question, cancellationToken);
    }
}

/// <summary>Makes pass 7 of every answer.</summary>
internal sealed class Asker : IAsker
{
    public List<DnsAnswer> Taken { get; } = [];

    public string? Avoids { get; init; }

    public DnsAnswer? Instead { get; init; }

    public string? NotFirst(DnsQuestion question) => Avoids;

    public DnsAnswer Take(DnsAnswer answer)
    {
        Taken.Add(answer);
        return answer with { Pass = 7 };
    }

    public DnsAnswer? OnCancelled(DnsQuestion question) => Instead;
}
