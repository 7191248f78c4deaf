using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>A name on its way through a run.</summary>
/// <param name="Position">In the order of the scan, from 0.</param>
/// <param name="Earlier">What earlier passes found out; null in the first.</param>
public sealed record ScanItem(int Position, ListedName Name, PendingName? Earlier = null);

/// <summary>
/// All DNS work for one name: the base questions at the same time, then what their answers call for. The policy of MTA-STS is
/// fetched later, by <see cref="FetchPolicyAsync"/>, so that a slow HTTPS host never holds up DNS work.
/// </summary>
/// <param name="own">Asks for names that belong to one listed name only.</param>
/// <param name="shared">Asks for names that many listed names share: includes, ancestors' <c>_dmarc</c>. Cached, single flight.</param>
public sealed class DomainScanner(IResolver own, IResolver shared, ScanOptions options, TimeProvider time)
{
    private readonly TimeSpan _deadline = TimeSpan.FromSeconds(options.NameDeadlineSeconds);

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
        var empty = Empty(item) with { Pass = pass, Evidence = evidence };

        // A name that cannot exist is not asked for: MX says so, the other checks have nothing to say.
        if (name.Class is InputClass.InvalidName or InputClass.IpLiteral)
            return options.Checks.HasFlag(ScanChecks.Mx) ? empty with { Mx = MxClassifier.InvalidName(NotAsked(name.Name, DnsRecordType.Mx)) } : empty;
        if (!name.IsQueryable) return await UnaskedAsync(empty, cancellationToken).ConfigureAwait(false);

        using var timeUp = new CancellationTokenSource(_deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            return await ScanAsync(
                empty,
                new NameDeadline(own, evidence, pass, either.Token, cancellationToken),
                new NameDeadline(shared, evidence, pass, either.Token, cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or ResolverUnreachableException))
        {
            // A fault of ours that one name's data brought out. The name keeps its row, the row says what happened, and the run goes on.
            return await UnaskedAsync(empty with { ScanError = $"{fault.GetType().Name}: {fault.Message}" }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The row as the evidence has it, without any network: of a name that was never asked all "not queried".</summary>
    public async Task<DomainResult> ReplayAsync(ScanItem item)
    {
        var evidence = item.Earlier?.Evidence;
        var empty = Empty(item) with { Evidence = evidence };
        if (evidence is null) return await UnaskedAsync(empty, CancellationToken.None).ConfigureAwait(false);
        var answers = new EvidenceResolver(evidence);
        empty = empty with { Pass = evidence.Answers.Select(answer => answer.Pass).DefaultIfEmpty(1).Max() };
        var row = await ScanAsync(empty, answers, answers, CancellationToken.None).ConfigureAwait(false);
        return WantsPolicy(row) && evidence.Fetch is { } fetch ? WithPolicy(row, fetch) : row;
    }

    private DomainResult Empty(ScanItem item) => new() { Name = item.Name, Position = item.Position, ScannedAt = item.Earlier?.ScannedAt ?? time.GetUtcNow() };

    /// <summary>The row of a name that is not asked for: each check makes "unknown" of "not queried".</summary>
    private Task<DomainResult> UnaskedAsync(DomainResult empty, CancellationToken ct) => ScanAsync(empty, NeverAsk.Instance, NeverAsk.Instance, ct);

    /// <summary>Is there a record that announces a policy?</summary>
    public static bool WantsPolicy(DomainResult result) => result.MtaSts is { } record && MtaStsClassifier.WantsFetch(record);

    /// <summary>The row with its MTA-STS policy. What an earlier pass has fetched is fetched again only when it failed in a way that may pass.</summary>
    public static async Task<DomainResult> FetchPolicyAsync(DomainResult result, IPolicyFetcher fetcher, CancellationToken cancellationToken)
    {
        if (result.Evidence?.Fetch is { Transient: false } settled) return WithPolicy(result, settled);
        var fetch = await fetcher.FetchAsync(result.Name.Name, cancellationToken).ConfigureAwait(false);
        // A turn that never came takes nothing away from what an earlier pass found.
        if (fetch.NotAsked && result.Evidence?.Fetch is { } earlier) fetch = earlier;
        if (result.Evidence is { } evidence) evidence.Fetch = fetch;
        return WithPolicy(result, fetch);
    }

    private static DomainResult WithPolicy(DomainResult result, PolicyFetch fetch) =>
        result with { MtaSts = MtaStsClassifier.Classify(result.MtaSts!, fetch, result.Mx) };

    private async Task<DomainResult> ScanAsync(DomainResult empty, IResolver ask, IResolver askShared, CancellationToken ct)
    {
        string name = empty.Name.Name;
        var checks = options.Checks;

        // The five base questions, close together in time, so that they speak of the same state (classification.md 11 point 5).
        var mxAnswer = checks.HasFlag(ScanChecks.Mx) ? Ask(ask, name, DnsRecordType.Mx, ct) : null;
        var txtAnswer = checks.HasFlag(ScanChecks.Spf) ? Ask(ask, name, DnsRecordType.Txt, ct) : null;
        var dmarcAnswer = checks.HasFlag(ScanChecks.Dmarc) ? Ask(ask, "_dmarc", name, ct) : null;
        var mtaStsAnswer = checks.HasFlag(ScanChecks.MtaSts) ? Ask(ask, "_mta-sts", name, ct) : null;
        var tlsRptAnswer = checks.HasFlag(ScanChecks.TlsRpt) ? Ask(ask, "_smtp._tls", name, ct) : null;

        // What follows from each does not wait for the others.
        var mx = mxAnswer is null ? null : Mx();
        var spf = txtAnswer is null ? null : Spf();
        var dmarc = dmarcAnswer is null ? null : Dmarc();

        async Task<MxResult> Mx() => await MxLookup.RunAsync(name, await mxAnswer!.ConfigureAwait(false), ask, ct).ConfigureAwait(false);

        async Task<SpfResult> Spf() =>
            await SpfLookup.RunAsync(name, await txtAnswer!.ConfigureAwait(false), askShared, options.SpfLevel, ct).ConfigureAwait(false);

        async Task<DmarcResult> Dmarc()
        {
            var ownAnswer = await dmarcAnswer!.ConfigureAwait(false);
            var apexMx = mxAnswer is null ? null : await mxAnswer.ConfigureAwait(false);
            var apexTxt = txtAnswer is null ? null : await txtAnswer.ConfigureAwait(false);
            return await DmarcLookup.RunAsync(name, Exists(apexMx, apexTxt, ownAnswer), ownAnswer, apexTxt, empty.Name.OrganizationalDomain, askShared, ct)
                .ConfigureAwait(false);
        }

        return empty with
        {
            Mx = mx is null ? null : await mx.ConfigureAwait(false),
            Spf = spf is null ? null : await spf.ConfigureAwait(false),
            Dmarc = dmarc is null ? null : await dmarc.ConfigureAwait(false),
            MtaSts = mtaStsAnswer is null ? null : MtaStsClassifier.ClassifyRecord(await mtaStsAnswer.ConfigureAwait(false)),
            TlsRpt = tlsRptAnswer is null ? null : TlsRptClassifier.Classify(await tlsRptAnswer.ConfigureAwait(false)),
        };
    }

    /// <summary>Does the name itself exist? Only NXDOMAIN for the very name says no (RFC 9989 §3.2.13); after a CNAME it speaks of
    /// the target, and the name exists. A record or an empty answer below it says yes (RFC 8020 §2).</summary>
    private static Presence Exists(DnsAnswer? apexMx, DnsAnswer? apexTxt, DnsAnswer below)
    {
        foreach (var answer in (ReadOnlySpan<DnsAnswer?>)[apexMx, apexTxt])
        {
            if (answer is null || answer.Status.IsUnknown()) continue;
            return answer is { Status: DnsStatus.Nxdomain, CnameTarget: null } ? Presence.Absent : Presence.Present;
        }
        return below.Status is DnsStatus.Ok or DnsStatus.Nodata ? Presence.Present : Presence.Unknown;
    }

    private static Task<DnsAnswer> Ask(IResolver ask, string prefix, string name, CancellationToken ct) =>
        DomainName.TryPrefix(prefix, name, out string? full)
            ? Ask(ask, full, DnsRecordType.Txt, ct)
            : Task.FromResult(DnsAnswer.Without(new DnsQuestion($"{prefix}.{name}", DnsRecordType.Txt), DnsStatus.NameTooLong));

    private static Task<DnsAnswer> Ask(IResolver ask, string name, DnsRecordType type, CancellationToken ct) =>
        ask.QueryAsync(new DnsQuestion(name, type), ct).AsTask();

    private static DnsAnswer NotAsked(string name, DnsRecordType type) => DnsAnswer.Without(new DnsQuestion(name, type), DnsStatus.NotQueried);

    private sealed class NeverAsk : IResolver
    {
        public static readonly NeverAsk Instance = new();

        public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) =>
            new(NotAsked(question.Name, question.Type));
    }
}
