namespace Scanner.Lab.Servers;

/// <summary>Faults that strike any query of the whole lab, whatever it asks: a lossy network, an overloaded resolver.</summary>
public sealed record LabFaultRates
{
    /// <summary>The share of UDP queries that get no answer, 0 to 1. TCP repeats what is lost, so nothing is dropped there.</summary>
    public double Drop { get; init; }

    /// <summary>The share of queries, of those not dropped, that get SERVFAIL, 0 to 1; UDP and TCP.</summary>
    public double Servfail { get; init; }

    /// <summary>The same seed makes the same sequence of fates; which query meets which depends on the order of arrival.</summary>
    public int Seed { get; init; }
}

/// <summary>Draws the fate of each query: SplitMix64 over an atomic counter, so threads share one seeded sequence without a lock.</summary>
internal sealed class LabFate
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private readonly ulong _drop, _servfail;
    private readonly bool _any;
    private ulong _state;

    public LabFate(LabFaultRates rates)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rates.Drop);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rates.Drop, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rates.Servfail);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rates.Servfail, 1);
        (_drop, _servfail) = (Threshold(rates.Drop), Threshold(rates.Servfail));
        _any = rates.Drop > 0 || rates.Servfail > 0;
        _state = (ulong)rates.Seed * 0xD1342543DE82EF95;
    }

    /// <summary>At most one of the two is true.</summary>
    public (bool Drop, bool Servfail) Draw()
    {
        if (!_any) return default;
        ulong mixed = Interlocked.Add(ref _state, Step);
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
        mixed ^= mixed >> 31;
        // Two independent draws of 32 bits each.
        if (mixed >> 32 < _drop) return (true, false);
        return (false, (mixed & uint.MaxValue) < _servfail);
    }

    private static ulong Threshold(double share) => (ulong)(share * 4294967296.0);
}
