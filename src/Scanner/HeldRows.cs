using System.Diagnostics.CodeAnalysis;
using Scanner.Resolve;

namespace Scanner;

/// <summary>
/// Rows of the first pass on their way to the disk. A resolver that begins to deny everything denies what lies below names that it has just confirmed,
/// and those look like names without records. So a row is held until enough others have come behind it to show such a beginning; it then
/// waits for <see cref="DenialWatch"/>, which judges when the pass is over, as names that do not exist do anyway. Not for several threads.
/// </summary>
/// <param name="names">Names that may be under way at once: so many rows may come before the first denied name behind them does.</param>
internal sealed class HeldRows(int names)
{
    /// <summary>Names about which one resolver said something, by which it is suspected.</summary>
    public const int Sample = 64;

    /// <summary>Denied ones among them that make it suspect. Not more than what <see cref="DenialWatch"/> asks for, so that it finds waiting whatever it
    /// doubts. In a list of which a tenth does not exist 20 of 64 are met once in a million samples; being wrong costs some disk and time.</summary>
    public const int Suspicious = 20;

    private readonly Queue<(DomainResult Row, DateTimeOffset Ended)> _rows = new();
    private readonly List<(string By, bool Denied)> _verdicts = [];
    private readonly Dictionary<string, Recent> _resolvers = new(StringComparer.Ordinal);

    /// <summary>Is a resolver suspected now?</summary>
    public bool IsSuspecting { get; private set; }

    /// <param name="ended">When the last answer had come. UTC.</param>
    public void Add(DomainResult row, DateTimeOffset ended)
    {
        _rows.Enqueue((row, ended));
        if (row.Evidence is not { } evidence) return;
        evidence.Verdicts(row.Name.Name, _verdicts);
        IsSuspecting = false;
        foreach (var (by, denied) in _verdicts)
        {
            if (!_resolvers.TryGetValue(by, out var recent)) _resolvers.Add(by, recent = new Recent());
            recent.Add(denied, row.ScannedAt, ended);
        }
        foreach (var recent in _resolvers.Values) IsSuspecting |= recent.IsSuspected;
    }

    /// <summary>The next row that need not be held any longer.</summary>
    /// <param name="all">Nothing comes behind them any more.</param>
    /// <param name="isSuspect">It rests on a denial by a resolver that was suspected at the time.</param>
    public bool TryTake(bool all, [NotNullWhen(true)] out DomainResult? row, out DateTimeOffset ended, out bool isSuspect)
    {
        (row, ended, isSuspect) = (null, default, false);
        if (_rows.Count <= (all ? 0 : names + Sample)) return false;
        (row, ended) = _rows.Dequeue();
        isSuspect = row.Evidence is { } evidence && RestsOnSuspects(evidence, row.ScannedAt, ended);
        return true;
    }

    private bool RestsOnSuspects(NameEvidence evidence, DateTimeOffset from, DateTimeOffset until)
    {
        foreach (var (by, recent) in _resolvers)
            if (recent.WasSuspected(from, until) && evidence.RestsOnDenial(by)) return true;
        return false;
    }

    /// <summary>The last answers of one resolver about listed names, and the times in which it was suspected.</summary>
    private sealed class Recent
    {
        private readonly (bool Denied, DateTimeOffset From)[] _answers = new (bool, DateTimeOffset)[Sample];
        private readonly List<(DateTimeOffset From, DateTimeOffset Until)> _times = [];
        private int _next;
        private int _denied;

        public bool IsSuspected => _denied >= Suspicious;

        public void Add(bool denied, DateTimeOffset from, DateTimeOffset until)
        {
            bool before = IsSuspected;
            ref var place = ref _answers[_next];
            _next = (_next + 1) % Sample;
            if (place.Denied) _denied--;
            place = (denied, from);
            if (denied) _denied++;
            if (!IsSuspected) return;
            if (before) _times[^1] = (_times[^1].From, until > _times[^1].Until ? until : _times[^1].Until);
            else _times.Add((_answers.Where(answer => answer.Denied).Min(answer => answer.From), until));
        }

        public bool WasSuspected(DateTimeOffset from, DateTimeOffset until)
        {
            foreach (var time in _times)
                if (from <= time.Until && until >= time.From) return true;
            return false;
        }
    }
}
