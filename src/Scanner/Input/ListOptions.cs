using System.Globalization;
using Scanner.Checks.Names;

namespace Scanner.Input;

/// <summary>Which list, and which part of it.</summary>
public sealed record ListOptions
{
    /// <summary>A file, or "-" for standard input.</summary>
    public required string Source { get; init; }

    /// <summary>Only names of rank 1 to this, 1 or more; null for all. Of a name listed twice the best rank counts.</summary>
    public int? Top { get; init; }

    /// <summary>A uniform random sample of this many names, 1 or more, taken after <see cref="Top"/>; null for all. Fewer names are all taken.</summary>
    public int? Sample { get; init; }

    /// <summary>Which sample: the same seed and list give the same names on every machine.</summary>
    public long Seed { get; init; }

    /// <summary>Applied last: the shards of a sample make up the sample.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>The opt-out list, in any form that a list may have; null for none.</summary>
    public string? ExcludeFile { get; init; }

    public PublicSuffixList PublicSuffixList { get; init; } = PublicSuffixList.Embedded;
}

/// <summary>Part <paramref name="Index"/> of <paramref name="Count"/>, 1-based.</summary>
public readonly record struct Shard(int Index, int Count)
{
    public static readonly Shard Whole = new(1, 1);

    /// <summary>Reads <c>I/N</c> with 1 ≤ I ≤ N.</summary>
    public static bool TryParse(string text, out Shard shard)
    {
        shard = Whole;
        string[] parts = text.Split('/');
        if (parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            || index < 1 || index > count) return false;
        shard = new Shard(index, count);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");
}
