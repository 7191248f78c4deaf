using System.Globalization;
using System.Text.RegularExpressions;
using Scanner.Dns;

namespace Scanner.Tests.LabScan;

/// <summary>The counts of one row of a table.</summary>
internal readonly record struct LabCell(long Numerator, long Decided, long Unknown, long Size);

/// <summary>
/// The tables T1 to T19 over names of known truth, counted in plain C#: no SQL, no Parquet, nothing of the scanner. What a row is called is its
/// labels, <c>column=value</c> for each, in the order of the columns' names; nothing is unknown in a world that answers everything.
/// </summary>
internal sealed class LabTables(IReadOnlyList<LabName> names)
{
    /// <summary>Section 3.4, as far as this world tells: mail_usable needs the addresses of MX hosts, which a drawn name does not fix.</summary>
    public static IReadOnlyDictionary<string, Func<LabName, bool>> Denominators { get; } = new Dictionary<string, Func<LabName, bool>>
    {
        ["listed"] = _ => true,
        ["resolvable"] = t => t["mx_class"] != "nxdomain",
        ["has_mx_rr"] = t => t["mx_class"] is "mx_present" or "null_mx" or "mx_no_service",
        ["mail"] = t => t["mx_class"] == "mx_present",
        ["mail_or_addr"] = t => t["mx_class"] is "mx_present" or "implicit_mx",
        ["no_mail_declared"] = t => t["mx_class"] is "null_mx" or "mx_no_service",
    };

    public static IReadOnlyDictionary<string, Func<LabName, bool>> Metrics { get; } = new Dictionary<string, Func<LabName, bool>>
    {
        ["spf_published"] = t => t["spf_status"] != "none",
        ["spf_valid"] = t => t["spf_status"] == "valid",
        // Of valid records the class is fail when they end in -all and let nobody else pass.
        ["spf_strict"] = t => t["spf_class"] == "fail",
        ["spf_fail"] = t => t["spf_class"] == "fail",
        ["spf_softfail"] = t => t["spf_class"] == "softfail",
        ["spf_neutral"] = t => t["spf_class"] == "neutral",
        ["spf_pass"] = t => t["spf_class"] == "pass",
        ["spf_invalid"] = t => t["spf_class"] == "invalid",
        ["dmarc_own"] = t => t["dmarc_own"] == "true",
        ["dmarc_effective"] = t => t["dmarc_class"] is "none" or "quarantine" or "reject",
        ["dmarc_none"] = t => t["dmarc_class"] == "none",
        ["dmarc_quarantine"] = t => t["dmarc_class"] == "quarantine",
        ["dmarc_reject"] = t => t["dmarc_class"] == "reject",
        ["enf_p"] = t => t["enf_p"] == "true",
        ["enf_reject"] = t => t["enf_p"] == "true" && InForce(t) == "reject",
        // Section 5.6, read off the tags of the record whose policy holds.
        ["enf_7489"] = t => t["dmarc_policy_7489"] is "quarantine" or "reject" && t.Dmarc7489 is { Pct: 100 },
        ["enf_full"] = t => t.Effective is { Pct: 100 } record && record.Policy("p") is "quarantine" or "reject" && t.Effective.Policy("sp") != "none",
        ["enf_9989"] = t => t["enf_9989"] == "true",
        ["mtasts_published"] = t => t["mtasts_status"] != "absent",
        ["mtasts_working"] = t => t["mtasts_status"] is "valid_testing" or "valid_enforce",
        ["mtasts_enforcing"] = t => t["mtasts_status"] == "valid_enforce",
        ["mtasts_testing"] = t => t["mtasts_status"] == "valid_testing",
        ["mtasts_delivery_risk"] = t => t["mtasts_status"] == "valid_enforce" && t["mtasts_mx_match"] == "none",
        ["tlsrpt_published"] = t => t["tlsrpt_status"] != "absent",
        ["dkim_namespace"] = t => t["dkim_ent"] == "exists",
        ["dkim_key_found"] = t => t["dkim_presence"] == "key_found",
        ["dane_full"] = t => t["dane_status"] == "full",
        ["dane_partial"] = t => t["dane_status"] == "partial",
        ["bimi_published"] = t => t["bimi_status"]!.StartsWith("logo", StringComparison.Ordinal),
        ["dnssec_secure"] = t => t["dnssec_state"] == "secure",
    };

    private static readonly string[] _funnel = ["dns", "tcp", "tls", "http", "body"];

    private static readonly string[] _rungs = ["3 policy host has an address", "4 TCP connection", "5 TLS with a valid certificate", "6 HTTP status 200", "7 readable body"];

    private readonly Dictionary<string, LabCell> _cells = new(StringComparer.Ordinal);

    /// <summary>Every cell of the tables that the truth determines: table, then row.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, LabCell>> All()
    {
        var tables = new Dictionary<string, IReadOnlyDictionary<string, LabCell>>();
        foreach (var (table, count) in new (string, Action)[]
        {
            ("t01_population", Population), ("t02_headline", () => Adoption(names, Denominators.Keys)), ("t03_rank", Rank), ("t04_tld", Tld), ("t05_mx_provider", Provider), ("t06_spf_qualifier", Qualifier),
            ("t07_spf_errors", SpfErrors), ("t08_spf_breadth", Breadth), ("t09_dmarc_records", DmarcRecords), ("t10_dmarc_policy", DmarcPolicy), ("t11_dmarc_source", DmarcSource),
            ("t12_dmarc_reports", DmarcReports), ("t13_mtasts", MtaSts), ("t14_overlap", Overlap), ("t15_no_mail", NoMail), ("t16_dkim", Dkim), ("t17_dane", Dane), ("t18_completeness", Completeness), ("t19_bulk", Bulk),
        })
        {
            _cells.Clear();
            count();
            tables[table] = new Dictionary<string, LabCell>(_cells, StringComparer.Ordinal);
        }
        return tables;
    }

    private void Population()
    {
        foreach (var (kind, of) in names.GroupBy(t => t.InputClass).Select(g => (g.Key, g.ToArray())).Append(("all", [.. names])))
        {
            foreach (var (step, member) in Denominators) Add(of.Count(member), of.Length, "listed", ("measure", "step"), ("input_class", kind), ("value", step));
            foreach (var classes in of.GroupBy(t => t["mx_class"])) Add(classes.Count(), of.Length, "listed", ("measure", "mx_class"), ("input_class", kind), ("value", classes.Key));
            if (kind != "all") Add(of.Length, names.Count, "rows", ("measure", "input_class"), ("input_class", "all"), ("value", kind));
        }
    }

    private void Rank()
    {
        string[] disjoint = ["1-100", "101-1k", "1001-10k", "10001-100k", "100001-1M"], cumulative = ["1-100", "1-1k", "1-10k", "1-100k", "1-1M"];
        for (int i = 0; i < disjoint.Length; i++)
        {
            LabName[] here = [.. names.Where(t => t.Bucket == disjoint[i])], upTo = [.. names.Where(t => Array.IndexOf(disjoint, t.Bucket) <= i)];
            if (here.Length == 0) continue;
            Adoption(here, Denominators.Keys, "", ("bucket_kind", "disjoint"), ("bucket", disjoint[i]));
            Adoption(upTo, Denominators.Keys, "", ("bucket_kind", "cumulative"), ("bucket", cumulative[i]));
        }
    }

    private void Tld()
    {
        static string Group(LabName t) => t.Tld is "gov" or "edu" ? t.Tld : t.Tld.Length == 2 ? "ccTLD" : "gTLD";
        foreach (var (level, label) in new (string, Func<LabName, string?>)[]
        {
            ("tld", t => t.Tld), ("group", Group), ("country", t => t.Tld == "uk" ? "GB" : t.Tld.Length == 2 ? t.Tld.ToUpperInvariant() : null),
        })
            foreach (var group in names.GroupBy(label).Where(g => g.Key is not null))
                Adoption([.. group], ["listed", "mail"], "", [("level", level), ("value", group.Key)], emptyToo: false);
    }

    private void Provider()
    {
        foreach (var group in names.Where(Denominators["mail"]).GroupBy(t => t.Provider)) Adoption([.. group], ["mail"], "", ("level", "mx_provider"), ("provider", group.Key));
        foreach (var group in names.Where(Denominators["mail"]).GroupBy(t => t.Site)) Adoption([.. group], ["mail"], "", ("level", "mx_site"), ("provider", group.Key));
    }

    private void Qualifier()
    {
        (string, string?)[] Of(LabName t, string none) =>
        [
            ("own_all", t["spf_status"] == "none" ? none : t.Tree?.All ?? "(error)"), ("effective_all", t["spf_status"] == "none" ? none : t.Tree?.Effective ?? "(error)"),
            ("permissive", t["spf_status"] == "none" ? none : t.Tree?.Permissive ?? "(error)"),
        ];
        Spread(_ => true, "", t => Of(t, "(no record)"));
        Spread(Metrics["spf_published"], "is_spf_published", t => Of(t, "(error)"));
    }

    private void SpfErrors()
    {
        Spread(Metrics["spf_published"], "is_spf_published", t => [("measure", "split"), ("value", t["spf_status"] switch
        {
            "valid" => "no_error",
            "permerror_syntax" => "syntax",
            "permerror_multiple_records" => "multiple_records",
            _ => "evaluation",
        })]);
        Each(Metrics["spf_published"], "is_spf_published", "error", t => t["spf_status"] switch
        {
            "valid" => [],
            // The one template with an error inside includes a name with two records.
            "permerror_nested" => ["permerror_nested", "nested_multiple_records"],
            var status => [status!],
        });
        Spread(t => t.SpfSyntaxError is not null, "syntax", t => [("measure", "syntax_kind"), ("value", t.SpfSyntaxError)]);
        Spread(t => t.Tree is not null, "walkable", t => [("measure", "lookups"), ("value", t.Tree!.Lookups > 20 ? ">20" : Text(t.Tree.Lookups))]);
        Spread(t => t["spf_status"] == "none", "no_record", t => [("measure", "near_miss"), ("value", t.SpfNearMiss ?? "(none)")]);
    }

    private void Breadth()
    {
        long[] over = [0, 1, 10, 100, 1000, 10_000, 65_536, 100_000, 1_000_000, 16_777_216, 4_294_967_295];
        Spread(t => t.Tree is not null, "walkable", t => [("measure", "widest"), ("value", t.Tree!.Widest is { } prefix ? $"/{Text(prefix)}" : "(no ip4)")]);
        Each(t => t.Tree is not null, "walkable", "over", t => over.Where(n => t.Tree!.Addresses > n).Select(Text));
        Each(t => t.Tree is not null, "walkable", "include", t => t.Tree!.Includes);
    }

    private void DmarcRecords()
    {
        Spread(_ => true, "", t => [("measure", "record"), ("value", t["dmarc_record"])]);
        Spread(Metrics["dmarc_own"], "is_dmarc_own", t => [("measure", "record"), ("value", t["dmarc_record"])]);
        Spread(t => !Metrics["dmarc_own"](t), "no_record", t => [("measure", "near_miss"), ("value", t.DmarcNearMiss ?? "(none)")]);
        Each(Metrics["dmarc_own"], "is_dmarc_own", "quirk", t => t.Dmarc is not { } own ? [] : [.. own.HasDuplicate ? ["duplicate_tag"] : Array.Empty<string>(), .. own.Pct is > 0 and < 100 ? ["pct_partial"] : Array.Empty<string>()]);
    }

    private void DmarcPolicy() => Spread(t => t.Dmarc is not null, "is_dmarc_single", t =>
    [
        ("p", t.Dmarc!.Policy("p")), ("sp", t.Dmarc.Policy("sp")), ("np", t.Dmarc.Policy("np")), ("pct", t.Dmarc.Pct is 100 or 0 ? Text(t.Dmarc.Pct) : "1-99"),
        ("t", t.Dmarc["t"] ?? "(absent)"), ("policy_9989", t["dmarc_policy_9989"]), ("policy_7489", t["dmarc_policy_7489"]), ("differs", t["dmarc_policy_9989"] == t["dmarc_policy_7489"] ? "false" : "true"),
    ]);

    private void DmarcSource()
    {
        foreach (var (kind, of) in names.GroupBy(t => t.InputClass).Select(g => (g.Key, g.ToArray())).Append(("all", [.. names])))
            foreach (var (denominator, member) in Denominators)
                foreach (var source in of.Where(member).GroupBy(t => t["dmarc_source"]))
                    Add(source.Count(), of.Count(member), denominator, ("input_class", kind), ("source", source.Key));
    }

    private void DmarcReports()
    {
        static string State(LabName t, string tag) => t.Dmarc![tag] is null ? "absent" : "valid";
        Spread(t => t.Dmarc is not null, "is_dmarc_single", t => [("measure", "rua"), ("value", State(t, "rua"))]);
        Spread(t => t.Dmarc is not null, "is_dmarc_single", t => [("measure", "ruf"), ("value", State(t, "ruf"))]);
        Spread(t => t.Dmarc is not null, "is_dmarc_single", t => [("measure", "asked"), ("value", (State(t, "rua"), State(t, "ruf")) switch
        {
            ("valid", "valid") => "rua and ruf",
            ("valid", _) => "rua only",
            (_, "valid") => "ruf only",
            _ => "neither",
        })]);
        Spread(t => t.Dmarc is not null, "is_dmarc_single", t => [("measure", "external"),
            ("value", !t.Dmarc!.Hosts("rua").Any() ? "(no rua)" : t.Dmarc.Hosts("rua").Any(h => !LabName.Below(h, t.Org)) ? "external" : "own")]);
        Each(t => t.Dmarc is not null, "is_dmarc_single", "rua_host", t => t.Dmarc!.Hosts("rua"), first: 100);
    }

    private void MtaSts()
    {
        const string part = "is_mtasts_published";
        Spread(_ => true, "", t => [("measure", "published"), ("value", Metrics["mtasts_published"](t) ? "true" : "false")]);
        Each(Metrics["mtasts_published"], part, "reached", t =>
        {
            if (!RecordIsGood(t)) return ["1 record"];
            int stopped = Array.IndexOf(_funnel, Stage(t));
            return ["1 record", "2 valid record", .. _rungs.Take(stopped < 0 ? _rungs.Length : stopped),
                .. t["mtasts_status"]!.StartsWith("valid_", StringComparison.Ordinal) ? ["8 valid policy"] : Array.Empty<string>(), .. Metrics["mtasts_working"](t) ? ["9 mode testing or enforce"] : Array.Empty<string>()];
        });
        Spread(Metrics["mtasts_published"], part, t => [("measure", "stopped"), ("value", RecordIsGood(t) ? Stage(t) ?? "(not stopped)" : t["mtasts_status"])]);
        // The one template of a bad record has no id; of two records there is nothing more to say.
        Spread(Metrics["mtasts_published"], part, t => [("measure", "cause"), ("value", t["mtasts_error"] ?? (t["mtasts_status"] switch { "record_invalid" => "missing_id", "record_multiple" => "record_multiple", _ => "(none)" }))]);
        Each(Metrics["mtasts_published"], part, "certificate", t => t["mtasts_error"] is { } error && error.StartsWith("cert_", StringComparison.Ordinal) ? [error] : []);
        Each(Metrics["mtasts_published"], part, "policy_error", t => t["mtasts_status"] != "policy_invalid" ? [] : new[] { "version", "mode", "max_age", "mx" }.Where(f => Field(t, f) is null).Select(f => "missing_" + f));
        Spread(Metrics["mtasts_published"], part, t => [("measure", "mode"), ("value", t["mtasts_mode"] ?? "(no valid policy)")]);
        Spread(t => t["mtasts_mode"] is not null, "valid_policy", t => [("measure", "max_age"), ("value", long.Parse(Field(t, "max_age")!, CultureInfo.InvariantCulture) switch
        {
            < 86_400 => "1 under a day",
            < 604_800 => "2 a day to a week",
            < 2_592_000 => "3 a week to 30 days",
            < 31_557_600 => "4 30 days to a year",
            _ => "5 a year",
        })]);
        Spread(Metrics["mtasts_working"], "is_mtasts_working", t => [("measure", "mx_match"), ("value", t["mtasts_mx_match"])]);
        Spread(Metrics["mtasts_enforcing"], "is_mtasts_enforcing", t => [("measure", "mx_match"), ("value", t["mtasts_mx_match"])]);
        Spread(Metrics["mtasts_published"], part, t => [("measure", "host_cname"), ("value", t.Draw.MtaSts?.HostCname is { } target ? string.Join('.', target.Split('.')[^2..]) : "(no CNAME)")]);
    }

    private void Overlap() => Spread(_ => true, "", t =>
    [
        ("spf", Word(Metrics["spf_published"](t))), ("dmarc", Word(Metrics["dmarc_own"](t))), ("mtasts", Word(Metrics["mtasts_published"](t))), ("tlsrpt", Word(Metrics["tlsrpt_published"](t))),
        ("dane", Word(Metrics["dane_full"](t) || Metrics["dane_partial"](t))), ("dnssec", Word(Metrics["dnssec_secure"](t))),
    ]);

    private void NoMail()
    {
        LabName[] without = [.. names.Where(t => t["mx_class"] is "null_mx" or "mx_no_service" or "no_mail" or "implicit_mx")];
        foreach (var (denominator, of) in new[] { ("listed:no_mx", without), ("no_mail_declared", [.. without.Where(Denominators["no_mail_declared"])]) })
            foreach (var group in of.GroupBy(t => (
                Mx: t["mx_class"],
                Spf: t.SpfText == "v=spf1 -all" ? "no_mail" : Metrics["spf_published"](t) ? "other" : "none",
                Dmarc: t["dmarc_class"] switch { "reject" => "reject", "absent" => "none", _ => "other" })))
                Add(group.Count(), of.Length, denominator, ("mx", group.Key.Mx), ("spf", group.Key.Spf), ("dmarc", group.Key.Dmarc));
    }

    private void Dkim()
    {
        Spread(_ => true, "", t => [("measure", "presence"), ("value", t["dkim_presence"])]);
        Spread(_ => true, "", t => [("measure", "namespace"), ("value", t["dkim_ent"])]);
    }

    private void Dane()
    {
        LabName[] mail = [.. names.Where(Denominators["mail"])];
        foreach (var (provider, of) in mail.GroupBy(t => t.Provider).Select(g => (g.Key, g.ToArray())).Append(("all", mail)))
            foreach (var status in of.GroupBy(t => t["dane_status"])) Add(status.Count(), of.Length, "mail", ("provider", provider), ("status", status.Key));
    }

    private void Completeness()
    {
        // A name that does not exist is asked for its MX, TXT and SOA; that there is nothing below it follows (RFC 8020).
        var below = new (string Query, string Prefix, DnsRecordType Type)[]
        {
            ("dmarc", "_dmarc.", DnsRecordType.Txt), ("mta_sts", "_mta-sts.", DnsRecordType.Txt), ("tls_rpt", "_smtp._tls.", DnsRecordType.Txt), ("domainkey", "_domainkey.", DnsRecordType.Txt),
            ("bimi", "default._bimi.", DnsRecordType.Txt),
        };
        var questions = new List<(string Query, Func<LabName, string?> Status)> { ("mx", t => t.Status("", DnsRecordType.Mx)), ("txt", t => t.Status("", DnsRecordType.Txt)), ("soa", t => t.Status("", DnsRecordType.Soa)) };
        questions.AddRange(below.Select(b => (b.Query, (Func<LabName, string?>)(t => t.Exists ? t.Status(b.Prefix, b.Type) : "not_queried"))));
        // RFC 5321 §5.1: addresses are asked for where there is no MX.
        foreach (var (query, type) in new[] { ("a", DnsRecordType.A), ("aaaa", DnsRecordType.Aaaa) }) questions.Add((query, t => t["mx_class"] is "no_mail" or "implicit_mx" ? t.Status("", type) : null));
        foreach (var (query, status) in questions)
        {
            var asked = names.Select(t => (Name: t, Status: status(t))).Where(q => q.Status is not null).ToArray();
            foreach (var group in asked.GroupBy(q => q.Status))
                foreach (string denominator in (string[])["listed", "resolvable"])
                    Add(
                        group.Count(q => Denominators[denominator](q.Name)), asked.Count(q => Denominators[denominator](q.Name)), denominator,
                        ("measure", "status"), ("query", query), ("value", group.Key), ("is_unknown", "false"));
        }
    }

    private void Bulk()
    {
        var common = new HashSet<string>();
        foreach (var (measure, text) in new (string, Func<LabName, string?>)[] { ("dmarc_text", t => t.Dmarc?.Text), ("spf_text", t => t.SpfText) })
        {
            long size = names.Count(t => text(t) is not null);
            var counts = names.GroupBy(text).Where(g => g.Key is not null).Select(g => (Text: g.Key!, Names: (long)g.Count())).OrderByDescending(g => g.Names).ThenBy(g => g.Text, StringComparer.Ordinal).ToArray();
            foreach (var (value, count) in counts.Take(50)) Add(count, size, "listed:one_record", ("measure", measure), ("names_of", "all"), ("value", value));
            common.UnionWith(counts.Where(c => c.Names >= 20 && c.Names * 200 >= size).Select(c => c.Text));
        }
        LabName[] own = [.. names.Where(t => !(t.Dmarc is { } d && common.Contains(d.Text)) && !(t.SpfText is { } s && common.Contains(s)))];
        // Nothing of the drawn population is made by a wildcard.
        foreach (var (set, of, suffix) in new[] { ("all", names, ""), ("without_wildcard", names, ":without_wildcard"), ("without_common", own, ":without_common") })
            foreach (var (metric, holds) in Metrics)
                foreach (string denominator in (string[])["listed", "mail"])
                    Add(of.Count(t => Denominators[denominator](t) && holds(t)), of.Count(Denominators[denominator]), denominator + suffix, ("measure", "adoption"), ("names_of", set), ("value", metric));
    }

    /// <summary>Which of p and sp is in force: sp speaks for subdomains.</summary>
    private static string? InForce(LabName t) => t.Dmarc is not null ? t.Dmarc["p"] : t.Effective?["sp"] ?? t.Effective?["p"];

    private static bool RecordIsGood(LabName t) => t["mtasts_status"] is not ("record_invalid" or "record_multiple");

    private static string? Stage(LabName t) => t["mtasts_status"] switch { "policy_invalid" => "policy", var s when s!.StartsWith("fetch_failed_", StringComparison.Ordinal) => s["fetch_failed_".Length..], _ => null };

    /// <summary>The value of a line of the policy text, as its template has it.</summary>
    private static string? Field(LabName t, string name) =>
        Regex.Match(t.Draw.MtaSts!.Body!.Replace("{mx}", "mx: x\r\n", StringComparison.Ordinal), $"(?m)^{name}:\\s*(\\S+)") is { Success: true } match ? match.Groups[1].Value : null;

    private void Adoption(IReadOnlyList<LabName> of, IEnumerable<string> denominators, string suffix = "", params (string, string?)[] labels) => Adoption(of, denominators, suffix, labels, emptyToo: true);

    private void Adoption(IReadOnlyList<LabName> of, IEnumerable<string> denominators, string suffix, (string, string?)[] labels, bool emptyToo)
    {
        foreach (string denominator in denominators)
        {
            LabName[] members = [.. of.Where(Denominators[denominator])];
            if (members.Length == 0 && !emptyToo) continue;
            foreach (var (metric, holds) in Metrics) Add(members.Count(holds), members.Length, denominator + suffix, [.. labels, ("metric", metric)]);
        }
    }

    /// <summary>How the names for which <paramref name="part"/> holds spread over their labels, in each denominator.</summary>
    private void Spread(Func<LabName, bool> part, string partName, Func<LabName, (string, string?)[]> labels)
    {
        foreach (var (denominator, member) in Denominators)
        {
            LabName[] of = [.. names.Where(t => member(t) && part(t))];
            foreach (var group in of.GroupBy(t => Key(labels(t))))
                _cells.Add(group.Key + Denominator(denominator, partName), new LabCell(group.Count(), of.Length, 0, of.Length));
        }
    }

    /// <summary>The same where a name may have several values or none.</summary>
    /// <param name="first">Only so many of each denominator, the most frequent.</param>
    private void Each(Func<LabName, bool> part, string partName, string measure, Func<LabName, IEnumerable<string>> values, int first = int.MaxValue)
    {
        foreach (var (denominator, member) in Denominators)
        {
            LabName[] of = [.. names.Where(t => member(t) && part(t))];
            foreach (var group in of.SelectMany(t => values(t).Distinct()).GroupBy(v => v).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(first))
                _cells.Add(Key([("measure", measure), ("value", group.Key)]) + Denominator(denominator, partName), new LabCell(group.Count(), of.Length, 0, of.Length));
        }
    }

    private void Add(long numerator, long size, string denominator, params (string, string?)[] labels) => _cells.Add(Key(labels) + Denominator(denominator, ""), new LabCell(numerator, size, 0, size));

    private static string Denominator(string denominator, string part) => $"of {denominator}{(part.Length > 0 ? ":" : "")}{part}";

    /// <summary>Labels by the names of their columns; a label that is null stands as nothing.</summary>
    public static string Key(IEnumerable<(string Column, string? Value)> labels) =>
        string.Concat(labels.OrderBy(l => l.Column, StringComparer.Ordinal).Select(l => $"{l.Column}={l.Value} "));

    private static string Word(bool value) => value ? "true" : "false";

    private static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
