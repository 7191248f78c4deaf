using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>
/// One name's share of the resolver. When the name's time is up, whatever it still waits for is a timeout, and the checks go on with
/// that as an answer like any other: so a name that behaves badly costs its own row's time and nothing else. Every answer is kept as the
/// name's evidence, and what an earlier pass has settled is not asked again.
/// </summary>
/// <param name="pass">The pass that asks, 1-based: stands in the answers.</param>
internal sealed class NameDeadline(IResolver inner, NameEvidence evidence, bool shared, int pass, CancellationToken nameToken, CancellationToken runToken) : IResolver, IAsker
{
    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        if (pass == 1) return AskAsync(question, this);
        if (evidence.TryFindSettled(question, out var settled)) return new(settled);
        return AskAsync(question, evidence.TryFind(question, out var before) ? new Again(this, before) : this);
    }

    public string? NotFirst(DnsQuestion question) => null;

    public DnsAnswer Take(DnsAnswer answer) => Keep(pass > 1 ? answer with { Pass = pass } : answer);

    /// <summary>At the name's own deadline a timeout; not at the end of the run.</summary>
    public DnsAnswer? OnCancelled(DnsQuestion question) => runToken.IsCancellationRequested ? null : DnsAnswer.Without(question, DnsStatus.Timeout);

    private ValueTask<DnsAnswer> AskAsync(DnsQuestion question, IAsker asker)
    {
        if (!nameToken.IsCancellationRequested) return inner.QueryAsync(question, asker, nameToken);
        return OnCancelled(question) is { } late ? new(asker.Take(late)) : ValueTask.FromCanceled<DnsAnswer>(runToken);
    }

    private DnsAnswer Keep(DnsAnswer answer)
    {
        evidence.Add(answer, shared);
        return answer;
    }

    /// <summary>The new answer with the history of the old one (classification.md section 11 point 6). Silence, and a last pass over TCP to which
    /// nobody listens, say nothing new: the reason stays the one that an earlier pass found.</summary>
    private DnsAnswer Behind(DnsAnswer before, DnsAnswer now)
    {
        IReadOnlyList<DnsStatus> failed = [.. before.FailedTries, before.Status, .. now.FailedTries];
        bool learnedNothing = now.Status is DnsStatus.NetworkError or DnsStatus.Timeout && before.Status.IsUnknown();
        return learnedNothing
            ? before with { Pass = pass, Tries = now.Tries, FailedTries = [.. failed, now.Status], AskedLast = now.AskedLast ?? before.AskedLast }
            : now with { Pass = pass, FailedTries = failed };
    }

    /// <summary>Asks again what was open when the question went out. By the time of the answer the evidence may hold that of somebody who asked the same.</summary>
    private sealed class Again(NameDeadline deadline, DnsAnswer before) : IAsker
    {
        public string? NotFirst(DnsQuestion question) => before.AskedLast;

        public DnsAnswer Take(DnsAnswer answer) => deadline.Keep(deadline.Behind(before, answer));

        public DnsAnswer? OnCancelled(DnsQuestion question) => deadline.OnCancelled(question);
    }
}

/// <summary>Answers from the evidence alone: the row as it stands, without any network. What nobody asked is "not queried".</summary>
internal sealed class EvidenceResolver(NameEvidence evidence) : IResolver
{
    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) =>
        new(evidence.TryFind(question, out var answer) ? answer : DnsAnswer.Without(question, DnsStatus.NotQueried));
}
