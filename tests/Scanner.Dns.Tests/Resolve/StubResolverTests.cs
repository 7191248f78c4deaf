using Microsoft.Extensions.Time.Testing;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using static Scanner.Dns.Tests.Resolve.ScriptedTransport;

namespace Scanner.Dns.Tests.Resolve;

public sealed class StubResolverTests
{
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt);
    private static readonly ResolverOptions Options = new() { QueriesPerSecond = 0 };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task First_answer_is_the_answer()
    {
        var (resolver, servers) = Create(1, _ => Text("example.com"));
        var answer = await resolver.QueryAsync(Question, default);
        Assert.Equal((DnsStatus.Ok, 1, "192.0.2.1:53", 0), (answer.Status, answer.Tries, answer.Resolver, answer.FailedTries.Count));
        var asked = Assert.Single(servers[0].Asked);
        Assert.Equal((Question, new DnsQueryFlags(AuthenticData: true), TimeSpan.FromSeconds(2)), (asked.Question, asked.Flags, asked.Timeout));
    }

    [Fact]
    public async Task Resolvers_take_turns()
    {
        var (resolver, servers) = Create(3, _ => Rcode(3));
        for (int i = 0; i < 30; i++) await resolver.QueryAsync(Question, default);
        Assert.All(servers, s => Assert.Equal(10, s.Asked.Count));
    }

    [Fact]
    public async Task Another_resolver_is_asked_first_than_the_one_that_had_nothing_to_say()
    {
        var (resolver, servers) = Create(2, _ => Rcode(3));
        for (int i = 0; i < 10; i++) Assert.Equal("192.0.2.2:53", (await resolver.QueryAsync(Question, new Asker { Avoids = "192.0.2.1:53" }, default)).AskedLast);
        Assert.Equal([0, 10], servers.Select(s => s.Asked.Count));
        // One that is not among them, as when a run goes on with other resolvers, is nobody to avoid; and a single one is asked again.
        await resolver.QueryAsync(Question, new Asker { Avoids = "192.0.2.77:53" }, default);
        var (only, _) = Create(1, _ => Rcode(3));
        Assert.Equal("192.0.2.1:53", (await only.QueryAsync(Question, new Asker { Avoids = "192.0.2.1:53" }, default)).AskedLast);
    }

    [Fact]
    public async Task Silence_too_knows_who_was_asked_last()
    {
        var (resolver, _) = Create(2, _ => null);
        var answer = await _time.RunAsync(resolver.QueryAsync(Question, new Asker { Avoids = "192.0.2.2:53" }, default).AsTask());
        Assert.Equal((DnsStatus.Timeout, null, "192.0.2.1:53"), (answer.Status, answer.Resolver, answer.AskedLast));
    }

    [Theory]
    [InlineData(3, DnsStatus.Nxdomain)]
    [InlineData(0, DnsStatus.Nodata)]
    public async Task Negative_answers_are_never_asked_twice(int rcode, DnsStatus expected)
    {
        var (resolver, servers) = Create(2, _ => Rcode(rcode));
        var answer = await resolver.QueryAsync(Question, default);
        Assert.Equal((expected, 1), (answer.Status, answer.Tries));
        Assert.Equal(1, servers.Sum(s => s.Asked.Count));
    }

    public static TheoryData<string, DnsStatus> Failures => new()
    {
        { "silence", DnsStatus.Timeout }, { "network", DnsStatus.NetworkError }, { "malformed", DnsStatus.Malformed }, { "truncated", DnsStatus.Truncated },
        { "2", DnsStatus.Servfail }, { "5", DnsStatus.Refused }, { "9", DnsStatus.OtherRcode }, { "lame", DnsStatus.Lame },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Failures_are_tried_three_times_at_different_resolvers_with_growing_time(string kind, DnsStatus expected)
    {
        var (resolver, servers) = Create(2, _ => Failure(kind));
        var answer = await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask());
        Assert.Equal((expected, 3), (answer.Status, answer.Tries));
        Assert.Equal([expected, expected], answer.FailedTries);
        Assert.Equal([2, 4, 8], servers.SelectMany(s => s.Asked).Select(a => a.Timeout.TotalSeconds).Order());
        // First and third at one, the second at the other.
        Assert.Equal([[2, 8], [4]], servers.Select(s => s.Asked.Select(a => a.Timeout.TotalSeconds)).OrderByDescending(t => t.Count()));
        if (kind == "silence") Assert.InRange(answer.Milliseconds, 14_000, 20_000);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failure_is_made_good_by_a_later_try(string kind, DnsStatus failure)
    {
        int asked = 0;
        var (resolver, _) = Create(1, _ => ++asked == 1 ? Failure(kind) : Text("example.com"));
        var answer = await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask());
        Assert.Equal((DnsStatus.Ok, 2), (answer.Status, answer.Tries));
        Assert.Equal([failure], answer.FailedTries);
    }

    [Fact]
    public async Task Findings_that_a_retry_would_hide_are_not_retried()
    {
        var (resolver, servers) = Create(1, a => a.Question.Type == DnsRecordType.Mx
            ? Rcode(2) with { ExtendedErrors = [6] }
            : Rcode(0) with { Answers = [new CnameRecord("example.com", 1, "example.com")] });
        Assert.Equal((DnsStatus.Bogus, 1), Brief(await resolver.QueryAsync(Question with { Type = DnsRecordType.Mx }, default)));
        Assert.Equal((DnsStatus.CnameLoop, 1), Brief(await resolver.QueryAsync(Question, default)));
        Assert.Equal(2, servers[0].Asked.Count);
    }

    [Fact]
    public async Task One_attempt_means_one()
    {
        var (resolver, servers) = Create(1, _ => Rcode(2), Options with { Attempts = 1 });
        Assert.Equal((DnsStatus.Servfail, 1), Brief(await resolver.QueryAsync(Question, default)));
        Assert.Single(servers[0].Asked);
    }

    [Fact]
    public async Task Ten_attempts_do_not_wait_for_ever()
    {
        var (resolver, servers) = Create(1, _ => null, Options with { Attempts = 10 });
        Assert.Equal((DnsStatus.Timeout, 10), Brief(await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask(), 400)));
        Assert.Equal([2, 4, 8, 16, 30, 30, 30, 30, 30, 30], servers[0].Asked.Select(a => a.Timeout.TotalSeconds));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Formerr_and_notimp_are_asked_once_more_without_edns(int rcode) // RFC 6891 §7
    {
        var (resolver, servers) = Create(2, a => a.Flags.NoEdns ? Text("example.com") : Rcode(rcode));
        var answer = await resolver.QueryAsync(Question, default);
        Assert.Equal((DnsStatus.Ok, 2), Brief(answer));
        Assert.Equal([rcode == 1 ? DnsStatus.Formerr : DnsStatus.Notimp], answer.FailedTries);
        Assert.Equal([false, true], servers[0].Asked.Select(a => a.Flags.NoEdns));
        Assert.Empty(servers[1].Asked);
    }

    [Fact]
    public async Task Formerr_without_edns_too_stays_formerr()
    {
        var (resolver, servers) = Create(1, _ => Rcode(1));
        var answer = await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask());
        Assert.Equal((DnsStatus.Formerr, 6), Brief(answer));
        Assert.Equal(5, answer.FailedTries.Count);
        Assert.Equal([false, true, false, true, false, true], servers[0].Asked.Select(a => a.Flags.NoEdns));
    }

    [Theory]
    [InlineData(254, 50)]
    [InlineData(80, 64)]
    public async Task Too_long_is_not_asked(int length, int label)
    {
        string labels = string.Concat(Enumerable.Repeat(new string('a', label) + ".", 10));
        var (resolver, servers) = Create(1, _ => Rcode(3));
        Assert.Equal((DnsStatus.NameTooLong, 0), Brief(await resolver.QueryAsync(new DnsQuestion(labels[..length], DnsRecordType.A), default)));
        Assert.Empty(servers[0].Asked);
    }

    [Fact]
    public async Task Cancellation_ends_the_question_also_between_tries()
    {
        var (resolver, servers) = Create(1, _ => Rcode(2));
        using var cancel = new CancellationTokenSource();
        var asking = resolver.QueryAsync(Question, cancel.Token).AsTask(); // waits for the back-off now: nobody moves the clock
        Assert.False(asking.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Single(servers[0].Asked);
    }

    [Fact]
    public async Task In_flight_ceiling()
    {
        var open = new TaskCompletionSource();
        var (resolver, servers) = Create(1, _ => Rcode(3), Options with { InFlight = 7 });
        servers[0].Gate = open.Task;
        var asking = Enumerable.Range(0, 100).Select(_ => resolver.QueryAsync(Question, default).AsTask()).ToArray();
        Assert.Equal((7, 7), (servers[0].Asked.Count, (int)resolver.Statistics.InFlight));
        open.SetResult();
        await Task.WhenAll(asking);
        Assert.Equal((100, 7), (servers[0].Asked.Count, servers[0].MostInFlight));
        Assert.Equal(0, resolver.Statistics.InFlight);
    }

    [Fact]
    public async Task A_dead_resolver_is_left_out_and_comes_back()
    {
        bool dead = true;
        var (resolver, servers) = Create(2, a => a.Server == 1 && dead ? null : Rcode(3));
        int AskedOfFirst() => servers[0].Asked.Count(a => a.Question.Type == DnsRecordType.A);
        async Task AskAsync() => Assert.Equal(DnsStatus.Nxdomain, (await resolver.QueryAsync(Question with { Type = DnsRecordType.A }, default)).Status);
        var first = Enumerable.Range(0, 100).Select(i => resolver.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), default).AsTask());
        var answers = await _time.RunAsync(Task.WhenAll(first));
        Assert.All(answers, a => Assert.Equal(DnsStatus.Nxdomain, a.Status));

        await _time.UntilAsync(() => resolver.OpenCircuits == 1);
        int before = AskedOfFirst();
        for (int i = 0; i < 100; i++) Assert.Equal(1, (await resolver.QueryAsync(Question with { Type = DnsRecordType.A }, default)).Tries);
        Assert.Equal(before, AskedOfFirst());

        dead = false;
        await _time.UntilAsync(() => resolver.OpenCircuits == 0, AskAsync);
        before = AskedOfFirst();
        for (int i = 0; i < 100; i++) await AskAsync();
        Assert.Equal(50, AskedOfFirst() - before);
    }

    [Fact]
    public async Task After_nothing_but_silence_the_last_try_is_over_tcp()
    {
        var (resolver, servers) = Create(2, a => a.Flags.Tcp ? Text("example.com") with { OverTcp = true } : null);
        var answer = await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask());
        Assert.Equal((DnsStatus.Ok, 3, true), (answer.Status, answer.Tries, answer.OverTcp));
        Assert.Equal([false, false, true], servers.SelectMany(s => s.Asked).OrderBy(a => a.Timeout).Select(a => a.Flags.Tcp));
    }

    [Fact]
    public async Task An_answer_that_failed_otherwise_is_not_tried_over_tcp()
    {
        int asked = 0;
        var (resolver, servers) = Create(1, _ => ++asked == 1 ? Rcode(2) : null);
        await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask());
        Assert.Equal([false, false, false], servers[0].Asked.Select(a => a.Flags.Tcp));
    }

    // A later pass over TCP may meet a resolver that has none.
    [Fact]
    public async Task After_nothing_but_silence_over_tcp_the_last_try_is_over_udp()
    {
        var (resolver, servers) = Create(1, a => a.Flags.Tcp ? null : Text("example.com"), Options with { OverTcp = true, Attempts = 2 });
        var answer = await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask());
        Assert.Equal((DnsStatus.Ok, 2, false), (answer.Status, answer.Tries, answer.OverTcp));
        Assert.Equal([true, false], servers[0].Asked.Select(a => a.Flags.Tcp));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_one_protocol_is_blocked_the_other_takes_over_and_the_usual_one_comes_back(bool usual)
    {
        bool blocked = true;
        var (resolver, servers) = Create(1, a => a.Flags.Tcp != usual || !blocked ? Rcode(3) with { OverTcp = a.Flags.Tcp } : null, Options with { OverTcp = usual });
        async Task<bool> OverTcpAsync() => (await resolver.QueryAsync(Question, default)).OverTcp;
        // Enough silence to open the circuit; its trial finds the other way.
        var scan = Task.WhenAll(Enumerable.Range(0, 300).Select(i => resolver.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), default).AsTask()));
        Assert.All(await _time.RunAsync(scan), a => Assert.Equal(DnsStatus.Nxdomain, a.Status));
        await _time.UntilAsync(() => resolver.OpenCircuits == 0, async () => await resolver.QueryAsync(Question, default));
        Assert.NotEqual(usual, await OverTcpAsync());

        blocked = false;
        bool tcp = !usual;
        await _time.UntilAsync(() => tcp == usual, async () => tcp = await OverTcpAsync());
        int before = servers[0].Asked.Count(a => a.Flags.Tcp != usual);
        Assert.Equal(usual, await OverTcpAsync());
        Assert.Equal(before, servers[0].Asked.Count(a => a.Flags.Tcp != usual));
    }

    [Fact]
    public async Task Probe_finds_the_way_over_tcp()
    {
        var (resolver, _) = Create(1, a => a.Flags.Tcp ? Rcode(0) with { OverTcp = true } : null);
        var probe = Assert.Single(await _time.RunAsync(resolver.ProbeAsync(default)));
        Assert.True(probe.Answers);
        Assert.True((await resolver.QueryAsync(Question, default)).OverTcp);
    }

    [Fact]
    public async Task Hedging_sends_the_slow_ones_to_another_resolver()
    {
        var (resolver, servers) = Create(2, _ => Rcode(3), Options with { Hedge = true });
        foreach (var server in servers) server.Latency = TimeSpan.FromMilliseconds(100);
        // A hundred each: until then nothing is known of latencies, and nothing is hedged.
        for (int i = 0; i < 200; i++) Assert.Equal(1, (await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask())).Tries);

        (servers[0].Latency, servers[1].Latency) = (TimeSpan.FromSeconds(1.5), TimeSpan.FromMilliseconds(50));
        var answers = new List<DnsAnswer>();
        for (int i = 0; i < 10; i++) answers.Add(await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask()));
        Assert.All(answers, a => Assert.Equal((DnsStatus.Nxdomain, "192.0.2.2:53"), (a.Status, a.Resolver)));
        Assert.Equal([1, 1, 1, 1, 1, 2, 2, 2, 2, 2], answers.Select(a => a.Tries).Order());
        var snapshot = resolver.Statistics.Snapshot();
        Assert.Equal((5, 0), (snapshot.Hedged, snapshot.InFlight));
    }

    [Fact]
    public async Task Without_the_option_nothing_is_hedged()
    {
        var (resolver, servers) = Create(2, _ => Rcode(3));
        foreach (var server in servers) server.Latency = TimeSpan.FromMilliseconds(1);
        for (int i = 0; i < 250; i++) await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask());
        servers[0].Latency = TimeSpan.FromSeconds(1.5);
        for (int i = 0; i < 4; i++) Assert.Equal(1, (await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask())).Tries);
    }

    [Fact]
    public async Task Dead_names_do_not_open_the_circuit_while_anything_is_answered()
    {
        var (resolver, servers) = Create(1, a => a.Question.Name == "alive.com" ? Rcode(3) : null);
        // 600 dead names, 200 at a time, and beside them one live one every two seconds.
        var dead = Parallel.ForEachAsync(Enumerable.Range(0, 600), new ParallelOptions { MaxDegreeOfParallelism = 200 },
            async (i, token) => Assert.Equal((DnsStatus.Timeout, 3), Brief(await resolver.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), token))));
        async Task<int> AskTheLivingAsync()
        {
            int asked = 0;
            for (; !dead.IsCompleted; asked++)
            {
                await resolver.QueryAsync(new DnsQuestion("alive.com", DnsRecordType.A), default);
                await Task.Delay(TimeSpan.FromSeconds(2), _time);
            }
            await dead;
            return asked;
        }
        Assert.InRange(await _time.RunAsync(AskTheLivingAsync(), 600), 10, 60);
        Assert.DoesNotContain(servers[0].Asked, a => a.Question.Name == "."); // no trial: the circuit never opened
        Assert.Equal(1800, servers[0].Asked.Count(a => a.Question.Name != "alive.com"));
    }

    [Fact]
    public async Task A_tail_of_dead_names_only_is_told_from_a_dead_resolver_by_the_root()
    {
        var (resolver, servers) = Create(1, a => a.Question.Name == "." ? Rcode(0) : null);
        var scan = Task.WhenAll(Enumerable.Range(0, 300).Select(i => resolver.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), default).AsTask()));
        var answers = await _time.RunAsync(scan, 600);
        Assert.All(answers, a => Assert.Equal((DnsStatus.Timeout, 3), Brief(a)));
        Assert.Contains(servers[0].Asked, a => a.Question.Name == ".");
    }

    [Fact]
    public async Task Nobody_answers_any_more()
    {
        var (resolver, _) = Create(2, _ => null);
        var scan = Task.WhenAll(Enumerable.Range(0, 300).Select(i => resolver.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), default).AsTask()));
        var thrown = await Assert.ThrowsAsync<ResolverUnreachableException>(() => _time.RunAsync(scan, 120));
        Assert.Contains("192.0.2.1:53, 192.0.2.2:53", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pause_of_all_resolvers_is_waited_for()
    {
        var until = _time.GetUtcNow().AddSeconds(12);
        var (resolver, _) = Create(2, _ => _time.GetUtcNow() < until ? null : Rcode(3));
        var scan = Task.WhenAll(Enumerable.Range(0, 300).Select(i => resolver.QueryAsync(new DnsQuestion($"n{i}.com", DnsRecordType.A), default).AsTask()));
        var answers = await _time.RunAsync(scan, 120);
        Assert.All(answers, a => Assert.Equal(DnsStatus.Nxdomain, a.Status));
    }

    [Fact]
    public async Task Probe_tells_who_does_not_answer()
    {
        var (resolver, servers) = Create(3, a => a.Server switch { 1 => Rcode(0), 2 => Rcode(5), _ => null });
        var probes = await _time.RunAsync(resolver.ProbeAsync(default));
        Assert.Equal([true, true, false], probes.Select(p => p.Answers));
        Assert.Equal([DnsStatus.Nodata, DnsStatus.Refused, DnsStatus.Timeout], probes.Select(p => p.Status));
        Assert.Equal("192.0.2.3:53", probes[2].Resolver);
        Assert.Equal([1, 1, 3], servers.Select(s => s.Asked.Count));
        Assert.All(servers.SelectMany(s => s.Asked), a => Assert.Equal(new DnsQuestion(".", DnsRecordType.Ns), a.Question));
    }

    [Fact]
    public async Task Statistics_add_up()
    {
        var (resolver, _) = Create(2, a => a.Question.Type switch
        {
            DnsRecordType.Txt => Text("example.com") with { OverTcp = true },
            DnsRecordType.Mx => Rcode(3),
            (DnsRecordType)257 => Rcode(2),
            _ => null,
        });
        foreach (var type in (DnsRecordType[])[DnsRecordType.Txt, DnsRecordType.Txt, DnsRecordType.Mx, (DnsRecordType)257, DnsRecordType.A])
            await _time.RunAsync(resolver.QueryAsync(Question with { Type = type }, default).AsTask());
        var snapshot = resolver.Statistics.Snapshot();
        Assert.Equal((9, 4, 2, 0), (snapshot.Sent, snapshot.Retries, snapshot.OverTcp, snapshot.InFlight));
        Assert.Equal(
            new Dictionary<(DnsRecordType, DnsStatus), long>
            {
                [(DnsRecordType.Txt, DnsStatus.Ok)] = 2,
                [(DnsRecordType.Mx, DnsStatus.Nxdomain)] = 1,
                [(0, DnsStatus.Servfail)] = 1,
                [(DnsRecordType.A, DnsStatus.Timeout)] = 1,
            },
            snapshot.Answers);
        Assert.Equal((6, 3), (snapshot.Resolvers.Sum(r => r.Answered), snapshot.Resolvers.Sum(r => r.Failed)));
    }

    [Fact]
    public async Task Transports_are_disposed()
    {
        var (resolver, servers) = Create(2, _ => Rcode(3));
        await resolver.DisposeAsync();
        Assert.All(servers, s => Assert.True(s.Disposed));
    }

    private static (DnsStatus, int) Brief(DnsAnswer answer) => (answer.Status, answer.Tries);

    private static DnsReply? Failure(string kind) => kind switch
    {
        "silence" => null,
        "network" => DnsReply.Failed(TransportOutcome.NetworkError),
        "malformed" => DnsReply.Failed(TransportOutcome.Malformed),
        "truncated" => DnsReply.Failed(TransportOutcome.Truncated),
        "lame" => Rcode(0) with { RecursionAvailable = false, NegativeTtl = null, HasAuthorityNs = true },
        _ => Rcode(int.Parse(kind, null)),
    };

    private (StubResolver Resolver, ScriptedTransport[] Servers) Create(int servers, Func<Asked, DnsReply?> script, ResolverOptions? options = null)
    {
        ScriptedTransport[] transports = [.. Enumerable.Range(1, servers).Select(i => new ScriptedTransport(i, _time, script))];
        return (new StubResolver(options ?? Options, transports, _time), transports);
    }
}
