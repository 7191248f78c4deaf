using System.Runtime.InteropServices;

namespace Scanner.Cli;

/// <summary>
/// Ctrl+C and SIGTERM: the first one asks to stop (read no more, finish what is under way, close the files), the second ends the
/// process at once.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public StopSignals(Action? onFirst = null)
    {
        _registrations = [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM]).Select(signal => PosixSignalRegistration.Create(signal, Handle))];

        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref _count) > 1) Environment.Exit(ExitCode.Stopped);
            onFirst?.Invoke();
            // Not on the signal's own thread: whoever waits for the token goes on there.
            _ = Task.Run(_stop.Cancel);
        }
    }

    /// <summary>Fires at the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }
}
