using System.Threading.Channels;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Resolve;

namespace Scanner;

/// <summary>
/// One pass of the scan on one screen:
/// <code>
/// list ──names──▶ domain workers ──┬────────────────────rows──▶ writer
///                                  └─policies─▶ fetchers ─rows─┘
/// </code>
/// Every channel is bounded and waits when full, so a slow disk slows the reader. Each stage is stopped by completing the channel
/// it reads: nothing that was started is thrown away.
/// </summary>
/// <param name="pass">1-based; from the second on the names bring what is settled with them.</param>
/// <param name="trace">Follows one name; null for none.</param>
/// <param name="resolver">Who sends the questions and knows how many wait for their turn; null when nobody does.</param>
public sealed class ScanPipeline(
    DomainScanner scanner, IPolicyFetcher fetcher, ScanOptions options, ScanProgress progress, TimeProvider time, int pass = 1, NameTrace? trace = null, StubResolver? resolver = null)
{
    /// <summary>Names read ahead: enough that no worker waits for the reader.</summary>
    private const int NamesAhead = 1_000;

    /// <summary>Names waiting for their policy, about 3 kB each. One name in a hundred has one, so a million-name list stays below this
    /// even if every fetch stalls, and DNS work never waits for HTTPS; only beyond it does back-pressure reach the reader. All of them are
    /// with the fetcher at once: it knows whose turn it is, and a name that waits for a busy provider keeps no other name waiting.</summary>
    private const int PoliciesAhead = 20_000;

    /// <summary>Rows waiting for the writer: a quarter of a row group, to ride out the time it takes to compress one.</summary>
    private const int RowsAhead = 5_000;

    /// <summary>A name has five questions under way at first and one or two later: with a worker for every third query that may be
    /// in flight, the ceiling is used.</summary>
    public static int WorkersFor(ResolverOptions options) => Math.Clamp(options.InFlight / 3, 4, 4_000);

    /// <summary>Names that wait for dead servers and go on beside the others. Each waits for at least one query: more of them than may be in flight
    /// would only wait for each other.</summary>
    private int MostBeside => options.Resolver.InFlight;

    /// <summary>How often the reader looks whether it is less crowded.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);

    /// <summary>Queries waiting for their turn, beyond which no further name is begun. Enough to use every turn at once; more would only wait, while
    /// the names' time runs out and their answers drift apart.</summary>
    private int Crowd => Math.Max(32, options.Resolver.InFlight / 8);

    /// <param name="names">Read on one thread, lazily.</param>
    /// <param name="write">Called for one row at a time.</param>
    /// <param name="stopReading">First signal: read no more names, finish those under way.</param>
    /// <param name="abort">Second signal: drop everything.</param>
    /// <returns>Why it ended early; null when every name was gone through, or when <paramref name="stopReading"/> fired.</returns>
    public async Task<string?> RunAsync(
        IAsyncEnumerable<ScanItem> names, Func<DomainResult, ValueTask> write, CancellationToken stopReading, CancellationToken abort)
    {
        var nameQueue = Channel.CreateBounded<ScanItem>(new BoundedChannelOptions(NamesAhead) { SingleWriter = true });
        var policyQueue = Channel.CreateBounded<DomainResult>(new BoundedChannelOptions(capacity: 1) { SingleReader = true });
        using var policyRoom = new SemaphoreSlim(PoliciesAhead);
        var rowQueue = Channel.CreateBounded<DomainResult>(new BoundedChannelOptions(RowsAhead) { SingleReader = true });
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(abort);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopReading, failed.Token);
        var ceiling = new MemoryCeiling(options.MemoryCeilingMegabytes, time);
        string? unreachable = null;
        progress.Watch(() => (nameQueue.Reader.Count, PoliciesAhead - policyRoom.CurrentCount, rowQueue.Reader.Count));

        async Task ReadAsync()
        {
            try
            {
                await foreach (var name in names.WithCancellation(stop.Token).ConfigureAwait(false))
                {
                    if (stop.IsCancellationRequested) break;
                    await ceiling.WaitAsync(nameQueue.Reader.Count == 0, stop.Token).ConfigureAwait(false);
                    await WaitWhileCrowdedAsync().ConfigureAwait(false);
                    await nameQueue.Writer.WriteAsync(name, stop.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Stopped while waiting for room: the name in hand was not started and is not lost, it is simply not yet scanned.
            }
            finally
            {
                nameQueue.Writer.Complete();
            }
        }

        async ValueTask WaitWhileCrowdedAsync()
        {
            if (resolver is null || (resolver.WaitingForRate == 0 && options.Resolver.QueriesPerSecond == 0)) return;
            // Behind the names that were begun last: what they ask is counted before there are more.
            await Task.Yield();
            while (resolver.WaitingForRate > Crowd) await Task.Delay(LookAgain, time, stop.Token).ConfigureAwait(false);
        }

        Task ResolveAllAsync() => new NameWorkers<ScanItem, DomainResult?>(
            WorkersFor(options.Resolver),
            MostBeside,
            // ReadAsync, not ReadAllAsync: the latter wakes every idle worker for each name (guide/style.md, measured).
            () => stop.IsCancellationRequested ? default : TakeAsync(nameQueue.Reader),
            ResolveAsync,
            async result =>
            {
                if (result is null) return;
                var next = DomainScanner.WantsPolicy(result) ? policyQueue.Writer : rowQueue.Writer;
                await next.WriteAsync(result, failed.Token).ConfigureAwait(false);
            },
            () => resolver is null || resolver.Waiting <= Crowd,
            failed,
            time).RunAsync();

        async Task<DomainResult?> ResolveAsync(ScanItem name)
        {
            try
            {
                var scanning = trace is null ? scanner.ScanAsync(name, pass, failed.Token) : ScanFollowedAsync(name);
                return await scanning.ConfigureAwait(false);
            }
            catch (ResolverUnreachableException e)
            {
                // Nobody answers: an unknown for each remaining name would be a run of nothing. Stop reading; the names
                // under way have no row and count as not scanned.
                unreachable ??= e.Message;
                await stop.CancelAsync().ConfigureAwait(false);
                return null;
            }
        }

        async Task FetchAllAsync()
        {
            var fetches = new List<Task>();
            while (await TakeAsync(policyQueue.Reader).ConfigureAwait(false) is { } result)
            {
                await policyRoom.WaitAsync(failed.Token).ConfigureAwait(false);
                if (fetches.Count >= 2 * PoliciesAhead) fetches.RemoveAll(fetch => fetch.IsCompletedSuccessfully);
                fetches.Add(Guard(() => FetchAsync(result)));
            }
            await Task.WhenAll(fetches).ConfigureAwait(false);
        }

        // Apart, so that names pay for no closure while nobody is followed.
        Task<DomainResult> ScanFollowedAsync(ScanItem name) => FollowAsync(name.Name.Name, () => scanner.ScanAsync(name, pass, failed.Token));

        Task<DomainResult> FollowAsync(string name, Func<Task<DomainResult>> work) =>
            trace is not null && trace.Wants(name) ? NameTrace.FollowAsync(work) : work();

        async Task FetchAsync(DomainResult result)
        {
            try
            {
                result = await FollowAsync(result.Name.Name, () => DomainScanner.FetchPolicyAsync(result, fetcher, failed.Token)).ConfigureAwait(false);
                progress.CountPolicy();
                await rowQueue.Writer.WriteAsync(result, failed.Token).ConfigureAwait(false);
            }
            catch (ResolverUnreachableException e)
            {
                unreachable ??= e.Message;
                await stop.CancelAsync().ConfigureAwait(false);
            }
            finally
            {
                policyRoom.Release();
            }
        }

        async Task WriteAsync()
        {
            while (await TakeAsync(rowQueue.Reader).ConfigureAwait(false) is { } row)
            {
                await write(row).ConfigureAwait(false);
                progress.Count(row, pass);
            }
        }

        // One failure (a full disk, a bug) ends all stages at once; the first exception is the one that is reported.
        var reading = Stage(ReadAsync);
        var resolving = Stage(ResolveAllAsync);
        var fetching = Stage(FetchAllAsync);
        var writing = Stage(WriteAsync);

        await Settle(reading).ConfigureAwait(false);
        await Settle(resolving).ConfigureAwait(false);
        policyQueue.Writer.Complete();
        await Settle(fetching).ConfigureAwait(false);
        rowQueue.Writer.Complete();
        await Settle(writing).ConfigureAwait(false);

        foreach (var task in (Task[])[writing, resolving, fetching, reading])
            if (task.IsFaulted) await task.ConfigureAwait(false);
        abort.ThrowIfCancellationRequested();
        return unreachable;

        Task Stage(Func<Task> work) => Task.Run(() => Guard(work));

        async Task Guard(Func<Task> work)
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch
            {
                await failed.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }

        async ValueTask<T?> TakeAsync<T>(ChannelReader<T> reader) where T : class
        {
            try
            {
                return await reader.ReadAsync(failed.Token).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                return null;
            }
        }
    }

    private static Task Settle(Task task) => task.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
