using Microsoft.Extensions.Time.Testing;
using Scanner.Checks.MtaSts;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>Whose turn is it? The clock is the test's; nothing here connects to anything.</summary>
public sealed class PolicyFetchTurnsTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();

    private PolicyFetchTurns Turns(PolitenessOptions options, int places = 100) => new(options, places, _time);

    private static Task<PolicyFetchTurn?> Ask(PolicyFetchTurns turns, string target, string address) =>
        turns.WaitAsync(target, address, CancellationToken.None).AsTask();

    private static async Task<PolicyFetchTurn> Get(Task<PolicyFetchTurn?> asked) => Assert.IsType<PolicyFetchTurn>(await asked.WaitAsync(Guard));

    [Fact]
    public async Task One_address_gets_few_connections_at_once()
    {
        using var turns = Turns(PolitenessOptions.None with { PerAddress = 2 });
        var first = await Get(Ask(turns, "a", "11.0.0.1"));
        await Get(Ask(turns, "b", "11.0.0.1"));
        var third = Ask(turns, "c", "11.0.0.1");
        await Get(Ask(turns, "d", "11.0.0.2"));
        Assert.False(third.IsCompleted);
        first.Dispose();
        await Get(third);
    }

    [Fact]
    public async Task One_provider_gets_few_connections_at_once_whatever_its_addresses()
    {
        using var turns = Turns(PolitenessOptions.None with { PerTarget = 1 });
        var first = await Get(Ask(turns, "policies.provider.example", "11.0.0.1"));
        var second = Ask(turns, "policies.provider.example", "11.0.0.2");
        Assert.False(second.IsCompleted);
        first.Dispose();
        await Get(second);
    }

    [Fact]
    public async Task Between_two_fetches_from_one_address_there_is_a_gap()
    {
        using var turns = Turns(PolitenessOptions.None with { Gap = TimeSpan.FromMilliseconds(50) });
        (await Get(Ask(turns, "a", "11.0.0.1"))).Dispose();
        var second = Ask(turns, "b", "11.0.0.1");
        var third = Ask(turns, "c", "11.0.0.1");
        await Get(Ask(turns, "d", "11.0.0.2"));
        _time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.False(second.IsCompleted || third.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var next = await (await Task.WhenAny(second, third).WaitAsync(Guard));
        Assert.NotNull(next);
        Assert.False(second.IsCompleted && third.IsCompleted);
        // The one that lost the race asks again, and gets its turn a gap later.
        var last = ReferenceEquals(second.IsCompleted ? second : third, second) ? third : second;
        for (int i = 0; i < 1_000 && !last.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
        await Get(last);
    }

    [Fact]
    public async Task Who_waits_for_a_busy_provider_holds_no_place()
    {
        using var turns = Turns(PolitenessOptions.None with { PerTarget = 1 }, places: 2);
        var slow = await Get(Ask(turns, "slow.example", "11.0.0.1"));
        var waiting = Enumerable.Range(0, 1_000).Select(_ => Ask(turns, "slow.example", "11.0.0.1")).ToArray();
        // Of two places the provider has one; all others get through the second, one after the other.
        for (int i = 0; i < 100; i++) (await Get(Ask(turns, $"host{i}.example", $"11.0.1.{i}"))).Dispose();
        Assert.DoesNotContain(waiting, t => t.IsCompleted);
        slow.Dispose();
        foreach (var turn in waiting) (await Get(turn)).Dispose();
    }

    [Fact]
    public async Task Retry_After_holds_the_target_back_and_slows_the_address()
    {
        using var turns = Turns(PolitenessOptions.None with { Gap = TimeSpan.FromSeconds(1), MaxRetryAfter = TimeSpan.FromSeconds(60) });
        var overloaded = await Get(Ask(turns, "busy.example", "11.0.0.1"));
        overloaded.Note(503, TimeSpan.FromSeconds(30));
        overloaded.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        // A tenant of the same address waits for the address's own gap only, which is now twice as long for the next.
        (await Get(Ask(turns, "neighbour.example", "11.0.0.1"))).Dispose();
        var same = Ask(turns, "busy.example", "11.0.0.2");
        _time.Advance(TimeSpan.FromSeconds(28.9));
        Assert.False(same.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await Get(same);
    }

    [Theory]
    [InlineData(429, 86_400, 60, "a day is more than a run has")]
    [InlineData(503, null, 0, "no Retry-After: asked more slowly, but not held back")]
    [InlineData(500, 30, 0, "only 429 and 503 ask for less")]
    public async Task How_long_a_target_is_held_back(int status, int? retryAfter, int seconds, string why)
    {
        using var turns = Turns(PolitenessOptions.None);
        var turn = await Get(Ask(turns, "a.example", "11.0.0.1"));
        turn.Note(status, retryAfter is { } s ? TimeSpan.FromSeconds(s) : null);
        turn.Dispose();
        var next = Ask(turns, "a.example", "11.0.0.2");
        if (seconds > 0)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds - 0.001));
            Assert.False(next.IsCompleted, why);
            _time.Advance(TimeSpan.FromSeconds(0.001));
        }
        await Get(next);
    }

    [Fact]
    public async Task While_an_address_is_overloaded_its_gap_doubles_up_to_a_bound_and_shrinks_again()
    {
        using var turns = Turns(PolitenessOptions.None with { Gap = TimeSpan.FromSeconds(1), MaxGap = TimeSpan.FromSeconds(4) });
        var turn = await Get(Ask(turns, "first", "11.0.0.1"));
        // What a fetch is answered changes the gap for those after it; its own was set when it began.
        foreach (var (status, gap) in ((int, int)[])[(503, 1), (429, 2), (503, 4), (503, 4), (200, 4), (200, 2), (200, 1), (200, 1)])
        {
            turn.Note(status, null);
            turn.Dispose();
            var next = Ask(turns, "next", "11.0.0.1");
            _time.Advance(TimeSpan.FromSeconds(gap - 0.001));
            Assert.False(next.IsCompleted, $"{status}: before {gap} s");
            _time.Advance(TimeSpan.FromSeconds(0.001));
            turn = await Get(next);
        }
    }

    [Fact]
    public async Task A_turn_that_does_not_come_in_time_is_given_up_and_blocks_nobody()
    {
        using var turns = Turns(PolitenessOptions.None with { PerTarget = 1, MaxWait = TimeSpan.FromMinutes(5) });
        var slow = await Get(Ask(turns, "slow.example", "11.0.0.1"));
        var late = Ask(turns, "slow.example", "11.0.0.1");
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(await late.WaitAsync(Guard));
        slow.Dispose();
        await Get(Ask(turns, "slow.example", "11.0.0.1"));
    }

    [Fact]
    public async Task When_the_run_is_stopped_nobody_waits_any_more()
    {
        using var turns = Turns(PolitenessOptions.None with { PerTarget = 1 });
        var underWay = await Get(Ask(turns, "slow.example", "11.0.0.1"));
        var waiting = Ask(turns, "slow.example", "11.0.0.1");
        turns.GiveUp();
        Assert.Null(await waiting.WaitAsync(Guard));
        Assert.Null(await Ask(turns, "another.example", "11.0.0.2").WaitAsync(Guard));
        underWay.Dispose();
    }

    [Theory]
    [InlineData(1, 9, 9, "waits for its target")]
    [InlineData(9, 1, 9, "waits for its address, in the target")]
    [InlineData(9, 9, 1, "waits for a place, in both")]
    public async Task The_callers_cancellation_is_thrown_and_gives_everything_back(int perTarget, int perAddress, int places, string why)
    {
        using var turns = Turns(PolitenessOptions.None with { PerTarget = perTarget, PerAddress = perAddress }, places);
        var holder = await Get(Ask(turns, "a.example", "11.0.0.1"));
        using var cancel = new CancellationTokenSource();
        var asked = turns.WaitAsync("a.example", "11.0.0.1", cancel.Token).AsTask();
        Assert.False(asked.IsCompleted, why);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(Guard));
        holder.Dispose();
        (await Get(Ask(turns, "a.example", "11.0.0.1"))).Dispose();
    }

    [Fact]
    public async Task What_nobody_uses_is_forgotten()
    {
        using var turns = Turns(PolitenessOptions.None);
        for (int i = 0; i < 20_000; i++) (await Get(Ask(turns, $"host{i}", $"11.1.{i / 256}.{i % 256}"))).Dispose();
        Assert.InRange(turns.Gates, 1, 2 * 4_096 + 2);
    }
}
