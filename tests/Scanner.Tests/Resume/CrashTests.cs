
namespace Scanner.Tests.Resume;

/// <summary>The run ends at a step that it does to the disk, in three ways, and is gone on with: every name has its row exactly once, and the
/// figures are octet for octet those of a run that nobody disturbed. A seeded sample of the steps is tried, since each is two runs;
/// <c>SCANNER_CRASH_STEPS=all</c> tries every one, and a number that many.</summary>
public sealed class CrashTests : IDisposable
{
    private const int DefaultSteps = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(FaultKind.Kill)]
    [InlineData(FaultKind.PowerLoss)]
    [InlineData(FaultKind.DiskFull)]
    public async Task At_every_step(FaultKind kind)
    {
        await using var world = new CrashRun();
        string calm = _folder.Path("calm");
        var counting = new FaultyFiles(kind, int.MaxValue);
        Assert.Null((await world.ScanAsync(calm, files: counting)).StoppedBecause);
        CrashRun.ExpectEveryNameOnce(calm);
        string expected = CrashRun.Aggregates(calm);
        Assert.True(counting.Trace.Count > 60, $"{counting.Trace.Count} steps: the run is too small to show anything");

        // Of the steps that keep a name, one for each name and all alike, one in ten.
        int[] steps = [.. Enumerable.Range(0, counting.Trace.Count).Where(step => step % 10 == 0 || !counting.Trace[step].StartsWith("write pending", StringComparison.Ordinal))];
        int seed = int.TryParse(Environment.GetEnvironmentVariable("SCANNER_SEED"), out int given) ? given : Random.Shared.Next(1, 10_000_000);
        string? wanted = Environment.GetEnvironmentVariable("SCANNER_CRASH_STEPS");
        if (wanted != "all") steps = [.. new Random(seed).GetItems(steps, int.TryParse(wanted, out int number) ? number : DefaultSteps).Distinct().Order()];
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {steps.Length} of {counting.Trace.Count} steps, seed {seed} (SCANNER_SEED, SCANNER_CRASH_STEPS)");
        foreach (int step in steps)
        {
            string run = _folder.Path($"{kind}-{step}");
            var files = new FaultyFiles(kind, step);
            Exception? end = null;
            await using var fresh = new CrashRun();
            try
            {
                await fresh.ScanAsync(run, files: files);
            }
            catch (Exception e) when (e is SimulatedCrashException or IOException)
            {
                end = e;
            }
            // A log that nothing was written to is not synced, so a run may come to its end a step or two sooner than the calm one.
            if (files.Failed is null) Assert.True(end is null && step > counting.Trace.Count - 10, $"step {step} never came");
            else if (end is null) Assert.True(kind == FaultKind.DiskFull && !files.Failed.StartsWith("write", StringComparison.Ordinal), $"{kind} at step {step} ({files.Failed}) went unnoticed");

            // Before the first entry of the journal nothing has begun: then it is a new run.
            bool resume = File.Exists(Path.Combine(run, "run.json"));
            var outcome = await fresh.ScanAsync(run, resume);
            Assert.True(outcome.StoppedBecause is null, $"{kind} at step {step} ({files.Failed}): {outcome.StoppedBecause}");
            CrashRun.ExpectEveryNameOnce(run);
            Assert.True(expected == CrashRun.Aggregates(run), $"{kind} at step {step} ({files.Failed}): the figures differ: {CrashRun.Difference(calm, run)}");
            Directory.Delete(run, recursive: true);
        }
    }
}
