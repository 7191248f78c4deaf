using Scanner.Checks.Spf;

namespace Scanner.Checks.Tests.Spf;

public sealed class SpfMacroStringTests
{
    // RFC 7208 §7.4: sender strong-bad@email.example.com, client 192.0.2.3.
    private static string? Rfc(char letter) => letter switch
    {
        's' => "strong-bad@email.example.com",
        'o' or 'd' => "email.example.com",
        'l' => "strong-bad",
        'i' => "192.0.2.3",
        'v' => "in-addr",
        _ => null,
    };

    [Theory]
    [InlineData("%{s}", "strong-bad@email.example.com")]
    [InlineData("%{o}", "email.example.com")]
    [InlineData("%{d}", "email.example.com")]
    [InlineData("%{d4}", "email.example.com")]
    [InlineData("%{d3}", "email.example.com")]
    [InlineData("%{d2}", "example.com")]
    [InlineData("%{d1}", "com")]
    [InlineData("%{dr}", "com.example.email")]
    [InlineData("%{d2r}", "example.email")]
    [InlineData("%{l}", "strong-bad")]
    [InlineData("%{l-}", "strong.bad")]
    [InlineData("%{lr}", "strong-bad")]
    [InlineData("%{lr-}", "bad.strong")]
    [InlineData("%{l1r-}", "strong")]
    [InlineData("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com")]
    [InlineData("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com")]
    [InlineData("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com")]
    [InlineData("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com")]
    [InlineData("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net")]
    [InlineData("%{S}", "strong-bad%40email.example.com")]
    [InlineData("a%%b%_c%-d", "a%b c%20d")]
    public void ExamplesOfRfc7208Section74(string text, string expected) =>
        Assert.Equal(expected, SpfMacroString.Parse(text)!.Expand(Rfc));

    [Fact]
    public void UnknownValueIsNotGuessed() => Assert.Null(SpfMacroString.Parse("%{h}.example.com")!.Expand(Rfc));

    [Theory]
    [InlineData("%{d}", "b.example.net", "current domain, RFC 7208 §7.2")]
    [InlineData("%{o}", "example.com", "the sender's domain stays that of the message")]
    [InlineData("_SPF.%{D}.", "_spf.b.example.net", "lower case, without the trailing dot")]
    [InlineData(@"a\b.example", @"a\\b.example", "presentation form")]
    public void Target(string spec, string name, string why)
    {
        var target = SpfTarget.Of(SpfMacroString.Parse(spec), "b.example.net", "example.com");
        Assert.True(target.Name == name && !target.IsDynamic, $"{target}; {why}");
    }

    [Theory]
    [InlineData("%{d1}", "one label, RFC 7208 §4.3")]
    [InlineData(".example.com", "empty label")]
    [InlineData("a..example.com", "empty label")]
    [InlineData("a123456789b123456789c123456789d123456789e123456789f123456789g123.example.com", "a label of 64")]
    public void TargetThatCannotExist(string spec, string why)
    {
        var target = SpfTarget.Of(SpfMacroString.Parse(spec), "example.com", "example.com");
        Assert.True(target == new SpfTarget(null, false, spec), why);
    }

    [Theory]
    [InlineData("s")]
    [InlineData("l")]
    [InlineData("i")]
    [InlineData("p")]
    [InlineData("v")]
    [InlineData("h")]
    public void ClientAndSenderAreDynamic(string letter) =>
        Assert.True(SpfTarget.Of(SpfMacroString.Parse($"%{{{letter}}}.%{{d}}"), "example.com", "example.com").IsDynamic);

    /// <summary>RFC 7208 §7.3: labels go on the left until 253 characters are left.</summary>
    [Fact]
    public void TooLongExpansionIsCutOnTheLeft()
    {
        string label = new('a', 49);
        string spec = $"x.{label}.{label}.{label}.{label}.{label}.example.com";
        Assert.Equal($"{label}.{label}.{label}.{label}.example.com", SpfTarget.Of(SpfMacroString.Parse(spec), "d.example", "d.example").Name);
        // To the octet: 253 stay whole, of 254 the first label goes.
        string rest = string.Join('.', Enumerable.Repeat(new string('b', 49), 5));
        Assert.Equal($"aaa.{rest}", SpfTarget.Of(SpfMacroString.Parse($"aaa.{rest}"), "d.example", "d.example").Name);
        Assert.Equal(253, $"aaa.{rest}".Length);
        Assert.Equal(rest, SpfTarget.Of(SpfMacroString.Parse($"aaaa.{rest}"), "d.example", "d.example").Name);
        // What is left must still be a name of two labels.
        Assert.Null(SpfTarget.Of(SpfMacroString.Parse($"a.{new string('c', 260)}.com"), "d.example", "d.example").Name);
    }
}
