using System.Globalization;
using Scanner.Aggregate;

namespace Scanner.Report;

/// <summary>The sentences of the headline, the same in the terminal and in summary.md.</summary>
public static class Headline
{
    /// <summary>The definition of "enforcing" that the sentence uses (classification.md 5.6); <see cref="OtherEnforcement"/> stands beside it.</summary>
    public const string Enforcement = "enf_9989";

    /// <summary>What nearly all press figures mean by it.</summary>
    public const string OtherEnforcement = "enf_p";

    /// <summary>"Of domains that run mail, X % publish SPF, Y % publish DMARC (only Z % at an enforcing policy) and W % publish MTA-STS."
    /// Leaves out what was not asked for; empty when nothing was.</summary>
    public static string Sentence(Summary summary)
    {
        Figure? Find(string metric) => summary.Figures.Find(metric, summary.Headline);
        var parts = new List<string>();
        if (Find("spf_published") is { } spf) parts.Add($"{Percent(spf.Share, 1)} publish SPF");
        if (Find("dmarc_own") is { } own && Find(Enforcement) is { } enforcing)
            parts.Add($"{Percent(own.Share, 1)} publish DMARC (only {Percent(enforcing.Share, 1)} at an enforcing policy)");
        if (Find("mtasts_published") is { } sts) parts.Add($"{Percent(sts.Share, 1)} publish MTA-STS");
        if (parts.Count == 0) return "";
        string list = parts.Count == 1 ? parts[0] : $"{string.Join(", ", parts[..^1])} and {parts[^1]}";
        return $"Of {Words(summary.Headline)}, {list}.";
    }

    /// <summary>What a reader must know first who got the page from somebody else: the run asked the lab. Null for a run that asked real names.</summary>
    public static string? Simulated(Summary summary) => summary.Run.Manifests.Any(m => m.Options.GetValueOrDefault("lab") is not (null or "no"))
        ? "A SIMULATED INTERNET (scan --lab): made-up names; the figures say nothing about real ones."
        : null;

    /// <summary>What the sentence is worth: size, unknowns, definitions. One line each.</summary>
    public static IEnumerable<string> Notes(Summary summary)
    {
        var (run, figures) = summary;
        if (Simulated(summary) is { } simulated) yield return simulated;
        if (!run.Complete) yield return "THE RUN IS NOT COMPLETE: these figures are of the names done so far.";
        long size = figures.Denominators.GetValueOrDefault(summary.Headline) ?? 0;
        yield return $"{Count(size)} of {Count(figures.Denominators.GetValueOrDefault(Metrics.Listed) ?? 0)} listed names are "
            + $"{Words(summary.Headline)} ({summary.Headline}).";
        string[] unknowns = new[] { ("SPF", "spf_published"), ("DMARC", "dmarc_own"), ("enforcing", Enforcement), ("MTA-STS", "mtasts_published") }
            .Select(m => (m.Item1, Figure: figures.Find(m.Item2, summary.Headline)))
            .Where(m => m.Figure is not null)
            .Select(m => $"{m.Item1} {Count(m.Figure!.Unknown)}")
            .ToArray();
        if (unknowns.Length > 0) yield return $"Unknown among them, and counted neither way: {string.Join(", ", unknowns)}.";
        if (figures.MailUnknown is > 0 and { } mailUnknown)
            yield return $"Of {Count(mailUnknown)} further listed names it is not known whether they run mail.";
        if (figures.Find(OtherEnforcement, summary.Headline) is { } other)
            yield return $"Enforcing is {Enforcement} (RFC 9989 section 3.2.9); by p or sp alone ({OtherEnforcement}) it is {Percent(other.Share, 1)}.";
        foreach (var spell in run.Manifests.SelectMany(manifest => manifest.DenialSpells)) yield return $"{spell}; what it denied then was asked again.";
        if (Completeness(figures) is { Length: > 0 } completeness)
            yield return $"Unknown answers over resolvable names: {completeness}.";
    }

    /// <summary>For each query type the share of resolvable names whose answer says neither yes nor no.</summary>
    public static string Completeness(Figures figures) => string.Join(", ", figures.Queries
        .GroupBy(q => q.Query)
        .OrderBy(g => Array.IndexOf(_queries, g.Key))
        .Select(g => (g.Key, Asked: g.Where(q => q.Status != "not_queried").Sum(q => q.Resolvable), Unknown: g.Where(q => q.IsUnknown).Sum(q => q.Resolvable)))
        .Where(q => q.Asked > 0)
        .Select(q => $"{q.Key} {Percent((double)q.Unknown / q.Asked, 2)}"));

    public static string Words(string denominator) => Metrics.Denominators.First(d => d.Name == denominator).Words;

    /// <summary>"86.1 %"; "-" for nothing decided. A share that is not 0 never prints as 0.</summary>
    public static string Percent(double? share, int decimals)
    {
        if (share is not { } s) return "-";
        while (s > 0 && Math.Round(100 * s, decimals) == 0 && decimals < 4) decimals++;
        return (100 * s).ToString($"F{decimals}", CultureInfo.InvariantCulture) + " %";
    }

    public static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    private static readonly string[] _queries = ["mx", "txt", "dmarc", "mta_sts", "tls_rpt", "a", "aaaa", "domainkey", "bimi", "soa"];
}
