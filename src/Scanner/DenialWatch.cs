using System.Globalization;
using Scanner.Aggregate;
using Scanner.Resolve;

namespace Scanner;

/// <summary>A time in which one resolver denied far more of the listed names than was usual in the run, or than is plausible in any.</summary>
/// <param name="Resolver"><c>address:port</c>.</param>
/// <param name="From">Of the names' first questions, UTC; with a margin on both sides.</param>
/// <param name="Asked">Names in it that the resolver said something about.</param>
/// <param name="Denied">Of them, those that it said do not exist.</param>
public sealed record DenialSpell(string Resolver, DateTimeOffset From, DateTimeOffset Until, long Asked, long Denied)
{
    /// <summary>Does the name rest on a denial that may be of this resolver and this time?</summary>
    internal bool Covers(PendingName pending) =>
        pending.ScannedAt <= Until && pending.AskedAt >= From && pending.Evidence.RestsOnDenial(Resolver);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"Resolver {Resolver} said that {Denied} of {Asked} names do not exist, from {From:yyyy-MM-dd'T'HH:mm:ss'Z'} to {Until:HH:mm:ss'Z'}, far more than is usual");
}

/// <summary>
/// NXDOMAIN is an answer, and nothing in a single one tells a lie from the truth. But names are asked in random order, so the share of listed names that
/// do not exist is about the same in every stretch of a run, and a resolver that denies everything for a while stands out. Only what it denied then is
/// asked again. Who is suspected wrongly costs a few questions and no row its truth; what is too short or too steady to stand out is not seen.
/// </summary>
internal static class DenialWatch
{
    /// <summary>Names in a row, of one resolver, that are judged together: these or some more, so that none is left over, nor are those of one
    /// millisecond parted.</summary>
    private const int Stretch = 50;

    /// <summary>Above the usual share. Of 50 names of which a twentieth do not exist, 18 or more are denied once in 10^11 stretches.</summary>
    private const double Jump = 0.3;

    /// <summary>A stretch of which so much is denied is doubted, whatever is usual: a lie over nearly all of a short run is what is usual in it. In a list
    /// of which so many names really do not exist, each of them is asked about twice.</summary>
    private const double Implausible = 0.6;

    /// <param name="rows">Those that the first pass has written.</param>
    /// <param name="waiting">All other names of the pass.</param>
    public static IReadOnlyList<DenialSpell> Find(RowDatabase rows, IEnumerable<PendingName> waiting)
    {
        var byResolver = new SortedDictionary<string, List<Tick>>(StringComparer.Ordinal);
        foreach (string resolver in rows.Query("SELECT DISTINCT resolver FROM domains WHERE resolver IS NOT NULL", r => r.GetString(0)))
            byResolver.Add(resolver, TicksOf(rows, resolver));
        var verdicts = new List<(string By, bool Denied)>();
        foreach (var pending in waiting)
        {
            pending.Evidence.Verdicts(pending.Name.Name, verdicts);
            if (verdicts.Count == 0) continue;
            if (!byResolver.TryGetValue(verdicts[0].By, out var ticks)) byResolver.Add(verdicts[0].By, ticks = []);
            ticks.Add(new Tick(pending.ScannedAt.ToUnixTimeMilliseconds(), 1, verdicts.Exists(verdict => verdict.Denied) ? 1 : 0));
        }
        var stretches = byResolver.ToDictionary(resolver => resolver.Key, resolver => Stretches(resolver.Value));
        double doubtful = Math.Min(Usual([.. stretches.Values.SelectMany(all => all)]) + Jump, Implausible);

        var spells = new List<DenialSpell>();
        foreach (var (resolver, all) in stretches)
        {
            for (int i = 0; i < all.Count; i++)
            {
                if (all[i].Share < doubtful) continue;
                // Names are in a stretch by their first question, and it is the answer that is true or not: so the neighbours are looked at too.
                var next = new DenialSpell(resolver, Time(all[Math.Max(i - 1, 0)].First), Time(all[Math.Min(i + 1, all.Count - 1)].Last + 1), all[i].Asked, all[i].Denied);
                if (spells is [.., var last] && last.Resolver == resolver && next.From <= last.Until)
                    spells[^1] = last with { Until = next.Until, Asked = last.Asked + next.Asked, Denied = last.Denied + next.Denied };
                else spells.Add(next);
            }
        }
        return spells;
    }

    /// <summary>By the millisecond, a fifth of a stretch at ten thousand names a second: to put a million rows in order takes 200 MB.</summary>
    private static List<Tick> TicksOf(RowDatabase rows, string resolver) => [.. rows.Query($"""
        SELECT epoch_ms(scan_ts), count(*)::INTEGER, count(*) FILTER (
            coalesce(q_mx_status = 'nxdomain' AND q_mx_cname IS NULL, false) OR coalesce(q_txt_status = 'nxdomain' AND q_txt_cname IS NULL, false))::INTEGER
        FROM domains WHERE resolver = {RowDatabase.Quote(resolver)} GROUP BY 1
        """, r => new Tick(r.GetInt64(0), r.GetInt32(1), r.GetInt32(2)))];

    private static List<StretchOfNames> Stretches(List<Tick> ticks)
    {
        ticks.Sort((left, right) => left.Millisecond.CompareTo(right.Millisecond));
        var stretches = new List<StretchOfNames>();
        foreach (var tick in ticks)
        {
            var next = new StretchOfNames(tick.Millisecond, tick.Millisecond, tick.Names, tick.Denied);
            // Those that do not exist have no rows yet and are ticks of their own: parted from the others of their millisecond they would stand out.
            if (stretches is [.., var open] && (open.Asked < Stretch || open.Last == tick.Millisecond)) stretches[^1] = open.With(next);
            else stretches.Add(next);
        }
        // Of the handful that may be left over, half are denied by chance.
        if (stretches is [.., var last, { Asked: < Stretch } rest])
        {
            stretches.RemoveAt(stretches.Count - 1);
            stretches[^1] = last.With(rest);
        }
        return stretches;
    }

    /// <summary>What the quarter of the stretches with the fewest denials stay below, so that a lie over most of the run still stands out. 0 to 1.</summary>
    private static double Usual(List<StretchOfNames> stretches)
    {
        if (stretches.Count == 0) return 0;
        double[] shares = [.. stretches.Select(stretch => stretch.Share).Order()];
        double place = (shares.Length - 1) * 0.25;
        double below = shares[(int)place], above = shares[(int)Math.Ceiling(place)];
        return below + (above - below) * (place - (int)place);
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>Names of one resolver whose first question fell into one millisecond of Unix time.</summary>
    private readonly record struct Tick(long Millisecond, int Names, int Denied);

    /// <param name="First">Millisecond of the first question, and of the last.</param>
    private readonly record struct StretchOfNames(long First, long Last, long Asked, long Denied)
    {
        public double Share => (double)Denied / Asked;

        public StretchOfNames With(StretchOfNames next) => new(First, next.Last, Asked + next.Asked, Denied + next.Denied);
    }
}
