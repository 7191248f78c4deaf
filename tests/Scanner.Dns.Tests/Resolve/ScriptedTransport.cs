using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Tests.Resolve;

internal sealed record Asked(DnsQuestion Question, DnsQueryFlags Flags, TimeSpan Timeout, int Server);

/// <summary>A server in memory. The script says what it sends; null is silence until the time is up.</summary>
internal sealed class ScriptedTransport(int number, FakeTimeProvider time, Func<Asked, DnsReply?> script) : IDnsTransport
{
    private int _inFlight;

    public ConcurrentQueue<Asked> Asked { get; } = new();

    public int MostInFlight { get; private set; }

    /// <summary>When set, answers wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>What the transport says that the kernel has dropped.</summary>
    public long Drops { get; set; }

    public bool CanDisableChecking { get; set; }

    public bool Disposed { get; private set; }

    public IPEndPoint Server { get; } = new(IPAddress.Parse($"192.0.2.{number}"), 53);

    public static DnsReply Rcode(int rcode) => new() { Outcome = TransportOutcome.Answered, Rcode = rcode, RecursionAvailable = true, NegativeTtl = 60 };

    public static DnsReply Text(string name) =>
        new() { Outcome = TransportOutcome.Answered, RecursionAvailable = true, Answers = [TxtRecord.FromText(name, 300, "x")] };

    public async ValueTask<DnsReply> ExchangeAsync(DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var asked = new Asked(question, flags, timeout, number);
        Asked.Enqueue(asked);
        lock (Asked) MostInFlight = Math.Max(MostInFlight, ++_inFlight);
        try
        {
            await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (script(asked) is { } reply)
            {
                if (Latency > TimeSpan.Zero) await Task.Delay(Latency, time, cancellationToken).ConfigureAwait(false);
                return reply;
            }
            await Task.Delay(timeout, time, cancellationToken).ConfigureAwait(false);
            return DnsReply.Failed(TransportOutcome.Timeout);
        }
        finally
        {
            lock (Asked) _inFlight--;
        }
    }

    public TransportSnapshot Snapshot() => new() { KernelDrops = Drops };

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return default;
    }
}

internal static class FakeTime
{
    /// <summary>Moves the clock in small steps until the task has ended; fails when it needs more than the limit. On a long way it gives the machine's
    /// threads a moment at each step: the clock alone may be minutes ahead of them when they are busy.</summary>
    public static async Task<T> RunAsync<T>(this FakeTimeProvider time, Task<T> task, double limitSeconds = 120)
    {
        for (double passed = 0; !task.IsCompleted; passed += 0.05)
        {
            Assert.True(passed < limitSeconds, $"still running after {limitSeconds} s");
            if (passed > 10) await Task.Delay(1);
            // Lets what the last step woke up run first.
            for (int i = 0; i < 20 && !task.IsCompleted; i++) await Task.Yield();
            time.Advance(TimeSpan.FromSeconds(0.05));
        }
        return await task;
    }

    /// <summary>
    /// Moves the clock until something has happened that also needs the machine's own threads (the circuit breaker tells of its changes on
    /// the pool). Fails after a minute of the real clock.
    /// </summary>
    /// <param name="step">Done before each look; null for nothing.</param>
    public static async Task UntilAsync(this FakeTimeProvider time, Func<bool> happened, Func<Task>? step = null)
    {
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); !happened();)
        {
            Assert.True(watch.Elapsed.TotalSeconds < 60, "has not happened within a minute");
            if (step is not null) await step();
            await Task.Delay(1);
            time.Advance(TimeSpan.FromSeconds(0.05));
        }
    }
}
