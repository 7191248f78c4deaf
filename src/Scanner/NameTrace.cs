using System.Globalization;
using System.Text.Json;
using Scanner.Checks;
using Scanner.Dns;
using Scanner.Dns.Transport;
using Scanner.Write;

namespace Scanner;

/// <summary>
/// <c>--trace NAME</c>: everything about one name as JSON lines in <c>trace.jsonl</c> of the run folder: every exchange with a server while the name is
/// worked on, retries included, and in it every message that the engine sent and received, octet for octet; then every answer as the checks were given it, and the row. An answer without an exchange
/// came from the cache, or from a question that another name had under way. For several callers at once.
/// </summary>
public sealed class NameTrace : IDisposable
{
    // Flows with the work on the name through every await, also into the shared cache's flight.
    private static readonly AsyncLocal<bool> _working = new();

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly FileStream _file;
    private readonly Lock _lock = new();

    /// <param name="name">Normalised.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public NameTrace(string name, string path, TimeProvider time)
    {
        (_name, _time) = (name, time);
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    public bool Wants(string name) => name == _name;

    /// <summary>Work on the name: what goes over the wire inside is written down.</summary>
    public static async Task<DomainResult> FollowAsync(Func<Task<DomainResult>> work)
    {
        _working.Value = true; // Ends with this method: an async method's changes do not flow to its caller.
        return await work().ConfigureAwait(false);
    }

    /// <summary>The transport, listened to.</summary>
    public IDnsTransport Listen(IDnsTransport transport) => new Listening(this, transport);

    /// <summary>The answers behind the row, and the row itself.</summary>
    public void Finished(DomainResult row, int pass, RunStamp stamp)
    {
        foreach (var (answer, _) in row.Evidence?.Answers ?? [])
        {
            Write("answer", json =>
            {
                json.WriteNumber("pass", answer.Pass);
                Question(json, answer.Question);
                json.WriteString("status", answer.Status.Word());
                json.WriteNumber("tries", answer.Tries);
                json.WriteString("failed", string.Join(' ', answer.FailedTries.Select(status => status.Word())));
                json.WriteNumber("milliseconds", Math.Round(answer.Milliseconds, 3));
                json.WriteString("resolver", answer.Resolver);
                json.WriteString("cname", answer.CnameTarget);
                Records(json, answer.Records);
            });
        }
        Write("row", json =>
        {
            json.WriteNumber("pass", pass);
            json.WritePropertyName("row");
            ResultSchema.WriteJson(json, row, stamp);
        });
    }

    public void Dispose() => _file.Dispose();

    private void Exchange(IDnsTransport transport, DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, DnsReply reply, long start, MessageCapture capture) =>
        Write("exchange", json =>
        {
            json.WriteString("server", transport.Server.ToString());
            Question(json, question);
            json.WriteString("flags", string.Join(' ', Flags(flags)));
            json.WriteNumber("timeout_ms", timeout.TotalMilliseconds);
            json.WriteNumber("milliseconds", Math.Round(_time.GetElapsedTime(start).TotalMilliseconds, 3));
            json.WriteString("outcome", reply.Outcome.ToString().ToLowerInvariant());
            json.WriteNumber("rcode", reply.Rcode);
            json.WriteBoolean("tcp", reply.OverTcp);
            json.WriteBoolean("ra", reply.RecursionAvailable);
            json.WriteBoolean("ad", reply.AuthenticData);
            json.WriteString("extended_errors", string.Join(' ', reply.ExtendedErrors));
            json.WriteString("error", reply.ErrorText);
            Records(json, reply.Answers);
            json.WriteStartArray("messages");
            foreach (var message in capture.Messages)
            {
                json.WriteStartObject();
                json.WriteString("direction", message.Sent ? "sent" : "received");
                json.WriteString("over", message.OverTcp ? "tcp" : "udp");
                json.WriteNumber("milliseconds", Math.Round(_time.GetElapsedTime(start, message.Timestamp).TotalMilliseconds, 3));
                // What text2pcap and people who read DNS messages take.
                json.WriteString("hex", Convert.ToHexStringLower(message.Octets));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });

    private static IEnumerable<string> Flags(DnsQueryFlags flags)
    {
        if (flags.Tcp) yield return "tcp";
        if (flags.CheckingDisabled) yield return "cd";
        if (flags.DnssecOk) yield return "do";
        if (flags.NoEdns) yield return "no_edns";
    }

    private static void Question(Utf8JsonWriter json, DnsQuestion question)
    {
        json.WriteString("name", question.Name);
        json.WriteString("type", question.Type.ToString().ToUpperInvariant());
    }

    private static void Records(Utf8JsonWriter json, IReadOnlyList<DnsRecord> records)
    {
        json.WriteStartArray("records");
        foreach (var record in records)
            json.WriteStringValue(record is TxtRecord txt ? string.Create(CultureInfo.InvariantCulture, $"{txt.Owner} {txt.Ttl} TXT {Evidence.Escape(txt.Text)}") : record.ToString());
        json.WriteEndArray();
    }

    private void Write(string what, Action<Utf8JsonWriter> content)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("time", _time.GetUtcNow().UtcDateTime);
            json.WriteString("what", what);
            content(json);
            json.WriteEndObject();
        }
        line.Write("\n"u8);
        lock (_lock) _file.Write(line.GetBuffer(), 0, (int)line.Length);
    }

    private sealed class Listening(NameTrace trace, IDnsTransport inner) : IDnsTransport
    {
        public System.Net.IPEndPoint Server => inner.Server;

        public bool CanDisableChecking => inner.CanDisableChecking;

        public TransportSnapshot Snapshot() => inner.Snapshot();

        public async ValueTask<DnsReply> ExchangeAsync(DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, CancellationToken cancellationToken)
        {
            if (!_working.Value) return await inner.ExchangeAsync(question, flags, timeout, cancellationToken).ConfigureAwait(false);
            long start = trace._time.GetTimestamp();
            var capture = new MessageCapture();
            var reply = await inner.ExchangeAsync(question, flags with { Capture = capture }, timeout, cancellationToken).ConfigureAwait(false);
            trace.Exchange(inner, question, flags, timeout, reply, start, capture);
            return reply;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
