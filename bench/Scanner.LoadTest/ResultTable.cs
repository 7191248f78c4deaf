using System.Globalization;
using System.Text;

namespace Scanner.LoadTest;

/// <summary>Runs of several clients as one Markdown table: median and range over the runs of each, and ratios to other clients.</summary>
public static class ResultTable
{
    /// <param name="references">Clients to whose median CPU the others are compared; those that did not run are left out.</param>
    public static string Make(IEnumerable<LoadResult> results, IReadOnlyList<string> references)
    {
        var groups = results.GroupBy(r => (r.Client, r.InFlight)).Select(g => (g.Key, Runs: g.ToList())).OrderBy(g => Median(g.Runs, r => r.CpuMicroseconds)).ToList();
        // The first mentioned run of a reference that has one at this number in flight, or at any.
        var known = references.Where(name => groups.Any(g => g.Key.Client == name)).ToList();
        var text = new StringBuilder("| client | in flight | runs | us/query (range) | user | sys | qps | B/query | wrong | lost or failed | kernel drops | other load % |");
        foreach (string name in known) text.Append(CultureInfo.InvariantCulture, $" x {name} |");
        text.Append('\n').Append('|').Insert(text.Length, " --- |", 12 + known.Count).Append('\n');
        foreach (var (key, runs) in groups)
        {
            double cpu = Median(runs, r => r.CpuMicroseconds);
            text.Append(CultureInfo.InvariantCulture, $"| {key.Client} | {key.InFlight} | {runs.Count} | {cpu:0.00} ({runs.Min(r => r.CpuMicroseconds):0.00}-{runs.Max(r => r.CpuMicroseconds):0.00})");
            text.Append(CultureInfo.InvariantCulture, $" | {Median(runs, r => r.UserMicroseconds):0.00} | {Median(runs, r => r.SystemMicroseconds):0.00} | {Median(runs, r => r.QueriesPerSecond):0}");
            text.Append(CultureInfo.InvariantCulture, $" | {(runs.Any(r => r.BytesPerQuery > 0) ? Median(runs, r => r.BytesPerQuery).ToString("0", CultureInfo.InvariantCulture) : "-")}");
            text.Append(CultureInfo.InvariantCulture, $" | {runs.Sum(r => r.Wrong)} | {runs.Sum(r => r.Errors - r.Wrong)} | {runs.Sum(r => r.KernelDrops)} | {Median(runs, r => r.OtherLoadPercent):0} |");
            foreach (string name in known) text.Append(CultureInfo.InvariantCulture, $" {cpu / Reference(name, key.InFlight):0.00} |");
            text.Append('\n');
        }
        return text.ToString();

        double Reference(string name, int inFlight)
        {
            var same = groups.Where(g => g.Key.Client == name).OrderBy(g => g.Key.InFlight == inFlight ? 0 : 1).First();
            return Median(same.Runs, r => r.CpuMicroseconds);
        }
    }

    private static double Median(List<LoadResult> runs, Func<LoadResult, double> value)
    {
        double[] sorted = [.. runs.Select(value).Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
