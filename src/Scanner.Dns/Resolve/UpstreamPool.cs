using System.Diagnostics.CodeAnalysis;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Resolve;

/// <summary>
/// The resolvers of a run: whose turn it is, one query to one of them with all that is to be noted about it, and trial queries to those that
/// have fallen silent.
/// </summary>
internal sealed class UpstreamPool : IAsyncDisposable
{
    private static readonly DnsQuestion TrialQuestion = new(".", DnsRecordType.Ns);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    private readonly ResolverOptions _options;
    private readonly ResolverStatistics _statistics;
    private readonly TimeProvider _time;
    private readonly Upstream[] _upstreams;
    private readonly TimeSpan[] _timeouts;
    private readonly FlowControl _flow;
    private readonly Func<Upstream, Task<bool>> _trial;
    private readonly Func<Upstream, Task<bool>> _usualTrial;
    private readonly CancellationTokenSource _stop = new();
    private long _lastAnswer;

    /// <param name="transports">One per resolver, at least one. The pool owns and disposes them.</param>
    public UpstreamPool(ResolverOptions options, IReadOnlyList<IDnsTransport> transports, ResolverStatistics statistics, TimeProvider time)
    {
        _options = options;
        _statistics = statistics;
        _time = time;
        _timeouts = [.. Enumerable.Range(1, options.Attempts).Select(TimeoutOf)];
        _upstreams = [.. transports.Select((t, i) => new Upstream(i, t, _timeouts[0], time))];
        _trial = TrialAsync;
        _usualTrial = upstream => AskTrialAsync(upstream, options.OverTcp);
        _lastAnswer = time.GetTimestamp();
        _flow = new FlowControl(options, _upstreams, statistics, time);
        statistics.Watch(transports);
    }

    /// <inheritdoc cref="StubResolver.Waiting"/>
    public int Waiting => _flow.Waiting;

    /// <inheritdoc cref="StubResolver.WaitingForRate"/>
    public int WaitingForRate => _flow.WaitingForRate;

    /// <inheritdoc cref="StubResolver.OpenCircuits"/>
    public int OpenCircuits => _upstreams.Count(upstream => upstream.IsOpen);

    /// <summary>The time limit of a first try.</summary>
    public TimeSpan FirstTimeout => _timeouts[0];

    /// <param name="name"><c>address:port</c></param>
    /// <returns>Null for a resolver of another run.</returns>
    public Upstream? Find(string name) => Array.Find(_upstreams, upstream => upstream.Name == name);

    /// <summary>Waits for a permit to send one query.</summary>
    /// <returns>The resolver to send it to, another than <paramref name="avoid"/> where there is one; null while all circuits are open: then
    /// <see cref="EnterWhenAnyAsync"/> has the patience. Two methods, so that a query that need not wait costs no task.</returns>
    public ValueTask<Upstream?> EnterAsync(Upstream? avoid, bool isRetry, CancellationToken cancellationToken)
    {
        StartTrials();
        return _flow.EnterAsync(avoid, null, isRetry, cancellationToken);
    }

    /// <summary>Waits for a permit to ask this resolver something more about a question that it has been asked.</summary>
    public ValueTask<Upstream?> EnterAsync(Upstream only, CancellationToken cancellationToken) => _flow.EnterAsync(null, only, isRetry: true, cancellationToken);

    /// <summary>A permit for a further resolver, if one is to be had at once.</summary>
    public bool TryEnterOther(Upstream than, [NotNullWhen(true)] out Upstream? upstream) => _flow.TryEnterOther(than, out upstream);

    // AD=1 asks whether the answer was validated, without asking for the signatures (RFC 6840 §5.7).
    public DnsQueryFlags FlagsFor(DnsQuestion question, Upstream upstream) =>
        new(DnssecOk: question.Dnssec, Tcp: _options.OverTcp != upstream.UseOther, AuthenticData: true);

    /// <summary>One query to one resolver, for which the caller has a permit; gives it back.</summary>
    public async ValueTask<Sent> ExchangeAsync(Upstream upstream, DnsQuestion question, DnsQueryFlags flags, int attempt, CancellationToken cancellationToken)
    {
        long sentAt = _time.GetTimestamp();
        DnsReply reply;
        try
        {
            reply = await upstream.Transport.ExchangeAsync(question, flags, _timeouts[attempt - 1], cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            GiveUp(upstream, sentAt);
            throw;
        }
        var sent = Received(upstream, reply, sentAt);
        if (sent.IsSilence) await upstream.ReportSilenceAsync().ConfigureAwait(false);
        return sent;
    }

    /// <summary>Notes what came back, or did not, and gives the permit back. The caller reports a silence.</summary>
    public Sent Received(Upstream upstream, DnsReply reply, long sentAt)
    {
        long endedAt = _time.GetTimestamp();
        var sent = new Sent(reply, _time.GetElapsedTime(sentAt, endedAt).TotalMilliseconds, endedAt);
        bool answered = !sent.IsSilence;
        if (answered)
        {
            Volatile.Write(ref _lastAnswer, endedAt);
            upstream.ReportAnswer();
        }
        _flow.Leave(upstream, sentAt, endedAt, PressureOf(reply, answered), answered, reply.OverTcp);
        return sent;
    }

    /// <summary>Gives back the permit of a query that was cancelled.</summary>
    public void GiveUp(Upstream upstream, long sentAt) => _flow.Leave(upstream, sentAt, sentAt, Pressure.None, answered: null, overTcp: false);

    private static Pressure PressureOf(DnsReply reply, bool answered) => reply switch
    {
        _ when !answered => Pressure.Failed,
        { Outcome: TransportOutcome.Answered, Rcode: 2 } => Pressure.Failed,
        { Outcome: TransportOutcome.Answered, Rcode: 5 } => Pressure.Refused,
        _ => Pressure.None,
    };

    /// <summary>All circuits are open: nobody has anything to do but wait for a trial to succeed, or for the end of patience.</summary>
    public async ValueTask<Upstream> EnterWhenAnyAsync(Upstream? avoid, bool isRetry, CancellationToken cancellationToken)
    {
        while (true)
        {
            StartTrials();
            if (await _flow.EnterAsync(avoid, null, isRetry, cancellationToken).ConfigureAwait(false) is { } upstream) return upstream;
            long silentSince = Math.Max(Volatile.Read(ref _lastAnswer), _upstreams.Max(u => u.OpenedAt));
            var silence = _time.GetElapsedTime(silentSince);
            if (silence > StubResolver.UnreachableAfter) throw Unreachable(silence);
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

    /// <summary>Does the resolver answer again? Over TCP too: a firewall that drops UDP may let that through, and then it is used. The other way round in a
    /// pass over TCP.</summary>
    private async Task<bool> TrialAsync(Upstream upstream) =>
        await AskTrialAsync(upstream, _options.OverTcp).ConfigureAwait(false) || await AskTrialAsync(upstream, !_options.OverTcp).ConfigureAwait(false);

    private async Task<bool> AskTrialAsync(Upstream upstream, bool overTcp)
    {
        await _flow.EnterAsync(null, upstream, isRetry: false, _stop.Token).ConfigureAwait(false);
        // Not through ExchangeAsync: its report would meet the circuit half open. The breaker runs this itself.
        long sentAt = _time.GetTimestamp();
        bool? answered = null;
        try
        {
            var reply = await upstream.Transport.ExchangeAsync(TrialQuestion, new DnsQueryFlags(Tcp: overTcp), _timeouts[0], _stop.Token).ConfigureAwait(false);
            answered = reply.Outcome is not (TransportOutcome.Timeout or TransportOutcome.NetworkError);
        }
        finally
        {
            _flow.Leave(upstream, sentAt, _time.GetTimestamp(), Pressure.None, answered, overTcp && answered == true);
        }
        if (answered != true) return false;
        Volatile.Write(ref _lastAnswer, _time.GetTimestamp());
        upstream.UseOther = overTcp != _options.OverTcp;
        return true;
    }

    /// <inheritdoc cref="StubResolver.ProbeAsync"/>
    public Task<ResolverProbe[]> ProbeAsync(CancellationToken cancellationToken) => Task.WhenAll(_upstreams.Select(u => ProbeAsync(u, cancellationToken)));

    private async Task<ResolverProbe> ProbeAsync(Upstream upstream, CancellationToken cancellationToken)
    {
        Sent sent = default;
        for (int attempt = 1; attempt <= _options.Attempts; attempt++)
        {
            await _flow.EnterAsync(null, upstream, attempt > 1, cancellationToken).ConfigureAwait(false);
            // The last one over the other protocol, in case the usual one is blocked.
            bool tcp = (attempt > 1 && attempt == _options.Attempts) != _options.OverTcp;
            // With DO, so that the AD bit tells whether this resolver validates at all: the root is signed.
            sent = await ExchangeAsync(upstream, TrialQuestion, new DnsQueryFlags(DnssecOk: true, Tcp: tcp), attempt, cancellationToken).ConfigureAwait(false);
            if (sent.IsSilence) continue;
            upstream.UseOther = tcp != _options.OverTcp;
            break;
        }
        var answer = ReplyInterpreter.Interpret(TrialQuestion, sent.Reply);
        return new ResolverProbe(upstream.Name, !sent.IsSilence, answer.Status, sent.Milliseconds, sent.Reply.ErrorText) { Validates = answer is { Status: DnsStatus.Ok, AuthenticData: true } };
    }

    /// <inheritdoc cref="StubResolver.DisposeAsync"/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        // First: its timer asks the transports for their drops.
        _flow.Dispose();
        _statistics.Unwatch();
        foreach (var upstream in _upstreams) await upstream.Transport.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void StartTrials()
    {
        foreach (var upstream in _upstreams)
            if (upstream.IsOpen || upstream.UseOther) upstream.StartTrials(_trial, _usualTrial);
    }

    private TimeSpan TimeoutOf(int attempt)
    {
        double seconds = _options.TimeoutSeconds * (1L << (attempt - 1));
        return seconds < StubResolver.MaxTimeout.TotalSeconds ? TimeSpan.FromSeconds(seconds) : StubResolver.MaxTimeout;
    }
}

/// <summary>One query and what became of it.</summary>
/// <param name="EndedAt">A timestamp of the run's clock.</param>
internal readonly record struct Sent(DnsReply Reply, double Milliseconds, long EndedAt)
{
    /// <summary>Nothing came back.</summary>
    public bool IsSilence => Reply.Outcome is TransportOutcome.Timeout or TransportOutcome.NetworkError;
}
