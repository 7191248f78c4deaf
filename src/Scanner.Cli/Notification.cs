using System.Diagnostics;

namespace Scanner.Cli;

/// <summary>
/// <c>--notify-command</c>: the user's own line, run by the system's shell exactly as given. What the scan found goes to its standard input
/// and nowhere else: no argument and no variable is made of data.
/// </summary>
internal static class Notification
{
    /// <summary>A mail queue or a web hook takes seconds.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>Its failure is said on standard error and changes nothing: the night is what it is.</summary>
    public static async Task SendAsync(string command, string text, TimeProvider time)
    {
        try
        {
            var start = OperatingSystem.IsWindows() ? new ProcessStartInfo("cmd.exe") { Arguments = $"/d /s /c \"{command}\"" } : new ProcessStartInfo("/bin/sh", ["-c", command]);
            start.RedirectStandardInput = true;
            // Standard output holds the one line of the job and nothing else.
            start.RedirectStandardOutput = true;
            using var process = Process.Start(start)!;
            using var timeUp = new CancellationTokenSource(_patience, time);
            var said = process.StandardOutput.ReadToEndAsync(timeUp.Token);
            try
            {
                await process.StandardInput.WriteAsync(text.AsMemory(), timeUp.Token).ConfigureAwait(false);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It does not want to know more.
            }
            try
            {
                string output = await said.ConfigureAwait(false);
                if (output.Length > 0) Terminal.Note(output.TrimEnd());
                await process.WaitForExitAsync(timeUp.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                Terminal.Error("the notify command did not end within a minute and was stopped");
                return;
            }
            if (process.ExitCode != 0) Terminal.Error($"the notify command ended with status {process.ExitCode}");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or InvalidOperationException)
        {
            Terminal.Error($"the notify command could not be run: {e.Message}");
        }
    }
}
