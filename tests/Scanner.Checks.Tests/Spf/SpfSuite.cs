using System.Text.Json;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Spf;

/// <summary>The tests of check_host() that the SPF community keeps (shared/vectors/spf), read as they stand.</summary>
internal static class SpfSuite
{
    /// <param name="Results">Any of these is right.</param>
    /// <param name="Explanation">Null when the test does not ask for it; "DEFAULT" for none.</param>
    public sealed record Case(
        string Id, string Host, string Helo, string MailFrom, string[] Results, string? Explanation, string? Strictness, FakeResolver Zone);

    public static IEnumerable<Case> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        foreach (var scenario in document.RootElement.EnumerateArray())
        {
            var zone = ZoneOf(scenario.GetProperty("zonedata"));
            foreach (var test in scenario.GetProperty("tests").EnumerateObject())
            {
                var results = test.Value.GetProperty("result");
                yield return new Case(
                    test.Name,
                    test.Value.GetProperty("host").GetString()!,
                    test.Value.GetProperty("helo").GetString()!,
                    test.Value.TryGetProperty("mailfrom", out var from) ? from.GetString()! : "",
                    results.ValueKind == JsonValueKind.Array ? [.. results.EnumerateArray().Select(r => r.GetString()!)] : [results.GetString()!],
                    test.Value.TryGetProperty("explanation", out var explanation) ? explanation.GetString() : null,
                    test.Value.TryGetProperty("strict", out var strict) ? strict.ToString() : null,
                    zone);
            }
        }
    }

    private static FakeResolver ZoneOf(JsonElement zonedata)
    {
        var zone = new FakeResolver();
        foreach (var owner in zonedata.EnumerateObject())
        {
            string name = owner.Name.ToLowerInvariant();
            var records = owner.Value.EnumerateArray().ToList();
            bool hasTxt = records.Exists(r => r.ValueKind == JsonValueKind.Object && r.TryGetProperty("TXT", out _));
            foreach (var record in records)
            {
                if (record.ValueKind == JsonValueKind.String)
                {
                    // "TIMEOUT": whatever is not listed beside it.
                    foreach (var type in new[] { DnsRecordType.Txt, DnsRecordType.A, DnsRecordType.Aaaa, DnsRecordType.Mx })
                        if (type != DnsRecordType.Txt || !records.Exists(r => r.ValueKind == JsonValueKind.Object && r.TryGetProperty("TXT", out var t) && !IsNone(t)))
                            zone.Fail(name, type, DnsStatus.Timeout);
                    continue;
                }
                var data = record.EnumerateObject().Single();
                switch (data.Name)
                {
                    case "TXT" when !IsNone(data.Value):
                    case "SPF" when !hasTxt:
                        zone.Txt(name, data.Value.ValueKind == JsonValueKind.Array
                            ? [.. data.Value.EnumerateArray().Select(s => s.GetString()!)]
                            : [data.Value.GetString()!]);
                        break;
                    case "A" or "AAAA":
                        zone.A(name, data.Value.GetString()!);
                        break;
                    case "MX":
                        zone.Mx(name, int.Parse(data.Value[0].ToString(), null), NameOf(data.Value[1]));
                        break;
                    case "PTR":
                        zone.Ptr(name, NameOf(data.Value));
                        break;
                    case "CNAME":
                        zone.Cname(name, NameOf(data.Value));
                        break;
                }
            }
        }
        return zone;
    }

    /// <summary>As a resolver gives names: lower-case, without the dot at the end, the root as ".".</summary>
    private static string NameOf(JsonElement value) => value.GetString()!.TrimEnd('.').ToLowerInvariant() is { Length: > 0 } name ? name : ".";

    private static bool IsNone(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString() == "NONE";
}
