using System.Collections.Concurrent;
using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>Passes questions on and keeps every answer of one name: what a row was made from, and enough to make it again.</summary>
internal sealed class EvidenceRecorder(IResolver inner) : IResolver
{
    private readonly ConcurrentDictionary<DnsQuestion, DnsAnswer> _answers = new();

    /// <summary>By name, then by type: the same row has the same evidence, however the answers raced.</summary>
    public IReadOnlyList<DnsAnswer> Answers =>
        [.. _answers.Values.OrderBy(a => a.Question.Name, StringComparer.Ordinal).ThenBy(a => a.Question.Type).ThenBy(a => a.Question.Dnssec)];

    public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        var answer = await inner.QueryAsync(question, cancellationToken).ConfigureAwait(false);
        _answers.TryAdd(question, answer);
        return answer;
    }
}
