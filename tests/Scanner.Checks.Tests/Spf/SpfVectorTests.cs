using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>Other projects' verdicts on records. A disagreement has its rule here, or the test fails.</summary>
public sealed partial class SpfVectorTests(ITestOutputHelper output)
{
    private static RecordMatch Parse(string text, out SpfRecord? record, out SpfSyntaxError? error) =>
        SpfRecordParser.Parse(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text)), [], out record, out error);

    private static string[] Lines(string path)
    {
        if (SharedVectors.Find(path) is not { } file) Assert.Skip(SharedVectors.Missing(path));
        else return File.ReadAllLines(file);
        return [];
    }

    /// <summary>mox takes a name without a dot for a domain-spec; RFC 7208 §7.1 asks for one (test suite: a-only-toplabel).</summary>
    [GeneratedRegex(@"[:=][A-Za-z0-9]+(/|\s|$)")]
    private static partial Regex DotlessName();

    [Fact]
    public void MoxSyntax()
    {
        const string Path = "spf/syntax.jsonl";
        int agreed = 0;
        foreach (string line in Lines(Path))
        {
            using var json = JsonDocument.Parse(line);
            string text = json.RootElement.GetProperty("input").GetString()!;
            bool expected = json.RootElement.GetProperty("expect").GetString() == "valid";
            bool ours = Parse(text, out _, out var error) == RecordMatch.Valid;
            if (ours == expected)
            {
                agreed++;
                continue;
            }
            output.WriteLine($"{text}: {error}");
            Assert.True(expected && error == SpfSyntaxError.BadDomainSpec && DotlessName().IsMatch(text), text);
        }
        Assert.Equal(25, agreed);
    }

    /// <summary>Real records of 2026 with two independent verdicts. Where both agree, ours is the same.</summary>
    [Fact]
    public void RecordsOnWhichTwoOthersAgree()
    {
        const string Path = "records/spf-syntax-verdicts.jsonl";
        int agreed = 0;
        var disputed = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var disagreed = new List<string>();
        foreach (string line in Lines(Path))
        {
            using var json = JsonDocument.Parse(line);
            string text = json.RootElement.GetProperty("spf").GetString()!;
            string one = json.RootElement.GetProperty("pyspf").GetString()!;
            string two = json.RootElement.GetProperty("spf_parse").GetString()!;
            bool? expected = (one, two) switch { ("ok", "valid") => true, ("permerror", "invalid") => false, _ => null };
            var match = Parse(text, out _, out var error);
            if (expected is null)
            {
                string verdicts = $"pyspf {one}, spf-parse {two}, ours {match} {error}";
                disputed[verdicts] = disputed.GetValueOrDefault(verdicts) + 1;
                continue;
            }
            if (match == (expected.Value ? RecordMatch.Valid : RecordMatch.Malformed)) agreed++;
            else disagreed.Add($"{one}/{two}, ours {match} {error}: {text}");
        }
        foreach (var (verdicts, count) in disputed) output.WriteLine($"{count} disputed: {verdicts}");
        Assert.Empty(disagreed);
        Assert.Equal(9479, agreed);
    }

    /// <summary>Where the two disagree, Spf/Data/disputed-syntax.tsv decides each text by a sentence of RFC 7208, and we do as it says.</summary>
    [Fact]
    public void DisputedRecordsAreDecided()
    {
        const string Path = "records/spf-syntax-verdicts.jsonl";
        var decided = new Dictionary<string, string[]>(StringComparer.Ordinal);
        using (var data = new StreamReader(typeof(SpfVectorTests).Assembly.GetManifestResourceStream("disputed-syntax.tsv")!))
            while (data.ReadLine() is { } row)
                if (!row.StartsWith('#')) decided.Add(row.Split('\t')[0], row.Split('\t'));
        var byReason = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string line in Lines(Path))
        {
            using var json = JsonDocument.Parse(line);
            string text = json.RootElement.GetProperty("spf").GetString()!;
            string one = json.RootElement.GetProperty("pyspf").GetString()!;
            string two = json.RootElement.GetProperty("spf_parse").GetString()!;
            if ((one, two) is ("ok", "valid") or ("permerror", "invalid")) continue;
            string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
            Assert.True(decided.Remove(key, out string[]? row), $"nobody decided {key}: {text}");
            Assert.Equal([one, two], row[1..3]);
            string ours = Parse(text, out _, out var error) switch { RecordMatch.Valid => "valid", RecordMatch.Malformed => "malformed", _ => "not_spf" };
            Assert.True(ours == row[3] && (error?.Word() ?? "-") == row[4], $"{text}: ours {ours} {error}, decided {row[3]} {row[4]} by {row[5]}");
            string reason = $"{row[3]} {row[4]}: {row[5]}";
            byReason[reason] = byReason.GetValueOrDefault(reason) + 1;
        }
        foreach (var (reason, count) in byReason) output.WriteLine($"{count} {reason}");
        Assert.Empty(decided);
    }

    [Fact]
    public async Task FuzzSeedsNeverThrow()
    {
        const string Path = "spf/fuzz-seeds.txt";
        int valid = 0, malformed = 0;
        foreach (string line in Lines(Path))
        {
            if (!line.StartsWith("string(\"", StringComparison.Ordinal)) continue;
            string seed = Regex.Unescape(line[8..^2]);
            // Most end in a line feed, which alone makes them malformed: once with it, once without.
            foreach (string text in new[] { seed, seed.TrimEnd('\n') })
            {
                var zone = new FakeResolver().Txt("example.com", text);
                var result = await Run(zone, "example.com");
                if (result.Status == SpfStatus.PermerrorSyntax) malformed++;
                else if (result.LookupsWorst is not null) valid++;
            }
        }
        output.WriteLine($"valid {valid}, malformed {malformed}");
        Assert.True(valid > 100 && malformed > 100, $"{valid}, {malformed}");
    }

    private static async Task<SpfResult> Run(FakeResolver zone, string name) =>
        await SpfLookup.RunAsync(name, zone.Query(name, DnsRecordType.Txt), zone, SpfEvalLevel.Full, TestContext.Current.CancellationToken);

    /// <summary>
    /// The suite is about check_host(), one client at a time; we look at the worst case of all clients. Two things must hold all the
    /// same: a syntax error is permerror for every client, and what is permerror without the client's doing is so in the worst case.
    /// </summary>
    [Fact]
    public async Task Rfc7208SuiteOnErrorsOfTheRecord()
    {
        const string Path = "spf/rfc7208-tests.json";
        int checkedTests = 0, permerrors = 0;
        var problems = new List<string>();
        foreach (var test in SpfSuite.Read(string.Join('\n', Lines(Path))))
        {
            string sender = test.MailFrom.Length > 0 ? test.MailFrom : test.Helo;
            string name = sender[(sender.LastIndexOf('@') + 1)..].ToLowerInvariant();
            var result = await Run(test.Zone, name);
            string status = result.Status.Word();
            bool permerror = status.StartsWith("permerror", StringComparison.Ordinal);
            checkedTests++;
            if (permerror) permerrors++;
            if ((result.Status is SpfStatus.PermerrorSyntax or SpfStatus.PermerrorMultipleRecords && !test.Results.Contains("permerror"))
                || (test.Results is ["permerror"] && !permerror)
                || (test.Results is ["none"] && result.Status != SpfStatus.None))
            {
                problems.Add($"{test.Id}: {string.Join('/', test.Results)}, ours {status} {result.SyntaxError}: {result.Raw}");
            }
        }
        output.WriteLine($"{checkedTests} tests, {permerrors} of them of records with permerror");
        Assert.Empty(problems);
        Assert.Equal(203, checkedTests);
    }
}
