using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Scanner.Tests.Resolve;

/// <summary>Workers whose items end when the test says so, under a clock that it moves.</summary>
public sealed class NameWorkersTests : IDisposable
{
    private const int Workers = 3;

    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _begun = new();
    private readonly ConcurrentDictionary<int, bool> _put = new();
    private readonly TaskCompletionSource _putting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _failed = new();
    private bool _hasRoom = true;
    private int _next;
    private int _atPut;

    public void Dispose() => _failed.Dispose();

    [Fact]
    public async Task Slow_items_hold_up_nobody_until_there_are_too_many()
    {
        _putting.SetResult();
        var running = RunAsync(items: 20, mostBeside: 5);
        await UntilBegun(Workers);
        await PassAsync(NameWorkers<object, int>.Slow / 2);
        Assert.Equal(Workers, _begun.Count);
        // All three are slow now, but where they are slow because there is too much to do, more would not help.
        _hasRoom = false;
        await PassAsync(NameWorkers<object, int>.Slow);
        Assert.Equal(Workers, _begun.Count);
        // Three others begin; then two more, and that is all there may be.
        _hasRoom = true;
        await PassAsync(NameWorkers<object, int>.Slow / 2);
        await UntilBegun(6);
        await PassAsync(2 * NameWorkers<object, int>.Slow);
        await UntilBegun(8);
        await PassAsync(10 * NameWorkers<object, int>.Slow);
        Assert.Equal(8, _begun.Count);

        // One that was replaced ends with its item: another may be beside, and the workers stay three.
        _begun[1].SetResult();
        await UntilPut(1);
        await PassAsync(2 * NameWorkers<object, int>.Slow);
        await UntilBegun(9);
        await FinishAsync(running, 20);
    }

    [Fact]
    public async Task Whoever_waits_for_room_behind_it_gets_no_successor()
    {
        var running = RunAsync(items: 10, mostBeside: 100);
        await UntilBegun(Workers);
        for (int i = 1; i <= Workers; i++) _begun[i].SetResult();
        while (Volatile.Read(ref _atPut) < Workers) await Task.Delay(1, TestContext.Current.CancellationToken);
        await PassAsync(20 * NameWorkers<object, int>.Slow);
        Assert.Equal(Workers, _begun.Count);
        _putting.SetResult();
        await FinishAsync(running, 10);
    }

    [Fact]
    public async Task The_first_fault_ends_all()
    {
        _putting.SetResult();
        var running = RunAsync(items: 10, mostBeside: 100);
        await UntilBegun(Workers);
        _begun[2].SetException(new IOException("first"));
        while (!_failed.IsCancellationRequested) await Task.Yield();
        _begun[1].SetException(new IOException("second"));
        // The third sees that all has failed.
        _begun[3].SetCanceled(TestContext.Current.CancellationToken);
        foreach (var item in _begun.Values) item.TrySetCanceled(TestContext.Current.CancellationToken);
        Assert.Equal("first", (await Assert.ThrowsAsync<IOException>(() => running)).Message);
    }

    private Task RunAsync(int items, int mostBeside) => new NameWorkers<object, int>(
        Workers, mostBeside,
        () => new ValueTask<object?>(Interlocked.Increment(ref _next) is var number && number <= items && !_failed.IsCancellationRequested ? number : null),
        async item =>
        {
            await _begun.GetOrAdd((int)item, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return (int)item;
        },
        async number =>
        {
            Interlocked.Increment(ref _atPut);
            await _putting.Task;
            Assert.True(_put.TryAdd(number, true));
        },
        () => _hasRoom, _failed, _time).RunAsync();

    /// <summary>In steps, with time for the workers to begin between them.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        for (int i = 0; i < 20; i++)
        {
            _time.Advance(time / 20);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private async Task UntilBegun(int count)
    {
        while (_begun.Count < count) await Task.Delay(1, TestContext.Current.CancellationToken);
        Assert.Equal(count, _begun.Count);
    }

    private async Task UntilPut(int number)
    {
        while (!_put.ContainsKey(number)) await Task.Delay(1, TestContext.Current.CancellationToken);
    }

    private async Task FinishAsync(Task running, int items)
    {
        while (!running.IsCompleted)
        {
            foreach (var item in _begun.Values) item.TrySetResult();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        await running;
        Assert.Equal(Enumerable.Range(1, items), _put.Keys.Order());
    }
}
