using System.CommandLine;
using System.Globalization;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Cli.Observe;
using Scanner.Input;

namespace Scanner.Cli;

/// <summary>One scan, once it is known of what and where to.</summary>
/// <param name="Source">The list; the caller's to close.</param>
/// <param name="List">The list as the user named it.</param>
/// <param name="Output">The run folder.</param>
internal sealed record ScanJob(ListSource Source, string List, string Output, bool Resume);

/// <summary><c>scanner scan [LIST]</c>: the main job. <c>nightly</c> has the same options, but for those that say which list and where to.</summary>
internal sealed class ScanCommand
{
    private readonly Argument<string?> _list = new("LIST")
    {
        Description = "a ranked list: a file, or - for standard input; plain, .gz or .zip; Majestic Million, rank,domain (Tranco, Umbrella) or one name a line",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "the run folder; one that already holds a run is refused (default: runs/<list>-<UTC time>)",
        HelpName = "DIR",
    };

    private readonly Option<int?> _top = new("--top") { Description = "only the first N ranks", HelpName = "N" };
    private readonly Option<int?> _sample = new("--sample") { Description = "only a uniform random sample of N names", HelpName = "N" };
    private readonly Option<long> _seed = new("--seed") { Description = "seed of --sample: the same seed draws the same names", HelpName = "S", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _shard = new("--shard") { Description = "only shard I of N (1-based) of the list; the shards are disjoint and complete", HelpName = "I/N", DefaultValueFactory = _ => "1/1" };
    private readonly Option<string?> _exclude = new("--exclude") { Description = "opt-out list: these names and all below them are never queried; their rows say so", HelpName = "FILE" };
    private readonly Option<string?> _psl = new("--psl") { Description = "public suffix list to use instead of the built-in one", HelpName = "FILE" };
    private readonly Option<string> _checks = new("--checks") { Description = CheckCosts.Help, HelpName = "LIST", DefaultValueFactory = _ => string.Join(',', ScanChecks.Default.Names()) };
    private readonly Option<bool> _noPrune = new("--no-prune") { Description = "ask below listed names that do not exist too (NXDOMAIN says that nothing is there: RFC 8020)" };
    private readonly Option<bool> _mxAddresses = new("--mx-addresses") { Description = "ask for the addresses of MX hosts, so that mx_class tells hosts that work from those that do not: 1 or 2 queries a distinct host" };
    private readonly Option<bool> _checkReportAuth = new("--check-report-auth") { Description = "ask external report hosts whether they take the DMARC reports (RFC 9990): 2 queries a policy domain and host" };
    private readonly Option<int> _httpsConcurrency = new("--https-concurrency") { Description = "policy fetches at once", HelpName = "N", DefaultValueFactory = _ => 64 };
    private readonly Option<int?> _httpsPerHost = new("--https-per-host") { Description = "policy fetches at once from one address, or from one provider that policy hosts point to (default: 4, or as many as there are with --lab)", HelpName = "N" };
    private readonly Option<double?> _httpsGap = new("--https-gap") { Description = "seconds from one policy fetch to the next at one address (default: 0.05, or 0 with --lab)", HelpName = "S" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "read the list, print what would be scanned and what it would cost, and send nothing" };
    private readonly Option<string> _progress = new("--progress") { Description = "auto, rich (a live display), plain (a line every few seconds), json, none; always on standard error", HelpName = "MODE", DefaultValueFactory = _ => "auto" };
    private readonly Option<bool> _resume = new("--resume") { Description = "go on with the interrupted run in --output; refused when the list or an option that decides the rows differs" };
    private readonly Option<int> _passes = new("--passes") { Description = "passes over the names with unknown answers, after the first pass", HelpName = "N", DefaultValueFactory = _ => 2 };
    private readonly Option<double?> _passPause = new("--pass-pause") { Description = "seconds after its last question before a name is asked about again (default: as long as the first pass took, 15 to 600; 1 with --lab)", HelpName = "S" };
    private readonly Option<string?> _maxDuration = new("--max-duration") { Description = "begin no more names after this time, for example 90s, 45m or 6h; the run can be gone on with", HelpName = "TIME" };
    private readonly Option<int?> _rowsPerPart = new("--rows-per-part") { Description = "rows of one part file, which is what a killed run loses at most (default: a twentieth of the list, 1000 to 20000)", HelpName = "N" };
    private readonly Option<int> _memory = new("--memory") { Description = "megabytes of heap beyond which no more names are begun until it is less again", HelpName = "MB", DefaultValueFactory = _ => 512 };
    private readonly Option<bool> _noReport = new("--no-report") { Description = "leave rows and run.json only: `scanner report` makes tables, plots and summaries of them later" };
    private readonly Option<string?> _vantage = new("--vantage") { Description = "where you scan from, in words (network, country), for run.json and the rows", HelpName = "TEXT" };
    /// <summary>The lab's faults do not heal with time, and neither do its servers grow faster.</summary>
    private static readonly TimeSpan LabPause = TimeSpan.FromSeconds(1);

    private readonly ResolvingOptions _resolving = new();
    private readonly ObservingOptions _observing = new();
    private readonly LabOptions _lab = new();

    public static Command Create() => new ScanCommand().Build();

    private Command Build()
    {
        var command = new Command("scan", "scans a ranked list and leaves a run folder with rows, figures and summaries");
        command.Arguments.Add(_list);
        command.Options.Add(_output);
        command.Options.Add(_resume);
        AddTo(command);
        command.SetAction((parsed, _) => ExitCode.OfAsync(() => RunAsync(parsed)));
        return command;
    }

    /// <summary>The options that say what to ask and how.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_top, _sample, _seed, _shard, _exclude, _psl, _checks, _mxAddresses, _checkReportAuth, _noPrune])
            command.Options.Add(option);
        _resolving.AddTo(command);
        foreach (var option in (Option[])[_httpsConcurrency, _httpsPerHost, _httpsGap, _passes, _passPause, _maxDuration, _rowsPerPart, _memory, _noReport, _progress, _dryRun, _vantage])
            command.Options.Add(option);
        _observing.AddTo(command);
        _lab.AddTo(command);

        ResolvingOptions.Require(_top, n => n is null or >= 1, "must be 1 or more");
        ResolvingOptions.Require(_sample, n => n is null or >= 1, "must be 1 or more");
        ResolvingOptions.Require(_httpsConcurrency, n => n is >= 1 and <= 10_000, "must be 1 to 10000");
        ResolvingOptions.Require(_httpsPerHost, n => n is null or >= 1, "must be 1 or more");
        ResolvingOptions.Require(_httpsGap, s => s is null or (>= 0 and <= 60), "must be 0 to 60 seconds");
        ResolvingOptions.Require(_shard, text => text is not null && Shard.TryParse(text, out _), "must be I/N with 1 <= I <= N, for example 2/4");
        ResolvingOptions.Require(_checks, text => ScanCheckNames.TryParse(text, out _), $"must name checks out of {string.Join(',', ScanChecks.All.Names())}, or all");
        ResolvingOptions.Require(_passes, n => n is >= 0 and <= 10, "must be 0 to 10");
        ResolvingOptions.Require(_passPause, s => s is null or (>= 0 and <= 86_400), "must be 0 to 86400 seconds");
        ResolvingOptions.Require(_maxDuration, text => text is null || TryDuration(text, out _), "must be a time from 1s to 30d, for example 90s, 45m, 6h or 2d");
        ResolvingOptions.Require(_rowsPerPart, n => n is null or (>= 10 and <= 1_000_000), "must be 10 to 1000000");
        ResolvingOptions.Require(_memory, n => n is >= 64 and <= 1_000_000, "must be 64 to 1000000");
        ResolvingOptions.Require(_progress, mode => mode is "auto" or "rich" or "plain" or "json" or "none", "must be auto, rich, plain, json or none");
    }

    /// <summary>Is the simulated internet asked for?</summary>
    public bool LabWanted(ParseResult parsed) => _lab.Wanted(parsed);

    public bool DryRunWanted(ParseResult parsed) => parsed.GetValue(_dryRun);

    /// <summary>What this program calls itself in HTTPS requests.</summary>
    public string UserAgent(ParseResult parsed) => _resolving.PolicyFetch(parsed, null).UserAgent;

    /// <summary>Text for people beside the result, unless nothing but the result is wanted.</summary>
    public bool Quiet(ParseResult parsed) => parsed.GetValue(_progress) is "none" or "json";

    private async Task<int> RunAsync(ParseResult parsed)
    {
        bool useLab = LabWanted(parsed);
        string? list = parsed.GetValue(_list);
        if (list is null && !useLab) throw new UsageException("scan needs a LIST (a file, or - for standard input), or --lab for the bundled simulated internet");
        bool resume = parsed.GetValue(_resume);
        if (resume && parsed.GetValue(_output) is null) throw new UsageException("--resume goes on with the run in --output DIR: say which, with the list and the options it was begun with");
        if (list is "-" && Console.IsInputRedirected == false) Terminal.Note("reading names from the terminal; end with Ctrl+D");

        var time = TimeProvider.System;
        using var signals = StopSignals.ForScan();
        using var source = list is null ? LabOptions.OpenBundledList() : ListSource.Open(list);
        var job = new ScanJob(source, list ?? "lab", parsed.GetValue(_output) ?? DefaultOutput(list, time), resume);
        if (DryRunWanted(parsed)) return PrintCosts(parsed, job);
        return ScanReport.Print(await ScanAsync(parsed, job, time, signals.Token).ConfigureAwait(false), Console.Out);
    }

    /// <summary><c>--dry-run</c>.</summary>
    public int PrintCosts(ParseResult parsed, ScanJob job) => DryRun.Print(job.Source, ListOptionsOf(parsed, job), CostsOf(parsed), _resolving.Resolver(parsed, null), Console.Out);

    /// <summary>Serves the lab where it is asked for, shows the progress, and scans.</summary>
    public async Task<ScanOutcome> ScanAsync(ParseResult parsed, ScanJob job, TimeProvider time, CancellationToken stop)
    {
        bool useLab = LabWanted(parsed);
        OpenFiles.Check(parsed.GetValue(_httpsConcurrency));
        await using var lab = useLab ? await _lab.StartAsync(parsed, time).ConfigureAwait(false) : null;
        var costs = CostsOf(parsed);
        var options = new ScanOptions
        {
            List = ListOptionsOf(parsed, job),
            Output = job.Output,
            Resolvers = await _resolving.ResolversAsync(parsed, lab?.Host, stop).ConfigureAwait(false),
            Resolver = _resolving.Resolver(parsed, lab?.Host),
            PolicyFetch = _resolving.PolicyFetch(parsed, lab?.Host),
            HttpsConcurrency = parsed.GetValue(_httpsConcurrency),
            Politeness = Politeness(parsed, useLab),
            Checks = costs.Checks,
            Resume = job.Resume,
            Passes = parsed.GetValue(_passes),
            PassPause = parsed.GetValue(_passPause) is { } pause ? TimeSpan.FromSeconds(pause) : useLab ? LabPause : null,
            LaterTimeFactor = useLab ? 1 : ScanOptions.DefaultLaterTimeFactor,
            MaxDuration = TryDuration(parsed.GetValue(_maxDuration), out var limit) ? limit : null,
            Trace = _observing.Trace(parsed),
            RowsPerPart = parsed.GetValue(_rowsPerPart),
            MemoryCeilingMegabytes = parsed.GetValue(_memory),
            MxAddresses = costs.MxAddresses,
            CheckReportAuth = costs.CheckReportAuth,
            WriteReport = !parsed.GetValue(_noReport),
            Prune = !parsed.GetValue(_noPrune),
            DkimTier = costs.DkimTier,
            TrustAd = _resolving.TrustAd(parsed),
            Vantage = parsed.GetValue(_vantage),
            Contact = _resolving.Contact(parsed),
            CommandLine = [.. parsed.Tokens.Select(token => token.Value)],
            Lab = lab?.Description,
        };
        await using var display = ProgressDisplay.Create(parsed.GetValue(_progress)!, time);
        await using var watch = _observing.Begin(parsed, display, time);
        var outcome = await new ScanRun(options, watch.Observer, time).RunAsync(job.Source, stop).ConfigureAwait(false);
        watch.Ended(outcome);
        return outcome;
    }

    private ListOptions ListOptionsOf(ParseResult parsed, ScanJob job)
    {
        _ = Shard.TryParse(parsed.GetValue(_shard)!, out var shard);
        return new ListOptions
        {
            Source = job.List,
            Top = parsed.GetValue(_top),
            Sample = parsed.GetValue(_sample),
            Seed = parsed.GetValue(_seed),
            Shard = shard,
            ExcludeFile = parsed.GetValue(_exclude),
            PublicSuffixList = parsed.GetValue(_psl) is { } file ? ReadPublicSuffixes(file) : PublicSuffixList.Embedded,
        };
    }

    private CheckCosts CostsOf(ParseResult parsed)
    {
        _ = ScanCheckNames.TryParse(parsed.GetValue(_checks), out var checks);
        return new CheckCosts(checks, parsed.GetValue(_mxAddresses), parsed.GetValue(_checkReportAuth), _resolving.DkimTier(parsed));
    }

    /// <summary>The lab is this machine: nobody to be polite to, unless asked.</summary>
    private PolitenessOptions Politeness(ParseResult parsed, bool lab)
    {
        var usual = lab ? PolitenessOptions.None : new PolitenessOptions();
        return usual with
        {
            PerAddress = parsed.GetValue(_httpsPerHost) ?? usual.PerAddress,
            PerTarget = parsed.GetValue(_httpsPerHost) ?? usual.PerTarget,
            Gap = parsed.GetValue(_httpsGap) is { } seconds ? TimeSpan.FromSeconds(seconds) : usual.Gap,
        };
    }

    /// <summary>Seconds (a bare number or <c>s</c>), minutes, hours, days.</summary>
    private static bool TryDuration(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (string.IsNullOrEmpty(text)) return false;
        int unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        string number = unit == 0 ? text : text[..^1];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count)) return false;
        double seconds = count * Math.Max(1, unit);
        if (seconds is < 1 or > 30 * 86_400) return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    private static string DefaultOutput(string? list, TimeProvider time)
    {
        string name = list switch { null => "lab", "-" => "stdin", _ => Path.GetFileName(list).Split('.')[0] };
        return Path.Combine("runs", string.Create(CultureInfo.InvariantCulture, $"{(name.Length > 0 ? name : "list")}-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}"));
    }

    internal static PublicSuffixList ReadPublicSuffixes(string file)
    {
        try
        {
            using var reader = File.OpenText(file);
            return PublicSuffixList.Parse(reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new UsageException($"--psl {file}: {e.Message}");
        }
    }
}
