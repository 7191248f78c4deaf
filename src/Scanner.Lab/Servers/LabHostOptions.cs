namespace Scanner.Lab.Servers;

/// <summary>How the lab's servers run; what they serve is the <see cref="ILabWorld"/>.</summary>
public sealed record LabHostOptions
{
    public LabFaultRates FaultRates { get; init; } = new();

    /// <summary>Threads that answer UDP queries, 1 or more. One answers over 100,000 queries a second and leaves the second core of a
    /// small machine to the scanner.</summary>
    public int DnsThreads { get; init; } = 1;

    /// <summary>How long every answer over UDP takes: the way to a resolver, and its own questions to the servers of a name. 0 for none.</summary>
    public TimeSpan AnswerDelay { get; init; }

    /// <summary>For how long an idle DNS connection over TCP stays open. RFC 7766 §6.2.3 asks for a few seconds at least.</summary>
    public TimeSpan TcpIdleTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
