using System.Runtime.InteropServices;

namespace Scanner.Cli;

/// <summary>
/// Ctrl+C, SIGTERM and SIGHUP (the terminal was closed): the first one asks to stop (read no more, finish what is under way, close the files), the second ends the
/// process at once.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public StopSignals(Action? onFirst = null)
    {
        PosixSignal[] signals = HangupIsIgnored() ? [PosixSignal.SIGINT, PosixSignal.SIGTERM] : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, Handle))];

        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref _count) > 1) Environment.Exit(ExitCode.Stopped);
            onFirst?.Invoke();
            // Not on the signal's own thread: whoever waits for the token goes on there.
            _ = Task.Run(_stop.Cancel);
        }
    }

    /// <summary>Says what the first signal does.</summary>
    public static StopSignals ForScan() => new(() => Terminal.Note("stopping: finishing the names under way (again to end at once)"));

    /// <summary>Fires at the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Under <c>nohup</c> the closing of the terminal is to be ignored; a handler of ours would undo that.</summary>
    private static bool HangupIsIgnored()
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith("SigIgn:", StringComparison.Ordinal));
            return line is not null && (Convert.ToUInt64(line["SigIgn:".Length..].Trim(), 16) & 1) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }
}
