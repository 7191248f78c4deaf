using System.Security.Cryptography;
using System.Text;

namespace Scanner;

/// <summary>
/// The options that decide which rows a run has and what may stand in them. A run is only gone on with under the same ones; everything
/// else (resolvers, rates, time limits, passes) may change, since it decides how soon and how surely an answer comes, not what is made of it.
/// </summary>
public static class ResultOptions
{
    /// <summary>Name and value of each, in a fixed order.</summary>
    public static IReadOnlyDictionary<string, string> Of(ScanOptions options)
    {
        var effective = options.Effective();
        var decisive = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["psl"] = options.List.PublicSuffixList.Version,
            ["exclude"] = options.List.ExcludeFile is { } file ? HashOf(File.ReadAllBytes(file)) : "none",
            ["vantage"] = options.Vantage ?? "",
        };
        foreach (string name in (string[])["top", "sample", "seed", "shard", "checks", "spf-eval-level", "special-addresses", "strict-media-type",
            "mx-addresses", "check-report-auth", "prune", "dkim-tier", "lab"]) decisive[name] = effective[name];
        // Whether AD is believed decides these two checks and no other.
        if ((options.Checks & (ScanChecks.Dane | ScanChecks.Dnssec)) != 0) decisive["ad-trusted"] = effective["ad-trusted"];
        return decisive;
    }

    /// <summary>SHA-256 over names and values, lower-case hexadecimal: what stands in the metadata of a part.</summary>
    public static string Hash(IReadOnlyDictionary<string, string> decisive) =>
        HashOf(Encoding.UTF8.GetBytes(string.Concat(decisive.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}\n"))));

    private static string HashOf(byte[] octets) => Convert.ToHexStringLower(SHA256.HashData(octets));
}
