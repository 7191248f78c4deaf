using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Scanner.Checks.MtaSts;

namespace Scanner.FetchBench;

/// <summary>Thousands of fetches from hostile hosts: does memory stay flat, and does every fetch end at its deadline?</summary>
internal static class AttackRun
{
    /// <summary>Short, so that ten thousand fetches of which half stall are over in minutes.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    /// <param name="only">One of <see cref="Attackers.Kinds"/>; null for all of them by turns.</param>
    public static async Task<int> RunAsync(string folder, int fetches, int parallel, string? only = null)
    {
        using var attackers = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["attackers", folder]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            int port = int.Parse((await attackers.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(PolicyHosts.RootFile(folder));
            var options = new PolicyFetchOptions
            {
                Port = port,
                Timeout = Deadline,
                TrustedRoots = roots,
                AllowSpecialAddresses = SpecialAddressUse.LoopbackOnly,
                UserAgent = "scanner-bench",
            };
            var fetchers = Enumerable.Range(0, Attackers.Kinds.Length)
                .Select(kind => new HttpsPolicyFetcher(new FixedResolver(Attackers.AddressOf(kind)), options, TimeProvider.System)).ToArray();
            var outcomes = new Dictionary<string, int>[fetchers.Length];
            int late = 0;
            double[] longest = new double[fetchers.Length];
            for (int kind = 0; kind < fetchers.Length; kind++) outcomes[kind] = [];
            for (int done = 0; done < fetches; done += 1_000)
            {
                await Parallel.ForEachAsync(Enumerable.Range(done, Math.Min(1_000, fetches - done)), new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (i, ct) =>
                {
                    int kind = only is null ? i % fetchers.Length : Array.IndexOf(Attackers.Kinds, only);
                    long start = Stopwatch.GetTimestamp();
                    var fetch = await fetchers[kind].FetchAsync("example.com", ct);
                    double took = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    string outcome = fetch.Error is { } error ? $"{fetch.FailedStage}/{error}" : "policy";
                    lock (outcomes)
                    {
                        longest[kind] = Math.Max(longest[kind], took);
                        if (took > Deadline.TotalSeconds + 1) late++;
                        outcomes[kind][outcome] = outcomes[kind].GetValueOrDefault(outcome) + 1;
                    }
                });
                // Twice: certificates and TLS sessions have finalizers, and only the second collection takes what those have let go.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                GC.Collect();
                using var self = Process.GetCurrentProcess();
                Console.WriteLine(FormattableString.Invariant(
                    $"{Math.Min(done + 1_000, fetches),6} fetches: RSS {self.WorkingSet64 / 1048576.0:F1} MiB, live heap {GC.GetTotalMemory(false) / 1048576.0:F1} MiB, {self.HandleCount} handles, CPU {self.TotalProcessorTime.TotalSeconds:F1} s"));
            }
            for (int kind = 0; kind < fetchers.Length; kind++)
                Console.WriteLine(FormattableString.Invariant($"{Attackers.Kinds[kind],-14} longest {longest[kind]:F2} s of {Deadline.TotalSeconds:F0} s; {string.Join(", ", outcomes[kind].Select(o => $"{o.Key} {o.Value}"))}"));
            Console.WriteLine(FormattableString.Invariant($"{late} of {fetches} fetches were over more than a second after their deadline"));
            return 0;
        }
        finally
        {
            attackers.Kill();
            await attackers.WaitForExitAsync();
        }
    }
}
