using System.Diagnostics;
using System.Globalization;

namespace Scanner.Tests.Resume;

/// <summary>kill -9 at random moments, then --resume, again and again. SCANNER_KILLS sets how many (bench/run-kill.sh runs 200), SCANNER_SEED
/// repeats a run.</summary>
public sealed class KillTests : IDisposable
{
    /// <summary>128 + SIGKILL.</summary>
    private const int Killed = 137;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_at_random_moments_every_name_has_its_row_once_and_the_figures_are_those_of_a_calm_run()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "kill -9 is not a Windows signal");
        int kills = Number("SCANNER_KILLS") ?? 5, seed = Number("SCANNER_SEED") ?? Environment.TickCount;
        var random = new Random(seed);
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"seed {seed} (SCANNER_SEED), {kills} kills (SCANNER_KILLS)");

        await using var processes = new ScanProcesses(_folder, names: 500);
        string calm = _folder.Path("calm");
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, (await ScanProcesses.RunAsync(processes.ArgumentsWithReport(calm))).Exit);
        var whole = watch.Elapsed;
        watch.Restart();
        Assert.Equal(0, (await ScanProcesses.RunAsync(processes.Arguments(_folder.Path("rows")))).Exit);
        var rows = watch.Elapsed;
        processes.ExpectEveryNameOnce(calm);
        string expected = CrashRun.Aggregates(calm), expectedRows = CrashRun.Rows(calm);

        int done = 0, runs = 0, finished = 0;
        while (done < kills)
        {
            string run = _folder.Path($"run-{runs++}");
            // Figures follow from the rows, which are compared each time; the report is half of a session's work, so every fifth run has it, and is
            // also killed while it is written.
            bool report = runs % 5 == 1;
            string[] Arguments(bool resume) => report ? processes.ArgumentsWithReport(run, resume ? ["--resume"] : []) : processes.Arguments(run, resume ? ["--resume"] : []);
            // A run is killed a few times, since each session gets further, and then brought to its end.
            for (int left = random.Next(1, 5); left > 0 && done < kills; left--)
            {
                bool resume = File.Exists(Path.Combine(run, "run.json"));
                using var process = ScanProcesses.Start(Arguments(resume));
                var moment = (report ? whole : rows) * random.NextDouble();
                using var soon = new CancellationTokenSource(moment);
                try
                {
                    await process.WaitForExitAsync(soon.Token);
                }
                catch (OperationCanceledException)
                {
                    // SIGKILL; it may have ended by itself a moment ago, and then its exit code says so.
                    process.Kill();
                    await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                }
                if (process.ExitCode == Killed)
                {
                    done++;
                    continue;
                }
                finished++;
                output.WriteLine($"{run}: over before the kill, exit {process.ExitCode}");
                Assert.Equal(0, process.ExitCode);
                break;
            }
            bool begun = File.Exists(Path.Combine(run, "run.json"));
            var (exit, error) = await ScanProcesses.RunAsync(Arguments(begun));
            Assert.True(exit == 0, $"seed {seed}, {run}: exit {exit}\n{error}");
            processes.ExpectEveryNameOnce(run);
            bool equal = report ? expected == CrashRun.Aggregates(run) : expectedRows == CrashRun.Rows(run);
            Assert.True(equal, $"seed {seed}, {run}: the figures differ from those of a calm run: {CrashRun.Difference(calm, run)}");
            Directory.Delete(run, recursive: true);
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} kills in {runs} runs ({finished} sessions were over before their kill): every name once, figures equal; a calm scan takes {rows.TotalSeconds:N1} s, with its report {whole.TotalSeconds:N1} s"));
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
}
