namespace Scanner.Dns.Resolve;

/// <summary>What came back when a resolver was asked for the root's name servers, at the start of a run.</summary>
/// <param name="Resolver"><c>address:port</c></param>
/// <param name="Answers">It sent something, whatever that says.</param>
/// <param name="Status">How it answered the question for the root's name servers.</param>
/// <param name="Milliseconds">The time of the last try.</param>
/// <param name="ErrorText">More about a failure, for people; null when there is nothing to say.</param>
public sealed record ResolverProbe(string Resolver, bool Answers, DnsStatus Status, double Milliseconds, string? ErrorText)
{
    /// <summary>It said AD=1 about the signed root, so it validates. Without that AD=0 means nothing: every zone would look unsigned.</summary>
    public bool Validates { get; init; }
}
