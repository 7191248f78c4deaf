using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Scanner.Checks;
using Scanner.Checks.Names;
using Scanner.Dns;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;

namespace Scanner.Cli;

/// <summary><c>scanner doctor</c>: looks at what a scan will lean on (resolver, rate, clock, disk, root store, IPv6) and says what to change
/// before the first one. It sends a handful of questions to the resolvers and nothing to anybody else.</summary>
internal sealed class DoctorCommand
{
    /// <summary>Questions put to each resolver at once, to see whether it keeps up: far below any limit.</summary>
    private const int Burst = 20;

    /// <summary>Octets on the disk for one name, with room: the rows of the lab take 90, real records compress less well.</summary>
    private const long BytesPerName = 500;

    private const int Names = 1_000_000;

    /// <summary>Well-known public resolvers and what they say of their limits, so that nobody finds out by a million time-outs.</summary>
    private static readonly string[] PublicResolvers =
        ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844", "1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220"];

    private readonly Option<string> _output = new("--output", "-o") { Description = "where the run folders would go", HelpName = "DIR", DefaultValueFactory = _ => "runs" };
    private readonly ResolvingOptions _resolving = new();
    private readonly LabOptions _lab = new();
    private bool _blocked;

    public static Command Create() => new DoctorCommand().Build();

    private Command Build()
    {
        var command = new Command("doctor", "checks resolver, rate, clock, disk, root certificates and IPv6, and says what to change before a first scan") { _output };
        _resolving.AddTo(command);
        _lab.AddTo(command);
        command.SetAction((parsed, _) => ExitCode.OfAsync(() => RunAsync(parsed)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var time = TimeProvider.System;
        using var signals = new StopSignals();
        await using var lab = _lab.Wanted(parsed) ? await _lab.StartAsync(parsed, time).ConfigureAwait(false) : null;
        var options = _resolving.Resolver(parsed, lab?.Host);
        IReadOnlyList<IPEndPoint> resolvers = [];
        try
        {
            resolvers = await _resolving.ResolversAsync(parsed, lab?.Host, signals.Token).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            Problem("resolver", e.Message);
        }
        foreach (var resolver in resolvers) await ResolverAsync(resolver, options, time, signals.Token).ConfigureAwait(false);
        Rate(options, resolvers);
        Clock(time);
        Disk(parsed.GetValue(_output)!);
        Roots(parsed, lab is not null);
        Files(options);
        Ipv6();
        Console.WriteLine(_blocked ? "a scan would not work yet: see the problems above" : "ready to scan");
        return _blocked ? ExitCode.Stopped : ExitCode.Complete;
    }

    private async Task ResolverAsync(IPEndPoint server, ResolverOptions options, TimeProvider time, CancellationToken ct)
    {
        // Once each, so that what is lost shows.
        await using var stub = new StubResolver(options with { Attempts = 1, QueriesPerSecond = 0 }, DnsTransports.Create([server], options), time);
        var probe = (await stub.ProbeAsync(ct).ConfigureAwait(false))[0];
        if (!probe.Answers)
        {
            Problem("resolver", $"{server} does not answer ({probe.Status.Word()}): check that it runs and that this machine may ask it over UDP and TCP, or name another with --resolver");
            return;
        }
        if (probe.Status is DnsStatus.Refused or DnsStatus.Lame)
        {
            Problem("resolver", $"{server} answers, but does not resolve for this machine ({probe.Status.Word()}): allow this address in its access control, or name another with --resolver");
            return;
        }
        long start = time.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => stub.QueryAsync(new DnsQuestion(".", DnsRecordType.Ns), ct).AsTask())).ConfigureAwait(false);
        int lost = answers.Count(answer => answer.Status == DnsStatus.Timeout);
        var root = answers.FirstOrDefault(answer => answer.Status == DnsStatus.Ok);
        string speed = string.Create(CultureInfo.InvariantCulture, $"{Burst} questions at once in {time.GetElapsedTime(start).TotalMilliseconds:N0} ms");
        if (lost > 0) Note("resolver", $"{server} answers, but lost {lost} of {speed}: begin with a low --qps");
        else Ok("resolver", $"{server} answers, {speed}");
        if (PublicResolvers.Contains(server.Address.ToString()))
            Note("resolver", $"{server.Address} is a public resolver: it limits each address to some 100 to 1,500 queries a second, and a million names take about six million. Run one of your own (data-samples/resolver)");
        if (root is null) Note("dnssec", $"{server} does not know the root's name servers ({answers[0].Status.Word()}): a lab, or a resolver without the way to the root");
        else if (!root.AuthenticData) Note("dnssec", $"{server} does not validate (no AD bit for the root, which is signed): DNSSEC, DANE and \"bogus\" stay unknown");
        else if (!IPAddress.IsLoopback(server.Address)) Note("dnssec", $"{server} validates, but over a network: its AD bit is only believed from this machine (RFC 4035 section 4.9.3)");
        else Ok("dnssec", $"{server} validates");
    }

    private static void Rate(ResolverOptions options, IReadOnlyList<IPEndPoint> resolvers)
    {
        if (resolvers.Count == 0) return;
        if (options.QueriesPerSecond == 0) Ok("rate", "no ceiling: as fast as the resolvers answer");
        else Ok("rate", string.Create(CultureInfo.InvariantCulture, $"--qps {options.QueriesPerSecond}: a million names take at least {TimeSpan.FromSeconds(5.5 * Names / options.QueriesPerSecond):d\\.hh\\:mm\\:ss} (about 5.5 queries each)"));
    }

    private void Clock(TimeProvider time)
    {
        // Certificates are judged by this clock, so one that is years off makes every policy host look broken. What the program knows
        // of the time is the day of its public suffix list, with which its version begins.
        var now = time.GetUtcNow();
        string list = PublicSuffixList.Embedded.Version;
        if (DateTimeOffset.TryParseExact(list[..Math.Min(10, list.Length)], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var known) && now < known)
            Problem("clock", $"this machine says {now:u}, but the built-in public suffix list is of {known:yyyy-MM-dd}: set the clock, or certificates are judged wrongly");
        else Ok("clock", $"{now:u}");
    }

    private void Disk(string output)
    {
        string folder = Path.GetFullPath(output);
        try
        {
            string existing = folder;
            while (!Directory.Exists(existing))
            {
                if (File.Exists(existing)) throw new IOException($"{existing} is a file");
                existing = Path.GetDirectoryName(existing) ?? throw new IOException($"no part of {folder} exists");
            }
            string probe = Path.Combine(existing, $".scanner-doctor-{Environment.ProcessId}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
                // Only to see that it can be.
            }
            long free = new DriveInfo(existing).AvailableFreeSpace, needed = Names * BytesPerName;
            string sizes = string.Create(CultureInfo.InvariantCulture, $"{free / 1e9:N1} GB free in {existing}; a run over a million names takes up to {needed / 1e9:N1} GB");
            if (free < needed) Problem("disk", $"{sizes}: make room, or choose another folder with --output");
            else Ok("disk", sizes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem("disk", $"{folder} cannot be written ({e.Message}): choose another folder with --output");
        }
    }

    private void Roots(ParseResult parsed, bool isLab)
    {
        if (_resolving.PolicyFetch(parsed, null).TrustedRoots is { } own)
        {
            Ok("roots", $"{own.Count} certificates from --ca-file");
            return;
        }
        int count = 0;
        foreach (var location in (StoreLocation[])[StoreLocation.LocalMachine, StoreLocation.CurrentUser])
        {
            using var store = new X509Store(StoreName.Root, location);
            try
            {
                store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
                count += store.Certificates.Count;
            }
            catch (System.Security.Cryptography.CryptographicException)
            {
                // No such store: nothing in it.
            }
        }
        if (count > 0) Ok("roots", $"{count} certificates in the system's store");
        else if (isLab) Note("roots", "the system trusts no root certificate: a lab brings its own, a real scan needs them (package ca-certificates, or --ca-file)");
        else Problem("roots", "the system trusts no root certificate, so every MTA-STS policy host would fail: install them (package ca-certificates), or name a file with --ca-file");
    }

    private static void Files(ResolverOptions options)
    {
        if (!OperatingSystem.IsLinux()) return;
        // /proc: "Max open files  soft  hard  files".
        string? line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        if (line is not null && long.TryParse(line[26..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out long limit) && limit < 1024)
            Note("files", $"this shell may open {limit} files: raise it (ulimit -n 4096), a scan needs sockets for its resolvers and policy hosts");
        if (long.TryParse(File.ReadAllText("/proc/sys/net/core/rmem_max").Trim(), CultureInfo.InvariantCulture, out long buffer) && buffer < 1024L * options.InFlight)
            Note("buffers", $"the kernel grants sockets {buffer / 1024} KiB; for --in-flight {options.InFlight} it should be 4 MiB, or answers are lost in bursts: sysctl -w net.core.rmem_max=4194304");
    }

    private static void Ipv6()
    {
        bool has = NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Any(a => a.Address.AddressFamily == AddressFamily.InterNetworkV6 && !SpecialAddresses.IsSpecial(a.Address));
        if (has) Ok("ipv6", "this machine has a public IPv6 address");
        else Note("ipv6", "no public IPv6 address: policy hosts that have only IPv6 will be unreachable from here, and say so in their rows");
    }

    private static void Ok(string what, string text) => Line("ok", what, text);

    private static void Note(string what, string text) => Line("note", what, text);

    private void Problem(string what, string text)
    {
        _blocked = true;
        Line("problem", what, text);
    }

    private static void Line(string verdict, string what, string text) => Console.WriteLine($"{verdict,-8} {what,-9} {Terminal.Safe(text)}");
}
