using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Scanner.Dns.Wire;

/// <summary>
/// Walks over the records of one message. A record's data must be exactly as long as RDLENGTH says (RFC 1035 §3.2.1, §3.3; RFC 3596 §2.2;
/// RFC 6698 §2.1; RFC 4034 §3.1), and every name in it must end inside it.
/// </summary>
internal ref struct RecordReader(ReadOnlySpan<byte> message, string questionName)
{
    /// <summary>Root owner, type, class, TTL, RDLENGTH.</summary>
    public const int MinLength = 11;

    /// <summary>A pointer to the question's name, as the owner of almost every answer.</summary>
    private const ushort PointerToQuestion = 0xC000 | MessageHeader.Length;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _at = MessageHeader.Length;
    private string? _lastOwner;
    private bool _hasQuestion;

    public bool TrySkipQuestion()
    {
        if (!WireName.TryRead(_message, ref _at, [], out _) || _message.Length - _at < 4) return false;
        _at += 4;
        return _hasQuestion = true;
    }

    public bool TryReadHeader(bool keepOwner, out RecordHeader header)
    {
        header = default;
        string owner = "";
        if (keepOwner ? !TryReadOwner(out owner!) : !WireName.TryRead(_message, ref _at, [], out _)) return false;
        if (_message.Length - _at < 10) return false;
        var fields = _message.Slice(_at, 10);
        int length = BinaryPrimitives.ReadUInt16BigEndian(fields[8..]);
        _at += 10;
        if (length > _message.Length - _at) return false;
        header = new RecordHeader(owner, (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(fields),
            BinaryPrimitives.ReadUInt16BigEndian(fields[2..]), BinaryPrimitives.ReadUInt32BigEndian(fields[4..]), _at, length);
        return true;
    }

    public void SkipData(in RecordHeader record) => _at = record.DataStart + record.DataLength;

    public bool TryReadData(in RecordHeader record, [NotNullWhen(true)] out DnsRecord? read)
    {
        read = null;
        if (record.Class != MessageHeader.ClassIn)
        {
            // The data of another class may have another form.
            SkipData(record);
            read = new OtherRecord(record.Owner, record.Ttl, record.Type);
            return true;
        }
        var data = _message.Slice(record.DataStart, record.DataLength);
        switch (record.Type)
        {
            case DnsRecordType.A when data.Length == 4:
            case DnsRecordType.Aaaa when data.Length == 16:
                read = new AddressRecord(record.Owner, record.Ttl, new IPAddress(data));
                break;
            case DnsRecordType.Txt:
                read = TryReadStrings(data, out var strings) ? new TxtRecord(record.Owner, record.Ttl, strings) : null;
                break;
            case DnsRecordType.Mx when data.Length >= 3:
                read = TryReadNameData(record, 2, out string? exchange)
                    ? new MxRecord(record.Owner, record.Ttl, BinaryPrimitives.ReadUInt16BigEndian(data), exchange)
                    : null;
                break;
            case DnsRecordType.Cname:
                read = TryReadNameData(record, 0, out string? target) ? new CnameRecord(record.Owner, record.Ttl, target) : null;
                break;
            case DnsRecordType.Ns:
                read = TryReadNameData(record, 0, out string? server) ? new NsRecord(record.Owner, record.Ttl, server) : null;
                break;
            case DnsRecordType.Ptr:
                read = TryReadNameData(record, 0, out string? host) ? new PtrRecord(record.Owner, record.Ttl, host) : null;
                break;
            case DnsRecordType.Soa:
                read = TryReadSoa(record, out string? primary, out uint minimum) ? new SoaRecord(record.Owner, record.Ttl, primary, minimum) : null;
                break;
            case DnsRecordType.Tlsa when data.Length >= 3:
                read = new TlsaRecord(record.Owner, record.Ttl, data[0], data[1], data[2], data[3..].ToArray());
                break;
            // Type covered, algorithm, labels, original TTL, two times, key tag: 18 octets, then the signer and the signature.
            case DnsRecordType.Rrsig when data.Length > 18:
                read = new RrsigRecord(record.Owner, record.Ttl, (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(data), data[3]);
                break;
            case DnsRecordType.A or DnsRecordType.Aaaa or DnsRecordType.Mx or DnsRecordType.Tlsa or DnsRecordType.Rrsig:
                break;
            default:
                read = new OtherRecord(record.Owner, record.Ttl, record.Type);
                break;
        }
        SkipData(record);
        return read is not null;
    }

    /// <summary>The MINIMUM field of an SOA record, seconds.</summary>
    public bool TryReadSoaMinimum(in RecordHeader record, out uint minimum)
    {
        minimum = 0;
        int at = record.DataStart;
        int end = at + record.DataLength;
        var within = _message[..end];
        if (!WireName.TryRead(within, ref at, [], out _) || !WireName.TryRead(within, ref at, [], out _) || end - at != 20) return false;
        minimum = BinaryPrimitives.ReadUInt32BigEndian(_message[(at + 16)..]);
        SkipData(record);
        return true;
    }

    /// <summary>Data that are one name, of which only the form matters.</summary>
    public bool TrySkipNameData(in RecordHeader record)
    {
        int at = record.DataStart;
        int end = at + record.DataLength;
        SkipData(record);
        return WireName.TryRead(_message[..end], ref at, [], out _) && at == end;
    }

    /// <summary>The type map of an NSEC record, behind the next name (RFC 4034 §4.1).</summary>
    public bool TryReadTypeMap(in RecordHeader record, out ReadOnlySpan<byte> map)
    {
        map = default;
        int at = record.DataStart;
        int end = at + record.DataLength;
        if (!WireName.TryRead(_message[..end], ref at, [], out _)) return false;
        map = _message[at..end];
        SkipData(record);
        return true;
    }

    private bool TryReadSoa(in RecordHeader record, [NotNullWhen(true)] out string? primary, out uint minimum)
    {
        int at = record.DataStart;
        primary = null;
        return TryReadSoaMinimum(record, out minimum) && TryReadName(_message, ref at, out primary);
    }

    private readonly bool TryReadNameData(in RecordHeader record, int before, [NotNullWhen(true)] out string? name)
    {
        int at = record.DataStart + before;
        int end = record.DataStart + record.DataLength;
        return TryReadName(_message[..end], ref at, out name) && at == end;
    }

    private readonly bool TryReadName(ReadOnlySpan<byte> within, ref int at, [NotNullWhen(true)] out string? name)
    {
        Span<char> text = stackalloc char[WireName.MaxPresentation];
        name = null;
        if (!WireName.TryRead(within, ref at, text, out int length)) return false;
        name = Known(text[..length]) ?? new string(text[..length]);
        return true;
    }

    private bool TryReadOwner([NotNullWhen(true)] out string? owner)
    {
        owner = null;
        // The first such pointer is read, and shows whether the question's name is written as we write names; the others need no reading.
        if (_hasQuestion && _lastOwner == questionName
            && _message.Length - _at >= 2 && BinaryPrimitives.ReadUInt16BigEndian(_message[_at..]) == PointerToQuestion)
        {
            _at += 2;
            owner = questionName;
            return true;
        }
        if (!TryReadName(_message, ref _at, out owner)) return false;
        _lastOwner = owner;
        return true;
    }

    /// <summary>The string that we have already for this name, or null. The question's is asked for again and again.</summary>
    private readonly string? Known(ReadOnlySpan<char> text) =>
        text.SequenceEqual(questionName) ? questionName
        : _lastOwner is not null && text.SequenceEqual(_lastOwner) ? _lastOwner
        : text.Length == 1 && text[0] == '.' ? "."
        : null;

    /// <summary>Character-strings that fill the data exactly, at least one (RFC 1035 §3.3.14). One copy for all of them.</summary>
    private static bool TryReadStrings(ReadOnlySpan<byte> data, [NotNullWhen(true)] out ReadOnlyMemory<byte>[]? strings)
    {
        strings = null;
        int count = 0;
        for (int at = 0; at < data.Length; count++)
        {
            at += 1 + data[at];
            if (at > data.Length) return false;
        }
        if (count == 0) return false;
        strings = new ReadOnlyMemory<byte>[count];
        byte[] copy = data.ToArray();
        for (int i = 0, at = 0; i < count; i++)
        {
            int length = copy[at];
            strings[i] = copy.AsMemory(at + 1, length);
            at += 1 + length;
        }
        return true;
    }
}
