namespace Scanner.Input;

/// <param name="Line">1-based.</param>
public readonly record struct BadLine(int Line, string Reason);

/// <summary>
/// What the first of two readings of a list found: how many rows there will be, before anything is asked. After it only the hashes of
/// duplicate names stay in memory. <c>LinesRead = LinesSkipped + InvalidLines + DuplicateLines + Names</c>.
/// </summary>
public sealed record ListSurvey
{
    /// <summary>Bad lines that are kept with their reasons.</summary>
    private const int ShownBadLines = 10;

    /// <summary>The path as given, or "standard input".</summary>
    public required string Source { get; init; }

    /// <summary>Of the file as given, that is, compressed: lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    public required ListFormat Format { get; init; }

    public required int LinesRead { get; init; }

    /// <summary>Blank lines, comments and the header.</summary>
    public required int LinesSkipped { get; init; }

    /// <summary>Lines without a name. They never stop a run.</summary>
    public required int InvalidLines { get; init; }

    public required IReadOnlyList<BadLine> FirstBadLines { get; init; }

    /// <summary>Lines whose name stands on another line as well; each name is counted once in <see cref="Names"/>.</summary>
    public required int DuplicateLines { get; init; }

    /// <summary>Distinct names of the whole list, those that cannot be asked for included.</summary>
    public required int Names { get; init; }

    /// <summary>Rows of the run: the names that --top, --sample and --shard leave.</summary>
    public required int Selected { get; init; }

    /// <summary>Of <see cref="Selected"/>, IP literals and names that DNS cannot hold. They have rows, nothing is asked.</summary>
    public required int SelectedUnqueryable { get; init; }

    /// <summary>Of <see cref="Selected"/>, names on the opt-out list. They have rows, nothing is asked.</summary>
    public required int SelectedExcluded { get; init; }

    internal NameSelection Selection { get; private init; } = null!;

    internal ExcludeList Excluded { get; private init; } = ExcludeList.None;

    /// <exception cref="InputException">The list, or the opt-out list, cannot be used, or holds no valid name.</exception>
    public static ListSurvey Read(ListSource source, ListOptions options, CancellationToken cancellationToken = default)
    {
        var excluded = options.ExcludeFile is { } file ? ExcludeList.Load(file) : ExcludeList.None;
        var seen = new SeenNames();
        var badLines = new List<BadLine>();
        int invalid = 0, duplicates = 0;

        using var text = source.OpenText();
        var reader = new RankedListReader(text, source.DisplayName);
        while (reader.Read(out var record))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (record.Problem is { } problem)
            {
                invalid++;
                if (badLines.Count < ShownBadLines) badLines.Add(new BadLine(record.Line, problem));
                continue;
            }
            var marks = (record.Name.IsQueryable ? 0 : SeenNames.Mark.Unqueryable)
                | (excluded.Covers(record.Name.Name) ? SeenNames.Mark.Excluded : 0);
            if (!seen.Add(NameSelection.HashOf(record.Name.Name), record.Rank, record.Line, marks)) duplicates++;
        }
        if (seen.Count == 0) throw NoName(source, badLines);

        var selection = new NameSelection(options, seen);
        int selected = 0, unqueryable = 0, optedOut = 0;
        foreach (var entry in seen.Entries())
        {
            if (!selection.Includes(entry.Hash, entry.Rank)) continue;
            selected++;
            if (entry.Marks.HasFlag(SeenNames.Mark.Unqueryable)) unqueryable++;
            if (entry.Marks.HasFlag(SeenNames.Mark.Excluded)) optedOut++;
        }
        return new ListSurvey
        {
            Source = source.DisplayName,
            Sha256 = source.Sha256,
            Format = reader.Format,
            LinesRead = reader.LinesRead,
            LinesSkipped = reader.LinesSkipped,
            InvalidLines = invalid,
            FirstBadLines = badLines,
            DuplicateLines = duplicates,
            Names = seen.Count,
            Selected = selected,
            SelectedUnqueryable = unqueryable,
            SelectedExcluded = optedOut,
            Selection = selection,
            Excluded = excluded,
        };
    }

    private static InputException NoName(ListSource source, List<BadLine> badLines)
    {
        string first = badLines.Count > 0 ? $" Line {badLines[0].Line}: {badLines[0].Reason}." : "";
        return new InputException($"{source.DisplayName}: there is not one valid name in this list.{first} " +
            "It should hold one name a line, or rank,name, or a header with a column Domain.");
    }
}
