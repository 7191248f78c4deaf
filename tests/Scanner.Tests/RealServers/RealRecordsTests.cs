using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scanner.Checks;
using Scanner.Checks.Names;
using Scanner.TestSupport;

namespace Scanner.Tests.RealServers;

/// <summary>5,000 real MX and SPF records (vectors/records), served by a real name server and scanned: does the row say what the data say?</summary>
public sealed partial class RealRecordsTests
{
    private const string Data = "records/mx-spf-5000.jsonl";

    /// <summary>Text that the record's author broke so that no reading of "its own all" is right or wrong.</summary>
    private static readonly string[] BrokenRecordStatuses = ["permerror_syntax", "none"];

    [Fact]
    public async Task Rows_agree_with_the_data()
    {
        string? file = SharedVectors.Find(Data);
        Assert.SkipWhen(file is null, SharedVectors.Missing(Data));
        if (NsdServer.Program is null) Assert.Skip("needs the name server NSD (Debian package nsd)");
        var ct = TestContext.Current.CancellationToken;

        var expected = new Dictionary<string, Entry>();
        var zone = new StringBuilder();
        foreach (string line in await File.ReadAllLinesAsync(file!, ct))
        {
            var entry = JsonSerializer.Deserialize<Entry>(line, JsonSerializerOptions.Web)!;
            var name = NameNormaliser.Clean(entry.Domain);
            Assert.True(name.IsQueryable, $"{entry.Domain}: {name.Reason}");
            if (!expected.TryAdd(name.Name, entry)) continue;
            foreach (string host in entry.Mx) zone.Append(name.Name).Append(". MX 10 ").Append(host.TrimEnd('.')).AppendLine(".");
            // Where the data have neither, the name exists all the same.
            if (entry.Spf.Length > 0) zone.Append(name.Name).Append(". TXT ").AppendLine(MasterFileStrings(entry.Spf));
            else if (entry.Mx.Length == 0) zone.Append(name.Name).AppendLine(". A 192.0.2.1");
        }

        await using var nsd = await NsdServer.StartAsync(zone.ToString(), ct);
        using var folder = new TemporaryFolder();
        string list = folder.Path("names.txt");
        await File.WriteAllLinesAsync(list, expected.Keys, ct);
        int exit = await ScannerProcess.RunAsync(["scan", list, "-o", folder.Path("run"), "--resolver", nsd.Endpoint.ToString(), "--qps", "0", "--checks", "mx,spf", "--progress", "none"], ct);
        Assert.Equal(0, exit);

        var differences = new List<string>();
        int rows = 0;
        foreach (var row in ParquetRows.Read(folder.Path("run"), "name, mx_class, mx_hosts, spf_status, spf_raw, spf_all, spf_candidates"))
        {
            rows++;
            var entry = expected[(string)row["name"]!];
            Expect("mx_class", ExpectedMxClass(entry.Mx), row["mx_class"]);
            Expect("mx_hosts", string.Join(' ', entry.Mx.Select(h => h.Length == 0 ? "." : h.ToLowerInvariant().TrimEnd('.')).Distinct().Order(StringComparer.Ordinal)),
                string.Join(' ', ((IEnumerable<string>)row["mx_hosts"]!).Order(StringComparer.Ordinal)));
            if ((string)row["spf_status"]! == "none")
            {
                // The data's "SPF text" is not always an SPF record; then it must be kept as what it nearly was.
                Assert.False(SelectsAsSpf(entry.Spf), $"{entry.Domain}: none, but the data have {entry.Spf}");
                continue;
            }
            Expect("spf_raw", Evidence.Escape(Encoding.UTF8.GetBytes(entry.Spf)), row["spf_raw"]);
            if (!BrokenRecordStatuses.Contains((string)row["spf_status"]!)) Expect("spf_all", OwnAll(entry.Spf), row["spf_all"]);

            void Expect(string column, string want, object? got)
            {
                if (!Equals(want, got)) differences.Add($"{entry.Domain} {column}: data {want}, row {got}");
            }
        }
        Assert.Equal(expected.Count, rows);
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join('\n', differences.Take(50))}");
    }

    /// <summary>The data name no class. An empty host is the root, so a null MX (RFC 7505 §3); a host without a dot, or an address in
    /// place of a name, is nobody's host (classification.md 3.2): with no other there is no service.</summary>
    private static string ExpectedMxClass(string[] hosts) => hosts switch
    {
        [] => "no_mail",
        [""] => "null_mx",
        _ when hosts.All(host => !host.TrimEnd('.').Contains('.', StringComparison.Ordinal) || char.IsAsciiDigit(host.TrimEnd('.')[^1])) => "mx_no_service",
        _ => "mx_present",
    };

    /// <summary>RFC 7208 §4.5, written again without our parser.</summary>
    private static bool SelectsAsSpf(string text) => SelectionPattern().IsMatch(text);

    /// <summary>The record's own "all", by a plain reading of its terms.</summary>
    private static string OwnAll(string record)
    {
        string[] terms = record.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string term in terms)
        {
            var match = AllPattern().Match(term);
            if (match.Success) return match.Groups[1].Value switch { "-" => "fail", "~" => "softfail", "?" => "neutral", _ => "pass" };
        }
        return terms.Any(term => term.StartsWith("redirect=", StringComparison.OrdinalIgnoreCase)) ? "redirect" : "missing";
    }

    /// <summary>Character-strings of at most 200 octets in master-file form, octets outside printable ASCII as \DDD.</summary>
    private static string MasterFileStrings(string text) =>
        string.Join(' ', Encoding.UTF8.GetBytes(text).Chunk(200).Select(part =>
            $"\"{string.Concat(part.Select(b => b is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\' ? ((char)b).ToString() : $"\\{b:D3}"))}\""));

    [GeneratedRegex("^v=spf1( |$)", RegexOptions.IgnoreCase)]
    private static partial Regex SelectionPattern();

    [GeneratedRegex("^([+?~-]?)all$", RegexOptions.IgnoreCase)]
    private static partial Regex AllPattern();

    private sealed record Entry(string Domain, string[] Mx, string Spf);
}
