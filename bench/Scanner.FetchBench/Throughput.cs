using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Scanner.Checks.MtaSts;

namespace Scanner.FetchBench;

/// <summary>Fetches every host once a round: a new connection and a full handshake each. One line a round; the first warms up.</summary>
internal static class Throughput
{
    public static async Task<int> RunAsync(string folder, int count, int port, int parallel, int rounds)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(PolicyHosts.RootFile(folder));
        var fetcher = new HttpsPolicyFetcher(new FixedResolver(IPAddress.Loopback), new PolicyFetchOptions
        {
            Port = port,
            TrustedRoots = roots,
            AllowSpecialAddresses = SpecialAddressUse.LoopbackOnly,
            UserAgent = "scanner-bench",
        }, TimeProvider.System);
        int failed = 0;
        for (int round = 1; round <= rounds; round++)
        {
            string? tls = null, http = null;
            using var process = Process.GetCurrentProcess();
            var cpu = process.TotalProcessorTime;
            long allocated = GC.GetTotalAllocatedBytes(), start = Stopwatch.GetTimestamp();
            await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (i, ct) =>
            {
                var fetch = await fetcher.FetchAsync(PolicyHosts.Name(i), ct);
                if (fetch.Error is not null && Interlocked.Increment(ref failed) == 1) Console.Error.WriteLine($"{PolicyHosts.Name(i)}: {fetch.FailedStage} {fetch.Error}");
                (tls, http) = (fetch.TlsVersion, fetch.HttpVersion);
            });
            var elapsed = Stopwatch.GetElapsedTime(start);
            process.Refresh();
            double milliseconds = (process.TotalProcessorTime - cpu).TotalMilliseconds;
            Console.WriteLine(FormattableString.Invariant(
                $"scanner round {round}{(round == 1 ? " (warm-up)" : "")}: {count / elapsed.TotalSeconds:F0} fetches/s, {milliseconds / count:F2} CPU ms/fetch, {(GC.GetTotalAllocatedBytes() - allocated) / count / 1024.0:F1} KiB allocated/fetch, TLS {tls}, HTTP {http}, {failed} failed"));
        }
        return failed == 0 ? 0 : 1;
    }
}
