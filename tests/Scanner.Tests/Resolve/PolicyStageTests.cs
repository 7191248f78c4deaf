using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Input;
using Scanner.Resolve;
using Scanner.TestSupport;

namespace Scanner.Tests.Resolve;

/// <summary>The stage of the pipeline that fetches policies, with fetches that end when the test says so.</summary>
public sealed class PolicyStageTests
{
    private const int Names = 400;

    private readonly ConcurrentDictionary<string, bool> _rows = new();
    private readonly TaskCompletionSource _othersWritten = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ScriptedFetcher _fetcher = new();

    /// <summary>More fetches stall than may be under way at once, and still every other row is written, those with a policy of their own
    /// included; the stalled ones' rows come when their fetches end.</summary>
    [Fact]
    public async Task Stalled_fetches_hold_up_nothing_but_their_own_rows()
    {
        var running = RunAsync(CancellationToken.None);
        await _othersWritten.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.False(running.IsCompleted);
        Assert.Equal(Names - Names / 4, _rows.Count);
        _fetcher.Release();
        Assert.Null(await running.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal(Names, _rows.Count);
        Assert.Equal(Names / 2, _fetcher.Fetched);
    }

    private Task<string?> RunAsync(CancellationToken stop)
    {
        var resolver = new FakeResolver();
        for (int i = 0; i < Names; i += 2) resolver.Txt($"_mta-sts.{Name(i)}", "v=STSv1; id=1;");
        var options = new ScanOptions
        {
            List = new ListOptions { Source = "test" },
            Output = "",
            Resolvers = [new IPEndPoint(IPAddress.Loopback, 53)],
            HttpsConcurrency = 2,
            PolicyFetch = new PolicyFetchOptions { UserAgent = "test" },
        };
        var time = new FakeTimeProvider();
        var pipeline = new ScanPipeline(new DomainScanner(resolver, resolver, options, time), _fetcher, options, new ScanProgress { Total = Names }, time);
        return pipeline.RunAsync(Items(), row =>
        {
            Assert.True(_rows.TryAdd(row.Name.Name, true), $"{row.Name.Name} has two rows");
            if (_rows.Count == Names - Names / 4) _othersWritten.TrySetResult();
            return ValueTask.CompletedTask;
        }, stop, CancellationToken.None);
    }

    private static string Name(int i) => $"n{i}.example";

    private static async IAsyncEnumerable<ScanItem> Items()
    {
        await Task.Yield();
        for (int i = 0; i < Names; i++)
            yield return new ScanItem(i, new ListedName { Rank = i + 1, Input = Name(i), Name = Name(i), Class = InputClass.Registrable, Tld = "example", OrganizationalDomain = Name(i) });
    }

    /// <summary>Every second policy (every fourth name) stalls until it is released.</summary>
    private sealed class ScriptedFetcher : IPolicyFetcher
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _fetched;

        public int Fetched => Volatile.Read(ref _fetched);

        public void Release() => _released.SetResult();

        public async ValueTask<PolicyFetch> FetchAsync(string name, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _fetched);
            if (int.Parse(name.AsSpan(1, name.IndexOf('.', StringComparison.Ordinal) - 1), provider: null) % 4 == 0) await _released.Task.WaitAsync(cancellationToken);
            return new PolicyFetch { FailedStage = MtaStsStage.Http, Error = MtaStsError.Http404 };
        }
    }
}
