using System.Net.Sockets;

namespace Scanner.Dns.Transport.Engine;

/// <summary>A query on its way over TCP: the object, the word that says it is still this question, and what to send.</summary>
/// <param name="Moves">How often its connection was closed under it.</param>
internal readonly record struct TcpTicket(PendingQuery Query, long Word, DnsQuestion Question, DnsQueryFlags Flags, int Moves = 0)
{
    /// <summary>Somebody still waits.</summary>
    public bool IsLive => Query.Word == Word;
}

/// <summary>
/// The TCP connections to one server: few, kept open, many queries on each without waiting for answers (RFC 7766 §6.2). A new one is opened only
/// when those that are there have work waiting.
/// </summary>
internal sealed class TcpPool(EngineTransport transport, EngineOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Open queries from which a further connection is worth its three packets. Servers that answer in order are slowed down
    /// by one hard question, so not too many wait behind each other.</summary>
    private const int Busy = 8;

    private readonly Lock _lock = new();
    private readonly List<TcpConnection> _connections = [];
    private bool _disposed;

    public EngineTransport Transport => transport;

    public TimeProvider Time => time;

    public TimeSpan Idle => options.TcpIdle;

    public void Submit(in TcpTicket ticket)
    {
        // A connection may close between choosing and using it; the next choice leaves it out.
        while (true)
        {
            TcpConnection? connection;
            try
            {
                connection = Choose(alone: ticket.Moves > 0);
            }
            catch (SocketException e)
            {
                End(ticket, e.Message);
                return;
            }
            if (connection is null)
            {
                End(ticket, "the transport is closed");
                return;
            }
            if (connection.TryAdd(ticket)) return;
            Forget(connection);
        }
    }

    /// <summary>Ends a query that TCP has failed, unless something else has.</summary>
    public void End(in TcpTicket ticket, string why)
    {
        if (!ticket.Query.TryClaim(ticket.Word)) return;
        // RFC 7766 §5: after TC=1 the whole answer could not be had.
        var outcome = PendingQuery.PhaseOf(ticket.Word) == QueryPhase.TcpAfterUdp ? TransportOutcome.Truncated : TransportOutcome.NetworkError;
        Complete(ticket.Query, DnsReply.Failed(outcome, why));
    }

    /// <param name="query">Claimed by the caller.</param>
    public void Complete(PendingQuery query, DnsReply reply)
    {
        query.Reply = reply;
        transport.Ended(query, reply.Outcome);
        CompletionBatch.HandOver(query);
    }

    public void Forget(TcpConnection connection)
    {
        lock (_lock) _connections.Remove(connection);
    }

    /// <summary>Once a second: closes what is idle, broken or never got connected.</summary>
    public void Maintain(long now)
    {
        TcpConnection[] connections;
        lock (_lock) connections = [.. _connections];
        foreach (var connection in connections) connection.Maintain(now);
    }

    public void Dispose()
    {
        TcpConnection[] connections;
        lock (_lock)
        {
            _disposed = true;
            connections = [.. _connections];
        }
        foreach (var connection in connections) connection.Dispose();
    }

    /// <param name="alone">On a connection of its own if there may be another: it shared one with a question at which the server closed, perhaps.</param>
    private TcpConnection? Choose(bool alone)
    {
        lock (_lock)
        {
            if (_disposed) return null;
            TcpConnection? best = null;
            foreach (var connection in _connections)
                if (!connection.IsDraining && (best is null || connection.Open < best.Open)) best = connection;
            if (best is not null && ((best.Open < Busy && !alone) || _connections.Count >= options.TcpConnections)) return best;
            // All are draining: one more than the limit, rather than nothing.
            var added = new TcpConnection(this);
            _connections.Add(added);
            Interlocked.Increment(ref transport.Counters.TcpConnections);
            return added;
        }
    }
}
