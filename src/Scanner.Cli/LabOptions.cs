using System.CommandLine;
using System.Globalization;
using Scanner.Input;
using Scanner.Lab.Servers;
using Scanner.Lab.World;

namespace Scanner.Cli;

/// <summary>A running lab and what run.json says of it.</summary>
internal sealed record RunningLab(LabHost Host, string Description) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>The options of the simulated internet, shared by <c>scan</c>, <c>check</c> and <c>lab</c>.</summary>
internal sealed class LabOptions
{
    private readonly Option<bool> _lab = new("--lab") { Description = "serve the bundled simulated internet in this process and ask that; LIST may be left out" };
    private readonly Option<ulong> _seed = new("--lab-seed") { Description = "which population of the simulated internet", HelpName = "S", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _drop = new("--lab-drop") { Description = "share of DNS packets that the simulated internet loses, 0 to 1", HelpName = "P" };
    private readonly Option<double> _servfail = new("--lab-servfail") { Description = "share of DNS queries that it answers with SERVFAIL, 0 to 1", HelpName = "P" };

    public LabOptions()
    {
        ResolvingOptions.Require(_drop, p => p is >= 0 and <= 1, "must be 0 to 1");
        ResolvingOptions.Require(_servfail, p => p is >= 0 and <= 1, "must be 0 to 1");
    }

    /// <param name="always">The command is about the lab, so that <c>--lab</c> goes without saying.</param>
    public void AddTo(Command command, bool always = false)
    {
        if (!always) command.Options.Add(_lab);
        foreach (var option in (Option[])[_seed, _drop, _servfail]) command.Options.Add(option);
    }

    /// <summary>Is the lab asked for? Its other options without it would be ignored, so they are refused.</summary>
    public bool Wanted(ParseResult parsed)
    {
        bool wanted = parsed.GetValue(_lab);
        if (!wanted && ((Option[])[_seed, _drop, _servfail]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } stray)
            throw new UsageException($"{stray.Name} needs --lab: it is about the simulated internet");
        return wanted;
    }

    public LabWorld World(ParseResult parsed) => new(new PopulationOptions { Seed = Seed(parsed) });

    private ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public async Task<RunningLab> StartAsync(ParseResult parsed, TimeProvider time)
    {
        double drop = parsed.GetValue(_drop), servfail = parsed.GetValue(_servfail);
        ulong seed = Seed(parsed);
        var faults = new LabFaultRates { Drop = drop, Servfail = servfail, Seed = unchecked((int)seed) };
        var host = await LabHost.StartAsync(World(parsed), new LabHostOptions { FaultRates = faults }, time, CancellationToken.None).ConfigureAwait(false);
        return new RunningLab(host, string.Create(CultureInfo.InvariantCulture, $"simulated internet, seed {seed}, {drop:P1} of packets lost, {servfail:P1} SERVFAIL"));
    }

    /// <summary>The list that is scanned when none is given.</summary>
    public static ListSource OpenBundledList()
    {
        var text = new MemoryStream();
        using (var writer = new StreamWriter(text, leaveOpen: true)) LabList.Write(writer);
        text.Position = 0;
        return ListSource.FromText("lab", text);
    }
}
