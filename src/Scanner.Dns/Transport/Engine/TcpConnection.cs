using System.Buffers.Binary;
using System.Net.Sockets;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// One TCP connection: messages behind their length (RFC 1035 §4.2.2), written as they come, read in whatever order the server answers, matched
/// by ID and question (RFC 7766 §7). Deadlines are the queries' own and cover connecting, writing and reading; the connection itself
/// is closed when it is idle, when it does not come about, or when queries ran out of time on it while nothing came.
/// </summary>
internal sealed class TcpConnection : IDisposable
{
    private const int LengthPrefix = 2;

    /// <summary>A server that closes after each answer needs many connections for many questions; this many for one is enough.</summary>
    private const int MaxMoves = 8;

    /// <summary>The longest time for a connection to come about; queries have given up long before.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection that lets queries run out of time is kept for those that still wait.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);

    private readonly TcpPool _pool;
    private readonly Socket _socket;
    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, TcpTicket> _open = [];
    private byte[] _outgoing = new byte[4096];
    private byte[] _writing = new byte[4096];
    private int _outgoingLength;
    private bool _isConnected;
    private bool _isWriting;
    private bool _isClosed;
    private long _answers;
    private long _lastActivity;

    public TcpConnection(TcpPool pool)
    {
        _pool = pool;
        _lastActivity = pool.Time.GetTimestamp();
        _socket = new Socket(pool.Transport.Server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _ = RunAsync();
    }

    /// <summary>Queries waiting on it, those given up included until their answers come.</summary>
    public int Open
    {
        get
        {
            lock (_lock) return _open.Count;
        }
    }

    /// <summary>Takes no further queries.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Sends a query as soon as it can. False when the connection is closed.</summary>
    public bool TryAdd(in TcpTicket ticket)
    {
        bool write;
        lock (_lock)
        {
            if (_isClosed || IsDraining || _open.Count > ushort.MaxValue / 2) return false;
            ushort id;
            do id = RandomBits.OfThread.Next16();
            while (!_open.TryAdd(id, ticket));
            Append(ticket, id);
            write = _isConnected && !_isWriting;
            if (write) _isWriting = true;
        }
        if (write) _ = WriteAsync();
        return true;
    }

    /// <summary>Closes the socket, and ends or passes on what waits here.</summary>
    public void Close(string why)
    {
        TcpTicket[] left;
        lock (_lock)
        {
            if (_isClosed) return;
            _isClosed = true;
            left = [.. _open.Values];
            _open.Clear();
        }
        _pool.Forget(this);
        _socket.Dispose();
        foreach (var ticket in left)
        {
            // RFC 7766 §6.2.4: a server may close a connection, which it finds idle or has served enough, just when we send on it. Where it
            // has answered before, what it left unanswered goes to another connection. So it does where there were several questions: the
            // server may have closed because of one of them.
            if (ticket.IsLive && ticket.Moves < MaxMoves && (Volatile.Read(ref _answers) > 0 || (_isConnected && left.Length > 1))) _pool.Submit(ticket with { Moves = ticket.Moves + 1 });
            else _pool.End(ticket, why);
        }
    }

    public void Dispose() => Close("the transport is closed");

    public void Maintain(long now)
    {
        string? why = null;
        lock (_lock)
        {
            var quiet = _pool.Time.GetElapsedTime(_lastActivity, now);
            bool waiting = _open.Values.Any(t => t.IsLive);
            if (!_isConnected)
            {
                if (quiet > ConnectLimit) why = "no TCP connection came about";
            }
            else if (_open.Count == 0)
            {
                if (quiet > _pool.Idle || IsDraining) why = "idle";
            }
            else if (!waiting)
            {
                // Everything that was asked here ran out of time: a broken connection looks like this.
                why = "no answer over this connection";
            }
            else if (_open.Count > _open.Values.Count(t => t.IsLive) && quiet > TimeSpan.FromSeconds(2))
            {
                IsDraining = true;
                if (quiet > DrainLimit) why = "no answer over this connection";
            }
        }
        if (why is not null) Close(why);
    }

    private void Append(in TcpTicket ticket, ushort id)
    {
        if (_outgoing.Length - _outgoingLength < LengthPrefix + QueryEncoder.MaxLength) Array.Resize(ref _outgoing, _outgoing.Length * 2);
        var to = _outgoing.AsSpan(_outgoingLength);
        int length = QueryEncoder.Encode(ticket.Question, ticket.Flags, id, caseBits: 0, to[LengthPrefix..]);
        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)length);
        ticket.Flags.Capture?.Add(sent: true, overTcp: true, _pool.Time.GetTimestamp(), to.Slice(LengthPrefix, length));
        _outgoingLength += LengthPrefix + length;
        Interlocked.Increment(ref _pool.Transport.Counters.OverTcp);
    }

    private async Task RunAsync()
    {
        // Leaves the lock of whoever opened the connection.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await _socket.ConnectAsync(_pool.Transport.Server).ConfigureAwait(false);
            lock (_lock)
            {
                _isConnected = true;
                _isWriting = true;
                _lastActivity = _pool.Time.GetTimestamp();
            }
            _ = WriteAsync();
            await ReadAsync().ConfigureAwait(false);
            Close("the server closed the TCP connection");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Close(e.Message);
        }
    }

    /// <summary>Writes until nothing is left. One at a time.</summary>
    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                int length;
                lock (_lock)
                {
                    length = _outgoingLength;
                    if (length == 0 || _isClosed)
                    {
                        _isWriting = false;
                        return;
                    }
                    (_outgoing, _writing) = (_writing, _outgoing);
                    _outgoingLength = 0;
                }
                for (int sent = 0; sent < length;)
                    sent += await _socket.SendAsync(_writing.AsMemory(sent, length - sent), SocketFlags.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Close(e.Message);
        }
    }

    /// <summary>Reads messages until the server closes.</summary>
    private async Task ReadAsync()
    {
        // The longest message behind its length always fits.
        byte[] buffer = new byte[LengthPrefix + ushort.MaxValue];
        int filled = 0;
        while (true)
        {
            int read = await _socket.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None).ConfigureAwait(false);
            if (read == 0) return;
            filled += read;
            int at = 0;
            while (filled - at >= LengthPrefix)
            {
                int length = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(at));
                if (filled - at - LengthPrefix < length) break;
                Accept(buffer.AsSpan(at + LengthPrefix, length));
                at += LengthPrefix + length;
            }
            buffer.AsSpan(at, filled - at).CopyTo(buffer);
            filled -= at;
        }
    }

    /// <summary>As <see cref="UdpChannel.Accept"/>: what answers no open question is counted and dropped.</summary>
    private void Accept(ReadOnlySpan<byte> message)
    {
        var counters = _pool.Transport.Counters;
        if (message.Length < MessageHeader.Length)
        {
            Interlocked.Increment(ref counters.Malformed);
            return;
        }
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(message);
        TcpTicket ticket;
        lock (_lock)
        {
            _lastActivity = _pool.Time.GetTimestamp();
            if (!_open.TryGetValue(id, out ticket))
            {
                Interlocked.Increment(ref counters.Unexpected);
                return;
            }
            ticket.Flags.Capture?.Add(sent: false, overTcp: true, _lastActivity, message);
            if (!ReplyDecoder.IsAnswerTo(message, id, ticket.Question, caseBits: 0))
            {
                Interlocked.Increment(ref counters.Mismatched);
                return;
            }
            _open.Remove(id);
            _answers++;
        }
        if (!ticket.Query.TryClaim(ticket.Word))
        {
            Interlocked.Increment(ref counters.Late);
            return;
        }
        var reply = new MessageHeader(message).Truncated
            ? DnsReply.Failed(TransportOutcome.Truncated, "TC=1 over TCP")
            : ReplyDecoder.Decode(message, ticket.Question, overTcp: true);
        _pool.Complete(ticket.Query, reply);
    }
}
