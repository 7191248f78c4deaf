using System.Text.Json;
using Scanner.Checks.Dmarc;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.Dmarc.DmarcZone;

namespace Scanner.Checks.Tests.Dmarc;

/// <summary>
/// Verdicts that other projects publish. "Valid" there means that a receiver acts on the record: so our verdict is valid where our
/// RFC 7489 reading has an effect. Where they differ from us the case stands below with its reason; any other difference fails.
/// </summary>
public class DmarcVectorTests
{
    private const string File = "dmarc/records.jsonl";
    private const string Defaults = "RFC 7489 §6.3 and RFC 9989 §4.8: a fault in another tag is dropped for its default, the record stands";
    private const string NoPolicy = "RFC 9989 §4.10.1: not a policy, and no rua to rescue it";

    /// <summary>Differences of verdict.</summary>
    private static readonly Dictionary<string, string> s_verdicts = new(StringComparer.Ordinal)
    {
        ["v=DMARC1; p=none; p=none"] = "classification.md 5.3: the same value twice does not contradict itself",
        ["v=DMARC1; rua=mailto:dmarc-feedback@example.com!99999999999999999999999999999999999999999999999"] = "RFC 9989 §4.8: the size is obsolete syntax and ignored, whatever the number; the address rescues",
        ["v=DMARC1; p=n;"] = NoPolicy + "; only OpenDMARC takes a prefix",
        ["v=DMARC1; p=none; adkim=bob;"] = Defaults,
        ["v=DMARC1; p=none; aspf=bob;"] = Defaults,
        ["v=DMARC1; p=none; rf=bob;"] = Defaults,
        ["v=DMARC1; p=none; ri=bob;"] = Defaults,
        ["v=DMARC1; p=none; pct=500;"] = Defaults,
        ["v=DMARC1; p=none; rf=000000000000000000000000000000000"] = Defaults,
        ["v=DMARC1; sp=reject; p=reject"] = "RFC 9989 §4.7: the order is free after v; quirk p_not_second",
    };

    /// <summary>Differences of a parsed tag.</summary>
    private static readonly Dictionary<(string Input, string Tag), string> s_tags = new()
    {
        [("v=DMARC1; p=reject; ri = 3600; aspf=r; adkim =r; rua=mailto:dmarc-feedback@example.com!10 K , mailto:user%20@example.com ! 2G;ignore_me= true; fo=s; rf = AfrF; ", "rua")] =
            "RFC 7489 §6.4: the size follows without blanks, and a blank is no part of a URI",
        [("v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net; fo=s:d; t=y; psd=y;;", "fo")] =
            "we keep what is published; the set is the same",
    };

    [Fact]
    public void Every_difference_is_known()
    {
        string? path = SharedVectors.Find(File);
        if (path is null) Assert.Skip(SharedVectors.Missing(File));

        var wrong = new List<string>();
        var verdictsMet = new HashSet<string>(StringComparer.Ordinal);
        var tagsMet = new HashSet<(string, string)>();
        int cases = 0;
        foreach (string line in System.IO.File.ReadLines(path).Where(l => l.Length > 0))
        {
            using var json = JsonDocument.Parse(line);
            cases++;
            string text = json.RootElement.GetProperty("input").GetString()!;
            bool expected = json.RootElement.GetProperty("expect").GetString() == "valid";
            DmarcRecordParser.Parse(Octets(text), out var record);
            bool actual = record is not null
                          && DmarcEffect.Policy7489(new DmarcFound(DmarcSource.Self, "example.com", record)) != DmarcPolicy.NoProcessing;
            if (actual != expected && !Known(s_verdicts, verdictsMet, text)) wrong.Add($"{text}: expected {expected}, is {actual}");
            if (!expected || record is null || !json.RootElement.TryGetProperty("parsed", out var parsed)) continue;
            foreach (var tag in parsed.EnumerateObject())
                if (Ours(record, tag.Name) is { } ours && ours != Theirs(tag.Value) && !Known(s_tags, tagsMet, (text, tag.Name)))
                    wrong.Add($"{text}: {tag.Name} expected {Theirs(tag.Value)}, is {ours}");
        }
        Assert.Empty(wrong);
        Assert.Equal(66, cases);
        Assert.Empty(s_verdicts.Keys.Except(verdictsMet));
        Assert.Empty(s_tags.Keys.Except(tagsMet));
    }

    private static bool Known<T>(Dictionary<T, string> known, HashSet<T> met, T key) where T : notnull
    {
        met.Add(key);
        return known.ContainsKey(key);
    }

    /// <summary>What our reading makes of a tag, in the words of the vectors; null for tags that we do not read.</summary>
    private static string? Ours(DmarcRecord record, string tag) => tag switch
    {
        // They give the policy after the rescue by rua and after the fallbacks.
        "p" => Rescued(record) ? "none" : record.P.Text?.ToLowerInvariant(),
        "sp" => (record.Sp.IsMissing ? record.P : record.Sp).Text?.ToLowerInvariant(),
        "np" => (!record.Np.IsMissing ? record.Np : record.Sp.IsMissing ? record.P : record.Sp).Text?.ToLowerInvariant(),
        "adkim" => record.Adkim,
        "aspf" => record.Aspf,
        "t" => record.T,
        "psd" => record.PsdText,
        "fo" => record.Fo?.Replace(":", "", StringComparison.Ordinal),
        "pct" => record.Pct?.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "rua" => $"{record.Rua.ValidCount} addresses",
        "ruf" => $"{record.Ruf.ValidCount} addresses",
        _ => null,
    };

    private static bool Rescued(DmarcRecord record) =>
        record.State is DmarcRecordState.MissingPRua or DmarcRecordState.InvalidPRua or DmarcRecordState.InvalidSpNpRua;

    private static string Theirs(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array when value[0].GetString()!.Contains('@', StringComparison.Ordinal) => $"{value.GetArrayLength()} addresses",
        JsonValueKind.Array => string.Concat(value.EnumerateArray().Select(v => v.GetString())),
        JsonValueKind.Number => value.GetRawText(),
        _ => value.GetString()!.Replace(":", "", StringComparison.Ordinal),
    };
}
