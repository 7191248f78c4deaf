using System.Net;
using System.Net.Sockets;
using Scanner.Dns;
using Scanner.Lab.Servers;

namespace Scanner.LoadTest;

/// <summary>What a server does with queries above its limit.</summary>
public enum LimitAction : byte
{
    /// <summary>REFUSED, as resolvers do that limit their clients.</summary>
    Refuse = 0,
    /// <summary>Nothing, as an overloaded one does, or a link.</summary>
    Drop = 1,
}

/// <summary>Answers the questions of a <see cref="BenchZone"/> on a loopback port, at most so many a second.</summary>
public sealed class LimitedResponder : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly BenchZone _zone;
    private readonly LimitAction _action;
    private readonly double _interval;
    private readonly long _burst;
    private readonly Thread _thread;
    private double _due;
    private long _over;

    /// <param name="limit">Queries a second that are answered, from 1; a burst of 50 ms beyond it.</param>
    public LimitedResponder(BenchZone zone, int limit, LimitAction action)
    {
        _zone = zone;
        _action = action;
        _interval = TimeProvider.System.TimestampFrequency / (double)limit;
        _burst = TimeProvider.System.TimestampFrequency / 20;
        _socket.ReceiveBufferSize = 4 << 20;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Endpoint = (IPEndPoint)_socket.LocalEndPoint!;
        _thread = new Thread(Serve) { IsBackground = true, Name = "responder" };
        _thread.Start();
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>Queries above the limit so far.</summary>
    public long Over => Interlocked.Read(ref _over);

    public void Dispose() => _socket.Dispose();

    private void Serve()
    {
        byte[] query = new byte[4096], answer = new byte[4096];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        try
        {
            while (true)
            {
                int length = _socket.ReceiveFrom(query, SocketFlags.None, from);
                if (Answer(query.AsSpan(0, length), answer) is > 0 and var size) _socket.SendTo(answer.AsSpan(0, size), SocketFlags.None, from);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    /// <summary>The length of the answer; 0 for none.</summary>
    private int Answer(ReadOnlySpan<byte> message, Span<byte> output)
    {
        var query = DnsWireReader.Read(message);
        if (query.Verdict != 0) return 0;
        var question = message.Slice(DnsWireReader.HeaderLength, query.QuestionLength);
        long now = TimeProvider.System.GetTimestamp();
        if (_due > now + _burst)
        {
            Interlocked.Increment(ref _over);
            return _action == LimitAction.Drop ? 0 : Write(query, question, rcode: 5, [], output);
        }
        _due = Math.Max(_due, now) + _interval;
        if (!_zone.TryFind(query.Name, query.Type, out long n)) return Write(query, question, rcode: 0, [], output);
        var records = _zone.Answer(n, out bool nxdomain);
        return Write(query, question, nxdomain ? 3 : 0, records, output);
    }

    private static int Write(in LabDnsQuery query, ReadOnlySpan<byte> question, int rcode, IReadOnlyList<DnsRecord> records, Span<byte> output)
    {
        var writer = new DnsWireWriter(output, query, question, rcode);
        foreach (var record in records) writer.Answer(record);
        if (records.Count == 0 && rcode != 5) writer.NegativeSoa();
        if (query.HasEdns) writer.Opt(rcode, query.DnssecOk, extendedError: null);
        return writer.Finish();
    }
}
