using System.CommandLine;
using Scanner.Report;
using Scanner.Write;

namespace Scanner.Cli;

/// <summary><c>scanner compare OLD NEW</c>: what changed between two runs; with more, the series too.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var runs = new Argument<string[]>("RUN")
        {
            Description = "two run folders, the old one first; more make a series, of which the first and the last are compared. All shards of a run, one after the other, are one",
            Arity = new ArgumentArity(2, 100_000),
        };
        var output = new Option<string?>("--output", "-o") { Description = "where compare.md, compare.html, tables/ and plots/ go (default: compare in the last folder)", HelpName = "DIR" };
        var command = new Command("compare", "what changed between two runs, list churn held apart and unknown on neither side, without network") { runs, output };
        command.SetAction((parsed, _) => ExitCode.OfAsync(() =>
        {
            string[] folders = parsed.GetValue(runs)!;
            string target = parsed.GetValue(output) ?? Path.Combine(folders[^1], "compare");
            var comparison = Comparer.Write([.. folders.Select(RunFolder.Open)], target);
            Console.Write(CompareText.Terminal(comparison));
            Console.WriteLine($"written to {Terminal.Safe(target)}");
            return Task.FromResult(ExitCode.Complete);
        }));
        return command;
    }
}
