using Scanner.Input;
using Scanner.Write;

namespace Scanner.Tests.Resume;

/// <summary>What a resumed run makes of what it finds, and what it refuses.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder.Path("run");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_stopped_run_has_rows_for_what_it_knows_and_goes_on_to_the_same_figures()
    {
        await using var world = new CrashRun();
        string calm = _folder.Path("calm");
        await world.ScanAsync(calm);
        await using var fresh = new CrashRun();
        // The pause before the second pass is longer than any test: the stop falls into it.
        using var stop = new CancellationTokenSource();
        var observer = new StopsWhen(() => stop.Cancel());
        var outcome = await CrashRun.ScanAsync(fresh.Options(Run) with { PassPause = TimeSpan.FromHours(1) }, observer, stop: stop.Token);
        Assert.Equal("stopped by a signal", outcome.StoppedBecause);
        // Names that wait for the second pass have their rows meanwhile, with what is known.
        Assert.Equal(CrashRun.Names, outcome.RowsWritten);
        var manifest = RunFolder.Open(Run).LoadManifest();
        Assert.Equal((52L, 0L, false), (manifest.RowsProvisional, manifest.NotScanned, manifest.Complete));

        Assert.Null((await fresh.ScanAsync(Run, resume: true)).StoppedBecause);
        CrashRun.ExpectEveryNameOnce(Run);
        Assert.Equal(CrashRun.Aggregates(calm), CrashRun.Aggregates(Run));
        manifest = RunFolder.Open(Run).LoadManifest();
        Assert.Equal((0L, true, 1), (manifest.RowsProvisional, manifest.Complete, manifest.Resumed));
    }

    [Fact]
    public async Task The_passes_say_what_each_settled_and_how_the_headline_moved()
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        var passes = RunFolder.Open(Run).LoadManifest().Passes;
        Assert.Equal([(1, 260L, 208L), (2, 52L, 26L)], passes.Select(p => (p.Pass, p.Asked, p.Settled)));
        // 26 names with five questions each.
        Assert.Equal(26 * 5, passes[1].AnswersSettled);
        // Names without an answer about MX are not in the denominator yet: it grows with the pass.
        var dmarc = passes.Select(p => p.Headline.Single(f => f.Metric == "dmarc_own")).ToList();
        Assert.Equal([("mail", 208L, 104L), ("mail", 234L, 130L)], dmarc.Select(f => (f.Denominator, f.Size, f.Numerator)));
        var rows = ParquetRows.Read(Run, "count(*) FILTER (pass = 1) AS first, count(*) FILTER (pass = 2) AS second, count(*) FILTER (unknown_answers > 0) AS open, count(*) FILTER (q_mx_pass = 2 AND q_mx_status = 'ok') AS late")[0];
        Assert.Equal([208L, 52L, 26L, 26L], rows.Values);
        Assert.Equal("refused", ParquetRows.Read(Run, "q_mx_failed[1] AS f, name").First(r => (string)r["name"]! == "n6.test")["f"]);
    }

    [Fact]
    public async Task Time_is_up_every_name_has_a_row_and_the_rest_says_not_queried()
    {
        await using var world = new CrashRun();
        var outcome = await CrashRun.ScanAsync(world.Options(Run) with { MaxDuration = TimeSpan.FromTicks(1) }, new CrashRun.Quiet());
        Assert.Contains("--max-duration", outcome.StoppedBecause, StringComparison.Ordinal);
        Assert.Equal(CrashRun.Names, outcome.RowsWritten);
        var manifest = RunFolder.Open(Run).LoadManifest();
        Assert.Equal(manifest.NotScanned, (long)ParquetRows.Read(Run, "count(*) FILTER (q_mx_status = 'not_queried') AS n")[0]["n"]!);
        Assert.True(manifest.NotScanned > 0);
        Assert.Null((await world.ScanAsync(Run, resume: true)).StoppedBecause);
        CrashRun.ExpectEveryNameOnce(Run);
    }

    [Fact]
    public async Task A_complete_run_is_complete()
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        string before = CrashRun.Aggregates(Run);
        var outcome = await world.ScanAsync(Run, resume: true);
        Assert.Null(outcome.StoppedBecause);
        Assert.Equal(before, CrashRun.Aggregates(Run));
        CrashRun.ExpectEveryNameOnce(Run);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    [InlineData("emptied")]
    [InlineData("deleted")]
    [InlineData("foreign")]
    public async Task A_part_that_is_not_whole_is_set_aside_and_its_names_are_scanned_again(string how)
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        string expected = CrashRun.Aggregates(Run);
        string part = RunFolder.Open(Run).ClosedParts()[0];
        byte[] octets = await File.ReadAllBytesAsync(part, TestContext.Current.CancellationToken);
        switch (how)
        {
            case "truncated":
                await File.WriteAllBytesAsync(part, octets[..(octets.Length / 2)], TestContext.Current.CancellationToken);
                break;
            case "flipped":
                octets[octets.Length / 3] ^= 0x40;
                await File.WriteAllBytesAsync(part, octets, TestContext.Current.CancellationToken);
                break;
            case "emptied":
                await File.WriteAllBytesAsync(part, [], TestContext.Current.CancellationToken);
                break;
            case "deleted":
                File.Delete(part);
                break;
            default:
                File.Copy(RunFolder.Open(Run).ClosedParts()[1], part, overwrite: true);
                break;
        }
        var observer = new CrashRun.Quiet();
        await CrashRun.ScanAsync(world.Options(Run, resume: true), observer);
        Assert.Contains(observer.Warnings, text => text.Contains(Path.GetFileName(part), StringComparison.Ordinal) && text.Contains("scanned again", StringComparison.Ordinal));
        CrashRun.ExpectEveryNameOnce(Run);
        Assert.Equal(expected, CrashRun.Aggregates(Run));
        if (how is not "deleted") Assert.True(File.Exists(Path.Combine(Run, "domains", $".{Path.GetFileName(part)}.damaged")));
    }

    [Fact]
    public async Task A_journal_cut_anywhere_costs_no_row()
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        string expected = CrashRun.Aggregates(Run);
        string journal = RunFolder.Open(Run).JournalPath;
        byte[] octets = await File.ReadAllBytesAsync(journal, TestContext.Current.CancellationToken);
        // At two dozen places, from nothing to all but the last octet: what is whole is found whole, to the last name.
        for (int length = 0; length < octets.Length; length += octets.Length / 24)
        {
            await File.WriteAllBytesAsync(journal, octets[..length], TestContext.Current.CancellationToken);
            using var state = await StoreState.ReadAsync(RunFolder.Open(Run), CrashRun.Names, _ => { }, RunFiles.Real);
            Assert.Equal(CrashRun.Names, state.Done.Count);
        }
        foreach (int length in (int[])[0, octets.Length / 2, octets.Length - 1])
        {
            await File.WriteAllBytesAsync(journal, octets[..length], TestContext.Current.CancellationToken);
            long before = world.Queries;
            var outcome = await world.ScanAsync(Run, resume: true);
            Assert.Null(outcome.StoppedBecause);
            // The probe of the resolver is all that was asked: no whole part is scanned again.
            Assert.Equal(1, world.Queries - before);
            Assert.Equal(expected, CrashRun.Aggregates(Run));
            CrashRun.ExpectEveryNameOnce(Run);
        }
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    public async Task A_log_of_waiting_names_that_is_not_whole_costs_only_questions(string how)
    {
        string calm = _folder.Path("calm");
        await using (var other = new CrashRun()) await other.ScanAsync(calm);
        await using var world = new CrashRun();
        using var stop = new CancellationTokenSource();
        await CrashRun.ScanAsync(world.Options(Run) with { PassPause = TimeSpan.FromHours(1) }, new StopsWhen(() => stop.Cancel()), stop: stop.Token);
        string log = RunFolder.Open(Run).PendingPath(1);
        byte[] octets = await File.ReadAllBytesAsync(log, TestContext.Current.CancellationToken);
        if (how == "flipped") octets[octets.Length / 3] ^= 0x20;
        await File.WriteAllBytesAsync(log, how == "flipped" ? octets : octets[..(octets.Length / 2)], TestContext.Current.CancellationToken);
        var observer = new CrashRun.Quiet();
        Assert.Null((await CrashRun.ScanAsync(world.Options(Run, resume: true), observer)).StoppedBecause);
        Assert.Contains(observer.Warnings, text => text.Contains("pending-1.log", StringComparison.Ordinal) && text.Contains("not whole", StringComparison.Ordinal));
        CrashRun.ExpectEveryNameOnce(Run);
        Assert.Equal(CrashRun.Rows(calm), CrashRun.Rows(Run));
    }

    [Fact]
    public async Task Without_a_manifest_the_journal_knows_the_run()
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        File.Delete(Path.Combine(Run, "run.json"));
        Assert.Null((await world.ScanAsync(Run, resume: true)).StoppedBecause);
        Assert.True(RunFolder.Open(Run).LoadManifest().Complete);
    }

    [Fact]
    public async Task Another_list_or_other_options_are_refused_with_the_difference_named()
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        var options = world.Options(Run, resume: true);
        await Expect(options with { Checks = ScanChecks.Spf }, "checks (mx,spf,dmarc,mta-sts,tls-rpt; now spf)");
        await Expect(options with { List = new ListOptions { Source = "-", Seed = 7 } }, "seed (0; now 7)");
        await Expect(options with { List = new ListOptions { Source = "-", Top = 10 } }, "top (all; now 10)");
        await Expect(options with { Vantage = "elsewhere" }, "vantage");
        // Who is asked and how fast decides nothing about the rows.
        Assert.Null((await CrashRun.ScanAsync(options with { Resolver = options.Resolver with { QueriesPerSecond = 77, Attempts = 2 }, Passes = 3 }, new CrashRun.Quiet())).StoppedBecause);

        using var other = ListSource.FromText("other", new MemoryStream("1,other.test\n"u8.ToArray()));
        var error = await Assert.ThrowsAsync<RunFolderException>(() => new ScanRun(options, new CrashRun.Quiet(), TimeProvider.System).RunAsync(other, default));
        Assert.Contains("the list", error.Message, StringComparison.Ordinal);

        static async Task Expect(ScanOptions changed, string difference) => Assert.Contains(
            difference, (await Assert.ThrowsAsync<RunFolderException>(() => CrashRun.ScanAsync(changed, new CrashRun.Quiet()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_fewer_passes_than_before_the_waiting_names_keep_what_they_have()
    {
        await using var world = new CrashRun();
        using var stop = new CancellationTokenSource();
        await CrashRun.ScanAsync(world.Options(Run) with { PassPause = TimeSpan.FromHours(1) }, new StopsWhen(() => stop.Cancel()), stop: stop.Token);
        var outcome = await CrashRun.ScanAsync(world.Options(Run, resume: true) with { Passes = 0 }, new CrashRun.Quiet());
        Assert.Null(outcome.StoppedBecause);
        Assert.Equal(52L, ParquetRows.Read(Run, "count(*) FILTER (unknown_answers > 0) AS n")[0]["n"]);
    }

    [Fact]
    public async Task A_second_process_on_the_same_folder_is_refused()
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        using (RunLock.Take(RunFolder.Open(Run)))
        {
            var error = await Assert.ThrowsAsync<FolderInUseException>(() => world.ScanAsync(Run, resume: true));
            Assert.Contains("another scanner process", error.Message, StringComparison.Ordinal);
        }
        Assert.Null((await world.ScanAsync(Run, resume: true)).StoppedBecause);
    }

    [Fact]
    public async Task Rows_of_a_part_stand_by_rank_though_names_are_scanned_in_random_order()
    {
        await using var world = new CrashRun();
        await world.ScanAsync(Run);
        var ranks = ParquetRows.Query($"SELECT rank FROM read_parquet('{RunFolder.Open(Run).ClosedParts()[0]}', file_row_number = true) ORDER BY file_row_number").Select(r => (int)r["rank"]!).ToList();
        Assert.Equal(ranks.Order(), ranks);
        Assert.True(ranks[^1] - ranks[0] >= ranks.Count + 50, "the first part holds the first names of the list: they were scanned in rank order");
    }

    private sealed class StopsWhen(Action secondPass) : IScanObserver
    {
        public void ListSurveyed(ListSurvey survey)
        {
        }

        public void Warning(string text)
        {
        }

        public void Started(ScanProgress progress, Dns.Resolve.ResolverStatistics statistics)
        {
        }

        public void PassBegins(int pass, long names, TimeSpan wait) => secondPass();
    }
}
