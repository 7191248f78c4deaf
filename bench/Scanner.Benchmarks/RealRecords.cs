using System.Text.Json;
using Scanner.Checks.Spf;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Benchmarks;

/// <summary>Published records out of the public vectors (shared/vectors/README.md), as the answers that would carry them.</summary>
internal static class RealRecords
{
    private const string Spf = "records/spf-syntax-verdicts.jsonl", Dmarc = "dmarc/records.jsonl", MtaSts = "mtasts/records.jsonl", Policies = "mtasts/policies.jsonl",
        Names = "records/mx-spf-5000.jsonl";

    /// <summary>Null when everything is there.</summary>
    public static string? WhyMissing { get; } =
        ((string[])[Spf, Dmarc, MtaSts, Policies, Names]).FirstOrDefault(path => SharedVectors.Find(path) is null) is { } absent ? SharedVectors.Missing(absent) : null;

    /// <summary>9,522 distinct SPF records of real names.</summary>
    public static DnsAnswer[] SpfAnswers() => [.. Read(Spf, "spf").Select(text => Txt("example.com", text))];

    /// <summary>The records of other projects' tests: odd ones are more frequent than in the wild.</summary>
    public static DnsAnswer[] DmarcAnswers() => [.. Read(Dmarc, "input").Select(text => Txt("_dmarc.example.com", text))];

    public static DnsAnswer[] MtaStsAnswers() => [.. Read(MtaSts, "input").Select(text => Txt("_mta-sts.example.com", text))];

    public static byte[][] PolicyBodies() => [.. Read(Policies, "input").Select(System.Text.Encoding.UTF8.GetBytes)];

    /// <summary>What was seen at one real name, and the TXT answers at all the names that its SPF record leads to.</summary>
    public sealed record RealName(string Name, DnsAnswer Mx, DnsAnswer Txt, (DnsQuestion Question, DnsAnswer Answer)[] Tree);

    /// <summary>
    /// The 5,000 names with their MX hosts and SPF records. The records of included names are not in the vectors unless such a name is listed
    /// itself: any other gets a real record without further includes, always the same for one name, so that the trees are of real size and no
    /// deeper than one step behind the last listed name. As in a scan, one included name has one answer, shared by all who include it.
    /// </summary>
    public static RealName[] RealNames()
    {
        var lines = File.ReadLines(SharedVectors.Find(Names)!).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var listed = lines.ToDictionary(l => l.GetProperty("domain").GetString()!, l => l.GetProperty("spf").GetString() ?? "", StringComparer.Ordinal);
        string[] flat = [.. Read(Spf, "spf").Where(text => text.Contains("ip4:", StringComparison.Ordinal)
            && !text.Contains("include", StringComparison.OrdinalIgnoreCase) && !text.Contains("redirect", StringComparison.OrdinalIgnoreCase))];
        var answers = new Dictionary<string, DnsAnswer>(StringComparer.Ordinal);
        return [.. lines.Select(Name)];

        RealName Name(JsonElement line)
        {
            string name = line.GetProperty("domain").GetString()!;
            string[] hosts = [.. line.GetProperty("mx").EnumerateArray().Select(mx => mx.GetString()!)];
            var mx = new DnsAnswer
            {
                Question = new DnsQuestion(name, DnsRecordType.Mx),
                Status = hosts.Length == 0 ? DnsStatus.Nodata : DnsStatus.Ok,
                Records = [.. hosts.Select((host, i) => new MxRecord(name, 300, (ushort)(10 * i), host))],
            };
            var own = TxtAt(name, listed[name]);
            var zone = new SpfZone(name, own);
            var tree = new List<(DnsQuestion, DnsAnswer)>();
            List<string> known = [name];
            for (int i = 0; i < known.Count; i++)
            {
                if (i > 0)
                {
                    if (!answers.TryGetValue(known[i], out var answer))
                        answers.Add(known[i], answer = TxtAt(known[i], listed.TryGetValue(known[i], out string? text) ? text : flat[Pick(known[i], flat.Length)]));
                    var question = new DnsQuestion(known[i], DnsRecordType.Txt);
                    tree.Add((question, answer));
                    zone.Add(question, answer);
                }
                zone.AddReferences(known[i], known, SpfLookup.MaxTxtLookups + 1);
            }
            return new RealName(name, mx, own, [.. tree]);
        }
    }

    private static DnsAnswer TxtAt(string name, string text) =>
        text.Length > 0 ? Txt(name, text) : DnsAnswer.Without(new DnsQuestion(name, DnsRecordType.Txt), DnsStatus.Nodata);

    /// <summary>The same for a name in every run.</summary>
    private static int Pick(string name, int count) => (int)(name.Aggregate(17u, (hash, c) => hash * 31 + c) % (uint)count);

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
