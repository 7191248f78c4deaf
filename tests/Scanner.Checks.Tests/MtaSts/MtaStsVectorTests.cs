using System.Text;
using System.Text.Json;
using Scanner.Checks.MtaSts;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>What other implementations' tests say about the same texts. Each disagreement stands here with its reason; one that is not
/// listed fails, and so does a listed one that is none.</summary>
public sealed class MtaStsVectorTests
{
    private static readonly Dictionary<string, string> Records = new()
    {
        ["v=STSv1;        id=20160831085700Z   "] = "WSP at the end belongs to a delimiter and needs a \";\" (RFC 8461 §3.1); the source splits and trims",
        ["v=STSv1; id=20160831085700Z;;;"] = "empty fields are not in the grammar (RFC 8461 §3.1); the source splits and skips",
    };

    // Against the usable verdict: these are only not strict. classification.md 6.3 tolerates unreadable extra lines, and bad mx lines where none is needed.
    private static readonly Dictionary<string, string> Policies = new()
    {
        ["version:STSv1\nmode:none\nmax_age:0\next:"] = "an unreadable extra line",
        ["version:STSv1\nmode:none\nmax_age:0\na12345678901234567890123456789012:123"] = "an unreadable extra line",
        ["version:STSv1\nmode:none\nmax_age:0\n_bad:test"] = "an unreadable extra line",
        ["version:STSv1\nmode:none\nmax_age:0\nmx: m\u00F8x.example"] = "mode none needs no mx, so a bad one is tolerated",
    };

    private static readonly Dictionary<string, string> MxMatches = new()
    {
        ["x.\u00F1aca.com x.xn--aca-6ma.com"] = "MX names and patterns are A-labels (RFC 8461 §3.2): U-labels never reach the comparison",
    };

    [Fact]
    public void Records_of_others()
    {
        Compare("mtasts/records.jsonl", Records, vector =>
        {
            string text = vector.GetProperty("input").GetString()!;
            bool ours = MtaStsRecordParser.Parse(text, out var reading) == RecordMatch.Valid;
            if (ours && vector.TryGetProperty("parsed", out var parsed)) Assert.Equal(parsed.GetProperty("id").GetString(), reading.Id);
            return (text, ours == (vector.GetProperty("expect").GetString() == "valid"));
        });
    }

    [Fact]
    public void Policies_of_others()
    {
        Compare("mtasts/policies.jsonl", Policies, vector =>
        {
            string text = vector.GetProperty("input").GetString()!;
            bool expected = vector.GetProperty("expect").GetString() == "valid";
            var policy = MtaStsPolicyParser.Parse(Encoding.UTF8.GetBytes(text));
            // The sources validate: with our strict verdict there is no disagreement at all.
            Assert.True(policy.Strict == expected, text);
            if (expected && vector.TryGetProperty("parsed", out var parsed))
            {
                Assert.Equal(parsed.GetProperty("mode").GetString(), policy.Mode.WordOrNull());
                Assert.Equal(parsed.GetProperty("max_age").GetInt64(), policy.MaxAge);
                Assert.Equal(parsed.GetProperty("mx").EnumerateArray().Select(e => e.GetString()!), policy.MxPatterns);
            }
            return (text, policy.Usable == expected);
        });
    }

    [Fact]
    public void Mx_matches_of_others()
    {
        Compare("mtasts/mx-match.jsonl", MxMatches, vector =>
        {
            var input = vector.GetProperty("input");
            string host = input.GetProperty("mx").GetString()!;
            string[] patterns = [.. input.GetProperty("patterns").EnumerateArray().Select(e => e.GetString()!)];
            bool ours = patterns.Any(p => MtaStsMxMatcher.Matches(p, host));
            return ($"{host} {string.Join(' ', patterns)}", ours == (vector.GetProperty("expect").GetString() == "true"));
        });
    }

    /// <param name="judge">The input as the table's key, and whether we agree.</param>
    private static void Compare(string file, Dictionary<string, string> disagreements, Func<JsonElement, (string Input, bool Agrees)> judge)
    {
        string? path = SharedVectors.Find(file);
        if (path is null) Assert.Skip(SharedVectors.Missing(file));
        var unseen = disagreements.Keys.ToHashSet();
        foreach (string line in File.ReadLines(path))
        {
            using var vector = JsonDocument.Parse(line);
            var (input, agrees) = judge(vector.RootElement);
            Assert.True(agrees != disagreements.ContainsKey(input), $"{(agrees ? "listed, but we agree" : "not listed, but we disagree")}: {line}");
            unseen.Remove(input);
        }
        Assert.Empty(unseen);
    }
}
