using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Scanner.Dns;

namespace Scanner.Lab.Tests.Servers;

/// <summary>A DNS client that sees octets: builds queries by hand and reads headers by hand.</summary>
internal sealed class RawDns : IDisposable
{
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public RawDns(IPEndPoint server) => _udp.Connect(server);

    public void Dispose() => _udp.Dispose();

    /// <summary>Against a hanging test only; no test waits for it.</summary>
    public static CancellationToken Guard => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    /// <param name="edns">The UDP size to offer, 0 for a query without EDNS.</param>
    public static byte[] Query(ushort id, string name, DnsRecordType type = DnsRecordType.Txt, ushort edns = 1232, bool cd = false,
        bool dnssecOk = false)
    {
        var labels = name.Split('.').Select(Encoding.Latin1.GetBytes);
        return Query(id, labels, type, edns, cd, dnssecOk);
    }

    public static byte[] Query(ushort id, IEnumerable<byte[]> labels, DnsRecordType type = DnsRecordType.Txt, ushort edns = 1232,
        bool cd = false, bool dnssecOk = false)
    {
        var message = new List<byte> { (byte)(id >> 8), (byte)id, 1, (byte)(cd ? 0x10 : 0), 0, 1, 0, 0, 0, 0, 0, (byte)(edns > 0 ? 1 : 0) };
        foreach (byte[] label in labels) message.AddRange([(byte)label.Length, .. label]);
        message.AddRange([0, (byte)((int)type >> 8), (byte)type, 0, 1]);
        if (edns > 0) message.AddRange([0, 0, 41, (byte)(edns >> 8), (byte)edns, 0, 0, (byte)(dnssecOk ? 0x80 : 0), 0, 0, 0]);
        return [.. message];
    }

    public async Task SendAsync(byte[] query) => await _udp.SendAsync(query, Guard);

    public async Task<Reply> ReceiveAsync()
    {
        byte[] buffer = new byte[65535];
        int length = await _udp.ReceiveAsync(buffer, Guard);
        return new Reply(buffer[..length]);
    }

    public async Task<Reply> AskAsync(byte[] query)
    {
        await SendAsync(query);
        return await ReceiveAsync();
    }

    public static async Task<Socket> ConnectTcpAsync(IPEndPoint server)
    {
        var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await tcp.ConnectAsync(server, Guard);
        return tcp;
    }

    public static async Task SendTcpAsync(Socket tcp, params byte[][] queries) =>
        await tcp.SendAsync(queries.SelectMany(q => (byte[])[(byte)(q.Length >> 8), (byte)q.Length, .. q]).ToArray(), Guard);

    /// <returns>Null when the server closed the connection.</returns>
    public static async Task<Reply?> ReceiveTcpAsync(Socket tcp)
    {
        byte[]? length = await FillAsync(tcp, 2);
        return length is null ? null : new Reply((await FillAsync(tcp, BinaryPrimitives.ReadUInt16BigEndian(length)))!);
    }

    private static async Task<byte[]?> FillAsync(Socket tcp, int octets)
    {
        byte[] buffer = new byte[octets];
        for (int read = 0; read < octets;)
        {
            int more = await tcp.ReceiveAsync(buffer.AsMemory(read), Guard);
            if (more == 0) return null;
            read += more;
        }
        return buffer;
    }

    internal sealed record Reply(byte[] Octets)
    {
        public ushort Id => UInt16(0);
        public bool Response => (Octets[2] & 0x80) != 0;
        public bool Truncated => (Octets[2] & 2) != 0;
        public bool RecursionDesired => (Octets[2] & 1) != 0;
        public bool RecursionAvailable => (Octets[3] & 0x80) != 0;
        public bool AuthenticData => (Octets[3] & 0x20) != 0;
        public int Rcode => Octets[3] & 0xF;
        public int Questions => UInt16(4);
        public int Answers => UInt16(6);
        public int Authority => UInt16(8);
        public int Additional => UInt16(10);

        public bool Contains(string latin1) => Encoding.Latin1.GetString(Octets).Contains(latin1, StringComparison.Ordinal);

        private ushort UInt16(int at) => BinaryPrimitives.ReadUInt16BigEndian(Octets.AsSpan(at));
    }
}
