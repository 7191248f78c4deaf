using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Scanner.Dns;

namespace Scanner.Lab.Servers;

/// <summary>What a server must know of one query.</summary>
public readonly record struct LabDnsQuery
{
    /// <summary>-1: deserves no answer (too short, or itself a response). 0: a good query. Otherwise the RCODE to answer with, such as
    /// FORMERR; the other members are then only set as far as they could be read.</summary>
    public int Verdict { get; init; }

    public ushort Id { get; init; }

    /// <summary>0 to 15, echoed in the answer (RFC 1035 §4.1.1).</summary>
    public int Opcode { get; init; }

    public bool RecursionDesired { get; init; }

    /// <summary>AD=1: the client understands the AD bit of the answer (RFC 6840 §5.7).</summary>
    public bool AuthenticData { get; init; }

    /// <summary>CD=1 (RFC 4035 §3.2.2).</summary>
    public bool CheckingDisabled { get; init; }

    /// <summary>Octets of the question section, from octet 12 on; 0 when it could not be read.</summary>
    public int QuestionLength { get; init; }

    /// <summary>Lower-case presentation form with escapes, as in <see cref="DnsRecord"/>.</summary>
    public string Name { get; init; }

    public DnsRecordType Type { get; init; }

    public bool HasEdns { get; init; }

    /// <summary>The UDP size that the client offers in its OPT record, in octets, as it stands there.</summary>
    public ushort UdpSize { get; init; }

    public bool DnssecOk { get; init; }
}

/// <summary>
/// The server's half of reading DNS messages: a query with one question and perhaps an OPT record (RFC 1035 §4.1, RFC 6891 §6.1.2).
/// Allocates the name's string and nothing else.
/// </summary>
public static class DnsWireReader
{
    public const int HeaderLength = 12;

    private const int Ignore = -1, Formerr = 1, Notimp = 4, Refused = 5, BadVersion = 16;

    public static LabDnsQuery Read(ReadOnlySpan<byte> message)
    {
        // Answering a response would start a loop between two servers; a message without a whole header has no ID to answer to.
        if (message.Length < HeaderLength || (message[2] & 0x80) != 0) return new LabDnsQuery { Verdict = Ignore, Name = "" };
        var query = new LabDnsQuery
        {
            Id = BinaryPrimitives.ReadUInt16BigEndian(message),
            Opcode = (message[2] >> 3) & 0xF,
            RecursionDesired = (message[2] & 0x01) != 0,
            AuthenticData = (message[3] & 0x20) != 0,
            CheckingDisabled = (message[3] & 0x10) != 0,
            Name = "",
        };
        if (query.Opcode != 0) return query with { Verdict = Notimp };
        // RFC 9619: a query has exactly one question.
        if (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1) return query with { Verdict = Formerr };

        int position = HeaderLength;
        if (!TryReadName(message, ref position, out string? name) || position + 4 > message.Length) return query with { Verdict = Formerr };
        var type = (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(message[position..]);
        int recordClass = BinaryPrimitives.ReadUInt16BigEndian(message[(position + 2)..]);
        position += 4;
        query = query with { Name = name, Type = type, QuestionLength = position - HeaderLength };
        if (recordClass != 1) return query with { Verdict = Refused };
        return ReadAdditional(message, position, query);
    }

    private static LabDnsQuery ReadAdditional(ReadOnlySpan<byte> message, int position, LabDnsQuery query)
    {
        int others = BinaryPrimitives.ReadUInt16BigEndian(message[6..]) + BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        int records = others + BinaryPrimitives.ReadUInt16BigEndian(message[10..]);
        int version = 0;
        for (int i = 0; i < records; i++)
        {
            bool root = position < message.Length && message[position] == 0;
            if (!TrySkipName(message, ref position) || position + 10 > message.Length) return query with { Verdict = Formerr };
            var fixedPart = message.Slice(position, 10);
            position += 10 + BinaryPrimitives.ReadUInt16BigEndian(fixedPart[8..]);
            if (position > message.Length) return query with { Verdict = Formerr };
            if (i < others || (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(fixedPart) != DnsRecordType.Opt) continue;

            // A second OPT, or one that does not belong to the root, is FORMERR. RFC 6891 §6.1.1, §6.1.2
            if (query.HasEdns || !root) return query with { Verdict = Formerr };
            version = fixedPart[5];
            query = query with
            {
                HasEdns = true,
                UdpSize = BinaryPrimitives.ReadUInt16BigEndian(fixedPart[2..]),
                DnssecOk = (fixedPart[6] & 0x80) != 0,
            };
        }
        // RFC 6891 §6.1.3: a version we do not speak is answered with BADVERS.
        return version == 0 ? query : query with { Verdict = BadVersion };
    }

    /// <summary>The name at <paramref name="position"/> in presentation form; false when it runs over the end or uses compression,
    /// for which a question has nothing to point to.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> message, ref int position, [NotNullWhen(true)] out string? name)
    {
        Span<char> text = stackalloc char[4 * 255];
        int written = 0, start = position;
        name = null;
        while (true)
        {
            if (position >= message.Length) return false;
            int length = message[position++];
            if (length == 0) break;
            // 255 octets for a whole name, 63 for a label. RFC 1035 §2.3.4
            if (length > DomainName.MaxLabelLength || position + length >= message.Length || position + length - start >= 255) return false;
            if (written > 0) text[written++] = '.';
            foreach (byte octet in message.Slice(position, length)) written += Escape(octet, text[written..]);
            position += length;
        }
        name = written == 0 ? "." : new string(text[..written]);
        return true;
    }

    /// <summary>One octet of a label as 1 to 4 chars (RFC 4343 §2.1), letters in lower case.</summary>
    private static int Escape(byte octet, Span<char> text)
    {
        if (octet is (byte)'.' or (byte)'\\')
        {
            text[0] = '\\';
            text[1] = (char)octet;
            return 2;
        }
        if (octet is > 0x20 and < 0x7F)
        {
            text[0] = octet is >= (byte)'A' and <= (byte)'Z' ? (char)(octet | 0x20) : (char)octet;
            return 1;
        }
        text[0] = '\\';
        octet.TryFormat(text[1..], out _, "D3", CultureInfo.InvariantCulture);
        return 4;
    }

    private static bool TrySkipName(ReadOnlySpan<byte> message, ref int position)
    {
        while (position < message.Length)
        {
            int length = message[position++];
            if (length == 0) return true;
            if (length >= 0xC0) return ++position <= message.Length;
            position += length;
        }
        return false;
    }
}
