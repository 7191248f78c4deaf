using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Runtime.InteropServices;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// One connected socket with a source port of its own, and the queries that wait on it, by ID. Connected, so the kernel drops what does
/// not come from the server's address and port, and reports ICMP refusals. The kernel draws the port at random (RFC 6056; RFC 5452 §9.2);
/// after a while, or when too many IDs are burned, the transport goes on with a new socket, and this one only listens for what is out.
/// <para>
/// A query's slot is told by the low bits of its ID. One slot for each of 65,536 IDs would be half a megabyte that is never in the processor's caches,
/// and every question would wait for memory once to be sent and once to be answered.
/// </para>
/// <para>
/// The ID of a query that was given up is not used again on this socket: no late answer can meet another query of the same ID.
/// </para>
/// </summary>
internal sealed class UdpChannel : IDisposable
{
    /// <summary>Larger than any answer to a query that announced 1232 octets. What is longer is taken for truncated.</summary>
    public const int MaxDatagram = 4096;

    /// <summary>An eighth of all IDs. So many lost answers mean a dead server or a long time: either way a new port is the better start.</summary>
    private const int MaxBurned = 8192;

    private const int IdCount = 1 << 16;

    private const int MinSlots = 1024;

    /// <summary>Draws before a socket counts as full: with half its slots taken, one socket in 4 billion is called full too early.</summary>
    private const int MaxDraws = 32;

    private const int SolSocket = 1;
    private const int ReceiveBufferForce = 33; // SO_RCVBUFFORCE
    private const int MemoryInfo = 55; // SO_MEMINFO
    private const int MemoryInfoDrops = 8; // SK_MEMINFO_DROPS, the ninth of its 32-bit numbers

    private readonly Socket _socket;
    private readonly PendingQuery?[] _slots;
    private readonly ulong[] _burnedIds = new ulong[IdCount / 64];
    private int _burned;
    private int _closed;
    private long _finalDrops;

    /// <param name="window">Queries in flight at most, as far as is known: twice as many slots. With more a socket is full sooner and another one takes
    /// its place.</param>
    public UdpChannel(EngineTransport transport, int receiveBuffer, int window, long retireAt)
    {
        _slots = new PendingQuery?[Math.Clamp(BitOperations.RoundUpToPowerOf2((uint)Math.Min(window, IdCount)) * 2, MinSlots, IdCount)];
        Transport = transport;
        RetireAt = retireAt;
        _socket = new Socket(transport.Server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            ReceiveBuffer = EnlargeReceiveBuffer(_socket, receiveBuffer);
            _socket.Connect(transport.Server);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public EngineTransport Transport { get; }

    public SafeSocketHandle Handle => _socket.SafeHandle;

    public Socket Socket => _socket;

    /// <summary>Octets granted, the kernel's overhead included.</summary>
    public int ReceiveBuffer { get; }

    public LatencyHistogram Latency { get; } = new();

    /// <summary>The timestamp from which a new socket takes its place.</summary>
    public long RetireAt { get; set; }

    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    public int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Its time is over, or its IDs are used up.</summary>
    public bool IsWornOut(long now) => now >= RetireAt || Volatile.Read(ref _burned) >= MaxBurned;

    /// <summary>Datagrams that the kernel dropped because the buffer was full; null where it does not say.</summary>
    public long? KernelDrops
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return null;
            if (IsClosed) return Interlocked.Read(ref _finalDrops);
            try
            {
                Span<byte> info = stackalloc byte[4 * 16];
                int length = _socket.GetRawSocketOption(SolSocket, MemoryInfo, info);
                return length > 4 * MemoryInfoDrops ? MemoryMarshal.Read<uint>(info[(4 * MemoryInfoDrops)..]) : null;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return null;
            }
        }
    }

    /// <summary>Gives the query a random ID that no other has. False: too many are taken.</summary>
    public bool TryTakeSlot(PendingQuery query)
    {
        var random = RandomBits.OfThread;
        query.Channel = this;
        for (int i = 0; i < MaxDraws; i++)
        {
            ushort id = random.Next16();
            if (IsBurned(id)) continue;
            query.Id = id;
            ref var slot = ref SlotOf(id);
            if (Interlocked.CompareExchange(ref slot, query, null) is not null) continue;
            // Whoever had the slot until now may have had this very ID, and have burned it since we looked: before it left the slot.
            if (!IsBurned(id)) return true;
            Volatile.Write(ref slot, null);
        }
        query.Channel = null;
        return false;
    }

    /// <summary>The query was given up: its ID is never used again here.</summary>
    public void Burn(PendingQuery query)
    {
        ushort id = query.Id;
        ref var slot = ref SlotOf(id);
        if (Volatile.Read(ref slot) != query) return;
        Interlocked.Or(ref _burnedIds[id >> 6], 1UL << (id & 63));
        if (Interlocked.CompareExchange(ref slot, null, query) == query) Interlocked.Increment(ref _burned);
    }

    private bool IsBurned(ushort id) => (Volatile.Read(ref _burnedIds[id >> 6]) & (1UL << (id & 63))) != 0;

    private ref PendingQuery? SlotOf(ushort id) => ref _slots[id & (_slots.Length - 1)];

    /// <summary>Sends one message now.</summary>
    public void Send(ReadOnlySpan<byte> message, ushort id)
    {
        SocketError error;
        try
        {
            _socket.Send(message, SocketFlags.None, out error);
            if (IsRefusal(error))
            {
                // That of something sent earlier, told here; this one was not sent yet.
                Refused();
                _socket.Send(message, SocketFlags.None, out error);
            }
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.NotSocket;
        }
        if (error == SocketError.Success) Interlocked.Increment(ref Transport.Counters.Sent);
        else FailUnsent(id, error.ToString());
    }

    public static bool IsRefusal(SocketError error) => error is SocketError.ConnectionRefused or SocketError.ConnectionReset;

    /// <summary>Ends the query that has this ID: it could not be sent.</summary>
    public void FailUnsent(ushort id, string why)
    {
        if (TryClaimSlot(id, why) is { } query) CompletionBatch.HandOver(query);
    }

    /// <summary>
    /// ICMP says that nobody listens at the server's port. It does not say for which datagram, but one closed port is closed
    /// for all of them: nothing that waits here will be answered.
    /// </summary>
    public void Refused()
    {
        CompletionBatch? batch = null;
        for (int i = 0; i < _slots.Length; i++)
        {
            if (Volatile.Read(ref _slots[i]) is not { } waiting) continue;
            if (TryClaimSlot(waiting.Id, "the server's port is closed (ICMP)") is { } query) CompletionBatch.Add(ref batch, query);
        }
        CompletionBatch.HandOver(ref batch);
    }

    /// <summary>
    /// Is this datagram the answer that somebody waits for? Only with the ID of an open query, and its question. Then the query is the caller's,
    /// with its reply set. Everything else is counted and dropped, and the wait goes on (RFC 5452 §9.1).
    /// </summary>
    /// <param name="wasCut">It was longer than <see cref="MaxDatagram"/>.</param>
    /// <param name="now">When it was received.</param>
    public PendingQuery? Accept(ReadOnlySpan<byte> datagram, bool wasCut, long now, ref ReceiveTally tally)
    {
        if (datagram.Length < MessageHeader.Length)
        {
            tally.Malformed++;
            return null;
        }
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(datagram);
        ref var slot = ref SlotOf(id);
        var query = Volatile.Read(ref slot);
        // The word first, then the fields: when the word is still the same at the claim, the fields were those of this query.
        long word = query?.Word ?? 0;
        var question = query?.Question ?? default;
        if (query is null || PendingQuery.PhaseOf(word) != QueryPhase.Udp || query.Channel != this || query.Id != id || question.Name is null)
        {
            if (IsBurned(id)) tally.Late++;
            else tally.Unexpected++;
            return null;
        }
        query.Flags.Capture?.Add(sent: false, overTcp: false, now, datagram);
        if (!ReplyDecoder.IsAnswerTo(datagram, id, question, query.CaseBits))
        {
            tally.Mismatched++;
            return null;
        }
        if (wasCut || new MessageHeader(datagram).Truncated)
        {
            var flags = query.Flags;
            if (query.TryMove(word, QueryPhase.TcpAfterUdp))
            {
                tally.Truncated++;
                Interlocked.CompareExchange(ref slot, null, query);
                Transport.GoOnOverTcp(new TcpTicket(query, PendingQuery.WordIn(word, QueryPhase.TcpAfterUdp), question, flags));
            }
            return null;
        }
        if (!query.TryClaim(word))
        {
            tally.Late++;
            return null;
        }
        Volatile.Write(ref slot, null);
        var reply = ReplyDecoder.Decode(datagram, question, overTcp: false);
        query.Reply = reply;
        if (reply.Outcome == TransportOutcome.Answered) tally.Answered++;
        else tally.Malformed++;
        Latency.Add(Transport.MicrosecondsBetween(query.SentAt, now));
        return query;
    }

    /// <summary>Does anybody still wait here?</summary>
    public bool HasOpenQueries()
    {
        foreach (var query in _slots)
            if (query is not null) return true;
        return false;
    }

    /// <summary>Closes the socket, which also ends a receive that waits on it.</summary>
    public void Dispose()
    {
        long? drops = KernelDrops;
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        Interlocked.Exchange(ref _finalDrops, drops ?? 0);
        _socket.Dispose();
    }

    private PendingQuery? TryClaimSlot(ushort id, string why)
    {
        ref var slot = ref SlotOf(id);
        var query = Volatile.Read(ref slot);
        if (query is null) return null;
        long word = query.Word;
        if (PendingQuery.PhaseOf(word) != QueryPhase.Udp || query.Channel != this || query.Id != id || !query.TryClaim(word)) return null;
        Volatile.Write(ref slot, null);
        query.Reply = DnsReply.Failed(TransportOutcome.NetworkError, why);
        Transport.Ended(query, TransportOutcome.NetworkError);
        return query;
    }

    /// <summary>Asks for what is wanted, past the system's ceiling where we may (CAP_NET_ADMIN), and reads what was granted.</summary>
    private static int EnlargeReceiveBuffer(Socket socket, int wanted)
    {
        if (socket.ReceiveBufferSize < wanted) socket.ReceiveBufferSize = wanted;
        if (OperatingSystem.IsLinux() && socket.ReceiveBufferSize < wanted)
        {
            try
            {
                socket.SetRawSocketOption(SolSocket, ReceiveBufferForce, MemoryMarshal.AsBytes(new Span<int>(ref wanted)));
            }
            catch (SocketException)
            {
                // Not allowed: the system's ceiling it is.
            }
        }
        return socket.ReceiveBufferSize;
    }
}

/// <summary>What one receive came to, added to the transport's counters once.</summary>
internal struct ReceiveTally
{
    public int Answered;
    public int Late;
    public int Mismatched;
    public int Unexpected;
    public int Malformed;
    public int Truncated;

    public readonly void AddTo(TransportCounters counters)
    {
        if (Answered != 0) Interlocked.Add(ref counters.Answered, Answered);
        if (Late != 0) Interlocked.Add(ref counters.Late, Late);
        if (Mismatched != 0) Interlocked.Add(ref counters.Mismatched, Mismatched);
        if (Unexpected != 0) Interlocked.Add(ref counters.Unexpected, Unexpected);
        if (Malformed != 0) Interlocked.Add(ref counters.Malformed, Malformed);
        if (Truncated != 0) Interlocked.Add(ref counters.Truncated, Truncated);
    }
}
