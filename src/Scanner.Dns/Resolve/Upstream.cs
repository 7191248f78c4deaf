using Polly;
using Polly.CircuitBreaker;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Resolve;

/// <summary>
/// One resolver and its circuit breaker. Only silence counts against it (time-outs, network errors): SERVFAIL and the like are answers.
/// The circuit opens when nothing at all came back during the window, so a list full of dead names does not open it as long as
/// one name is answered. And a window of dead names alone (the tail of a scan) is found out by the trial query, which asks for the
/// root's name servers instead of a listed name.
/// <para>
/// Answers do not run through the breaker: they set a flag, and the next silence reports "there was an answer" before itself.
/// So an answered query pays one write.
/// </para>
/// </summary>
internal sealed class Upstream
{
    /// <summary>Silences in a row within <see cref="Window"/> that open the circuit. Losing 20 packets in a row by chance takes a link
    /// that drops most of them.</summary>
    public const int SilencesToOpen = 20;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>How often a server that is asked over the other protocol is tried over the usual one.</summary>
    public static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(30);

    /// <summary>How long an open circuit waits before each trial query.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ResiliencePipeline<bool> _breaker;
    private readonly TimeProvider _time;
    private long _openedAt;
    private long _pausedAt;
    private long _usualTriedAt;
    private int _answered;
    private int _trying;
    private volatile bool _isOpen;
    private volatile bool _useOther;

    /// <param name="timeout">Of a first try.</param>
    public Upstream(int index, IDnsTransport transport, TimeSpan timeout, TimeProvider time)
    {
        Index = index;
        Ceiling = new AdaptiveCeiling(timeout, time);
        Transport = transport;
        Name = transport.Server.ToString();
        _time = time;
        _breaker = new ResiliencePipelineBuilder<bool> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = 1,
                MinimumThroughput = SilencesToOpen,
                SamplingDuration = Window,
                BreakDuration = Pause,
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome is { Exception: null, Result: false }),
                OnOpened = _ => Opened(),
                OnClosed = _ => Closed(),
            })
            .Build();
    }

    public int Index { get; }

    public IDnsTransport Transport { get; }

    /// <summary><c>address:port</c></summary>
    public string Name { get; }

    /// <summary>For <see cref="FlowControl"/>, under its lock.</summary>
    public AdaptiveCeiling Ceiling { get; }

    /// <summary>As <see cref="Ceiling"/>.</summary>
    public HighLatency Latency { get; } = new();

    /// <summary>Answers that the kernel threw away so far for want of buffer; 0 where nobody counts them. Asks the kernel.</summary>
    public long KernelDrops => Transport.Snapshot().KernelDrops ?? 0;

    /// <summary>UDP is blocked on the way to it, and TCP is not: it is asked over TCP from the start. In a pass over TCP
    /// (<see cref="ResolverOptions.OverTcp"/>) the other way round.</summary>
    public bool UseOther
    {
        get => _useOther;
        set
        {
            if (value) Volatile.Write(ref _usualTriedAt, _time.GetTimestamp());
            _useOther = value;
        }
    }

    /// <summary>Nothing is sent to it but trial queries.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>When the circuit opened; it stays while trials fail. Meaningful while <see cref="IsOpen"/>.</summary>
    public long OpenedAt => Volatile.Read(ref _openedAt);

    public void ReportAnswer()
    {
        if (Volatile.Read(ref _answered) == 0) Volatile.Write(ref _answered, 1);
    }

    public async ValueTask ReportSilenceAsync()
    {
        if (Interlocked.Exchange(ref _answered, 0) != 0) await ReportAsync(answered: true).ConfigureAwait(false);
        await ReportAsync(answered: false).ConfigureAwait(false);
    }

    /// <summary>Sends a trial query in the background when one is due and none is under way: to an open circuit after each pause, and now and then
    /// over the usual protocol to a server that is asked over the other.</summary>
    /// <param name="trial">True when anything came back. May throw <see cref="OperationCanceledException"/> at the end of the run.</param>
    /// <param name="usualTrial">Asks over the usual protocol and takes note of an answer.</param>
    public void StartTrials(Func<Upstream, Task<bool>> trial, Func<Upstream, Task<bool>> usualTrial)
    {
        if (_isOpen && _time.GetElapsedTime(Volatile.Read(ref _pausedAt)) >= Pause) StartTrial(() => TryAsync(trial));
        else if (_useOther && _time.GetElapsedTime(Volatile.Read(ref _usualTriedAt)) >= UsualPause)
        {
            Volatile.Write(ref _usualTriedAt, _time.GetTimestamp());
            StartTrial(() => usualTrial(this));
        }
    }

    private void StartTrial(Func<Task> run)
    {
        if (Interlocked.CompareExchange(ref _trying, 1, 0) == 0) _ = GuardAsync(run);
    }

    private Task TryAsync(Func<Upstream, Task<bool>> trial) =>
        RunAsync(static async (_, s) => Outcome.FromResult(await s.trial(s.upstream).ConfigureAwait(false)), (trial, upstream: this)).AsTask();

    private async Task GuardAsync(Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The run has ended.
        }
        finally
        {
            Volatile.Write(ref _trying, 0);
        }
    }

    private ValueTask ReportAsync(bool answered) => RunAsync(static (_, a) => Outcome.FromResultAsValueTask(a), answered);

    private async ValueTask RunAsync<TState>(Func<ResilienceContext, TState, ValueTask<Outcome<bool>>> callback, TState state)
    {
        var context = ResilienceContextPool.Shared.Get();
        try
        {
            // With the circuit open the outcome is BrokenCircuitException: nothing to report to.
            await _breaker.ExecuteOutcomeAsync(callback, context, state).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private ValueTask Opened()
    {
        long now = _time.GetTimestamp();
        Volatile.Write(ref _pausedAt, now);
        if (!_isOpen) Volatile.Write(ref _openedAt, now);
        _isOpen = true;
        return default;
    }

    private ValueTask Closed()
    {
        _isOpen = false;
        return default;
    }
}
