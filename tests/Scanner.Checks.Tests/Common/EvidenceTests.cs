using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Scanner.Checks.Tests.Common;

/// <summary>interface.md section 3: what is valid UTF-8 stays, any other octet is \DDD, a backslash is two.</summary>
public class EvidenceTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("v=spf1 -all\t\u0000\u007F", "v=spf1 -all\t\u0000\u007F")]
    [InlineData("a\\b", @"a\\b")]
    [InlineData(@"\\", @"\\\\")]
    [InlineData("\u00FF", @"\255")]
    [InlineData("a\u0080b\u00C3", @"a\128b\195")]
    [InlineData("\u00C3\u00A9x", "\u00E9x")] // é in UTF-8, one char per octet
    [InlineData("x\u00F0\u009F\u0098\u0080", "x\U0001F600")]
    [InlineData("\u00ED\u00A0\u0080", @"\237\160\128")] // a lone surrogate is no UTF-8 (RFC 3629 §3)
    [InlineData("\u00C0\u00AF", @"\192\175")] // nor is an overlong form
    public void Escaped(string octets, string expected)
    {
        Assert.Equal(expected, Evidence.Escape(octets));
        Assert.Equal(expected, Evidence.Escape(Encoding.Latin1.GetBytes(octets)));
        Assert.Equal(octets, Encoding.Latin1.GetString(Evidence.Unescape(expected)));
    }

    // Nobody writes these, but a file may hold them.
    [Theory]
    [InlineData("\\", "\\")]
    [InlineData(@"\25", @"\25")]
    [InlineData(@"\256", @"\256")]
    [InlineData(@"\2x5", @"\2x5")]
    [InlineData(@"\000", "\0")]
    [InlineData(@"a\007b", "a\u0007b")]
    [InlineData(@"\\255", @"\255")]
    public void Unescaped(string text, string octets) => Assert.Equal(octets, Encoding.Latin1.GetString(Evidence.Unescape(text)));

    [Fact]
    public void EveryOctetComesBack() => Prop.ForAll<byte[]>(octets => Evidence.Unescape(Evidence.Escape(octets)).SequenceEqual(octets))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
