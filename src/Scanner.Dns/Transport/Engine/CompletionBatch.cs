using System.Collections.Concurrent;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// Queries that have ended, whose askers go on. They go on on a pool thread, one after the other: a slow one holds up the rest of
/// its batch but never a receiving thread, and one hop pays for all of them.
/// </summary>
internal sealed class CompletionBatch : IThreadPoolWorkItem
{
    /// <summary>Small enough that two processors share a full receive.</summary>
    private const int Capacity = 32;

    private static readonly ConcurrentQueue<CompletionBatch> Spare = new();

    private readonly PendingQuery?[] _queries = new PendingQuery?[Capacity];
    private int _count;

    /// <summary>Adds to the batch, begins one when there is none, and hands it over when it is full.</summary>
    /// <param name="query">One that the caller has claimed, with its reply set.</param>
    public static void Add(ref CompletionBatch? batch, PendingQuery query)
    {
        batch ??= Spare.TryDequeue(out var spare) ? spare : new CompletionBatch();
        batch._queries[batch._count++] = query;
        if (batch._count == Capacity) HandOver(ref batch);
    }

    public static void HandOver(ref CompletionBatch? batch)
    {
        if (batch is null) return;
        ThreadPool.UnsafeQueueUserWorkItem(batch, preferLocal: false);
        batch = null;
    }

    public static void HandOver(PendingQuery query)
    {
        CompletionBatch? batch = null;
        Add(ref batch, query);
        HandOver(ref batch);
    }

    public static void HandOver(List<PendingQuery> queries)
    {
        CompletionBatch? batch = null;
        foreach (var query in queries) Add(ref batch, query);
        HandOver(ref batch);
    }

    void IThreadPoolWorkItem.Execute()
    {
        var scope = SendScope.Enter();
        try
        {
            for (int i = 0; i < _count; i++)
            {
                var query = _queries[i]!;
                _queries[i] = null;
                query.Complete();
            }
        }
        finally
        {
            scope.Exit();
        }
        _count = 0;
        Spare.Enqueue(this);
    }
}
