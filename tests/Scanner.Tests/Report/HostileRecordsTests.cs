using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Scanner.Checks.Dmarc;
using Scanner.Checks.Mx;
using Scanner.Checks.Spf;
using Scanner.Report;
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Report;

/// <summary>Records, hosts, the name of the list and what the user typed, all made to break out of where they are shown.</summary>
public sealed partial class HostileRecordsTests(HostileRecordsTests.HostileRun hostile) : IClassFixture<HostileRecordsTests.HostileRun>
{
    private static readonly string[] _evil =
    [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><script>alert(2)</script>", "</title><b>", "a\u202Egnp.exe", "a\u200Fb\u2066c",
        "\u001B[2J\u001B]0;owned\a", "\0\b\u007F\u0085", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "| a | b |\n# head", "`code` *b* [x](javascript:alert(1))", "&lt;script&gt;", "'); DROP TABLE domains; --",
        new string('<', 65_536), new string('A', 65_536) + "\u202E",
    ];

    /// <summary>Two runs of such rows with their report and comparison, written once for all tests.</summary>
    public sealed class HostileRun : IAsyncLifetime
    {
        private readonly TestFolder _folder = new();

        public Summary Summary { get; private set; } = null!;

        public Comparison Comparison { get; private set; } = null!;

        public string this[string file] => _folder[file];

        public async ValueTask InitializeAsync()
        {
            var manifest = RunFolderTests.Manifest with
            {
                List = _evil[0] + _evil[4] + _evil[6] + _evil[12],
                Vantage = _evil[1] + _evil[13],
                Contact = _evil[3],
                ToolVersion = _evil[2],
                ScanId = _evil[5] + _evil[1],
                Options = new Dictionary<string, string> { ["lab"] = _evil[0], ["top"] = _evil[6] },
                Resolvers = [_evil[1]],
            };
            foreach (string run in new[] { "old", "run" })
            {
                var folder = RunFolder.Create(_folder[run]);
                folder.Save(manifest);
                await Samples.WriteAsync(folder.FullPath, _evil.SelectMany((text, i) => Enumerable.Range(1, 3).Select(n => Evil((i * 100) + n, text, run))));
            }
            Comparison = Comparer.Write([RunFolder.Open(_folder["old"]), RunFolder.Open(_folder["run"])], _folder["compare"]);
            Summary = Reporter.Write([RunFolder.Open(_folder["run"])], _folder["run"]);
        }

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private static DomainResult Evil(int rank, string text, string run)
    {
        var row = Samples.Full(rank);
        return row with
        {
            Name = row.Name with { Tld = text, Name = $"{rank}.{text}", Input = text, OrganizationalDomain = text },
            Mx = row.Mx! with { Class = MxClass.MxPresent, Targets = [new(10, "mx." + text, MxTargetKind.Hostname)] },
            Spf = row.Spf! with { Status = SpfStatus.Valid, Class = run == "old" ? SpfClass.Fail : SpfClass.Softfail, Raw = text, Includes = [text], Quirks = [text] },
            Dmarc = row.Dmarc! with { Record = DmarcRecordState.Valid, Source = DmarcSource.Self, Enf9989 = run == "run", Raw = text, RuaHosts = [text], P = text, T = text, Quirks = [text] },
            MtaSts = row.MtaSts! with { Fetch = row.MtaSts.Fetch! with { HostCname = "x." + text } },
        };
    }

    [Fact]
    public void HarmlessInHtmlMarkdownSvgAndTerminal()
    {
        foreach (string page in new[] { "run/report.html", "compare/compare.html" })
        {
            string html = File.ReadAllText(hostile[page]);
            // The page's own script and no other element of that kind, no handler, no image, no link that leaves.
            Assert.Single(Regex.Matches(html, "<script"));
            Assert.Single(Regex.Matches(html, "</style>"));
            Assert.Single(Regex.Matches(html, "</title>.*<style>", RegexOptions.Singleline));
            Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<b>\n", html, StringComparison.Ordinal);
            Assert.DoesNotMatch("(href|src)=\"(?!#|tables/|plots/|summary\\.)", html);
            Assert.DoesNotMatch("<[^>]*\\son[a-z]+=", Quoted().Replace(html[..html.IndexOf("<script", StringComparison.Ordinal)], "\"\""));
            NothingActs(html);
            Assert.True(html.Length < 3_000_000, $"{page}: {html.Length} characters");
        }
        foreach (string text in new[] { "run/summary.md", "compare/compare.md" })
        {
            string markdown = File.ReadAllText(hostile[text]);
            NothingActs(markdown);
            Assert.DoesNotContain("<script", markdown, StringComparison.Ordinal);
            Assert.DoesNotContain("<img", markdown, StringComparison.Ordinal);
            Assert.DoesNotMatch("(?<!\\\\)\\]\\(javascript", markdown);
            Assert.DoesNotMatch("(?m)^# head", markdown);
        }
        foreach (string svg in Directory.GetFiles(hostile["run/plots"], "*.svg"))
        {
            NothingActs(File.ReadAllText(svg));
            Assert.DoesNotContain(XDocument.Load(svg).Descendants(), e => e.Name.LocalName is "script" or "foreignObject" or "image");
        }
        NothingActs(HeadlineText.Text(hostile.Summary));
        NothingActs(CompareText.Terminal(hostile.Comparison));
    }

    [Fact]
    public void HarmlessInCsv()
    {
        foreach (string csv in Directory.GetFiles(hostile["run/tables"], "*.csv").Concat(Directory.GetFiles(hostile["compare/tables"], "*.csv")))
        {
            NothingActs(File.ReadAllText(csv));
            var rows = ParquetRows.Query($"FROM read_csv('{csv.Replace("'", "''", StringComparison.Ordinal)}', header = true, all_varchar = true, max_line_size = 10000000)");
            foreach (var (column, value) in rows.SelectMany(r => r))
            {
                string text = (string?)value ?? "";
                // A minus begins negative numbers too.
                bool formula = text.Length > 0 && ("=+@\t\r".Contains(text[0]) || (text[0] == '-' && !double.TryParse(text, CultureInfo.InvariantCulture, out _)));
                Assert.False(formula, $"{Path.GetFileName(csv)} {column}: {text}");
            }
        }
    }

    /// <summary>Every kind of hostile text came as far as the files that are checked above: else they would be harmless for want of it.</summary>
    [Fact]
    public void TheHostileTextsAreThere()
    {
        string hosts = File.ReadAllText(hostile["run/tables/t12_dmarc_reports.csv"]), html = File.ReadAllText(hostile["run/report.html"]), markdown = File.ReadAllText(hostile["run/summary.md"]);
        foreach (string text in (string[])["<script>alert(1)</script>", "a\uFFFDgnp.exe", "'=cmd|' /C calc'!A0", "'+1+1", "'-1+1", "'@SUM(A1)", "DROP TABLE", new string('<', 65_536), new string('A', 65_536)])
            Assert.Contains(text, hosts, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)", html, StringComparison.Ordinal);
        Assert.Contains("(65536 characters)", html, StringComparison.Ordinal);
        Assert.Contains("\\u{202e}", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script>alert(1)", markdown, StringComparison.Ordinal);
        Assert.Contains("a\uFFFDgnp", File.ReadAllText(hostile["compare/tables/t20_movers.csv"]) + File.ReadAllText(hostile["compare/tables/changed_names.csv"]), StringComparison.Ordinal);
    }

    private static void NothingActs(string text)
    {
        char? found = text.Cast<char?>().FirstOrDefault(c => c is { } x && ((char.IsControl(x) && x != '\n') || (char.GetUnicodeCategory(x) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)));
        Assert.True(found is null, $"U+{(int)(found ?? '\0'):X4}");
    }

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();
}
