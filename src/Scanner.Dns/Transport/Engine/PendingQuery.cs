using System.Threading.Tasks.Sources;

namespace Scanner.Dns.Transport.Engine;

/// <summary>Where a query is. Only one thread can move it out of a waiting phase: who does so owns it, and ends it.</summary>
internal enum QueryPhase : byte
{
    /// <summary>In the pool, or being made ready.</summary>
    Idle = 0,
    /// <summary>Waiting for a datagram.</summary>
    Udp = 1,
    /// <summary>A truncated datagram came; waiting for the answer over TCP.</summary>
    TcpAfterUdp = 2,
    /// <summary>Waiting for the answer over TCP, as asked from the start.</summary>
    Tcp = 3,
    /// <summary>Somebody is ending it.</summary>
    Claimed = 4,
}

/// <summary>
/// One question under way, and the promise of its reply. Objects are pooled, so a reference may outlive the question it was taken for:
/// the receiver's, the canceller's, the TCP connection's. Therefore phase and use number are one word; every step is a compare-and-swap
/// from the word that was read before the fields were, and fails when the object serves another question by now. No answer can reach
/// a question that it was not matched against.
/// </summary>
internal sealed class PendingQuery : WheelEntry, IValueTaskSource<DnsReply>
{
    private const int PhaseBits = 3;
    private const long PhaseMask = (1 << PhaseBits) - 1;

    // Continuations run where the reply is set: always on the pool, never on a receiving thread (CompletionBatch).
    private ManualResetValueTaskSourceCore<DnsReply> _core = new() { RunContinuationsAsynchronously = false };
    private CancellationTokenRegistration _registration;
    private long _word;

    public EngineTransport Transport = null!;
    public DnsQuestion Question;
    public DnsQueryFlags Flags;

    /// <summary>0 unless letters are randomised.</summary>
    public ulong CaseBits;

    /// <summary>The socket whose slot it has; null over TCP.</summary>
    public UdpChannel? Channel;
    public ushort Id;
    public long SentAt;

    /// <summary>How it ended, from the claim until the reply is set.</summary>
    public DnsReply? Reply;
    public OperationCanceledException? Cancelled;

    public long Word => Volatile.Read(ref _word);

    public short Version => _core.Version;

    public static QueryPhase PhaseOf(long word) => (QueryPhase)(word & PhaseMask);

    /// <summary>From idle to waiting: from now on it may end at any moment. The word that it has now.</summary>
    public long Arm(QueryPhase phase)
    {
        long word = _word | (long)phase;
        Volatile.Write(ref _word, word);
        return word;
    }

    /// <summary>Gives back one that was never armed.</summary>
    public void Abandon() => Recycle();

    /// <summary>Out of the phase of the word that was read, into another. False when it has moved on meanwhile.</summary>
    public bool TryMove(long word, QueryPhase to) =>
        Interlocked.CompareExchange(ref _word, WordIn(word, to), word) == word;

    /// <summary>What the word is after <see cref="TryMove"/>.</summary>
    public static long WordIn(long word, QueryPhase phase) => word & ~PhaseMask | (long)phase;

    public bool TryClaim(long word) => TryMove(word, QueryPhase.Claimed);

    /// <summary>Registered last, when everything that a cancellation touches is in place; it may run before this returns.</summary>
    public void CancelWith(CancellationToken token)
    {
        if (token.CanBeCanceled) _registration = token.UnsafeRegister(static (query, token) => ((PendingQuery)query!).Cancel(token), this);
    }

    /// <inheritdoc/>
    public override bool TryExpire()
    {
        while (true)
        {
            long word = Word;
            var phase = PhaseOf(word);
            if (phase is QueryPhase.Idle or QueryPhase.Claimed) return false;
            if (!TryClaim(word)) continue;
            // RFC 7766 §5: with TC=1 seen, silence over TCP is "truncated", not "no answer".
            Reply = DnsReply.Failed(phase == QueryPhase.TcpAfterUdp ? TransportOutcome.Truncated : TransportOutcome.Timeout);
            return true;
        }
    }

    private void Cancel(CancellationToken token)
    {
        while (true)
        {
            // Not for another question: the registration is undone before the object is used again.
            long word = Word;
            if (PhaseOf(word) is QueryPhase.Idle or QueryPhase.Claimed) return;
            if (!TryClaim(word)) continue;
            Cancelled = new OperationCanceledException(token);
            Transport.EndCancelled(this);
            return;
        }
    }

    /// <summary>Runs what waits for the reply, on this thread.</summary>
    public void Complete()
    {
        if (Cancelled is { } cancelled) _core.SetException(cancelled);
        else _core.SetResult(Reply!);
    }

    DnsReply IValueTaskSource<DnsReply>.GetResult(short token)
    {
        // A second await of the same reply throws here, before it could give back what serves another question by now.
        _core.GetStatus(token);
        // Waits for a cancellation that is running right now: it holds a reference.
        _registration.Dispose();
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<DnsReply>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<DnsReply>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Recycle()
    {
        _registration = default;
        _core.Reset();
        Reply = null;
        Cancelled = null;
        Channel = null;
        Question = default;
        Transport = null!;
        // The next use has another number: whoever still holds a word of this one fails.
        Volatile.Write(ref _word, (_word & ~PhaseMask) + (1 << PhaseBits));
        QueryPool.Return(this);
    }
}

/// <summary>Spare queries, some per thread and the rest shared. What an answer gives back, the next question on the same thread takes.</summary>
internal static class QueryPool
{
    private const int OfThread = 128;

    /// <summary>More than may be in flight at once.</summary>
    private const int Shared = 1 << 16;

    [ThreadStatic]
    private static PendingQuery?[]? _local;

    [ThreadStatic]
    private static int _localCount;

    private static readonly Lock SharedLock = new();
    private static PendingQuery?[] _shared = new PendingQuery?[1024];
    private static int _sharedCount;

    public static PendingQuery Rent()
    {
        if (_localCount == 0) Refill();
        return _localCount == 0 ? new PendingQuery() : _local![--_localCount]!;
    }

    public static void Return(PendingQuery query)
    {
        var local = _local ??= new PendingQuery?[OfThread];
        if (_localCount == OfThread) Spill(local);
        local[_localCount++] = query;
    }

    private static void Refill()
    {
        if (Volatile.Read(ref _sharedCount) == 0) return;
        var local = _local ??= new PendingQuery?[OfThread];
        lock (SharedLock)
        {
            while (_localCount < OfThread / 2 && _sharedCount > 0) local[_localCount++] = _shared[--_sharedCount];
        }
    }

    private static void Spill(PendingQuery?[] local)
    {
        lock (SharedLock)
        {
            if (_sharedCount + OfThread / 2 > _shared.Length && _shared.Length < Shared) Array.Resize(ref _shared, _shared.Length * 2);
            while (_localCount > OfThread / 2)
            {
                var query = local[--_localCount];
                // Beyond the bound it is left to the collector.
                if (_sharedCount < _shared.Length) _shared[_sharedCount++] = query;
            }
        }
    }
}
