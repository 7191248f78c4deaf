namespace Scanner.Checks.MtaSts;

/// <summary>How considerate fetches are of those who serve the policies.</summary>
public sealed record PolitenessOptions
{
    /// <summary>No limit but the total: for the lab, which is this machine, and for single names.</summary>
    public static PolitenessOptions None { get; } = new() { PerAddress = int.MaxValue, PerTarget = int.MaxValue, Gap = TimeSpan.Zero };

    /// <summary>Connections at once to one address. A browser opens six to one host (a common default); we want to be less than one visitor.</summary>
    public int PerAddress { get; init; } = 4;

    /// <summary>Connections at once to the hosts behind one delegation target: the name that policy hosts point to by CNAME
    /// (RFC 8461 §8.2), which stands for a provider, whatever its addresses.</summary>
    public int PerTarget { get; init; } = 4;

    /// <summary>From the beginning of one fetch to the next one's at one address. 50 ms are 20 a second: a provider of 5,000 names is
    /// through in four minutes, while the DNS work of a million names takes an hour or more.</summary>
    public TimeSpan Gap { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The widest that the gap grows while an address answers 429 or 503: doubled by each, halved by each other answer.</summary>
    public TimeSpan MaxGap { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest that a Retry-After (RFC 9110 §10.2.3) holds back the next fetch from the same target: a server may say a
    /// year, and the run has to end.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A name whose turn has not come by then is not asked in this pass: its policy is unknown. Bounds what one provider
    /// whose hosts all stall can add to the length of a run.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>
/// Decides when a fetch may connect. Thousands of names point to a few providers; each provider gets few connections at a time, and the
/// names that wait for theirs hold none of the places that everybody shares: so a provider is not hammered, and however slow it is, it
/// keeps nobody else's policies waiting. Waiting costs a few hundred octets a name and no thread.
/// </summary>
/// <remarks>Lives as long as a run, so that what a server asked for in one pass holds in the next. Thread-safe.</remarks>
public sealed class PolicyFetchTurns : IDisposable
{
    /// <summary>Gates that nobody uses are swept away when this many more have been made.</summary>
    private const int SweepEvery = 4_096;

    private readonly PolitenessOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _resolving, _places;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Gate> _gates = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _givenUp = new();
    private int _sweepAt = SweepEvery;

    /// <param name="places">Fetches at once, all addresses together.</param>
    public PolicyFetchTurns(PolitenessOptions options, int places, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _places = new SemaphoreSlim(places);
        // As many look up their host as may fetch: the next turns are ready, and the resolver's queue stays the checks'.
        _resolving = new SemaphoreSlim(places);
    }

    /// <summary>Hosts, addresses and targets that are remembered just now.</summary>
    internal int Gates
    {
        get
        {
            lock (_lock) return _gates.Count;
        }
    }

    /// <summary>A place among those who look up their host. Dispose it when that is done.</summary>
    public async ValueTask<IDisposable> ResolvingAsync(CancellationToken cancellationToken)
    {
        await _resolving.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Place(_resolving);
    }

    /// <summary>From now on no turn comes any more; those that are under way end as they would.</summary>
    public void GiveUp() => _givenUp.Cancel();

    /// <summary>Waits for the turn; null when it did not come within <see cref="PolitenessOptions.MaxWait"/> or before
    /// <see cref="GiveUp"/>.</summary>
    /// <param name="target">Where the host's CNAME leads, or the host.</param>
    /// <param name="address">The first that will be connected to; it stands for the host's others.</param>
    public async ValueTask<PolicyFetchTurn?> WaitAsync(string target, string address, CancellationToken cancellationToken)
    {
        using var enough = new CancellationTokenSource(_options.MaxWait, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, _givenUp.Token, cancellationToken);
        // Always in this order, so that no two wait for each other: the target, the address, and only then a place that others could use.
        var targetGate = Take(target, _options.PerTarget, TimeSpan.Zero);
        var addressGate = Take(address, _options.PerAddress, _options.Gap);
        int entered = 0;
        try
        {
            await targetGate.EnterAsync(either.Token).ConfigureAwait(false);
            entered++;
            await addressGate.EnterAsync(either.Token).ConfigureAwait(false);
            entered++;
            await _places.WaitAsync(either.Token).ConfigureAwait(false);
            return new PolicyFetchTurn(this, targetGate, addressGate);
        }
        catch (OperationCanceledException)
        {
            if (entered > 1) addressGate.Leave();
            if (entered > 0) targetGate.Leave();
            Return(targetGate);
            Return(addressGate);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>To be called after the last fetch has ended.</summary>
    public void Dispose()
    {
        _givenUp.Dispose();
        _places.Dispose();
        _resolving.Dispose();
    }

    internal void End(Gate target, Gate address, bool overloaded, TimeSpan? retryAfter)
    {
        if (overloaded)
        {
            // What Retry-After asks for is asked for the target's names alone: at a shared address one tenant must not hold up the others.
            // The address itself, overloaded or not, is merely asked more slowly.
            target.HoldBack(retryAfter is { } wait ? (wait < _options.MaxRetryAfter ? wait : _options.MaxRetryAfter) : TimeSpan.Zero);
            address.Widen(_options.MaxGap);
        }
        else
        {
            address.Narrow(_options.Gap);
        }
        _places.Release();
        address.Leave();
        target.Leave();
        Return(address);
        Return(target);
    }

    private Gate Take(string key, int atOnce, TimeSpan gap)
    {
        lock (_lock)
        {
            if (!_gates.TryGetValue(key, out var gate))
            {
                if (_gates.Count >= _sweepAt) Sweep();
                _gates[key] = gate = new Gate(atOnce, gap, _time);
            }
            gate.Users++;
            return gate;
        }
    }

    private void Return(Gate gate)
    {
        lock (_lock) gate.Users--;
    }

    private void Sweep()
    {
        foreach (var (key, gate) in _gates)
            if (gate.Users == 0 && gate.IsOpen) _gates.Remove(key);
        _sweepAt = _gates.Count + SweepEvery;
    }

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }

    /// <summary>One address or target: how many are inside, and when the next may enter.</summary>
#pragma warning disable CA1001 // a semaphore whose wait handle nobody asks for holds nothing to dispose of
    internal sealed class Gate(int atOnce, TimeSpan gap, TimeProvider time)
    {
        private readonly SemaphoreSlim _inside = new(atOnce);
        private readonly Lock _lock = new();
        private TimeSpan _gap = gap;
        private long _openFrom = time.GetTimestamp();

        /// <summary>Inside or waiting. Guarded by the owner's lock.</summary>
        public int Users;

        /// <summary>May the next enter at once?</summary>
        public bool IsOpen => UntilOpen() <= TimeSpan.Zero;

        public async ValueTask EnterAsync(CancellationToken cancellationToken)
        {
            await _inside.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                // Again after each wait: meanwhile somebody else may have gone first, or a server asked for more time.
                while (TryPass() is { } wait)
                {
                    // A timer counts whole milliseconds, and would call a part of one "now".
                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellationToken).ConfigureAwait(false);
                }
            }
            catch
            {
                _inside.Release();
                throw;
            }
        }

        public void Leave() => _inside.Release();

        public void HoldBack(TimeSpan wait)
        {
            lock (_lock) _openFrom = Math.Max(_openFrom, After(wait));
        }

        public void Widen(TimeSpan most)
        {
            lock (_lock) _gap = _gap * 2 < most ? _gap * 2 : TimeSpan.FromTicks(Math.Max(most.Ticks, _gap.Ticks));
        }

        public void Narrow(TimeSpan least)
        {
            lock (_lock) _gap = _gap / 2 > least ? _gap / 2 : least;
        }

        /// <summary>Null: passed. Otherwise how long to wait before trying again.</summary>
        private TimeSpan? TryPass()
        {
            lock (_lock)
            {
                if (UntilOpen() is var wait && wait > TimeSpan.Zero) return wait;
                _openFrom = After(_gap);
                return null;
            }
        }

        private TimeSpan UntilOpen() => time.GetElapsedTime(time.GetTimestamp(), Interlocked.Read(ref _openFrom));

        private long After(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
    }
#pragma warning restore CA1001
}

/// <summary>Leave to connect, until it is disposed.</summary>
public sealed class PolicyFetchTurn : IDisposable
{
    private readonly PolicyFetchTurns _turns;
    private readonly PolicyFetchTurns.Gate _target, _address;
    private bool _overloaded;
    private TimeSpan? _retryAfter;

    internal PolicyFetchTurn(PolicyFetchTurns turns, PolicyFetchTurns.Gate target, PolicyFetchTurns.Gate address) =>
        (_turns, _target, _address) = (turns, target, address);

    /// <summary>What the server answered. 429 (RFC 6585 §4) and 503 (RFC 9110 §15.6.4) ask for less.</summary>
    public void Note(int? httpStatus, TimeSpan? retryAfter) => (_overloaded, _retryAfter) = (httpStatus is 429 or 503, retryAfter);

    /// <summary>The next fetch to the same address and target may begin after this.</summary>
    public void Dispose() => _turns.End(_target, _address, _overloaded, _retryAfter);
}
