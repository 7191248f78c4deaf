using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scanner.Cli.Observe;
using Scanner.Tests.Resume;

namespace Scanner.Tests.Cli;

/// <summary>What a run tells those who watch it.</summary>
public sealed class ObserveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Log_metrics_heartbeat_and_trace_of_one_scan()
    {
        await using var processes = new ScanProcesses(_folder, names: 1_000);
        string run = _folder.Path("run"), log = _folder.Path("scan.log"), heartbeat = _folder.Path("heartbeat");
        int port = FreePort();
        string metrics = "";
        // A collector that is not there costs nothing.
        string[] watched = ["--log-file", log, "--log-level", "debug", "--heartbeat", heartbeat, "--metrics-port", $"{port}", "--metrics-otlp", "http://127.0.0.1:9", "--trace", "N6.test.", "--qps", "1500"];
        var (exit, error) = await ScanProcesses.RunAsync(processes.Arguments(run, watched), async process =>
        {
            await ScanProcesses.FirstPartAsync(run, process);
            using var client = new HttpClient();
            metrics = await client.GetStringAsync($"http://127.0.0.1:{port}/metrics");
            Assert.Equal(System.Net.HttpStatusCode.NotFound, (await client.GetAsync($"http://127.0.0.1:{port}/other")).StatusCode);
        });
        Assert.True(exit == 0, error);

        Assert.Matches("(?m)^scanner_names_total 1000$", metrics);
        Assert.Matches("(?m)^scanner_names_done_total [1-9][0-9]*$", metrics);
        Assert.Matches("(?m)^scanner_dns_answers_total\\{type=\"MX\",status=\"ok\"\\} [1-9]", metrics);
        Assert.Matches("(?m)^scanner_queue_length\\{queue=\"rows\"\\} ", metrics);

        var events = File.ReadLines(log).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["Surveyed", "Begun"], events.Take(2).Select(e => e.GetProperty("event").GetString()));
        Assert.Equal("Complete", events[^1].GetProperty("event").GetString());
        Assert.Contains(events, e => e.GetProperty("event").GetString() == "Closed");
        var pass = events.Single(e => e.GetProperty("event").GetString() == "PassBegun");
        Assert.Equal((2, 200), (pass.GetProperty("pass").GetInt32(), pass.GetProperty("names").GetInt32()));

        Assert.Equal(1000, JsonDocument.Parse(File.ReadAllText(heartbeat)).RootElement.GetProperty("names_total").GetInt64());

        // n6.test answers REFUSED to the first query and the truth to the second, a pass later.
        var trace = File.ReadLines(Path.Combine(run, "trace.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(trace.Where(e => e.GetProperty("what").GetString() == "exchange"), e => Assert.EndsWith("test", e.GetProperty("name").GetString(), StringComparison.Ordinal));
        Assert.Equal([5, 0], trace.Where(e => e.GetProperty("what").GetString() == "exchange" && e.GetProperty("name").GetString() == "n6.test" && e.GetProperty("type").GetString() == "MX").Select(e => e.GetProperty("rcode").GetInt32()));
        // Packet by packet: in each exchange the question and the answer as they were on the wire; the pass over TCP is the last.
        var exchanges = trace.Where(e => e.GetProperty("what").GetString() == "exchange").ToList();
        Assert.All(exchanges, e =>
        {
            var messages = e.GetProperty("messages").EnumerateArray().ToList();
            Assert.Equal(["sent", "received"], messages.Select(m => m.GetProperty("direction").GetString()));
            byte[] question = Convert.FromHexString(messages[0].GetProperty("hex").GetString()!), answer = Convert.FromHexString(messages[1].GetProperty("hex").GetString()!);
            // The same ID, QR, and the RCODE of the line.
            Assert.Equal((question[0], question[1], 0, 1), (answer[0], answer[1], question[2] >> 7, answer[2] >> 7));
            Assert.Equal(e.GetProperty("rcode").GetInt32(), answer[3] & 0x0F);
            string label = e.GetProperty("name").GetString()!.Split('.')[0];
            Assert.Equal(label, System.Text.Encoding.ASCII.GetString(question, 13, question[12]));
        });
        Assert.Equal(["tcp", "udp"], exchanges.Select(e => e.GetProperty("messages")[0].GetProperty("over").GetString()!).Distinct().Order());
        Assert.Equal([1, 2], trace.Where(e => e.GetProperty("what").GetString() == "row").Select(e => e.GetProperty("pass").GetInt32()));
    }

    [Fact]
    public void A_strangers_text_cannot_write_a_log_line_or_speak_to_a_terminal()
    {
        using var output = new MemoryStream();
        using var log = new JsonLog(output, LogLevel.Warning, TimeProvider.System);
        new LoggingObserver(log).NameFailed("evil\n{\"level\":\"critical\"}\u001B]0;owned\u0007\u202Egnp", "x\u0085y\0");
        new LoggingObserver(log).PassBegins(2, 1, TimeSpan.Zero);
        byte[] octets = output.ToArray();
        Assert.Equal(1, octets.Count(octet => octet == '\n'));
        Assert.All(octets[..^1], octet => Assert.InRange(octet, (byte)' ', (byte)'~'));
        Assert.Equal("evil\n{\"level\":\"critical\"}\u001B]0;owned\u0007\u202Egnp", JsonDocument.Parse(octets).RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_strangers_text_in_a_list_cannot_speak_to_a_terminal()
    {
        string list = _folder.Path("list.txt");
        await File.WriteAllTextAsync(list, "good.test\n\u001B[31mred\u0007.test name\nx\u009Bname y\n", TestContext.Current.CancellationToken);
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync(["scan", list, "--lab", "--progress", "plain", "-o", _folder.Path("run"), "--log-file", "-"], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, exit);
        Assert.DoesNotContain((output + error).ReplaceLineEndings(""), char.IsControl);
        Assert.Contains("bad lines", error, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        return ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
