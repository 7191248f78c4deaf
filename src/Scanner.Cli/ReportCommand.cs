using System.CommandLine;
using Scanner.Report;
using Scanner.Write;

namespace Scanner.Cli;

/// <summary><c>scanner report RUN…</c>: every figure again, from the rows alone.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var runs = new Argument<string[]>("RUN") { Description = "a run folder, or several shards of one run", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--output", "-o") { Description = "where the summaries go (default: the run folder; for several: needed)", HelpName = "DIR" };
        var command = new Command("report", "rebuilds the figures and summaries from the rows of one run, or of several shards of one run, without network") { runs, output };
        command.SetAction((parsed, _) => ExitCode.OfAsync(() =>
        {
            string[] folders = parsed.GetValue(runs)!;
            string? target = parsed.GetValue(output);
            if (target is null && folders.Length > 1) throw new UsageException("report over several run folders needs --output DIR");
            var summary = Reporter.Write([.. folders.Select(RunFolder.Open)], target ?? folders[0]);
            Console.Write(HeadlineText.Text(summary, Terminal.Width));
            Console.WriteLine($"written to {target ?? folders[0]}");
            return Task.FromResult(ExitCode.Complete);
        }));
        return command;
    }
}
