using System.Net.Sockets;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// Takes datagrams out of a transport's sockets and hands answered queries to the pool. Receiving blocks a thread of its own: an
/// asynchronous receive costs a third more per datagram, for its hop.
/// </summary>
internal abstract class Receiver : IDisposable
{
    public static Receiver Create(EngineTransport transport) => transport.IsBatched ? new BatchedReceiver(transport) : new PlainReceiver(transport);

    public abstract void Add(UdpChannel channel);

    /// <summary>Listens no longer, and closes the socket.</summary>
    public abstract void Remove(UdpChannel channel);

    /// <summary>Ends the threads. Every socket was removed before.</summary>
    public abstract void Dispose();
}

/// <summary>One blocking thread a socket, one datagram a call: what every system can.</summary>
internal sealed class PlainReceiver(EngineTransport transport) : Receiver
{
    public override void Add(UdpChannel channel) =>
        new Thread(() => Receive(channel)) { IsBackground = true, Name = $"DNS {transport.Server} port {channel.LocalPort}" }.Start();

    // Closing wakes the thread.
    public override void Remove(UdpChannel channel) => channel.Dispose();

    public override void Dispose()
    {
    }

    private void Receive(UdpChannel channel)
    {
        byte[] buffer = new byte[UdpChannel.MaxDatagram];
        while (!channel.IsClosed)
        {
            int length;
            SocketError error;
            try
            {
                length = channel.Socket.Receive(buffer, SocketFlags.None, out error);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            // A system that tells of a datagram too long for the buffer has filled it all the same.
            if (error == SocketError.MessageSize) length = buffer.Length;
            else if (UdpChannel.IsRefusal(error)) channel.Refused();
            if (error is not (SocketError.Success or SocketError.MessageSize)) continue;

            ReceiveTally tally = default;
            var query = channel.Accept(buffer.AsSpan(0, length), wasCut: length == buffer.Length, transport.Now, ref tally);
            tally.AddTo(transport.Counters);
            if (query is null) continue;
            transport.Answered([query]);
            CompletionBatch.HandOver(query);
        }
    }
}
