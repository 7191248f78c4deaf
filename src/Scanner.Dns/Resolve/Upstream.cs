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

    /// <summary>How long an open circuit waits before each trial query.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ResiliencePipeline<bool> _breaker;
    private readonly TimeProvider _time;
    private long _openedAt;
    private long _pausedAt;
    private int _answered;
    private int _trying;
    private volatile bool _isOpen;

    public Upstream(int index, IDnsTransport transport, TimeProvider time)
    {
        Index = index;
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

    /// <summary>Sends the trial query in the background, if the pause is over and none is under way.</summary>
    /// <param name="trial">True when anything came back. May throw <see cref="OperationCanceledException"/> at the end of the run.</param>
    public void StartTrial(Func<Upstream, Task<bool>> trial)
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _pausedAt)) < Pause || Interlocked.CompareExchange(ref _trying, 1, 0) != 0) return;
        _ = TryAsync(trial);
    }

    private async Task TryAsync(Func<Upstream, Task<bool>> trial)
    {
        try
        {
            // Leaves the queue of the caller at once: the trial may wait for a permit.
            await Task.Yield();
            await RunAsync(static async (_, s) => Outcome.FromResult(await s.trial(s.upstream).ConfigureAwait(false)), (trial, upstream: this)).ConfigureAwait(false);
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
