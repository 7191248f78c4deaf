namespace Scanner;

/// <summary>How each pass asks (classification.md 2.3). The first is the scan; the later ones take up what it could not answer: later,
/// slower, with more time for each answer, from an empty cache, and the last one over TCP. What lies below a name that does not answer at all is
/// the last one's (<see cref="ScanOptions.LeaveBelowForLater"/>). Where there are several resolvers, each question begins with another than
/// the one that had nothing to say last (NameDeadline).</summary>
internal static class ScanPasses
{
    /// <summary>Tries for one question in a later pass. The first has made three already, and the pass after comes anyway.</summary>
    private const int LaterAttempts = 2;

    /// <summary>Of the query rate and of the queries in flight: what was too fast for somebody is not asked again at the same speed.</summary>
    private const int SlowDown = 4;

    /// <summary>10 minutes, for servers and networks to recover (classification.md 2.3).</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>A scan that took seconds is not to wait for minutes; nor are two questions to follow each other at once.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan FullFetch = TimeSpan.FromSeconds(60);

    /// <param name="pass">1-based.</param>
    /// <param name="last">The last pass of the run.</param>
    public static ScanOptions OptionsFor(ScanOptions options, int pass, int last)
    {
        options = options with { LeaveBelowForLater = pass < last };
        if (pass == 1) return options;
        var resolver = options.Resolver;
        return options with
        {
            NameDeadlineSeconds = options.NameDeadlineSeconds * options.LaterTimeFactor,
            PolicyFetch = options.PolicyFetch with { Timeout = LaterFetch(options) },
            Resolver = resolver with
            {
                TimeoutSeconds = resolver.TimeoutSeconds * options.LaterTimeFactor,
                Attempts = Math.Min(resolver.Attempts, LaterAttempts),
                QueriesPerSecond = resolver.QueriesPerSecond == 0 ? 0 : Math.Max(1, resolver.QueriesPerSecond / SlowDown),
                InFlight = Math.Max(1, resolver.InFlight / SlowDown),
                OverTcp = pass == last,
            },
        };
    }

    /// <summary>The full minute that RFC 8461 §3.3 suggests (classification.md 6.2), where more time is given at all.</summary>
    private static TimeSpan LaterFetch(ScanOptions options)
    {
        var longer = options.PolicyFetch.Timeout * options.LaterTimeFactor;
        return options.LaterTimeFactor > 1 && longer < FullFetch ? FullFetch : longer;
    }

    /// <summary>How long after its last question a name is asked about again. Without <see cref="ScanOptions.PassPause"/> as long as the
    /// first pass took, 15 seconds to 10 minutes: a name of a long pass has waited long enough when its turn comes.</summary>
    public static TimeSpan PauseAfter(ScanOptions options, TimeSpan firstPass)
    {
        if (options.PassPause is { } pause) return pause;
        return firstPass < ShortestPause ? ShortestPause : firstPass > LongestPause ? LongestPause : firstPass;
    }
}
