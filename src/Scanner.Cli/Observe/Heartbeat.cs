using System.Text.Json;
using Scanner.Dns.Resolve;
using Scanner.Input;

namespace Scanner.Cli.Observe;

/// <summary>
/// A file for a watchdog, written anew every ten seconds: an old time of the file says that the process is gone or stuck, an old
/// <c>progressed_at</c> that the scan does not get on. Written under another name and renamed, so a reader never sees half of it.
/// </summary>
internal sealed class Heartbeat(string path, TimeProvider time) : IScanObserver, IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private ITimer? _timer;
    private DateTimeOffset _progressedAt;
    private (long, long) _last;

    public void ListSurveyed(ListSurvey survey)
    {
    }

    public void Warning(string text)
    {
    }

    public void Started(ScanProgress progress, ResolverStatistics statistics)
    {
        _progressedAt = time.GetUtcNow();
        _timer = time.CreateTimer(_ => Beat(progress, statistics), null, TimeSpan.Zero, Interval);
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Beat(ScanProgress progress, ResolverStatistics statistics)
    {
        var now = time.GetUtcNow();
        var state = (progress.Done + progress.PassDone, statistics.Sent);
        if (state != _last) _progressedAt = now;
        _last = state;
        string text = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["time"] = now,
            ["progressed_at"] = _progressedAt,
            ["process"] = Environment.ProcessId,
            ["pass"] = progress.Pass,
            ["names_done"] = progress.Done,
            ["names_total"] = progress.Total,
            ["pass_done"] = progress.PassDone,
            ["pass_total"] = progress.PassTotal,
            ["names_with_unknown"] = progress.WithUnknown,
            ["queries"] = statistics.Sent,
        });
        try
        {
            string temporary = path + ".tmp";
            File.WriteAllText(temporary, text + "\n");
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The watchdog will notice; that is what it is for.
        }
    }
}
