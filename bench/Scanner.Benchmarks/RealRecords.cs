using System.Text.Json;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Benchmarks;

/// <summary>Published records out of the public vectors (shared/vectors/README.md), as the answers that would carry them.</summary>
internal static class RealRecords
{
    private const string Spf = "records/spf-syntax-verdicts.jsonl", Dmarc = "dmarc/records.jsonl", MtaSts = "mtasts/records.jsonl", Policies = "mtasts/policies.jsonl";

    /// <summary>Null when everything is there.</summary>
    public static string? WhyMissing { get; } =
        ((string[])[Spf, Dmarc, MtaSts, Policies]).FirstOrDefault(path => SharedVectors.Find(path) is null) is { } absent ? SharedVectors.Missing(absent) : null;

    /// <summary>9,522 distinct SPF records of real names.</summary>
    public static DnsAnswer[] SpfAnswers() => [.. Read(Spf, "spf").Select(text => Txt("example.com", text))];

    /// <summary>The records of other projects' tests: odd ones are more frequent than in the wild.</summary>
    public static DnsAnswer[] DmarcAnswers() => [.. Read(Dmarc, "input").Select(text => Txt("_dmarc.example.com", text))];

    public static DnsAnswer[] MtaStsAnswers() => [.. Read(MtaSts, "input").Select(text => Txt("_mta-sts.example.com", text))];

    public static byte[][] PolicyBodies() => [.. Read(Policies, "input").Select(System.Text.Encoding.UTF8.GetBytes)];

    private static DnsAnswer Txt(string name, string text)
    {
        // Character-strings of at most 255 octets, as a name server would send them.
        string[] strings = [.. text.Chunk(255).Select(part => new string(part))];
        return new DnsAnswer
        {
            Question = new DnsQuestion(name, DnsRecordType.Txt),
            Status = DnsStatus.Ok,
            Records = [TxtRecord.FromText(name, 300, strings)],
            Tries = 1,
        };
    }

    private static IEnumerable<string> Read(string path, string field)
    {
        foreach (string line in File.ReadLines(SharedVectors.Find(path)!))
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String) yield return value.GetString()!;
        }
    }
}
