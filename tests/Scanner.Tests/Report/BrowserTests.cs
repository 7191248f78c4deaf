using System.Text.Json.Nodes;
using Scanner.Checks.Dmarc;
using Scanner.Report;
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Report;

/// <summary>The pages in a real browser, where Debian's chromium is installed: at phone and desktop width, light and dark and on paper, without a
/// complaint on the console, without asking for anything but the file itself, with nothing cut off, and, where axe-core is installed, without a
/// serious finding about accessibility. SCANNER_PICTURES names a folder that keeps the pictures, to be looked at.</summary>
[Collection(MixedRun.Name)]
public sealed class BrowserTests(MixedRun run) : IDisposable
{
    /// <summary>Where CI installs it: npm install --no-save --prefix artifacts axe-core.</summary>
    private const string Axe = "artifacts/node_modules/axe-core/axe.min.js";

    private static readonly (int Width, int Height, bool Dark)[] _looks = [(390, 844, false), (390, 844, true), (1280, 900, false), (1280, 900, true)];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ThePagesOpenWithoutErrorOrRequestAndNothingIsCutOff()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await EachLookAsync(_looks, async (browser, page, name) =>
        {
            byte[] picture = await browser.PictureAsync(whole: true, cancellation);
            Assert.True(picture.Length > 10_000, $"{name}: a picture of {picture.Length} octets");
            if (Environment.GetEnvironmentVariable("SCANNER_PICTURES") is { Length: > 0 } folder) await File.WriteAllBytesAsync(Path.Combine(folder, name + ".png"), picture, cancellation);
            // A page that is wider than its window scrolls sideways; wide tables scroll in boxes of their own.
            Assert.Equal(0, (int)(await browser.EvaluateAsync("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)", cancellation))!);
            // A label of a plot that leaves its drawing is cut off.
            var cut = await browser.EvaluateAsync(
                """
                [...document.querySelectorAll('figure svg')].flatMap(svg => { const box = svg.getBoundingClientRect();
                    return [...svg.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
                        return b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1 || b.bottom > box.bottom + 1; }).map(t => svg.parentElement.id + ': ' + t.textContent); })
                """, cancellation);
            Assert.True(cut!.AsArray().Count == 0, $"{name}: {cut.ToJsonString()}");
        },
        async (browser, page) =>
        {
            byte[] pdf = await browser.PdfAsync(cancellation);
            Assert.True(pdf.AsSpan().StartsWith("%PDF"u8) && pdf.Length > 20_000, $"{page}: {pdf.Length} octets");
            if (Environment.GetEnvironmentVariable("SCANNER_PICTURES") is { Length: > 0 } folder) await File.WriteAllBytesAsync(Path.Combine(folder, page + ".pdf"), pdf, cancellation);
        });
    }

    [Fact]
    public async Task SortingATableByItsHeadingWorks()
    {
        SkipWithoutChromium();
        var cancellation = TestContext.Current.CancellationToken;
        await using var browser = await HeadlessChromium.StartAsync(cancellation);
        await browser.OpenAsync(Path.Combine(run.Path, "report.html"), cancellation);
        var shares = await browser.EvaluateAsync(
            """
            (() => { const table = document.querySelector('table.sort'), th = [...table.querySelectorAll('th')].find(t => t.textContent === 'share');
                th.querySelector('button').click();
                return [...table.tBodies[0].rows].map(r => r.cells[th.cellIndex].dataset.v).filter(v => v !== '').map(Number); })()
            """, cancellation);
        double[] sorted = [.. shares!.AsArray().Select(s => (double)s!)];
        Assert.True(sorted.Distinct().Count() > 3, shares.ToJsonString());
        Assert.Equal(sorted.Order(), sorted);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task AxeFindsNothingSerious()
    {
        string axe = Repository.Find(Axe);
        Assert.SkipUnless(File.Exists(axe), $"{Axe} is not there: npm install --no-save --prefix artifacts axe-core");
        string script = await File.ReadAllTextAsync(axe, TestContext.Current.CancellationToken);
        var cancellation = TestContext.Current.CancellationToken;
        // Colours are what differs between light and dark, the layout what differs between the widths: two looks have both.
        await EachLookAsync([_looks[1], _looks[2]], async (browser, page, name) =>
        {
            // Folded tables are looked at as well.
            await browser.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)", cancellation);
            await browser.EvaluateAsync(script + "; undefined", cancellation);
            var findings = await browser.EvaluateAsync(
                """
                axe.run(document, { resultTypes: ['violations'] }).then(r => ({ passes: r.passes.length,
                    violations: r.violations.map(v => ({ id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)) })) }))
                """, cancellation);
            Assert.True((int)findings!["passes"]! > 20, $"{name}: axe passed only {findings["passes"]} rules: did it look at the page?");
            JsonNode[] serious = [.. findings["violations"]!.AsArray().Where(v => (string?)v!["impact"] is "serious" or "critical").Select(v => v!)];
            Assert.True(serious.Length == 0, $"{name}:\n{string.Join('\n', serious.Select(v => v.ToJsonString()))}");
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {findings["passes"]} rules passed, {findings["violations"]!.AsArray().Count} violations: {findings["violations"]!.ToJsonString()}");
        });
    }

    /// <summary>Opens report.html and compare.html once each and calls back for every look, and once more at the end of each page.</summary>
    private async Task EachLookAsync((int Width, int Height, bool Dark)[] looks, Func<HeadlessChromium, string, string, Task> look, Func<HeadlessChromium, string, Task>? last = null)
    {
        SkipWithoutChromium();
        var cancellation = TestContext.Current.CancellationToken;
        RunFolder.Create(_folder["old"]).Save(RunFolderTests.Manifest);
        // The same names when fewer had DMARC, and others that have left the list since.
        await Samples.WriteAsync(_folder["old"],
            [.. MixedRun.Mixed().Select(r => r.Name.Rank % 3 == 0 ? r.Dmarc(DmarcClass.Absent, own: false, enforcing: false) : r), Samples.AllAbsent(1001), Samples.AllUnknown(1002)]);
        Comparer.Write([RunFolder.Open(_folder["old"]), RunFolder.Open(run.Path)], _folder["compare"]);

        await using var browser = await HeadlessChromium.StartAsync(cancellation);
        foreach (string page in (string[])[Path.Combine(run.Path, "report.html"), _folder["compare/compare.html"]])
        {
            await browser.OpenAsync(page, cancellation);
            string name = Path.GetFileNameWithoutExtension(page);
            foreach (var (width, height, dark) in looks)
            {
                await browser.LookAsync(width, height, dark, cancellation);
                await look(browser, name, $"{name}-{width}-{(dark ? "dark" : "light")}");
            }
            if (last is not null) await last(browser, name);
        }
        Assert.True(browser.Complaints.Count == 0, string.Join('\n', browser.Complaints));
        Assert.All(browser.Requests, request => Assert.StartsWith("file:///", request, StringComparison.Ordinal));
        Assert.Equal(2, browser.Requests.Count);
    }

    private static void SkipWithoutChromium() => Assert.SkipUnless(File.Exists(HeadlessChromium.Program), $"{HeadlessChromium.Program} is not installed: apt-get install chromium");
}
