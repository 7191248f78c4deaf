using System.Buffers.Binary;
using System.Net;
using Scanner.Checks.Spf;

namespace Scanner.Checks.Tests.Spf;

/// <summary>Addresses to the letter of RFC 7208 §5.6 and RFC 4291 §2.2: what they come to, and the edges of the grammar.</summary>
public sealed class SpfIpNetworksTests
{
    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7::")]
    [InlineData("::2:3:4:5:6:7:8")]
    [InlineData("1:2:3::5:6:7:8")]
    [InlineData("abCD:Ef01::9")]
    [InlineData("1:2:3:4:5:6:1.2.3.4")]
    [InlineData("::1.2.3.4")]
    [InlineData("64:ff9b::192.0.2.255")]
    public void Ip6(string text)
    {
        Assert.True(SpfIpNetworks.TryParseIp6(text, out var address));
        Assert.Equal(BinaryPrimitives.ReadUInt128BigEndian(IPAddress.Parse(text).GetAddressBytes()), address);
    }

    [Theory]
    [InlineData("", "nothing")]
    [InlineData(":", "one colon")]
    [InlineData("1:2:3:4:5:6:7", "seven groups")]
    [InlineData("1:2:3:4:5:6:7:8::", "nothing is left for \"::\"")]
    [InlineData("1:2:3:4:5:6:7:1.2.3.4", "nine groups, the quad is two")]
    [InlineData("1:2:3:4:5:6:1.2.3.4::", "the quad comes last")]
    [InlineData("1.2.3.4::1", "the quad comes last")]
    [InlineData("::1.2.3.400", "no quad")]
    [InlineData("::1.2.3", "no quad")]
    [InlineData("2001:db8::xyz", "no hex digits")]
    [InlineData("2001:db8::12345", "five of them")]
    [InlineData(":1::", "an empty group")]
    [InlineData("::1:", "an empty group")]
    public void NoIp6(string text, string why) => Assert.False(SpfIpNetworks.TryParseIp6(text, out _), why);

    [Theory]
    [InlineData("0.0.0.0", 0u)]
    [InlineData("255.255.255.255", 0xFFFFFFFFu)]
    [InlineData("192.0.2.10", 0xC000020Au)]
    public void Ip4(string text, uint expected)
    {
        Assert.True(SpfIpNetworks.TryParseIp4(text, out uint address));
        Assert.Equal(expected, address);
    }
}
