using System.Diagnostics;
using System.Text;

namespace Scanner.Tests;

/// <summary>The built program, run as a user would: its own process, its exit status and what it printed.</summary>
internal sealed class ScannerProcess
{
    /// <summary>The program beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "scanner.dll");

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken) => (await RunWithOutputAsync(arguments, null, cancellationToken)).Exit;

    /// <param name="whileRunning">Called once the process has started, for instance to send it a signal.</param>
    public static async Task<(int Exit, string Output, string Error)> RunWithOutputAsync(string[] arguments, Func<Process, Task>? whileRunning, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        var output = new StringBuilder();
        var error = new StringBuilder();
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => error.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (whileRunning is not null) await whileRunning(process);
        await process.WaitForExitAsync(cancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"scanner {string.Join(' ', arguments)} -> {process.ExitCode}\n{output}\n{error}");
        return (process.ExitCode, output.ToString(), error.ToString());
    }
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("scanner-test-");

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
