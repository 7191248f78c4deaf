using System.Globalization;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>The Methods text of a report, as tables.md section 5 asks for it: filled from run.json and the figures, in paragraphs of plain
/// text with a heading each. What a run does not know is named as not recorded.</summary>
internal static class Methods
{
    public static IEnumerable<(string Heading, string Text)> Of(Summary summary)
    {
        var (run, figures) = summary;
        var m = run.Manifests.Count > 0 ? run.Manifests[0] : null;
        string Option(string name) => m?.Options.GetValueOrDefault(name) ?? "not recorded";
        long Sum(Func<RunManifest, long> value) => run.Manifests.Sum(value);

        string list = $"{run.List} (SHA-256 {run.ListSha256}).";
        if (m?.Lines is { } lines)
            list += $" {N(lines.Read)} lines: {N(lines.Valid)} distinct valid names, {N(lines.Duplicate)} duplicates, {N(lines.Invalid)} invalid, {N(lines.Unqueryable)} that cannot be asked for; {N(lines.Excluded)} on the opt-out list. ";
        list += $" Top: {Option("top")}; sample: {Option("sample")}{(run.Sampled ? $" (seed {Option("seed")})" : "")}; shard: {(run.Folders > 1 ? $"all {run.Folders}" : Option("shard"))}. "
            + $"Public suffix list: {m?.PslVersion ?? "not recorded"}. Internationalised names were turned into A-labels by UTS 46, non-transitional.";
        yield return ("List", list);

        yield return ("Time", $"Started {Time(run.Started)}, {(run.Ended is { } ended ? $"ended {Time(ended)} ({Duration(ended - run.Started)})" : "not ended")}. "
            + (run.Complete ? "The run is complete." : "THE RUN IS NOT COMPLETE."));
        yield return ("Vantage", $"{run.Vantage ?? "Not recorded (option --vantage)"}. Contact: {m?.Contact ?? "not recorded (option --contact)"}. Asked: {(Option("lab") is "no" ? "the real internet" : Option("lab"))}.");
        yield return ("Resolvers", $"{string.Join(", ", run.Resolvers)}. Ceiling {Option("qps")} queries a second (0: none), {Option("in-flight")} in flight; time-out {Option("timeout")} s for the first try, {Option("attempts")} tries a pass; EDNS payload 1232, TCP after truncation.");
        yield return ("Load", $"{N(Sum(r => r.QueriesSent))} DNS queries sent, {N(Sum(r => r.Retries))} of them retries, {Headline.Percent(m?.TcpShare, 2)} over TCP; {N(Sum(r => r.CacheHits))} answers from our own cache; {N(Sum(r => r.PolicyFetches))} MTA-STS policies asked for.");
        string passes = m is null || m.Passes.Count == 0 ? "not recorded" : string.Join("; ", m.Passes.Select(p => $"pass {p.Pass}: {N(p.Asked)} names asked, {N(p.Settled)} settled"));
        yield return ("Retries", $"Passes: {passes}. Unknown is every answer that says neither yes nor no after the last pass: SERVFAIL, refused, timeout, network error, truncated, malformed, lame, bogus. It is a class of its own and never counted as absent.");
        yield return ("Completeness", Headline.Completeness(figures) is { Length: > 0 } c ? $"Unknown answers over resolvable names: {c}. The aim is under 0.5 % for each. By TLD and MX site: table t18_completeness." : "No question was asked.");
        yield return ("Denominators", "mail, the denominator of the headline, is names with an MX record to which mail could be sent: null MX (RFC 7505) and MX records to nowhere are out, names with an address and no MX too (they are in mail_or_addr). Every metric is given over every denominator in table t02_headline.");
        yield return ("Definitions", "SPF: RFC 7208, static worst case, every include followed. DMARC: RFC 9989 with the RFC 7489 reading beside it (table t10_dmarc_policy); \"publishes DMARC\" is a v=DMARC1 record at the name itself; "
            + $"\"enforcing\" is {Headline.Enforcement} (RFC 9989 section 3.2.9), own or inherited. MTA-STS: RFC 8461; published is a TXT record, working a valid policy fetched with a valid certificate (trusted roots: {(Option("ca-file") is "system" ? "the system's" : Option("ca-file"))}; no revocation check). "
            + "TLS-RPT: RFC 8460. Near misses are never counted as published.");
        yield return ("Uncertainty", (run.Sampled
                ? "The names are a random sample: share has 95 % Wilson intervals (sampling error) beside the missing-data bounds. "
                : "This is a census of its list: the shares have no sampling error for that list, and low and high are missing-data bounds (every unknown a no, or a yes). ")
            + "Wilson intervals stand where a row speaks for more than its names (rank buckets, TLDs). Names of one provider share its defaults: cluster_low and cluster_high resample whole providers. The three are never mixed: table u1_uncertainty.");
        yield return ("Ethics", "Public DNS and one HTTPS GET for each MTA-STS publisher and pass; no SMTP connection, no port scan. Names on the opt-out list are not asked.");
        yield return ("Artefacts", $"Scanner {run.ToolVersion}{(m?.ToolCommit is { } commit ? $" (commit {commit})" : "")}; scan id {string.Join(", ", run.Manifests.Select(r => r.ScanId))}. Checks: {string.Join(", ", m?.Checks ?? [])}. Raw records are in domains/part-*.parquet, the queries of all tables in tables/sql.");
    }

    /// <summary>How to cite the run: a plain line and BibTeX. Names only what run.json holds.</summary>
    public static (string Text, string BibTex) Citation(Summary summary)
    {
        var run = summary.Run;
        string when = run.Started.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string id = run.Manifests.Count > 0 ? run.Manifests[0].ScanId : "";
        return (
            $"Scanner {run.ToolVersion}: scan of {run.List} ({N(summary.Figures.Rows)} names), {when}, scan id {id}, list SHA-256 {run.ListSha256}.",
            $"@misc{{scanner-{when},\n  title = {{Scan of {Plain(run.List)} for e-mail security}},\n  howpublished = {{Scanner {Plain(run.ToolVersion)}, scan id {Plain(id)}}},\n  note = {{{N(summary.Figures.Rows)} names, list SHA-256 {Plain(run.ListSha256)}}},\n  year = {{{run.Started.UtcDateTime.Year}}},\n  month = {{{run.Started.UtcDateTime.Month}}}\n}}");
    }

    /// <summary>For BibTeX, where braces, backslashes and the like act: everything but letters, digits and <c>. - _ +</c> becomes <c>_</c>.</summary>
    private static string Plain(string text) => new([.. text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+' or ' ' ? c : '_')]);

    /// <summary>"34 s", "1 h 02 min 03 s", "2 d 00 h 00 min 00 s".</summary>
    private static string Duration(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(time.TotalDays >= 1 ? $"{time.Days} d " : "")}{(time.TotalHours >= 1 ? $"{time.Hours:00} h " : "")}{(time.TotalMinutes >= 1 ? $"{time.Minutes:00} min " : "")}{time.Seconds:00} s");

    private static string N(long n) => Headline.Count(n);

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
}
