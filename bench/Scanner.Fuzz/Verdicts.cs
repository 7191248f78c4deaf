using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scanner.Checks;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Spf;
using Scanner.Dns;

namespace Scanner.Fuzz;

/// <summary>
/// What we say of texts, in the words that the scripts beside other programs use too (bench/differential): one JSON object a line,
/// <c>{"kind":"spf|dmarc|mta-sts|policy","text":"one char per octet"}</c>, and one object a line back, with <c>verdict</c> to compare and
/// what else helps to say why.
/// </summary>
internal static class Verdicts
{
    private static readonly SpfClient s_stranger = new(IPAddress.Parse("203.0.113.77"), "client.example.net", "user@example.org", DateTimeOffset.UnixEpoch);

    public static async Task RunAsync(TextReader input, TextWriter output)
    {
        while (await input.ReadLineAsync() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            string text = json.RootElement.GetProperty("text").GetString()!;
            JsonObject verdict = json.RootElement.GetProperty("kind").GetString() switch
            {
                "spf" => await SpfAsync(text),
                "dmarc" => Dmarc(text),
                "mta-sts" => StsRecord(text),
                "policy" => Policy(text),
                var kind => throw new JsonException($"unknown kind {kind}"),
            };
            await output.WriteLineAsync(verdict.ToJsonString());
        }
    }

    private static async Task<JsonObject> SpfAsync(string text)
    {
        var match = SpfRecordParser.Parse(text, [], out _, out var error);
        var check = await SpfLookup.CheckHostAsync("example.org", s_stranger, new OneRecordWorld("example.org", text), CancellationToken.None);
        return new JsonObject
        {
            ["verdict"] = check.Verdict.Word(),
            ["syntax"] = match.Word(),
            ["error"] = error.WordOrNull(),
            ["term"] = SpfRecordParser.BadTerm(text),
            ["problem"] = check.Problem,
        };
    }

    private static JsonObject Dmarc(string text)
    {
        DmarcRecordParser.Parse(text, out var record);
        return new JsonObject
        {
            ["verdict"] = record is null ? "none"
                : $"p={Lower(record.P.Text)} sp={Lower(record.Sp.Text)} np={Lower(record.Np.Text)} t={record.T} psd={record.PsdText} adkim={record.Adkim} aspf={record.Aspf} fo={record.Fo} pct={record.Pct}",
            ["state"] = record?.State.Word(),
            ["quirks"] = record is null ? null : string.Join(',', record.Quirks),
        };

        static string? Lower(string? word) => word?.ToLowerInvariant();
    }

    private static JsonObject StsRecord(string text)
    {
        var result = MtaStsClassifier.ClassifyRecord(Readers.Txt("_mta-sts.example.org", text));
        return new JsonObject { ["verdict"] = result.Id is null ? "none" : "id=" + result.Id, ["state"] = result.Record.Word(), ["error"] = result.RecordError.WordOrNull() };
    }

    private static JsonObject Policy(string text)
    {
        var policy = MtaStsPolicyParser.Parse(Encoding.Latin1.GetBytes(text));
        return new JsonObject
        {
            ["verdict"] = policy.Usable ? $"{policy.Mode!.Value.Word()} {policy.MaxAge} {string.Join(',', policy.MxPatterns.Select(p => p.ToLowerInvariant()).Distinct())}" : "invalid",
            ["error"] = string.Join(',', policy.Errors.Select(e => e.Word())),
            ["quirks"] = string.Join(',', policy.Quirks),
            ["strict"] = policy.Strict,
        };
    }

    /// <summary>The record at one name. Every other name exists and has a harmless record, an MX and addresses that match nobody.</summary>
    private sealed class OneRecordWorld(string name, string text) : IResolver
    {
        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => new(question.Type switch
        {
            DnsRecordType.Txt => Readers.Txt(question.Name, question.Name == name ? text : "v=spf1 ?all"),
            DnsRecordType.Mx => Readers.Answer(question.Name, question.Type, [new MxRecord(question.Name, 60, 10, "mx.example.net")]),
            DnsRecordType.A => Readers.Answer(question.Name, question.Type, [new AddressRecord(question.Name, 60, IPAddress.Parse("192.0.2.9"))]),
            DnsRecordType.Aaaa => Readers.Answer(question.Name, question.Type, [new AddressRecord(question.Name, 60, IPAddress.Parse("2001:db8::9"))]),
            _ => DnsAnswer.Without(question, DnsStatus.Nxdomain),
        });
    }
}
