namespace Scanner.Tests.Cli;

public sealed class DoctorTests
{
    [Fact]
    public async Task A_machine_with_a_resolver_is_ready()
    {
        using var folder = new TemporaryFolder();
        var (exit, output, _) = await ScannerProcess.RunWithOutputAsync(["doctor", "--lab", "-o", folder.Path("runs")], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, exit);
        foreach (string what in (string[])["resolver", "dnssec", "rate", "clock", "disk", "roots", "ipv6"]) Assert.Contains($" {what} ", output, StringComparison.Ordinal);
        Assert.Contains("ready to scan", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Path("runs")), "looking leaves nothing behind");
    }

    [Fact]
    public async Task A_dead_resolver_is_a_problem_with_a_next_step()
    {
        // Port 9 ("discard") of loopback, on which nobody listens.
        var (exit, output, _) = await ScannerProcess.RunWithOutputAsync(["doctor", "--resolver", "127.0.0.1:9", "--timeout", "0.2"], null, TestContext.Current.CancellationToken);
        Assert.Equal(1, exit);
        Assert.Contains("problem  resolver", output, StringComparison.Ordinal);
        Assert.Contains("--resolver", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_a_problem()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Path("file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        // Below a file no folder can be made; the part that exists is that file.
        var (exit, output, _) = await ScannerProcess.RunWithOutputAsync(["doctor", "--lab", "-o", Path.Combine(file, "runs")], null, TestContext.Current.CancellationToken);
        Assert.Equal(1, exit);
        Assert.Contains("problem  disk", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_arguments_the_program_says_what_to_try_first()
    {
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync([], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, exit);
        Assert.Empty(error.Trim());
        foreach (string command in (string[])["scan --lab", "check DOMAIN", "scan LIST", "--help"]) Assert.Contains(command, output, StringComparison.Ordinal);
    }
}
