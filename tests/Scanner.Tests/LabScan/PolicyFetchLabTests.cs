using System.Net.Sockets;
using Scanner.Checks;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Lab;
using Scanner.Lab.Servers;
using Scanner.Lab.World;

namespace Scanner.Tests.LabScan;

/// <summary>Every policy host of the cast, fetched over IPv4 and again over IPv6, by the real resolver from the lab's DNS, over real
/// sockets with real certificates: does each come to the stage and the error that the cast says?</summary>
public sealed class PolicyFetchLabTests
{
    /// <summary>Stalling hosts take all of it, the others a small part even on a busy machine.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task Every_host_of_the_cast_fails_where_the_cast_says(AddressFamily family)
    {
        if (family == AddressFamily.InterNetworkV6 && !LabAddresses.Ipv6Works) Assert.Skip("this machine has no IPv6: nothing can be bound to ::1");
        var world = new OneFamilyWorld(new LabWorld(), family);
        var ct = TestContext.Current.CancellationToken;
        await using var lab = await LabHost.StartAsync(world, new LabHostOptions(), TimeProvider.System, ct);
        await using var stub = new StubResolver(new ResolverOptions { QueriesPerSecond = 0 }, [new DnsClientTransport(lab.DnsEndpoint)], TimeProvider.System);
        var fetcher = new HttpsPolicyFetcher(stub, new PolicyFetchOptions
        {
            Port = lab.HttpsPort,
            Timeout = Deadline,
            TrustedRoots = lab.RootCertificates,
            AllowSpecialAddresses = SpecialAddressUse.LoopbackOnly,
            UserAgent = "scanner-tests",
        }, TimeProvider.System);

        var cast = Cast.Bundled.Listed.Where(e => e.Expect.ContainsKey("mtasts_stage") || e.Expect.GetValueOrDefault("mtasts_status")?.StartsWith("valid", StringComparison.Ordinal) == true).ToList();
        var found = await Task.WhenAll(cast.Select(entry => JudgeAsync(entry, fetcher, stub, ct)));
        Assert.True(cast.Count >= 60, $"{cast.Count} entries");
        var wrong = found.SelectMany(f => f.Wrong).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.All(found, f => Assert.True(f.Milliseconds <= Deadline.TotalMilliseconds + 1_000, $"{f.Name}: {f.Milliseconds} ms"));
        // Whatever the cast may come to hold: not one rung is left out.
        Assert.Empty(Enum.GetValues<MtaStsStage>().Except(found.Select(f => f.Stage).OfType<MtaStsStage>()));
        if (family == AddressFamily.InterNetworkV6) Assert.Contains(found, f => f.Address == "::1" && f.Stage == MtaStsStage.Tls);
    }

    private sealed record Finding(string Name, IReadOnlyList<string> Wrong, double Milliseconds, MtaStsStage? Stage, string? Address);

    private static async Task<Finding> JudgeAsync(CastEntry entry, HttpsPolicyFetcher fetcher, StubResolver resolver, CancellationToken ct)
    {
        var record = MtaStsClassifier.ClassifyRecord(await resolver.QueryAsync(new DnsQuestion("_mta-sts." + entry.Name, DnsRecordType.Txt), ct));
        if (!MtaStsClassifier.WantsFetch(record)) return new Finding(entry.Name, [$"{entry.Name}: nothing to fetch ({record.Record.Word()})"], 0, null, null);
        var fetch = await fetcher.FetchAsync(entry.Name, ct);
        var result = MtaStsClassifier.Classify(record, fetch, mx: null);

        var wrong = new List<string>();
        Compare("mtasts_status", result.Status.Word());
        Compare("mtasts_stage", result.Stage.WordOrNull());
        Compare("mtasts_error", result.Error.WordOrNull());
        Compare("mtasts_cert_flags", string.Join(',', fetch.CertificateFlags.Select(f => f.Word())));
        Compare("mtasts_http_status", fetch.HttpStatus?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Compare("mtasts_redirect_host", fetch.RedirectHost);
        Compare("mtasts_transient", fetch.Transient ? "true" : "false");
        return new Finding(entry.Name, wrong, fetch.Milliseconds, result.Stage, fetch.Address?.ToString());

        void Compare(string column, string? got)
        {
            if (entry.Expect.TryGetValue(column, out string? want) && want != got) wrong.Add($"{entry.Name} {column}: cast {want ?? "null"}, fetched {got ?? "null"}");
        }
    }

    /// <summary>The world with its policy hosts' addresses of one family only.</summary>
    private sealed class OneFamilyWorld(ILabWorld inner, AddressFamily family) : ILabWorld
    {
        public LabPolicyHost? PolicyHost(string host) => inner.PolicyHost(host);

        public LabDnsResponse Resolve(string name, DnsRecordType type)
        {
            // What a host has of either family is what its one family has here.
            if (type is not (DnsRecordType.A or DnsRecordType.Aaaa) || !name.StartsWith("mta-sts.", StringComparison.Ordinal)) return inner.Resolve(name, type);
            var a = inner.Resolve(name, DnsRecordType.A);
            var aaaa = inner.Resolve(name, DnsRecordType.Aaaa);
            bool asked = type == (family == AddressFamily.InterNetwork ? DnsRecordType.A : DnsRecordType.Aaaa);
            var addresses = a.Answers.Concat(aaaa.Answers).OfType<AddressRecord>().Select(r => r with { Address = family == AddressFamily.InterNetwork ? ToV4(r.Address) : ToV6(r.Address) });
            return a with { Answers = [.. a.Answers.OfType<CnameRecord>(), .. asked ? addresses : []] };
        }

        private static System.Net.IPAddress ToV4(System.Net.IPAddress address) =>
            address.Equals(System.Net.IPAddress.IPv6Loopback) ? System.Net.IPAddress.Loopback : address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

        private static System.Net.IPAddress ToV6(System.Net.IPAddress address) =>
            address.Equals(System.Net.IPAddress.Loopback) ? System.Net.IPAddress.IPv6Loopback : address.MapToIPv6();
    }
}
