using System.Numerics;

namespace Scanner.Write;

/// <summary>A set of positions in the order of the scan: one bit each, 125 kB for a million names. And its form for metadata: ascending,
/// the distance from the one before as a 7-bit number, in base64; a little over one octet a position.</summary>
public sealed class PositionSet(int capacity)
{
    private readonly ulong[] _bits = new ulong[(capacity + 63) / 64];

    public int Count { get; private set; }

    public bool Contains(int position) => (_bits[position >> 6] >> position & 1) != 0;

    /// <summary>False when it was there already.</summary>
    public bool Add(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, capacity);
        if (Contains(position)) return false;
        _bits[position >> 6] |= 1UL << position;
        Count++;
        return true;
    }

    /// <summary>Those that are in this set or in the other.</summary>
    public int CountWith(PositionSet other)
    {
        int count = 0;
        for (int i = 0; i < _bits.Length; i++) count += BitOperations.PopCount(_bits[i] | other._bits[i]);
        return count;
    }

    /// <param name="positions">In any order; sorted in place.</param>
    public static string Encode(Span<int> positions)
    {
        positions.Sort();
        using var octets = new MemoryStream();
        using (var writer = new BinaryWriter(octets, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            int last = -1;
            foreach (int position in positions)
            {
                writer.Write7BitEncodedInt(position - last);
                last = position;
            }
        }
        return Convert.ToBase64String(octets.GetBuffer(), 0, checked((int)octets.Length));
    }

    /// <exception cref="FormatException">That is not the text of any set.</exception>
    public static int[] Decode(string text)
    {
        using var reader = new BinaryReader(new MemoryStream(Convert.FromBase64String(text)));
        var positions = new List<int>();
        int last = -1;
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            int step;
            try
            {
                step = reader.Read7BitEncodedInt();
            }
            catch (EndOfStreamException e)
            {
                throw new FormatException("cut short", e);
            }
            if (step < 1 || step > int.MaxValue - 1 - Math.Max(0, last)) throw new FormatException("positions do not ascend");
            positions.Add(last += step);
        }
        return [.. positions];
    }
}
