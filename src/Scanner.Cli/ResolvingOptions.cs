using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Scanner.Checks;
using Scanner.Checks.Dkim;
using Scanner.Checks.MtaSts;
using Scanner.Dns.Resolve;
using Scanner.Dns.Transport;
using Scanner.Lab.Servers;

namespace Scanner.Cli;

/// <summary>The options that say how to ask, shared by <c>scan</c> and <c>check</c>.</summary>
internal sealed class ResolvingOptions
{
    /// <summary>The lab's latest answer is 700 ms late: who tries it need not wait a minute for servers that never answer.</summary>
    private const double LabTimeoutSeconds = 1;

    private const double LabHttpsTimeoutSeconds = 5;

    private readonly Option<string[]> _resolver = new("--resolver")
    {
        Description = "a recursive resolver to ask; repeatable (default: the system's)",
        HelpName = "HOST[:PORT]",
    };

    private readonly Option<int?> _qps = new("--qps")
    {
        Description = "ceiling for DNS queries a second, all resolvers together; 0 = none (default: 1000, or 0 with --lab)",
        HelpName = "N",
    };

    private readonly Option<int> _inFlight = new("--in-flight")
    {
        Description = "ceiling for DNS queries waiting for an answer",
        HelpName = "N",
        DefaultValueFactory = _ => new ResolverOptions().InFlight,
    };

    private readonly Option<double?> _timeout = new("--timeout")
    {
        Description = "seconds for the first try of a query; doubled for each further one (default: 2, or 1 with --lab)",
        HelpName = "S",
    };

    private readonly Option<int> _attempts = new("--attempts")
    {
        Description = "tries for one query",
        HelpName = "N",
        DefaultValueFactory = _ => new ResolverOptions().Attempts,
    };

    private readonly Option<bool> _hedge = new("--hedge")
    {
        Description = "with several resolvers: a query that takes longer than 95 of 100 is sent to another one too, and the first good answer counts",
    };

    private readonly Option<string> _transport = new("--transport")
    {
        Description = "what carries the queries: engine (our own, the fast one) or dnsclient (the library DnsClient.NET, slower; to compare)",
        HelpName = "engine|dnsclient",
        DefaultValueFactory = _ => TransportWords[0].Word,
    };

    private readonly Option<double?> _httpsTimeout = new("--https-timeout")
    {
        Description = "seconds for one policy fetch as a whole (default: 15, or 5 with --lab)",
        HelpName = "S",
    };

    private readonly Option<int> _httpsPort = new("--https-port")
    {
        Description = "port of the policy hosts, for a lab",
        HelpName = "N",
        DefaultValueFactory = _ => 443,
    };

    private readonly Option<string?> _caFile = new("--ca-file")
    {
        Description = "PEM roots trusted instead of the system's",
        HelpName = "FILE",
    };

    private readonly Option<bool> _allowSpecial = new("--allow-special-addresses")
    {
        Description = "fetch policies from loopback, private and other special-purpose addresses too (a lab)",
    };

    private readonly Option<bool> _strictMediaType = new("--strict-media-type")
    {
        Description = "a policy that is not sent as text/plain is a failure (RFC 8461 §3.2 says SHOULD; by default it is only noted)",
    };

    private readonly Option<string?> _contact = new("--contact")
    {
        Description = "whom to write to: put into the HTTPS User-Agent and run.json",
        HelpName = "TEXT",
    };

    private static readonly (string Word, TransportKind Kind)[] TransportWords = [("engine", TransportKind.Engine), ("dnsclient", TransportKind.DnsClient)];
    private readonly Option<bool> _trustAd = new("--trust-ad")
    {
        Description = "the path to the resolvers is safe, so that their word about DNSSEC (the AD bit) counts; without it only a resolver on this machine is believed",
    };

    private readonly Option<string> _dkimTier = new("--dkim-tier")
    {
        Description = "how many DKIM selectors are tried: a (8 and the mail provider's own), b (25) or c (about 75)",
        HelpName = "a|b|c",
        DefaultValueFactory = _ => "a",
    };

    public ResolvingOptions()
    {
        Require(_transport, word => TransportWords.Any(t => t.Word == word), "must be engine or dnsclient");
        Require(_qps, n => n is null or >= 0, "must be 0 (no ceiling) or more");
        Require(_inFlight, n => n is >= 1 and <= 65_000, "must be 1 to 65000");
        Require(_timeout, s => s is null or (>= 0.05 and <= 60), "must be 0.05 to 60 seconds");
        Require(_attempts, n => n is >= 1 and <= 10, "must be 1 to 10");
        Require(_httpsTimeout, s => s is null or (>= 0.1 and <= 300), "must be 0.1 to 300 seconds");
        Require(_httpsPort, n => n is >= 1 and <= 65_535, "must be 1 to 65535");
        Require(_dkimTier, tier => Words.TryParse<DkimTier>(tier ?? "", out _), "must be a, b or c");
        Require(_contact, text => text is null || text.All(c => c is >= ' ' and <= '~'), "must be printable ASCII: it goes into an HTTP header");
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_resolver, _qps, _inFlight, _timeout, _attempts, _hedge, _transport, _httpsTimeout, _httpsPort, _caFile, _allowSpecial, _strictMediaType, _contact, _trustAd, _dkimTier])
            command.Options.Add(option);
    }

    /// <summary>The resolvers to ask: those of the lab, those named, or the system's.</summary>
    public async Task<IReadOnlyList<IPEndPoint>> ResolversAsync(ParseResult parsed, LabHost? lab, CancellationToken cancellationToken)
    {
        string[] named = parsed.GetValue(_resolver) ?? [];
        if (lab is not null && named.Length == 0) return [lab.DnsEndpoint];
        var endpoints = new List<IPEndPoint>();
        foreach (string text in named)
        {
            try
            {
                endpoints.Add(await ResolverEndpoint.ParseAsync(text, cancellationToken).ConfigureAwait(false));
            }
            catch (FormatException e)
            {
                throw new UsageException($"--resolver: {e.Message}");
            }
        }
        if (endpoints.Count == 0) endpoints.AddRange(ResolverEndpoint.SystemResolvers());
        if (endpoints.Count == 0) throw new UsageException("this system names no DNS resolver; say which to ask with --resolver HOST[:PORT], or use --lab");
        return endpoints;
    }

    public ResolverOptions Resolver(ParseResult parsed, LabHost? lab) => new()
    {
        QueriesPerSecond = parsed.GetValue(_qps) ?? (lab is null ? new ResolverOptions().QueriesPerSecond : 0),
        InFlight = parsed.GetValue(_inFlight),
        TimeoutSeconds = parsed.GetValue(_timeout) ?? (lab is null ? new ResolverOptions().TimeoutSeconds : LabTimeoutSeconds),
        Attempts = parsed.GetValue(_attempts),
        Hedge = parsed.GetValue(_hedge),
        Transport = TransportWords.First(t => t.Word == parsed.GetValue(_transport)).Kind,
    };

    public PolicyFetchOptions PolicyFetch(ParseResult parsed, LabHost? lab) => new()
    {
        Port = lab is not null && IsDefault(parsed, _httpsPort) ? lab.HttpsPort : parsed.GetValue(_httpsPort),
        Timeout = TimeSpan.FromSeconds(parsed.GetValue(_httpsTimeout) ?? (lab is null ? 15 : LabHttpsTimeoutSeconds)),
        TrustedRoots = parsed.GetValue(_caFile) is { } file ? Roots(file) : lab?.RootCertificates,
        AllowSpecialAddresses = parsed.GetValue(_allowSpecial) ? SpecialAddressUse.All : lab is not null ? SpecialAddressUse.LoopbackOnly : SpecialAddressUse.None,
        StrictMediaType = parsed.GetValue(_strictMediaType),
        UserAgent = UserAgent(parsed.GetValue(_contact)),
    };

    public bool TrustAd(ParseResult parsed) => parsed.GetValue(_trustAd);

    public DkimTier DkimTier(ParseResult parsed) => Words.TryParse(parsed.GetValue(_dkimTier)!, out DkimTier tier) ? tier : Checks.Dkim.DkimTier.A;

    public string? Contact(ParseResult parsed) => parsed.GetValue(_contact);

    private static bool IsDefault(ParseResult parsed, Option option) => parsed.GetResult(option) is null or { Implicit: true };

    private static string UserAgent(string? contact) =>
        string.Create(CultureInfo.InvariantCulture, $"Scanner/{Write.RunManifest.Tool.Version} (+{Write.RunManifest.ToolUrl}; mail security adoption study{(contact is null ? "" : "; " + contact)})");

    private static X509Certificate2Collection Roots(string file)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            return roots.Count > 0 ? roots : throw new UsageException($"--ca-file {file}: holds no PEM certificate");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"--ca-file {file}: {e.Message}");
        }
    }

    /// <summary>A rule for an option's value, reported with the option's name before anything is done.</summary>
    public static void Require<T>(Option<T> option, Predicate<T?> rule, string must) =>
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 0) return;
            bool right;
            try
            {
                right = rule(result.GetValueOrDefault<T>());
            }
            catch (InvalidOperationException)
            {
                // Not even a number: the library reports that, in one line of its own.
                return;
            }
            if (!right) result.AddError($"{option.Name} {result.Tokens[^1].Value}: {must}");
        });
}
