using System.Globalization;
using System.Net;
using System.Text;
using Scanner.Dns.Transport;
using Scanner.Dns.Transport.Engine;
using Scanner.TestSupport;

namespace Scanner.Dns.Tests.Transport.Engine;

/// <summary>
/// The same questions to real servers through the engine and through DnsClient: what they read must be the same. 3,000 answers from each server, or
/// as many as the environment variable <c>SCANNER_DIFFERENTIAL_ANSWERS</c> says.
/// </summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    /// <summary>Names below each of the numbered domains, and what each can be asked for.</summary>
    private static readonly (string Prefix, DnsRecordType Type)[] Asked =
    [
        ("", DnsRecordType.Mx), ("", DnsRecordType.Txt), ("", DnsRecordType.A), ("", DnsRecordType.Aaaa), ("", DnsRecordType.Soa), ("", DnsRecordType.Ns),
        ("_dmarc.", DnsRecordType.Txt), ("_mta-sts.", DnsRecordType.Txt), ("_smtp._tls.", DnsRecordType.Txt), ("_25._tcp.mx.", DnsRecordType.Tlsa),
        ("chain.", DnsRecordType.A), ("dangling.", DnsRecordType.A), ("big.", DnsRecordType.Txt), ("octets.", DnsRecordType.Txt), ("odd.", DnsRecordType.Mx),
        ("ptr.", DnsRecordType.Ptr), ("host.below.", DnsRecordType.A), ("a.wild.", DnsRecordType.Txt), ("WWW.Wild.", DnsRecordType.Txt),
        ("null.", DnsRecordType.Mx), ("chain.", DnsRecordType.Cname), ("xn--bcher-kva.", DnsRecordType.Txt), ("many.", DnsRecordType.A),
    ];

    [Fact]
    public async Task Both_read_the_same()
    {
        if (NsdServer.Program is null) Assert.Skip("needs the name server NSD (Debian package nsd)");
        var ct = TestContext.Current.CancellationToken;
        int answers = int.TryParse(Environment.GetEnvironmentVariable("SCANNER_DIFFERENTIAL_ANSWERS"), CultureInfo.InvariantCulture, out int set) ? set : 3_000;
        int domains = Math.Max(1, answers / Asked.Length);
        await using var nsd = await NsdServer.StartAsync(Zone(domains), ct);
        await CompareAsync("NSD", nsd.Endpoint, domains, cached: false, ct);
        if (UnboundServer.Program is null)
        {
            output.WriteLine("Unbound is not installed (Debian package unbound): compared with NSD only");
            return;
        }
        await using var unbound = await UnboundServer.StartAsync(nsd.Endpoint, ct);
        await CompareAsync("Unbound", unbound.Endpoint, domains, cached: true, ct);
    }

    private async Task CompareAsync(string server, IPEndPoint endpoint, int domains, bool cached, CancellationToken ct)
    {
        await using var engine = new EngineTransport(endpoint);
        await using var library = new DnsClientTransport(endpoint);
        var differences = new List<string>();
        var seen = new Dictionary<string, int>();
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var n && n < domains * Asked.Length)
            {
                var (prefix, type) = Asked[n % Asked.Length];
                var question = new DnsQuestion($"{prefix}d{n / Asked.Length}.example", type);
                // EDNS off for some, DO for others.
                var flags = new DnsQueryFlags(NoEdns: n % 7 == 0, DnssecOk: n % 5 == 0);
                string ours = Describe(await AskAsync(engine, question, flags, ct), cached);
                string theirs = Describe(await AskAsync(library, question, flags, ct), cached);
                lock (differences)
                {
                    string kind = ours.Split('\n')[0];
                    seen[kind] = seen.GetValueOrDefault(kind) + 1;
                    if (ours != theirs) differences.Add($"{question}\n ours: {ours}\n theirs: {theirs}");
                }
            }
        }, ct)));
        output.WriteLine($"{server}: {domains * Asked.Length} answers\n {string.Join("\n ", seen.Select(s => $"{s.Value} x {s.Key}"))}");
        Assert.True(differences.Count == 0, $"{server}: {differences.Count} differences\n{string.Join('\n', differences.Take(10))}");
        // Every kind of answer was met: positive, negative, over TCP.
        Assert.Contains(seen.Keys, k => k.Contains("NXDOMAIN", StringComparison.Ordinal));
        Assert.Contains(seen.Keys, k => k.Contains("TCP", StringComparison.Ordinal));
    }

    /// <summary>A machine under load loses datagrams; what is compared is answers.</summary>
    private static async Task<DnsReply> AskAsync(IDnsTransport transport, DnsQuestion question, DnsQueryFlags flags, CancellationToken ct)
    {
        for (int attempt = 1; ; attempt++)
        {
            var reply = await transport.ExchangeAsync(question, flags, TimeSpan.FromSeconds(5), ct);
            if (attempt == 5 || reply.Outcome is not (TransportOutcome.Timeout or TransportOutcome.NetworkError)) return reply;
        }
    }

    private static string Describe(DnsReply reply, bool cached)
    {
        // A cache counts its TTLs down, and the two ask one after the other.
        string Ttl(uint? ttl) => cached || ttl is null ? ttl is null ? "-" : "+" : ttl.Value.ToString(CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        text.Append(reply.Outcome).Append(reply.Rcode switch { 0 => "", 3 => " NXDOMAIN", var other => $" RCODE {other}" })
            .Append(reply.OverTcp ? " TCP" : "").Append(reply.Authoritative ? " AA" : "").Append(reply.RecursionAvailable ? " RA" : "").Append(reply.AuthenticData ? " AD" : "")
            .Append(reply.HasAuthorityNs ? " NS" : "").Append(CultureInfo.InvariantCulture, $" {reply.Answers.Count} records");
        text.Append(CultureInfo.InvariantCulture, $"\n  negative TTL {Ttl(reply.NegativeTtl)}, EDE [{string.Join(' ', reply.ExtendedErrors)}]");
        foreach (var record in reply.Answers)
        {
            string data = record switch
            {
                TxtRecord txt => string.Join('|', txt.Strings.Select(s => Convert.ToHexString(s.Span))),
                TlsaRecord tlsa => $"{tlsa.Usage} {tlsa.Selector} {tlsa.MatchingType} {Convert.ToHexString(tlsa.Data.Span)}",
                _ => (record with { Ttl = 0 }).ToString(),
            };
            text.Append(CultureInfo.InvariantCulture, $"\n  {record.GetType().Name} {record.Owner} {Ttl(record.Ttl)} {data}");
        }
        return text.ToString();
    }

    private static string Zone(int domains)
    {
        // No dot inside a label: DnsClient drops its escape (DnsClientTransport says so), and everybody else is right about it.
        var zone = new StringBuilder();
        string big = string.Join(' ', Enumerable.Repeat($"\"{new string('x', 250)}\"", 14));
        string many = string.Join('\n', Enumerable.Range(1, 120).Select(i => $"many.{{0}}.example. A 192.0.2.{i}"));
        string octets = string.Concat(Enumerable.Range(0, 250).Select(i => $"\\{i:D3}"));
        for (int i = 0; i < domains; i++)
        {
            string d = $"d{i}";
            zone.AppendLine(CultureInfo.InvariantCulture, $"{d}.example. MX 10 mx1.{d}.example.\n{d}.example. MX 20 MX2.Example.NET.");
            zone.AppendLine(CultureInfo.InvariantCulture, $"{d}.example. TXT \"v=spf1 \" \"ip4:192.0.2.{i % 250} -all\"\n{d}.example. 60 TXT \"verification={i}\" \"\"");
            zone.AppendLine(CultureInfo.InvariantCulture, $"{d}.example. A 192.0.2.1\n{d}.example. A 192.0.2.2\n{d}.example. AAAA 2001:db8::{i:x4}");
            zone.AppendLine(CultureInfo.InvariantCulture, $"_dmarc.{d}.example. TXT \"v=DMARC1; p=none\"\n_25._tcp.mx.{d}.example. TLSA 3 1 1 {i:D8}{new string('A', 56)}");
            zone.AppendLine(CultureInfo.InvariantCulture, $"chain.{d}.example. CNAME a.{d}.example.\na.{d}.example. CNAME b.{d}.example.\nb.{d}.example. A 192.0.2.3");
            zone.AppendLine(CultureInfo.InvariantCulture, $"dangling.{d}.example. CNAME nothing.{d}.example.\nbig.{d}.example. TXT {big}\noctets.{d}.example. TXT \"{octets}\"");
            zone.AppendLine(CultureInfo.InvariantCulture, $"odd.{d}.example. MX 1 a\\032b.{d}.example.\nodd.{d}.example. MX 2 under_score.{d}.example.\nnull.{d}.example. MX 0 .");
            zone.AppendLine(CultureInfo.InvariantCulture, $"ptr.{d}.example. PTR host.{d}.example.\nbelow.{d}.example. NS ns.below.{d}.example.\nns.below.{d}.example. A 127.0.0.2");
            zone.AppendLine(CultureInfo.InvariantCulture, $"*.wild.{d}.example. TXT \"wild\"\nxn--bcher-kva.{d}.example. TXT \"b\\195\\188cher\"");
            zone.AppendLine(string.Format(CultureInfo.InvariantCulture, many, d));
        }
        return zone.ToString();
    }
}
