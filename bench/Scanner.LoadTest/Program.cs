using System.CommandLine;
using System.Net;
using Scanner.Dns.Resolve;
using Scanner.LoadTest;

var root = new RootCommand("Measures what a DNS query costs: makes the zone and the questions, drives a transport or the resolver above it, tabulates runs.")
{
    ZoneCommand(), RunCommand(), TableCommand(), CurveCommand(),
};
return await root.Parse(args).InvokeAsync().ConfigureAwait(false);

static Option<int> DomainsOption() => new("--domains") { Description = "domains in the zone, with five questions each", DefaultValueFactory = _ => 200_000 };

static Command ZoneCommand()
{
    var folder = new Argument<DirectoryInfo>("FOLDER") { Description = "where bench.zone, questions.txt and txt-names.txt go" };
    var domains = DomainsOption();
    var command = new Command("zone", "writes the zone file and the questions") { folder, domains };
    command.SetAction(parsed =>
    {
        var zone = new BenchZone(parsed.GetValue(domains));
        string path = parsed.GetValue(folder)!.FullName;
        Directory.CreateDirectory(path);
        using var records = new StreamWriter(Path.Combine(path, "bench.zone"));
        zone.WriteZone(records);
        using var questions = new StreamWriter(Path.Combine(path, "questions.txt"));
        zone.WriteQuestions(questions, nameOnly: false);
        using var names = new StreamWriter(Path.Combine(path, "txt-names.txt"));
        zone.WriteQuestions(names, nameOnly: true);
    });
    return command;
}

static Command RunCommand()
{
    var servers = new Option<string[]>("--server") { Description = "ADDRESS:PORT; repeatable", DefaultValueFactory = _ => ["127.0.0.1:53"] };
    var transport = new Option<string>("--transport") { Description = string.Join(", ", Transports.Names), DefaultValueFactory = _ => "dnsclient" };
    var layer = new Option<string>("--layer") { Description = "transport: the bare transport; stub: the resolver above it", DefaultValueFactory = _ => "transport" };
    var queries = new Option<long>("--queries") { Description = "queries measured", DefaultValueFactory = _ => 1_000_000 };
    var warmUp = new Option<long>("--warm-up") { Description = "queries before them", DefaultValueFactory = _ => 200_000 };
    var inFlight = new Option<int>("--in-flight") { Description = "queries waiting at once", DefaultValueFactory = _ => 1_000 };
    var timeout = new Option<double>("--timeout") { Description = "seconds for one try", DefaultValueFactory = _ => 5 };
    var qps = new Option<int>("--qps") { Description = "with --layer stub: ceiling for queries a second, 0 for none" };
    var attempts = new Option<int>("--attempts") { Description = "with --layer stub: tries for one question", DefaultValueFactory = _ => 3 };
    var row = new Option<bool>("--row") { Description = "a table row too, on standard error" };
    var domains = DomainsOption();
    var command = new Command("run", "drives a client and prints one JSON line") { servers, transport, layer, queries, warmUp, inFlight, timeout, qps, attempts, row, domains };
    command.SetAction(async (parsed, ct) =>
    {
        var options = new LoadOptions
        {
            Client = parsed.GetValue(transport)!,
            Servers = [.. parsed.GetValue(servers)!.Select(IPEndPoint.Parse)],
            ThroughStub = parsed.GetValue(layer) == "stub",
            Queries = parsed.GetValue(queries),
            WarmUp = parsed.GetValue(warmUp),
            InFlight = parsed.GetValue(inFlight),
            Timeout = TimeSpan.FromSeconds(parsed.GetValue(timeout)),
            Resolver = new ResolverOptions { QueriesPerSecond = parsed.GetValue(qps), Attempts = parsed.GetValue(attempts) },
        };
        var result = await new LoadRun(options, new BenchZone(parsed.GetValue(domains))).RunAsync(ct).ConfigureAwait(false);
        Console.WriteLine(result.ToJsonLine());
        if (parsed.GetValue(row)) await Console.Error.WriteLineAsync($"{LoadResult.RowHeader}\n{result.ToRow()}").ConfigureAwait(false);
        // Lost queries are a matter of load; a wrong answer is a fault.
        return result.Wrong == 0 ? 0 : 1;
    });
    return command;
}

static Command TableCommand()
{
    var file = new Argument<FileInfo>("FILE") { Description = "JSON lines of runs" };
    var references = new Option<string[]>("--ratio-to") { Description = "clients to compare with; repeatable", DefaultValueFactory = _ => [] };
    var command = new Command("table", "prints medians, ranges and ratios of the runs in a file as a Markdown table") { file, references };
    command.SetAction(parsed =>
    {
        var results = File.ReadLines(parsed.GetValue(file)!.FullName).Where(l => l.StartsWith('{')).Select(LoadResult.FromJsonLine);
        Console.Write(ResultTable.Make(results, parsed.GetValue(references)!));
    });
    return command;
}

static Command CurveCommand()
{
    var limit = new Option<int>("--limit") { Description = "queries a second that the responder answers", DefaultValueFactory = _ => 2_000 };
    var seconds = new Option<double>("--seconds") { Description = "for each point", DefaultValueFactory = _ => 24 };
    var rates = new Option<double[]>("--rates") { Description = "rates to ask at, in multiples of the limit", DefaultValueFactory = _ => [0.5, 0.9, 1.1, 1.5, 3, 10], AllowMultipleArgumentsPerToken = true };
    var transport = new Option<string>("--transport") { Description = string.Join(", ", Transports.Names), DefaultValueFactory = _ => "engine" };
    var command = new Command("curve", "failures against rate at a responder with a limit, with and without the adaptive ceiling, as a Markdown table") { limit, seconds, rates, transport };
    command.SetAction(async (parsed, ct) =>
    {
        var curve = new LimitCurve(parsed.GetValue(transport)!, parsed.GetValue(limit), parsed.GetValue(seconds), new BenchZone(20_000));
        Console.WriteLine(LimitCurve.Header);
        foreach (var action in Enum.GetValues<LimitAction>())
            foreach (double rate in parsed.GetValue(rates)!)
                foreach (bool adaptive in (bool[])[false, true])
                    Console.WriteLine(await curve.PointAsync(action, rate, adaptive, ct).ConfigureAwait(false));
    });
    return command;
}
