using Scanner.Lab.World;

namespace Scanner.Lab.Tests.World;

public class LabListTests
{
    [Fact]
    public void NamesAreDistinctAndTheSameEveryTime()
    {
        string[] names = [.. LabList.Names(100_000)];
        Assert.Equal(100_000, names.Distinct().Count());
        Assert.Equal(names.Take(50), LabList.Names(50));
        Assert.NotEqual(names.Take(50), LabList.Names(50, seed: 2));
        Assert.All(names, n => Assert.Matches("^[a-z]+(\\.[a-z]+)+$", n));
    }

    [Fact]
    public void TheListHasMajesticsColumnsAndTheCastSpreadOverTheRanks()
    {
        using var text = new StringWriter();
        LabList.Write(text, 5000);
        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,PrevGlobalRank,PrevTldRank,PrevRefSubNets,PrevRefIPs", lines[0]);
        string[][] rows = [.. lines.Skip(1).Select(l => l.Split(','))];
        Assert.All(rows, r => Assert.Equal(12, r.Length));
        Assert.Equal(Enumerable.Range(1, rows.Length).Select(r => r.ToString(System.Globalization.CultureInfo.InvariantCulture)), rows.Select(r => r[0]));

        HashSet<string> cast = [.. Cast.Bundled.Listed.Select(e => e.Name)];
        Assert.Equal(5000 + cast.Count, rows.Select(r => r[2]).Distinct().Count());
        int inFirstHalf = rows.Take(rows.Length / 2).Count(r => cast.Contains(r[2]));
        Assert.InRange(inFirstHalf, cast.Count / 2 - 2, cast.Count / 2 + 2);
        Assert.Equal(cast.Count, rows.Count(r => cast.Contains(r[2])));
    }

    [Fact]
    public void AListOfTheCastAloneIsPossible()
    {
        using var text = new StringWriter();
        LabList.Write(text, 0);
        Assert.Equal(Cast.Bundled.Listed.Count() + 1, text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void TooManyNamesAreRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => LabList.Names(31_640_626));
}
