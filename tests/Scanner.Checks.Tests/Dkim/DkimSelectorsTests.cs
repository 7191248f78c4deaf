using Scanner.Checks.Dkim;

namespace Scanner.Checks.Tests.Dkim;

public class DkimSelectorsTests
{
    private const string Table = "# a remark\n\nversion 3\nprovider p P1 s2\nprovider q q1\ntier A s1 s2\ntier B s3\ntier C s4 s5\ntier C s6\n";

    [Theory]
    [InlineData(null, DkimTier.A, "s1 s2")]
    [InlineData("nobody", DkimTier.B, "s1 s2 s3")]
    [InlineData("p", DkimTier.A, "p1 s2 s1")] // its own first, each once, in lower case (RFC 4343)
    [InlineData("q", DkimTier.C, "q1 s1 s2 s3 s4 s5 s6")]
    public void For(string? provider, DkimTier tier, string expected) =>
        Assert.Equal(expected, string.Join(' ', DkimSelectors.Parse(new StringReader(Table)).For(provider, tier)));

    [Fact]
    public void TheMostQuestionsOfAName()
    {
        var table = DkimSelectors.Parse(new StringReader(Table));
        Assert.Equal("3", table.Version);
        Assert.Equal((3, 4, 7), (table.MaxCount(DkimTier.A), table.MaxCount(DkimTier.B), table.MaxCount(DkimTier.C)));
    }

    [Theory]
    [InlineData("version 1\ntier D x", "line 2")]
    [InlineData("version 1\ntier A", "line 2")]
    [InlineData("version 1\nprovider p", "line 2")]
    [InlineData("version 1\n\nprovider p x\nprovider p y", "line 4")]
    [InlineData("tier A x", "version")]
    public void BadTables(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FormatException>(() => DkimSelectors.Parse(new StringReader(text))).Message, StringComparison.Ordinal);

    // classification.md 8.2: the tiers proposed there, and the providers' own selectors first.
    [Fact]
    public void TheTableOfTheStudy()
    {
        var table = DkimSelectors.Embedded;
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}", table.Version);
        Assert.Equal("google selector1 selector2 default k1 s1 s2 dkim", string.Join(' ', table.For(null, DkimTier.A)));
        Assert.Equal(25, table.For(null, DkimTier.B).Count);
        Assert.Equal(["fm1", "fm2", "fm3"], table.For("fastmail", DkimTier.A).Take(3));
        Assert.Equal(["selector1", "selector2"], table.For("microsoft", DkimTier.A).Take(2));
        Assert.Equal(8, table.For("microsoft", DkimTier.A).Count);
    }
}
