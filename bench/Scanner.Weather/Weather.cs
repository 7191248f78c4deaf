using Scanner.Dns;
using Scanner.Lab;

namespace Scanner.Weather;

/// <summary>One kind of bad day: what the network and the resolver do while a scan runs.</summary>
/// <param name="Name">For the table.</param>
internal sealed record Weather(string Name)
{
    /// <summary>Share of UDP queries that are lost, 0 to 1.</summary>
    public double Loss { get; init; }

    /// <summary>Share of queries that get SERVFAIL, 0 to 1.</summary>
    public double Servfail { get; init; }

    /// <summary>What the resolver does to every question for a while, from <see cref="From"/> to <see cref="Until"/> seconds after the first question.</summary>
    public LabDnsFault Spell { get; init; }

    /// <summary>For the same while it says that no name exists.</summary>
    public bool Lies { get; init; }

    public double From { get; init; }

    public double Until { get; init; }

    /// <summary>Questions a second beyond which it answers REFUSED; 0 for none.</summary>
    public int RefusedOver { get; init; }

    public static IReadOnlyList<Weather> All { get; } =
    [
        new("calm"),
        new("1 % loss") { Loss = 0.01 },
        new("5 % loss") { Loss = 0.05 },
        new("20 % loss") { Loss = 0.20 },
        new("50 % loss") { Loss = 0.50 },
        new("2 % SERVFAIL") { Servfail = 0.02 },
        new("dead for 10 s") { Spell = LabDnsFault.Silent, From = 2, Until = 12 },
        new("dead for 30 s") { Spell = LabDnsFault.Silent, From = 2, Until = 32 },
        new("SERVFAIL to all for 20 s") { Spell = LabDnsFault.Servfail, From = 2, Until = 22 },
        new("SERVFAIL to all, always") { Spell = LabDnsFault.Servfail, From = 0, Until = 1e9 },
        new("REFUSED over 400/s") { RefusedOver = 400 },
        new("5 % loss, 2 % SERVFAIL, REFUSED over 600/s, dead for 5 s") { Loss = 0.05, Servfail = 0.02, RefusedOver = 600, Spell = LabDnsFault.Silent, From = 3, Until = 8 },
        new("NXDOMAIN to all for 3 s (a lie)") { Lies = true, From = 3, Until = 6 },
    ];
}

/// <summary>A world under a weather. Not pure: what it answers depends on when it is asked.</summary>
internal sealed class WeatherWorld(ILabWorld inner, Weather weather, TimeProvider time) : ILabWorld
{
    private long _start;
    private readonly Lock _lock = new();
    private long _second;
    private int _inSecond;

    public LabDnsResponse Resolve(string name, DnsRecordType type)
    {
        // The list is read before anything is asked, which takes a long one longer.
        if (Volatile.Read(ref _start) == 0) Interlocked.CompareExchange(ref _start, time.GetTimestamp(), 0);
        double now = time.GetElapsedTime(Volatile.Read(ref _start)).TotalSeconds;
        if (weather.RefusedOver > 0 && Exceeds(now)) return new LabDnsResponse { Fault = LabDnsFault.Refused };
        if (now < weather.From || now >= weather.Until) return inner.Resolve(name, type);
        return weather.Lies ? new LabDnsResponse { Rcode = 3 } : inner.Resolve(name, type) with { Fault = weather.Spell };
    }

    public LabPolicyHost? PolicyHost(string host) => inner.PolicyHost(host);

    private bool Exceeds(double now)
    {
        lock (_lock)
        {
            if ((long)now != _second) (_second, _inSecond) = ((long)now, 0);
            return ++_inSecond > weather.RefusedOver;
        }
    }
}
