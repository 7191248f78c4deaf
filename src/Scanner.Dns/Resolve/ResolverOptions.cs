using Scanner.Dns.Transport;

namespace Scanner.Dns.Resolve;

/// <summary>How questions are asked. Validated once, where the command line is read; never changed afterwards.</summary>
public sealed record ResolverOptions
{
    /// <summary>Queries a second to all resolvers together; 0 is no ceiling. 1000 is about what public resolvers document
    /// as their limit per address, and no burden for a resolver of one's own.</summary>
    public int QueriesPerSecond { get; init; } = 1000;

    /// <summary>Queries waiting for an answer at once, 1 to 65,000. Little's law: rate x latency; 2,000 serve 10,000 q/s at 200 ms.</summary>
    public int InFlight { get; init; } = 2000;

    /// <summary>Seconds for the first try; doubled for each further one (2, 4, 8).</summary>
    public double TimeoutSeconds { get; init; } = 2;

    /// <summary>Tries for one question, 1 to 10. Each goes to another resolver where there are several.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>What carries the questions over the wire.</summary>
    public TransportKind Transport { get; init; } = TransportKind.Engine;

    /// <summary>Answers kept for shared names. 200,000 is more than the distinct includes, MX hosts and ancestors of a million-name list.</summary>
    public int CacheEntries { get; init; } = 200_000;

    /// <summary>Every query over TCP: for a last pass over what UDP did not settle (RFC 7766 §5 lets a client choose).</summary>
    public bool OverTcp { get; init; }

    /// <summary>Each resolver gets fewer queries while it shows that it is overloaded (<see cref="Resolve.AdaptiveCeiling"/>).</summary>
    public bool AdaptiveCeiling { get; init; } = true;

    /// <summary>A first try that takes longer than 95 of 100 is sent to another resolver too, and the first good answer counts. Off: it is
    /// for resolvers whose tail is long, and costs up to 5 % more queries.</summary>
    public bool Hedge { get; init; }
}
