using System.Text.RegularExpressions;
using Scanner.Checks.Names;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Names;

public partial class PublicSuffixListTests
{
    private const string Small = """
        // VERSION: 2026-01-02
        // COMMIT: 0123abc
        com
        uk   a remark after the rule
        co.uk
        *.ck
        !www.ck
        jp
        *.kobe.jp
        !city.kobe.jp
        公司.cn
        // ===BEGIN PRIVATE DOMAINS===
        github.io
        *.compute.example.com
        """;

    private static readonly PublicSuffixList List = Parse(Small);

    [Theory]
    [InlineData("com", "com", null)]
    [InlineData("example.com", "com", "example.com")]
    [InlineData("b.example.com", "com", "example.com")]
    [InlineData("uk", "uk", null)]
    [InlineData("co.uk", "co.uk", null)]
    [InlineData("example.co.uk", "co.uk", "example.co.uk")]
    [InlineData("a.b.example.co.uk", "co.uk", "example.co.uk")]
    [InlineData("example.uk", "uk", "example.uk")]
    // The wildcard, its exception, and the name above it, which no rule mentions but the default.
    [InlineData("ck", "ck", null)]
    [InlineData("foo.ck", "foo.ck", null)]
    [InlineData("a.foo.ck", "foo.ck", "a.foo.ck")]
    [InlineData("b.a.foo.ck", "foo.ck", "a.foo.ck")]
    [InlineData("www.ck", "ck", "www.ck")]
    [InlineData("a.www.ck", "ck", "www.ck")]
    [InlineData("kobe.jp", "jp", "kobe.jp")]
    [InlineData("c.kobe.jp", "c.kobe.jp", null)]
    [InlineData("b.c.kobe.jp", "c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("city.kobe.jp", "kobe.jp", "city.kobe.jp")]
    [InlineData("x.compute.example.com", "x.compute.example.com", null)]
    [InlineData("compute.example.com", "com", "example.com")]
    // A TLD that no rule mentions: the default rule *.
    [InlineData("local", "local", null)]
    [InlineData("a.local", "local", "a.local")]
    [InlineData("b.a.local", "local", "a.local")]
    [InlineData("io", "io", null)]
    [InlineData("example.io", "io", "example.io")]
    [InlineData("github.io", "github.io", null)]
    // A rule with U-labels is compared as A-labels.
    [InlineData("xn--55qx5d.cn", "xn--55qx5d.cn", null)]
    [InlineData("www.a.xn--55qx5d.cn", "xn--55qx5d.cn", "a.xn--55qx5d.cn")]
    [InlineData(".com", null, null)]
    [InlineData("a..com", null, null)]
    [InlineData("com.", null, null)]
    [InlineData("", null, null)]
    public void Rules(string name, string? suffix, string? organizational)
    {
        Assert.Equal(suffix, List.PublicSuffix(name));
        Assert.Equal(organizational, List.OrganizationalDomain(name));
    }

    [Theory]
    [InlineData("com", true)]
    [InlineData("co.uk", true)]
    [InlineData("foo.ck", true)]
    [InlineData("ck", true)]
    [InlineData("io", true)] // a rule ends in it
    [InlineData("github.io", true)]
    [InlineData("local", false)] // only the default rule
    [InlineData("www.ck", false)]
    [InlineData("kobe.jp", false)]
    [InlineData("example.com", false)]
    public void OnTheList(string name, bool listed) => Assert.Equal(listed, List.IsPublicSuffix(name));

    [Theory]
    [InlineData("// VERSION: 2026-01-02_03-04-05_UTC\n// COMMIT: abc\ncom\n", "2026-01-02_03-04-05_UTC")]
    [InlineData("// COMMIT: abc\ncom\n", "abc")]
    [InlineData("com\nnet\n", "without version, 2 rules")]
    public void Version(string text, string version) => Assert.Equal(version, Parse(text).Version);

    [Theory]
    [InlineData("com\n<html>\n", "Line 2")]
    [InlineData("com\n\nfoo..bar\n", "Line 3")]
    [InlineData("a.*.com\n", "Line 1")] // never used on the list
    [InlineData("// nothing but comments\n", "not one rule")]
    [InlineData("", "not one rule")]
    public void NotAList(string text, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void TheEmbeddedListIsWholeAndSaysItsVersion()
    {
        var list = PublicSuffixList.Embedded;
        Assert.InRange(list.RuleCount, 10_000, 50_000);
        Assert.Matches(@"^20\d\d-\d\d-\d\d", list.Version);
        Assert.Equal("example.co.uk", list.OrganizationalDomain("www.example.co.uk"));
        Assert.Equal("city.kawasaki.jp", list.OrganizationalDomain("www.city.kawasaki.jp"));
        Assert.Equal("someone.github.io", list.OrganizationalDomain("a.someone.github.io"));
        Assert.True(list.IsPublicSuffix("xn--p1ai"));
    }

    [Fact]
    public void TheListsOwnTestsAgainstItsOwnFile()
    {
        string file = Need("psl/public_suffix_list.dat");
        using var reader = new StreamReader(file);
        var list = PublicSuffixList.Parse(reader);
        // Fewer would mean that lines of the test files are no longer understood.
        Assert.InRange(RunVectors(list), 140, 1000);
    }

    [Fact]
    public void TheListsOwnTestsAgainstTheEmbeddedFile() => Assert.InRange(RunVectors(PublicSuffixList.Embedded), 140, 1000);

    private static int RunVectors(PublicSuffixList list)
    {
        var cases = File.ReadLines(Need("psl/test_psl.txt"))
            .Select(line => Call().Match(line)).Where(m => m.Success).Select(m => (Name: m.Groups[1].Value, Expected: m.Groups[2].Value))
            .Concat(File.ReadLines(Need("psl/tests.txt"))
                .Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal))
                .Select(line => line.Split(' ')).Select(words => (Name: words[0], Expected: words[1])))
            .Where(c => c.Name != "null")
            .ToList();
        foreach (var (name, expected) in cases)
        {
            var clean = NameNormaliser.Clean(name);
            string? found = clean.Form == NameForm.Name ? list.OrganizationalDomain(clean.Name) : null;
            string? wanted = expected == "null" ? null : NameNormaliser.Clean(expected).Name;
            Assert.True(wanted == found, $"{name}: {found ?? "null"} instead of {wanted ?? "null"}");
        }
        return cases.Count;
    }

    private static string Need(string path)
    {
        if (SharedVectors.Find(path) is { } found) return found;
        Assert.Skip(SharedVectors.Missing(path));
        return "";
    }

    private static PublicSuffixList Parse(string text)
    {
        using var reader = new StringReader(text);
        return PublicSuffixList.Parse(reader);
    }

    [GeneratedRegex(@"^checkPublicSuffix\('?([^',]+)'?, '?([^',)]+)'?\);")]
    private static partial Regex Call();
}
