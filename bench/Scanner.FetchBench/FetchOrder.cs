using System.Diagnostics;
using System.Globalization;
using System.Text;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Input;
using Scanner.Lab;
using Scanner.Lab.Servers;
using Scanner.Resolve;

namespace Scanner.FetchBench;

/// <summary>
/// Does HTTPS work delay DNS work? The same names are scanned without any policy and with 1 % policies of which every second stalls, by
/// turns. What is compared is the time until every name that has no policy has its row: the DNS work of the scan. How long the rows of
/// the stalled names then take is printed beside it.
/// </summary>
internal static class FetchOrder
{
    private const int OneIn = 100;

    public static async Task<int> RunAsync(int names, int rounds)
    {
        await RunOnceAsync(Math.Min(names, 2_000), withPolicies: true);
        double[] without = new double[rounds], with = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            var plain = await RunOnceAsync(names, withPolicies: false);
            var policies = await RunOnceAsync(names, withPolicies: true);
            (without[round], with[round]) = (plain.NamesPerSecond, policies.NamesPerSecond);
            Console.WriteLine(FormattableString.Invariant(
                $"round {round + 1}: without {plain.NamesPerSecond:F0} names/s; with {policies.NamesPerSecond:F0} names/s, ratio {policies.NamesPerSecond / plain.NamesPerSecond:F3}; last row of a name without policy after {policies.LastPlain:F2} s, of all after {policies.Last:F2} s; {policies.Stalled} stalled, {policies.Valid} valid"));
        }
        Console.WriteLine(FormattableString.Invariant($"{names} names: median without {Median(without):F0} names/s, with {Median(with):F0} names/s, ratio of medians {Median(with) / Median(without):F3}"));
        return 0;
    }

    private sealed record Outcome(double NamesPerSecond, double LastPlain, double Last, int Stalled, int Valid);

    private static async Task<Outcome> RunOnceAsync(int names, bool withPolicies)
    {
        var time = TimeProvider.System;
        await using var lab = await LabHost.StartAsync(new OrderWorld(withPolicies), new LabHostOptions(), time, CancellationToken.None);
        var options = new ScanOptions
        {
            List = new ListOptions { Source = "order" },
            Output = "",
            Resolvers = [lab.DnsEndpoint],
            Resolver = new ResolverOptions { QueriesPerSecond = 0 },
            Politeness = PolitenessOptions.None,
            PolicyFetch = new PolicyFetchOptions
            {
                Port = lab.HttpsPort,
                TrustedRoots = lab.RootCertificates,
                AllowSpecialAddresses = SpecialAddressUse.LoopbackOnly,
                UserAgent = "scanner-bench",
            },
        };
        await using var stub = new StubResolver(options.Resolver, DnsTransports.Create(options.Resolvers, options.Resolver), time);
        var shared = new CachingResolver(stub, options.Resolver.CacheEntries, time);
        using var turns = new PolicyFetchTurns(options.Politeness, options.HttpsConcurrency, time);
        var pipeline = new ScanPipeline(new DomainScanner(stub, shared, options, time), new HttpsPolicyFetcher(shared, options.PolicyFetch, time, turns),
            options, new ScanProgress { Total = names }, time);

        int plain = 0, stalled = 0, valid = 0;
        double lastPlain = 0, last = 0;
        long start = Stopwatch.GetTimestamp();
        string? reason = await pipeline.RunAsync(Items(names), row =>
        {
            last = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (!OrderWorld.HasPolicy(row.Name.Name))
            {
                plain++;
                lastPlain = last;
            }
            else if (row.MtaSts!.Status == MtaStsStatus.ValidEnforce) valid++;
            else if (row.MtaSts.Error == MtaStsError.TlsTimeout) stalled++;
            return ValueTask.CompletedTask;
        }, CancellationToken.None, CancellationToken.None);
        if (reason is not null) throw new InvalidOperationException(reason);
        return new Outcome(plain / lastPlain, lastPlain, last, stalled, valid);
    }

    private static async IAsyncEnumerable<ScanItem> Items(int names)
    {
        await Task.Yield();
        for (int i = 0; i < names; i++)
        {
            string name = OrderWorld.Name(i);
            yield return new ScanItem(i, new ListedName { Rank = i + 1, Input = name, Name = name, Class = InputClass.Registrable, Tld = "lab", OrganizationalDomain = name });
        }
    }

    /// <summary>Every name has MX, SPF and DMARC. One in a hundred announces a policy; every second of those hosts stalls in the handshake.</summary>
    private sealed class OrderWorld(bool withPolicies) : ILabWorld
    {
        private static readonly byte[] Policy = Encoding.ASCII.GetBytes("version: STSv1\nmode: enforce\nmx: mx.mail.lab\nmax_age: 604800\n");

        public static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"n{i}.lab");

        public static bool HasPolicy(string name) => Number(name) % OneIn == 0;

        public LabPolicyHost? PolicyHost(string host) =>
            withPolicies && host.StartsWith("mta-sts.", StringComparison.Ordinal) && HasPolicy(host[8..])
                ? new LabPolicyHost { Body = Policy, Connection = Number(host[8..]) / OneIn % 2 == 0 ? LabConnection.Https : LabConnection.TlsStall }
                : null;

        public LabDnsResponse Resolve(string name, DnsRecordType type)
        {
            DnsRecord? record = (type, name) switch
            {
                (DnsRecordType.Mx, ['n', ..]) => new MxRecord(name, 300, 10, "mx.mail.lab"),
                (DnsRecordType.Txt, ['n', ..]) => TxtRecord.FromText(name, 300, "v=spf1 mx -all"),
                (DnsRecordType.Txt, _) when name.StartsWith("_dmarc.", StringComparison.Ordinal) => TxtRecord.FromText(name, 300, "v=DMARC1; p=reject"),
                (DnsRecordType.Txt, _) when withPolicies && name.StartsWith("_mta-sts.", StringComparison.Ordinal) && HasPolicy(name[9..]) => TxtRecord.FromText(name, 300, "v=STSv1; id=1;"),
                (DnsRecordType.A, _) when PolicyHost(name) is { } host => new AddressRecord(name, 300, LabAddresses.Of(host.Connection)),
                _ => null,
            };
            if (record is not null) return new LabDnsResponse { Answers = [record] };
            return new LabDnsResponse { Rcode = name[0] == 'n' || PolicyHost(name) is not null ? 0 : 3 };
        }

        private static int Number(string name) =>
            int.TryParse(name.AsSpan(1, Math.Max(0, name.IndexOf('.', StringComparison.Ordinal) - 1)), NumberStyles.None, CultureInfo.InvariantCulture, out int i) ? i : 1;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
