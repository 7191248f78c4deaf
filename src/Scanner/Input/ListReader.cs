using Scanner.Checks.Names;

namespace Scanner.Input;

/// <summary>The second reading: the names themselves, in the order of the file, each once, with its best rank.</summary>
public static class ListReader
{
    /// <summary>Lazy, in constant memory; yields exactly <see cref="ListSurvey.Selected"/> names or throws.</summary>
    /// <param name="survey">Of the same source with the same options.</param>
    /// <exception cref="InputException">The file is not the one that was surveyed any more.</exception>
    public static IEnumerable<ListedName> Read(ListSource source, ListSurvey survey, ListOptions options)
    {
        source.ThrowIfChanged();
        using var text = source.OpenText();
        var reader = new RankedListReader(text, source.DisplayName);
        int count = 0;
        while (reader.Read(out var record))
        {
            if (record.Problem is not null) continue;
            var hash = NameSelection.HashOf(record.Name.Name);
            if (!survey.Selection.IsItsLine(hash, record.Line) || !survey.Selection.Includes(hash, record.Rank)) continue;
            if (++count > survey.Selected) throw source.Changed();
            var name = NameNormaliser.ToListed(record.Name, record.Input, record.Rank, options.PublicSuffixList);
            yield return survey.Excluded.Covers(name.Name) ? name with { Excluded = true } : name;
        }
        if (count != survey.Selected) throw source.Changed();
        source.ThrowIfChanged();
    }
}
