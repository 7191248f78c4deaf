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
    /// <summary>Names in a row, of one resolver, that are judged together: these or up to twice as many, so that none is left over.</summary>
    private const int Stretch = 50;

    /// <summary>Above the usual share. Of 50 names of which a twentieth do not exist, 18 or more are denied once in 10^11 stretches.</summary>
    private const double Jump = 0.3;

    /// <summary>A stretch of which so much is denied is doubted, whatever is usual: a lie over nearly all of a short run is what is usual in it. In a list
    /// of which so many names really do not exist, each of them is asked about twice.</summary>
    private const double Implausible = 0.6;

    /// <summary>Names are in one stretch by their first question, and it is the answer that is true or not: so the neighbours are looked at too.
    /// Usual is what the quarter of the stretches with the fewest denials stay below, so that a lie over most of the run is still one.</summary>
    private static readonly string _sql = string.Create(CultureInfo.InvariantCulture, $"""
        WITH asked AS (
            SELECT resolver, us, denied, (row_number() OVER (PARTITION BY resolver ORDER BY us, name) - 1) AS place, count(*) OVER (PARTITION BY resolver) AS names
            FROM (
                SELECT resolver, name, epoch_us(scan_ts) AS us,
                    coalesce(q_mx_status = 'nxdomain' AND q_mx_cname IS NULL, false) OR coalesce(q_txt_status = 'nxdomain' AND q_txt_cname IS NULL, false) AS denied
                FROM domains WHERE resolver IS NOT NULL
                UNION ALL FROM waiting)),
        stretches AS (
            SELECT resolver, place * greatest(1, names // {Stretch}) // names AS stretch,
                min(us) AS first, max(us) AS last, count(*) AS asked, count(*) FILTER (denied) AS denied, avg(denied::INTEGER) AS share
            FROM asked GROUP BY ALL),
        neighbours AS (
            SELECT *, coalesce(lag(first) OVER near, first) AS since, coalesce(lead(last) OVER near, last) AS until, quantile_cont(share, 0.25) OVER () AS usual
            FROM stretches WINDOW near AS (PARTITION BY resolver ORDER BY stretch))
        SELECT resolver, since, until, asked, denied FROM neighbours WHERE share >= least(usual + {Jump}, {Implausible}) ORDER BY resolver, since
        """);

    /// <param name="rows">Those that the first pass has written.</param>
    /// <param name="waiting">All other names of the pass.</param>
    public static IReadOnlyList<DenialSpell> Find(RowDatabase rows, IEnumerable<PendingName> waiting)
    {
        rows.Run("CREATE OR REPLACE TEMP TABLE waiting (resolver VARCHAR, name VARCHAR, us BIGINT, denied BOOLEAN)");
        var verdicts = new List<(string By, bool Denied)>();
        rows.Append("waiting", waiting.Where(pending => Judge(pending) > 0), (row, pending) => row
            .AppendValue(verdicts[0].By)
            .AppendValue(pending.Name.Name)
            .AppendValue((pending.ScannedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
            .AppendValue(verdicts.Exists(verdict => verdict.Denied)));

        int Judge(PendingName pending)
        {
            pending.Evidence.Verdicts(pending.Name.Name, verdicts);
            return verdicts.Count;
        }

        var spells = new List<DenialSpell>();
        foreach (var next in rows.Query(_sql, r => new DenialSpell(r.GetString(0), Time(r.GetInt64(1)), Time(r.GetInt64(2) + 1), r.GetInt64(3), r.GetInt64(4))))
        {
            if (spells is [.., var last] && last.Resolver == next.Resolver && next.From <= last.Until)
                spells[^1] = last with { Until = next.Until, Asked = last.Asked + next.Asked, Denied = last.Denied + next.Denied };
            else spells.Add(next);
        }
        return spells;
    }

    /// <param name="microseconds">As the files keep them, cut off.</param>
    private static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds);
}
