using System.Net;
using System.Net.Sockets;
using DnsClient;

namespace Scanner.Dns.Transport;

/// <summary>
/// Asks one server through DnsClient.NET, with everything that it would decide for us turned off: no cache, no retry, no other server.
/// <para>
/// What DnsClient cannot do, and what becomes of it here:
/// one datagram ends its wait, so a forged or late one (other ID, other question) ends the exchange as <see cref="TransportOutcome.Timeout"/>:
/// no answer to our question has come, and the next try asks again. RFC 5452 §9.1 would have us keep listening.
/// It has no CD bit: <see cref="DnsQueryFlags.CheckingDisabled"/> is refused. It does not connect its socket, so an ICMP refusal
/// is a timeout. It drops the escape of a dot inside a label, so such a name reads as one with more labels.
/// </para>
/// </summary>
public sealed class DnsClientTransport : IDnsTransport
{
    /// <summary>The payload size that avoids fragments on almost every path (DNS flag day 2020).</summary>
    private const int EdnsPayload = 1232;

    /// <summary>DnsClient leaves EDNS out at its minimum buffer, unless DO is set.</summary>
    private const int NoEdnsPayload = 512;

    // One client per combination of flags: settings are per client, and per query they would cost an object graph each.
    private readonly LookupClient[] _clients;
    private readonly TransportCounters _counters = new();

    /// <param name="server">Asked by every exchange; no connection is made before the first one.</param>
    public DnsClientTransport(IPEndPoint server)
    {
        Server = server;
        _clients = new LookupClient[8];
        for (int i = 0; i < _clients.Length; i++) _clients[i] = CreateClient(tcp: (i & 1) != 0, dnssec: (i & 2) != 0, edns: (i & 4) == 0);
    }

    /// <inheritdoc/>
    public IPEndPoint Server { get; }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">CD=1 is asked for. Sending the question without it would make its answer a wrong proof.</exception>
    public async ValueTask<DnsReply> ExchangeAsync(DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (flags.CheckingDisabled) throw new NotSupportedException("DnsClient cannot set the CD bit");
        cancellationToken.ThrowIfCancellationRequested();
        if (!IsAskable(question.Name)) return DnsReply.Failed(TransportOutcome.Malformed, $"'{question.Name}' cannot be put into a query");

        // Not DnsString.Parse: it runs IDNA over odd characters. And "XN--", because DnsClient turns every "xn--" that comes back as an
        // owner name into Unicode and throws when that fails, while names without it pass untouched. Case means nothing (RFC 4343).
        var name = DnsString.FromResponseQueryString(question.Name.Replace("xn--", "XN--", StringComparison.Ordinal));
        var asked = new global::DnsClient.DnsQuestion(name, (QueryType)question.Type);

        // One clock for the whole exchange, TCP included; DnsClient's own time-out is off.
        using var clock = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        clock.CancelAfter(timeout);
        DnsReply reply;
        if (!flags.Tcp)
        {
            Interlocked.Increment(ref _counters.Sent);
            reply = await AskAsync(ClientFor(flags), asked, overTcp: false, clock.Token, cancellationToken).ConfigureAwait(false);
            if (reply.Outcome != TransportOutcome.Truncated) return Counted(reply);
            Interlocked.Increment(ref _counters.Truncated);
            // RFC 7766 §5: a truncated answer is asked again over TCP, never with a larger UDP size.
            Interlocked.Increment(ref _counters.OverTcp);
            reply = await AskAsync(ClientFor(flags with { Tcp = true }), asked, overTcp: true, clock.Token, cancellationToken).ConfigureAwait(false);
            return Counted(reply.Outcome is TransportOutcome.Timeout or TransportOutcome.NetworkError
                ? DnsReply.Failed(TransportOutcome.Truncated, reply.ErrorText)
                : reply);
        }
        Interlocked.Increment(ref _counters.OverTcp);
        reply = await AskAsync(ClientFor(flags), asked, overTcp: true, clock.Token, cancellationToken).ConfigureAwait(false);
        return Counted(reply);
    }

    /// <summary>What can be seen from outside of DnsClient: no late or forged datagrams, no drops, no latencies.</summary>
    public TransportSnapshot Snapshot() => _counters.Snapshot();

    /// <summary>Nothing to do: DnsClient keeps its sockets for itself.</summary>
    public ValueTask DisposeAsync() => default;

    private LookupClient ClientFor(DnsQueryFlags flags) =>
        _clients[(flags.Tcp ? 1 : 0) | (flags.DnssecOk ? 2 : 0) | (flags.NoEdns ? 4 : 0)];

    private DnsReply Counted(DnsReply reply)
    {
        _counters.CountOutcome(reply.Outcome);
        return reply;
    }

    private LookupClient CreateClient(bool tcp, bool dnssec, bool edns) => new(new LookupClientOptions(new NameServer(Server))
    {
        AutoResolveNameServers = false,
        UseRandomNameServer = false,
        UseCache = false,
        Retries = 0,
        ContinueOnDnsError = false,
        ContinueOnEmptyResponse = false,
        ThrowDnsErrors = false,
        EnableAuditTrail = false,
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        // The fall-back is ours: after DnsClient's own one cannot tell which of the two failed, nor which of them answered.
        UseTcpFallback = false,
        UseTcpOnly = tcp,
        RequestDnsSecRecords = dnssec && edns,
        ExtendedDnsBufferSize = edns ? EdnsPayload : NoEdnsPayload,
    });

    private static async ValueTask<DnsReply> AskAsync(LookupClient client, global::DnsClient.DnsQuestion asked, bool overTcp,
        CancellationToken clock, CancellationToken caller)
    {
        try
        {
            var response = await client.QueryAsync(asked, clock).ConfigureAwait(false);
            return IsAnswerTo(asked, response)
                ? DnsClientRecords.ToReply(response, overTcp)
                : DnsReply.Failed(TransportOutcome.Timeout, "an answer to another question came, and DnsClient stops listening after it");
        }
        catch (Exception) when (caller.IsCancellationRequested)
        {
            // Whatever DnsClient makes of it: mostly a "connection timeout".
            throw new OperationCanceledException(caller);
        }
        catch (Exception e) when (OutcomeOf(e, clock.IsCancellationRequested) is { } outcome)
        {
            return DnsReply.Failed(outcome, $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>What an exception of DnsClient 1.8.0 says about the exchange; null when it says nothing, so that a bug stays visible.</summary>
    private static TransportOutcome? OutcomeOf(Exception exception, bool timeIsUp) => exception switch
    {
        DnsXidMismatchException => TransportOutcome.Timeout,
        DnsResponseParseException => TransportOutcome.Malformed,
        // DnsClient's parser reads compression pointers and label lengths with few checks: hostile packets run off its arrays,
        // loop into its recursion limit, or fail in its IDNA conversion of owner names.
        ArgumentException or IndexOutOfRangeException or OverflowException or NullReferenceException => TransportOutcome.Malformed,
        // Its word for TC=1 with the fall-back off, and for datagrams that end early without TC.
        DnsResponseException { Code: DnsResponseCode.Unassigned, InnerException: null } => TransportOutcome.Truncated,
        DnsResponseException { InnerException: ArgumentException or IndexOutOfRangeException or OverflowException or NullReferenceException }
            => TransportOutcome.Malformed,
        _ when timeIsUp => TransportOutcome.Timeout,
        // Before the time is up only a connection that broke says "timeout".
        DnsResponseException or OperationCanceledException or TimeoutException or SocketException or IOException or ObjectDisposedException
            or InvalidOperationException => TransportOutcome.NetworkError,
        _ => null,
    };

    /// <summary>DnsClient compares the ID only; the question is compared here (RFC 5452 §9.1).</summary>
    private static bool IsAnswerTo(global::DnsClient.DnsQuestion asked, IDnsQueryResponse response)
    {
        if (!response.Header.HasQuery) return false; // its name for the QR bit
        // Servers that could not read the question leave it out of their error.
        if (response.Questions.Count == 0) return response.Header.ResponseCode is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain);
        var echoed = response.Questions[0];
        return response.Questions.Count == 1
            && echoed.QuestionType == asked.QuestionType
            && string.Equals(echoed.QueryName.Original.TrimEnd('.'), asked.QueryName.Original.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Plain printable ASCII in labels of 1 to 63 octets (RFC 1035 §2.3.4), or the root. Names with escapes are not for this
    /// transport: DnsClient would send the backslash.</summary>
    private static bool IsAskable(string name)
    {
        if (name == ".") return true;
        if (name.Length is 0 or > DomainName.MaxLength) return false;
        int label = 0;
        foreach (char c in name)
        {
            if (c == '.')
            {
                if (label == 0) return false;
                label = 0;
            }
            else if (c is <= ' ' or > '~' or '\\' || ++label > DomainName.MaxLabelLength)
            {
                return false;
            }
        }
        return label > 0;
    }
}
