using System.Collections.Concurrent;

namespace Scanner.Dns.Resolve;

/// <summary>
/// Keeps answers for as long as they may be kept, and lets everybody who asks the same thing at the same time wait for one query.
/// <para>
/// Kept are definitive answers, by their TTL, and unknown ones for a few seconds. Memory is bounded by the number of entries; when it is
/// full, one is thrown out that nobody has asked for since the hand of the clock last passed it (second chance).
/// </para>
/// <para>
/// Only the asker whose question was sent sees how (<see cref="DnsAnswer.Tries"/> and so on); the others get the answer with 0 tries, so that
/// tries add up to queries.
/// </para>
/// </summary>
public sealed class CachingResolver : IResolver
{
    /// <summary>A day. RFC 8767 §4 recommends to cap TTLs at seven; no scan needs more than one.</summary>
    public static readonly TimeSpan MaxTtl = TimeSpan.FromDays(1);

    /// <summary>
    /// For what could not be found out. RFC 9520 §3.2 asks for 1 second to 5 minutes. It is enough for a thousand domains that share a dead
    /// include and come one after the other, and too short to outlive a resolver's bad moment. The mop-up comes minutes later.
    /// </summary>
    public static readonly TimeSpan UnknownTtl = TimeSpan.FromSeconds(5);

    private readonly IResolver _inner;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<DnsQuestion, Entry> _entries = new();
    private readonly ConcurrentDictionary<DnsQuestion, Flight> _flights = new();
    private readonly Entry?[] _clock;
    private readonly Lock _clockLock = new();
    private int _hand;
    private long _hits;
    private long _misses;
    private long _coalesced;
    private long _denialsSince = long.MinValue;

    /// <param name="capacity">Answers kept at most, from 1.</param>
    public CachingResolver(IResolver inner, int capacity, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _inner = inner;
        _time = time;
        _clock = new Entry?[capacity];
    }

    /// <summary>Questions answered from memory.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Questions handed on.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>Questions that waited for somebody else's query.</summary>
    public long Coalesced => Interlocked.Read(ref _coalesced);

    /// <summary>Answers kept now, the expired ones included that nobody has asked for again.</summary>
    public int Count => _entries.Count;

    /// <summary>A resolver is suspected of denying names that exist: until <see cref="TrustDenials"/> no NXDOMAIN comes from memory, and none that was
    /// kept until then does so afterwards.</summary>
    public void DistrustDenials() => Volatile.Write(ref _denialsSince, long.MaxValue);

    /// <summary>Ends <see cref="DistrustDenials"/>.</summary>
    public void TrustDenials() => Volatile.Write(ref _denialsSince, _time.GetTimestamp());

    /// <inheritdoc/>
    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => FindOrJoinAsync(question, null, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Who finds a query under way takes its answer, whoever is asked.</remarks>
    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, IAsker asker, CancellationToken cancellationToken) => FindOrJoinAsync(question, asker, cancellationToken);

    private ValueTask<DnsAnswer> FindOrJoinAsync(DnsQuestion question, IAsker? asker, CancellationToken cancellationToken)
    {
        if (Find(question) is { } answer)
        {
            Interlocked.Increment(ref _hits);
            return new ValueTask<DnsAnswer>(asker is null ? answer : asker.Take(answer));
        }
        return new ValueTask<DnsAnswer>(JoinAsync(question, asker, cancellationToken));
    }

    private DnsAnswer? Find(DnsQuestion question)
    {
        if (!_entries.TryGetValue(question, out var entry) || entry.Kept is not { } kept || kept.ExpiresAt <= _time.GetTimestamp()) return null;
        if (kept.Answer.Status == DnsStatus.Nxdomain && kept.Since < Volatile.Read(ref _denialsSince)) return null;
        entry.Used = true;
        return kept.Answer;
    }

    private async Task<DnsAnswer> JoinAsync(DnsQuestion question, IAsker? asker, CancellationToken cancellationToken)
    {
        DnsAnswer? answer;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var flight = Board(question, asker?.NotFirst(question), out bool first);
            if (first) _ = FlyAsync(question, flight);
            try
            {
                answer = await flight.Landed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                flight.Leave();
            }
            if (!first) answer = WithoutHistory(answer);
        }
        catch (OperationCanceledException) when (asker is not null)
        {
            answer = asker.OnCancelled(question);
            if (answer is null) throw;
        }
        return asker is null ? answer : asker.Take(answer);
    }

    private Flight Board(DnsQuestion question, string? notFirst, out bool first)
    {
        while (true)
        {
            var flight = _flights.GetOrAdd(question, static (_, notFirst) => new Flight(notFirst), notFirst);
            if (flight.TryBoard(out first))
            {
                Interlocked.Increment(ref first ? ref _misses : ref _coalesced);
                return flight;
            }
            // Everybody had left it, and it is about to be removed.
            _flights.TryRemove(new KeyValuePair<DnsQuestion, Flight>(question, flight));
        }
    }

    /// <summary>The one query. It runs on its own, so that the asker who began it may give up without failing the others.</summary>
    private async Task FlyAsync(DnsQuestion question, Flight flight)
    {
        try
        {
            // Somebody's flight may have landed between our look at the cache and our boarding.
            var answer = Find(question);
            if (answer is null)
            {
                answer = await _inner.QueryAsync(question, flight, flight.Abandoned).ConfigureAwait(false);
                Keep(answer);
            }
            _flights.TryRemove(new KeyValuePair<DnsQuestion, Flight>(question, flight));
            flight.Land(answer);
        }
#pragma warning disable CA1031 // whatever it is, it is handed to those who wait
        catch (Exception e)
#pragma warning restore CA1031
        {
            _flights.TryRemove(new KeyValuePair<DnsQuestion, Flight>(question, flight));
            flight.Crash(e);
        }
    }

    private void Keep(DnsAnswer answer)
    {
        var lifetime = LifetimeOf(answer);
        if (lifetime <= TimeSpan.Zero) return;
        long now = _time.GetTimestamp();
        var kept = new Kept(WithoutHistory(answer), now, now + (long)(lifetime.TotalSeconds * _time.TimestampFrequency));
        if (_entries.TryGetValue(answer.Question, out var entry))
        {
            entry.Kept = kept;
            // It may have been thrown out just now; then the next asker asks again.
            return;
        }
        entry = new Entry(answer.Question) { Kept = kept };
        // Flights of one question follow each other, so no second entry for it appears meanwhile.
        lock (_clockLock)
        {
            int place = FindPlace();
            if (_clock[place] is { } old) _entries.TryRemove(old.Question, out _);
            _clock[place] = entry;
            _entries[answer.Question] = entry;
        }
    }

    /// <summary>An empty place, or one whose entry may go: expired, or not used since the hand last passed. At most one full round,
    /// in which every mark is wiped; spread over the insertions between rounds that is about one step each.</summary>
    private int FindPlace()
    {
        long now = _time.GetTimestamp();
        for (int steps = 0; ; steps++)
        {
            int place = _hand;
            _hand = (_hand + 1) % _clock.Length;
            if (_clock[place] is not { } entry || !entry.Used || entry.Kept!.ExpiresAt <= now || steps == _clock.Length) return place;
            entry.Used = false;
        }
    }

    private static TimeSpan LifetimeOf(DnsAnswer answer) => answer.Status switch
    {
        DnsStatus.NotQueried => TimeSpan.Zero,
        DnsStatus.NameTooLong => MaxTtl,
        // Negative answers have their own bound in the TTL already (RFC 2308 §5); a TTL of 0 is not kept (RFC 1035 §3.2.1).
        DnsStatus.Ok or DnsStatus.Nodata or DnsStatus.Nxdomain => TimeSpan.FromSeconds(Math.Min(answer.Ttl, MaxTtl.TotalSeconds)),
        _ => UnknownTtl,
    };

    private static DnsAnswer WithoutHistory(DnsAnswer answer) =>
        answer is { Tries: 0, Milliseconds: 0 } ? answer : answer with { Tries = 0, FailedTries = [], Milliseconds = 0 };

    private sealed record Kept(DnsAnswer Answer, long Since, long ExpiresAt);

    private sealed class Entry(DnsQuestion question)
    {
        private Kept? _kept;
        private volatile bool _used;

        public DnsQuestion Question { get; } = question;

        public Kept? Kept
        {
            get => Volatile.Read(ref _kept);
            set => Volatile.Write(ref _kept, value);
        }

        public bool Used
        {
            get => _used;
            set
            {
                // Read first: a popular entry is not written by every reader.
                if (_used != value) _used = value;
            }
        }
    }

    /// <summary>A query under way, and how many wait for it. When the last one leaves early, the query is cancelled.</summary>
    /// <param name="notFirst">What the one who began it has to say.</param>
#pragma warning disable CA1001 // a token source without timer or registrations from outside holds nothing but memory
    private sealed class Flight(string? notFirst) : IAsker
#pragma warning restore CA1001
    {
        private readonly TaskCompletionSource<DnsAnswer> _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _abandoned = new();
        private readonly Lock _lock = new();
        private int _aboard = -1; // -1: nobody yet; 0: everybody has left

        public Task<DnsAnswer> Landed => _landed.Task;

        public CancellationToken Abandoned => _abandoned.Token;

        public string? NotFirst(DnsQuestion question) => notFirst;

        public DnsAnswer Take(DnsAnswer answer) => answer;

        public DnsAnswer? OnCancelled(DnsQuestion question) => null;

        public bool TryBoard(out bool first)
        {
            lock (_lock)
            {
                first = _aboard == -1;
                if (_aboard == 0) return false;
                _aboard = first ? 1 : _aboard + 1;
                return true;
            }
        }

        public void Leave()
        {
            lock (_lock)
            {
                if (--_aboard > 0 || _landed.Task.IsCompleted) return;
            }
            _abandoned.Cancel();
        }

        public void Land(DnsAnswer answer) => _landed.TrySetResult(answer);

        public void Crash(Exception exception)
        {
            _landed.TrySetException(exception);
            _ = _landed.Task.Exception; // seen, even if nobody is left to see it
        }
    }
}
