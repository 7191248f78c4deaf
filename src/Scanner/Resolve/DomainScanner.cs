using System.Collections.Concurrent;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>A name on its way through a run.</summary>
/// <param name="Position">In the order of the scan, from 0.</param>
/// <param name="Earlier">What earlier passes found out; null in the first.</param>
public sealed record ScanItem(int Position, ListedName Name, PendingName? Earlier = null);

/// <summary>
/// All DNS work for one name, within its deadline (<see cref="NameScan"/>). The policy of MTA-STS is fetched later, by
/// <see cref="FetchPolicyAsync"/>, so that a slow HTTPS host never holds up DNS work.
/// </summary>
/// <param name="own">Asks for names that belong to one listed name only.</param>
/// <param name="shared">Asks for names that many listed names share: includes, ancestors' <c>_dmarc</c>. Cached, single flight.</param>
public sealed class DomainScanner(IResolver own, IResolver shared, ScanOptions options, TimeProvider time)
{
    private readonly TimeSpan _deadline = TimeSpan.FromSeconds(options.NameDeadlineSeconds);

    /// <summary>As many as names were under way at once. Without a time set they hold nothing but memory.</summary>
    private readonly ConcurrentQueue<CancellationTokenSource> _spareDeadlines = new();

    /// <summary>The row of one name, complete but for the policy of <see cref="WantsPolicy"/>.</summary>
    /// <exception cref="OperationCanceledException">When the run ends; never for the name's own deadline.</exception>
    public Task<DomainResult> ScanAsync(ListedName name, CancellationToken cancellationToken) =>
        ScanAsync(new ScanItem(0, name), 1, cancellationToken);

    /// <summary>The same for a name on its way through a run: what is settled in its evidence is not asked again.</summary>
    /// <param name="pass">1-based.</param>
    public async Task<DomainResult> ScanAsync(ScanItem item, int pass, CancellationToken cancellationToken)
    {
        var name = item.Name;
        var evidence = item.Earlier?.Evidence ?? new NameEvidence();
        var empty = Empty(item, pass, evidence);

        if (!name.IsQueryable) return await UnaskedAsync(empty, cancellationToken).ConfigureAwait(false);

        // Ends with the name's time or with the run. Linked by hand: a linked source takes no deadline by this clock, and a second source costs every name one.
        var nameEnds = BeginDeadline();
        bool ended = false;
        try
        {
            DomainResult row;
            await using (cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), nameEnds).ConfigureAwait(false))
            {
                var ask = new NameDeadline(own, evidence, shared: false, pass, nameEnds.Token, cancellationToken);
                var askShared = new NameDeadline(shared, evidence, shared: true, pass, nameEnds.Token, cancellationToken);
                row = await new NameScan(name, ask, askShared, options, cancellationToken).RunAsync(empty).ConfigureAwait(false);
            }
            EndDeadline(nameEnds);
            ended = true;
            if (pass > 1) evidence.DropNeedless(pass);
            return row;
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or ResolverUnreachableException))
        {
            // A fault of ours that one name's data brought out. The name keeps its row, the row says what happened, and the run goes on.
            return await UnaskedAsync(empty with { ScanError = $"{fault.GetType().Name}: {fault.Message}" }, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Questions may still be under way with it.
            if (!ended) nameEnds.Dispose();
        }
    }

    private CancellationTokenSource BeginDeadline()
    {
        if (!_spareDeadlines.TryDequeue(out var deadline)) return new CancellationTokenSource(_deadline, time);
        deadline.CancelAfter(_deadline);
        return deadline;
    }

    /// <summary>Nobody waits for it any more. The next name takes it, with its timer and with room for the registrations of its questions; but not one whose
    /// time is up, nor one with a timer that is not the system's, which cannot be stopped for certain.</summary>
    private void EndDeadline(CancellationTokenSource deadline)
    {
        if (time == TimeProvider.System && deadline.TryReset()) _spareDeadlines.Enqueue(deadline);
        else deadline.Dispose();
    }

    /// <summary>The row as the evidence has it, without any network: of a name that was never asked all "not queried".</summary>
    /// <param name="pass">The last one that asked about it, 1-based: its answers need not be of that pass, as when only a policy was open.</param>
    public async Task<DomainResult> ReplayAsync(ScanItem item, int pass)
    {
        var evidence = item.Earlier?.Evidence;
        if (evidence is null || !item.Name.IsQueryable) return await UnaskedAsync(Empty(item, pass, evidence), CancellationToken.None).ConfigureAwait(false);
        var answers = new EvidenceResolver(evidence);
        var empty = Empty(item, pass, evidence);
        var row = await new NameScan(item.Name, answers, answers, options, CancellationToken.None).RunAsync(empty).ConfigureAwait(false);
        return WantsPolicy(row) && evidence.Fetch is { } fetch ? WithPolicy(row, fetch) : row;
    }

    private DomainResult Empty(ScanItem item, int pass, NameEvidence? evidence) => new()
    {
        Name = item.Name,
        Position = item.Position,
        ScannedAt = item.Earlier?.ScannedAt ?? time.GetUtcNow(),
        Pass = pass,
        Evidence = evidence,
    };

    /// <summary>The row of a name that is not asked for: each check makes "unknown" of "not queried". Of a name that cannot exist MX says so,
    /// and the other checks have nothing to say.</summary>
    private async Task<DomainResult> UnaskedAsync(DomainResult empty, CancellationToken ct)
    {
        if (empty.Name.Class is not (InputClass.InvalidName or InputClass.IpLiteral))
            return await new NameScan(empty.Name, NeverAsk.Instance, NeverAsk.Instance, options, ct).RunAsync(empty).ConfigureAwait(false);
        var question = new DnsQuestion(empty.Name.Name, DnsRecordType.Mx);
        return options.Checks.HasFlag(ScanChecks.Mx) ? empty with { Mx = MxClassifier.InvalidName(NotAsked(question)) } : empty;
    }

    /// <summary>Is there a record that announces a policy?</summary>
    public static bool WantsPolicy(DomainResult result) => result.MtaSts is { } record && MtaStsClassifier.WantsFetch(record);

    /// <summary>The row with its MTA-STS policy. What an earlier pass has fetched is fetched again only when it failed in a way that may pass.</summary>
    public static async Task<DomainResult> FetchPolicyAsync(DomainResult result, IPolicyFetcher fetcher, CancellationToken cancellationToken)
    {
        var earlier = result.Evidence?.Fetch;
        if (result.Evidence is { Doubted: true, IsHostDenied: true }) earlier = null;
        if (earlier is { Transient: false }) return WithPolicy(result, earlier);
        var fetch = await fetcher.FetchAsync(result.Name.Name, cancellationToken).ConfigureAwait(false);
        // A turn that never came takes nothing away from what an earlier pass found.
        if (fetch.NotAsked && earlier is not null) fetch = earlier;
        if (result.Evidence is { } evidence) evidence.Fetch = fetch;
        return WithPolicy(result, fetch);
    }

    private static DomainResult WithPolicy(DomainResult result, PolicyFetch fetch) =>
        result with { MtaSts = MtaStsClassifier.Classify(result.MtaSts!, fetch, result.Mx) };

    private static DnsAnswer NotAsked(DnsQuestion question) => DnsAnswer.Without(question, DnsStatus.NotQueried);

    private sealed class NeverAsk : IResolver
    {
        public static readonly NeverAsk Instance = new();

        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => new(NotAsked(question));
    }
}
