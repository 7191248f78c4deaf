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
        Assert.Equal([null, "dotnet"], commands.Order());
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
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "scanner.exe" : "scanner");
        Environment.SetEnvironmentVariable("SCANNER_PROGRAM", program);
        try
        {
            using var shell = PowerShell.Create(InitialSessionState.CreateDefault2());
            shell.AddScript($"& '{Script}' {arguments}; $global:status = $LASTEXITCODE");
            string output = string.Join('\n', shell.Invoke().Select(line => line?.ToString()));
            Assert.Equal(exit, shell.Runspace.SessionStateProxy.GetVariable("status"));
            if (printed is not null) Assert.Contains(printed, output, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SCANNER_PROGRAM", null);
        }
    }
}
