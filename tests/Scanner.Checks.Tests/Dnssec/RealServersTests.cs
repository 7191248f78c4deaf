using System.Diagnostics;
using System.Globalization;
using System.Net;
using Scanner.Checks.Dane;
using Scanner.Checks.Dnssec;
using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport.Engine;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Dnssec;

/// <summary>
/// DNSSEC and DANE against others' programs: a zone signed by ldns-signzone, served by NSD, validated by Unbound, and read through our engine.
/// Whatever AD, RCODE and CD come to in practice, the words must be those of the specification (classification.md 2.2, 2.6, 9).
/// </summary>
public sealed class RealServersTests
{
    private const string Signer = "/usr/bin/ldns-signzone", KeyMaker = "/usr/bin/ldns-keygen";

    private const string Digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private const string Head = "$TTL 3600\n@ SOA ns.signed. hostmaster.signed. 1 3600 900 86400 900\n@ NS ns.signed.\n";

    /// <summary>Zone <c>signed.</c>; the two zones below it are cut off, one without DS, one with the DS of a key that is not its own.</summary>
    private const string Parent = "$ORIGIN signed.\n" + Head + """
        ns A 127.0.0.1
        mx A 192.0.2.1
        _25._tcp.mx TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        bare A 192.0.2.2
        good MX 10 mx
        half MX 10 mx
        half MX 20 bare
        none MX 10 bare
        outside MX 10 mx.plain
        forged MX 10 mx.forged
        mx.forged A 192.0.2.3
        _25._tcp.mx.forged TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        alias CNAME www.plain
        *.wild TXT "v=spf1 -all"
        plain NS ns
        bogus NS ns

        """;

    private const string Plain = "$ORIGIN plain.signed.\n" + Head + "@ MX 10 mx.signed.\nmx A 192.0.2.4\nwww A 192.0.2.5\n_25._tcp.mx TLSA 3 1 1 " + Digest + "\n";

    private const string Bogus = "$ORIGIN bogus.signed.\n" + Head + "@ MX 10 mx.signed.\n";

    [Fact]
    public async Task SecureInsecureAndBogus()
    {
        if (NsdServer.Program is null) Assert.Skip("needs the name server NSD (Debian package nsd)");
        if (UnboundServer.Program is null) Assert.Skip("needs the resolver Unbound (Debian package unbound)");
        if (!File.Exists(Signer) || !File.Exists(KeyMaker)) Assert.Skip("needs ldns-signzone and ldns-keygen (Debian package ldnsutils)");
        var ct = TestContext.Current.CancellationToken;
        string folder = Directory.CreateTempSubdirectory("signed-").FullName;
        try
        {
            string parentKey = await KeyAsync(folder, "signed", ct), childKey = await KeyAsync(folder, "bogus.signed", ct), strangersKey = await KeyAsync(folder, "bogus.signed", ct);
            string strangersDs = await File.ReadAllTextAsync(Path.Combine(folder, strangersKey + ".ds"), ct);
            string parent = await SignAsync(folder, "signed", Parent + strangersDs, parentKey, ct);
            // One digest changed after signing: the signature over it is there and wrong.
            string forged = parent.Split('\n').Single(line => line.StartsWith("_25._tcp.mx.forged.signed.", StringComparison.Ordinal) && line.Contains("\tTLSA\t", StringComparison.Ordinal));
            parent = parent.Replace(forged, forged.Replace("cdef", "fedc", StringComparison.OrdinalIgnoreCase), StringComparison.Ordinal);
            var zones = new Dictionary<string, string>
            {
                ["signed"] = parent,
                ["plain.signed"] = Plain,
                ["bogus.signed"] = await SignAsync(folder, "bogus.signed", Bogus, childKey, ct),
            };
            string anchor = await File.ReadAllTextAsync(Path.Combine(folder, parentKey + ".ds"), ct);
            await using var nsd = await NsdServer.StartAsync(zones, ct);
            await using var unbound = await UnboundServer.StartAsync(nsd.Endpoint, ct, anchor);
            await using var resolver = Resolver(unbound.Endpoint);

            string[] expected =
            [
                "good.signed secure full usable",
                "half.signed secure partial usable,none",
                "none.signed secure none none",
                "outside.signed secure none none", // the host's address is not signed: no TLSA counts (RFC 7672 §2.2.2)
                "forged.signed secure bogus bogus",
                "plain.signed insecure tlsa_insecure usable", // RFC 7672 §2.2.1
                "bogus.signed bogus bogus ",
                "gone.signed secure none ", // a denial is proven too (RFC 4035 §3.2.3)
                "x.wild.signed secure none ",
            ];
            var seen = new List<string>();
            foreach (string line in expected) seen.Add(await RowAsync(line.Split(' ')[0], resolver, ct));
            Assert.Equal(expected, seen);
            // AD=0 behind an alias is the other zone's doing: the state is that of the name's own zone (classification.md 2.6).
            Assert.Equal(DnssecState.Secure, (await DnssecLookup.RunAsync("alias.signed", true, resolver, ct)).State);
            Assert.Equal(DnssecState.Secure, (await DnssecLookup.RunAsync("signed", true, resolver, ct)).State);

            // The same zones through a resolver that does not validate: nothing is bogus, and nobody may trust its AD bit.
            await using var open = await UnboundServer.StartAsync(nsd.Endpoint, ct);
            await using var unvalidated = Resolver(open.Endpoint);
            Assert.Equal("good.signed insecure none none", await RowAsync("good.signed", unvalidated, ct));
            Assert.Equal(DnssecState.Insecure, (await DnssecLookup.RunAsync("bogus.signed", true, unvalidated, ct)).State);
            Assert.Equal(DnssecState.Unknown, (await DnssecLookup.RunAsync("good.signed", false, unvalidated, ct)).State);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static StubResolver Resolver(IPEndPoint server) => new(new ResolverOptions(), [new EngineTransport(server)], TimeProvider.System);

    private static async Task<string> RowAsync(string name, StubResolver resolver, CancellationToken ct)
    {
        var state = await DnssecLookup.RunAsync(name, trusted: true, resolver, ct);
        var answer = await resolver.QueryAsync(new DnsQuestion(name, DnsRecordType.Mx, Dnssec: true), ct);
        var mx = await MxLookup.RunAsync(name, answer, resolver, resolver, dnssec: true, ct);
        var dane = await DaneLookup.RunAsync(name, mx, trusted: true, resolver, ct);
        return string.Create(CultureInfo.InvariantCulture, $"{name} {state.State.Word()} {dane.Status.Word()} {string.Join(',', dane.Hosts.Select(h => h.Status.Word()))}");
    }

    /// <summary>Makes a key and gives the name of its files.</summary>
    private static async Task<string> KeyAsync(string folder, string zone, CancellationToken ct) =>
        (await RunAsync(folder, KeyMaker, ct, "-a", "ECDSAP256SHA256", "-k", "-r", "/dev/urandom", zone)).Trim();

    private static async Task<string> SignAsync(string folder, string zone, string text, string key, CancellationToken ct)
    {
        string file = Path.Combine(folder, zone + ".zone");
        await File.WriteAllTextAsync(file, text, ct);
        await RunAsync(folder, Signer, ct, "-o", zone, "-f", file + ".signed", file, key);
        return await File.ReadAllTextAsync(file + ".signed", ct);
    }

    private static async Task<string> RunAsync(string folder, string program, CancellationToken ct, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(ct);
        string output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        Assert.True(process.ExitCode == 0, $"{program}: {await error}");
        return output;
    }
}
