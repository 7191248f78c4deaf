using Scanner.Checks.Dmarc;
using Scanner.Dns;

namespace Scanner.Checks.Tests.Dmarc;

public class DmarcLookupTests
{
    private sealed class WaitingResolver : IResolver
    {
        public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return DnsAnswer.Without(question, DnsStatus.Timeout);
        }
    }

    [Fact]
    public void Longest_name_that_can_be_asked()
    {
        string name = string.Join('.', Enumerable.Repeat(new string('x', 59), 4)) + ".abcdef";
        Assert.Equal(246, name.Length);
        Assert.Equal(new DnsQuestion($"_dmarc.{name}", DnsRecordType.Txt), DmarcLookup.Question(name));
        Assert.Null(DmarcLookup.Question("y" + name));
    }

    [Fact]
    public async Task Cancelling_ends_the_walk()
    {
        using var cancel = new CancellationTokenSource();
        var running = DmarcLookup.RunAsync(
            "example.com", Presence.Present, DmarcZone.Answer(), null, "example.com", new WaitingResolver(), cancel.Token).AsTask();
        Assert.False(running.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
