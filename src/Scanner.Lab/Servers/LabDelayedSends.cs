using System.Net;
using System.Net.Sockets;

namespace Scanner.Lab.Servers;

/// <summary>Datagrams that leave later, all by the same delay: a queue in order of time and one timer for its head.</summary>
internal sealed class LabDelayedSends : IDisposable
{
    private readonly record struct Pending(long QueuedAt, byte[] Message, SocketAddress Client);

    private readonly Lock _lock = new();
    private readonly Queue<Pending> _queue = new();
    private readonly Socket _socket;
    private readonly TimeSpan _delay;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private bool _disposed;

    public LabDelayedSends(Socket socket, TimeSpan delay, TimeProvider time)
    {
        (_socket, _delay, _time) = (socket, delay, time);
        _timer = time.CreateTimer(static state => ((LabDelayedSends)state!).SendDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Copies both: the caller's buffers are used again at once.</summary>
    public void Add(ReadOnlySpan<byte> message, SocketAddress client)
    {
        var copy = new SocketAddress(client.Family, client.Size);
        client.Buffer.Span[..client.Size].CopyTo(copy.Buffer.Span);
        lock (_lock)
        {
            if (_disposed) return;
            _queue.Enqueue(new Pending(_time.GetTimestamp(), message.ToArray(), copy));
            if (_queue.Count == 1) _timer.Change(_delay, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _queue.Clear();
        }
        _timer.Dispose();
    }

    private void SendDue()
    {
        lock (_lock)
        {
            while (_queue.TryPeek(out var head))
            {
                var left = _delay - _time.GetElapsedTime(head.QueuedAt);
                if (left > TimeSpan.Zero)
                {
                    // Timers count whole milliseconds; rounded up, so that it does not fire a moment too early and then spin.
                    _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                    return;
                }
                _queue.Dequeue();
                try
                {
                    _socket.SendTo(head.Message, SocketFlags.None, head.Client);
                }
                catch (SocketException)
                {
                    // The client has gone: nobody misses it.
                }
            }
        }
    }
}
