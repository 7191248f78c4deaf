using System.Buffers.Binary;

namespace Scanner.Dns.Wire;

/// <summary>The first twelve octets of every message (RFC 1035 §4.1.1, RFC 4035 §3.1.6 and §3.2.2 for AD and CD).</summary>
internal readonly ref struct MessageHeader(ReadOnlySpan<byte> message)
{
    public const int Length = 12;

    public const ushort ClassIn = 1;

    private readonly ReadOnlySpan<byte> _octets = message[..Length];

    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_octets);

    /// <summary>QR=1 and opcode QUERY: an answer to a question like ours.</summary>
    public bool IsQueryResponse => (_octets[2] & 0xF8) == 0x80;

    public bool Authoritative => (_octets[2] & 0x04) != 0;

    public bool Truncated => (_octets[2] & 0x02) != 0;

    public bool RecursionAvailable => (_octets[3] & 0x80) != 0;

    public bool AuthenticData => (_octets[3] & 0x20) != 0;

    /// <summary>Without its EDNS extension, 0 to 15.</summary>
    public int Rcode => _octets[3] & 0x0F;

    public ushort Questions => BinaryPrimitives.ReadUInt16BigEndian(_octets[4..]);

    public ushort Answers => BinaryPrimitives.ReadUInt16BigEndian(_octets[6..]);

    public ushort Authorities => BinaryPrimitives.ReadUInt16BigEndian(_octets[8..]);

    public ushort Additionals => BinaryPrimitives.ReadUInt16BigEndian(_octets[10..]);
}
