using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.Tests.Cli;

/// <summary>Unusable input: one clear line, exit 2, and nothing half-written (interface.md section 1).</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder.Path("run");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Missing_file() => ExpectAsync([_folder.Path("no-such-file.csv")], "no-such-file.csv");

    [Fact]
    public Task No_list_and_no_lab() => ExpectAsync([], "LIST");

    [Fact]
    public Task Empty_list() => ExpectAsync([Write("empty.csv", [])], "empty.csv");

    [Fact]
    public Task Binary_file() => ExpectAsync([Write("binary.csv", [.. Enumerable.Range(0, 9000).Select(i => (byte)(i * 7 % 256))])], "binary.csv");

    [Fact]
    public Task Nonsense() => ExpectAsync([Write("nonsense.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("this is no domain!\n<html>\n", 50))))], "nonsense.txt");

    [Fact]
    public async Task Gzip_cut_short()
    {
        using var whole = new MemoryStream();
        await using (var gzip = new GZipStream(whole, CompressionLevel.Fastest, leaveOpen: true))
            for (int i = 0; i < 20_000; i++) await gzip.WriteAsync(Encoding.ASCII.GetBytes($"name{i * 7919 % 100_003}.com\n"), TestContext.Current.CancellationToken);
        byte[] cut = whole.ToArray()[..(int)(whole.Length / 2)];
        await ExpectAsync([Write("cut.csv.gz", cut)], "cut.csv.gz");
    }

    [Fact]
    public async Task Output_folder_that_holds_a_run()
    {
        Directory.CreateDirectory(Run);
        await File.WriteAllTextAsync(Path.Combine(Run, "run.json"), "{}", TestContext.Current.CancellationToken);
        var (exit, _, error) = await ScannerProcess.RunWithOutputAsync(["scan", "--lab", "--top", "5", "-o", Run], null, TestContext.Current.CancellationToken);
        Assert.Equal(2, exit);
        Assert.Contains("already holds a run", error, StringComparison.Ordinal);
        Assert.Equal(["run.json"], Directory.EnumerateFileSystemEntries(Run).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Output_folder_that_cannot_be_written()
    {
        string file = Write("a-file", [1]);
        var (exit, _, error) = await ScannerProcess.RunWithOutputAsync(["scan", "--lab", "--top", "5", "-o", Path.Combine(file, "run")], null, TestContext.Current.CancellationToken);
        Assert.Equal(2, exit);
        Assert.Contains("a-file", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--qps", "-1")]
    [InlineData("--qps", "many")]
    [InlineData("--in-flight", "0")]
    [InlineData("--timeout", "0")]
    [InlineData("--attempts", "0")]
    [InlineData("--top", "0")]
    [InlineData("--shard", "3/2")]
    [InlineData("--checks", "spf,nonsense")]
    [InlineData("--https-port", "99999")]
    [InlineData("--progress", "loud")]
    [InlineData("--resolver", "127.0.0.1:99999")]
    [InlineData("--ca-file", "no-such.pem")]
    [InlineData("--psl", "no-such.dat")]
    [InlineData("--exclude", "no-such.txt")]
    [InlineData("--contact", "naïve")]
    [InlineData("--lab-drop", "0.5")]
    public Task Unusable_option(string option, string value) => ExpectAsync([Write("list.txt", "example.com\n"u8.ToArray()), option, value], option == "--exclude" ? value : option);

    [Fact]
    public async Task Unknown_option_is_not_ignored()
    {
        await ExpectAsync([Write("list.txt", "example.com\n"u8.ToArray()), "--no-such-option"], "--no-such-option");
    }

    [Fact]
    public async Task Unreachable_resolver_ends_the_run_early()
    {
        // A port on which nobody listens.
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)reserved.LocalEndPoint!).Port;
        reserved.Close();
        string list = Write("list.txt", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 200).Select(i => $"name{i}.com\n"))));
        var (exit, _, error) = await ScannerProcess.RunWithOutputAsync(["scan", list, "-o", Run, "--resolver", $"127.0.0.1:{port}", "--timeout", "0.2"], null, TestContext.Current.CancellationToken);
        Assert.Equal(1, exit);
        Assert.Contains($"127.0.0.1:{port}", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run), "a run that never began leaves no folder");
    }

    private async Task ExpectAsync(string[] arguments, string mentions)
    {
        var (exit, _, error) = await ScannerProcess.RunWithOutputAsync(["scan", .. arguments, "-o", Run], null, TestContext.Current.CancellationToken);
        Assert.Equal(2, exit);
        string first = error.Split('\n')[0];
        Assert.StartsWith("scanner: ", first, StringComparison.Ordinal);
        Assert.Contains(mentions, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Run), "nothing may be left half-written");
    }

    private string Write(string name, byte[] content)
    {
        string path = _folder.Path(name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
