namespace Scanner.Input;

/// <summary>The opt-out list: names that are never asked for, and everything below them.</summary>
public sealed class ExcludeList
{
    public static readonly ExcludeList None = new([]);

    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _names;

    private ExcludeList(HashSet<string> names) => _names = names.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _names.Set.Count;

    /// <summary>Any form that a list may have; <c>*.example.com</c> means <c>example.com</c>.</summary>
    /// <exception cref="InputException">Unusable, or a line that is not a name: somebody asked not to be scanned, and it must not
    /// be a typing mistake that decides against them.</exception>
    public static ExcludeList Load(string path)
    {
        using var source = ListSource.Open(path, allowEmpty: true);
        using var text = source.OpenText();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var reader = new RankedListReader(text, path, allowWildcard: true);
        while (reader.Read(out var record))
        {
            if (record.Problem is { } problem)
                throw new InputException($"{path}, line {record.Line}: {problem}. Correct the opt-out list: every line must be understood, nothing was asked.");
            names.Add(record.Name.Name);
        }
        return new ExcludeList(names);
    }

    /// <param name="name">Normalised.</param>
    public bool Covers(ReadOnlySpan<char> name)
    {
        if (Count == 0) return false;
        while (!_names.Contains(name))
        {
            int dot = name.IndexOf('.');
            if (dot < 0) return false;
            name = name[(dot + 1)..];
        }
        return true;
    }
}
