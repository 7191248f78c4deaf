using Scanner.Checks;
using Scanner.Dns;

namespace Scanner;

/// <summary>Counters of a running scan, for whoever shows them. Written by the pipeline, read at any time.</summary>
public sealed class ScanProgress
{
    private readonly long[] _statuses = new long[Enum.GetValues<DnsStatus>().Length];
    private Func<(int Names, int Policies, int Rows)> _queues = static () => default;
    private long _done;
    private long _passDone;
    private long _passTotal;
    private long _withUnknown;
    private long _policies;
    private int _pass = 1;

    /// <summary>Rows that the run will have.</summary>
    public long Total { get; init; }

    /// <summary>Names gone through once, those of earlier sessions included.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>The pass under way, 1-based.</summary>
    public int Pass => Volatile.Read(ref _pass);

    /// <summary>Names of the pass under way.</summary>
    public long PassTotal => Interlocked.Read(ref _passTotal);

    /// <summary>Of them, gone through.</summary>
    public long PassDone => Interlocked.Read(ref _passDone);

    /// <summary>Names with at least one answer that is unknown as things stand.</summary>
    public long WithUnknown => Interlocked.Read(ref _withUnknown);

    /// <summary>Policies fetched, well or badly.</summary>
    public long PoliciesFetched => Interlocked.Read(ref _policies);

    /// <summary>Names waiting for a worker.</summary>
    public int NamesWaiting => _queues().Names;

    /// <summary>Names waiting for their policy.</summary>
    public int PoliciesWaiting => _queues().Policies;

    /// <summary>Rows waiting for the writer.</summary>
    public int RowsWaiting => _queues().Rows;

    /// <summary>Answers to the base questions in the first pass by status word, those that occurred.</summary>
    public IReadOnlyList<(string Status, long Count)> Statuses =>
        [.. Enum.GetValues<DnsStatus>().Select(s => (s.Word(), Interlocked.Read(ref _statuses[(int)s]))).Where(p => p.Item2 > 0)];

    /// <summary>What earlier sessions of the run have done.</summary>
    internal void Restore(long done, long withUnknown) => (_done, _withUnknown) = (done, withUnknown);

    internal void BeginPass(int pass, long names)
    {
        Interlocked.Exchange(ref _passTotal, names);
        Interlocked.Exchange(ref _passDone, 0);
        Volatile.Write(ref _pass, pass);
    }

    internal void Watch(Func<(int Names, int Policies, int Rows)> queues) => _queues = queues;

    internal void CountPolicy() => Interlocked.Increment(ref _policies);

    internal void Count(DomainResult row, int pass)
    {
        bool unknown = row.Evidence is { Unknown: > 0 };
        Interlocked.Increment(ref _passDone);
        if (pass > 1)
        {
            if (!unknown) Interlocked.Decrement(ref _withUnknown);
            return;
        }
        foreach (var answer in row.BaseAnswers()) Interlocked.Increment(ref _statuses[(int)answer.Status]);
        if (unknown) Interlocked.Increment(ref _withUnknown);
        Interlocked.Increment(ref _done);
    }
}
