using System.CommandLine;
using System.Globalization;
using Scanner.Input;
using Scanner.Nightly;
using Scanner.Write;

namespace Scanner.Cli;

/// <summary><c>scanner nightly</c>: the unattended job. Beside its own options it takes those of <c>scan</c>.</summary>
internal sealed class NightlyCommand
{
    /// <summary>A million less what a bad day may take: anything shorter is not the Majestic Million.</summary>
    private const long MajesticNames = 500_000;

    private readonly Option<string> _root = new("--root") { Description = "the folder of this job: its lists, runs and history", HelpName = "DIR", DefaultValueFactory = _ => "nightly" };
    private readonly Option<string?> _list = new("--list") { Description = "scan this list (a copy of it is kept) and fetch none", HelpName = "FILE" };
    private readonly Option<string?> _listUrl = new("--list-url") { Description = $"fetch the list from here (default: {ListFetchOptions.MajesticMillion}); with --lab the bundled list, unless --list or --list-url is given", HelpName = "URL" };
    private readonly Option<int> _listAttempts = new("--list-attempts") { Description = "tries to fetch the list before the last one is scanned again", HelpName = "N", DefaultValueFactory = _ => 4 };
    private readonly Option<long?> _listMin = new("--list-min") { Description = $"refuse a fetched list with fewer names (default: {MajesticNames} from the default URL, else 1)", HelpName = "N" };
    private readonly Option<int> _keep = new("--keep") { Description = "keep the newest N complete runs and delete older ones; 0 keeps all", HelpName = "N" };
    private readonly Option<string?> _date = new("--date") { Description = "the night, which names the run folder: go on with one that was interrupted before midnight (default: today, UTC)", HelpName = "YYYY-MM-DD" };
    private readonly Option<string?> _notify = new("--notify-command") { Description = "run this line in the shell when all is done or failed, with the summary on its standard input; the last line of that is the JSON line", HelpName = "COMMAND" };
    private readonly ScanCommand _scan = new();

    public static Command Create() => new NightlyCommand().Build();

    private Command Build()
    {
        var command = new Command("nightly", "the unattended job: today's list, a scan or the rest of an interrupted one, report, comparison with the last complete run, history of headlines; one line of JSON on standard output");
        foreach (var option in (Option[])[_root, _list, _listUrl, _listAttempts, _listMin, _keep, _date, _notify]) command.Options.Add(option);
        _scan.AddTo(command);
        ResolvingOptions.Require(_listUrl, text => text is null || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"), "must be an http or https URL");
        ResolvingOptions.Require(_listAttempts, n => n is >= 1 and <= 20, "must be 1 to 20");
        ResolvingOptions.Require(_listMin, n => n is null or >= 1, "must be 1 or more");
        ResolvingOptions.Require(_keep, n => n >= 0, "must be 0 (keep all) or more");
        ResolvingOptions.Require(_date, text => text is null || NightlyFolder.TryDate(text, out _), "must be a date such as 2026-11-25");
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var time = TimeProvider.System;
        using var signals = StopSignals.ForScan();
        NightlyOutcome? outcome = null;
        Exception? fault = null;
        NightlyOptions? options = null;
        int exit = await ExitCode.OfAsync(async () =>
        {
            options = OptionsOf(parsed, time);
            if (_scan.DryRunWanted(parsed)) return DryRun(parsed, options);
            var job = new NightlyJob(options, (wanted, stop) => _scan.ScanAsync(parsed, new ScanJob(wanted.Source, wanted.Name, wanted.RunFolder, wanted.Resume), time, stop), Terminal.Note, time);
            outcome = await job.RunAsync(signals.Token).ConfigureAwait(false);
            return outcome.Result.Exit;
        }, e => fault = e).ConfigureAwait(false);
        if (_scan.DryRunWanted(parsed) && fault is null) return exit;

        outcome ??= new NightlyOutcome(new NightlyResult
        {
            Status = fault is FolderInUseException ? NightlyStatus.Locked : NightlyStatus.Failed,
            Exit = exit,
            Date = options?.Date ?? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime),
            Error = fault?.Message ?? "stopped",
        }, null, null);
        string text = NightlyText.Of(outcome.Result, outcome.Summary, outcome.Comparison), json = outcome.Result.ToJson();
        if (fault is null && !_scan.Quiet(parsed)) Terminal.Note(text.TrimEnd());
        // Two at once: the other one tells.
        if (parsed.GetValue(_notify) is { } command && outcome.Result is { Status: not NightlyStatus.Locked, Already: false })
            await Notification.SendAsync(command, $"{Terminal.Safe(text)}\n{json}\n", time).ConfigureAwait(false);
        Console.WriteLine(json);
        return exit;
    }

    private NightlyOptions OptionsOf(ParseResult parsed, TimeProvider time)
    {
        string? file = parsed.GetValue(_list), url = parsed.GetValue(_listUrl);
        if (file is not null && url is not null) throw new UsageException("--list names a file and --list-url an address: give one of them");
        if (file is "-") throw new UsageException("--list must be a file: an interrupted night could not read standard input again");
        bool bundled = _scan.LabWanted(parsed) && file is null && url is null;
        return new NightlyOptions
        {
            Folder = new NightlyFolder(parsed.GetValue(_root)!),
            Date = NightlyFolder.TryDate(parsed.GetValue(_date) ?? "", out var date) ? date : DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime),
            ListFile = file,
            Bundled = bundled ? ("lab", LabOptions.OpenBundledList) : null,
            Keep = parsed.GetValue(_keep),
            Fetch = new ListFetchOptions
            {
                Url = url is null ? ListFetchOptions.MajesticMillion : new Uri(url),
                Format = url is null ? ListFormat.MajesticMillion : null,
                MinimumNames = parsed.GetValue(_listMin) ?? (url is null ? MajesticNames : 1),
                Attempts = parsed.GetValue(_listAttempts),
                UserAgent = _scan.UserAgent(parsed),
            },
        };
    }

    /// <summary><c>--dry-run</c>: where, which list, what would become of today's run. Nothing is fetched or written.</summary>
    private int DryRun(ParseResult parsed, NightlyOptions options)
    {
        var night = options.Folder.Of(options.Date);
        Console.WriteLine($"folder     {Terminal.Safe(options.Folder.FullPath)}");
        Console.WriteLine($"night      {NightlyFolder.Text(options.Date)}: {(night is null ? "not begun" : night.Complete ? "scanned to the end" : "interrupted, would be gone on with")}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"nights     {options.Folder.Nights().Count(n => n.Complete)} complete runs here; --keep {options.Keep}{(options.Keep == 0 ? " (all)" : "")}"));
        if (options.Bundled is null && options.ListFile is null)
        {
            Console.WriteLine($"list       would be fetched from {Terminal.Safe(options.Fetch.Url.AbsoluteUri)}");
            Console.WriteLine("nothing was sent (--dry-run)");
            return ExitCode.Complete;
        }
        using var source = options.ListFile is { } file ? ListSource.Open(file) : options.Bundled!.Value.Open();
        return _scan.PrintCosts(parsed, new ScanJob(source, options.ListFile ?? "lab", options.Folder.RunPath(options.Date), Resume: false));
    }
}
