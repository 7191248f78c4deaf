using System.Diagnostics;
using Scanner.Lab.World;
using Scanner.Nightly;
using Scanner.Tests.Resume;

namespace Scanner.Tests.Nightly;

/// <summary>The unattended job as a scheduler runs it: the built program, the simulated internet, a folder.</summary>
public sealed class NightlyTests : IDisposable
{
    private const int Names = 200;

    private readonly TemporaryFolder _folder = new();

    private string Root => _folder.Path("root");

    public void Dispose() => _folder.Dispose();

    /// <summary>A list of drawn names, which answer at once, without some of them.</summary>
    private static string List(int first, int count)
    {
        using var text = new StringWriter();
        LabList.Write(text, new Cast([]), Names, seed: 1);
        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', lines[..1].Concat(lines.Skip(first).Take(count))) + "\n";
    }

    private async Task<(int Exit, NightlyResult Result, string Error)> RunAsync(string date, params string[] more)
    {
        var (exit, output, error) = await ScannerProcess.RunWithOutputAsync(["nightly", "--lab", "--root", Root, "--date", date, .. more], null, TestContext.Current.CancellationToken);
        // One line, whatever happens.
        return (exit, NightlyResult.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries))), error);
    }

    private static IReadOnlyDictionary<string, string?> Truth(ulong seed, string name) =>
        new LabTruth(new LabWorld(new PopulationOptions { Seed = seed })).Expect(name, name);

    [Fact]
    public async Task Two_nights_with_a_changed_world_and_list_between_them_show_exactly_the_known_changes()
    {
        // Night 1: names 1 to 190 of world 1. Night 2: names 11 to 200 of world 2, so ten left, ten entered, and 180 may have changed.
        await using var server = await ListServer.StartAsync(ListServer.Text(List(1, 190)), ListServer.Text(List(11, 190), "\"2\""));
        var first = await RunAsync("2026-11-23", "--list-url", server.Url.AbsoluteUri);
        Assert.Equal((0, NightlyStatus.Complete, 190L), (first.Exit, first.Result.Status, first.Result.Rows));
        Assert.Null(first.Result.Comparison);
        var (exit, result, _) = await RunAsync("2026-11-24", "--list-url", server.Url.AbsoluteUri, "--lab-seed", "2", "--notify-command", $"cat > '{_folder.Path("mail.txt")}'");
        Assert.Equal((0, ListOrigin.Downloaded), (exit, result.List!.Origin));

        var comparison = result.Comparison!;
        Assert.Equal((new DateOnly(2026, 11, 23), 180L, 10L, 10L), (comparison.With, comparison.InBoth, comparison.Entered, comparison.Left));
        string run = _folder.Path("root/runs/2026-11-24");
        string[] both = List(11, 180).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].Select(line => line.Split(',')[2]).ToArray();
        foreach (var (protocol, column) in (ReadOnlySpan<(string, string)>)[("spf", "spf_class"), ("dmarc", "dmarc_class")])
        {
            var changed = ParquetRows.Query($"SELECT name FROM read_parquet('{run}/compare/tables/changed_names.parquet') WHERE protocol = '{protocol}'").Select(row => (string)row["name"]!).Order();
            var known = both.Where(name => Truth(1, name)[column] != Truth(2, name)[column]).Order().ToList();
            Assert.NotEmpty(known);
            Assert.Equal(known, changed);
            var change = comparison.Changes.Single(c => c.Protocol == protocol);
            Assert.Equal(known.Count, change.Appeared + change.Vanished + change.Strengthened + change.Weakened + change.Changed);
        }

        // History: each night's share is that of the truth; the plot is there.
        var history = ParquetRows.Query($"SELECT date::VARCHAR AS date, numerator, size FROM read_parquet('{Root}/history/history.parquet') WHERE metric = 'spf_published' AND denominator = 'listed' ORDER BY date");
        Assert.Equal(["2026-11-23", "2026-11-24"], history.Select(row => (string)row["date"]!));
        long Published(ulong seed, int from) => List(from, 190).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].LongCount(line => Truth(seed, line.Split(',')[2])["spf_class"] != "none");
        Assert.Equal([Published(1, 1), Published(2, 11)], history.Select(row => (long)row["numerator"]!));
        Assert.Equal(2, result.HistoryNights);
        Assert.Contains("Night by night", await File.ReadAllTextAsync(Path.Combine(Root, "history", "trend.svg"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.StartsWith("date,scan_id,list_sha256,", File.ReadLines(Path.Combine(Root, "history", "history.csv")).First(), StringComparison.Ordinal);

        // The summary for people, and the same line for machines as its last.
        string[] mail = await File.ReadAllLinesAsync(_folder.Path("mail.txt"), TestContext.Current.CancellationToken);
        Assert.Equal("Scanner, night of 2026-11-24: complete", mail[0]);
        Assert.Contains(mail, line => line.StartsWith("spf_published", StringComparison.Ordinal));
        Assert.Equal(result.ToJson(), mail[^1]);

        // A third call on the same night has nothing to do; the network gone, the last list is scanned again and that is said.
        Assert.True((await RunAsync("2026-11-24", "--list-url", server.Url.AbsoluteUri, "--lab-seed", "2")).Result.Already);
        await server.DisposeAsync();
        var (third, fallback, error) = await RunAsync("2026-11-25", "--list-url", server.Url.AbsoluteUri, "--list-attempts", "1", "--lab-seed", "2", "--keep", "2", "--progress", "none");
        Assert.Equal((0, ListOrigin.Fallback), (third, fallback.List!.Origin));
        Assert.Contains("The list of 2026-11-24 is scanned again", Assert.Single(fallback.Warnings), StringComparison.Ordinal);
        Assert.Contains("The list of 2026-11-24 is scanned again", error, StringComparison.Ordinal);
        Assert.Equal((180L + 10, 0L), (fallback.Comparison!.InBoth, fallback.Comparison.ChangedNames));

        // --keep 2: the oldest run is gone, its figures are not; nor is its list, where another needs it.
        Assert.Equal([new DateOnly(2026, 11, 23)], fallback.Pruned);
        Assert.Equal(["2026-11-24", "2026-11-25"], Directory.GetDirectories(Path.Combine(Root, "runs")).Select(Path.GetFileName).Order());
        Assert.Equal(["index.json", "list-2026-11-24.csv"], Directory.GetFiles(Path.Combine(Root, "lists")).Select(Path.GetFileName).Order());
        Assert.Equal(3, fallback.HistoryNights);
    }

    [Fact]
    public async Task A_night_that_was_killed_is_gone_on_with_and_two_do_not_overlap()
    {
        string list = _folder.Path("list.csv");
        await File.WriteAllTextAsync(list, List(1, Names), TestContext.Current.CancellationToken);
        // 1,200 questions at 150 a second: time enough to be killed in.
        string[] options = ["--list", list, "--qps", "150", "--rows-per-part", "20", "--progress", "none"];
        using (var process = ScanProcesses.Start(["nightly", "--lab", "--root", Root, "--date", "2026-11-24", .. options]))
        {
            await ScanProcesses.FirstPartAsync(Path.Combine(Root, "runs", "2026-11-24"), process);
            var clock = Stopwatch.StartNew();
            var (locked, refused, error) = await RunAsync("2026-11-24", options);
            Assert.Equal((2, NightlyStatus.Locked), (locked, refused.Status));
            Assert.Contains("another nightly job is at work", error, StringComparison.Ordinal);
            Assert.False(process.HasExited, $"the first one was over; the second took {clock.Elapsed}");
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        // The user's list is another by now: the night goes on with the one it began with.
        await File.WriteAllTextAsync(list, "1,other.com\n", TestContext.Current.CancellationToken);
        var (exit, result, _) = await RunAsync("2026-11-24", ["--list", list, "--rows-per-part", "20", "--progress", "none"]);
        Assert.Equal((0, NightlyStatus.Complete, true, ListOrigin.Resumed), (exit, result.Status, result.Resumed, result.List!.Origin));
        var rows = ParquetRows.Read(_folder.Path("root/runs/2026-11-24"), "count(*) AS n, count(DISTINCT name) AS names")[0];
        Assert.Equal(((long)Names, (long)Names), ((long)rows["n"]!, (long)rows["names"]!));
        Assert.Contains("\"resumed\": 1", await File.ReadAllTextAsync(_folder.Path("root/runs/2026-11-24/run.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_night_out_of_time_says_so_and_is_gone_on_with()
    {
        string list = _folder.Path("list.csv");
        await File.WriteAllTextAsync(list, List(1, Names), TestContext.Current.CancellationToken);
        var (exit, result, _) = await RunAsync("2026-11-24", "--list", list, "--qps", "100", "--max-duration", "2s", "--progress", "none", "--notify-command", "exit 3");
        Assert.Equal((1, NightlyStatus.Stopped), (exit, result.Status));
        Assert.Contains("--max-duration", result.Error, StringComparison.Ordinal);
        (exit, result, _) = await RunAsync("2026-11-24", "--list", list, "--progress", "none");
        Assert.Equal((0, NightlyStatus.Complete, true), (exit, result.Status, result.Resumed));

        // Killed after the scan and before all was done: the rest is done, and nothing is scanned.
        File.Delete(Path.Combine(Root, "runs", "2026-11-24", "nightly.json"));
        File.Delete(Path.Combine(Root, "history", "history.csv"));
        Directory.Delete(Path.Combine(Root, "lists"), recursive: true);
        var (again, rest, error) = await RunAsync("2026-11-24", "--list", list, "--progress", "none");
        Assert.Equal((0, NightlyStatus.Complete, false, false, (long)Names), (again, rest.Status, rest.Already, rest.Resumed, rest.Rows));
        Assert.Contains("is complete: going on with its report", error, StringComparison.Ordinal);
        Assert.Equal(result.Headline, rest.Headline);
        Assert.True(File.Exists(Path.Combine(Root, "history", "history.csv")));
    }

    [Fact]
    public async Task Without_any_list_nothing_is_done_and_the_line_says_why()
    {
        await using var server = await ListServer.StartAsync(ListServer.Status(404));
        var (exit, result, error) = await RunAsync("2026-11-24", "--list-url", server.Url.AbsoluteUri);
        Assert.Equal((2, NightlyStatus.Failed), (exit, result.Status));
        Assert.Contains("404", result.Error, StringComparison.Ordinal);
        Assert.Contains("--list FILE", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Root, "runs")));
    }

    [Fact]
    public async Task Dry_run_fetches_and_writes_nothing()
    {
        var (exit, output, _) = await ScannerProcess.RunWithOutputAsync(["nightly", "--root", Root, "--dry-run"], null, TestContext.Current.CancellationToken);
        Assert.Equal(0, exit);
        Assert.Contains("would be fetched from https://downloads.majestic.com/", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
    }
}
