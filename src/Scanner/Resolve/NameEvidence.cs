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
    private readonly List<(DnsAnswer Answer, bool Shared)> _answers = new(8);

    /// <summary>The policy as fetched last; null when nothing was fetched.</summary>
    public PolicyFetch? Fetch { get; set; }

    /// <summary>The fetch failed because there is no such host, as a resolver said.</summary>
    public bool IsHostDenied => Fetch is { Error: MtaStsError.HostNxdomain or MtaStsError.HostDanglingCname };

    /// <summary>What the first pass heard does not exist is asked again, as what is unknown is: its resolver is suspected of a lie (<see cref="DenialWatch"/>).</summary>
    public bool Doubted { get; set; }

    /// <summary>A copy of the answers, in the order of their questions.</summary>
    public IReadOnlyList<(DnsAnswer Answer, bool Shared)> Answers
    {
        get
        {
            lock (_answers) return [.. _answers];
        }
    }

    /// <summary>Has anything been answered?</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_answers) return _answers.Count == 0;
        }
    }

    /// <summary>Octets of all TXT records among the answers.</summary>
    public int TextOctets
    {
        get
        {
            int octets = 0;
            lock (_answers)
            {
                foreach (var (answer, _) in _answers)
                {
                    for (int i = 0; i < answer.Records.Count; i++)
                    {
                        if (answer.Records[i] is not TxtRecord txt) continue;
                        for (int j = 0; j < txt.Strings.Count; j++) octets += txt.Strings[j].Length;
                    }
                }
            }
            return octets;
        }
    }

    /// <summary>Answers about this name only, by name, then by type: the same row has the same evidence, however the answers raced.</summary>
    public DnsAnswer[] Own => Sorted(shared: false);

    /// <summary>Answers about names that many rows share: includes, ancestors, mail hosts.</summary>
    public DnsAnswer[] Shared => Sorted(shared: true);

    /// <summary>Questions whose answer says nothing, and the policy when its fetch failed in a way that may pass. What nobody asked is
    /// not among them: asking again later would not be a repetition.</summary>
    public int Unknown
    {
        get
        {
            lock (_answers)
            {
                int unknown = Fetch is { Transient: true } ? 1 : 0;
                foreach (var (answer, _) in _answers)
                    if (IsOpen(answer)) unknown++;
                return unknown;
            }
        }
    }

    /// <summary>Keeps an answer; of two to the same question the later one.</summary>
    /// <param name="shared">The question is one that many names ask.</param>
    public void Add(DnsAnswer answer, bool shared)
    {
        lock (_answers)
        {
            int at = IndexOf(answer.Question);
            if (at < 0) _answers.Add((answer, shared));
            else _answers[at] = (answer, shared);
        }
    }

    /// <summary>Forgets open questions that <paramref name="pass"/> did not ask again: what it has settled made them needless (below a name that turns
    /// out not to exist nothing is asked), the row does not depend on them, and asking them later would settle nothing.</summary>
    public void DropNeedless(int pass)
    {
        lock (_answers) _answers.RemoveAll(kept => kept.Answer.Pass < pass && IsOpen(kept.Answer));
    }

    public bool TryFind(DnsQuestion question, [NotNullWhen(true)] out DnsAnswer? answer)
    {
        lock (_answers)
        {
            int at = IndexOf(question);
            answer = at < 0 ? null : _answers[at].Answer;
        }
        return answer is not null;
    }

    /// <summary>The same, but only an answer that says something and is not doubted.</summary>
    public bool TryFindSettled(DnsQuestion question, [NotNullWhen(true)] out DnsAnswer? answer) =>
        TryFind(question, out answer) && !answer.Status.IsUnknown() && !(Doubted && answer is { Status: DnsStatus.Nxdomain, Pass: 1 });

    /// <summary>Does an answer say of the name itself that it does not exist?</summary>
    public bool IsDenied(string name)
    {
        lock (_answers)
        {
            foreach (var (answer, _) in _answers)
                if (answer.IsDenial && answer.Question.Name == name) return true;
            return false;
        }
    }

    /// <summary>What each resolver said about the existence of the name itself, once for each: the second denial of a name says nothing new.</summary>
    /// <param name="verdicts">Filled anew. Without resolvers that said nothing.</param>
    public void Verdicts(string name, List<(string By, bool Denied)> verdicts)
    {
        verdicts.Clear();
        lock (_answers)
        {
            foreach (var (answer, shared) in _answers)
            {
                if (shared || answer.Resolver is not { } by || answer.Presence == Presence.Unknown || answer.Question.Name != name) continue;
                int at = 0;
                while (at < verdicts.Count && verdicts[at].By != by) at++;
                if (at == verdicts.Count) verdicts.Add((by, answer.IsDenial));
                else if (answer.IsDenial) verdicts[at] = (by, true);
            }
        }
    }

    /// <summary>Has this resolver said of anything that was asked for this name that it does not exist? Whose answer it was that a policy has no host is not
    /// kept: that may be anybody's.</summary>
    /// <param name="by"><c>address:port</c>.</param>
    public bool RestsOnDenial(string by)
    {
        if (IsHostDenied) return true;
        lock (_answers)
        {
            foreach (var (answer, _) in _answers)
                if (answer.Status == DnsStatus.Nxdomain && answer.Resolver == by) return true;
            return false;
        }
    }

    private DnsAnswer[] Sorted(bool shared)
    {
        DnsAnswer[] sorted;
        lock (_answers)
        {
            int count = 0;
            foreach (var (_, isShared) in _answers)
                if (isShared == shared) count++;
            if (count == 0) return [];
            sorted = new DnsAnswer[count];
            foreach (var (answer, isShared) in _answers)
                if (isShared == shared) sorted[^count--] = answer;
        }
        Array.Sort(sorted, ByQuestion);
        return sorted;
    }

    /// <summary>No two answers have the same question.</summary>
    private static int ByQuestion(DnsAnswer left, DnsAnswer right)
    {
        int order = string.CompareOrdinal(left.Question.Name, right.Question.Name);
        if (order == 0) order = (int)left.Question.Type - (int)right.Question.Type;
        return order != 0 ? order : left.Question.Dnssec.CompareTo(right.Question.Dnssec);
    }

    private static bool IsOpen(DnsAnswer answer) => answer.Status.IsUnknown() && answer.Status != DnsStatus.NotQueried;

    private int IndexOf(DnsQuestion question)
    {
        for (int i = 0; i < _answers.Count; i++)
        {
            // Types differ more often than names, and are cheaper to compare.
            if (_answers[i].Answer.Question is var kept && kept.Type == question.Type && kept == question) return i;
        }
        return -1;
    }
}
