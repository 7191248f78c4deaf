namespace Scanner.Aggregate;

/// <summary>A table of tables.md section 4: its query is <c>Sql/FILE.sql</c>, its files are <c>tables/FILE.csv</c> and <c>.parquet</c>.</summary>
/// <param name="File">Also the table's name: t05_mx_provider.</param>
/// <param name="Number">As tables.md counts: T5.</param>
/// <param name="Study">Whose table it rebuilds.</param>
/// <param name="Needs">Parts of a run (the view <c>measured</c>) of which at least one must have been measured; empty for none.</param>
/// <param name="Lacks">For parts that the table can do without: what is missing from it then.</param>
public sealed record Table(string File, string Number, string Title, string Study, IReadOnlyList<string> Needs, IReadOnlyDictionary<string, string> Lacks);

/// <summary>The catalogue of all tables, in their order, and what their columns mean: what <c>tables/index.json</c> is made from.</summary>
public static class Tables
{
    public static IReadOnlyList<Table> All { get; } =
    [
        Of("t01_population", "T1", "Population funnel", "every study's denominator; WIDE/JPRS, Ruohonen", [], ("mx", "the steps that need MX"), ("mx_addresses", "mail_usable")),
        Of("t02_headline", "T2", "Headline: every metric over every denominator", "EasyDMARC, DMARCguard, MailTester, the Tranco page", []),
        Of("t03_rank", "T3", "Headline by rank bucket, disjoint and cumulative", "domainintel, DMARCguard, Durumeric et al. 2015", []),
        Of("t04_tld", "T4", "Headline by TLD, TLD group and country", "Ashiq et al., Lee et al., Maroofi et al.", []),
        Of("t05_mx_provider", "T5", "Headline by MX provider", "MailTester by provider, Liu et al.", ["mx"], ("mx_provider", "the level mx_provider: only MX sites by a rule of thumb")),
        Of("t06_spf_qualifier", "T6", "How SPF records end", "Durumeric et al. 2015, domainposture", ["spf"]),
        Of("t07_spf_errors", "T7", "SPF errors and lookups", "Czybik et al. 2023, Ashiq et al. 2024, Fortra, DMARCguard", ["spf"], ("spf_void", "void lookups: the run did not resolve the addresses of SPF terms")),
        Of("t08_spf_breadth", "T8", "How much SPF records allow, and whom they include", "Czybik et al. 2023", ["spf"]),
        Of("t09_dmarc_records", "T9", "DMARC record states and near misses", "Hureau et al. 2024", ["dmarc"]),
        Of("t10_dmarc_policy", "T10", "DMARC policies as published, RFC 9989 and RFC 7489 side by side", "Valimail; new", ["dmarc"]),
        Of("t11_dmarc_source", "T11", "Where DMARC policies come from", "new: the inheritance effect", ["dmarc"]),
        Of("t12_dmarc_reports", "T12", "Where DMARC reports go", "Ashiq et al. 2023, Hureau et al. 2024", ["dmarc"], ("rua_auth", "whether external hosts take the reports")),
        Of("t13_mtasts", "T13", "MTA-STS funnel with causes", "Tatang et al. 2021, Ashiq et al. 2025", ["mtasts"]),
        Of("t14_overlap", "T14", "Which mechanisms come together", "Tatang et al. 2021 (RAID)", ["spf", "dmarc", "mtasts"], ("dane", "DANE"), ("dnssec", "DNSSEC"), ("tlsrpt", "TLS-RPT")),
        Of("t15_no_mail", "T15", "Names without mail and how they say so", "stackscan, studies of parked domains", ["mx"]),
        Of("t16_dkim", "T16", "DKIM as far as DNS shows it", "DMARCguard; Wang et al. 2022 is not comparable", ["dkim"]),
        Of("t17_dane", "T17", "DANE for SMTP by provider", "Lee et al. 2020 and 2022, the DANE survey", ["dane"]),
        Of("t18_completeness", "T18", "Completeness: what became of the questions", "nobody prints it", []),
        Of("t19_bulk", "T19", "Bulk and wildcard publishers: the headline with and without them", "dmarc.org", ["spf", "dmarc"], ("wildcard", "the set without_wildcard")),
        Of("u1_uncertainty", "U1", "Three intervals for the headline over mail: missing data, sampling, clusters", "tables.md section 5 point 10", ["mx"]),
        Of("p02_rank_bins", "P2", "Data of plot P2: shares along the ranking", "MailTester, DMARCguard", ["mx"]),
        Of("p06_spf_addresses", "P6", "Data of plot P6: distribution of the authorised IPv4 addresses", "Czybik et al. 2023", ["spf"]),
        Of("p10_over_time", "P10", "Data of plot P10: tries, failures and unknown answers over the run", "nobody prints it", []),
        Of("p11_include_concentration", "P11", "Data of plot P11: concentration of SPF includes", "Czybik et al. 2023", ["spf"]),
    ];

    /// <summary>Column to unit and meaning, for the columns that several tables share; the others are labels, explained in the query.</summary>
    public static IReadOnlyDictionary<string, (string Unit, string Meaning)> Columns { get; } = new Dictionary<string, (string, string)>
    {
        ["denominator"] = ("", "the set of names that the row speaks of; what stands behind a colon restricts it"),
        ["numerator"] = ("names", "names of the denominator that the row counts"),
        ["decided"] = ("names", "names of the denominator for which it is known whether it counts them"),
        ["unknown"] = ("names", "the others: decided + unknown = size"),
        ["size"] = ("names", "names in the denominator"),
        ["share"] = ("1", "numerator / decided, 0 to 1; null when nothing is decided"),
        ["low"] = ("1", "missing-data bound: the share of all when every unknown is a no"),
        ["high"] = ("1", "missing-data bound: the share of all when every unknown is a yes"),
        ["wilson_low"] = ("1", "95 % Wilson score interval of share over decided: sampling error only"),
        ["wilson_high"] = ("1", "95 % Wilson score interval of share over decided: sampling error only"),
        ["cluster_low"] = ("1", "95 % cluster bootstrap interval of share, providers resampled"),
        ["cluster_high"] = ("1", "95 % cluster bootstrap interval of share, providers resampled"),
        ["clusters"] = ("providers", "clusters that the bootstrap resampled"),
        ["effective_n"] = ("names", "independent names that would have the bootstrap's variance"),
        ["metric"] = ("", "what is counted: the words of summary.json"),
        ["measure"] = ("", "which part of the table the row belongs to; the query explains each"),
        ["value"] = ("", "the class that the row counts"),
        ["is_unknown"] = ("", "the answer says neither yes nor no"),
        ["first_rank"] = ("rank", "first rank of the bin"),
        ["last_rank"] = ("rank", "last rank of the bin"),
        ["addresses"] = ("IPv4 addresses", "at most so many are authorised"),
        ["place"] = ("", "1 is the most included domain"),
        ["names"] = ("names", "names that the row is about: the query says which"),
        ["bin"] = ("", "0-based place in time, of forty"),
        ["second"] = ("s", "from the first question of the run to the bin's middle"),
        ["seconds"] = ("s", "width of the bin"),
        ["queries"] = ("queries", "tries of the five base questions of the bin's names"),
        ["targets"] = ("domains", "different domains that are included"),
    };

    private static Table Of(string file, string number, string title, string study, string[] needs, params (string Part, string Missing)[] lacks) =>
        new(file, number, title, study, needs, lacks.ToDictionary(l => l.Part, l => l.Missing));
}
