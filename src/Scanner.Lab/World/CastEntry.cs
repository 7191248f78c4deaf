using System.Diagnostics.CodeAnalysis;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>Everything the cast says about one owner name.</summary>
public sealed class CastNode
{
    /// <summary>Records by type; never a CNAME, never empty lists.</summary>
    public Dictionary<DnsRecordType, List<DnsRecord>> Records { get; } = [];

    /// <summary>Where this owner leads, or null. RFC 1034 §3.6.2: then it has no other records (a policy host's page is no record).</summary>
    public string? Cname { get; set; }

    /// <summary>NXDOMAIN for the owner itself, whatever stands below it: what RFC 8020 §2 forbids and some servers send.</summary>
    public bool Nxdomain { get; set; }

    /// <summary>Misbehaviour by type; type 0 stands for every type without its own.</summary>
    public Dictionary<DnsRecordType, LabDnsFault> Faults { get; } = [];

    /// <summary>What HTTPS serves here, or null.</summary>
    public LabPolicyHost? PolicyHost { get; set; }

    public LabDnsFault FaultFor(DnsRecordType type) =>
        Faults.TryGetValue(type, out LabDnsFault fault) || Faults.TryGetValue(0, out fault) ? fault : LabDnsFault.None;
}

/// <summary>
/// One entry of the cast: a name, everything at and below it, and what a scan must find. The entry is a zone: what it does not name
/// does not exist, except below an <see cref="IsOpen"/> entry.
/// </summary>
public sealed class CastEntry
{
    /// <summary>Lower-case, no trailing dot.</summary>
    public required string Name { get; init; }

    /// <summary>Part of the bundled list, with expectations. False for what others lean on: include targets, parents, MX hosts.</summary>
    public required bool IsListed { get; init; }

    /// <summary>The entry speaks for its own name and the underscore names below only; other names below belong to whoever has them
    /// (a public suffix, a top-level domain).</summary>
    public bool IsOpen { get; init; }

    /// <summary>A signed zone: answers about it have AD=1, unless a CNAME leads out of it.</summary>
    public bool IsSigned { get; set; }

    /// <summary>A signed zone that denies names compactly: NOERROR for names that do not exist (RFC 9824).</summary>
    public bool DeniesCompactly { get; set; }

    /// <summary>What the entry is about, with the RFC section.</summary>
    public string Why { get; set; } = "";

    /// <summary>The file and the line of the entry, for messages.</summary>
    public required string Where { get; init; }

    /// <summary>By owner, full names.</summary>
    public Dictionary<string, CastNode> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>Misbehaviour for every owner at and below the name that has none of its own.</summary>
    public LabDnsFault FaultEverywhere { get; set; }

    /// <summary>Columns of the row by name; null is the null of the column, a list is comma separated. No key: no statement.</summary>
    public Dictionary<string, string?> Expect { get; } = new(StringComparer.Ordinal);

    /// <summary>What is different in a full run (<see cref="LabTruth.Full"/>): column to value, as in <see cref="Expect"/>.</summary>
    public Dictionary<string, string?> ExpectFull { get; } = new(StringComparer.Ordinal);

    /// <summary>Owners that exist: with records, or with something below them (empty non-terminals, RFC 8020 §2).</summary>
    internal HashSet<string> Existing { get; } = new(StringComparer.Ordinal);

    /// <summary>The node that answers for an owner: its own, or the wildcard at its closest encloser (RFC 4592 §3.3.1).</summary>
    /// <param name="exists">False: NXDOMAIN.</param>
    internal bool TryFind(string owner, [NotNullWhen(true)] out CastNode? node, out bool exists)
    {
        if (Nodes.TryGetValue(owner, out node))
        {
            exists = !node.Nxdomain;
            return true;
        }
        exists = owner.Length == Name.Length || Existing.Contains(owner);
        if (exists) return false;
        string encloser = owner;
        while (encloser.Length > Name.Length && !Existing.Contains(encloser)) encloser = DomainName.Parent(encloser)!;
        exists = Nodes.TryGetValue("*." + encloser, out node);
        return exists;
    }
}

/// <summary>A cast file that cannot be read: says the file, the line, what is wrong and what to write instead.</summary>
public sealed class CastFormatException(string file, int line, string message) : FormatException($"{file}:{line}: {message}")
{
    public string File { get; } = file;

    /// <summary>1-based.</summary>
    public int Line { get; } = line;
}
