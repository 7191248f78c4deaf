using System.Diagnostics;
using System.Text.RegularExpressions;
using Scanner.Cli;

namespace Scanner.Tests.Docs;

/// <summary>What the pages say is so: their links lead somewhere, their commands exist, those that need no network run.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Rsp = Repository.Find("data-samples/schedules/nightly.rsp");

    [Fact]
    public void Links_inside_the_repository_resolve()
    {
        var broken = new List<string>();
        foreach (var page in MarkdownPage.All)
        {
            foreach (string link in page.Links.Where(link => !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith("mailto:", StringComparison.Ordinal)))
            {
                string[] parts = link.Split('#', 2);
                string target = parts[0].Length == 0 ? page.Path : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page.Path)!, parts[0]));
                if (!File.Exists(target) && !Directory.Exists(target)) broken.Add($"{page.Relative}: {link}");
                else if (parts.Length == 2 && MarkdownPage.All.FirstOrDefault(other => other.Path == target) is { } other && !other.Anchors.Contains(parts[1])) broken.Add($"{page.Relative}: {link} (no such heading)");
            }
        }
        Assert.Empty(broken);
        Assert.True(MarkdownPage.All.Sum(page => page.Links.Count) > 20, "the pages were not read");
    }

    /// <summary>Every <c>scanner …</c> line in a code block, and in samples that other programs read.</summary>
    [Fact]
    public void Every_command_that_is_shown_exists_with_its_options()
    {
        var wrong = new List<string>();
        int seen = 0;
        foreach (var (where, words) in Shown())
        {
            seen++;
            foreach (var error in Commands.Root().Parse(words).Errors) wrong.Add($"{where}: scanner {string.Join(' ', words)}: {error.Message}");
        }
        Assert.Empty(wrong);
        Assert.True(seen > 40, $"only {seen} commands were found");
    }

    /// <summary>A symptom is looked up by its words, so they must be the program's.</summary>
    [Fact]
    public void Messages_that_are_quoted_are_the_programs()
    {
        string source = string.Concat(Directory.EnumerateFiles(Repository.Find("src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var rows = File.ReadLines(Repository.Find("data-samples/guides/troubleshooting.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|')[1]);
        // Messages have blanks; a single word is a column, an option or a status.
        var pieces = rows.SelectMany(cell => Quoted().Matches(cell).Select(match => match.Groups[1].Value)).Where(text => text.Contains(' ', StringComparison.Ordinal))
            .SelectMany(text => text.Split(['…', '(', ')'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(piece => piece.Length >= 8).ToList();
        Assert.True(pieces.Count >= 8, "the table was not read");
        Assert.All(pieces, piece => Assert.True(source.Contains(piece, StringComparison.Ordinal), piece));
    }

    private static IEnumerable<(string Where, string[] Words)> Shown()
    {
        foreach (var page in MarkdownPage.All)
        {
            foreach (var block in page.Blocks.Where(block => block.Language is "" or "sh" or "sh run"))
            {
                foreach (string line in block.Text.Split('\n'))
                    if (WordsOf(line) is { } words) yield return ($"{page.Relative} (block to line {block.Line})", words);
            }
        }
        foreach (string sample in (string[])["crontab", "scanner-nightly.service", "windows-task.xml", "kubernetes-cronjob.yaml"])
        {
            string text = File.ReadAllText(Repository.Find("data-samples/schedules/" + sample));
            string line = sample switch
            {
                "crontab" => CronCommand().Match(text).Groups[1].Value,
                "scanner-nightly.service" => ServiceCommand().Match(text).Groups[1].Value,
                "windows-task.xml" => "scanner " + TaskArguments().Match(text).Groups[1].Value,
                _ => "scanner " + ContainerArguments().Match(text).Groups[1].Value.Replace(",", "", StringComparison.Ordinal),
            };
            yield return (sample, WordsOf(line) ?? throw new InvalidOperationException($"{sample} has no command"));
        }
    }

    /// <summary>The arguments of <c>scanner</c>, or of the same through <c>dotnet run</c>; null for another program's line.</summary>
    private static string[]? WordsOf(string line)
    {
        var words = ShellWords.Split(line.TrimStart('$', ' '));
        IEnumerable<string>? ours = words is [var first, ..] && Path.GetFileName(first) == "scanner" ? words.Skip(1)
            : words is ["dotnet", "run", ..] && words.Contains("src/Scanner.Cli") ? words.SkipWhile(word => word != "--").Skip(1)
            : null;
        return ours?.Select(word => word.StartsWith('@') && word.EndsWith(".rsp", StringComparison.Ordinal) ? "@" + Rsp : word).ToArray();
    }

    public static TheoryData<string> RunnablePages => [.. MarkdownPage.All.Where(page => page.Blocks.Any(block => block.Language == "sh run")).Select(page => page.Relative)];

    /// <summary>The blocks of a page marked "sh run", in an empty folder, as somebody would who copies them; then those marked "sql run".</summary>
    [Theory]
    [MemberData(nameof(RunnablePages))]
    public async Task What_is_marked_as_runnable_runs(string name)
    {
        if (!File.Exists("/bin/bash")) Assert.Skip("there is no bash to run the commands with");
        var page = MarkdownPage.All.Single(p => p.Relative == name);
        using var folder = new TemporaryFolder();
        string work = folder.Path("work");
        Directory.CreateDirectory(work);
        string script = $"set -e\nscanner() {{ dotnet '{ScannerProcess.Program}' \"$@\"; }}\n" + string.Concat(page.Blocks.Where(block => block.Language == "sh run").Select(block => block.Text));
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { WorkingDirectory = work, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"exit {process.ExitCode}\n{await output}\n{error}");

        string[] runs = [.. Directory.GetDirectories(work).Where(d => File.Exists(Path.Combine(d, "run.json"))).Order()];
        foreach (var block in page.Blocks.Where(block => block.Language == "sql run"))
        {
            string sql = block.Text.Replace("'RUN/", $"'{runs[0]}/", StringComparison.Ordinal);
            Assert.NotEmpty(ParquetRows.Query(sql));
        }
    }

    [Fact]
    public async Task Python_blocks_are_python()
    {
        var blocks = MarkdownPage.All.SelectMany(page => page.Blocks.Where(block => block.Language == "python").Select(block => (page.Relative, block))).ToList();
        Assert.NotEmpty(blocks);
        string? python = ((string[])["/usr/bin/python3", "/usr/local/bin/python3"]).FirstOrDefault(File.Exists);
        if (python is null) Assert.Skip("there is no python3 to compile them with");
        foreach (var (page, block) in blocks)
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import ast, sys; ast.parse(sys.stdin.read())"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
            await process.StandardInput.WriteAsync(block.Text);
            process.StandardInput.Close();
            string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{page}, block to line {block.Line}: {error}");
        }
    }

    [GeneratedRegex(@"^[\d*/,\- ]+ (scanner .*)$", RegexOptions.Multiline)]
    private static partial Regex CronCommand();

    [GeneratedRegex(@"^ExecStart=(.*)$", RegexOptions.Multiline)]
    private static partial Regex ServiceCommand();

    [GeneratedRegex("<Arguments>(.*)</Arguments>")]
    private static partial Regex TaskArguments();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"args: \[(.*)\]")]
    private static partial Regex ContainerArguments();
}
