using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Scanner.Dns.Tests.Transport;

/// <summary>What a query on the wire says.</summary>
internal sealed record ReceivedQuery(ushort Id, ushort Flags, string Name, DnsRecordType Type, bool HasEdns, ushort UdpSize, bool DnssecOk, byte[] Bytes, bool OverTcp)
{
    public static ReceivedQuery Parse(byte[] bytes, bool overTcp)
    {
        var labels = new List<string>();
        int at = 12;
        while (bytes[at] != 0)
        {
            labels.Add(Encoding.Latin1.GetString(bytes, at + 1, bytes[at]));
            at += bytes[at] + 1;
        }
        at++;
        var type = (DnsRecordType)Read16(bytes, at);
        at += 4;
        bool edns = Read16(bytes, 10) == 1;
        return new ReceivedQuery(Read16(bytes, 0), Read16(bytes, 2), labels.Count == 0 ? "." : string.Join('.', labels), type, edns,
            edns ? Read16(bytes, at + 3) : (ushort)0, edns && (bytes[at + 7] & 0x80) != 0, bytes, overTcp);
    }

    /// <summary>The header and question to answer it: QR, RD, RA.</summary>
    public DnsMessage Reply(int rcode = 0) => new(this, rcode);

    private static ushort Read16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
}

/// <summary>Writes an answer octet by octet, so that it can be as wrong as a test wants.</summary>
internal sealed class DnsMessage(ReceivedQuery query, int rcode)
{
    private readonly List<byte> _answers = [];
    private readonly List<byte> _authority = [];
    private readonly List<byte> _additional = [];
    private ushort _answerCount;
    private ushort _authorityCount;
    private ushort _additionalCount;

    public ushort Id { get; set; } = query.Id;

    public string Name { get; set; } = query.Name;

    public bool Truncated { get; set; }

    public bool RecursionAvailable { get; set; } = true;

    public bool Authoritative { get; set; }

    public bool AuthenticData { get; set; }

    public bool IsResponse { get; set; } = true;

    public bool WithQuestion { get; set; } = true;

    public static byte[] NameOf(string name) =>
        name == "." ? [0] : [.. name.Split('.').SelectMany(l => (byte[])[(byte)l.Length, .. Encoding.Latin1.GetBytes(l)]), 0];

    public DnsMessage Answer(string owner, DnsRecordType type, uint ttl, params byte[] data)
    {
        _answerCount++;
        Record(_answers, owner, type, ttl, data);
        return this;
    }

    public DnsMessage A(string owner, string address, uint ttl = 300) => Answer(owner, DnsRecordType.A, ttl, IPAddress.Parse(address).GetAddressBytes());

    public DnsMessage Cname(string owner, string target, uint ttl = 300) => Answer(owner, DnsRecordType.Cname, ttl, NameOf(target));

    public DnsMessage Mx(string owner, ushort preference, string exchange, uint ttl = 300) =>
        Answer(owner, DnsRecordType.Mx, ttl, [(byte)(preference >> 8), (byte)preference, .. NameOf(exchange)]);

    public DnsMessage Txt(string owner, params byte[][] strings) =>
        Answer(owner, DnsRecordType.Txt, 300, [.. strings.SelectMany(s => (byte[])[(byte)s.Length, .. s])]);

    public DnsMessage Soa(string zone, uint ttl, uint minimum)
    {
        _authorityCount++;
        byte[] numbers = new byte[20];
        BinaryPrimitives.WriteUInt32BigEndian(numbers.AsSpan(16), minimum);
        Record(_authority, zone, DnsRecordType.Soa, ttl, [.. NameOf("ns." + zone), .. NameOf("hostmaster." + zone), .. numbers]);
        return this;
    }

    public DnsMessage Authority(string owner, DnsRecordType type, params byte[] data)
    {
        _authorityCount++;
        Record(_authority, owner, type, 300, data);
        return this;
    }

    /// <summary>The NSEC record of a denial: the name itself, the next name, the type map.</summary>
    public DnsMessage Nsec(string owner, string next, params byte[] map)
    {
        _authorityCount++;
        Record(_authority, owner, (DnsRecordType)47, 300, [.. NameOf(next), .. map]);
        return this;
    }

    public DnsMessage AuthorityNs(string zone, string server)
    {
        _authorityCount++;
        Record(_authority, zone, DnsRecordType.Ns, 300, NameOf(server));
        return this;
    }

    public DnsMessage Opt(int extendedRcode = 0, params ushort[] extendedErrors)
    {
        _additionalCount++;
        byte[] options = [.. extendedErrors.SelectMany(e => (byte[])[0, 15, 0, 4, (byte)(e >> 8), (byte)e, (byte)'h', (byte)'i'])];
        _additional.AddRange([0, 0, 41, 4, 208, (byte)extendedRcode, 0, 0, 0, (byte)(options.Length >> 8), (byte)options.Length, .. options]);
        return this;
    }

    public byte[] Bytes()
    {
        ushort flags = (ushort)((IsResponse ? 0x8000 : 0) | (Authoritative ? 0x0400 : 0) | (Truncated ? 0x0200 : 0) | 0x0100
            | (RecursionAvailable ? 0x0080 : 0) | (AuthenticData ? 0x0020 : 0) | (rcode & 15));
        var message = new List<byte>();
        foreach (ushort value in (ushort[])[Id, flags, (ushort)(WithQuestion ? 1 : 0), _answerCount, _authorityCount, _additionalCount])
            message.AddRange([(byte)(value >> 8), (byte)value]);
        if (WithQuestion) message.AddRange([.. NameOf(Name), (byte)((int)query.Type >> 8), (byte)query.Type, 0, 1]);
        message.AddRange(_answers);
        message.AddRange(_authority);
        message.AddRange(_additional);
        return [.. message];
    }

    /// <summary>The owner is a pointer to the question's name where that is the same name, as in every real answer.</summary>
    private void Record(List<byte> section, string owner, DnsRecordType type, uint ttl, byte[] data)
    {
        section.AddRange(string.Equals(owner, query.Name, StringComparison.OrdinalIgnoreCase) && WithQuestion ? [0xC0, 12] : NameOf(owner));
        section.AddRange([(byte)((int)type >> 8), (byte)type, 0, 1, (byte)(ttl >> 24), (byte)(ttl >> 16), (byte)(ttl >> 8), (byte)ttl,
            (byte)(data.Length >> 8), (byte)data.Length, .. data]);
    }
}
