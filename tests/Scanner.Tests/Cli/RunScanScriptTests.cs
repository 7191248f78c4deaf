using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace Scanner.Tests.Cli;

/// <summary>run-scan.ps1, parsed and run in this process by the PowerShell engine alone: no cmdlets of its modules are there.</summary>
public sealed class RunScanScriptTests
{
    private static readonly string Script = Repository.Find("run-scan.ps1");

    [Fact]
    public void Parses_and_explains_itself()
    {
        var ast = Parser.ParseFile(Script, out _, out var errors);
        Assert.Empty(errors);
        var help = ast.GetHelpContent();
        Assert.NotNull(help);
        Assert.NotEmpty(help.Synopsis);
        Assert.NotEmpty(help.Examples);
    }

    [Fact]
    public void Uses_no_cmdlet_so_that_the_engine_alone_suffices()
    {
        var ast = Parser.ParseFile(Script, out _, out _);
        var commands = ast.FindAll(node => node is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>().Select(command => command.GetCommandName());
        // What a variable names has no name of its own: the program and dotnet, and nothing else.
        Assert.Equal([null, null], commands);
    }

    [Fact]
    public void Uses_no_syntax_that_windows_powershell_5_lacks()
    {
        // Ternary, null-coalescing and pipeline chains came with PowerShell 7.
        var ast = Parser.ParseFile(Script, out var tokens, out _);
        Assert.DoesNotContain(tokens, token => token.Kind is TokenKind.QuestionQuestion or TokenKind.QuestionQuestionEquals or TokenKind.AndAnd or TokenKind.OrOr or TokenKind.QuestionMark or TokenKind.QuestionDot);
        Assert.Null(ast.Find(node => node is TernaryExpressionAst, searchNestedScriptBlocks: true));
    }

    [Theory]
    [InlineData("--help", 0, "LIST")]
    [InlineData("--qps -1 list.csv", 2, null)]
    [InlineData("-o somewhere --top 5", 2, null)]
    public void Passes_arguments_on_and_returns_the_exit_status(string arguments, int exit, string? printed)
    {
        var (status, output) = Run(Script, arguments, BuiltProgram);
        Assert.Equal(exit, status);
        if (printed is not null) Assert.Contains(printed, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_to_its_end_is_0_and_one_that_its_time_ends_is_1()
    {
        using var folder = new TemporaryFolder();
        string list = folder.Path("my list.csv"), run = folder.Path("run");
        await File.WriteAllLinesAsync(list, Enumerable.Range(1, 300).Select(i => $"{i},name{i}.com"), TestContext.Current.CancellationToken);
        Assert.Equal(1, Run(Script, $"'{list}' --lab -o '{run}' --qps 100 --max-duration 2s --progress none", BuiltProgram).Status);
        var (status, output) = Run(Script, $"'{list}' --lab -o '{run}' --resume --top 300 --progress none", BuiltProgram);
        // --top was not asked for before: not the same run.
        Assert.Equal(2, status);
        (status, output) = Run(Script, $"'{list}' --lab -o '{run}' --resume --progress none", BuiltProgram);
        Assert.Equal(0, status);
        Assert.Contains("300 of 300 names have their row", output, StringComparison.Ordinal);
    }

    /// <summary>A copy of the script in a folder of its own, with programs that only say what they were given.</summary>
    [Fact]
    public async Task Finds_the_program_beside_itself_or_published_or_publishes_it()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("the stand-ins are shell scripts");
        using var folder = new TemporaryFolder();
        string script = folder.Path("run-scan.ps1"), beside = folder.Path("scanner"), published = folder.Path("artifacts/run-scan/scanner"), dotnet = folder.Path("dotnet");
        File.Copy(Script, script);
        await StandInAsync(folder.Path("template"), "echo \"published: $*\"; exit 7");
        // Publishes a stand-in to what follows -o.
        await StandInAsync(dotnet, $"echo \"$*\" > '{folder.Path("asked")}'; mkdir -p \"$8\" && cp '{folder.Path("template")}' \"$8/scanner\"");
        Assert.Equal((7, "published: scan a b"), Run(script, "a b", program: null, dotnet));
        Assert.Equal($"publish -c Release -v quiet {folder.Path("src/Scanner.Cli")} -o {folder.Path("artifacts/run-scan")}", (await File.ReadAllTextAsync(folder.Path("asked"), TestContext.Current.CancellationToken)).Trim());

        File.Delete(folder.Path("asked"));
        Assert.Equal((7, "published: scan --lab"), Run(script, "--lab", program: null, dotnet));
        Assert.False(File.Exists(folder.Path("asked")), "it was published already");

        await StandInAsync(beside, "echo \"beside: $*\"");
        Assert.Equal((0, "beside: scan x"), Run(script, "x", program: null, dotnet));
        Assert.Equal(2, Run(script, "x", program: folder.Path("gone"), dotnet).Status);

        File.Delete(beside);
        File.Delete(published);
        await StandInAsync(dotnet, "echo nothing works; exit 1");
        Assert.Equal(2, Run(script, "x", program: null, dotnet).Status);
    }

    /// <summary>With nothing but the files of a checkout: the script publishes the program and runs it; the second time it only runs it.</summary>
    [Fact]
    public void Publishes_the_program_from_a_fresh_checkout()
    {
        if (Environment.GetEnvironmentVariable("SCANNER_PUBLISH_TEST") is null) Assert.Skip("it builds the whole program anew, which takes a minute or more: SCANNER_PUBLISH_TEST=1 runs it, as .ci/run does");
        using var folder = new TemporaryFolder();
        foreach (string file in (string[])["run-scan.ps1", "global.json", "Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt", ".editorconfig", "LICENSE", "README.md"])
            File.Copy(Repository.Find(file), folder.Path(file));
        foreach (string tree in (string[])["src", "data-samples/lab"])
        {
            string from = Repository.Find(tree);
            foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            {
                string to = folder.Path(Path.Combine(tree, Path.GetRelativePath(from, file)));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }
        }
        var (status, output) = Run(folder.Path("run-scan.ps1"), "--help", program: null);
        Assert.Equal(0, status);
        // The scan's own output, and none of the build's.
        Assert.StartsWith("Description:", output, StringComparison.Ordinal);
        string published = folder.Path(Path.Combine("artifacts", "run-scan", OperatingSystem.IsWindows() ? "scanner.exe" : "scanner"));
        var written = File.GetLastWriteTimeUtc(published);
        Assert.Equal(2, Run(folder.Path("run-scan.ps1"), "no-such-list.csv", program: null).Status);
        Assert.Equal(written, File.GetLastWriteTimeUtc(published));
    }

    private static string BuiltProgram => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "scanner.exe" : "scanner");

    private static async Task StandInAsync(string path, string line)
    {
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{line}\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static (int Status, string Output) Run(string script, string arguments, string? program, string? dotnet = null)
    {
        string? before = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH");
        Environment.SetEnvironmentVariable("SCANNER_PROGRAM", program);
        if (dotnet is not null) Environment.SetEnvironmentVariable("DOTNET_HOST_PATH", dotnet);
        try
        {
            using var shell = PowerShell.Create(InitialSessionState.CreateDefault2());
            shell.AddScript($"& '{script}' {arguments}; $global:status = $LASTEXITCODE");
            string output = string.Join('\n', shell.Invoke().Select(line => line?.ToString()));
            return ((int)shell.Runspace.SessionStateProxy.GetVariable("status"), output);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SCANNER_PROGRAM", null);
            Environment.SetEnvironmentVariable("DOTNET_HOST_PATH", before);
        }
    }
}
