using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks.Sources;

namespace Scanner.Dns.Resolve;

/// <summary>
/// Who may send now, and to whom. Every query passes, retries and trials included, and needs a place among those in flight, its turn at the
/// rate that the user allows, and a resolver that takes more. Where one of them is missing it waits; who came first goes first.
/// <para>
/// Hot: it runs twice for each query. So there is one short lock and nothing is allocated unless somebody must wait. A waiting query goes on
/// inside the call that makes room for it, on the same thread, because there the transport gathers what it sends into batches.
/// </para>
/// </summary>
internal sealed class FlowControl : IDisposable
{
    /// <summary>How often those who wait for the rate are looked at.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly int _places;
    private readonly bool _adaptive;
    private readonly bool _hedge;
    private readonly Upstream[] _upstreams;
    private readonly ResolverStatistics _statistics;
    private readonly TimeProvider _time;
    private readonly ITimer _ticker;
    private readonly Lock _lock = new();
    private readonly Queue<Waiter> _waiting = new();
    private readonly long[] _drops;
    private RateBucket _rate;
    private int _inFlight;
    private uint _turn = uint.MaxValue;
    private long _judgedAt;
    private int _ticking;

    public FlowControl(ResolverOptions options, Upstream[] upstreams, ResolverStatistics statistics, TimeProvider time)
    {
        _places = options.InFlight;
        _adaptive = options.AdaptiveCeiling;
        _hedge = options.Hedge;
        _upstreams = upstreams;
        _statistics = statistics;
        _time = time;
        _drops = new long[upstreams.Length];
        _rate = new RateBucket(time.TimestampFrequency) { Rate = options.QueriesPerSecond == 0 ? double.PositiveInfinity : options.QueriesPerSecond };
        _judgedAt = time.GetTimestamp();
        _ticker = time.CreateTimer(static flow => ((FlowControl)flow!).OnTick(), this, Tick, Tick);
    }

    /// <summary>Queries that wait for a permit, about: read without the lock, and those that gave up are still among them.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>The same, but 0 while what is wanting are places among those in flight: then answers make room, and not the clock.</summary>
    public int WaitingForRate => Volatile.Read(ref _inFlight) < _places ? Waiting : 0;

    /// <summary>Waits for a permit, and names the resolver that it is for: the next in turn. The caller sends one query there at once,
    /// and then calls <see cref="Leave"/>.</summary>
    /// <param name="avoid">Not this one, if there is another.</param>
    /// <param name="only">This one, whatever its state: for trials.</param>
    /// <returns>Null when the circuits of all resolvers are open: then nobody may send.</returns>
    public ValueTask<Upstream?> EnterAsync(Upstream? avoid, Upstream? only, bool isRetry, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<Upstream?>(cancellationToken);
        Waiter waiter;
        lock (_lock)
        {
            // Not past those who wait, but for one who finds that nobody may send at all.
            if (_waiting.Count == 0 || only is not null)
            {
                if (TryAdmit(avoid, only, isRetry, out var upstream)) return new ValueTask<Upstream?>(upstream);
            }
            waiter = new Waiter(this, avoid, only, isRetry);
            _waiting.Enqueue(waiter);
        }
        // Outside the lock: it may be cancelled already and then ends the waiting here.
        waiter.CancelWith(cancellationToken);
        return new ValueTask<Upstream?>(waiter, 0);
    }

    /// <summary>A permit for another resolver than this one, if there is one to be had without waiting.</summary>
    public bool TryEnterOther(Upstream than, [NotNullWhen(true)] out Upstream? upstream)
    {
        lock (_lock)
        {
            upstream = null;
            return _waiting.Count == 0 && FindClosed(than, _time.GetTimestamp(), out var other) && other is not null && other != than
                && TryAdmit(avoid: null, only: other, isRetry: true, out upstream);
        }
    }

    /// <summary>The query has ended, one way or another.</summary>
    /// <param name="answered">Something came, whatever it says; null when it was given up.</param>
    public void Leave(Upstream upstream, long sentAt, long endedAt, Pressure pressure, bool? answered, bool overTcp)
    {
        Waiter? next = null;
        lock (_lock)
        {
            _inFlight--;
            _statistics.Ended(upstream.Index, answered, overTcp);
            upstream.Ceiling.Ended(sentAt, answered is null ? null : pressure);
            if (_hedge && answered == true) upstream.Latency.Add(endedAt - sentAt);
            if (_waiting.Count > 0) next = NextWaiting();
        }
        if (next is not null) Continue(next);
    }

    public void Dispose() => _ticker.Dispose();

    /// <summary>Under the lock. True with a resolver: it may send, and all is counted. True with null: nobody may. False: it must wait.</summary>
    private bool TryAdmit(Upstream? avoid, Upstream? only, bool isRetry, out Upstream? upstream)
    {
        upstream = only;
        long now = _time.GetTimestamp();
        if (only is null && !FindClosed(avoid, now, out upstream)) return true;
        if (upstream is null || _inFlight >= _places || !_rate.HasRoom(now)) return false;
        if (only is null) _turn = (uint)upstream.Index;
        _inFlight++;
        _rate.Take(now);
        upstream.Ceiling.Sent(now);
        _statistics.Sending(isRetry);
        return true;
    }

    /// <summary>Under the lock. The next resolver in turn whose circuit is closed and whose ceiling has room, if possible not
    /// <paramref name="avoid"/>.</summary>
    /// <returns>False when all circuits are open.</returns>
    private bool FindClosed(Upstream? avoid, long now, out Upstream? upstream)
    {
        upstream = null;
        bool anyClosed = false;
        for (uint i = 1; i <= _upstreams.Length; i++)
        {
            var candidate = _upstreams[(_turn + i) % (uint)_upstreams.Length];
            if (candidate.IsOpen) continue;
            anyClosed = true;
            if (!candidate.Ceiling.HasRoom(now)) continue;
            upstream ??= candidate;
            if (candidate == avoid) continue;
            upstream = candidate;
            break;
        }
        return anyClosed;
    }

    /// <summary>Under the lock. The first of those who wait, if it may go on.</summary>
    private Waiter? NextWaiting()
    {
        while (_waiting.TryPeek(out var waiter))
        {
            if (!waiter.HasEnded)
            {
                if (!TryAdmit(waiter.Avoid, waiter.Only, waiter.IsRetry, out var upstream)) return null;
                waiter.End(upstream);
            }
            _waiting.Dequeue();
            if (!waiter.WasCancelled) return waiter;
        }
        return null;
    }

    private void OnTick()
    {
        // A tick that comes while the last one still works is left out.
        if (Interlocked.Exchange(ref _ticking, 1) != 0) return;
        try
        {
            long now = _time.GetTimestamp();
            if (_adaptive && _time.GetElapsedTime(_judgedAt, now) >= AdaptiveCeiling.Cohort / 5)
            {
                _judgedAt = now;
                // Outside the lock: it asks the kernel.
                for (int i = 0; i < _upstreams.Length; i++) _drops[i] = _upstreams[i].KernelDrops;
                lock (_lock)
                {
                    for (int i = 0; i < _upstreams.Length; i++)
                    {
                        if (_upstreams[i].IsOpen) _upstreams[i].Ceiling.Reset(now);
                        else _upstreams[i].Ceiling.Judge(now, _drops[i]);
                        _statistics.Ceiling(i, _upstreams[i].Ceiling.Rate, _upstreams[i].Ceiling.Cuts);
                    }
                }
            }
            while (true)
            {
                Waiter? next;
                lock (_lock) next = NextWaiting();
                if (next is null) return;
                Continue(next);
            }
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    [ThreadStatic]
    private static Queue<Waiter>? _continuing;

    [ThreadStatic]
    private static bool _isContinuing;

    /// <summary>Lets a waiter go on, on this thread. One after the other and never one inside the other: a transport that answers at once
    /// would make a tower of them.</summary>
    private static void Continue(Waiter waiter)
    {
        if (_isContinuing)
        {
            (_continuing ??= new()).Enqueue(waiter);
            return;
        }
        _isContinuing = true;
        try
        {
            waiter.Continue();
            while (_continuing is not null && _continuing.TryDequeue(out var next)) next.Continue();
        }
        finally
        {
            _isContinuing = false;
        }
    }

    /// <summary>Somebody who waits for a permit. It ends once: with a permit, or cancelled.</summary>
    private sealed class Waiter(FlowControl flow, Upstream? avoid, Upstream? only, bool isRetry) : IValueTaskSource<Upstream?>
    {
        // Continuations run where the result is set.
        private ManualResetValueTaskSourceCore<Upstream?> _core;
        private CancellationTokenRegistration _registration;
        private Upstream? _upstream;

        public Upstream? Avoid => avoid;

        public Upstream? Only => only;

        public bool IsRetry => isRetry;

        // Under the lock.
        public bool HasEnded { get; private set; }

        public bool WasCancelled { get; private set; }

        /// <summary>Under the lock; <see cref="Continue"/> follows outside it.</summary>
        public void End(Upstream? upstream)
        {
            HasEnded = true;
            _upstream = upstream;
        }

        public void Continue() => _core.SetResult(_upstream);

        public void CancelWith(CancellationToken token)
        {
            if (token.CanBeCanceled) _registration = token.UnsafeRegister(static (waiter, token) => ((Waiter)waiter!).Cancel(token), this);
        }

        private void Cancel(CancellationToken token)
        {
            lock (flow._lock)
            {
                if (HasEnded) return;
                // It stays in the queue until its turn comes, and is passed over then.
                HasEnded = WasCancelled = true;
            }
            _core.SetException(new OperationCanceledException(token));
        }

        public Upstream? GetResult(short token)
        {
            _registration.Dispose();
            return _core.GetResult(token);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
