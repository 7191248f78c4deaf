using Microsoft.Extensions.Logging;
using Scanner.Dns.Resolve;
using Scanner.Input;
using Scanner.Write;

namespace Scanner.Cli.Observe;

/// <summary>What happens in a run, as events with values. No line for a name, but for a fault of this program while it worked on one.</summary>
internal sealed partial class LoggingObserver(ILogger log) : IScanObserver
{
    public void ListSurveyed(ListSurvey survey) => Surveyed(log, survey.Source, survey.Sha256, survey.LinesRead, survey.Names, survey.InvalidLines, survey.DuplicateLines, survey.Selected);

    public void Warning(string text) => Warned(log, text);

    public void Started(ScanProgress progress, ResolverStatistics statistics) => Begun(log, progress.Total, progress.Done, progress.WithUnknown);

    public void PassBegins(int pass, long names, TimeSpan wait) => PassBegun(log, pass, names, wait.TotalSeconds);

    public void PassEnded(PassCounts counts) => PassOver(log, counts.Pass, counts.Asked, counts.Settled, counts.AnswersSettled);

    public void PartClosed(ClosedPart part) => Closed(log, Path.GetFileName(part.Path), part.Rows, part.Length);

    public void NameFailed(string name, string fault) => Failed(log, name, fault);

    public void Ended(ScanOutcome outcome)
    {
        if (outcome.StoppedBecause is null) Complete(log, outcome.RowsWritten, outcome.QueriesSent, outcome.Elapsed.TotalSeconds);
        else Stopped(log, outcome.StoppedBecause, outcome.RowsWritten, outcome.RowsExpected, outcome.QueriesSent, outcome.Elapsed.TotalSeconds);
    }

    [LoggerMessage(1, LogLevel.Information, "list {list}: {names} names in {lines} lines, {invalid} invalid, {duplicate} duplicate; {selected} to scan; sha256 {sha256}")]
    private static partial void Surveyed(ILogger log, string list, string sha256, int lines, int names, int invalid, int duplicate, int selected);

    [LoggerMessage(2, LogLevel.Warning, "{text}")]
    private static partial void Warned(ILogger log, string text);

    [LoggerMessage(3, LogLevel.Information, "scanning {names} names, {done} of them done before, {waiting} waiting for a later pass")]
    private static partial void Begun(ILogger log, long names, long done, long waiting);

    [LoggerMessage(4, LogLevel.Information, "pass {pass}: {names} names with an unknown answer, in {wait} s")]
    private static partial void PassBegun(ILogger log, int pass, long names, double wait);

    [LoggerMessage(5, LogLevel.Information, "pass {pass} is over: {asked} names asked, {settled} settled, {answers} answers settled")]
    private static partial void PassOver(ILogger log, int pass, long asked, long settled, long answers);

    [LoggerMessage(6, LogLevel.Debug, "{part} is on the disk: {rows} rows, {octets} octets")]
    private static partial void Closed(ILogger log, string part, long rows, long octets);

    [LoggerMessage(7, LogLevel.Error, "a fault of this program while it worked on {name}: {fault}")]
    private static partial void Failed(ILogger log, string name, string fault);

    [LoggerMessage(8, LogLevel.Information, "complete: {rows} rows, {queries} queries, {seconds} s")]
    private static partial void Complete(ILogger log, long rows, long queries, double seconds);

    [LoggerMessage(9, LogLevel.Warning, "not complete: {reason}; {rows} of {expected} rows, {queries} queries, {seconds} s")]
    private static partial void Stopped(ILogger log, string reason, long rows, long expected, long queries, double seconds);
}

/// <summary>Several who watch the same run.</summary>
internal sealed class Observers(IReadOnlyList<IScanObserver> all) : IScanObserver
{
    public void ListSurveyed(ListSurvey survey) => Each(one => one.ListSurveyed(survey));

    public void Warning(string text) => Each(one => one.Warning(text));

    public void Started(ScanProgress progress, ResolverStatistics statistics) => Each(one => one.Started(progress, statistics));

    public void PassBegins(int pass, long names, TimeSpan wait) => Each(one => one.PassBegins(pass, names, wait));

    public void PassEnded(PassCounts counts) => Each(one => one.PassEnded(counts));

    public void PartClosed(ClosedPart part) => Each(one => one.PartClosed(part));

    public void NameFailed(string name, string fault) => Each(one => one.NameFailed(name, fault));

    private void Each(Action<IScanObserver> what)
    {
        foreach (var one in all) what(one);
    }
}
