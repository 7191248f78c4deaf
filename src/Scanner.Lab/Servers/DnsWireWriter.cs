using System.Buffers.Binary;
using System.Net.Sockets;
using Scanner.Dns;

namespace Scanner.Lab.Servers;

/// <summary>
/// Writes one answer into a caller's buffer: header, the question echoed octet for octet, records, OPT. Call in the order
/// constructor, <see cref="Answer"/>*, <see cref="NegativeSoa"/>/<see cref="Referral"/>, <see cref="Opt"/>, <see cref="Finish"/>.
/// Allocates nothing.
/// </summary>
/// <remarks>Throws <see cref="FormatException"/> for what no message can hold (a label over 63 octets, an answer over the buffer):
/// that is a fault of the world that is served, not of a client.</remarks>
public ref struct DnsWireWriter
{
    /// <summary>The UDP size that the lab's OPT records state, and the most it sends: what fits one Ethernet frame over IPv6.</summary>
    public const int MaxUdpLength = 1232;

    /// <summary>Seconds that a negative answer may be cached: TTL and MINIMUM of the SOA are the same (RFC 2308 §5).</summary>
    public const int NegativeTtl = 900;

    // SOA of the root, the one zone that encloses every name the lab denies. RFC 2308 §3: its place is the authority section.
    private static ReadOnlySpan<byte> RootSoa => [
        0, 0, 6, 0, 1, 0, 0, NegativeTtl >> 8, NegativeTtl & 0xFF, 0, 35,
        2, (byte)'n', (byte)'s', 3, (byte)'l', (byte)'a', (byte)'b', 0,
        4, (byte)'h', (byte)'o', (byte)'s', (byte)'t', 0xC0, 0,
        0, 0, 0, 1, 0, 0, 0x0E, 0x10, 0, 0, 0x03, 0x84, 0, 0, 0x1C, 0x20, 0, 0, NegativeTtl >> 8, NegativeTtl & 0xFF];

    private readonly Span<byte> _buffer;
    private readonly string _questionName;
    private int _position;
    private ushort _answers, _authority, _additional;
    private string? _chainName;
    private int _chainOffset;

    /// <param name="question">The question section as it came, or nothing when it could not be read.</param>
    /// <param name="rcode">0 to 15; what EDNS adds goes to <see cref="Opt"/>.</param>
    public DnsWireWriter(Span<byte> buffer, in LabDnsQuery query, ReadOnlySpan<byte> question, int rcode,
        bool truncated = false, bool recursionAvailable = true, bool authentic = false)
    {
        _buffer = buffer;
        _questionName = query.Name;
        _position = DnsWireReader.HeaderLength;
        BinaryPrimitives.WriteUInt16BigEndian(buffer, query.Id);
        // QR=1, AA=0, TC, RD as asked. RFC 1035 §4.1.1
        buffer[2] = (byte)(0x80 | query.Opcode << 3 | (truncated ? 2 : 0) | (query.RecursionDesired ? 1 : 0));
        // RA, AD, CD as asked. RFC 4035 §3.2.2, §3.2.3
        buffer[3] = (byte)((recursionAvailable ? 0x80 : 0) | (authentic ? 0x20 : 0) | (query.CheckingDisabled ? 0x10 : 0) | rcode & 0xF);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[4..], (ushort)(question.IsEmpty ? 0 : 1));
        // Letter case is echoed too: some clients check it.
        question.CopyTo(buffer[_position..]);
        _position += question.Length;
    }

    public static DnsRecordType TypeOf(DnsRecord record) => record switch
    {
        AddressRecord address => address.Address.AddressFamily == AddressFamily.InterNetworkV6 ? DnsRecordType.Aaaa : DnsRecordType.A,
        CnameRecord => DnsRecordType.Cname,
        MxRecord => DnsRecordType.Mx,
        TxtRecord => DnsRecordType.Txt,
        NsRecord => DnsRecordType.Ns,
        PtrRecord => DnsRecordType.Ptr,
        SoaRecord => DnsRecordType.Soa,
        TlsaRecord => DnsRecordType.Tlsa,
        OtherRecord other => other.Type,
        _ => throw new FormatException($"no wire form for {record.GetType().Name}"),
    };

    public void Answer(DnsRecord record)
    {
        int length = Begin(record.Owner, TypeOf(record), record.Ttl);
        switch (record)
        {
            case AddressRecord address:
                address.Address.TryWriteBytes(Take(address.Address.AddressFamily == AddressFamily.InterNetworkV6 ? 16 : 4), out _);
                break;
            case CnameRecord cname:
                // The next link's owner can point here.
                (_chainName, _chainOffset) = (cname.Target, _position);
                Name(cname.Target);
                break;
            case NsRecord ns:
                Name(ns.Target);
                break;
            case PtrRecord ptr:
                Name(ptr.Target);
                break;
            case MxRecord mx:
                UInt16(mx.Preference);
                Name(mx.Exchange);
                break;
            case TxtRecord txt:
                for (int i = 0; i < txt.Strings.Count; i++) CharacterString(txt.Strings[i].Span);
                break;
            case SoaRecord soa:
                Name(soa.PrimaryServer);
                Name("hostmaster");
                UInt32(1);
                UInt32(3600);
                UInt32(900);
                UInt32(7200);
                UInt32(soa.Minimum);
                break;
            case TlsaRecord tlsa:
                var head = Take(3);
                (head[0], head[1], head[2]) = (tlsa.Usage, tlsa.Selector, tlsa.MatchingType);
                tlsa.Data.Span.CopyTo(Take(tlsa.Data.Length));
                break;
        }
        End(length);
        _answers++;
    }

    /// <summary>The SOA that goes with NXDOMAIN and NODATA (RFC 2308 §2).</summary>
    public void NegativeSoa()
    {
        int start = _position;
        RootSoa.CopyTo(Take(RootSoa.Length));
        // The one pointer inside: RNAME "host" under MNAME's parent, "lab", 14 octets into the record.
        const int PointerAt = 24, Parent = 14;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[(start + PointerAt)..], (ushort)(0xC000 | start + Parent));
        _authority++;
    }

    /// <summary>The NSEC record of a compact denial: the name itself, its successor, and a type map of RRSIG, NSEC and NXNAME
    /// (RFC 9824 §3.1; form RFC 4034 §4.1). For clients that set DO.</summary>
    public void CompactDenialNsec()
    {
        int length = Begin(_questionName, (DnsRecordType)47, NegativeTtl);
        // The next name: one label, a zero octet, in front of the name (RFC 4471 §3.1.1).
        var label = Take(2);
        (label[0], label[1]) = (1, 0);
        Name(_questionName);
        // Window 0, 17 octets: RRSIG is type 46, NSEC 47, NXNAME 128.
        var map = Take(2 + 17);
        map.Clear();
        (map[1], map[2 + 5], map[2 + 16]) = (17, 0b11, 0x80);
        End(length);
        _authority++;
    }

    /// <summary>NS records of the root in the authority section: what a server without recursion says of names that it does not hold.</summary>
    public void Referral()
    {
        foreach (string server in (ReadOnlySpan<string>)["a.root.lab", "b.root.lab"])
        {
            int length = Begin(".", DnsRecordType.Ns, 518400);
            Name(server);
            End(length);
            _authority++;
        }
    }

    /// <summary>The OPT record: own UDP size, DO as asked (RFC 6891 §6.1.3, RFC 3225 §3).</summary>
    /// <param name="rcode">The whole RCODE, 0 to 4095.</param>
    /// <param name="extendedError">INFO-CODE of an EDE option, or null for none (RFC 8914 §2).</param>
    public void Opt(int rcode, bool dnssecOk, ushort? extendedError)
    {
        Take(1)[0] = 0;
        UInt16((ushort)DnsRecordType.Opt);
        UInt16(MaxUdpLength);
        UInt32((uint)(rcode >> 4) << 24 | (dnssecOk ? 0x8000u : 0));
        if (extendedError is { } code)
        {
            UInt16(6);
            UInt16(15);
            UInt16(2);
            UInt16(code);
        }
        else
        {
            UInt16(0);
        }
        _additional++;
    }

    /// <summary>Octets that belong to no record, announced as one answer: a message that does not parse.</summary>
    public void Garbage(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(Take(octets.Length));
        _answers++;
    }

    /// <summary>Writes the counts; returns the message's length in octets.</summary>
    public readonly int Finish()
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[6..], _answers);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[8..], _authority);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[10..], _additional);
        return _position;
    }

    /// <summary>Owner, type, class, TTL and room for RDLENGTH; returns where that is.</summary>
    private int Begin(string owner, DnsRecordType type, uint ttl)
    {
        Name(owner);
        UInt16((ushort)type);
        UInt16(1);
        UInt32(ttl);
        UInt16(0);
        return _position - 2;
    }

    private readonly void End(int lengthAt) =>
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[lengthAt..], checked((ushort)(_position - lengthAt - 2)));

    /// <summary>A name, as pointers where it meets the question's name or the last CNAME's target (RFC 1035 §4.1.4).</summary>
    private void Name(ReadOnlySpan<char> rest)
    {
        if (rest is "." or "")
        {
            Take(1)[0] = 0;
            return;
        }
        int start = _position;
        while (true)
        {
            if (rest.Length == _questionName.Length && rest.SequenceEqual(_questionName))
            {
                UInt16(0xC000 | DnsWireReader.HeaderLength);
                return;
            }
            // The target itself is being written when the offset is not behind us.
            if (_chainName is not null && _chainOffset < start && _chainOffset < 0x4000 && rest.SequenceEqual(_chainName))
            {
                UInt16((ushort)(0xC000 | _chainOffset));
                return;
            }
            int used = Label(rest);
            if (used == rest.Length) break;
            rest = rest[(used + 1)..];
        }
        Take(1)[0] = 0;
        if (_position - start > 255) throw new FormatException("a name over 255 octets");
    }

    /// <summary>One label up to an unescaped dot; returns the chars read.</summary>
    private int Label(ReadOnlySpan<char> text)
    {
        int lengthAt = _position, read = 0;
        Take(1);
        while (read < text.Length && text[read] != '.')
        {
            if (text[read] != '\\')
            {
                Take(1)[0] = Octet(text[read++]);
            }
            else if (read + 3 < text.Length && char.IsAsciiDigit(text[read + 1]))
            {
                // RFC 1035 §5.1: \DDD is the octet of that decimal number.
                Take(1)[0] = checked((byte)((text[read + 1] - '0') * 100 + (text[read + 2] - '0') * 10 + text[read + 3] - '0'));
                read += 4;
            }
            else if (read + 1 < text.Length)
            {
                Take(1)[0] = Octet(text[read + 1]);
                read += 2;
            }
            else
            {
                throw new FormatException("a name that ends in a backslash");
            }
        }
        int length = _position - lengthAt - 1;
        if (length is 0 or > DomainName.MaxLabelLength) throw new FormatException($"a label of {length} octets");
        _buffer[lengthAt] = (byte)length;
        return read;
    }

    private static byte Octet(char c) => c <= 0xFF ? (byte)c : throw new FormatException("a name that is no A-label");

    private void CharacterString(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > 255) throw new FormatException($"a character-string of {octets.Length} octets");
        Take(1)[0] = (byte)octets.Length;
        octets.CopyTo(Take(octets.Length));
    }

    private void UInt16(int value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), (ushort)value);

    private void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    private Span<byte> Take(int octets)
    {
        if (_position + octets > _buffer.Length) throw new FormatException($"an answer over {_buffer.Length} octets");
        var taken = _buffer.Slice(_position, octets);
        _position += octets;
        return taken;
    }
}
