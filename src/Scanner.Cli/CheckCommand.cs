using System.CommandLine;
using System.Text;
using System.Text.Json;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Cli.Explain;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Resolve;
using Scanner.Write;

namespace Scanner.Cli;

/// <summary><c>scanner check DOMAIN…</c>: one domain at a time, explained for a person, or the row as JSON.</summary>
internal sealed class CheckCommand
{
    private readonly Argument<string[]> _domains = new("DOMAIN") { Description = "a domain name", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _json = new("--json") { Description = "print the row as JSON, one line a domain, with the columns' names" };
    private readonly SpfClientOptions _spfClient = new();
    private readonly ResolvingOptions _resolving = new();
    private readonly LabOptions _lab = new();

    public static Command Create() => new CheckCommand().Build();

    private Command Build()
    {
        var command = new Command("check", "checks one domain at a time and explains what it found") { _domains, _json };
        _spfClient.AddTo(command);
        _resolving.AddTo(command);
        _lab.AddTo(command);
        command.SetAction((parsed, _) => ExitCode.OfAsync(() => RunAsync(parsed)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var time = TimeProvider.System;
        var names = parsed.GetValue(_domains)!.Select((text, i) => Normalise(text, i + 1)).ToList();
        var clients = names.ConvertAll(name => _spfClient.ClientOf(parsed, name.Name, time));
        using var signals = new StopSignals();
        await using var lab = _lab.Wanted(parsed) ? await _lab.StartAsync(parsed, time).ConfigureAwait(false) : null;
        var options = new ScanOptions
        {
            List = new Input.ListOptions { Source = "check" },
            Output = "",
            Resolvers = await _resolving.ResolversAsync(parsed, lab?.Host, signals.Token).ConfigureAwait(false),
            Resolver = _resolving.Resolver(parsed, lab?.Host),
            PolicyFetch = _resolving.PolicyFetch(parsed, lab?.Host),
            // One domain may cost a few queries more than one of a million: look at addresses too.
            SpfLevel = SpfEvalLevel.Full,
            Checks = ScanChecks.All,
            MxAddresses = true,
            CheckReportAuth = true,
            DkimTier = _resolving.DkimTier(parsed),
            TrustAd = _resolving.TrustAd(parsed),
        };
        await using var stub = new StubResolver(options.Resolver, DnsTransports.Create(options.Resolvers, options.Resolver), time);
        var probes = await stub.ProbeAsync(signals.Token).ConfigureAwait(false);
        if (probes.All(probe => !probe.Answers)) throw ScanRun.NoResolver(probes);
        options = options with { AdTrusted = AdTrust.WhyNot(options, probes) is null };
        var shared = new CachingResolver(stub, options.Resolver.CacheEntries, time);
        var scanner = new DomainScanner(stub, shared, options, time);
        var fetcher = new HttpsPolicyFetcher(shared, options.PolicyFetch, time);
        foreach (var (name, client) in names.Zip(clients))
        {
            var result = await scanner.ScanAsync(name, signals.Token).ConfigureAwait(false);
            if (DomainScanner.WantsPolicy(result)) result = await DomainScanner.FetchPolicyAsync(result, fetcher, signals.Token).ConfigureAwait(false);
            if (parsed.GetValue(_json)) Console.WriteLine(Json(result));
            else Explanation.Write(result, Console.Out);
            if (client is not null)
            {
                var check = await SpfLookup.CheckHostAsync(name.Name, client, shared, signals.Token).ConfigureAwait(false);
                if (parsed.GetValue(_json)) Console.WriteLine(SpfClientOptions.Json(name.Name, client, check));
                else SpfCheckExplanation.Write(new ExplanationPage(Console.Out), name.Name, client, check);
            }
        }
        return ExitCode.Complete;
    }

    private static ListedName Normalise(string text, int position) =>
        NameNormaliser.Normalise(text, position, PublicSuffixList.Embedded, out string? problem) ?? throw new UsageException($"{text}: {problem}");

    private static string Json(DomainResult result)
    {
        var stamp = new RunStamp { ScanId = "check", ToolVersion = RunManifest.Tool.Version, ListSha256 = "", PslVersion = PublicSuffixList.Embedded.Version };
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text)) ResultSchema.WriteJson(json, result, stamp);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
