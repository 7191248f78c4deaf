using System.Globalization;
using Scanner.Report;

namespace Scanner.Cli;

/// <summary>What a finished scan prints on standard output, and its exit status.</summary>
internal static class ScanReport
{
    public static int Print(ScanOutcome outcome, TextWriter output)
    {
        if (outcome.Summary is { } summary) output.Write(HeadlineText.Text(summary, Terminal.Width));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{outcome.RowsWritten:N0} of {outcome.RowsExpected:N0} names have their row; {outcome.QueriesSent:N0} DNS queries, {outcome.Elapsed.TotalSeconds:N1} s, {outcome.RowsWritten / Math.Max(0.001, outcome.Elapsed.TotalSeconds):N0} names/s"));
        output.WriteLine($"run folder: {outcome.Folder}");
        if (outcome.Summary is not null) output.WriteLine($"report: {Path.Combine(outcome.Folder, "report.html")}");
        if (outcome.StoppedBecause is null) return ExitCode.Complete;
        Terminal.Error($"the run is not complete: {outcome.StoppedBecause}");
        return ExitCode.Stopped;
    }
}
