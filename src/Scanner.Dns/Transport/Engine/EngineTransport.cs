using System.Net;
using System.Net.Sockets;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Transport.Engine;

/// <summary>How the engine works; the defaults suit a scan.</summary>
public sealed record EngineOptions
{
    /// <summary>UDP sockets for one resolver, each with a source port of its own. Four: a resolver that spreads clients over its threads
    /// by address and port (so-reuseport) needs several to be used whole; more gain nothing measurable.</summary>
    public int Sockets { get; init; } = 4;

    /// <summary>Queries in flight at most, as far as is known: receive buffers are sized for all answers coming at once.</summary>
    public int Window { get; init; } = 2000;

    /// <summary>Null: many datagrams a system call where the system can (Linux). False: plain sockets everywhere. True: fail where it cannot.</summary>
    public bool? Batched { get; init; }

    /// <summary>Randomise the letters of the name and insist that they come back (0x20). Some 30 bits more against forgers; off, since
    /// a few servers do not echo them, and our resolver is near.</summary>
    public bool RandomizeCase { get; init; }

    /// <summary>The age at which a socket is replaced, so that a source port found out by somebody is soon worth nothing.
    /// A random part of up to its half is added.</summary>
    public TimeSpan SocketLifetime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>TCP connections to one resolver at most. Unbound serves ten clients' connections in all by default.</summary>
    public int TcpConnections { get; init; } = 4;

    /// <summary>A connection without open queries is closed after this (RFC 7766 §6.2.3: a few seconds).</summary>
    public TimeSpan TcpIdle { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// Asks one server over a few long-lived sockets, thousands of queries at once. Per query: the question is written into a send buffer, its
/// ID and deadline are entered, and a pooled promise is returned; per batch of answers: one receive, one look at the deadlines, one hop to the pool.
/// That is what the difficulty of this folder buys: a tenth of the CPU time of one socket and one object graph per query (bench/run-dns.sh).
/// Documents: RFC 1035, RFC 5452 (forged answers), RFC 6891 (EDNS), RFC 7766 (TCP).
/// </summary>
public sealed class EngineTransport : IDnsTransport
{
    /// <summary>Kernel memory for one small datagram: what Linux charges a receive buffer for an answer of a few hundred octets.</summary>
    private const int DatagramCharge = 2304;

    private const int MinReceiveBuffer = 1 << 20;

    /// <summary>How exact deadlines are: an answer may be waited for one to two ticks longer.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>A socket that has been replaced listens at least this long for late answers, so that they are seen as such.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly long _ticksPerTick;
    private readonly double _microsecondsPerTick;
    private readonly TimerWheel _wheel = new();
    private readonly List<PendingQuery> _expired = [];
    private readonly UdpChannel?[] _channels;
    private readonly List<UdpChannel> _retired = [];
    private readonly Lock _channelLock = new();
    private readonly LatencyHistogram _latencyOfClosed = new();
    private readonly TcpPool _tcp;
    private readonly ITimer _ticker;
    private Receiver? _receiver;
    private long _dropsOfClosed;
    private long _maintainedAt;
    private int _ticking;
    private volatile bool _disposed;

    /// <exception cref="PlatformNotSupportedException">Batches were asked for where there are none.</exception>
    public EngineTransport(IPEndPoint server, EngineOptions? options = null, TimeProvider? time = null)
    {
        Server = server;
        _options = options ?? new EngineOptions();
        _time = time ?? TimeProvider.System;
        if (_options.Batched == true && !LinuxSockets.Available) throw new PlatformNotSupportedException("sendmmsg and recvmmsg are used on 64-bit Linux only");
        IsBatched = _options.Batched ?? LinuxSockets.Available;
        _started = _time.GetTimestamp();
        _ticksPerTick = (long)(_time.TimestampFrequency * Tick.TotalSeconds);
        _microsecondsPerTick = 1e6 / _time.TimestampFrequency;
        _channels = new UdpChannel?[_options.Sockets];
        _tcp = new TcpPool(this, _options, _time);
        _ticker = _time.CreateTimer(static t => ((EngineTransport)t!).OnTick(), this, Tick, Tick);
    }

    /// <inheritdoc/>
    public IPEndPoint Server { get; }

    /// <inheritdoc/>
    public bool CanDisableChecking => true;

    /// <summary>Many datagrams a system call.</summary>
    public bool IsBatched { get; }

    internal TransportCounters Counters { get; } = new();

    /// <summary>Queries under way, over UDP and TCP.</summary>
    public int InFlight => _wheel.Count;

    /// <inheritdoc/>
    public ValueTask<DnsReply> ExchangeAsync(DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<DnsReply>(cancellationToken);
        ulong caseBits = _options.RandomizeCase ? RandomBits.OfThread.Next64() | 1 : 0;
        Span<byte> message = stackalloc byte[QueryEncoder.MaxLength];
        int length = QueryEncoder.Encode(question, flags, id: 0, caseBits, message);
        if (length == 0) return new(DnsReply.Failed(TransportOutcome.Malformed, $"'{question.Name}' cannot be put into a query"));
        if (_disposed) return new(Closed());

        var query = QueryPool.Rent();
        query.Transport = this;
        query.Question = question;
        query.Flags = flags;
        query.CaseBits = caseBits;
        query.SentAt = _time.GetTimestamp();
        long deadline = TickOf(query.SentAt + (long)(timeout.TotalSeconds * _time.TimestampFrequency)) + 1;
        short version = query.Version;
        if (flags.Tcp)
        {
            long word = Start(query, QueryPhase.Tcp, deadline, cancellationToken);
            _tcp.Submit(new TcpTicket(query, word, question, flags));
            return new ValueTask<DnsReply>(query, version);
        }

        var scope = SendScope.Current;
        UdpChannel channel;
        try
        {
            channel = TakeSlot(query, scope);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            query.Abandon();
            Counters.CountOutcome(TransportOutcome.NetworkError);
            return new(DnsReply.Failed(TransportOutcome.NetworkError, e.Message));
        }
        // From the start on the query may end, and be somebody else's, at any moment: what sending needs is taken before.
        ushort id = query.Id;
        message[0] = (byte)(id >> 8);
        message[1] = (byte)id;
        flags.Capture?.Add(sent: true, overTcp: false, query.SentAt, message[..length]);
        Start(query, QueryPhase.Udp, deadline, cancellationToken);
        if (scope is null) channel.Send(message[..length], id);
        else scope.Send(channel, message[..length], id);
        return new ValueTask<DnsReply>(query, version);
    }

    /// <inheritdoc/>
    public TransportSnapshot Snapshot()
    {
        var latency = new LatencyHistogram();
        long drops;
        int buffer = 0;
        bool dropsKnown = OperatingSystem.IsLinux();
        lock (_channelLock)
        {
            latency.Add(_latencyOfClosed);
            drops = _dropsOfClosed;
            foreach (var channel in _channels.Concat(_retired))
            {
                if (channel is null) continue;
                latency.Add(channel.Latency);
                drops += channel.KernelDrops ?? 0;
                buffer = channel.ReceiveBuffer;
            }
        }
        return Counters.Snapshot() with { KernelDrops = dropsKnown ? drops : null, ReceiveBuffer = buffer, Latency = latency };
    }

    /// <summary>Closes the sockets. Queries still under way end as <see cref="TransportOutcome.NetworkError"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _ticker.DisposeAsync().ConfigureAwait(false);
        _tcp.Dispose();
        UdpChannel[] channels;
        lock (_channelLock)
        {
            channels = [.. _channels.OfType<UdpChannel>(), .. _retired];
            foreach (var channel in channels) Close(channel);
            _retired.Clear();
            Array.Clear(_channels);
        }
        _receiver?.Dispose();
        var left = new List<PendingQuery>();
        _wheel.ExpireAll(left);
        foreach (var query in left)
        {
            query.Channel?.Burn(query);
            query.Reply = Closed();
        }
        CompletionBatch.HandOver(left);
    }

    internal long MicrosecondsBetween(long from, long to) => (long)((to - from) * _microsecondsPerTick);

    internal long Now => _time.GetTimestamp();

    /// <summary>Takes answered queries, claimed by a receiver, out of the wheel.</summary>
    internal void Answered(ReadOnlySpan<PendingQuery> queries) => _wheel.RemoveAll(queries);

    /// <summary>Takes one query, claimed by the caller, out of the wheel, and counts how it ended.</summary>
    internal void Ended(PendingQuery query, TransportOutcome outcome)
    {
        _wheel.Remove(query);
        Counters.CountOutcome(outcome);
    }

    /// <summary>Ends a query that its asker gave up; claimed by the caller.</summary>
    internal void EndCancelled(PendingQuery query)
    {
        query.Channel?.Burn(query);
        _wheel.Remove(query);
        CompletionBatch.HandOver(query);
    }

    internal void GoOnOverTcp(in TcpTicket ticket) => _tcp.Submit(ticket);

    private static DnsReply Closed() => DnsReply.Failed(TransportOutcome.NetworkError, "the transport is closed");

    private long TickOf(long timestamp) => (timestamp - _started) / _ticksPerTick;

    /// <summary>Enters the deadline and lets the query live. The word that it has then.</summary>
    private long Start(PendingQuery query, QueryPhase phase, long deadline, CancellationToken cancellationToken)
    {
        _wheel.Add(query, deadline);
        long word = query.Arm(phase);
        query.CancelWith(cancellationToken);
        // Disposal empties the wheel once; whoever comes in behind it ends here.
        if (_disposed && query.TryClaim(word))
        {
            query.Reply = Closed();
            _wheel.Remove(query);
            CompletionBatch.HandOver(query);
        }
        return word;
    }

    private UdpChannel TakeSlot(PendingQuery query, SendScope? scope)
    {
        if (scope?.ChannelOf(this) is { } sticky && !sticky.IsWornOut(query.SentAt) && sticky.TryTakeSlot(query)) return sticky;
        while (true)
        {
            int index = RandomBits.OfThread.Next16() % _channels.Length;
            var channel = Volatile.Read(ref _channels[index]);
            if (channel is null || channel.IsWornOut(query.SentAt)) channel = Renew(index, channel, query.SentAt);
            if (channel.TryTakeSlot(query)) return channel;
            Renew(index, channel, query.SentAt);
        }
    }

    /// <summary>Puts a new socket in the place of an old one, if nobody else has done so.</summary>
    /// <exception cref="SocketException">There is no socket, or no route to the server.</exception>
    private UdpChannel Renew(int index, UdpChannel? old, long now)
    {
        lock (_channelLock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var current = _channels[index];
            if (current is not null && current != old) return current;
            long lifetime = (long)(_options.SocketLifetime.TotalSeconds * _time.TimestampFrequency);
            lifetime += (long)(lifetime / 2 * (RandomBits.OfThread.Next16() / 65536.0));
            int buffer = (int)Math.Clamp((long)_options.Window * DatagramCharge, MinReceiveBuffer, 256 << 20);
            var channel = new UdpChannel(this, buffer, _options.Window, now + lifetime);
            _receiver ??= Receiver.Create(this);
            _receiver.Add(channel);
            if (old is not null)
            {
                old.RetireAt = now;
                _retired.Add(old);
            }
            Volatile.Write(ref _channels[index], channel);
            return channel;
        }
    }

    private void OnTick()
    {
        // A tick that comes while the last one still runs has nothing to add to it.
        if (_disposed || Interlocked.Exchange(ref _ticking, 1) != 0) return;
        try
        {
            long now = _time.GetTimestamp();
            _wheel.Advance(TickOf(now), _expired);
            foreach (var query in _expired)
            {
                query.Channel?.Burn(query);
                Counters.CountOutcome(query.Reply!.Outcome);
            }
            CompletionBatch.HandOver(_expired);
            _expired.Clear();
            if (_time.GetElapsedTime(_maintainedAt, now) < TimeSpan.FromSeconds(1)) return;
            _maintainedAt = now;
            CloseRetired(now);
            _tcp.Maintain(now);
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    private void CloseRetired(long now)
    {
        lock (_channelLock)
        {
            for (int i = _retired.Count - 1; i >= 0; i--)
            {
                var channel = _retired[i];
                if (_time.GetElapsedTime(channel.RetireAt, now) < Grace || channel.HasOpenQueries()) continue;
                Close(channel);
                _retired.RemoveAt(i);
            }
        }
    }

    /// <summary>Under the channel lock.</summary>
    private void Close(UdpChannel channel)
    {
        _dropsOfClosed += channel.KernelDrops ?? 0;
        _latencyOfClosed.Add(channel.Latency);
        _receiver!.Remove(channel);
    }
}
