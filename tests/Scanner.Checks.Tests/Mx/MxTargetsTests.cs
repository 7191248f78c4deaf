using Scanner.Checks.Mx;

namespace Scanner.Checks.Tests.Mx;

public class MxTargetsTests
{
    [Theory]
    [InlineData(".", MxTargetKind.Null)]
    [InlineData("localhost", MxTargetKind.Localhost)]
    [InlineData("mail.localhost", MxTargetKind.Localhost)]
    [InlineData("localhost.localdomain", MxTargetKind.Localhost)]
    [InlineData("notlocalhost", MxTargetKind.SingleLabel)]
    [InlineData("localhost.com", MxTargetKind.Hostname)]
    [InlineData("192.0.2.1", MxTargetKind.IpLiteral)]
    [InlineData("127.0.0.1", MxTargetKind.IpLiteral)]
    [InlineData("300.1.2.3", MxTargetKind.IpLiteral)] // meant as an address, if a wrong one
    [InlineData("[192.0.2.1]", MxTargetKind.IpLiteral)]
    [InlineData("2001:db8::25", MxTargetKind.IpLiteral)]
    [InlineData("1.2.3.4.com", MxTargetKind.Hostname)]
    [InlineData("1.2.3.4.5", MxTargetKind.Hostname)]
    [InlineData("mail", MxTargetKind.SingleLabel)]
    [InlineData(@"mail\.example", MxTargetKind.SingleLabel)] // the dot is inside the label
    [InlineData(@"mail\032server.example.com", MxTargetKind.InvalidHostname)]
    [InlineData(@"10\032mx.example.com", MxTargetKind.InvalidHostname)]
    [InlineData("mail server.example.com", MxTargetKind.InvalidHostname)]
    [InlineData("*.example.com", MxTargetKind.InvalidHostname)]
    [InlineData("admin@example.com", MxTargetKind.InvalidHostname)]
    [InlineData("http://mx.example.com", MxTargetKind.InvalidHostname)]
    [InlineData(@"mx\195\188.example.com", MxTargetKind.InvalidHostname)]
    [InlineData("mxü.example.com", MxTargetKind.InvalidHostname)]
    [InlineData("mx..example.com", MxTargetKind.InvalidHostname)]
    [InlineData("_dc-mx.0a1b2c3d.example.com", MxTargetKind.UnderscoreHostname)]
    [InlineData("mx.company.local", MxTargetKind.ReservedName)]
    [InlineData("mx.invalid", MxTargetKind.ReservedName)]
    [InlineData("_mx.foo.test", MxTargetKind.ReservedName)] // reserved outweighs the underscore
    [InlineData("a.internal", MxTargetKind.ReservedName)]
    [InlineData("abc.onion", MxTargetKind.ReservedName)]
    [InlineData("mx.example", MxTargetKind.ReservedName)]
    [InlineData("a.b.test", MxTargetKind.ReservedName)]
    [InlineData("", MxTargetKind.Null)]
    [InlineData("192.0.2.1]", MxTargetKind.InvalidHostname)]
    [InlineData("[192.0.2.1", MxTargetKind.InvalidHostname)]
    [InlineData("192.0.2", MxTargetKind.Hostname)] // three labels of digits: to DNS a name like any other
    [InlineData("192.0.2.1.5", MxTargetKind.Hostname)]
    [InlineData("192.0.2.x", MxTargetKind.Hostname)]
    [InlineData("192.0.2.1x", MxTargetKind.Hostname)]
    [InlineData("192.0.2.1234", MxTargetKind.Hostname)]
    [InlineData("192..2.1", MxTargetKind.InvalidHostname)]
    [InlineData("a\\.b", MxTargetKind.SingleLabel)]
    [InlineData("mx.example.com", MxTargetKind.Hostname)] // below .com, not below .example
    [InlineData("mx.notlocal", MxTargetKind.Hostname)]
    [InlineData("aspmx.l.google.com", MxTargetKind.Hostname)]
    [InlineData("xn--mx-xka.example.com", MxTargetKind.Hostname)]
    public void Kind(string exchange, MxTargetKind kind) => Assert.Equal(kind, MxTargets.KindOf(exchange));

    [Fact]
    public void TooLongNamesAreInvalid()
    {
        Assert.Equal(MxTargetKind.InvalidHostname, MxTargets.KindOf($"{new string('a', 64)}.com"));
        Assert.Equal(MxTargetKind.Hostname, MxTargets.KindOf($"{new string('a', 63)}.com"));
        string longest = string.Join('.', Enumerable.Repeat(new string('a', 62), 4)) + ".c";
        Assert.Equal(253, longest.Length);
        Assert.Equal(MxTargetKind.Hostname, MxTargets.KindOf(longest));
        Assert.Equal(MxTargetKind.InvalidHostname, MxTargets.KindOf(longest + "o"));
    }

    [Theory]
    [InlineData(MxTargetKind.Hostname, true)]
    [InlineData(MxTargetKind.UnderscoreHostname, true)]
    [InlineData(MxTargetKind.Null, false)]
    [InlineData(MxTargetKind.Localhost, false)]
    [InlineData(MxTargetKind.IpLiteral, false)]
    [InlineData(MxTargetKind.SingleLabel, false)]
    [InlineData(MxTargetKind.InvalidHostname, false)]
    [InlineData(MxTargetKind.ReservedName, false)]
    public void Usable(MxTargetKind kind, bool usable) => Assert.Equal(usable, kind.IsUsable());
}
