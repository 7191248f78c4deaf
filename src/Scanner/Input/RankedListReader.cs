using System.Globalization;
using System.Text;
using Scanner.Checks.Names;
using Sylvan.Data.Csv;

namespace Scanner.Input;

/// <summary>The forms of a list.</summary>
public enum ListFormat : byte
{
    /// <summary>A header with <c>GlobalRank</c> and <c>Domain</c>.</summary>
    MajesticMillion = 1,
    /// <summary>Another header with a column <c>Domain</c>; <c>Rank</c> may be missing.</summary>
    NamedColumns = 2,
    /// <summary><c>rank,domain</c> without header: Tranco, Umbrella.</summary>
    RankAndName = 3,
    /// <summary>One name a line.</summary>
    NamePerLine = 4,
}

/// <summary>One line of a list that is neither blank, comment nor header.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Rank">1 or more; 0 in a bad line.</param>
/// <param name="Input">The field that should hold the name, as it stands.</param>
/// <param name="Problem">Why this is a bad line; null when it is a good one.</param>
public readonly record struct ListRecord(int Line, int Rank, string Input, NormalisedName Name, string? Problem);

/// <summary>
/// Reads a ranked list line by line, in constant memory. The fields are split by Sylvan.Data.Csv, which follows RFC 4180: there an open
/// quote runs on over line ends, and one stray quote could swallow the rest of a list. So the library never sees a line with a quote
/// together with another line: lines without quotes are handed over in blocks, a line with one is a block by itself.
/// </summary>
public sealed class RankedListReader
{
    /// <summary>Lines that are looked at to find the form of the list.</summary>
    private const int DetectionLines = 100;

    /// <summary>Characters in a block: below the size from which .NET puts strings on the large object heap.</summary>
    private const int BlockLength = 16 * 1024;

    private static readonly CsvDataReaderOptions CsvOptions = new() { HasHeaders = false, Delimiter = ',', BufferSize = 2 * LineReader.MaxLineLength };

    private readonly record struct Line(int Number, string Text, string? Problem)
    {
        public bool StandsAlone => Problem is not null || Text.Contains('"');
    }

    private readonly LineReader _lines;
    private readonly char[] _csvBuffer = new char[2 * LineReader.MaxLineLength];
    private readonly Queue<Line> _waiting = new();
    private readonly Queue<Line> _block = new();
    private readonly StringBuilder _text = new(2 * BlockLength);
    private readonly bool _allowWildcard;
    private readonly bool _hasHeader;
    private readonly int _rankColumn = -1;
    private readonly int _nameColumn;
    private CsvDataReader? _csv;
    private int _names;

    /// <param name="text">The unpacked text; stays open.</param>
    /// <param name="sourceName">For error messages.</param>
    /// <param name="allowWildcard">Take <c>*.name</c> for the name, as people write it in opt-out lists.</param>
    /// <exception cref="InputException">The text cannot be read.</exception>
    public RankedListReader(Stream text, string sourceName, bool allowWildcard = false)
    {
        _lines = new LineReader(text, sourceName);
        _allowWildcard = allowWildcard;
        var first = new List<string[]>();
        while (first.Count < DetectionLines && ReadLine() is { } line)
        {
            _waiting.Enqueue(line);
            if (line.Problem is null && Split(line.Text) is { } fields) first.Add(fields);
        }
        if (first.Count > 0 && ColumnOf(first[0], "domain") is >= 0 and int domain)
        {
            _hasHeader = true;
            _nameColumn = domain;
            int globalRank = ColumnOf(first[0], "globalrank");
            _rankColumn = globalRank >= 0 ? globalRank : ColumnOf(first[0], "rank");
            Format = globalRank >= 0 ? ListFormat.MajesticMillion : ListFormat.NamedColumns;
        }
        else if (first.Count(f => f.Length == 2 && TryRank(f[0], out _)) is > 0 and int ranked && ranked >= first.Count(f => f.Length == 1))
        {
            Format = ListFormat.RankAndName;
            _rankColumn = 0;
            _nameColumn = 1;
        }
        else
        {
            Format = ListFormat.NamePerLine;
        }
        SkipHeader();
    }

    public ListFormat Format { get; }

    /// <summary>Lines read so far, of every kind.</summary>
    public int LinesRead { get; private set; }

    /// <summary>Of those, blank lines, comments (<c>#</c>) and the header.</summary>
    public int LinesSkipped { get; private set; }

    /// <summary>The next line that should hold a name, good or bad; false after the last.</summary>
    /// <exception cref="InputException">The text cannot be read to its end.</exception>
    public bool Read(out ListRecord record)
    {
        if (_block.Count == 0 && !NextBlock())
        {
            record = default;
            return false;
        }
        var line = _block.Dequeue();
        record = line.Problem is { } problem ? Bad(line, problem) : ReadFields(line);
        return true;
    }

    private ListRecord ReadFields(Line line)
    {
        try
        {
            if (!_csv!.Read()) return Bad(line, "the line cannot be split into fields");
        }
        catch (CsvFormatException)
        {
            return Bad(line, "a quote is not closed, or closes in the middle of a field");
        }

        int fields = _csv.RowFieldCount;
        if (_hasHeader && fields <= Math.Max(_nameColumn, _rankColumn)) return Bad(line, $"only {fields} of the fields that the header names");
        if (!_hasHeader && fields != _nameColumn + 1)
            return Bad(line, Format == ListFormat.RankAndName
                ? $"{fields} fields where rank,name is expected"
                : $"{fields} fields where one name is expected");
        int rank = 0;
        if (_rankColumn >= 0 && !TryRank(_csv.GetFieldSpan(_rankColumn), out rank))
            return Bad(line, "the rank is not a whole number from 1 to 2147483647");
        string input = _csv.GetString(_nameColumn);
        if (_allowWildcard && input.StartsWith("*.", StringComparison.Ordinal)) input = input[2..];
        var name = NameNormaliser.Clean(input);
        if (name.Form == NameForm.NotAName) return Bad(line, name.Reason!);
        // Without a rank column the position among the names is the rank, so that a bad line leaves no gap.
        _names++;
        return new ListRecord(line.Number, _rankColumn >= 0 ? rank : _names, input, name, null);
    }

    private static ListRecord Bad(Line line, string problem) => new(line.Number, 0, "", default, problem);

    /// <summary>Collects lines that are safe together and opens the library's reader on them.</summary>
    private bool NextBlock()
    {
        _text.Clear();
        while (_text.Length < BlockLength)
        {
            if (_waiting.Count == 0)
            {
                if (ReadLine() is not { } next) break;
                _waiting.Enqueue(next);
            }
            bool alone = _waiting.Peek().StandsAlone;
            if (alone && _block.Count > 0) break;
            var line = _waiting.Dequeue();
            _block.Enqueue(line);
            _text.Append(line.Text).Append('\n');
            if (alone) break;
        }
        if (_block.Count == 0) return false;
        _csv?.Dispose();
        // A line that nobody could decode has no fields, and the library has nothing to read.
        _csv = _block.Peek().Problem is null ? CsvDataReader.Create(new StringReader(_text.ToString()), _csvBuffer, CsvOptions) : null;
        return true;
    }

    /// <summary>The next line that is neither blank nor a comment.</summary>
    private Line? ReadLine()
    {
        while (_lines.Read(out string? problem) is { } text)
        {
            LinesRead = checked(LinesRead + 1);
            var trimmed = text.AsSpan().TrimStart();
            if (problem is not null || !(trimmed.IsEmpty || trimmed[0] == '#')) return new Line(LinesRead, text, problem);
            LinesSkipped++;
        }
        return null;
    }

    /// <summary>The fields of one line by itself; null when its quotes are wrong.</summary>
    private string[]? Split(string line)
    {
        try
        {
            using var csv = CsvDataReader.Create(new StringReader(line), _csvBuffer, CsvOptions);
            return csv.Read() ? [.. Enumerable.Range(0, csv.RowFieldCount).Select(csv.GetString)] : null;
        }
        catch (CsvFormatException)
        {
            return null;
        }
    }

    private void SkipHeader()
    {
        if (!_hasHeader) return;
        // Bad lines may stand before it; they are given out as such.
        var before = new Queue<Line>();
        while (_waiting.TryDequeue(out var line))
        {
            if (line.Problem is null && Split(line.Text) is not null) break;
            before.Enqueue(line);
        }
        foreach (var line in _waiting) before.Enqueue(line);
        _waiting.Clear();
        foreach (var line in before) _waiting.Enqueue(line);
        LinesSkipped++;
    }

    private static int ColumnOf(string[] header, string name) =>
        Array.FindIndex(header, field => field.AsSpan().Trim().Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool TryRank(ReadOnlySpan<char> text, out int rank) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out rank) && rank > 0;
}
