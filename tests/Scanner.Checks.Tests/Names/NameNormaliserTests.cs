using FsCheck;
using FsCheck.Fluent;
using Scanner.Checks.Names;

namespace Scanner.Checks.Tests.Names;

public class NameNormaliserTests
{
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("EXAMPLE.com", "example.com")]
    [InlineData("  example.com\t\r\n", "example.com")]
    [InlineData("\uFEFFexample.com", "example.com")]
    [InlineData("\u00A0example.com", "example.com")]
    [InlineData("example.com.", "example.com")]
    [InlineData("http://example.com", "example.com")]
    [InlineData("HTTPS://Example.com:8443/a/b?c=d#e", "example.com")]
    [InlineData("//example.com/x", "example.com")]
    [InlineData("https://user:secret@example.com/", "example.com")]
    [InlineData("example.com:25", "example.com")]
    [InlineData("example.com.:25", "example.com")]
    [InlineData("example.com/path//x", "example.com")]
    [InlineData("example.com?q", "example.com")]
    [InlineData("_dmarc.example.com", "_dmarc.example.com")]
    [InlineData("com", "com")]
    [InlineData("1.2.3", "1.2.3")]
    [InlineData("-odd-.example.com", "-odd-.example.com")]
    // UTS-46, non-transitional: the sharp s and the final sigma stay themselves.
    [InlineData("faß.de", "xn--fa-hia.de")]
    [InlineData("MÜNCHEN.de", "xn--mnchen-3ya.de")]
    [InlineData("mu\u0308nchen.de", "xn--mnchen-3ya.de")]
    [InlineData("_dmarc.münchen.de", "_dmarc.xn--mnchen-3ya.de")]
    [InlineData("ς.gr", "xn--3xa.gr")]
    [InlineData("食狮。中国", "xn--85x722f.xn--fiqs8s")]
    [InlineData("食狮.中国。", "xn--85x722f.xn--fiqs8s")]
    [InlineData("ｅｘａｍｐｌｅ．com", "example.com")]
    [InlineData("☕.us", "xn--53h.us")]
    // Already encoded: as it is, also where it does not decode. DNS does not care.
    [InlineData("xn--mnchen-3ya.de", "xn--mnchen-3ya.de")]
    [InlineData("XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de")]
    [InlineData("xn--a.de", "xn--a.de")]
    [InlineData("xn--a.münchen.de", "xn--a.xn--mnchen-3ya.de")]
    public void Name(string text, string name) => Assert.Equal(new NormalisedName(NameForm.Name, name, null), NameNormaliser.Clean(text));

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("http://192.0.2.1:8080/", "192.0.2.1")]
    [InlineData("192.0.2.1.", "192.0.2.1")]
    [InlineData("192.0.2.999", "192.0.2.999")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("http://[2001:db8::1]:80/x", "2001:db8::1")]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.1")]
    public void IpLiteral(string text, string name) => Assert.Equal(new NormalisedName(NameForm.IpLiteral, name, null), NameNormaliser.Clean(text));

    [Theory]
    [InlineData("a..example.com", "empty label")]
    [InlineData(".example.com", "empty label")]
    [InlineData("example.com..", "empty label")]
    [InlineData("a1234567890123456789012345678901234567890123456789012345678901234.com", "longer than 63")]
    [InlineData("ü123456789012345678901234567890123456789012345678901234567890.com", "no form in ASCII")] // 61 characters, 67 octets as A-label
    [InlineData("xn--ü.com", "no form in ASCII")]
    [InlineData("\u0301a.com", "no form in ASCII")] // begins with a combining mark
    [InlineData("a\u200Db.com", "no form in ASCII")] // a joiner where none may stand
    public void Invalid(string text, string why)
    {
        var name = NameNormaliser.Clean(text);
        Assert.Equal(NameForm.Invalid, name.Form);
        Assert.Contains(why, name.Reason, StringComparison.Ordinal);
        Assert.NotEqual("", name.Name);
    }

    [Fact]
    public void LengthLimits()
    {
        string longest = string.Join('.', Enumerable.Repeat(new string('a', 62), 4)) + ".c";
        Assert.Equal(NameForm.Name, NameNormaliser.Clean(longest).Form);
        Assert.Equal(NameForm.Invalid, NameNormaliser.Clean(longest + "o").Form);
        Assert.Equal(NameForm.Name, NameNormaliser.Clean($"{new string('a', 63)}.com").Form);
    }

    [Theory]
    [InlineData("", "no name")]
    [InlineData("   ", "no name")]
    [InlineData(".", "no name")]
    [InlineData("https://", "no name")]
    [InlineData("total nonsense", "blank")]
    [InlineData("exa\tmple.com", "blank")]
    [InlineData("user@example.com", "@")]
    [InlineData("<b>example.com</b>", "<")]
    [InlineData("example,com", ",")]
    [InlineData("example.com;", ";")]
    [InlineData("\"example.com", "\"")]
    [InlineData("exa\\mple.com", "\\")]
    [InlineData("*.example.com", "*")]
    [InlineData("a:b:80", ":")]
    [InlineData("example.com\u0000", "U+0000")]
    [InlineData("exa\u001Bmple.com", "U+001B")]
    [InlineData("exa\uFFFDmple.com", "U+FFFD")]
    [InlineData("exa\u2028mple.com", "blank")]
    [InlineData("\u2105.com", "/")] // the care-of sign maps to "c/o"
    public void NotAName(string text, string why)
    {
        var name = NameNormaliser.Clean(text);
        Assert.Equal(NameForm.NotAName, name.Form);
        Assert.Contains(why, name.Reason, StringComparison.Ordinal);
        Assert.Null(NameNormaliser.Normalise(text, 1, PublicSuffixList.Embedded, out string? reason));
        Assert.Equal(name.Reason, reason);
    }

    // classification.md 2.1 point 5.
    [Theory]
    [InlineData("example.com", InputClass.Registrable, "example.com", "com")]
    [InlineData("www.example.com", InputClass.Subdomain, "example.com", "com")]
    [InlineData("a.b.example.co.uk", InputClass.Subdomain, "example.co.uk", "uk")]
    [InlineData("co.uk", InputClass.PublicSuffix, null, "uk")]
    [InlineData("github.io", InputClass.PublicSuffix, null, "io")]
    [InlineData("blogspot.com", InputClass.PublicSuffix, null, "com")]
    [InlineData("someone.github.io", InputClass.Registrable, "someone.github.io", "io")]
    [InlineData("foo.ck", InputClass.PublicSuffix, null, "ck")]
    [InlineData("www.ck", InputClass.Registrable, "www.ck", "ck")]
    [InlineData("com", InputClass.Tld, null, "com")]
    [InlineData("ck", InputClass.Tld, null, "ck")]
    [InlineData("рф", InputClass.Tld, null, "xn--p1ai")]
    [InlineData("localhost", InputClass.SingleLabel, null, "localhost")]
    [InlineData("printer.lan", InputClass.Registrable, "printer.lan", "lan")]
    [InlineData("192.0.2.1", InputClass.IpLiteral, null, "")]
    [InlineData("a..com", InputClass.InvalidName, null, "com")]
    public void Class(string text, InputClass expected, string? organizational, string tld)
    {
        var name = NameNormaliser.Normalise(text, 7, PublicSuffixList.Embedded, out _);

        Assert.NotNull(name);
        Assert.Equal(expected, name.Class);
        Assert.Equal(organizational, name.OrganizationalDomain);
        Assert.Equal(tld, name.Tld);
        Assert.Equal(7, name.Rank);
        Assert.Equal(text, name.Input);
        Assert.Equal(expected is not (InputClass.IpLiteral or InputClass.InvalidName), name.IsQueryable);
    }

    [Fact]
    public void NeverThrowsAndIsStable() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            var once = NameNormaliser.Clean(text ?? "");
            if (once.Form != NameForm.Name) return true;
            return NameNormaliser.IsPlainName(once.Name) && NameNormaliser.Clean(once.Name) == once;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
