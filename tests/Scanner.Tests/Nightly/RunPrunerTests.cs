using Scanner.Nightly;
using Scanner.Write;

namespace Scanner.Tests.Nightly;

public sealed class RunPrunerTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly NightlyFolder _folder;

    public RunPrunerTests() => _folder = new NightlyFolder(_temporary.Path("root"));

    public void Dispose() => _temporary.Dispose();

    private string Run(int day, bool complete = true)
    {
        string path = _folder.RunPath(new DateOnly(2026, 11, day));
        foreach (string file in (string[])["domains/part-00000.parquet", "domains/.part-00001.parquet.tmp", "tables/t02_headline.csv", "tables/sql/facts.sql", "plots/p01_funnel.svg", "compare/compare.md", "compare/tables/t20_churn.csv", "state/journal.log", "state/lock", "report.html", "nightly.json"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(path, file))!);
            File.WriteAllText(Path.Combine(path, file), "x");
        }
        RunFolder.Open(path).Save(new RunManifest { ScanId = "s", ToolVersion = "1", List = "l", ListSha256 = "h", Checks = [], Started = DateTimeOffset.UnixEpoch, Complete = complete });
        return path;
    }

    private IEnumerable<int> Days() => _folder.Nights().Select(night => night.Date.Day);

    [Fact]
    public void The_newest_complete_nights_stay()
    {
        foreach (int day in (int[])[1, 2, 3, 4]) Run(day);
        Run(5, complete: false);
        var pruned = RunPruner.Prune(_folder, 2, new DateOnly(2026, 11, 5));
        Assert.Equal([1, 2], pruned.Dates.Select(date => date.Day));
        Assert.Equal([3, 4, 5], Days());
        Assert.Empty(pruned.Kept);
        Assert.Equal(3, Directory.GetDirectories(_folder.RunsPath).Length);
    }

    [Fact]
    public void Nought_keeps_all_and_so_does_a_number_that_is_not_reached()
    {
        foreach (int day in (int[])[1, 2]) Run(day);
        Assert.Empty(RunPruner.Prune(_folder, 0, new DateOnly(2026, 11, 2)).Dates);
        Assert.Empty(RunPruner.Prune(_folder, 3, new DateOnly(2026, 11, 2)).Dates);
        Assert.Equal([1, 2], Days());
    }

    [Fact]
    public void The_night_just_made_stays_even_when_it_is_the_oldest()
    {
        foreach (int day in (int[])[1, 2, 3]) Run(day);
        RunPruner.Prune(_folder, 1, new DateOnly(2026, 11, 1));
        Assert.Equal([1, 3], Days());
    }

    [Fact]
    public void What_somebody_else_put_there_stays_and_is_named()
    {
        string run = Run(1);
        string notes = Path.Combine(run, "notes.txt"), mine = Path.Combine(run, "tables", "my analysis.xlsx");
        File.WriteAllText(notes, "x");
        File.WriteAllText(mine, "x");
        Run(2);
        Directory.CreateDirectory(Path.Combine(_folder.RunsPath, "2026-10-01"));
        Directory.CreateDirectory(Path.Combine(_folder.RunsPath, "old"));
        File.WriteAllText(Path.Combine(_folder.RunsPath, "old", "run.json"), "{}");
        var pruned = RunPruner.Prune(_folder, 1, new DateOnly(2026, 11, 2));
        Assert.Equal([notes, Path.Combine(run, "tables")], pruned.Kept.Order());
        Assert.True(File.Exists(notes) && File.Exists(mine));
        Assert.False(File.Exists(Path.Combine(run, "domains", "part-00000.parquet")));
        Assert.True(Directory.Exists(Path.Combine(_folder.RunsPath, "2026-10-01")) && File.Exists(Path.Combine(_folder.RunsPath, "old", "run.json")), "no runs of this job");
    }

    [Fact]
    public void Links_are_not_followed()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("links need a privilege on Windows");
        string elsewhere = _temporary.Path("elsewhere");
        Directory.CreateDirectory(elsewhere);
        File.WriteAllText(Path.Combine(elsewhere, "part-00000.parquet"), "x");
        string run = Run(1);
        Directory.Delete(Path.Combine(run, "domains"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(run, "domains"), elsewhere);
        Run(3);
        Directory.CreateSymbolicLink(_folder.RunPath(new DateOnly(2026, 11, 2)), Path.Combine(_folder.RunsPath, "2026-11-03"));
        RunPruner.Prune(_folder, 1, new DateOnly(2026, 11, 3));
        Assert.True(File.Exists(Path.Combine(elsewhere, "part-00000.parquet")));
        Assert.Equal([3], Days());
    }
}
