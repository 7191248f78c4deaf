using System.Net;
using System.Net.Sockets;

namespace Scanner.Dns.Tests.Transport.Engine;

/// <summary>How a network treats the answers, each a share from 0 to 1.</summary>
internal sealed record Unkindness
{
    public double Loss { get; init; }

    public double Duplicates { get; init; }

    /// <summary>Answers held back until some later ones have gone, or a moment has passed.</summary>
    public double Reordering { get; init; }
}

/// <summary>
/// A UDP server on one blocking thread, fast enough for tens of thousands of queries at once. It answers every question with a TXT record that
/// repeats it, type and ID included, so that each asker can tell whether the answer is its own.
/// </summary>
internal sealed class UnkindServer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Thread _thread;
    private readonly Unkindness _unkindness;
    private readonly Random _random;
    private readonly List<(byte[] Datagram, SocketAddress To)> _held = [];
    private long _received;
    private volatile bool _stop;

    public UnkindServer(Unkindness unkindness, int seed)
    {
        _unkindness = unkindness;
        _random = new Random(seed);
        _socket.ReceiveBufferSize = 64 << 20;
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _socket.SetRawSocketOption(1, 33, BitConverter.GetBytes(64 << 20)); // SO_RCVBUFFORCE
            }
            catch (SocketException)
            {
                // As much as the system allows.
            }
        }
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.ReceiveTimeout = 20;
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _thread = new Thread(Serve) { IsBackground = true, Name = "unkind server" };
        _thread.Start();
    }

    public IPEndPoint EndPoint { get; }

    public long Received => Interlocked.Read(ref _received);

    /// <summary>What the answer to a question must say.</summary>
    public static string Says(string name, DnsRecordType type) => $"{name} {(int)type}";

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Serve()
    {
        byte[] buffer = new byte[2048];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        while (!_stop)
        {
            int length;
            try
            {
                length = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
            }
            catch (SocketException)
            {
                // Silence for a moment, or the port of somebody who has left: nothing more to reorder with.
                Release();
                continue;
            }
            Interlocked.Increment(ref _received);
            var query = ReceivedQuery.Parse(buffer[..length], overTcp: false);
            byte[] reply = query.Reply().Txt(query.Name, System.Text.Encoding.Latin1.GetBytes(Says(query.Name, query.Type))).Bytes();
            var to = new SocketAddress(AddressFamily.InterNetwork);
            from.Buffer.CopyTo(to.Buffer);
            if (_random.NextDouble() < _unkindness.Loss) continue;
            if (_random.NextDouble() < _unkindness.Reordering) _held.Add((reply, to));
            else Send(reply, to);
            if (_random.NextDouble() < _unkindness.Duplicates) Send(reply, to);
            if (_held.Count > 500) Release();
        }
    }

    private void Release()
    {
        foreach (int i in Enumerable.Range(0, _held.Count).OrderBy(_ => _random.Next()).ToArray()) Send(_held[i].Datagram, _held[i].To);
        _held.Clear();
    }

    private void Send(byte[] datagram, SocketAddress to)
    {
        try
        {
            _socket.SendTo(datagram, SocketFlags.None, to);
        }
        catch (SocketException)
        {
            // The asker has closed its port.
        }
    }
}
