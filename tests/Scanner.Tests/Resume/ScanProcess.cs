using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Scanner.Lab.Servers;

namespace Scanner.Tests.Resume;

/// <summary>Scans in processes of their own over the <see cref="CrashWorld"/>, which lives in this one and so outlives them.</summary>
internal sealed partial class ScanProcesses : IAsyncDisposable
{
    private readonly LabDnsServer _server = LabDnsServer.Start(new CrashWorld(), new LabHostOptions(), TimeProvider.System);
    private readonly string _list;

    public ScanProcesses(TemporaryFolder folder, int names)
    {
        Names = names;
        _list = folder.Path("list.csv");
        File.WriteAllLines(_list, Enumerable.Range(1, names).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i},n{i}.test")));
    }

    public int Names { get; }

    /// <summary>About a fifth of the names have something to be asked again. Without tables and report: the rows are what these tests are about.</summary>
    public string[] Arguments(string run, params string[] more) => [.. ArgumentsWithReport(run), "--no-report", .. more];

    /// <inheritdoc cref="Arguments"/>
    public string[] ArgumentsWithReport(string run, params string[] more) =>
    [
        "scan", _list, "-o", run, "--resolver", _server.Endpoint.ToString(), "--attempts", "1", "--passes", "1", "--pass-pause", "0", "--in-flight", "120",
        "--rows-per-part", "100", "--progress", "none", .. more,
    ];

    public static Process Start(string[] arguments, string? shell = null)
    {
        var start = shell is null
            ? new ProcessStartInfo("dotnet", [ScannerProcess.Program, .. arguments])
            : new ProcessStartInfo("bash", ["-c", shell, "scan", "dotnet", ScannerProcess.Program, .. arguments]);
        start.RedirectStandardError = start.RedirectStandardOutput = start.RedirectStandardInput = true;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>To its end.</summary>
    /// <param name="shell">A line of bash that runs it as <c>"$@"</c>.</param>
    public static async Task<(int Exit, string Error)> RunAsync(string[] arguments, Func<Process, Task>? whileRunning = null, string? shell = null)
    {
        using var process = Start(arguments, shell);
        var error = new StringBuilder();
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += (_, line) => error.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (whileRunning is not null) await whileRunning(process);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"exit {process.ExitCode}: {error}");
        return (process.ExitCode, error.ToString());
    }

    public static async Task<string> OutputAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The run's first part is there: it is in its middle.</summary>
    public static async Task FirstPartAsync(string run, Process process)
    {
        string domains = Path.Combine(run, "domains");
        while (!process.HasExited && (!Directory.Exists(domains) || Directory.GetFiles(domains, "part-*.parquet").Length == 0)) await Task.Delay(20);
        Assert.False(process.HasExited, "the scan was over before anything could happen to it");
    }

    public void ExpectEveryNameOnce(string run)
    {
        var rows = ParquetRows.Read(run, "count(*) AS n, count(DISTINCT name) AS names, count(*) FILTER (unknown_answers > 0) AS open")[0];
        Assert.Equal(((long)Names, (long)Names, (long)Names / 10), ((long)rows["n"]!, (long)rows["names"]!, (long)rows["open"]!));
    }

    /// <summary>The process stands still in the middle of its run while something happens to the world around it: no race, and no wait by the clock.</summary>
    public static async Task WhileStoppedAsync(Process process, Func<Task> happens)
    {
        Signal(process, Stop);
        try
        {
            await happens();
        }
        finally
        {
            Signal(process, Continue);
        }
    }

    private const int Stop = 19, Continue = 18;

    public static void Signal(Process process, int signal) => Assert.Equal(0, Kill(process.Id, signal));

    /// <summary>The soft limit of a running process; its hard limit stays.</summary>
    public static void LimitOpenFiles(Process process, int limit)
    {
        ulong[] limits = new ulong[2];
        Assert.Equal(0, ResourceLimit(process.Id, OpenFiles, null, limits));
        limits[0] = (ulong)limit;
        Assert.Equal(0, ResourceLimit(process.Id, OpenFiles, limits, null));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // RLIMIT_NOFILE on Linux.
    private const int OpenFiles = 7;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "prlimit")]
    private static partial int ResourceLimit(int process, int resource, ulong[]? wanted, [In, Out] ulong[]? before);
}
