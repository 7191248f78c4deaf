using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Scanner.Dns;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;
using Scanner.Dns.Wire;

namespace Scanner.Benchmarks;

/// <summary>The parts of the DNS engine that every query passes, without the system calls between them.</summary>
[MemoryDiagnoser]
public class EngineBenchmarks : IDisposable
{
    private static readonly DnsQuestion Question = new("_dmarc.example.com", DnsRecordType.Txt);

    private readonly byte[] _query = new byte[QueryEncoder.MaxLength];
    private readonly byte[] _negative;
    private readonly byte[] _positive;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly EngineTransport _transport;
    private readonly UdpChannel _channel;
    private readonly PendingQuery _pending = new();
    private readonly TimerWheel _wheel = new();
    private readonly List<PendingQuery> _expired = [];
    private long _tick;

    public EngineBenchmarks()
    {
        int length = QueryEncoder.Encode(Question, default, 1, 0, _query);
        byte[] question = [0, 1, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, .. _query[12..(length - 11)]];
        byte[] text = [.. "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"u8];
        _positive = [.. question, 0xC0, 12, 0, 16, 0, 1, 0, 0, 14, 16, 0, (byte)(text.Length + 1), (byte)text.Length, .. text];
        _positive[7] = 1;
        // NXDOMAIN with the SOA of example.com at offset 19, its server and mailbox the root.
        _negative = [.. question, 0xC0, 19, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0, .. new byte[18], 14, 16];
        (_negative[3], _negative[9]) = (0x83, 1);
        if (Decode().Answers.Count != 1 || DecodeNegative() is not { Rcode: 3, NegativeTtl: 3600 }) throw new InvalidOperationException("the samples do not parse");

        _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _transport = new EngineTransport((IPEndPoint)_server.LocalEndPoint!);
        _channel = new UdpChannel(_transport, 1 << 16, long.MaxValue);
        // A scan has thousands of queries out.
        for (int i = 0; i < 10_000; i++)
        {
            _channel.TryTakeSlot(new PendingQuery());
            _wheel.Add(new PendingQuery(), i % 500 + 1_000_000_000);
        }
    }

    [Benchmark(Baseline = true)]
    public int Encode() => QueryEncoder.Encode(Question, default, 1, 0, _query);

    [Benchmark]
    public bool Match() => ReplyDecoder.IsAnswerTo(_positive, 1, Question, 0);

    [Benchmark]
    public DnsReply Decode() => ReplyDecoder.Decode(_positive, Question, overTcp: false);

    [Benchmark]
    public DnsReply DecodeNegative() => ReplyDecoder.Decode(_negative, Question, overTcp: false);

    /// <summary>A random ID for a query among 10,000 others, and back.</summary>
    [Benchmark]
    public bool Slot()
    {
        bool taken = _channel.TryTakeSlot(_pending);
        _channel.Free(_pending);
        return taken;
    }

    /// <summary>A deadline entered and taken back, as for an answered query.</summary>
    [Benchmark]
    public void Deadline()
    {
        _wheel.Add(_pending, _tick + 200);
        _wheel.Remove(_pending);
    }

    /// <summary>A tick at which nothing is due.</summary>
    [Benchmark]
    public void Tick() => _wheel.Advance(++_tick, _expired);

    [GlobalCleanup]
    public void Dispose()
    {
        _channel.Dispose();
        _transport.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _server.Dispose();
        GC.SuppressFinalize(this);
    }
}
