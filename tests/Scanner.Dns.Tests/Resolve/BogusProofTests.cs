using Microsoft.Extensions.Time.Testing;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using static Scanner.Dns.Tests.Resolve.ScriptedTransport;

namespace Scanner.Dns.Tests.Resolve;

/// <summary>SERVFAIL without a reason: a failed validation, or a server with a bad moment (classification.md 2.2)?</summary>
public sealed class BogusProofTests
{
    private static readonly DnsQuestion Question = new("example.com", DnsRecordType.Txt);

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Answered_without_the_check_and_failed_with_it(int attempts)
    {
        var (answer, server) = await AskAsync(a => a.Flags.CheckingDisabled ? Text("example.com") : Rcode(2), attempts);
        Assert.Equal((DnsStatus.Bogus, attempts + 2), (answer.Status, answer.Tries));
        Assert.Equal(Enumerable.Repeat(DnsStatus.Servfail, attempts), answer.FailedTries);
        Assert.Empty(answer.Records);
        Assert.Equal([.. Enumerable.Repeat(false, attempts), true, false], server.Asked.Select(a => a.Flags.CheckingDisabled));
    }

    [Fact]
    public async Task A_name_that_does_not_exist_can_be_bogus_too()
    {
        var (answer, _) = await AskAsync(a => a.Flags.CheckingDisabled ? Rcode(3) : Rcode(2));
        Assert.Equal(DnsStatus.Bogus, answer.Status);
    }

    [Fact]
    public async Task Fails_without_the_check_too()
    {
        var (answer, _) = await AskAsync(_ => Rcode(2));
        Assert.Equal((DnsStatus.Servfail, 4), (answer.Status, answer.Tries));
    }

    [Fact]
    public async Task A_bad_moment_is_no_failed_validation()
    {
        int asked = 0;
        // The server recovers just when it is asked without the check; the last question has its answer.
        var (answer, _) = await AskAsync(_ => ++asked > 3 ? Text("example.com") : Rcode(2));
        Assert.Equal((DnsStatus.Ok, 5), (answer.Status, answer.Tries));
        Assert.Single(answer.Records);
    }

    [Fact]
    public async Task Silence_to_the_question_without_the_check_proves_nothing()
    {
        var (answer, _) = await AskAsync(a => a.Flags.CheckingDisabled ? null : Rcode(2));
        Assert.Equal((DnsStatus.Servfail, 4), (answer.Status, answer.Tries));
    }

    [Theory]
    [InlineData(22)]
    [InlineData(23)]
    public async Task Not_asked_where_the_server_named_the_network_as_its_reason(int code)
    {
        var (answer, server) = await AskAsync(_ => Rcode(2) with { ExtendedErrors = [(ushort)code] });
        Assert.Equal((DnsStatus.Servfail, 3), (answer.Status, answer.Tries));
        Assert.DoesNotContain(server.Asked, a => a.Flags.CheckingDisabled);
    }

    [Fact]
    public async Task Not_asked_where_the_transport_cannot()
    {
        var (answer, server) = await AskAsync(_ => Rcode(2), canDisable: false);
        Assert.Equal((DnsStatus.Servfail, 3), (answer.Status, answer.Tries));
        Assert.DoesNotContain(server.Asked, a => a.Flags.CheckingDisabled);
    }

    private async Task<(DnsAnswer Answer, ScriptedTransport Server)> AskAsync(Func<Asked, DnsReply?> script, int attempts = 3, bool canDisable = true)
    {
        var server = new ScriptedTransport(1, _time, script) { CanDisableChecking = canDisable };
        await using var resolver = new StubResolver(new ResolverOptions { QueriesPerSecond = 0, Attempts = attempts }, [server], _time);
        return (await _time.RunAsync(resolver.QueryAsync(Question, default).AsTask()), server);
    }
}
