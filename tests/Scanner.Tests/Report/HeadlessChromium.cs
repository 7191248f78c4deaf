using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scanner.Tests.Report;

/// <summary>One headless Chromium with one page, driven through its DevTools protocol: a page is opened once and looked at in many ways.
/// It knows no host name, so that a request that leaves the file would fail, and every request and every message is kept.</summary>
internal sealed class HeadlessChromium : IAsyncDisposable
{
    public const string Program = "/usr/bin/chromium";

    /// <summary>A busy machine needs a while to start a browser.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _one = new(1);
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];
    private int _id;

    private HeadlessChromium(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>Errors and warnings of the console, exceptions, violations of the content security policy.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>Everything that a page asked for.</summary>
    public IReadOnlyList<string> Requests => _requests;

    public static async Task<HeadlessChromium> StartAsync(CancellationToken cancellationToken)
    {
        string profile = Directory.CreateTempSubdirectory("scanner-chromium-").FullName;
        var process = Process.Start(new ProcessStartInfo(Program,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var browser = new HeadlessChromium(process, profile);
        try
        {
            await browser.ConnectAsync(cancellationToken);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        // Chromium writes the port that it was given into its profile: it listens on loopback only.
        string portFile = Path.Combine(_profile, "DevToolsActivePort");
        var waited = Stopwatch.StartNew();
        while (!File.Exists(portFile) || File.ReadAllLines(portFile).Length < 2)
        {
            Assert.False(_process.HasExited, $"{Program} ended with status {(_process.HasExited ? _process.ExitCode : 0)}");
            Assert.True(waited.Elapsed < _patience, $"{Program} opened no port within {_patience}");
            await Task.Delay(50, cancellationToken);
        }
        string port = File.ReadAllLines(portFile)[0];
        using var http = new HttpClient();
        var pages = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json/list"), cancellationToken))!.AsArray();
        await _socket.ConnectAsync(new Uri((string)pages.First(p => (string)p!["type"]! == "page")!["webSocketDebuggerUrl"]!), cancellationToken);
        foreach (string domain in (string[])["Page", "Network", "Runtime", "Log"]) await SendAsync($"{domain}.enable", null, cancellationToken);
    }

    public async Task OpenAsync(string file, CancellationToken cancellationToken)
    {
        await SendAsync("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri }, cancellationToken);
        await EvaluateAsync("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))", cancellationToken);
    }

    /// <summary>The page as a phone or a desk shows it.</summary>
    public async Task LookAsync(int width, int height, bool dark, CancellationToken cancellationToken)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 }, cancellationToken);
        await SendAsync("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }) }, cancellationToken);
    }

    /// <summary>A picture of the page, PNG.</summary>
    /// <param name="whole">From top to bottom, not only what the window shows.</param>
    public async Task<byte[]> PictureAsync(bool whole, CancellationToken cancellationToken) =>
        Convert.FromBase64String((string)(await SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = whole }, cancellationToken))["data"]!);

    public async Task<byte[]> PdfAsync(CancellationToken cancellationToken) =>
        Convert.FromBase64String((string)(await SendAsync("Page.printToPDF", new JsonObject { ["printBackground"] = true, ["preferCSSPageSize"] = true }, cancellationToken))["data"]!);

    /// <summary>The value of a script in the page; of a promise, what it comes to.</summary>
    public async Task<JsonNode?> EvaluateAsync(string script, CancellationToken cancellationToken)
    {
        var answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = script, ["awaitPromise"] = true, ["returnByValue"] = true }, cancellationToken);
        Assert.True(answer["exceptionDetails"] is null, answer["exceptionDetails"]?.ToJsonString());
        return answer["result"]!["value"];
    }

    /// <summary>One command and its answer; what the browser tells meanwhile is kept.</summary>
    private async Task<JsonNode> SendAsync(string method, JsonObject? parameters, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            int id = ++_id;
            var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(command), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            while (true)
            {
                var message = await ReceiveAsync(cancellationToken);
                if ((int?)message["id"] != id)
                {
                    Keep(message);
                    continue;
                }
                Assert.True(message["error"] is null, $"{method}: {message["error"]?.ToJsonString()}");
                return message["result"]!;
            }
        }
        finally
        {
            _one.Release();
        }
    }

    private void Keep(JsonNode message)
    {
        switch ((string?)message["method"])
        {
            case "Network.requestWillBeSent":
                _requests.Add((string)message["params"]!["request"]!["url"]!);
                break;
            case "Runtime.exceptionThrown":
                _complaints.Add(message["params"]!["exceptionDetails"]!.ToJsonString());
                break;
            case "Runtime.consoleAPICalled" when (string)message["params"]!["type"]! is "error" or "warning" or "assert":
                _complaints.Add(message["params"]!["args"]!.ToJsonString());
                break;
            case "Log.entryAdded":
                _complaints.Add(message["params"]!["entry"]!.ToJsonString());
                break;
        }
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            Assert.True(part.MessageType == WebSocketMessageType.Text, "the browser closed the connection");
            whole.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(whole.ToArray())!;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _one.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        // Its children let go of the profile a moment later.
        for (int i = 0; i < 50; i++)
        {
            try
            {
                Directory.Delete(_profile, recursive: true);
                return;
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }
}
