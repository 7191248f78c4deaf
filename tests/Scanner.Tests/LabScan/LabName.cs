using System.Globalization;
using Scanner.Checks;
using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.Lab;
using Scanner.Lab.World;

namespace Scanner.Tests.LabScan;

/// <summary>
/// A listed name of the drawn population with everything that its tables can say of it: the columns of <c>lab truth</c>, and what stands in
/// the records that the lab publishes, read here in the plainest way. No parser and no classifier of the scanner is used: the records come from
/// a few dozen templates, so that splitting at spaces and semicolons is enough.
/// </summary>
internal sealed class LabName
{
    private readonly LabWorld _world;
    private readonly IReadOnlyDictionary<string, string?> _row;
    private readonly string[] _hosts;

    public LabName(ListedName listed, LabWorld world, LabTruth truth)
    {
        _world = world;
        _row = truth.Expect(listed);
        (Rank, Name, Tld, InputClass, Org) = (listed.Rank, listed.Name, listed.Tld, listed.Class.Word(), listed.OrganizationalDomain ?? listed.Name);
        Draw = world.Population.Draw(Name);
        Dmarc = Single(Texts(world, "_dmarc." + Name), DmarcVersion);
        // The record whose policy holds: its own, or the one that the truth says it inherits.
        Effective = this["dmarc_source"] is "self" ? Dmarc : this["dmarc_source"] is "org" ? Single(Texts(world, "_dmarc." + this["dmarc_source_name"]), DmarcVersion) : null;
        SpfText = Spf(world, Name);
        _hosts = [.. world.Resolve(Name, DnsRecordType.Mx).Answers.OfType<MxRecord>().OrderBy(m => m.Preference).Select(m => m.Exchange)];
        bool walkable = SpfText is not null && this["spf_status"] is not ("permerror_syntax" or "permerror_multiple_records");
        if (walkable) Tree = LabSpf.Walk(world, SpfText!);
    }

    /// <summary>A column of the truth.</summary>
    public string? this[string column] => _row.GetValueOrDefault(column);

    public int Rank { get; }

    public string Name { get; }

    public string Tld { get; }

    public string InputClass { get; }

    public string Org { get; }

    public NameDraw Draw { get; }

    public bool Exists => Draw.Exists;

    public string Bucket => Rank switch { <= 100 => "1-100", <= 1000 => "101-1k", <= 10_000 => "1001-10k", <= 100_000 => "10001-100k", _ => "100001-1M" };

    /// <summary>The one SPF record, joined; null when there is none or several.</summary>
    public string? SpfText { get; }

    /// <summary>Null where the record cannot be walked: there is no single one, or its syntax is wrong.</summary>
    public LabSpf? Tree { get; }

    /// <summary>Tags of the one record at <c>_dmarc</c>; null when there is none or several.</summary>
    public LabDmarc? Dmarc { get; }

    /// <summary>Tags of the record whose policy holds in the RFC 9989 reading, own or inherited.</summary>
    public LabDmarc? Effective { get; }

    /// <summary>The same in the RFC 7489 reading: its own, or, where there is none at all, that of the organizational domain.</summary>
    public LabDmarc? Dmarc7489 => Dmarc ?? (this["dmarc_record"] == "absent" && Org != Name ? Single(Texts(_world, "_dmarc." + Org), DmarcVersion) : null);

    /// <summary>Who runs the first MX host, by the published rules; null where there is none to whom mail could go.</summary>
    public string? Provider => this["mx_class"] != "mx_present" ? null : Below(_hosts[0], Org) ? "self_hosted" : "other";

    /// <summary>The domain of the first MX host; "(self)" at or below the organizational domain; null where the name runs no mail.</summary>
    public string? Site => this["mx_class"] != "mx_present" ? null : _hosts[0] is var host && Below(host, Org) ? "(self)" : string.Join('.', host.Split('.')[^2..]);

    /// <summary>What became of a question about the name or one below it: the lab answers everything that it is asked.</summary>
    public string Status(string prefix, DnsRecordType type)
    {
        var answer = _world.Resolve(prefix + Name, type);
        return answer.Rcode == 3 ? "nxdomain" : answer.Answers.Count > 0 ? "ok" : "nodata";
    }

    /// <summary>What almost is an SPF record; null where nothing is, or where there is one.</summary>
    public string? SpfNearMiss => this["spf_status"] != "none" ? null : Texts(_world, Name).Select(t =>
        t.StartsWith(" v=spf1", StringComparison.Ordinal) ? "leading_space" : t.StartsWith("\"v=spf1", StringComparison.Ordinal) ? "quoted"
        : t.StartsWith("v=spf1;", StringComparison.Ordinal) ? "version_delimiter" : t.StartsWith("spf2.0", StringComparison.Ordinal) ? "sender_id" : null).FirstOrDefault(t => t is not null);

    /// <summary>The templates' syntax errors by what is wrong in each (classification.md 4.2).</summary>
    public string? SpfSyntaxError => this["spf_status"] != "permerror_syntax" ? null
        : SpfText!.Contains(" -al", StringComparison.Ordinal) && !SpfText.Contains(" -all", StringComparison.Ordinal) ? "unknown_mechanism" // all without its last letter
        : SpfText.Contains(" ip:", StringComparison.Ordinal) ? "unknown_mechanism"
        : SpfText.Contains(" a:192.", StringComparison.Ordinal) ? "bad_domain_spec" // RFC 7208 §7.1: the last label is not all digits
        : SpfText.Contains("include ", StringComparison.Ordinal) ? "missing_argument"
        : SpfText.Contains("ip4:192.0.2.1ip4:", StringComparison.Ordinal) ? "split_boundary" // RFC 7208 §3.3: joined with nothing between
        : throw new InvalidOperationException($"an SPF template with an error that this test does not know: {SpfText}");

    public string? DmarcNearMiss => Texts(_world, "_dmarc." + Name).Select(t =>
        t.StartsWith("v=DMARC1 p", StringComparison.Ordinal) ? "version_delimiter" : t.StartsWith(@"v=DMARC1\;", StringComparison.Ordinal) ? "escaped_semicolon" : null).FirstOrDefault(t => t is not null);

    private static LabDmarc? Single(IEnumerable<string> texts, Func<string, bool> wanted) => texts.Where(wanted).ToArray() is [var one] ? new LabDmarc(one) : null;

    /// <summary>RFC 9989 §4.7: "v=DMARC1" and then a semicolon.</summary>
    private static bool DmarcVersion(string text) => text.StartsWith("v=DMARC1;", StringComparison.Ordinal);

    internal static bool Below(string host, string domain) => host == domain || host.EndsWith("." + domain, StringComparison.Ordinal);

    internal static string[] Texts(ILabWorld world, string name) =>
        [.. world.Resolve(name, DnsRecordType.Txt).Answers.OfType<TxtRecord>().Select(t => t.Text)];

    internal static string? Spf(ILabWorld world, string name) =>
        Texts(world, name).Where(t => t.Equals("v=spf1", StringComparison.OrdinalIgnoreCase) || t.StartsWith("v=spf1 ", StringComparison.OrdinalIgnoreCase)).ToArray() is [var one] ? one : null;
}

/// <summary>The tags of one DMARC record as written; of a tag that stands twice the first.</summary>
internal sealed class LabDmarc
{
    private readonly Dictionary<string, string> _tags = new(StringComparer.Ordinal);

    public LabDmarc(string text)
    {
        Text = text;
        foreach (string[] tag in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(t => t.Split('=', 2, StringSplitOptions.TrimEntries)))
            if (!_tags.TryAdd(tag[0], tag[1])) HasDuplicate = true;
    }

    public string Text { get; }

    public bool HasDuplicate { get; }

    /// <summary>Lower case; null where there is no such tag.</summary>
    public string? this[string tag] => _tags.TryGetValue(tag, out string? value) ? value.ToLowerInvariant() : null;

    public int Pct => this["pct"] is { } pct ? int.Parse(pct, CultureInfo.InvariantCulture) : 100;

    /// <summary>A policy, "(absent)", or "(other)" for what is none.</summary>
    public string Policy(string tag) => this[tag] switch { null => "(absent)", "none" or "quarantine" or "reject" => this[tag]!, _ => "(other)" };

    public IEnumerable<string> Hosts(string tag) => this[tag] is { } uris ? uris.Split(',').Select(u => u[(u.IndexOf('@', StringComparison.Ordinal) + 1)..].Trim()).Distinct() : [];
}

/// <summary>What an SPF record comes to with all that it includes, in the worst case: every term is reached.</summary>
/// <param name="Lookups">Terms that look something up (RFC 7208 §4.6.4).</param>
/// <param name="Addresses">IPv4 addresses of its ip4 terms, each counted once.</param>
/// <param name="Widest">The shortest ip4 prefix; null without ip4.</param>
/// <param name="Includes">Its own include targets.</param>
/// <param name="All">Its own all: a qualifier's word, <c>redirect</c> or <c>missing</c>.</param>
/// <param name="Effective">What that comes to; null where a redirect leads to no record.</param>
internal sealed record LabSpf(int Lookups, long Addresses, int? Widest, string[] Includes, string All, string? Effective, string Permissive)
{
    public static LabSpf Walk(ILabWorld world, string text)
    {
        var ranges = new List<(uint First, uint Last, int Prefix)>();
        int lookups = Terms(world, text, ranges);
        long addresses = 0, next = 0;
        foreach (var (first, last, _) in ranges.OrderBy(r => r.First))
        {
            if (last < next) continue;
            addresses += last - Math.Max(first, next) + 1;
            next = (long)last + 1;
        }
        string[] terms = Split(text), includes = [.. Values(terms, "include:")];
        string all = OwnAll(terms);
        return new LabSpf(
            lookups, addresses, ranges.Count > 0 ? ranges.Min(r => r.Prefix) : null, includes, all, EffectiveAll(world, terms),
            all == "pass" ? "all_pass" : terms.Contains("ip4:0.0.0.0/0") ? "ip4_slash0"
            : includes.Any(i => LabName.Spf(world, i) is { } record && OwnAll(Split(record)) == "pass") ? "include_pass_all" : "none");
    }

    private static int Terms(ILabWorld world, string text, List<(uint, uint, int)> ranges)
    {
        string[] terms = Split(text);
        int lookups = terms.Count(t => t is "a" or "mx" or "ptr" || t.StartsWith("a:", StringComparison.Ordinal) || t.StartsWith("exists:", StringComparison.Ordinal));
        foreach (string ip4 in Values(terms, "ip4:"))
        {
            string[] parts = ip4.Split('/');
            int prefix = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 32;
            uint address = parts[0].Split('.').Aggregate(0u, (sum, octet) => (sum << 8) | byte.Parse(octet, CultureInfo.InvariantCulture)), mask = prefix == 0 ? 0 : uint.MaxValue << (32 - prefix);
            ranges.Add((address & mask, (address & mask) | ~mask, prefix));
        }
        // A redirect counts where there is no all (RFC 7208 §6.1). A target with a macro of the client's cannot be followed.
        foreach (string target in Values(terms, "include:").Concat(OwnAll(terms) == "redirect" ? Values(terms, "redirect=") : []))
        {
            lookups++;
            if (!target.Contains('%') && LabName.Spf(world, target) is { } record) lookups += Terms(world, record, ranges);
        }
        return lookups;
    }

    private static string? EffectiveAll(ILabWorld world, string[] terms)
    {
        if (OwnAll(terms) is var all && all != "redirect") return all == "missing" ? "neutral_default" : all;
        string target = Values(terms, "redirect=").First();
        return target.Contains('%') ? "dynamic" : LabName.Spf(world, target) is { } record ? EffectiveAll(world, Split(record)) : null;
    }

    private static string OwnAll(string[] terms)
    {
        foreach (string term in terms)
            if (term.TrimStart('+') is "all") return "pass";
            else if (term is "-all") return "fail";
            else if (term is "~all") return "softfail";
            else if (term is "?all") return "neutral";
        return Values(terms, "redirect=").Any() ? "redirect" : "missing";
    }

    /// <summary>Lower case, "+" taken off: it is the qualifier that stands where none does.</summary>
    private static string[] Split(string text) => [.. text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(t => t.TrimStart('+'))];

    private static IEnumerable<string> Values(string[] terms, string start) => terms.Where(t => t.StartsWith(start, StringComparison.Ordinal)).Select(t => t[start.Length..]);
}
