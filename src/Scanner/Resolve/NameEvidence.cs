using System.Diagnostics.CodeAnalysis;
using Scanner.Checks.MtaSts;
using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>
/// Every answer that the checks of one name were given, and its policy fetch. The row follows from it without any network, so what a
/// later pass needs is this and not the row: it asks again what is unknown here, and takes the rest as it stands.
/// For several callers at once.
/// </summary>
public sealed class NameEvidence
{
    // Five to some sixty answers: looked through one by one.
    private readonly List<DnsAnswer> _answers = new(8);

    /// <summary>The policy as fetched last; null when nothing was fetched.</summary>
    public PolicyFetch? Fetch { get; set; }

    /// <summary>A copy of the answers, in the order of their questions.</summary>
    public IReadOnlyList<DnsAnswer> Answers
    {
        get
        {
            lock (_answers) return [.. _answers];
        }
    }

    /// <summary>Questions whose answer says nothing, and the policy when its fetch failed in a way that may pass. What nobody asked is
    /// not among them: asking again later would not be a repetition.</summary>
    public int Unknown
    {
        get
        {
            lock (_answers)
            {
                int unknown = Fetch is { Transient: true } ? 1 : 0;
                foreach (var answer in _answers)
                    if (IsOpen(answer)) unknown++;
                return unknown;
            }
        }
    }

    /// <summary>Keeps an answer; of two to the same question the later one.</summary>
    public void Add(DnsAnswer answer)
    {
        lock (_answers)
        {
            int at = IndexOf(answer.Question);
            if (at < 0) _answers.Add(answer);
            else _answers[at] = answer;
        }
    }

    public bool TryFind(DnsQuestion question, [NotNullWhen(true)] out DnsAnswer? answer)
    {
        lock (_answers)
        {
            int at = IndexOf(question);
            answer = at < 0 ? null : _answers[at];
        }
        return answer is not null;
    }

    /// <summary>The same, but only an answer that says something.</summary>
    public bool TryFindSettled(DnsQuestion question, [NotNullWhen(true)] out DnsAnswer? answer) =>
        TryFind(question, out answer) && !answer.Status.IsUnknown();

    private static bool IsOpen(DnsAnswer answer) => answer.Status.IsUnknown() && answer.Status != DnsStatus.NotQueried;

    private int IndexOf(DnsQuestion question)
    {
        for (int i = 0; i < _answers.Count; i++)
        {
            var asked = _answers[i].Question;
            if (asked.Type == question.Type && asked.Name == question.Name) return i;
        }
        return -1;
    }
}
