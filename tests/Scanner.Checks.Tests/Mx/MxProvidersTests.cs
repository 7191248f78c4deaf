using Scanner.Checks.Mx;
using Scanner.Checks.Names;

namespace Scanner.Checks.Tests.Mx;

public class MxProvidersTests
{
    [Theory]
    [InlineData("google", "aspmx.l.google.com")]
    [InlineData("google", "smtp.google.com")]
    [InlineData("microsoft", "example-com.mail.protection.outlook.com")]
    [InlineData("microsoft", "example-com.a-v1.mx.microsoft")]
    [InlineData("proofpoint", "mxa-0012.gslb.pphosted.com")]
    [InlineData("mimecast", "eu-smtp-inbound-1.mimecast.com")]
    [InlineData("zoho", "mx2.zoho.eu")]
    [InlineData("yandex", "mx.yandex.net")]
    [InlineData("self_hosted", "mail.example.com")]
    [InlineData("self_hosted", "example.com")]
    [InlineData("other", "mx.example.net")]
    [InlineData("other", "notgoogle.com")] // a suffix ends at a label
    [InlineData("other", "outlook.com.example.net")]
    public void OfTheFirstUsableHost(string expected, string host) => Assert.Equal(expected, Of(host));

    [Fact]
    public void UnusableHostsSayNothing()
    {
        Assert.Null(Of("."));
        Assert.Null(Of("localhost"));
        Assert.Equal("google", Of("localhost", "smtp.google.com"));
        Assert.Equal("zoho", Of("mx.zoho.com", "smtp.google.com"));
    }

    [Fact]
    public void TheTableIsWellFormed()
    {
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}", MxProviders.Embedded.Version);
        Assert.All(MxProviders.Embedded.Names, name => Assert.Matches("^[a-z0-9_]+$", name));
        Assert.DoesNotContain(MxProviders.SelfHosted, MxProviders.Embedded.Names);
        Assert.DoesNotContain(MxProviders.Other, MxProviders.Embedded.Names);
    }

    [Fact]
    public void ATable()
    {
        var table = MxProviders.Parse(new StringReader("# a remark\n\nversion 7\nmx.example b\nexample a\n#x y\n"));
        Assert.Equal("7", table.Version);
        Assert.Equal(["a", "b"], table.Names);
        Assert.Equal("b", table.OfHost("1.mx.example"));
        Assert.Equal("a", table.OfHost(".example"));
        Assert.Null(table.OfHost("version"));
        Assert.Null(table.OfHost("com"));
    }

    // A public suffix has no organization above it: it hosts itself only at its own name.
    [Theory]
    [InlineData("com", null, "com", MxProviders.SelfHosted)]
    [InlineData("com", null, "mx.example.net", MxProviders.Other)]
    [InlineData("sub.example.com", "example.com", "mail.example.com", MxProviders.SelfHosted)]
    [InlineData("sub.example.com", "example.com", "example.com", MxProviders.SelfHosted)]
    public void OfASuffixAndBelowAnOrganization(string domain, string? organization, string host, string expected) => Assert.Equal(
        expected, MxProviders.Embedded.Of(domain, organization, [new MxTarget(0, host, MxTargetKind.Hostname)], PublicSuffixList.Embedded));

    [Theory]
    [InlineData("version 1\na.example b c", "line 2")]
    [InlineData("version 1\na.example b\na.example c", "twice")]
    [InlineData("a.example b", "version")]
    public void BadTables(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FormatException>(() => MxProviders.Parse(new StringReader(text))).Message, StringComparison.Ordinal);

    private static string? Of(params string[] hosts) => MxProviders.Embedded.Of(
        "example.com", "example.com", [.. hosts.Select((h, i) => new MxTarget(i, h, MxTargets.KindOf(h)))], PublicSuffixList.Embedded);
}
