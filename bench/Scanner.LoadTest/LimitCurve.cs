using System.Diagnostics;
using System.Globalization;
using Scanner.Dns;
using Scanner.Dns.Resolve;

namespace Scanner.LoadTest;

/// <summary>
/// The curve of failures against rate: a responder that answers so many queries a second and not more is asked at several rates, with the
/// adaptive ceiling and without. Counted are tries that failed and questions that stayed unknown after all tries.
/// </summary>
/// <param name="limit">Of the responder, queries a second.</param>
/// <param name="seconds">For each point; the first half is not counted: in it the ceiling finds the limit.</param>
public sealed class LimitCurve(string transport, int limit, double seconds, BenchZone zone)
{
    public static string Header =>
        "| responder above its limit | asked for, x limit | ceiling | queries/s sent | answered/s | tries failed | questions unknown | wrong | cuts |\n"
        + "| --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    /// <param name="offered">Queries a second that the caller allows.</param>
    public async Task<string> PointAsync(LimitAction action, double offered, bool adaptive, CancellationToken cancellationToken)
    {
        using var responder = new LimitedResponder(zone, limit, action);
        var options = new ResolverOptions
        {
            QueriesPerSecond = (int)(offered * limit),
            InFlight = 2000,
            TimeoutSeconds = 1,
            Attempts = 3,
            AdaptiveCeiling = adaptive,
        };
        await using var stub = new StubResolver(options, [Transports.Create(transport, responder.Endpoint, zone)], TimeProvider.System);
        long next = 0, unknown = 0, done = 0, wrong = 0;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = Enumerable.Range(0, 3000).Select(_ => Task.Run(AskAsync, cancellationToken)).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(seconds / 2), cancellationToken).ConfigureAwait(false);
        var (before, unknownBefore, doneBefore, watch) = (stub.Statistics.Snapshot(), Interlocked.Read(ref unknown), Interlocked.Read(ref done), Stopwatch.StartNew());
        long overBefore = responder.Over;
        await Task.Delay(TimeSpan.FromSeconds(seconds / 2), cancellationToken).ConfigureAwait(false);
        var after = stub.Statistics.Snapshot();
        double time = watch.Elapsed.TotalSeconds, sent = after.Sent - before.Sent, over = responder.Over - overBefore;
        long ended = Interlocked.Read(ref done) - doneBefore, failed = Interlocked.Read(ref unknown) - unknownBefore;
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(workers).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {action} | {offered:0.0} | {(adaptive ? "adaptive" : "none")} | {sent / time:0} | {(sent - over) / time:0} | {over / sent:P1} | {(ended == 0 ? 0 : (double)failed / ended):P1} | {wrong} | {after.Resolvers[0].Cuts} |");

        async Task AskAsync()
        {
            try
            {
                while (!end.IsCancellationRequested)
                {
                    long n = Interlocked.Increment(ref next) - 1;
                    var answer = await stub.QueryAsync(zone[n], end.Token).ConfigureAwait(false);
                    if (answer.Status.IsUnknown()) Interlocked.Increment(ref unknown);
                    else if (!zone.IsRight(n, answer.Status == DnsStatus.Nxdomain, answer.Records)) Interlocked.Increment(ref wrong);
                    Interlocked.Increment(ref done);
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The time is over.
            }
        }
    }
}
