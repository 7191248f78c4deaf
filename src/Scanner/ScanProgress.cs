using Scanner.Checks;
using Scanner.Dns;

namespace Scanner;

/// <summary>Counters of a running scan, for whoever shows them. Written by the pipeline, read at any time.</summary>
public sealed class ScanProgress
{
    private readonly long[] _statuses = new long[Enum.GetValues<DnsStatus>().Length];
    private long _done;
    private long _withUnknown;
    private long _policies;

    /// <summary>Rows that the run will have.</summary>
    public long Total { get; init; }

    /// <summary>Rows handed to the writer.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>Rows with at least one unknown answer.</summary>
    public long WithUnknown => Interlocked.Read(ref _withUnknown);

    /// <summary>Policies fetched, well or badly.</summary>
    public long PoliciesFetched => Interlocked.Read(ref _policies);

    /// <summary>Names waiting for their policy.</summary>
    public int PoliciesWaiting { get; internal set; }

    /// <summary>Final answers of the base questions by status word, those that occurred.</summary>
    public IReadOnlyList<(string Status, long Count)> Statuses =>
        [.. Enum.GetValues<DnsStatus>().Select(s => (s.Word(), Interlocked.Read(ref _statuses[(int)s]))).Where(p => p.Item2 > 0)];

    internal void CountPolicy() => Interlocked.Increment(ref _policies);

    internal void Count(DomainResult row)
    {
        bool unknown = false;
        foreach (var answer in row.BaseAnswers())
        {
            Interlocked.Increment(ref _statuses[(int)answer.Status]);
            unknown |= answer.Presence == Presence.Unknown;
        }
        if (unknown) Interlocked.Increment(ref _withUnknown);
        Interlocked.Increment(ref _done);
    }
}
