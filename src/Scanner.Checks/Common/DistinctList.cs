namespace Scanner.Checks;

/// <summary>Texts in the order of their first coming, each once. A table only beyond a handful: a record of 64 KiB holds 13,000 names, and to
/// compare each with each took a quarter of a second.</summary>
internal sealed class DistinctList
{
    private const int Handful = 8;

    private readonly List<string> _items = [];
    private HashSet<string>? _seen;

    public IReadOnlyList<string> Items => _items;

    /// <summary>False when it was there already.</summary>
    public bool Add(string item)
    {
        if (_items.Count == Handful) _seen ??= new HashSet<string>(_items, StringComparer.Ordinal);
        if (_seen is null ? _items.Contains(item) : !_seen.Add(item)) return false;
        _items.Add(item);
        return true;
    }
}
