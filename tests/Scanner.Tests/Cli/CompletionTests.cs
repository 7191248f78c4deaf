using System.Diagnostics;

namespace Scanner.Tests.Cli;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("scanner ni", 10, "nightly")]
    [InlineData("scanner nightly --li", 20, "--list-url")]
    [InlineData("scanner completion ", 19, "fish")]
    public async Task The_program_answers_what_could_come_next(string line, int position, string expected)
    {
        var (exit, output, _) = await ScannerProcess.RunWithOutputAsync([$"[suggest:{position}]", line], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, exit);
        Assert.Contains(expected, output.Split('\n').Select(word => word.Trim()));
    }

    /// <summary>The script in a real bash, as Tab would call it.</summary>
    [Fact]
    public async Task Bash_completes_with_the_script()
    {
        if (!File.Exists("/bin/bash")) Assert.Skip("there is no bash");
        string script = $$"""
            scanner() { dotnet '{{ScannerProcess.Program}}' "$@"; }
            eval "$(scanner completion bash)"
            COMP_WORDS=(scanner scan --max) COMP_CWORD=2 COMP_LINE='scanner scan --max' COMP_POINT=18
            _scanner_complete
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("--max-duration", output.Trim());
    }

    [Theory]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c scanner")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Other_shells_have_theirs(string shell, string line)
    {
        var (exit, output, _) = await ScannerProcess.RunWithOutputAsync(["completion", shell], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, exit);
        Assert.Contains(line, output, StringComparison.Ordinal);
        if (shell == "pwsh")
        {
            System.Management.Automation.Language.Parser.ParseInput(output, out _, out var errors);
            Assert.Empty(errors);
        }
    }
}
