using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Scanner.Dns.Resolve;

namespace Scanner.Dns.Tests.Resolve;

public sealed class CachingResolverTests
{
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt);

    private readonly FakeTimeProvider _time = new();
    private readonly Inner _inner = new();

    [Fact]
    public async Task Second_question_is_answered_from_memory_without_history()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        _inner.Answer = q => Ok(q, 60) with { Tries = 2, FailedTries = [DnsStatus.Servfail], Milliseconds = 9 };
        var first = await cache.QueryAsync(Question, default);
        var second = await cache.QueryAsync(Question, default);
        Assert.Equal((2, 1, 9.0), (first.Tries, first.FailedTries.Count, first.Milliseconds));
        Assert.Equal((0, 0, 0.0), (second.Tries, second.FailedTries.Count, second.Milliseconds));
        Assert.Same(first.Records, second.Records);
        Assert.Equal((1, 1, 0, 1), (cache.Hits, cache.Misses, cache.Coalesced, _inner.Asked.Count));
    }

    [Fact]
    public async Task Name_and_type_are_the_key()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        await cache.QueryAsync(Question, default);
        await cache.QueryAsync(Question with { Type = DnsRecordType.Mx }, default);
        await cache.QueryAsync(Question with { Name = "example.net" }, default);
        Assert.Equal(3, _inner.Asked.Count);
    }

    [Theory]
    [InlineData(DnsStatus.Ok, 300u, 300)]
    [InlineData(DnsStatus.Ok, 604_800u, 86_400)]
    [InlineData(DnsStatus.Nxdomain, 900u, 900)]
    [InlineData(DnsStatus.Nodata, 60u, 60)]
    [InlineData(DnsStatus.Timeout, 0u, 5)]
    [InlineData(DnsStatus.Servfail, 0u, 5)]
    [InlineData(DnsStatus.Bogus, 0u, 5)]
    public async Task Kept_until_the_ttl_is_over(DnsStatus status, uint ttl, int expectedSeconds)
    {
        var cache = new CachingResolver(_inner, 10, _time);
        _inner.Answer = q => Ok(q, ttl) with { Status = status };
        await cache.QueryAsync(Question, default);
        _time.Advance(TimeSpan.FromSeconds(expectedSeconds - 0.001));
        await cache.QueryAsync(Question, default);
        Assert.Single(_inner.Asked);
        _time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(status, (await cache.QueryAsync(Question, default)).Status);
        Assert.Equal(2, _inner.Asked.Count);
        // And the refreshed answer is kept again, in the same place.
        await cache.QueryAsync(Question, default);
        Assert.Equal((2, 1), (_inner.Asked.Count, cache.Count));
    }

    [Theory]
    [InlineData(DnsStatus.Ok)]
    [InlineData(DnsStatus.Nxdomain)]
    public async Task Ttl_of_zero_is_not_kept(DnsStatus status)
    {
        var cache = new CachingResolver(_inner, 10, _time);
        _inner.Answer = q => Ok(q, 0) with { Status = status };
        await cache.QueryAsync(Question, default);
        await cache.QueryAsync(Question, default);
        Assert.Equal((2, 0), (_inner.Asked.Count, cache.Count));
    }

    // What a lying resolver denied is not handed on, nor found again when it is trusted again; what exists stays.
    [Fact]
    public async Task Denials_are_not_remembered_while_they_are_distrusted()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        var existing = Question with { Name = "exists.example" };
        _inner.Answer = q => q == existing ? Ok(q, 600) : DnsAnswer.Without(q, DnsStatus.Nxdomain) with { Ttl = 600 };
        foreach (var question in (DnsQuestion[])[Question, existing]) await cache.QueryAsync(question, default);
        cache.DistrustDenials();
        for (int i = 0; i < 2; i++) await cache.QueryAsync(Question, default);
        await cache.QueryAsync(existing, default);
        Assert.Equal(4, _inner.Asked.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        cache.TrustDenials();
        for (int i = 0; i < 3; i++) await cache.QueryAsync(Question, default);
        await cache.QueryAsync(existing, default);
        Assert.Equal(5, _inner.Asked.Count);
    }

    [Fact]
    public async Task A_thousand_askers_are_one_query()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        var gate = new TaskCompletionSource();
        _inner.Gate = gate.Task;
        _inner.Answer = q => Ok(q, 60) with { Tries = 1 };
        var asking = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => cache.QueryAsync(Question, default).AsTask())).ToArray();
        while (cache.Misses + cache.Coalesced < 1000) await Task.Yield();
        gate.SetResult();
        var answers = await Task.WhenAll(asking);
        Assert.Single(_inner.Asked);
        Assert.Equal(1, answers.Sum(a => a.Tries));
        Assert.All(answers, a => Assert.Equal(DnsStatus.Ok, a.Status));
        Assert.Equal((0, 1, 999), (cache.Hits, cache.Misses, cache.Coalesced));
    }

    [Fact]
    public async Task The_first_asker_may_leave_without_failing_the_others()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        var gate = new TaskCompletionSource();
        _inner.Gate = gate.Task;
        using var cancel = new CancellationTokenSource();
        var first = cache.QueryAsync(Question, cancel.Token).AsTask();
        var second = cache.QueryAsync(Question, default).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        gate.SetResult();
        Assert.Equal(DnsStatus.Ok, (await second).Status);
        Assert.Single(_inner.Asked);
    }

    [Fact]
    public async Task When_all_have_left_the_query_is_cancelled_and_the_next_asker_starts_anew()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        var gate = new TaskCompletionSource();
        _inner.Gate = gate.Task;
        using var cancel = new CancellationTokenSource();
        var asking = Enumerable.Range(0, 3).Select(_ => cache.QueryAsync(Question, cancel.Token).AsTask()).ToArray();
        await cancel.CancelAsync();
        foreach (var task in asking) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.True(_inner.LastToken.IsCancellationRequested);
        gate.SetResult();
        Assert.Equal(DnsStatus.Ok, (await cache.QueryAsync(Question, default)).Status);
        Assert.Equal(2, _inner.Asked.Count);
    }

    [Fact]
    public async Task A_cancelled_token_is_noticed_before_asking()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.QueryAsync(Question, new CancellationToken(canceled: true)).AsTask());
        Assert.Empty(_inner.Asked);
    }

    [Fact]
    public async Task The_end_of_the_scan_reaches_everybody_and_is_not_kept()
    {
        var cache = new CachingResolver(_inner, 10, _time);
        var gate = new TaskCompletionSource();
        _inner.Gate = gate.Task;
        _inner.Answer = _ => throw new ResolverUnreachableException("gone");
        var asking = Enumerable.Range(0, 3).Select(_ => cache.QueryAsync(Question, default).AsTask()).ToArray();
        gate.SetResult();
        foreach (var task in asking) await Assert.ThrowsAsync<ResolverUnreachableException>(() => task);
        _inner.Answer = q => Ok(q, 60);
        Assert.Equal(DnsStatus.Ok, (await cache.QueryAsync(Question, default)).Status);
    }

    [Fact]
    public async Task Memory_is_bounded()
    {
        var cache = new CachingResolver(_inner, 100, _time);
        for (int i = 0; i < 1000; i++) await cache.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), default);
        Assert.Equal(100, cache.Count);
    }

    [Fact]
    public async Task What_is_asked_often_survives_what_is_asked_once()
    {
        var cache = new CachingResolver(_inner, 100, _time);
        for (int i = 0; i < 1000; i++)
        {
            await cache.QueryAsync(Question, default);
            await cache.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), default);
        }
        Assert.Equal(1, _inner.Asked.Count(q => q == Question));
    }

    [Fact]
    public async Task Expired_entries_go_first()
    {
        var cache = new CachingResolver(_inner, 2, _time);
        _inner.Answer = q => Ok(q, q.Name == "short.com" ? 10u : 1000u);
        await cache.QueryAsync(new DnsQuestion("long.com", DnsRecordType.A), default);
        await cache.QueryAsync(new DnsQuestion("short.com", DnsRecordType.A), default);
        await cache.QueryAsync(new DnsQuestion("short.com", DnsRecordType.A), default);
        await cache.QueryAsync(new DnsQuestion("long.com", DnsRecordType.A), default);
        _time.Advance(TimeSpan.FromSeconds(11));
        await cache.QueryAsync(new DnsQuestion("new.com", DnsRecordType.A), default);
        await cache.QueryAsync(new DnsQuestion("long.com", DnsRecordType.A), default);
        Assert.Equal(1, _inner.Asked.Count(q => q.Name == "long.com"));
    }

    [Fact]
    public async Task Many_threads_on_a_small_cache()
    {
        var cache = new CachingResolver(_inner, 16, _time);
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, token) =>
        {
            var question = new DnsQuestion($"n{i * 7919 % 50}.com", DnsRecordType.A);
            Assert.Equal(question, (await cache.QueryAsync(question, token)).Question);
        });
        Assert.InRange(cache.Count, 1, 16);
        Assert.Equal(20_000, cache.Hits + cache.Misses + cache.Coalesced);
    }

    private static DnsAnswer Ok(DnsQuestion question, uint ttl) =>
        new() { Question = question, Status = DnsStatus.Ok, Ttl = ttl, Records = [TxtRecord.FromText(question.Name, ttl, "x")] };

    private sealed class Inner : IResolver
    {
        public ConcurrentQueue<DnsQuestion> Asked { get; } = new();

        public Func<DnsQuestion, DnsAnswer> Answer { get; set; } = q => Ok(q, 60);

        public Task Gate { get; set; } = Task.CompletedTask;

        public CancellationToken LastToken { get; private set; }

        public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            Asked.Enqueue(question);
            LastToken = cancellationToken;
            await Gate.WaitAsync(cancellationToken);
            return Answer(question);
        }
    }
}
