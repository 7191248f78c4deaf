namespace Scanner.Checks.Dkim;

/// <summary>How many selectors are tried (classification.md 8.2).</summary>
public enum DkimTier : byte
{
    /// <summary>The 8 that most signers use, and those of the mail provider.</summary>
    A = 1,
    /// <summary>Those of tier A and 17 more.</summary>
    B = 2,
    /// <summary>Every tier of the table, some 75.</summary>
    C = 3,
}

/// <summary>The selectors to ask for: the table of <c>Data/dkim-selectors.txt</c>. Immutable, for any number of threads.</summary>
public sealed class DkimSelectors
{
    private static readonly Lazy<DkimSelectors> LazyEmbedded = new(ReadEmbedded);

    private readonly Dictionary<string, string[]> _byProvider;
    private readonly string[][] _tiers;

    private DkimSelectors(string version, Dictionary<string, string[]> byProvider, string[][] tiers) =>
        (Version, _byProvider, _tiers) = (version, byProvider, tiers);

    /// <summary>The table built into the library; read once.</summary>
    public static DkimSelectors Embedded => LazyEmbedded.Value;

    /// <summary>Of the table, from its <c>version</c> line: goes into run.json.</summary>
    public string Version { get; }

    /// <summary>Lower-case and distinct; those of the mail provider first, since a domain most likely signs where it receives.</summary>
    /// <param name="provider">As in <see cref="Mx.MxResult.Provider"/>; null when it is not known.</param>
    public IReadOnlyList<string> For(string? provider, DkimTier tier)
    {
        IEnumerable<string> first = provider is not null && _byProvider.TryGetValue(provider, out var own) ? own : [];
        return [.. first.Concat(_tiers.Take((int)tier).SelectMany(t => t)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Questions per name at most, for the budget of a run.</summary>
    public int MaxCount(DkimTier tier) => _byProvider.Keys.Append(null).Max(provider => For(provider, tier).Count);

    /// <exception cref="FormatException">A line in no known form, or no version.</exception>
    public static DkimSelectors Parse(TextReader text)
    {
        var byProvider = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var tiers = new List<string>[] { [], [], [] };
        string? version = null;
        for (int number = 1; text.ReadLine() is { } line; number++)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0][0] == '#') continue;
            // Selectors are DNS labels: case means nothing (RFC 4343), and questions are asked in lower case.
            string[] selectors = [.. words.Skip(2).Select(w => w.ToLowerInvariant())];
            switch (words)
            {
                case ["version", var value]: version = value; break;
                case ["provider", var provider, _, ..] when byProvider.TryAdd(provider, selectors): break;
                case ["tier", "A" or "B" or "C", _, ..]: tiers[words[1][0] - 'A'].AddRange(selectors); break;
                default: throw new FormatException($"line {number}: write 'version V', 'provider WORD SELECTOR…' (once a word) or 'tier A|B|C SELECTOR…'");
            }
        }
        return new DkimSelectors(version ?? throw new FormatException("no line 'version …'"), byProvider, [.. tiers.Select(t => t.ToArray())]);
    }

    private static DkimSelectors ReadEmbedded()
    {
        using var stream = typeof(DkimSelectors).Assembly.GetManifestResourceStream("dkim-selectors.txt")!;
        using var reader = new StreamReader(stream);
        return Parse(reader);
    }
}
