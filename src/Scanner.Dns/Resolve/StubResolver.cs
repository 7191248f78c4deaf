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

    private static readonly DnsQuestion TrialQuestion = new(".", DnsRecordType.Ns);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    private readonly ResolverOptions _options;
    private readonly TimeProvider _time;
    private readonly Upstream[] _upstreams;
    private readonly QueryPermits _permits;
    private readonly ResiliencePipeline<Try>? _retry;
    private readonly Func<Upstream, Task<bool>> _trial;
    private readonly CancellationTokenSource _stop = new();
    private long _lastAnswer;
    private int _turn = -1;

    /// <param name="transports">One per resolver, at least one. The resolver owns and disposes them.</param>
    /// <param name="statistics">To go on counting where an earlier pass stopped; for the same resolvers in the same order.</param>
    public StubResolver(ResolverOptions options, IReadOnlyList<IDnsTransport> transports, TimeProvider time, ResolverStatistics? statistics = null)
    {
        if (transports.Count == 0) throw new ArgumentException("at least one resolver is needed", nameof(transports));
        _options = options;
        _time = time;
        _upstreams = [.. transports.Select((t, i) => new Upstream(i, t, time))];
        _permits = new QueryPermits(options.InFlight, options.QueriesPerSecond);
        _trial = TrialAsync;
        _lastAnswer = time.GetTimestamp();
        Statistics = statistics ?? new ResolverStatistics(transports.Select(t => t.Server));
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

    public ResolverStatistics Statistics { get; }

    public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        if (IsTooLong(question.Name))
        {
            Statistics.FinalAnswer(question.Type, DnsStatus.NameTooLong);
            return DnsAnswer.Without(question, DnsStatus.NameTooLong);
        }
        // Most questions end here, without any of the retry machinery.
        var last = await TryOnceAsync(question, default, cancellationToken).ConfigureAwait(false);
        if (_retry is not null && IsWorthRetrying(last.Answer.Status))
        {
            last = await _retry.ExecuteAsync(static (r, token) => r.NextAsync(token), new Retrying(this, question, last), cancellationToken).ConfigureAwait(false);
        }
        Statistics.FinalAnswer(question.Type, last.Answer.Status);
        return last.Answer;
    }

    /// <summary>
    /// Asks each resolver for the root's name servers: is anybody there? Any answer counts, whatever it says. For the start of a run,
    /// to tell a wrong address before a million time-outs do. Takes as long as the tries of the slowest.
    /// </summary>
    public async Task<IReadOnlyList<ResolverProbe>> ProbeAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(_upstreams.Select(u => ProbeAsync(u, cancellationToken))).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var upstream in _upstreams) await upstream.Transport.DisposeAsync().ConfigureAwait(false);
        _permits.Dispose();
        _stop.Dispose();
    }

    /// <summary>
    /// Everything unknown is asked again, but for two findings that another try would only hide or repeat: a failed validation, and
    /// a chain without end. NXDOMAIN and NODATA are answers. SERVFAIL is mostly a resolver short of time.
    /// </summary>
    private static bool IsWorthRetrying(DnsStatus status) => status.IsUnknown() && status is not (DnsStatus.Bogus or DnsStatus.CnameLoop);

    private async ValueTask<Try> TryOnceAsync(DnsQuestion question, Try previous, CancellationToken cancellationToken)
    {
        var upstream = PickClosed(previous.Upstream) ?? await WaitForAnyAsync(cancellationToken).ConfigureAwait(false);
        int attempt = previous.Attempt + 1;
        var timeout = TimeoutOf(attempt);
        double milliseconds = previous.Attempt == 0 ? 0 : previous.Answer.Milliseconds + _time.GetElapsedTime(previous.EndedAt).TotalMilliseconds;
        int tries = previous.Attempt == 0 ? 1 : previous.Answer.Tries + 1;
        IReadOnlyList<DnsStatus>? failed = previous.Attempt == 0 ? null : [.. previous.Answer.FailedTries, previous.Answer.Status];

        var sent = await SendAsync(upstream, question, new DnsQueryFlags(DnssecOk: question.Dnssec, Tcp: _options.OverTcp), timeout, tries > 1, cancellationToken).ConfigureAwait(false);
        milliseconds += sent.Milliseconds;
        if (sent.Reply is { Outcome: TransportOutcome.Answered, Rcode: 1 or 4 })
        {
            // RFC 6891 §7: FORMERR or NOTIMP may mean that the server does not know EDNS; once more without it.
            failed = [.. failed ?? [], sent.Reply.Rcode == 1 ? DnsStatus.Formerr : DnsStatus.Notimp];
            tries++;
            sent = await SendAsync(upstream, question, new DnsQueryFlags(Tcp: _options.OverTcp, NoEdns: true), timeout, isRetry: true, cancellationToken).ConfigureAwait(false);
            milliseconds += sent.Milliseconds;
        }
        var answer = ReplyInterpreter.Interpret(question, sent.Reply, new ExchangeHistory(tries, failed, milliseconds, upstream.Name));
        return new Try(answer, upstream, attempt, sent.EndedAt);
    }

    /// <summary>One query to one resolver, under both ceilings.</summary>
    private async ValueTask<Sent> SendAsync(Upstream upstream, DnsQuestion question, DnsQueryFlags flags, TimeSpan timeout, bool isRetry, CancellationToken cancellationToken)
    {
        await _permits.AcquireAsync(cancellationToken).ConfigureAwait(false);
        Statistics.QuerySent(isRetry);
        long started = _time.GetTimestamp();
        DnsReply reply;
        try
        {
            reply = await upstream.Transport.ExchangeAsync(question, flags, timeout, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Statistics.QueryEnded();
            _permits.Release();
        }
        long ended = _time.GetTimestamp();
        bool answered = reply.Outcome is not (TransportOutcome.Timeout or TransportOutcome.NetworkError);
        Statistics.FromResolver(upstream.Index, answered, reply.OverTcp);
        if (answered)
        {
            Volatile.Write(ref _lastAnswer, ended);
            upstream.ReportAnswer();
        }
        else
        {
            await upstream.ReportSilenceAsync().ConfigureAwait(false);
        }
        return new Sent(reply, _time.GetElapsedTime(started, ended).TotalMilliseconds, ended);
    }

    /// <summary>The next resolver in turn whose circuit is closed, if possible not the one just asked; null when all are open.</summary>
    private Upstream? PickClosed(Upstream? avoid)
    {
        uint turn = (uint)Interlocked.Increment(ref _turn);
        Upstream? second = null;
        for (uint i = 0; i < _upstreams.Length; i++)
        {
            var upstream = _upstreams[(turn + i) % (uint)_upstreams.Length];
            if (upstream.IsOpen) upstream.StartTrial(_trial);
            else if (upstream != avoid) return upstream;
            else second = upstream;
        }
        return second;
    }

    /// <summary>All circuits are open: nobody has anything to do but wait for a trial to succeed, or for the end of patience.</summary>
    private async ValueTask<Upstream> WaitForAnyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (PickClosed(avoid: null) is { } upstream) return upstream;
            long silentSince = Math.Max(Volatile.Read(ref _lastAnswer), _upstreams.Max(u => u.OpenedAt));
            var silence = _time.GetElapsedTime(silentSince);
            if (silence > UnreachableAfter) throw Unreachable(silence);
            await Task.Delay(LookAgain, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private ResolverUnreachableException Unreachable(TimeSpan silence)
    {
        string resolvers = string.Join(", ", _upstreams.Select(u => u.Name));
        return new ResolverUnreachableException(
            $"No answer from {(_upstreams.Length == 1 ? "the resolver" : "any of the resolvers")} {resolvers} for {silence.TotalSeconds:0} seconds, " +
            "not even to the question for the root's name servers. Check that it runs, that this machine may ask it over UDP and TCP, " +
            "and that it does not limit the rate; then resume with a lower query rate or another resolver.");
    }

    private async Task<bool> TrialAsync(Upstream upstream)
    {
        await _permits.AcquireAsync(_stop.Token).ConfigureAwait(false);
        Statistics.QuerySent(isRetry: false);
        try
        {
            // Not through SendAsync: its report would meet the circuit half open. The breaker runs this itself.
            var reply = await upstream.Transport.ExchangeAsync(TrialQuestion, default, TimeoutOf(1), _stop.Token).ConfigureAwait(false);
            bool answered = reply.Outcome is not (TransportOutcome.Timeout or TransportOutcome.NetworkError);
            if (answered) Volatile.Write(ref _lastAnswer, _time.GetTimestamp());
            return answered;
        }
        finally
        {
            Statistics.QueryEnded();
            _permits.Release();
        }
    }

    private async Task<ResolverProbe> ProbeAsync(Upstream upstream, CancellationToken cancellationToken)
    {
        Sent sent = default;
        for (int attempt = 1; attempt <= _options.Attempts; attempt++)
        {
            // With DO, so that the AD bit tells whether this resolver validates at all: the root is signed.
            sent = await SendAsync(upstream, TrialQuestion, new DnsQueryFlags(DnssecOk: true), TimeoutOf(attempt), attempt > 1, cancellationToken).ConfigureAwait(false);
            if (sent.Reply.Outcome is not (TransportOutcome.Timeout or TransportOutcome.NetworkError)) break;
        }
        var answer = ReplyInterpreter.Interpret(TrialQuestion, sent.Reply);
        bool answers = sent.Reply.Outcome is not (TransportOutcome.Timeout or TransportOutcome.NetworkError);
        return new ResolverProbe(upstream.Name, answers, answer.Status, sent.Milliseconds, sent.Reply.ErrorText) { Validates = answer is { Status: DnsStatus.Ok, AuthenticData: true } };
    }

    private TimeSpan TimeoutOf(int attempt)
    {
        double seconds = _options.TimeoutSeconds * (1L << (attempt - 1));
        return seconds < MaxTimeout.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxTimeout;
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

    private readonly record struct Sent(DnsReply Reply, double Milliseconds, long EndedAt);

    /// <summary>Hands the failure that has already happened to the retry pipeline, and then each new try.</summary>
    private sealed class Retrying(StubResolver resolver, DnsQuestion question, Try last)
    {
        private Try _last = last;
        private bool _started;

        public async ValueTask<Try> NextAsync(CancellationToken cancellationToken)
        {
            if (_started) _last = await resolver.TryOnceAsync(question, _last, cancellationToken).ConfigureAwait(false);
            _started = true;
            return _last;
        }
    }
}

/// <param name="Resolver"><c>address:port</c></param>
/// <param name="Answers">It sent something, whatever that says.</param>
/// <param name="Status">How it answered the question for the root's name servers.</param>
/// <param name="Milliseconds">The time of the last try.</param>
/// <param name="ErrorText">More about a failure, for people; null when there is nothing to say.</param>
public sealed record ResolverProbe(string Resolver, bool Answers, DnsStatus Status, double Milliseconds, string? ErrorText)
{
    /// <summary>It said AD=1 about the signed root, so it validates. Without that AD=0 means nothing: every zone would look unsigned.</summary>
    public bool Validates { get; init; }
}
