using Polly;
using Polly.Retry;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Resolve;

/// <summary>
/// Asks recursive resolvers, and asks again when the answer says nothing. Names that are found not to exist are never asked twice;
/// what stays unknown after every try is an answer too. Resolvers take turns, and a retry goes to another one where there are several.
/// Documents: RFC 1035 §7 (resolvers), RFC 2308 (negative answers), RFC 6891 (EDNS), RFC 7766 (TCP).
/// </summary>
public sealed class StubResolver : IResolver, IAsyncDisposable
{
    /// <summary>The time limit of a try does not double beyond this.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(30);

    /// <summary>All resolvers silent for longer than this ends the run: longer than a resolver's restart, shorter than a user's patience.</summary>
    public static readonly TimeSpan UnreachableAfter = TimeSpan.FromSeconds(15);

    // Extended DNS Errors (RFC 8914 §5.2).
    private const ushort NoReachableAuthority = 22;
    private const ushort NetworkErrorUpstream = 23;

    private readonly ResolverOptions _options;
    private readonly TimeProvider _time;
    private readonly UpstreamPool _upstreams;
    private readonly ResiliencePipeline<Try>? _retry;
    private readonly bool _hedge;

    /// <param name="transports">One per resolver, at least one. The resolver owns and disposes them.</param>
    /// <param name="statistics">To go on counting where an earlier pass stopped; for the same resolvers in the same order.</param>
    public StubResolver(ResolverOptions options, IReadOnlyList<IDnsTransport> transports, TimeProvider time, ResolverStatistics? statistics = null)
    {
        if (transports.Count == 0) throw new ArgumentException("at least one resolver is needed", nameof(transports));
        _options = options;
        _time = time;
        _hedge = options.Hedge && transports.Count > 1;
        Statistics = statistics ?? new ResolverStatistics(transports.Select(t => t.Server));
        _upstreams = new UpstreamPool(options, transports, Statistics, time);
        if (options.Attempts == 1) return;
        _retry = new ResiliencePipelineBuilder<Try> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<Try>
            {
                MaxRetryAttempts = options.Attempts - 1,
                // Retries that come together overflow the buffers again that made them necessary: hence jitter.
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(250),
                MaxDelay = TimeSpan.FromSeconds(5),
                ShouldHandle = static args => ValueTask.FromResult(args.Outcome is { Exception: null } && IsWorthRetrying(args.Outcome.Result.Answer.Status)),
            })
            .Build();
    }

    /// <summary>What this resolver has done so far; the same object for its whole life.</summary>
    public ResolverStatistics Statistics { get; }

    /// <summary>Queries that wait for their turn to be sent, about: for their place among those in flight, or because of the rate.</summary>
    public int Waiting => _upstreams.Waiting;

    /// <summary>Those that wait because of the rate, the user's or a resolver's ceiling. Who has more questions does well to wait too.</summary>
    public int WaitingForRate => _upstreams.WaitingForRate;

    /// <summary>Resolvers that get trial queries only, for the time being.</summary>
    internal int OpenCircuits => _upstreams.OpenCircuits;

    /// <inheritdoc/>
    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => QueryAsync(question, avoid: null, asker: null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, IAsker asker, CancellationToken cancellationToken) =>
        QueryAsync(question, asker.NotFirst(question) is { } notFirst ? _upstreams.Find(notFirst) : null, asker, cancellationToken);

    // Most questions end here, in one state machine, which is also the task that the asker waits for: what is not for each of them is in methods of
    // its own. A pool of them would be empty with so many questions under way.
    private async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, Upstream? avoid, IAsker? asker, CancellationToken cancellationToken)
    {
        if (IsTooLong(question.Name))
        {
            Statistics.FinalAnswer(question.Type, DnsStatus.NameTooLong);
            var tooLong = DnsAnswer.Without(question, DnsStatus.NameTooLong);
            return asker is null ? tooLong : asker.Take(tooLong);
        }
        DnsAnswer? answer;
        try
        {
            if (_hedge)
            {
                answer = await HedgedAsync(question, avoid, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var upstream = await _upstreams.EnterAsync(avoid, isRetry: false, cancellationToken).ConfigureAwait(false)
                    ?? await _upstreams.EnterWhenAnyAsync(avoid, isRetry: false, cancellationToken).ConfigureAwait(false);
                // As in UpstreamPool.ExchangeAsync.
                long sentAt = _time.GetTimestamp();
                DnsReply reply;
                try
                {
                    reply = await upstream.Transport.ExchangeAsync(question, _upstreams.FlagsFor(question, upstream), _upstreams.FirstTimeout, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    _upstreams.GiveUp(upstream, sentAt);
                    throw;
                }
                var sent = _upstreams.Received(upstream, reply, sentAt);
                answer = sent.IsSilence ? null : FinalAnswer(question, upstream, sent);
                answer ??= await AfterFirstTryAsync(question, upstream, sent, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (asker is not null)
        {
            answer = asker.OnCancelled(question);
            if (answer is null) throw;
        }
        return asker is null ? answer : asker.Take(answer);
    }

    private async ValueTask<DnsAnswer> AfterFirstTryAsync(DnsQuestion question, Upstream upstream, Sent sent, CancellationToken cancellationToken)
    {
        if (sent.IsSilence) await upstream.ReportSilenceAsync().ConfigureAwait(false);
        return FinalAnswer(question, upstream, sent)
            ?? await RecoverAsync(question, upstream, sent, tries: 1, failed: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the first try came to, if that is all there is to it.</summary>
    private DnsAnswer? FinalAnswer(DnsQuestion question, Upstream upstream, Sent sent)
    {
        if (NeedsEdnsOff(sent.Reply)) return null;
        var answer = ReplyInterpreter.Interpret(question, sent.Reply, new ExchangeHistory(1, null, sent.Milliseconds, upstream.Name));
        // With one try only, SERVFAIL still goes on to be told apart from a failed validation.
        if (IsWorthRetrying(answer.Status) && (_retry is not null || answer.Status == DnsStatus.Servfail)) return null;
        Statistics.FinalAnswer(question.Type, answer.Status);
        return answer;
    }

    /// <summary>
    /// Asks each resolver for the root's name servers: is anybody there? Any answer counts, whatever it says. For the start of a run,
    /// to tell a wrong address before a million time-outs do. Takes as long as the tries of the slowest.
    /// </summary>
    public async Task<IReadOnlyList<ResolverProbe>> ProbeAsync(CancellationToken cancellationToken) => await _upstreams.ProbeAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Closes the transports too. Questions still under way end as <see cref="DnsStatus.NetworkError"/>.</summary>
    public ValueTask DisposeAsync() => _upstreams.DisposeAsync();

    /// <summary>
    /// Everything unknown is asked again, but for two findings that another try would only hide or repeat: a failed validation, and
    /// a chain without end. NXDOMAIN and NODATA are answers. SERVFAIL is mostly a resolver short of time.
    /// </summary>
    private static bool IsWorthRetrying(DnsStatus status) => status.IsUnknown() && status is not (DnsStatus.Bogus or DnsStatus.CnameLoop);

    /// <summary>RFC 6891 §7: FORMERR or NOTIMP may mean that the server does not know EDNS.</summary>
    private static bool NeedsEdnsOff(DnsReply reply) => reply is { Outcome: TransportOutcome.Answered, Rcode: 1 or 4 };

    /// <summary>The rest of a question whose first try said nothing.</summary>
    private async ValueTask<DnsAnswer> RecoverAsync(DnsQuestion question, Upstream upstream, Sent sent, int tries, IReadOnlyList<DnsStatus>? failed, CancellationToken cancellationToken)
    {
        var last = await ConcludeAsync(question, upstream, attempt: 1, sent, tries, failed, sent.Milliseconds, cancellationToken).ConfigureAwait(false);
        if (_retry is not null && IsWorthRetrying(last.Answer.Status))
        {
            last = await _retry.ExecuteAsync(static (r, token) => r.NextAsync(token), new Retrying(this, question, last), cancellationToken).ConfigureAwait(false);
        }
        if (MayBeBogus(last)) last = await ProveBogusAsync(question, last, last.Upstream!, cancellationToken).ConfigureAwait(false);
        Statistics.FinalAnswer(question.Type, last.Answer.Status);
        return last.Answer;
    }

    /// <summary>SERVFAIL in the end, for which the server named no other reason: its own servers did not answer it (RFC 8914 §4.23, §4.24).</summary>
    private static bool MayBeBogus(Try last) =>
        last is { Answer.Status: DnsStatus.Servfail, Upstream.Transport.CanDisableChecking: true }
        && !last.Answer.ExtendedErrors.Any(code => code is NoReachableAuthority or NetworkErrorUpstream);

    /// <summary>
    /// Is it validation that fails (classification.md 2.2)? Then the same server answers with CD=1 (RFC 4035 §3.2.2), and without it fails again:
    /// the second question tells a bad signature from a server that merely had a bad moment.
    /// </summary>
    private async ValueTask<Try> ProveBogusAsync(DnsQuestion question, Try last, Upstream upstream, CancellationToken cancellationToken)
    {
        var flags = _upstreams.FlagsFor(question, upstream);
        await _upstreams.EnterAsync(upstream, cancellationToken).ConfigureAwait(false);
        var withoutCheck = await _upstreams.ExchangeAsync(upstream, question, flags with { CheckingDisabled = true }, last.Attempt, cancellationToken).ConfigureAwait(false);
        var answer = last.Answer with { Tries = last.Answer.Tries + 1, Milliseconds = last.Answer.Milliseconds + withoutCheck.Milliseconds };
        if (ReplyInterpreter.Interpret(question, withoutCheck.Reply).Status.IsUnknown()) return last with { Answer = answer, EndedAt = withoutCheck.EndedAt };

        await _upstreams.EnterAsync(upstream, cancellationToken).ConfigureAwait(false);
        var again = await _upstreams.ExchangeAsync(upstream, question, flags, last.Attempt, cancellationToken).ConfigureAwait(false);
        answer = ReplyInterpreter.Interpret(question, again.Reply,
            new ExchangeHistory(answer.Tries + 1, [.. answer.FailedTries, DnsStatus.Servfail], answer.Milliseconds + again.Milliseconds, upstream.Name));
        if (answer.Status == DnsStatus.Servfail) answer = answer with { Status = DnsStatus.Bogus };
        return last with { Answer = answer, EndedAt = again.EndedAt };
    }

    /// <summary>A further try, at another resolver where there is one.</summary>
    private async ValueTask<Try> TryAgainAsync(DnsQuestion question, Try previous, CancellationToken cancellationToken)
    {
        var upstream = await _upstreams.EnterAsync(previous.Upstream, isRetry: true, cancellationToken).ConfigureAwait(false)
            ?? await _upstreams.EnterWhenAnyAsync(previous.Upstream, isRetry: true, cancellationToken).ConfigureAwait(false);
        int attempt = previous.Attempt + 1;
        IReadOnlyList<DnsStatus> failed = [.. previous.Answer.FailedTries, previous.Answer.Status];
        var flags = _upstreams.FlagsFor(question, upstream);
        // Nothing but silence so far: UDP may be blocked, or only the datagrams of this answer are, and RFC 7766 §5 lets a client choose TCP. Or this is a
        // pass over TCP, and the server has none.
        if (attempt == _options.Attempts && failed.All(IsSilent)) flags = flags with { Tcp = !_options.OverTcp };
        var sent = await _upstreams.ExchangeAsync(upstream, question, flags, attempt, cancellationToken).ConfigureAwait(false);
        double milliseconds = previous.Answer.Milliseconds + _time.GetElapsedTime(previous.EndedAt, sent.EndedAt).TotalMilliseconds;
        return await ConcludeAsync(question, upstream, attempt, sent, previous.Answer.Tries + 1, failed, milliseconds, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsSilent(DnsStatus status) => status is DnsStatus.Timeout or DnsStatus.NetworkError;

    /// <summary>What one attempt came to; a repeat without EDNS is part of it.</summary>
    private async ValueTask<Try> ConcludeAsync(DnsQuestion question, Upstream upstream, int attempt, Sent sent, int tries,
        IReadOnlyList<DnsStatus>? failed, double milliseconds, CancellationToken cancellationToken)
    {
        if (NeedsEdnsOff(sent.Reply))
        {
            failed = [.. failed ?? [], sent.Reply.Rcode == 1 ? DnsStatus.Formerr : DnsStatus.Notimp];
            tries++;
            await _upstreams.EnterAsync(upstream, cancellationToken).ConfigureAwait(false);
            sent = await _upstreams.ExchangeAsync(upstream, question, _upstreams.FlagsFor(question, upstream) with { NoEdns = true }, attempt, cancellationToken).ConfigureAwait(false);
            milliseconds += sent.Milliseconds;
        }
        var answer = ReplyInterpreter.Interpret(question, sent.Reply, new ExchangeHistory(tries, failed, milliseconds, upstream.Name));
        return new Try(answer, upstream, attempt, sent.EndedAt);
    }

    /// <summary>The first try with a second one beside it, when it takes longer than 95 of 100 answers of that resolver. The first good
    /// answer counts and the other query is given up.</summary>
    private async ValueTask<DnsAnswer> HedgedAsync(DnsQuestion question, Upstream? avoid, CancellationToken cancellationToken)
    {
        var upstream = await _upstreams.EnterAsync(avoid, isRetry: false, cancellationToken).ConfigureAwait(false)
            ?? await _upstreams.EnterWhenAnyAsync(avoid, isRetry: false, cancellationToken).ConfigureAwait(false);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = _upstreams.ExchangeAsync(upstream, question, _upstreams.FlagsFor(question, upstream), attempt: 1, enough.Token).AsTask();
        if (upstream.Latency.Ticks is not { } patience || await IsInTimeAsync(first, patience, enough.Token).ConfigureAwait(false)
            || !_upstreams.TryEnterOther(upstream, out var other))
        {
            return await RecoverAsync(question, upstream, await first.ConfigureAwait(false), tries: 1, failed: null, cancellationToken).ConfigureAwait(false);
        }

        Statistics.Hedged();
        var second = _upstreams.ExchangeAsync(other, question, _upstreams.FlagsFor(question, other), attempt: 1, enough.Token).AsTask();
        var winner = await Task.WhenAny(first, second).ConfigureAwait(false);
        var sent = await winner.ConfigureAwait(false);
        // An answer that says nothing is no reason not to wait for the other one.
        if (IsWorthRetrying(ReplyInterpreter.Interpret(question, sent.Reply).Status))
        {
            winner = winner == first ? second : first;
            sent = await winner.ConfigureAwait(false);
        }
        await enough.CancelAsync().ConfigureAwait(false);
        // The other one ends by this; nobody is interested in how.
        _ = (winner == first ? second : first).ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return await RecoverAsync(question, winner == first ? upstream : other, sent, tries: 2, failed: null, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> IsInTimeAsync(Task exchange, long ticks, CancellationToken cancellationToken)
    {
        if (exchange.IsCompleted) return true;
        var patience = Task.Delay(TimeSpan.FromSeconds((double)ticks / _time.TimestampFrequency), _time, cancellationToken);
        return await Task.WhenAny(exchange, patience).ConfigureAwait(false) == exchange;
    }

    private static bool IsTooLong(string name)
    {
        if (name.Length > DomainName.MaxLength) return true;
        int start = 0;
        // A label with escapes is longer in text than on the wire; the transport counts those.
        if (name.Length <= DomainName.MaxLabelLength || name.Contains('\\')) return false;
        for (int dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', start))
        {
            if (dot - start > DomainName.MaxLabelLength) return true;
            start = dot + 1;
        }
        return name.Length - start > DomainName.MaxLabelLength;
    }

    /// <param name="Attempt">1 for the first. A repeat without EDNS is part of the same attempt.</param>
    private readonly record struct Try(DnsAnswer Answer, Upstream? Upstream, int Attempt, long EndedAt);

    /// <summary>Hands the failure that has already happened to the retry pipeline, and then each new try.</summary>
    private sealed class Retrying(StubResolver resolver, DnsQuestion question, Try last)
    {
        private Try _last = last;
        private bool _started;

        public async ValueTask<Try> NextAsync(CancellationToken cancellationToken)
        {
            if (_started) _last = await resolver.TryAgainAsync(question, _last, cancellationToken).ConfigureAwait(false);
            _started = true;
            return _last;
        }
    }
}
