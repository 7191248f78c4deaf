using System.Net;
using System.Net.Sockets;
using Scanner.Checks.MtaSts;
using Scanner.Dns;
using Scanner.TestSupport;
using static Scanner.Checks.Tests.MtaSts.TestCertificates;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>The first rungs of a policy fetch: the name of the policy host, its addresses, the connection (classification.md 6.2, F1 to F3).</summary>
public sealed class PolicyHostTests : PolicyFetchTest
{
    [Fact]
    public async Task F1_Record_without_host() => await ExpectDns(new FakeResolver(), MtaStsError.HostNxdomain, transient: false);

    [Fact]
    public async Task F2_Cname_to_nothing()
    {
        var fetch = await ExpectDns(new FakeResolver().Cname(Host, "gone.provider.example"), MtaStsError.HostDanglingCname, transient: false);
        Assert.Equal("gone.provider.example", fetch.HostCname);
    }

    [Fact]
    public async Task Host_without_address() => await ExpectDns(new FakeResolver().Txt(Host, "x"), MtaStsError.HostNodata, transient: false);

    [Theory]
    [InlineData(DnsStatus.Timeout, DnsStatus.Timeout)]
    [InlineData(DnsStatus.Nodata, DnsStatus.Servfail)]
    [InlineData(DnsStatus.Bogus, DnsStatus.Nodata)]
    public async Task Unknown_addresses_are_not_none(DnsStatus a, DnsStatus aaaa) =>
        await ExpectDns(new FakeResolver().Fail(Host, DnsRecordType.A, a).Fail(Host, DnsRecordType.Aaaa, aaaa), MtaStsError.HostDnsUnknown, transient: true);

    [Fact]
    public async Task Nxdomain_speaks_for_both_families() =>
        await ExpectDns(new FakeResolver().Fail(Host, DnsRecordType.Aaaa, DnsStatus.Timeout), MtaStsError.HostNxdomain, transient: false);

    [Fact]
    public async Task A_name_too_long_for_DNS_has_no_host() =>
        await ExpectDns(new FakeResolver(), MtaStsError.HostNxdomain, transient: false, name: string.Join('.', Enumerable.Repeat("abcdefg", 31)));

    [Fact]
    public async Task A_resolver_that_never_answers_ends_at_the_deadline()
    {
        var fetching = new HttpsPolicyFetcher(new SilentResolver(), Options(443), Time).FetchAsync("example.com", CancellationToken.None).AsTask();
        Time.Advance(TimeSpan.FromSeconds(15));
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((MtaStsStage.Dns, MtaStsError.HostDnsUnknown, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
        Assert.Equal(15_000, fetch.Milliseconds);
    }

    [Theory]
    [InlineData("127.0.0.1", SpecialAddressUse.None)]
    [InlineData("::ffff:127.0.0.1", SpecialAddressUse.None)]
    [InlineData("0.0.0.0", SpecialAddressUse.LoopbackOnly)]
    [InlineData("10.0.0.1", SpecialAddressUse.LoopbackOnly)]
    [InlineData("169.254.169.254", SpecialAddressUse.LoopbackOnly)]
    [InlineData("64:ff9b::7f00:1", SpecialAddressUse.LoopbackOnly)]
    public async Task Special_addresses_are_refused_before_connecting(string address, SpecialAddressUse allowed)
    {
        await using var server = Serving(Policy);
        var fetch = await FetchAsync(server, new FakeResolver().A(Host, address), allowed);
        Assert.Equal((MtaStsStage.Dns, MtaStsError.HostReservedAddr, 0), (fetch.FailedStage, fetch.Error, server.Accepted));
    }

    [Fact]
    public async Task Of_mixed_answers_only_the_permitted_are_tried()
    {
        // 0.0.0.0 would reach the server too, and with it the fetch would succeed.
        await using var server = Serving(Policy);
        int free = FreePort();
        var fetch = await FetchAsync(free, new FakeResolver().A(Host, "0.0.0.0").A(Host, "127.0.0.1"), SpecialAddressUse.LoopbackOnly);
        Assert.Equal(MtaStsError.ConnRefused, fetch.Error);
        fetch = await FetchAsync(server, new FakeResolver().A(Host, "0.0.0.0").A(Host, "127.0.0.1"));
        Assert.Equal((null, 1), (fetch.Error, server.Accepted));
    }

    [Fact]
    public async Task F3_Refused()
    {
        var fetch = await FetchAsync(FreePort(), Resolver());
        Assert.Equal((MtaStsStage.Tcp, MtaStsError.ConnRefused, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
    }

    [Fact]
    public async Task A_second_address_is_tried()
    {
        await using var server = Serving(Policy);
        var fetch = await FetchAsync(server, new FakeResolver().A(Host, "127.0.0.77").A(Host, "127.0.0.1"));
        Assert.Null(fetch.Error);
    }

    [Fact]
    public async Task Over_IPv6()
    {
        if (!Socket.OSSupportsIPv6) Assert.Skip("this machine has no IPv6");
        await using var server = LoopbackServer.Https(Good, [Intermediate],
            async (_, stream) => await stream.WriteAsync(Response("200 OK", "text/plain", Policy)), IPAddress.IPv6Loopback);
        Assert.Null((await FetchAsync(server, new FakeResolver().A(Host, "::1"))).Error);
    }

    [Fact]
    public async Task Unreachable()
    {
        // The broadcast address of loopback: no system lets a TCP connection out to it.
        var fetch = await FetchAsync(FreePort(), new FakeResolver().A(Host, "127.255.255.255"));
        Assert.Equal((MtaStsStage.Tcp, MtaStsError.Unreachable), (fetch.FailedStage, fetch.Error));
    }

    [Fact]
    public async Task Connect_that_never_completes()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs a system that drops connections when the backlog is full");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(listener.LocalEndPoint!);
        var fetching = FetchAsync(((IPEndPoint)listener.LocalEndPoint!).Port, Resolver()).AsTask();
        // The fetch is at the connect now: the fake resolver answers at once, and the backlog holds one.
        Time.Advance(TimeSpan.FromSeconds(15));
        var fetch = await fetching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((MtaStsStage.Tcp, MtaStsError.ConnTimeout, true), (fetch.FailedStage, fetch.Error, fetch.Transient));
    }

    [Fact]
    public async Task A_silent_first_address_leaves_time_for_the_second()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs a system that drops connections when the backlog is full");
        await using var server = Serving(Policy);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.78"), server.Port));
        listener.Listen(0);
        using var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(listener.LocalEndPoint!);
        var fetching = FetchAsync(server, new FakeResolver().A(Host, "127.0.0.78").A(Host, "127.0.0.1")).AsTask();
        // Half of the deadline is the first one's share.
        Time.Advance(TimeSpan.FromSeconds(7.5));
        Assert.Null((await fetching).Error);
    }
}
