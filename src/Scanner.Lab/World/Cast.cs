using System.Collections.Frozen;
using System.Reflection;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>The hand-written part of the lab's world: all entries of all cast files, and which of them answers for a name.</summary>
public sealed class Cast
{
    readonly FrozenDictionary<string, CastEntry> _zones;
    readonly FrozenDictionary<string, CastEntry>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public Cast(IEnumerable<CastEntry> entries)
    {
        Entries = [.. entries];
        var zones = new Dictionary<string, CastEntry>(StringComparer.Ordinal);
        foreach (CastEntry entry in Entries)
            if (!zones.TryAdd(entry.Name, entry))
                throw new FormatException($"{entry.Where}: {entry.Name} is also at {zones[entry.Name].Where}; merge the two");
        _zones = zones.ToFrozenDictionary(StringComparer.Ordinal);
        _lookup = _zones.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (CastEntry entry in Entries) MarkExisting(entry);
    }

    /// <summary>The bundled cast, read once.</summary>
    public static Cast Bundled { get; } = Load();

    public IReadOnlyList<CastEntry> Entries { get; }

    public IEnumerable<CastEntry> Listed => Entries.Where(e => e.IsListed);

    /// <summary>The entry of exactly this name, or null.</summary>
    public CastEntry? Entry(string name) => _zones.GetValueOrDefault(name);

    /// <summary>The entry that answers for an owner: the deepest at or above it. Null: the name is the population's.</summary>
    public CastEntry? Zone(string owner)
    {
        ReadOnlySpan<char> name = owner;
        while (true)
        {
            if (_lookup.TryGetValue(name, out CastEntry? entry))
                return !entry.IsOpen || name.Length == owner.Length || IsOwn(owner.AsSpan(0, owner.Length - name.Length - 1)) ? entry : null;
            int dot = name.IndexOf('.');
            if (dot < 0) return null;
            name = name[(dot + 1)..];
        }
    }

    /// <summary>The labels in front of an open entry's name that still belong to it: underscore names and its policy host.</summary>
    static bool IsOwn(ReadOnlySpan<char> labels) => labels.SequenceEqual("mta-sts") || labels[(labels.LastIndexOf('.') + 1)..].StartsWith("_");

    void MarkExisting(CastEntry entry)
    {
        foreach ((string owner, CastNode node) in entry.Nodes)
            if (!node.Nxdomain) MarkUpTo(entry, owner);
        // A deeper entry is something below: the names on the way to it are empty non-terminals of the one above.
        if (DomainName.Parent(entry.Name) is { } parent && Zone(parent) is { } above) MarkUpTo(above, parent);
    }

    static void MarkUpTo(CastEntry entry, string owner)
    {
        for (; owner.Length > entry.Name.Length; owner = DomainName.Parent(owner)!) entry.Existing.Add(owner);
    }

    static Cast Load()
    {
        Assembly assembly = typeof(Cast).Assembly;
        var entries = new List<CastEntry>();
        foreach (string resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith("cast/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            entries.AddRange(CastFile.Parse(text, resource["cast/".Length..]));
        }
        return new Cast(entries);
    }
}
