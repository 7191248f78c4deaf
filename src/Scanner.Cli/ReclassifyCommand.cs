using System.CommandLine;
using System.Globalization;
using Scanner.Checks.Names;
using Scanner.Reclassify;
using Scanner.Report;
using Scanner.Write;

namespace Scanner.Cli;

/// <summary><c>scanner reclassify RUN</c>: the classes again, from the evidence in the rows.</summary>
internal static class ReclassifyCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "a run folder" };
        var output = new Option<string?>("--output", "-o") { Description = "the new run folder (default: RUN-reclassified-<UTC time>)", HelpName = "DIR" };
        var psl = new Option<string?>("--psl") { Description = "public suffix list to use instead of the built-in one", HelpName = "FILE" };
        var command = new Command("reclassify", "applies the classifiers anew to the answers stored in a run, without network, and leaves a new run folder") { run, output, psl };
        command.SetAction((parsed, _) => ExitCode.OfAsync(async () =>
        {
            var time = TimeProvider.System;
            using var signals = new StopSignals();
            string folder = parsed.GetValue(run)!;
            string target = parsed.GetValue(output) ?? string.Create(CultureInfo.InvariantCulture, $"{folder.TrimEnd('/', '\\')}-reclassified-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}");
            var suffixes = parsed.GetValue(psl) is { } file ? ScanCommand.ReadPublicSuffixes(file) : PublicSuffixList.Embedded;
            var outcome = await ReclassifyRun.RunAsync(RunFolder.Open(folder), target, suffixes, [.. parsed.Tokens.Select(token => token.Value)], time, signals.Token).ConfigureAwait(false);
            if (outcome.Summary is { } summary) Console.Write(HeadlineText.Text(summary));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{outcome.Rows:N0} rows classified anew; run folder: {outcome.Folder}"));
            return ExitCode.Complete;
        }));
        return command;
    }
}
