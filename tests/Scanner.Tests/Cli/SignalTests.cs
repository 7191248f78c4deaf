using System.Runtime.InteropServices;

namespace Scanner.Tests.Cli;

public sealed partial class SignalTests
{
    [Fact]
    public async Task Sigterm_in_mid_run_closes_the_files_and_exits_1()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("SIGTERM is not a Windows signal");
        using var folder = new TemporaryFolder();
        string list = folder.Path("list.csv"), run = folder.Path("run");
        await File.WriteAllLinesAsync(list, Enumerable.Range(1, 200_000).Select(i => $"{i},name{i}.com"), TestContext.Current.CancellationToken);

        var (exit, _, error) = await ScannerProcess.RunWithOutputAsync(["scan", list, "--lab", "-o", run, "--progress", "json"], async process =>
        {
            // Not by the clock: once the first rows are counted the run is in its middle.
            while (!process.HasExited && !Directory.Exists(Path.Combine(run, "domains"))) await Task.Delay(50);
            await Task.Delay(3000);
            Assert.Equal(0, Kill(process.Id, 15));
        }, TestContext.Current.CancellationToken);

        Assert.Equal(1, exit);
        Assert.Contains("not complete", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(run, "domains")).Where(file => !file.EndsWith(".parquet", StringComparison.Ordinal) || Path.GetFileName(file).StartsWith('.')));
        var rows = ParquetRows.Read(run, "count(*) AS n, count(DISTINCT name) AS names, count(spf_status) AS classified")[0];
        long n = (long)rows["n"]!;
        Assert.InRange(n, 1, 199_999);
        Assert.Equal(n, rows["names"]);
        Assert.Equal(n, rows["classified"]);
        Assert.Contains("\"complete\": false", await File.ReadAllTextAsync(Path.Combine(run, "run.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
