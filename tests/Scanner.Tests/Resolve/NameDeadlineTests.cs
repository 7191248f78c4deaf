using Scanner.Dns;
using Scanner.Resolve;

namespace Scanner.Tests.Resolve;

public sealed class NameDeadlineTests
{
    // Two checks may ask for the same host at once: each goes on from what was known when it asked, not from the other's answer.
    [Fact]
    public async Task Two_who_ask_the_same_again_both_go_on_from_the_earlier_pass()
    {
        var question = new DnsQuestion("mx.example", DnsRecordType.A);
        var evidence = new NameEvidence();
        evidence.Add(DnsAnswer.Without(question, DnsStatus.Servfail) with { Pass = 1, AskedLast = "192.0.2.1:53" }, shared: true);
        var resolver = new Gated();
        var deadline = new NameDeadline(resolver, evidence, shared: true, pass: 2, CancellationToken.None, CancellationToken.None);
        var asking = Enumerable.Range(0, 2).Select(_ => deadline.QueryAsync(question, CancellationToken.None).AsTask()).ToList();
        foreach (var task in asking)
        {
            resolver.Waiting.Dequeue().SetResult();
            var answer = await task;
            Assert.Equal((DnsStatus.Nodata, 2), (answer.Status, answer.Pass));
            Assert.Equal([DnsStatus.Servfail], answer.FailedTries);
        }
        Assert.Equal([DnsStatus.Servfail], Assert.Single(evidence.Answers).Answer.FailedTries);
    }

    private sealed class Gated : IResolver
    {
        public Queue<TaskCompletionSource> Waiting { get; } = new();

        public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            var turn = new TaskCompletionSource();
            Waiting.Enqueue(turn);
            await turn.Task;
            return DnsAnswer.Without(question, DnsStatus.Nodata);
        }
    }
}
