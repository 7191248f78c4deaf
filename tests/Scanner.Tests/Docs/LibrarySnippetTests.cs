using System.Net;
using Scanner.Checks.Dmarc;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Lab.Servers;
using Scanner.Lab.World;

namespace Scanner.Tests.Docs;

/// <summary>The few lines in the libraries' READMEs: they stand in this file too, which is compiled, and print what the page says.</summary>
[Collection("console")]
public sealed class LibrarySnippetTests
{
    [Fact]
    public async Task A_record_is_classified_in_three_lines()
    {
        string printed = await Capture(() =>
        {
            var match = DmarcRecordParser.Parse("v=DMARC1; p=quarantine; pct=50; rua=mailto:d@example.org", out var record);
            Console.WriteLine($"{match}: {record?.P.Policy}, pct {record?.Pct}, reports to {string.Join(", ", record?.Rua.Hosts ?? [])}");
            return Task.CompletedTask;
        });
        Assert.Equal("Valid: Quarantine, pct 50, reports to example.org", printed);
        string page = ExpectSame("src/Scanner.Checks/README.md");
        Assert.Contains($"prints `{printed}`", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_is_asked_in_four_lines()
    {
        await using var lab = await LabHost.StartAsync(new LabWorld(new PopulationOptions()), new LabHostOptions(), TimeProvider.System, TestContext.Current.CancellationToken);
        string printed = await Capture(async () =>
        {
            var server = lab.DnsEndpoint;
            var options = new ResolverOptions { QueriesPerSecond = 100 };
            await using var resolver = new StubResolver(options, DnsTransports.Create([server], options), TimeProvider.System);
            var answer = await resolver.QueryAsync(new DnsQuestion("example.org", DnsRecordType.Mx), CancellationToken.None);
            Console.WriteLine($"{answer.Status}: {answer.RecordsOf<MxRecord>().Count()} MX records");
        });
        Assert.Matches(@"^(Ok|NoData|NxDomain): \d+ MX records$", printed);
        ExpectSame("src/Scanner.Dns/README.md");
        _ = IPEndPoint.Parse("127.0.0.1:53");
    }

    /// <summary>Each line of the page's C# block is a line of this file, but for the usings and the address.</summary>
    private static string ExpectSame(string page)
    {
        var block = Assert.Single(MarkdownPage.All.Single(p => p.Relative == page).Blocks, b => b.Language == "csharp");
        string[] here = [.. File.ReadAllLines(Repository.Find("tests/Scanner.Tests/Docs/LibrarySnippetTests.cs")).Select(line => line.Trim())];
        foreach (string line in block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("var server", StringComparison.Ordinal))) Assert.Contains(line.Trim(), here);
        return File.ReadAllText(Repository.Find(page));
    }

    private static async Task<string> Capture(Func<Task> lines)
    {
        var before = Console.Out;
        using var text = new StringWriter();
        Console.SetOut(text);
        try
        {
            await lines();
        }
        finally
        {
            Console.SetOut(before);
        }
        return text.ToString().Trim();
    }
}
