using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Scanner.Benchmarks;

// In this process: BenchmarkDotNet's own build of a child project does not know this repository's central package versions.
// The same run thus holds all types of one invocation; ratios within a class are what counts.
// --quick: three iterations of each, for a look; allocation is exact all the same.
// --hostile: the slowest shape of each reader, found by trying all of them (HostileRecords).
// --budgets FILE: bytes of every operation against its budget; the exit status says whether all are kept (AllocationBudgets).
if (args.Contains("--hostile"))
{
    HostileRecords.Search(Console.Out);
    return 0;
}
bool quick = args.Contains("--quick");
args = [.. args.Where(arg => arg != "--quick")];
var config = DefaultConfig.Instance
    .AddJob((quick ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance))
    .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.Artifacts"));

var types = typeof(RealRecords).Assembly.GetTypes().Where(t => t.Name.EndsWith("Benchmarks", StringComparison.Ordinal)).ToList();
if (RealRecords.WhyMissing is { } why)
{
    Console.WriteLine($"skipped {nameof(ClassificationBenchmarks)}: {why}");
    types.Remove(typeof(ClassificationBenchmarks));
}
if (args is ["--budgets", var file]) return AllocationBudgets.Check(types, file, Console.Out);
BenchmarkSwitcher.FromTypes([.. types]).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
return 0;
