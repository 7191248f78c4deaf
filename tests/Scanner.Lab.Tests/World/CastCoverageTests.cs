using System.Text.RegularExpressions;
using Scanner.Dns;
using Scanner.Lab.World;

namespace Scanner.Lab.Tests.World;

/// <summary>The cast shows every value of every enumerated column, and everything it holds can be asked for.</summary>
public partial class CastCoverageTests
{
    /// <summary>Values that no entry can show, and why.</summary>
    static readonly Dictionary<string, Dictionary<string, string>> NotCovered = new()
    {
        ["q_*_status"] = new()
        {
            ["network_error"] = "the lab's DNS server is always reachable; an unreachable one ends the run",
        },
        ["dkim_key"] = new()
        {
            ["absent"] = "selectors that hold nothing are not in the list",
        },
        ["spf_status"] = new()
        {
            ["permerror_mx_limit"] = "counted at spf_eval_level=full only",
            ["permerror_void_limit"] = "counted at spf_eval_level=full only",
        },
        ["spf_permissive"] = new()
        {
            ["exists_pass_all"] = "seen at spf_eval_level=full only",
        },
        ["spf_errors"] = new()
        {
            ["unknown"] = "a status, no error",
            ["none"] = "a status, no error",
            ["valid"] = "a status, no error",
            ["permerror_mx_limit"] = "counted at spf_eval_level=full only",
            ["nested_mx_limit"] = "counted at spf_eval_level=full only",
            ["permerror_void_limit"] = "counted at spf_eval_level=full only",
        },
        ["spf_eval_level"] = new()
        {
            ["record"] = "this run follows the tree",
            ["full"] = "this run follows the tree",
        },
        ["mtasts_error"] = new()
        {
            ["conn_reset"] = "on loopback a server cannot make sure that its reset comes before the ClientHello; PolicyTlsTests can",
            ["cert_revoked"] = "revocation is not checked (classification.md 6.2)",
            ["wrong_content_type"] = "strict mode only (classification.md 6.2)",
            ["empty_body"] = "an empty body is policy_invalid with the quirk (P23)",
            ["html"] = "a web page is policy_invalid with the quirk (P22)",
        },
        ["mtasts_cert_flags"] = new()
        {
            ["cert_revoked"] = "revocation is not checked (classification.md 6.2)",
        },
    };

    [Fact]
    public void EveryValueOfEveryColumnIsExpectedSomewhere()
    {
        var seen = new Dictionary<string, HashSet<string>>();
        foreach (CastEntry entry in Cast.Bundled.Listed)
            foreach ((string column, string? value) in entry.Expect.Concat(entry.ExpectFull))
            {
                if (!seen.TryGetValue(Key(column), out HashSet<string>? words)) seen[Key(column)] = words = [];
                if (value is not null) words.UnionWith(value.Split(','));
            }

        var wrong = new List<string>();
        foreach ((string column, string[]? words) in CastColumns.Words)
        {
            if (words is null) continue;
            Dictionary<string, string> excused = NotCovered.GetValueOrDefault(Key(column)) ?? [];
            foreach (string word in words)
            {
                bool covered = seen.TryGetValue(Key(column), out HashSet<string>? found) && found.Contains(word);
                if (!covered && !excused.ContainsKey(word)) wrong.Add($"no entry expects {column}={word}");
                if (covered && excused.ContainsKey(word)) wrong.Add($"{column}={word} is excused, but an entry expects it");
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));

        // The five questions share one set of words.
        static string Key(string column) => column.StartsWith("q_", StringComparison.Ordinal) ? "q_*_status" : column;
    }

    [Fact]
    public void EveryFaultAndEveryBehaviourOfAHostIsUsed()
    {
        CastNode[] nodes = [.. Cast.Bundled.Entries.SelectMany(e => e.Nodes.Values)];
        LabPolicyHost[] hosts = [.. nodes.Where(n => n.PolicyHost is not null).Select(n => n.PolicyHost!)];
        Assert.Empty(Enum.GetValues<LabDnsFault>().Except(nodes.SelectMany(n => n.Faults.Values)).Except([LabDnsFault.None]));
        Assert.Empty(Enum.GetValues<LabConnection>().Except(hosts.Select(h => h.Connection)));
        Assert.Empty(Enum.GetValues<LabCertificate>().Except(hosts.Select(h => h.Certificate)));
        Assert.Empty(Enum.GetValues<LabHttp>().Except(hosts.Select(h => h.Http)));
    }

    [Fact]
    public void ThereAreEnoughEntriesAndEachSaysWhy()
    {
        Assert.True(Cast.Bundled.Listed.Count() >= 150, $"{Cast.Bundled.Listed.Count()} listed names");
        Assert.All(Cast.Bundled.Listed, e => Assert.Matches(Source(), e.Why));
    }

    [Fact]
    public void EveryRecordOfTheCastCanBeAskedFor()
    {
        var world = new LabWorld();
        foreach (CastEntry entry in Cast.Bundled.Entries)
            foreach ((string owner, CastNode node) in entry.Nodes)
            {
                // A wildcard is asked for through a name that it covers (RFC 4592 §3.3).
                string name = owner.StartsWith("*.", StringComparison.Ordinal) ? "probe-" + owner[2..].Length + owner[1..] : owner;
                if (node.Nxdomain) Assert.Equal(entry.DeniesCompactly ? 0 : 3, world.Resolve(name, DnsRecordType.Txt).Rcode);
                else
                {
                    foreach ((DnsRecordType type, List<DnsRecord> records) in node.Records)
                        Assert.Equal(records.Select(r => r with { Owner = name }), world.Resolve(name, type).Answers);
                    if (node.Cname is { } target)
                        Assert.Equal(new CnameRecord(name, 300, target), world.Resolve(name, DnsRecordType.Txt).Answers[0]);
                }
                foreach ((DnsRecordType type, LabDnsFault fault) in node.Faults)
                    Assert.Equal(fault, world.Resolve(name, type == 0 ? DnsRecordType.A : type).Fault);
                if (node.PolicyHost is not null) Assert.Same(node.PolicyHost, world.PolicyHost(owner));
            }
    }

    [Fact]
    public void NamesFitIntoDns() =>
        Assert.All(Cast.Bundled.Entries.Where(e => e.Expect.GetValueOrDefault("input_class") != "invalid_name").SelectMany(e => e.Nodes.Keys),
            n => Assert.True(n.Length <= DomainName.MaxLength && n.Split('.').All(l => l.Length is > 0 and <= DomainName.MaxLabelLength), n));

    [GeneratedRegex("RFC [0-9]{4}|classification.md|in the list|public suffix list")]
    private static partial Regex Source();
}
