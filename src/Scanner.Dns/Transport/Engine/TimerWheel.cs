namespace Scanner.Dns.Transport.Engine;

/// <summary>Something with a deadline. It is its own link in the wheel, so that adding and removing allocate nothing.</summary>
internal abstract class WheelEntry
{
    internal WheelEntry? Next;
    internal WheelEntry? Previous;

    /// <summary>The first tick at which the time is up. Written by the wheel, under its lock.</summary>
    internal long Deadline;

    /// <summary>-1 when it is in no slot.</summary>
    internal int Slot = -1;

    /// <summary>The time is up. False when something else has ended it already, which will remove it. Called under the wheel's lock.</summary>
    public abstract bool TryExpire();
}

/// <summary>
/// All deadlines of one transport (a hashed timing wheel: Varghese and Lauck 1987, scheme 6). A deadline goes to the slot of its tick; one
/// that is more than a round away is passed by until its round has come. Adding and removing are a few writes under one lock.
/// </summary>
/// <param name="slots">A power of two. Slots times ticks is the round; most deadlines should be nearer than that.</param>
internal sealed class TimerWheel(int slots = 1024)
{
    private readonly Lock _lock = new();
    private readonly WheelEntry?[] _heads = new WheelEntry?[slots];
    private readonly int _mask = slots - 1;
    private long _now;
    private int _count;

    /// <summary>Entries in the wheel.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <param name="deadline">A tick; one that is past is taken for the next.</param>
    public void Add(WheelEntry entry, long deadline)
    {
        lock (_lock) Link(entry, Math.Max(deadline, _now + 1));
    }

    public void Remove(WheelEntry entry)
    {
        lock (_lock) Unlink(entry);
    }

    /// <summary>Removes many under one lock: the answers of one batch.</summary>
    public void RemoveAll<T>(ReadOnlySpan<T> entries) where T : WheelEntry
    {
        lock (_lock)
        {
            foreach (var entry in entries) Unlink(entry);
        }
    }

    /// <summary>Moves the hand to a tick, and takes out what has expired on the way.</summary>
    public void Advance<T>(long tick, List<T> expired) where T : WheelEntry
    {
        lock (_lock)
        {
            if (tick <= _now) return;
            // After a long sleep one round sees every slot.
            long from = Math.Max(_now + 1, tick - _mask);
            _now = tick;
            for (long t = from; t <= tick; t++) Expire((int)(t & _mask), expired);
        }
    }

    /// <summary>Ends everything, whatever its deadline.</summary>
    public void ExpireAll<T>(List<T> expired) where T : WheelEntry
    {
        lock (_lock)
        {
            _now = long.MaxValue - 1;
            for (int slot = 0; slot < _heads.Length; slot++) Expire(slot, expired);
        }
    }

    private void Expire<T>(int slot, List<T> expired) where T : WheelEntry
    {
        for (var entry = _heads[slot]; entry is not null;)
        {
            var next = entry.Next;
            if (entry.Deadline <= _now)
            {
                Unlink(entry);
                if (entry.TryExpire()) expired.Add((T)entry);
                // Not yet armed, or being ended by somebody who will remove it. A look at the next tick, not in a round's time.
                else Link(entry, _now + 1);
            }
            entry = next;
        }
    }

    private void Link(WheelEntry entry, long deadline)
    {
        int slot = (int)(deadline & _mask);
        entry.Deadline = deadline;
        entry.Slot = slot;
        entry.Next = _heads[slot];
        if (entry.Next is not null) entry.Next.Previous = entry;
        _heads[slot] = entry;
        _count++;
    }

    private void Unlink(WheelEntry entry)
    {
        if (entry.Slot < 0) return;
        if (entry.Previous is null) _heads[entry.Slot] = entry.Next;
        else entry.Previous.Next = entry.Next;
        if (entry.Next is not null) entry.Next.Previous = entry.Previous;
        entry.Next = entry.Previous = null;
        entry.Slot = -1;
        _count--;
    }
}
