using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// IDs nobody can guess (RFC 5452 §9.2), from the cryptographic generator, drawn in bulk: one call for each two octets would cost as much
/// as sending them.
/// </summary>
internal sealed class RandomBits
{
    [ThreadStatic]
    private static RandomBits? _ofThread;

    private readonly byte[] _octets = new byte[2048];
    private int _used = 2048;

    public static RandomBits OfThread => _ofThread ??= new RandomBits();

    public ushort Next16()
    {
        if (_used > _octets.Length - 2) Refill();
        ushort value = BinaryPrimitives.ReadUInt16LittleEndian(_octets.AsSpan(_used));
        _used += 2;
        return value;
    }

    public ulong Next64()
    {
        if (_used > _octets.Length - 8) Refill();
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_octets.AsSpan(_used));
        _used += 8;
        return value;
    }

    private void Refill()
    {
        RandomNumberGenerator.Fill(_octets);
        _used = 0;
    }
}
