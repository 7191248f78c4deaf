using System.Buffers.Binary;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Wire;

/// <summary>Writes a query straight into a send buffer (RFC 1035 §4.1, RFC 6891 §6.1).</summary>
internal static class QueryEncoder
{
    /// <summary>Header, longest name, type and class, OPT record without options.</summary>
    public const int MaxLength = MessageHeader.Length + WireName.MaxLength + 4 + OptLength;

    /// <summary>The payload size that avoids fragments on almost every path (DNS flag day 2020).</summary>
    public const ushort EdnsPayload = 1232;

    private const int OptLength = 11;
    private const ushort RecursionDesired = 0x0100;
    private const ushort AuthenticData = 0x0020;
    private const ushort CheckingDisabled = 0x0010;
    private const uint DnssecOk = 0x8000; // in the OPT record's TTL (RFC 3225 §3)

    /// <summary>The length of the message, or 0 when the name cannot be put into a query.</summary>
    /// <param name="to">At least <see cref="MaxLength"/> octets.</param>
    /// <param name="caseBits">Letter number n of the name gets its case flipped when bit n mod 64 is set: 0 to leave them.</param>
    public static int Encode(DnsQuestion question, DnsQueryFlags flags, ushort id, ulong caseBits, Span<byte> to)
    {
        if (!WireName.TryWrite(question.Name, to[MessageHeader.Length..], out int nameLength)) return 0;
        if (caseBits != 0) FlipCase(to.Slice(MessageHeader.Length, nameLength), caseBits);
        int bits = RecursionDesired | (flags.AuthenticData ? AuthenticData : 0) | (flags.CheckingDisabled ? CheckingDisabled : 0);
        BinaryPrimitives.WriteUInt16BigEndian(to, id);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)bits);
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], 0x0001_0000); // one question, no answer
        BinaryPrimitives.WriteUInt32BigEndian(to[8..], flags.NoEdns ? 0u : 1u); // no authority; the OPT record is additional
        int at = MessageHeader.Length + nameLength;
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)question.Type);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 2)..], MessageHeader.ClassIn);
        at += 4;
        if (flags.NoEdns) return at;
        to[at] = 0; // the root
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 1)..], (ushort)DnsRecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 3)..], EdnsPayload);
        BinaryPrimitives.WriteUInt32BigEndian(to[(at + 5)..], flags.DnssecOk ? DnssecOk : 0u);
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 9)..], 0);
        return at + OptLength;
    }

    /// <summary>0x20: the reply must echo the letters as they were sent (draft-vixie-dnsext-dns0x20). The name is without pointers.</summary>
    public static void FlipCase(Span<byte> name, ulong caseBits)
    {
        int letter = 0;
        int labelEnd = 0;
        for (int i = 0; i < name.Length; i++)
        {
            if (i == labelEnd)
            {
                labelEnd += name[i] + 1;
            }
            else if (char.IsAsciiLetter((char)name[i]))
            {
                if ((caseBits >> (letter++ & 63) & 1) != 0) name[i] ^= 0x20;
            }
        }
    }
}
