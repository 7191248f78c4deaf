using Scanner.Dns;

namespace Scanner.Lab;

/// <summary>How a simulated name server misbehaves for one question. Each is something real servers or networks do.</summary>
public enum LabDnsFault : byte
{
    None = 0,
    /// <summary>Never answers.</summary>
    Silent = 1,
    Servfail = 2,
    Refused = 3,
    Notimp = 4,
    Formerr = 5,
    /// <summary>RCODE 9 (NOTAUTH): one that has no word of its own.</summary>
    OtherRcode = 6,
    /// <summary>SERVFAIL with EDE 6, "DNSSEC bogus"; with CD=1 the real answer.</summary>
    Bogus = 7,
    /// <summary>Answers only with a wrong ID.</summary>
    WrongId = 8,
    /// <summary>To the first query of a (name, type) a forged answer with a wrong ID and other records, then the real one. Later queries get
    /// the real one alone: a client that gives up on the forgery (DnsClient does) has it at its next try.</summary>
    ForgedFirst = 9,
    /// <summary>Answers another question with the right ID, then nothing.</summary>
    WrongQuestion = 10,
    /// <summary>The right header, then octets that do not parse.</summary>
    Malformed = 11,
    /// <summary>Silent for the first query of a (name, type), then answers: a lost packet.</summary>
    FirstLost = 12,
    /// <summary>SERVFAIL for the first query of a (name, type), then answers.</summary>
    FirstServfail = 13,
    /// <summary>Answers 700 ms late: within the limit, but after much else.</summary>
    Late = 14,
    /// <summary>TC=1 over UDP, whole over TCP.</summary>
    Truncated = 15,
    /// <summary>TC=1 over UDP, and TCP connections are closed without an answer.</summary>
    TruncatedNoTcp = 16,
    /// <summary>A referral: RA=0, no answer, NS in the authority section.</summary>
    Lame = 17,
    /// <summary>FORMERR to a query with EDNS, a good answer to one without.</summary>
    NoEdns = 18,
}

/// <summary>What the simulated internet says to one question.</summary>
public sealed record LabDnsResponse
{
    /// <summary>0 NOERROR, 3 NXDOMAIN.</summary>
    public int Rcode { get; init; }

    /// <summary>The answer section: CNAMEs first, then the records of the asked type.</summary>
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    public LabDnsFault Fault { get; init; }

    /// <summary>Every zone that the answer is from is signed: a client that asks with AD=1 or DO=1 gets AD=1 (RFC 6840 §5.7, §5.8).</summary>
    public bool Signed { get; init; }

    /// <summary>A negative answer proven with NXNAME: the name does not exist, and NOERROR is compact denial (RFC 9824 §3.1).</summary>
    public bool CompactDenial { get; init; }
}

/// <summary>The certificate that a policy host shows, good or each kind of bad (classification.md 6.2).</summary>
public enum LabCertificate : byte
{
    /// <summary>Names exactly the asked host, by the lab's CA through an intermediate that is sent along.</summary>
    Good = 0,
    /// <summary>Names <c>*.</c> and the parent of the host.</summary>
    Wildcard = 1,
    /// <summary>Names another host.</summary>
    WrongName = 2,
    Expired = 3,
    NotYetValid = 4,
    SelfSigned = 5,
    /// <summary>By a second CA that nobody trusts.</summary>
    UntrustedRoot = 6,
    /// <summary>The intermediate is not sent.</summary>
    IncompleteChain = 7,
    /// <summary>The host stands in the subject's CN only.</summary>
    NoSan = 8,
    /// <summary>Extended key usage is client authentication only.</summary>
    WrongUsage = 9,
    /// <summary>Expired, self-signed and for another name, all three.</summary>
    ExpiredSelfSignedWrongName = 10,
}

/// <summary>How a simulated policy host misbehaves below HTTP.</summary>
public enum LabConnection : byte
{
    /// <summary>Serves HTTPS.</summary>
    Https = 0,
    /// <summary>Nothing listens: connection refused.</summary>
    Refused = 1,
    /// <summary>The connect never completes (a full backlog).</summary>
    ConnectTimeout = 2,
    /// <summary>Accepts, then never sends a byte: the handshake stalls.</summary>
    TlsStall = 3,
    /// <summary>Accepts, reads the ClientHello, resets.</summary>
    TlsReset = 4,
    /// <summary>Answers the ClientHello with the alert "protocol_version": speaks only TLS 1.0 or 1.1.</summary>
    OldTls = 5,
    /// <summary>Answers the ClientHello with the alert "unrecognized_name".</summary>
    TlsAlert = 6,
    /// <summary>An address to which connect() says "network is unreachable" (the loopback broadcast address on Linux).</summary>
    Unreachable = 7,
}

/// <summary>How a simulated policy host answers HTTP.</summary>
public enum LabHttp : byte
{
    /// <summary>Sends <see cref="LabPolicyHost.Body"/> with <see cref="LabPolicyHost.Status"/>.</summary>
    Normal = 0,
    /// <summary>Headers never come.</summary>
    StallHeaders = 1,
    /// <summary>Headers come, the body never ends: an octet now and then.</summary>
    StallBody = 2,
    /// <summary>70,000 octets of text that begin with a perfect policy.</summary>
    HugeBody = 3,
    /// <summary>Bytes that are no HTTP.</summary>
    Garbage = 4,
}

/// <summary>One host <c>mta-sts.NAME</c> of the simulated internet.</summary>
public sealed record LabPolicyHost
{
    public LabConnection Connection { get; init; }

    public LabCertificate Certificate { get; init; }

    public LabHttp Http { get; init; }

    public int Status { get; init; } = 200;

    public string ContentType { get; init; } = "text/plain";

    /// <summary>For a 3xx.</summary>
    public string? Location { get; init; }

    /// <summary>The Retry-After header (RFC 9110 §10.2.3), as it stands there.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>Speaks no TLS 1.3.</summary>
    public bool OnlyTls12 { get; init; }

    /// <summary>Speaks no HTTP/2.</summary>
    public bool OnlyHttp11 { get; init; }

    public byte[] Body { get; init; } = [];
}

/// <summary>The truth that the lab's servers serve. Implementations are pure and thread-safe: the same question has the same answer.</summary>
public interface ILabWorld
{
    /// <param name="name">Lower-case, no trailing dot.</param>
    LabDnsResponse Resolve(string name, DnsRecordType type);

    /// <summary>How the policy host <paramref name="host"/> (<c>mta-sts.…</c>) behaves, or null when there is none of that name.</summary>
    LabPolicyHost? PolicyHost(string host);
}

/// <summary>The loopback addresses that policy hosts resolve to: each stands for one <see cref="LabConnection"/>, since a TCP behaviour
/// belongs to an address and not to a name. All of 127/8 is loopback on Linux and Windows.</summary>
public static class LabAddresses
{
    /// <summary>The one loopback address of IPv6; HTTPS is served there too. Another behaviour has its IPv4 address in mapped form.</summary>
    public static System.Net.IPAddress OfV6(LabConnection connection) =>
        connection == LabConnection.Https ? System.Net.IPAddress.IPv6Loopback : Of(connection).MapToIPv6();

    /// <summary>Does this machine have IPv6 at all? A container often has not, and then what the lab serves at ::1 is not to be had.</summary>
    public static bool Ipv6Works { get; } = CanBindV6();

    private static bool CanBindV6()
    {
        try
        {
            using var socket = new System.Net.Sockets.Socket(
                System.Net.Sockets.AddressFamily.InterNetworkV6, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    public static System.Net.IPAddress Of(LabConnection connection) => connection switch
    {
        LabConnection.Https => System.Net.IPAddress.Parse("127.0.0.1"),
        LabConnection.Refused => System.Net.IPAddress.Parse("127.0.0.2"),
        LabConnection.ConnectTimeout => System.Net.IPAddress.Parse("127.0.0.3"),
        LabConnection.TlsStall => System.Net.IPAddress.Parse("127.0.0.4"),
        LabConnection.TlsReset => System.Net.IPAddress.Parse("127.0.0.5"),
        LabConnection.OldTls => System.Net.IPAddress.Parse("127.0.0.6"),
        LabConnection.TlsAlert => System.Net.IPAddress.Parse("127.0.0.7"),
        _ => System.Net.IPAddress.Parse("127.255.255.255"),
    };
}
