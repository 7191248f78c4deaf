namespace Scanner.Dns;

/// <param name="Name">Lower-case A-labels without the trailing dot.</param>
/// <param name="Dnssec">Ask for proof as well, so that <see cref="DnsAnswer.AuthenticData"/> says something: resolvers set AD only for those
/// who show that they understand it (RFC 6840 §5.7, §5.8). Part of the question, since an answer without it cannot stand in for one with it.</param>
public readonly record struct DnsQuestion(string Name, DnsRecordType Type, bool Dnssec = false)
{
    /// <summary>For logs and messages: <c>example.org Mx</c>.</summary>
    public override string ToString() => $"{Name} {Type}";
}

/// <summary>
/// The final answer to one question: what the retries, the CNAME chain and the cache came to. It is a value, never an exception:
/// whatever a server does, there is an answer, and its status says how much it is worth.
/// </summary>
public sealed record DnsAnswer
{
    /// <summary>What was asked, as it was asked: after a CNAME the name here is still the first one.</summary>
    public required DnsQuestion Question { get; init; }

    /// <summary>What became of it. Only <see cref="DnsStatus.Ok"/>, Nodata, Nxdomain and NameTooLong say something about the
    /// name.</summary>
    public required DnsStatus Status { get; init; }

    /// <summary>The records of the asked type at the end of the CNAME chain; empty unless <see cref="DnsStatus.Ok"/>.</summary>
    public IReadOnlyList<DnsRecord> Records { get; init; } = [];

    /// <summary>The last name of the CNAME chain, or null when the name has no CNAME.</summary>
    public string? CnameTarget { get; init; }

    /// <summary>The CNAME chain ends at a name that does not exist (RFC 6604 §3).</summary>
    public bool CnameDangling => CnameTarget is not null && Status == DnsStatus.Nxdomain;

    /// <summary>NXDOMAIN, and it speaks of the very name that was asked for: after a CNAME it speaks of the target (RFC 6604 §3).</summary>
    public bool IsDenial => CnameTarget is null && Status == DnsStatus.Nxdomain;

    /// <summary>Seconds for which a cache may keep this: the smallest TTL of the chain, or the negative TTL (RFC 2308 §5). 0 for unknown.</summary>
    public uint Ttl { get; init; }

    /// <summary>The AD bit. Worth something only from a validating resolver on a trusted path (RFC 4035 §4.9.3).</summary>
    public bool AuthenticData { get; init; }

    /// <summary>The final answer came over TCP, after truncation or because TCP was asked for.</summary>
    public bool OverTcp { get; init; }

    /// <summary>How many queries were sent for it in this pass; 0 when nothing was sent.</summary>
    public int Tries { get; init; }

    /// <summary>The pass of the run in which it was asked, 1-based (classification.md 2.3, mop-up).</summary>
    public int Pass { get; init; } = 1;

    /// <summary>The first failures, oldest first, then nothing: what each unsuccessful try came to.</summary>
    public IReadOnlyList<DnsStatus> FailedTries { get; init; } = [];

    /// <summary>From the first query to the final answer, in milliseconds, waiting for the rate limit not included.</summary>
    public double Milliseconds { get; init; }

    /// <summary>The resolver that gave the final answer, <c>address:port</c>; null when none did.</summary>
    public string? Resolver { get; init; }

    /// <summary>The resolver that was asked last, whether it answered or not: who is not to be asked first the next time. Null when nobody was.</summary>
    public string? AskedLast { get; init; }

    /// <summary>Extended DNS Errors that came with it (RFC 8914), by number.</summary>
    public IReadOnlyList<ushort> ExtendedErrors { get; init; } = [];

    /// <summary>Nobody asked, because the listed name above does not exist and so this one cannot (RFC 8020 §2). The status is
    /// <see cref="DnsStatus.NotQueried"/>, the presence <see cref="Presence.Absent"/>.</summary>
    public bool Pruned { get; init; }

    /// <summary>NOERROR, but the NSEC record that proves it says NXNAME: the name does not exist (compact denial of existence,
    /// RFC 9824 §3.1). Seen only in answers to <see cref="DnsQuestion.Dnssec"/> questions.</summary>
    public bool NameDenied { get; init; }

    /// <summary>The status in three values; a pruned question counts as <see cref="Presence.Absent"/>.</summary>
    public Presence Presence => Pruned ? Presence.Absent : Status.Presence();

    /// <summary>The records of one kind, in the order received.</summary>
    public IEnumerable<T> RecordsOf<T>() where T : DnsRecord => Records.Count == 0 ? [] : Records.OfType<T>();

    /// <summary>An answer without records: for a question that was not sent, or that nobody answered.</summary>
    public static DnsAnswer Without(DnsQuestion question, DnsStatus status) => new() { Question = question, Status = status };

    /// <summary>For a name below one that does not exist.</summary>
    public static DnsAnswer PrunedBelow(DnsQuestion question) => new() { Question = question, Status = DnsStatus.NotQueried, Pruned = true };
}

/// <summary>Answers questions. Implementations stack: cache over retries over transport.</summary>
public interface IResolver
{
    /// <summary>Always gives an answer; throws only <see cref="OperationCanceledException"/>, when <paramref name="cancellationToken"/> fires,
    /// and <see cref="ResolverUnreachableException"/>, when no resolver answers anything any more.</summary>
    ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken);

    /// <summary>The same for somebody who has a say in it.</summary>
    async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, IAsker asker, CancellationToken cancellationToken)
    {
        DnsAnswer answer;
        try
        {
            answer = await QueryAsync(question, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (asker.OnCancelled(question) is not { } instead) throw;
            answer = instead;
        }
        return asker.Take(answer);
    }
}

/// <summary>
/// Who asks, and has a say in what becomes of the answer before anybody else sees it. Part of the question and not a resolver around the resolver: that
/// would cost a task more for each question of a million names.
/// </summary>
public interface IAsker
{
    /// <summary>The resolver that had nothing to say before (classification.md 2.3): where there are several, and where it is known who is asked,
    /// another one is asked first.</summary>
    /// <returns><see cref="DnsAnswer.AskedLast"/> of an earlier answer; null when it may be anybody.</returns>
    string? NotFirst(DnsQuestion question);

    /// <summary>The answer as it is handed on.</summary>
    DnsAnswer Take(DnsAnswer answer);

    /// <summary>The token of the question has fired.</summary>
    /// <returns>What is then taken instead of an answer; null to let the <see cref="OperationCanceledException"/> go on.</returns>
    DnsAnswer? OnCancelled(DnsQuestion question);
}

/// <summary>No configured resolver answers: the run cannot go on. It ends the scan, not a name.</summary>
public sealed class ResolverUnreachableException(string message) : Exception(message);
