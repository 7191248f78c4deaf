using System.Buffers.Binary;
using System.Net;
using System.Threading.Tasks.Sources;
using BenchmarkDotNet.Attributes;
using Scanner.Dns;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;
using Scanner.Dns.Wire;
using Scanner.Lab.Servers;

namespace Scanner.Benchmarks;

/// <summary>The parts of the DNS engine by themselves: a query written, an answer checked and read, a slot taken and given back, a deadline
/// set and removed. Together they are what the engine does for a query besides system calls and waking the caller.</summary>
[MemoryDiagnoser]
public class EngineBenchmarks : IAsyncDisposable
{
    private static readonly DnsQuestion Mx = new("d0000123.test", DnsRecordType.Mx), Txt = new("d0000123.test", DnsRecordType.Txt),
        Missing = new("_mta-sts.d0000123.test", DnsRecordType.Txt);

    private readonly byte[] _query = new byte[QueryEncoder.MaxLength];
    private readonly byte[] _mx = Answer(Mx, 0, new MxRecord(Mx.Name, 300, 10, "mx1.d0000123.test"), new MxRecord(Mx.Name, 300, 20, "mx2.d0000123.test"));
    private readonly byte[] _txt = Answer(Txt, 0, TxtRecord.FromText(Txt.Name, 300, "v=spf1 include:_spf42.test ip4:11.1.2.3 -all"),
        TxtRecord.FromText(Txt.Name, 300, "site-verification=0123456789abcdef"), TxtRecord.FromText(Txt.Name, 300, "MS=ms0123456789"));
    private readonly byte[] _nxdomain = Answer(Missing, 3);
    private readonly EngineTransport _transport = new(new IPEndPoint(IPAddress.Loopback, 9));
    private readonly UdpChannel _channel;
    private readonly TimerWheel _wheel = new();
    private readonly TimerWheel _busy = new();
    private readonly Entry _entry = new();
    private readonly List<Entry> _expired = [];
    private ReceiveTally _tally;
    private long _tick;

    public EngineBenchmarks()
    {
        // The socket is never used: nothing is sent.
        _channel = new UdpChannel(_transport, receiveBuffer: 1 << 16, window: 2000, retireAt: long.MaxValue);
        for (int i = 0; i < 10_000; i++) _busy.Add(new Entry(), 1_000_000 + i);
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _transport.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int Encode() => QueryEncoder.Encode(Missing, default, id: 4711, caseBits: 0, _query);

    [Benchmark]
    public DnsReply? DecodeTwoMx() => Decode(_mx, Mx);

    [Benchmark]
    public DnsReply? DecodeThreeTxt() => Decode(_txt, Txt);

    [Benchmark]
    public DnsReply? DecodeNxdomain() => Decode(_nxdomain, Missing);

    /// <summary>A random ID, the wait, and the answer (NXDOMAIN) that ends it, matched against the question; the object goes back to the pool.</summary>
    [Benchmark]
    public DnsReply Slot()
    {
        var query = QueryPool.Rent();
        query.Transport = _transport;
        query.Question = Missing;
        query.SentAt = 1;
        short version = query.Version;
        _channel.TryTakeSlot(query);
        query.Arm(QueryPhase.Udp);
        BinaryPrimitives.WriteUInt16BigEndian(_nxdomain, query.Id);
        var accepted = _channel.Accept(_nxdomain, wasCut: false, now: 2, ref _tally) ?? throw new InvalidOperationException("not accepted");
        accepted.Complete();
        return ((IValueTaskSource<DnsReply>)accepted).GetResult(version);
    }

    /// <summary>A deadline that is not reached, with 10,000 others in the wheel.</summary>
    [Benchmark]
    public void WheelAddRemove()
    {
        _busy.Add(_entry, 500_000);
        _busy.Remove(_entry);
    }

    /// <summary>A deadline that is.</summary>
    [Benchmark]
    public int WheelExpire()
    {
        _wheel.Add(_entry, ++_tick);
        _wheel.Advance(_tick, _expired);
        int count = _expired.Count;
        _expired.Clear();
        return count;
    }

    private static DnsReply? Decode(byte[] message, DnsQuestion question) =>
        ReplyDecoder.IsAnswerTo(message, 4711, question, caseBits: 0) ? ReplyDecoder.Decode(message, question, overTcp: false) : throw new InvalidOperationException("not the answer");

    private static byte[] Answer(DnsQuestion question, int rcode, params DnsRecord[] records)
    {
        byte[] query = new byte[QueryEncoder.MaxLength], answer = new byte[4096];
        int length = QueryEncoder.Encode(question, default, id: 4711, caseBits: 0, query);
        var read = DnsWireReader.Read(query.AsSpan(0, length));
        var writer = new DnsWireWriter(answer, read, query.AsSpan(DnsWireReader.HeaderLength, read.QuestionLength), rcode);
        foreach (var record in records) writer.Answer(record);
        if (records.Length == 0) writer.NegativeSoa();
        writer.Opt(rcode, dnssecOk: false, extendedError: null);
        return answer[..writer.Finish()];
    }

    private sealed class Entry : WheelEntry
    {
        public override bool TryExpire() => true;
    }
}
