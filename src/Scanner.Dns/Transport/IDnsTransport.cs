using System.Net;

namespace Scanner.Dns.Transport;

/// <summary>How one exchange with one server ended, before anyone has looked at the RCODE.</summary>
public enum TransportOutcome : byte
{
    /// <summary>A reply to our question came, whatever its RCODE.</summary>
    Answered = 0,
    /// <summary>Nothing that answers our question came in time.</summary>
    Timeout = 1,
    /// <summary>The system or an ICMP message refused, or the transport was closed.</summary>
    NetworkError = 2,
    /// <summary>TC=1 over UDP, and TCP did not complete.</summary>
    Truncated = 3,
    /// <summary>What came does not parse, or the name cannot be put into a query.</summary>
    Malformed = 4,
}

/// <summary>What a server sent, parsed but not interpreted. CNAME chains are still chains here.</summary>
public sealed record DnsReply
{
    /// <summary>How the exchange ended; unless <see cref="TransportOutcome.Answered"/> the rest says nothing.</summary>
    public required TransportOutcome Outcome { get; init; }

    /// <summary>The RCODE with its EDNS extension, 0 to 4095.</summary>
    public int Rcode { get; init; }

    /// <summary>The AA bit: the server speaks for the zone (RFC 1035 §4.1.1).</summary>
    public bool Authoritative { get; init; }

    /// <summary>The RA bit: the server is a full resolver (RFC 1035 §4.1.1).</summary>
    public bool RecursionAvailable { get; init; }

    /// <summary>The AD bit: the server has validated what it says (RFC 4035 §3.2.3).</summary>
    public bool AuthenticData { get; init; }

    /// <summary>It came over TCP.</summary>
    public bool OverTcp { get; init; }

    /// <summary>The answer section in the order received.</summary>
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    /// <summary>The SOA of the authority section: min(TTL, MINIMUM) in seconds, or null when there is none (RFC 2308 §5).</summary>
    public uint? NegativeTtl { get; init; }

    /// <summary>The authority section holds NS records (a referral, if nothing else is there).</summary>
    public bool HasAuthorityNs { get; init; }

    /// <summary>Extended DNS Errors (RFC 8914), by number, in the order received.</summary>
    public IReadOnlyList<ushort> ExtendedErrors { get; init; } = [];

    /// <summary>An NSEC record of the authority section has NXNAME (type 128) in its type map (RFC 9824 §3.1).</summary>
    public bool NameDenied { get; init; }

    /// <summary>For logs and traces only; nobody parses it.</summary>
    public string? ErrorText { get; init; }

    /// <summary>A reply that did not come.</summary>
    public static DnsReply Failed(TransportOutcome outcome, string? text = null) => new() { Outcome = outcome, ErrorText = text };
}

/// <summary>The bits of the question that a resolver policy may want to set.</summary>
/// <param name="CheckingDisabled">CD=1: answer even when validation fails.</param>
/// <param name="DnssecOk">DO=1: send signatures too.</param>
/// <param name="Tcp">Ask over TCP from the start.</param>
/// <param name="NoEdns">Leave the OPT record out, for a server that answered FORMERR or NOTIMP to it (RFC 6891 §7).</param>
/// <param name="AuthenticData">AD=1: say in the answer whether it was validated (RFC 6840 §5.7). A transport that cannot set it leaves it out.</param>
/// <param name="Capture">Takes the messages themselves, for a trace; null for nearly every question. A transport that has no octets leaves it empty.</param>
public readonly record struct DnsQueryFlags(bool CheckingDisabled = false, bool DnssecOk = false, bool Tcp = false, bool NoEdns = false,
    bool AuthenticData = false, MessageCapture? Capture = null);

/// <summary>
/// The one seam between resolver policy (retries, limits, cache) and the wire: one question to one server, once, UDP first and TCP
/// on truncation. A transport knows nothing of retries. It answers with a value for whatever the network does.
/// </summary>
public interface IDnsTransport : IAsyncDisposable
{
    /// <summary>The server this transport talks to.</summary>
    IPEndPoint Server { get; }

    /// <summary>It can send CD=1; where not, <see cref="DnsQueryFlags.CheckingDisabled"/> is refused.</summary>
    bool CanDisableChecking => false;

    /// <summary>What has happened on the wire so far. Empty for a transport that does not count.</summary>
    TransportSnapshot Snapshot() => new();

    /// <param name="timeout">For the whole exchange, TCP included. Over it the outcome is <see cref="TransportOutcome.Timeout"/>.</param>
    /// <exception cref="OperationCanceledException">Only when <paramref name="cancellationToken"/> fires.</exception>
    ValueTask<DnsReply> ExchangeAsync(DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, CancellationToken cancellationToken);
}
