using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>
/// One name's share of the resolver: when the name's time is up, whatever it still waits for is a timeout, and the checks go on with
/// that as an answer like any other. So a name that behaves badly costs its own row's time and nothing else.
/// </summary>
internal sealed class NameDeadline(IResolver inner, CancellationToken nameToken, CancellationToken runToken) : IResolver
{
    public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        if (!nameToken.IsCancellationRequested)
        {
            try
            {
                return await inner.QueryAsync(question, nameToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!runToken.IsCancellationRequested)
            {
                // The name's own deadline, not the end of the run.
            }
        }
        runToken.ThrowIfCancellationRequested();
        return DnsAnswer.Without(question, DnsStatus.Timeout);
    }
}
