using System.IO.Hashing;
using System.Net;
using System.Runtime.InteropServices;
using Scanner.Dns;

namespace Scanner.Lab.Servers;

internal enum LabDnsAction : byte
{
    /// <summary>Say nothing.</summary>
    None = 0,
    Send = 1,
    /// <summary>Send after <see cref="LabDnsResponder.LateBy"/>.</summary>
    SendLate = 2,
    /// <summary>Close the TCP connection.</summary>
    Close = 3,
}

/// <param name="First">Octets of the first message, at the start of the output.</param>
/// <param name="Second">Octets of the second message, 0 for none. It stands <see cref="LabDnsResponder.Gap"/> octets behind the first.</param>
internal readonly record struct LabDnsReply(LabDnsAction Action, int First = 0, int Second = 0);

/// <summary>
/// From a query's octets to an answer's octets: asks the world and plays the fault that it names. Knows no sockets; thread-safe.
/// </summary>
internal sealed class LabDnsResponder(ILabWorld world, LabFaultRates rates)
{
    public static readonly TimeSpan LateBy = TimeSpan.FromMilliseconds(700);

    /// <summary>Room between two messages in the output, for TCP's length octets.</summary>
    public const int Gap = 2;

    /// <summary>Octets of output that hold any reply: the longest TCP message and a short forged one before it.</summary>
    public const int OutputLength = 65535 + 1024;

    private const int Servfail = 2, EdeDnssecBogus = 6;

    // Pointers to where no octets are, and a record that runs over the end.
    private static ReadOnlySpan<byte> NotDns => [0xFF, 0xFF, 0xC0, 0xFF, 0xBE, 0xEF, 0x7F, 0xFF];

    private readonly LabFate _fate = new(rates);
    private readonly SeenOnce _firstTimes = new();
    private Exception? _worldError;

    /// <summary>The first exception that the world threw or caused; such queries got SERVFAIL. Null when all went well.</summary>
    public Exception? WorldError => Volatile.Read(ref _worldError);

    public LabDnsReply Reply(ReadOnlySpan<byte> message, bool tcp, Span<byte> output, LabDnsTally tally)
    {
        tally.CountQuery();
        var query = DnsWireReader.Read(message);
        var question = message.Slice(Math.Min(DnsWireReader.HeaderLength, message.Length), query.QuestionLength);
        if (query.QuestionLength > 0) tally.CountType(query.Type);
        if (query.Verdict < 0) return NoAnswer(tally);
        if (query.Verdict > 0) return Rcode(query, question, query.Verdict, output, tally);

        var (drop, servfail) = _fate.Draw();
        if (drop && !tcp)
        {
            tally.CountDropped();
            return default;
        }
        if (servfail) return Rcode(query, question, Servfail, output, tally);
        try
        {
            var response = world.Resolve(query.Name, query.Type);
            return response.Fault == LabDnsFault.None
                ? Good(query, question, response, tcp, output, tally)
                : Faulty(query, question, response, tcp, output, tally);
        }
        catch (Exception error) // one bad name must not end the lab; it is kept for whoever asks
        {
            Interlocked.CompareExchange(ref _worldError, error, null);
            return Rcode(query, question, Servfail, output, tally);
        }
    }

    private LabDnsReply Faulty(in LabDnsQuery query, ReadOnlySpan<byte> question, LabDnsResponse response, bool tcp, Span<byte> output,
        LabDnsTally tally)
    {
        switch (response.Fault)
        {
            case LabDnsFault.Silent:
                return NoAnswer(tally);
            case LabDnsFault.Servfail:
                return Rcode(query, question, Servfail, output, tally);
            case LabDnsFault.Refused:
                return Rcode(query, question, 5, output, tally);
            case LabDnsFault.Notimp:
                return Rcode(query, question, 4, output, tally);
            case LabDnsFault.Formerr:
                return Rcode(query, question, 1, output, tally);
            case LabDnsFault.OtherRcode:
                return Rcode(query, question, 9, output, tally);
            case LabDnsFault.Bogus when !query.CheckingDisabled:
                return Rcode(query, question, Servfail, output, tally, EdeDnssecBogus);
            case LabDnsFault.NoEdns when query.HasEdns:
                // A server that has not heard of EDNS sends no OPT. RFC 6891 §7
                return Rcode(query with { HasEdns = false }, question, 1, output, tally);
            case LabDnsFault.FirstLost when _firstTimes.Add(query.Name, query.Type):
                return NoAnswer(tally);
            case LabDnsFault.FirstServfail when _firstTimes.Add(query.Name, query.Type):
                return Rcode(query, question, Servfail, output, tally);
            case LabDnsFault.Truncated when !tcp:
                return Truncated(query, question, output, tally);
            case LabDnsFault.TruncatedNoTcp when !tcp:
                return Truncated(query, question, output, tally);
            case LabDnsFault.TruncatedNoTcp:
                tally.CountUnanswered();
                return new LabDnsReply(LabDnsAction.Close);
            case LabDnsFault.Lame:
                return Lame(query, question, output, tally);
            case LabDnsFault.Malformed:
                return Malformed(query, question, output, tally);
            case LabDnsFault.WrongId:
                return Good(query with { Id = OtherId(query.Id) }, question, response, tcp, output, tally);
            case LabDnsFault.WrongQuestion:
                return WrongQuestion(query, output, tally);
            case LabDnsFault.ForgedFirst when _firstTimes.Add(query.Name, query.Type):
                int forged = Forged(query with { Id = OtherId(query.Id) }, question, output);
                return new LabDnsReply(LabDnsAction.Send, forged, Good(query, question, response, tcp, output[(forged + Gap)..], tally).First);
            case LabDnsFault.Late:
                return Good(query, question, response, tcp, output, tally) with { Action = LabDnsAction.SendLate };
            default:
                return Good(query, question, response, tcp, output, tally);
        }
    }

    private static LabDnsReply Good(in LabDnsQuery query, ReadOnlySpan<byte> question, LabDnsResponse response, bool tcp, Span<byte> output,
        LabDnsTally tally)
    {
        // With CD=1 nobody has validated anything. RFC 4035 §3.2.2
        bool authentic = response.Signed && response.Fault != LabDnsFault.Bogus && (query.AuthenticData || query.DnssecOk);
        var writer = new DnsWireWriter(output[..Math.Min(output.Length, ushort.MaxValue)], query, question, response.Rcode, authentic: authentic);
        bool found = false;
        for (int i = 0; i < response.Answers.Count; i++)
        {
            writer.Answer(response.Answers[i]);
            found |= DnsWireWriter.TypeOf(response.Answers[i]) == query.Type;
        }
        // RFC 2308 §2.1, §2.2: also when a CNAME came first.
        if (!found) writer.NegativeSoa();
        if (response.CompactDenial && query.DnssecOk) writer.CompactDenialNsec();
        if (query.HasEdns) writer.Opt(response.Rcode, query.DnssecOk, extendedError: null);
        int length = writer.Finish();
        // RFC 1035 §4.2.1 without EDNS; with it what the client says, but no less than 512 (RFC 6891 §6.2.3).
        int limit = query.HasEdns ? Math.Clamp(query.UdpSize, (ushort)512, (ushort)DnsWireWriter.MaxUdpLength) : 512;
        if (!tcp && length > limit) return Truncated(query, question, output, tally);
        tally.CountAnswer(response.Rcode);
        return new LabDnsReply(LabDnsAction.Send, length);
    }

    private static LabDnsReply Rcode(in LabDnsQuery query, ReadOnlySpan<byte> question, int rcode, Span<byte> output, LabDnsTally tally,
        ushort? extendedError = null)
    {
        var writer = new DnsWireWriter(output, query, question, rcode);
        if (query.HasEdns) writer.Opt(rcode, query.DnssecOk, extendedError);
        tally.CountAnswer(rcode);
        return new LabDnsReply(LabDnsAction.Send, writer.Finish());
    }

    /// <summary>TC=1 and nothing else: a client that took part of an answer for the whole would be wrong (RFC 2181 §9).</summary>
    private static LabDnsReply Truncated(in LabDnsQuery query, ReadOnlySpan<byte> question, Span<byte> output, LabDnsTally tally)
    {
        var writer = new DnsWireWriter(output, query, question, rcode: 0, truncated: true);
        if (query.HasEdns) writer.Opt(rcode: 0, query.DnssecOk, extendedError: null);
        tally.CountAnswer(0);
        return new LabDnsReply(LabDnsAction.Send, writer.Finish());
    }

    private static LabDnsReply Lame(in LabDnsQuery query, ReadOnlySpan<byte> question, Span<byte> output, LabDnsTally tally)
    {
        var writer = new DnsWireWriter(output, query, question, rcode: 0, recursionAvailable: false);
        writer.Referral();
        if (query.HasEdns) writer.Opt(rcode: 0, query.DnssecOk, extendedError: null);
        tally.CountAnswer(0);
        return new LabDnsReply(LabDnsAction.Send, writer.Finish());
    }

    /// <summary>Header and question are right, so that the answer is beyond doubt for this query; the answer section is noise.</summary>
    private static LabDnsReply Malformed(in LabDnsQuery query, ReadOnlySpan<byte> question, Span<byte> output, LabDnsTally tally)
    {
        var writer = new DnsWireWriter(output, query, question, rcode: 0);
        writer.Garbage(NotDns);
        tally.CountAnswer(0);
        return new LabDnsReply(LabDnsAction.Send, writer.Finish());
    }

    private static LabDnsReply WrongQuestion(in LabDnsQuery query, Span<byte> output, LabDnsTally tally)
    {
        ReadOnlySpan<byte> other = [5, (byte)'o', (byte)'t', (byte)'h', (byte)'e', (byte)'r', 7, (byte)'i', (byte)'n', (byte)'v', (byte)'a',
            (byte)'l', (byte)'i', (byte)'d', 0, (byte)((int)query.Type >> 8), (byte)query.Type, 0, 1];
        tally.CountAnswer(0);
        return new LabDnsReply(LabDnsAction.Send, Forged(query with { Name = "other.invalid" }, other, output));
    }

    /// <summary>A good answer's shape with records that the world never said: whoever believes it can be told by them.</summary>
    private static int Forged(in LabDnsQuery query, ReadOnlySpan<byte> question, Span<byte> output)
    {
        var writer = new DnsWireWriter(output, query, question, rcode: 0);
        writer.Answer(query.Type switch
        {
            DnsRecordType.A => new AddressRecord(query.Name, 60, IPAddress.Parse("203.0.113.66")),
            DnsRecordType.Aaaa => new AddressRecord(query.Name, 60, IPAddress.Parse("2001:db8::66")),
            DnsRecordType.Mx => new MxRecord(query.Name, 60, 0, "forged.invalid"),
            DnsRecordType.Txt => TxtRecord.FromText(query.Name, 60, "v=spf1 exists:forged.invalid +all"),
            DnsRecordType.Ns => new NsRecord(query.Name, 60, "forged.invalid"),
            _ => new CnameRecord(query.Name, 60, "forged.invalid"),
        });
        if (query.HasEdns) writer.Opt(rcode: 0, query.DnssecOk, extendedError: null);
        return writer.Finish();
    }

    private static LabDnsReply NoAnswer(LabDnsTally tally)
    {
        tally.CountUnanswered();
        return default;
    }

    private static ushort OtherId(ushort id) => (ushort)(id ^ 0x5555);

    /// <summary>Remembers which (name, type) came before, by hash, the last 262,144 of them: enough for every retry of a large run.</summary>
    private sealed class SeenOnce
    {
        private const int Capacity = 1 << 18;

        private readonly Lock _lock = new();
        private readonly HashSet<ulong> _seen = [];
        private readonly Queue<ulong> _oldest = new();

        /// <summary>True the first time.</summary>
        public bool Add(string name, DnsRecordType type)
        {
            ulong key = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan()), (int)type);
            lock (_lock)
            {
                if (!_seen.Add(key)) return false;
                if (_oldest.Count == Capacity) _seen.Remove(_oldest.Dequeue());
                _oldest.Enqueue(key);
                return true;
            }
        }
    }
}
