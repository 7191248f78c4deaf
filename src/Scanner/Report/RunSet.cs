using System.Globalization;
using Scanner.Write;

namespace Scanner.Report;

/// <summary>One run: a folder, or the folders of all its shards. What is refused here would give figures that look right and are not.</summary>
/// <param name="Manifests">In the order of <paramref name="Folders"/>.</param>
public sealed record RunSet(IReadOnlyList<RunFolder> Folders, IReadOnlyList<RunManifest> Manifests)
{
    /// <summary>Options that decide which names are in a run and what is learned of them: they must be the same in all shards.</summary>
    private static readonly string[] _deciding = ["top", "sample", "seed", "checks", "exclude", "spf-eval-level"];

    /// <summary>Every closed part of the run.</summary>
    public IReadOnlyList<string> Parts => [.. Folders.SelectMany(f => f.ClosedParts())];

    /// <summary>Drawn at random from its list: shares then have sampling error.</summary>
    public bool Sampled => Manifests.Any(m => Option(m, "sample") is not (null or "all"));

    /// <exception cref="RunFolderException">The folders are not one run: other lists or options, a shard twice, or one missing.</exception>
    public static RunSet Of(IReadOnlyList<RunFolder> folders)
    {
        ArgumentOutOfRangeException.ThrowIfZero(folders.Count, nameof(folders));
        return Checked(folders, [.. folders.Select(f => f.LoadManifest())]);
    }

    /// <summary>Several runs, each a folder or the shards of one: a folder that is shard 2/4 belongs to the first run of the same list in
    /// four shards that has no second shard yet.</summary>
    /// <exception cref="RunFolderException">As for <see cref="Of"/>.</exception>
    public static IReadOnlyList<RunSet> Group(IReadOnlyList<RunFolder> folders)
    {
        var groups = new List<List<(RunFolder Folder, RunManifest Manifest, (int Index, int Count) Shard)>>();
        foreach (var folder in folders)
        {
            var manifest = folder.LoadManifest();
            var shard = ShardOf(manifest) ?? (1, 1);
            var home = shard.Count == 1 ? null : groups.FirstOrDefault(g =>
                g[0].Shard.Count == shard.Count && g[0].Manifest.ListSha256 == manifest.ListSha256 && g.TrueForAll(other => other.Shard.Index != shard.Index));
            if (home is null) groups.Add([(folder, manifest, shard)]);
            else home.Add((folder, manifest, shard));
        }
        return [.. groups.Select(g => Checked([.. g.Select(e => e.Folder)], [.. g.Select(e => e.Manifest)], alone: false))];
    }

    /// <param name="alone">A single shard may stand for itself: its own report.</param>
    private static RunSet Checked(IReadOnlyList<RunFolder> folders, IReadOnlyList<RunManifest> manifests, bool alone = true)
    {
        var first = manifests[0];
        if (manifests.FirstOrDefault(m => m.ListSha256 != first.ListSha256) is { } other)
            throw new RunFolderException($"these are runs over different lists ({first.List} and {other.List}): only shards of one list can be put together");
        foreach (string option in _deciding)
            if (manifests.FirstOrDefault(m => Option(m, option) != Option(first, option)) is { } different)
                throw new RunFolderException($"these runs differ in --{option} ({Option(first, option)} and {Option(different, option)}): only shards of one run can be put together");
        if (manifests.Select(ShardOf).Any(s => s is { Count: > 1 }) && !(alone && folders.Count == 1)) CheckShards(folders, manifests);
        return new RunSet(folders, manifests);
    }

    private static void CheckShards(IReadOnlyList<RunFolder> folders, IReadOnlyList<RunManifest> manifests)
    {
        var shards = manifests.Select(m => ShardOf(m) ?? (1, 1)).ToArray();
        int count = shards.Max(s => s.Item2);
        for (int i = 0; i < shards.Length; i++)
        {
            if (shards[i].Item2 != count)
                throw new RunFolderException($"{folders[i].FullPath} is shard {Text(shards[i])}, but others are of {count}: shards of different divisions overlap");
            if (Array.FindIndex(shards, s => s.Item1 == shards[i].Item1) is var before && before < i)
                throw new RunFolderException($"{folders[before].FullPath} and {folders[i].FullPath} are both shard {Text(shards[i])}: they overlap");
        }
        var missing = Enumerable.Range(1, count).Except(shards.Select(s => s.Item1)).ToArray();
        if (missing.Length > 0)
            throw new RunFolderException(
                $"of the {count} shards of {manifests[0].List} {(missing.Length == 1 ? "number" : "numbers")} {string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} missing: give all of them, or one alone");

        static string Text((int Index, int Count) shard) => string.Create(CultureInfo.InvariantCulture, $"{shard.Index}/{shard.Count}");
    }

    /// <summary>The shard that a run was, from its option <c>shard</c>; null where it does not say.</summary>
    internal static (int Index, int Count)? ShardOf(RunManifest manifest) =>
        Option(manifest, "shard")?.Split('/') is [var i, var n]
        && int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? (index, count)
            : null;

    internal static string? Option(RunManifest manifest, string name) => manifest.Options.GetValueOrDefault(name);
}
