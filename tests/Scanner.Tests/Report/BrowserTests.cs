using System.Diagnostics;
using Scanner.Report;
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Report;

/// <summary>The pages in a real browser, where Debian's chromium is installed: they render at phone and desktop width, light and dark and on
/// paper, without an error on the console and without asking for anything but the file itself.</summary>
public sealed class BrowserTests : IDisposable
{
    private const string Chromium = "/usr/bin/chromium";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ThePagesOpenWithoutErrorOrRequest()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"{Chromium} is not installed: apt-get install chromium");
        foreach (string name in new[] { "old", "run" })
        {
            RunFolder.Create(_folder[name]).Save(RunFolderTests.Manifest);
            await Samples.WriteAsync(_folder[name], [.. Enumerable.Range(1, 30).Select(n => Samples.Full(n)), Samples.AllAbsent(31), Samples.AllUnknown(32)]);
        }
        Reporter.Write([RunFolder.Open(_folder["run"])], _folder["run"]);
        Comparer.Write([RunFolder.Open(_folder["old"]), RunFolder.Open(_folder["run"])], _folder["run/compare"]);

        foreach (string page in new[] { "run/report.html", "run/compare/compare.html" })
        {
            foreach (var (width, height, dark) in new[] { (390, 844, false), (390, 844, true), (1280, 900, false), (1280, 900, true) })
            {
                string picture = _folder[$"{Path.GetFileNameWithoutExtension(page)}-{width}-{dark}.png"];
                string log = await RunAsync([$"--screenshot={picture}", $"--window-size={width},{height}", .. dark ? ["--blink-settings=preferredColorScheme=0", "--force-dark-mode"] : Array.Empty<string>()], page);
                Assert.True(new FileInfo(picture).Length > 10_000, log);
                Assert.DoesNotContain("CONSOLE", log, StringComparison.Ordinal);
            }
            string pdf = _folder["page.pdf"];
            string printed = await RunAsync([$"--print-to-pdf={pdf}", "--no-pdf-header-footer"], page);
            Assert.True(File.Exists(pdf) && new FileInfo(pdf).Length > 10_000, printed);
            Assert.DoesNotContain("CONSOLE", printed, StringComparison.Ordinal);
        }
    }

    /// <returns>What the browser wrote on standard error: with logging on, messages of the console stand there as CONSOLE.</returns>
    private async Task<string> RunAsync(string[] arguments, string page)
    {
        // A host resolver that knows no name, so that a request that leaves the file would be an error on the console.
        string[] common =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND", $"--user-data-dir={_folder[$"profile-{Guid.NewGuid():N}"]}",
        ];
        using var process = Process.Start(new ProcessStartInfo(Chromium, [.. common, .. arguments, new Uri(_folder[page]).AbsoluteUri]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string log = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await output;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return log;
    }
}
