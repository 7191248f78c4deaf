using Scanner.Aggregate;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>Whose figures these are: one run, or the shards of one.</summary>
/// <param name="Ended">Null when one of them has no end.</param>
/// <param name="Complete">All of them are.</param>
/// <param name="Folders">How many run folders went in.</param>
public sealed record RunHeader(
    string List, string ListSha256, DateTimeOffset Started, DateTimeOffset? Ended, bool Complete, int Folders,
    IReadOnlyList<string> Resolvers, string? Vantage, string ToolVersion)
{
    /// <summary>The names were drawn at random from the list.</summary>
    public bool Sampled { get; init; }

    /// <summary>The run.json of every folder, for the Methods text.</summary>
    public IReadOnlyList<RunManifest> Manifests { get; init; } = [];
}

/// <summary>What summary.json, summary.md and the terminal show.</summary>
public sealed record Summary(RunHeader Run, Figures Figures)
{
    /// <summary>The denominator of the headline: <c>mail</c>, or <c>listed</c> where MX was not asked for.</summary>
    public string Headline => Figures.Denominators.GetValueOrDefault(Metrics.Mail) is null ? Metrics.Listed : Metrics.Mail;

    internal static RunHeader HeaderOf(RunSet set)
    {
        var (runs, first) = (set.Manifests, set.Manifests[0]);
        return new RunHeader(
            first.List,
            first.ListSha256,
            runs.Min(r => r.Started),
            runs.Any(r => r.Ended is null) ? null : runs.Max(r => r.Ended),
            runs.All(r => r.Complete),
            runs.Count,
            runs.SelectMany(r => r.Resolvers).Distinct().ToArray(),
            string.Join("; ", runs.Select(r => r.Vantage).OfType<string>().Distinct()) is { Length: > 0 } vantage ? vantage : null,
            string.Join(", ", runs.Select(r => r.ToolVersion).Distinct()))
        {
            Sampled = set.Sampled,
            Manifests = runs,
        };
    }
}
