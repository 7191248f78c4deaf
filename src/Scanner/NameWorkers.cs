namespace Scanner;

/// <summary>
/// Works items off, so many at once. One that takes longer than <see cref="Slow"/> waits for servers that do not answer and keeps nothing busy: it
/// goes on beside, and another worker takes its place. So names whose servers stall, loop or lie hold up nobody else, however many there are; only when
/// <paramref name="mostBeside"/> of them are beside must the others wait for one.
/// </summary>
/// <param name="workers">Items at once, without those that go on beside; above 0.</param>
/// <param name="take">The next item; null when there are no more.</param>
/// <param name="work">What may be slow.</param>
/// <param name="put">What becomes of it. Waiting here is back-pressure, and nobody takes the place of one who waits.</param>
/// <param name="hasRoom">Could more be done at once? Where items are slow because there is too much of them, more workers would only make them slower.</param>
/// <param name="failed">Cancelled at the first fault: then the others have nothing to go on for.</param>
internal sealed class NameWorkers<TItem, TResult>(
    int workers, int mostBeside, Func<ValueTask<TItem?>> take, Func<TItem, Task<TResult>> work, Func<TResult, ValueTask> put,
    Func<bool> hasRoom, CancellationTokenSource failed, TimeProvider time)
    where TItem : class
{
    /// <summary>Half of the first time limit of a question; what a resolver has to ask for all over the world is mostly there by then.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly Worker[] _workers = new Worker[workers];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _looking = new();
    private int _running = workers;
    private int _beside;
    private Exception? _fault;

    /// <summary>Goes on until there are no more items, and all are through.</summary>
    /// <exception cref="Exception">The first fault of an item.</exception>
    public async Task RunAsync()
    {
        for (int i = 0; i < _workers.Length; i++) _workers[i] = Begin();
        using var ticker = time.CreateTimer(static all => ((NameWorkers<TItem, TResult>)all!).Look(), this, Slow / 4, Slow / 4);
        await _ended.Task.ConfigureAwait(false);
    }

    private Worker Begin()
    {
        var worker = new Worker();
        _ = Task.Run(() => RunAsync(worker));
        return worker;
    }

    private async Task RunAsync(Worker worker)
    {
        try
        {
            while (!worker.IsReplaced && await take().ConfigureAwait(false) is { } item)
            {
                worker.Begin(time.GetTimestamp());
                TResult result;
                try
                {
                    result = await work(item).ConfigureAwait(false);
                }
                finally
                {
                    worker.End();
                    if (worker.IsReplaced) Interlocked.Decrement(ref _beside);
                }
                await put(result).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            if (Interlocked.CompareExchange(ref _fault, e, null) is null) await failed.CancelAsync().ConfigureAwait(false);
        }
        CountOut();
    }

    private void CountOut()
    {
        if (Interlocked.Decrement(ref _running) > 0) return;
        if (_fault is { } fault) _ended.SetException(fault);
        else _ended.SetResult();
    }

    private void Look()
    {
        // A look that comes while the last one is still at it has nothing to add.
        if (!hasRoom() || !_looking.TryEnter()) return;
        try
        {
            long now = time.GetTimestamp();
            for (int i = 0; i < _workers.Length && Volatile.Read(ref _beside) < mostBeside; i++)
            {
                if (time.GetElapsedTime(_workers[i].Since, now) < Slow) continue;
                // Counted first: the worker may be through at this very moment and counts itself out.
                Interlocked.Increment(ref _beside);
                Interlocked.Increment(ref _running);
                if (_workers[i].TryReplace())
                {
                    _workers[i] = Begin();
                    continue;
                }
                Interlocked.Decrement(ref _beside);
                CountOut();
            }
        }
        finally
        {
            _looking.Exit();
        }
    }

    private sealed class Worker
    {
        private const int Idle = 0, Busy = 1, Replaced = 2;

        private int _state;
        private long _since = long.MaxValue;

        /// <summary>When its item was begun; the end of time for one that has none.</summary>
        public long Since => Volatile.Read(ref _since);

        public bool IsReplaced => Volatile.Read(ref _state) == Replaced;

        public void Begin(long now)
        {
            Volatile.Write(ref _since, now);
            Volatile.Write(ref _state, Busy);
        }

        public void End()
        {
            Volatile.Write(ref _since, long.MaxValue);
            Interlocked.CompareExchange(ref _state, Idle, Busy);
        }

        public bool TryReplace() => Interlocked.CompareExchange(ref _state, Replaced, Busy) == Busy;
    }
}
