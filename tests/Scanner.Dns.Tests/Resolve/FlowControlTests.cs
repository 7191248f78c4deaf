using Microsoft.Extensions.Time.Testing;
using Scanner.Dns.Resolve;

namespace Scanner.Dns.Tests.Resolve;

public sealed class FlowControlTests
{
    private readonly FakeTimeProvider _time = new();
    private ScriptedTransport[] _servers = [];

    [Fact]
    public async Task Who_came_first_goes_first()
    {
        var (flow, _) = Create(new ResolverOptions { QueriesPerSecond = 0, InFlight = 1 });
        var upstream = (await flow.EnterAsync(null, null, false, default))!;
        var order = new List<int>();
        var waiting = Enumerable.Range(0, 5).Select(WaitAsync).ToArray();
        flow.Leave(upstream, 0, 0, Pressure.None, true, false);
        await Task.WhenAll(waiting);
        Assert.Equal([0, 1, 2, 3, 4], order);

        async Task WaitAsync(int i)
        {
            var entered = (await flow.EnterAsync(null, null, false, default).ConfigureAwait(false))!;
            order.Add(i);
            flow.Leave(entered, 0, 0, Pressure.None, true, false);
        }
    }

    /// <summary>A transport that answers at once lets the next one go on inside the last one's end: not one level deeper for each.</summary>
    [Fact]
    public async Task A_long_queue_needs_no_deep_stack()
    {
        var (flow, _) = Create(new ResolverOptions { QueriesPerSecond = 0, InFlight = 1 });
        var upstream = (await flow.EnterAsync(null, null, false, default))!;
        int done = 0;
        var waiting = Enumerable.Range(0, 200_000).Select(_ => WaitAsync()).ToArray();
        flow.Leave(upstream, 0, 0, Pressure.None, true, false);
        await Task.WhenAll(waiting);
        Assert.Equal(200_000, done);

        async Task WaitAsync()
        {
            var entered = (await flow.EnterAsync(null, null, false, default).ConfigureAwait(false))!;
            done++;
            flow.Leave(entered, 0, 0, Pressure.None, true, false);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(150)]
    [InlineData(1000)]
    [InlineData(20_000)]
    public async Task Rate_is_kept_by_those_who_wait(int perSecond)
    {
        var (flow, statistics) = Create(new ResolverOptions { QueriesPerSecond = perSecond, InFlight = 65_000, AdaptiveCeiling = false });
        int entered = 0;
        for (int i = 0; i < 6 * perSecond; i++) _ = EnterAsync();
        Assert.InRange(entered, 1, 1 + (perSecond / 50));
        for (int step = 0; step < 500; step++) _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.InRange(entered, (int)(4.9 * perSecond), 1 + (int)(5.03 * perSecond));
        Assert.Equal(entered, statistics.Sent);

        async Task EnterAsync()
        {
            var upstream = (await flow.EnterAsync(null, null, false, default).ConfigureAwait(false))!;
            entered++;
            flow.Leave(upstream, 0, 0, Pressure.None, true, false);
        }
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_no_place()
    {
        var (flow, statistics) = Create(new ResolverOptions { QueriesPerSecond = 0, InFlight = 1 });
        var upstream = (await flow.EnterAsync(null, null, false, default))!;
        using var cancel = new CancellationTokenSource();
        var first = flow.EnterAsync(null, null, false, cancel.Token).AsTask();
        var second = flow.EnterAsync(null, null, false, default).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        flow.Leave(upstream, 0, 0, Pressure.None, answered: null, false);
        Assert.NotNull(await second);
        Assert.Equal((2, 1), (statistics.Sent, statistics.InFlight));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flow.EnterAsync(null, null, false, new CancellationToken(true)).AsTask());
    }

    [Fact]
    public async Task A_resolver_that_drops_its_answers_in_the_kernel_gets_fewer_queries()
    {
        var (flow, statistics) = Create(new ResolverOptions { QueriesPerSecond = 0, InFlight = 1000 }, servers: 2);
        int[] asked = new int[2];
        for (int step = 0; step < 200; step++)
        {
            for (int i = 0; i < 20; i++)
            {
                var upstream = (await flow.EnterAsync(null, null, false, default))!;
                asked[upstream.Index]++;
                flow.Leave(upstream, _time.GetTimestamp(), _time.GetTimestamp(), Pressure.None, true, false);
            }
            if (step is > 50 and < 100) _servers[0].Drops += 2;
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }
        var tallies = statistics.Snapshot().Resolvers;
        Assert.InRange(tallies[0].Cuts, 1, 3);
        Assert.Equal((0, null), (tallies[1].Cuts, tallies[1].Ceiling));
        // What one may not have goes to the other; nobody waits.
        Assert.Equal(4000, asked.Sum());
        Assert.InRange(asked[0], 1000, 1900);
    }

    [Fact]
    public async Task Without_the_option_there_is_no_adaptive_ceiling()
    {
        var (flow, statistics) = Create(new ResolverOptions { QueriesPerSecond = 0, InFlight = 1000, AdaptiveCeiling = false });
        for (int step = 0; step < 200; step++)
        {
            for (int i = 0; i < 20; i++)
            {
                var upstream = (await flow.EnterAsync(null, null, false, default))!;
                flow.Leave(upstream, _time.GetTimestamp(), _time.GetTimestamp(), Pressure.Refused, true, false);
            }
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.Equal(0, statistics.Snapshot().Resolvers[0].Cuts);
    }

    private (FlowControl Flow, ResolverStatistics Statistics) Create(ResolverOptions options, int servers = 1)
    {
        _servers = [.. Enumerable.Range(1, servers).Select(i => new ScriptedTransport(i, _time, _ => null))];
        var upstreams = _servers.Select((t, i) => new Upstream(i, t, TimeSpan.FromSeconds(2), _time)).ToArray();
        var statistics = new ResolverStatistics(_servers.Select(t => t.Server));
        return (new FlowControl(options, upstreams, statistics, _time), statistics);
    }
}
