using System.Net;
using Scanner.Dns.Resolve;

namespace Scanner.Dns.Tests.Resolve;

public sealed class ResolverEndpointTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1:53")]
    [InlineData(" 192.0.2.1:5353 ", "192.0.2.1:5353")]
    [InlineData("2001:db8::1", "[2001:db8::1]:53")]
    [InlineData("::1", "[::1]:53")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]:53")]
    [InlineData("[2001:db8::1]:65535", "[2001:db8::1]:65535")]
    public async Task Addresses(string text, string expected)
    {
        Assert.Equal(expected, (await ResolverEndpoint.ParseAsync(text, default)).ToString());
        Assert.True(ResolverEndpoint.TryParse(text, out var endpoint));
        Assert.Equal(expected, endpoint.ToString());
    }

    [Fact]
    public async Task Host_name_is_asked_of_the_system()
    {
        var endpoint = await ResolverEndpoint.ParseAsync("localhost:5300", default);
        Assert.True(IPAddress.IsLoopback(endpoint.Address));
        Assert.Equal(5300, endpoint.Port);
        Assert.False(ResolverEndpoint.TryParse("localhost:5300", out _));
    }

    [Theory]
    [InlineData("", "the host is missing")]
    [InlineData(":53", "the host is missing")]
    [InlineData("192.0.2.1:", "the port must be")]
    [InlineData("192.0.2.1:0", "the port must be")]
    [InlineData("192.0.2.1:65536", "the port must be")]
    [InlineData("192.0.2.1:+53", "the port must be")]
    [InlineData("192.0.2", "not an IPv4 address")]
    [InlineData("192.0.2.256", "not an IPv4 address")]
    [InlineData("12345", "not an IPv4 address")]
    [InlineData("2001:db8::g", "not an IPv6 address")]
    [InlineData("[2001:db8::1", "'[' without ']'")]
    [InlineData("[2001:db8::1]53", "only ':PORT'")]
    [InlineData("[192.0.2.1]:53", "not an IPv6 address")]
    [InlineData("https://192.0.2.1/dns-query", "write HOST")]
    [InlineData("resolver/path", "write HOST")]
    [InlineData("192.0.2.1,192.0.2.2", "write HOST")]
    [InlineData("0.0.0.0", "unspecified")]
    [InlineData("[::]:53", "unspecified")]
    [InlineData("224.0.0.251", "multicast")]
    [InlineData("255.255.255.255", "multicast or broadcast")]
    [InlineData("fec0:0:0:ffff::1", "site-local")]
    public async Task What_is_wrong_is_said(string text, string why)
    {
        var thrown = await Assert.ThrowsAsync<FormatException>(() => ResolverEndpoint.ParseAsync(text, default));
        Assert.Contains($"'{text}'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(why, thrown.Message, StringComparison.Ordinal);
        Assert.False(ResolverEndpoint.TryParse(text, out _));
    }

    [Fact]
    public void Unusable_and_repeated_ones_are_left_out()
    {
        IPEndPoint[] configured = [.. ((string[])["0.0.0.0", "192.0.2.1", "fec0:0:0:ffff::1", "192.0.2.1", "::1", "::"]).Select(a => new IPEndPoint(IPAddress.Parse(a), 53))];
        Assert.Equal(["192.0.2.1:53", "[::1]:53"], ResolverEndpoint.Usable(configured).Select(e => e.ToString()));
    }

    [Fact]
    public void System_resolvers_can_be_asked_for_anywhere() => Assert.All(ResolverEndpoint.SystemResolvers(), e => Assert.InRange(e.Port, 1, 65535));
}
