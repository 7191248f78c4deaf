using Scanner.Input;

namespace Scanner.Tests.Input;

/// <summary>The survey and the second reading together: what the one counts the other gives.</summary>
public sealed class ListReadingTests : IDisposable
{
    private readonly ListFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void CountsAddUp()
    {
        var (survey, names) = _files.ReadText("""
            # comment

            1,example.com
            2,no name
            3,192.0.2.1
            4,a..b.com
            5,EXAMPLE.com.
            x,example.net
            7,www.example.com
            """);

        Assert.Equal(ListFormat.RankAndName, survey.Format);
        Assert.Equal(9, survey.LinesRead);
        Assert.Equal(2, survey.LinesSkipped);
        Assert.Equal(2, survey.InvalidLines);
        Assert.Equal([4, 8], survey.FirstBadLines.Select(b => b.Line));
        Assert.Equal(1, survey.DuplicateLines);
        Assert.Equal(4, survey.Names);
        Assert.Equal(survey.LinesRead, survey.LinesSkipped + survey.InvalidLines + survey.DuplicateLines + survey.Names);
        Assert.Equal(4, survey.Selected);
        Assert.Equal(2, survey.SelectedUnqueryable);
        Assert.Equal(0, survey.SelectedExcluded);
        Assert.Equal(["1 example.com Registrable", "3 192.0.2.1 IpLiteral", "4 a..b.com InvalidName", "7 www.example.com Subdomain"],
            names.Select(n => $"{n.Rank} {n.Name} {n.Class}"));
    }

    // classification.md 2.1 point 6. A list need not be in the order of its ranks.
    [Theory]
    [InlineData("9,a.com\n2,b.com\n3,A.com\n5,a.com.\n", "2 b.com", "3 A.com")]
    [InlineData("3,a.com\n9,a.com\n", "3 a.com")]
    [InlineData("3,a.com\n3,A.COM\n", "3 a.com")] // of equal ranks the first line
    [InlineData("3,münchen.de\n2,xn--mnchen-3ya.de\n", "2 xn--mnchen-3ya.de")]
    public void OfDuplicatesTheBestRankCounts(string text, params string[] expected)
    {
        var (survey, names) = _files.ReadText(text);

        Assert.Equal(expected, names.Select(n => $"{n.Rank} {n.Input}"));
        Assert.Equal(expected.Length, survey.Names);
    }

    [Fact]
    public void TenBadLinesAreShownAndAllAreCounted()
    {
        var (survey, names) = _files.ReadText(string.Concat(Enumerable.Repeat("no name\n", 50)) + "a.com\n");

        Assert.Equal(50, survey.InvalidLines);
        Assert.Equal(Enumerable.Range(1, 10), survey.FirstBadLines.Select(b => b.Line));
        Assert.Single(names);
    }

    [Theory]
    [InlineData("total nonsense, really\n<html>\n", "Line 1: ")]
    [InlineData("# only a comment\n", "header with a column Domain")]
    [InlineData("GlobalRank,Domain\n", "not one valid name")]
    public void AListWithoutOneNameIsUnusable(string text, string part) =>
        Assert.Contains(part, Assert.Throws<InputException>(() => _files.ReadText(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void TopIsByBestRank()
    {
        string path = _files.Write("list.csv", "5,e.com\n1,a.com\n9,b.com\n3,c.com\n2,b.com\n");

        var (survey, names) = ListFiles.ReadBoth(new ListOptions { Source = path, Top = 3 });

        Assert.Equal(["a.com", "c.com", "b.com"], names.Select(n => n.Name));
        Assert.Equal(4, survey.Names);
        Assert.Equal(3, survey.Selected);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void ShardsAreDisjointAndComplete(int count)
    {
        string path = _files.Write("list.csv", Numbered(2000));
        var all = new List<string>();
        for (int i = 1; i <= count; i++)
        {
            var (survey, names) = ListFiles.ReadBoth(new ListOptions { Source = path, Shard = new Shard(i, count) });
            Assert.Equal(survey.Selected, names.Count);
            // Twice the even share would be chance only for tiny shards.
            if (count < 10) Assert.InRange(names.Count, 2000 / count / 2, 2000);
            all.AddRange(names.Select(n => n.Name));
        }

        Assert.Equal(2000, all.Count);
        Assert.Equal(2000, all.Distinct().Count());
    }

    // These names may never move to another shard: machines with other versions would then scan a name twice, or not at all.
    [Fact]
    public void TheShardOfANameIsTheSameForever()
    {
        string path = _files.Write("list.csv", "example.com\nexample.net\nexample.org\nmünchen.de\n");

        string[] shards = [.. Enumerable.Range(1, 4).Select(i => string.Join(' ',
            ListFiles.ReadBoth(new ListOptions { Source = path, Shard = new Shard(i, 4) }).Names.Select(n => n.Name)))];

        Assert.Equal(["example.net", "xn--mnchen-3ya.de", "example.org", "example.com"], shards);
    }

    [Fact]
    public void ASampleIsExactRepeatableAndDependsOnTheSeed()
    {
        string path = _files.Write("list.csv", Numbered(3000));

        var one = Sample(path, 100, seed: 1);
        var again = Sample(path, 100, seed: 1);
        var other = Sample(path, 100, seed: 2);

        Assert.Equal(100, one.Count);
        Assert.Equal(one, again);
        Assert.Equal(100, other.Count);
        // Two samples of 100 of 3,000 share 3 or so.
        Assert.InRange(one.Intersect(other).Count(), 0, 20);
        Assert.Equal(3000, Sample(path, 5000, seed: 1).Count);
        // A sample is uniform: about a third of it in each third of the list.
        Assert.InRange(Sample(path, 900, seed: 1).Count(name => int.Parse(name[4..^4], System.Globalization.CultureInfo.InvariantCulture) <= 1000), 230, 370);
    }

    [Fact]
    public void ASampleIsTakenFromTheTopAndItsShardsMakeItUp()
    {
        string path = _files.Write("list.csv", Numbered(3000));
        var options = new ListOptions { Source = path, Top = 500, Sample = 50, Seed = 3 };

        var whole = ListFiles.ReadBoth(options).Names;
        var parts = Enumerable.Range(1, 3).SelectMany(i => ListFiles.ReadBoth(options with { Shard = new Shard(i, 3) }).Names);

        Assert.Equal(50, whole.Count);
        Assert.All(whole, n => Assert.InRange(n.Rank, 1, 500));
        Assert.Equal(whole, parts.OrderBy(n => n.Rank));
    }

    [Fact]
    public void ExcludedNamesAndAllBelowThemHaveRowsThatSaySo()
    {
        string path = _files.Write("list.csv", "example.com\nwww.example.com\na.b.EXAMPLE.com\nnotexample.com\ncom\nbücher.de\nshop.bücher.de\nstay.org\n");
        string exclude = _files.Write("exclude.txt", "# asked us on 2026-01-02\nexample.com\n*.xn--bcher-kva.de\n\n");

        var (survey, names) = ListFiles.ReadBoth(new ListOptions { Source = path, ExcludeFile = exclude });

        Assert.Equal(["example.com", "www.example.com", "a.b.example.com", "xn--bcher-kva.de", "shop.xn--bcher-kva.de"],
            names.Where(n => n.Excluded).Select(n => n.Name));
        Assert.Equal(8, names.Count);
        Assert.Equal(5, survey.SelectedExcluded);
        Assert.All(names, n => Assert.Equal(!n.Excluded, n.IsQueryable));
    }

    [Fact]
    public void AnEmptyOptOutListExcludesNothing()
    {
        string exclude = _files.Write("exclude.txt", "");
        var (survey, _) = ListFiles.ReadBoth(new ListOptions { Source = _files.Write("list.csv", "a.com\n"), ExcludeFile = exclude });
        Assert.Equal(0, survey.SelectedExcluded);
    }

    // A request that cannot be understood must not be passed over.
    [Fact]
    public void ABadLineInTheOptOutListStopsTheRun()
    {
        string exclude = _files.Write("exclude.txt", "good.com\nplease not me\n");
        var options = new ListOptions { Source = _files.Write("list.csv", "a.com\n"), ExcludeFile = exclude };
        Assert.StartsWith($"{exclude}, line 2: ", Assert.Throws<InputException>(() => ListFiles.ReadBoth(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ListsInEveryPackingGiveTheSameNames()
    {
        string text = Numbered(1000);
        var plain = ListFiles.ReadBoth(new ListOptions { Source = _files.Write("a.csv", text) }).Names;

        Assert.Equal(plain, ListFiles.ReadBoth(new ListOptions { Source = _files.Write("a.csv.gz", ListFiles.Gzip(text)) }).Names);
        Assert.Equal(plain, ListFiles.ReadBoth(new ListOptions { Source = _files.Write("a.zip", ListFiles.Zip(("a.csv", text))) }).Names);
    }

    [Theory]
    [InlineData("1,name1.com\n")] // shorter
    [InlineData("1,a.com\n2,b.com\n3,c.com\n4,d.com\n")] // longer
    public void AListChangedBetweenTheReadingsIsNoticed(string changed)
    {
        string path = _files.Write("list.csv", Numbered(3));
        var options = new ListOptions { Source = path };
        using var source = ListSource.Open(path);
        var survey = ListSurvey.Read(source, options);

        File.WriteAllText(path, changed);

        Assert.Contains("changed", Assert.Throws<InputException>(() => ListReader.Read(source, survey, options).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesAreReadOnlyWhenAskedFor()
    {
        string path = _files.Write("list.csv", Numbered(100_000));
        var options = new ListOptions { Source = path };
        using var source = ListSource.Open(path);
        var survey = ListSurvey.Read(source, options);

        Assert.Equal("name1.com", ListReader.Read(source, survey, options).First().Name);
        Assert.Equal(100_000, survey.Selected);
    }

    [Fact]
    public void TheSurveyCanBeStopped()
    {
        using var source = ListSource.Open(_files.Write("list.csv", Numbered(10)));
        Assert.Throws<OperationCanceledException>(
            () => ListSurvey.Read(source, new ListOptions { Source = source.DisplayName }, new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData("1/1", true)]
    [InlineData("3/8", true)]
    [InlineData("8/8", true)]
    [InlineData("0/8", false)]
    [InlineData("9/8", false)]
    [InlineData("1", false)]
    [InlineData("1/2/3", false)]
    [InlineData("-1/2", false)]
    [InlineData("a/b", false)]
    public void ShardText(string text, bool valid)
    {
        Assert.Equal(valid, Shard.TryParse(text, out var shard));
        if (valid) Assert.Equal(text, shard.ToString());
    }

    private static string Numbered(int count) => string.Concat(Enumerable.Range(1, count).Select(i => $"{i},name{i}.com\n"));

    private static List<string> Sample(string path, int size, long seed) =>
        [.. ListFiles.ReadBoth(new ListOptions { Source = path, Sample = size, Seed = seed }).Names.Select(n => n.Name)];
}
