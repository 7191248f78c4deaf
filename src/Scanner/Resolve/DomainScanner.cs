using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>
/// All DNS work for one name, within its deadline (<see cref="NameScan"/>). The policy of MTA-STS is fetched later, by
/// <see cref="FetchPolicyAsync"/>, so that a slow HTTPS host never holds up DNS work.
/// </summary>
/// <param name="own">Asks for names that belong to one listed name only.</param>
/// <param name="shared">Asks for names that many listed names share: includes, ancestors' <c>_dmarc</c>. Cached, single flight.</param>
public sealed class DomainScanner(IResolver own, IResolver shared, ScanOptions options, TimeProvider time)
{
    private readonly TimeSpan _deadline = TimeSpan.FromSeconds(options.NameDeadlineSeconds);

    /// <summary>The row of one name, complete but for the policy of <see cref="WantsPolicy"/>.</summary>
    /// <exception cref="OperationCanceledException">When the run ends; never for the name's own deadline.</exception>
    public async Task<DomainResult> ScanAsync(ListedName name, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        var empty = new DomainResult { Name = name, ScannedAt = started };

        // A name that cannot exist is not asked for: MX says so, the other checks have nothing to say.
        if (name.Class is InputClass.InvalidName or InputClass.IpLiteral)
            return options.Checks.HasFlag(ScanChecks.Mx) ? empty with { Mx = MxClassifier.InvalidName(NotAsked(new DnsQuestion(name.Name, DnsRecordType.Mx))) } : empty;
        if (!name.IsQueryable) return await UnaskedAsync(empty, cancellationToken).ConfigureAwait(false);

        using var timeUp = new CancellationTokenSource(_deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        var ownAnswers = new EvidenceRecorder(new NameDeadline(own, either.Token, cancellationToken));
        var sharedAnswers = new EvidenceRecorder(new NameDeadline(shared, either.Token, cancellationToken));
        try
        {
            var result = await new NameScan(name, ownAnswers, sharedAnswers, options, cancellationToken).RunAsync(empty).ConfigureAwait(false);
            return result with { Evidence = new RowEvidence(ownAnswers.Answers, sharedAnswers.Answers) };
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or ResolverUnreachableException))
        {
            // A fault of ours that one name's data brought out. The name keeps its row, the row says what happened, and the run goes on.
            return await UnaskedAsync(empty with { ScanError = $"{fault.GetType().Name}: {fault.Message}" }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The row of a name that is not asked for: each check makes "unknown" of "not queried".</summary>
    private Task<DomainResult> UnaskedAsync(DomainResult empty, CancellationToken ct) =>
        new NameScan(empty.Name, NeverAsk.Instance, NeverAsk.Instance, options, ct).RunAsync(empty);

    /// <summary>Is there a record that announces a policy?</summary>
    public static bool WantsPolicy(DomainResult result) => result.MtaSts is { } record && MtaStsClassifier.WantsFetch(record);

    /// <summary>The row with its MTA-STS policy.</summary>
    public static async Task<DomainResult> FetchPolicyAsync(DomainResult result, IPolicyFetcher fetcher, CancellationToken cancellationToken)
    {
        var fetch = await fetcher.FetchAsync(result.Name.Name, cancellationToken).ConfigureAwait(false);
        return result with { MtaSts = MtaStsClassifier.Classify(result.MtaSts!, fetch, result.Mx) };
    }

    private static DnsAnswer NotAsked(DnsQuestion question) => DnsAnswer.Without(question, DnsStatus.NotQueried);

    private sealed class NeverAsk : IResolver
    {
        public static readonly NeverAsk Instance = new();

        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => new(NotAsked(question));
    }
}
