using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DnsClient;

namespace Scanner.Dns.Resolve;

/// <summary>Where resolvers are: what the user types, and what the system has configured.</summary>
public static class ResolverEndpoint
{
    /// <summary>Where DNS servers listen unless told otherwise (RFC 1035 §4.2).</summary>
    public const int DefaultPort = 53;

    /// <summary>
    /// Reads <c>HOST</c>, <c>HOST:PORT</c>, an IPv6 address, or <c>[IPv6]:PORT</c>. A host name is asked of the system once, here,
    /// and its first address is taken.
    /// </summary>
    /// <exception cref="FormatException">The text is no resolver; the message says what is wrong with it and is meant for the user.</exception>
    public static async Task<IPEndPoint> ParseAsync(string text, CancellationToken cancellationToken)
    {
        var (host, port) = Split(text);
        if (IPAddress.TryParse(host, out var literal)) return new IPEndPoint(literal, port);
        IPAddress[] addresses;
        try
        {
            addresses = await System.Net.Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new FormatException($"resolver '{text}': the system cannot find the host '{host}' ({e.Message})", e);
        }
        return addresses.FirstOrDefault(a => WhyUnusable(a) is null) is { } address
            ? new IPEndPoint(address, port)
            : throw new FormatException($"resolver '{text}': the host '{host}' has no usable address");
    }

    /// <summary>As <see cref="ParseAsync"/>, for addresses only: false for host names too.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        try
        {
            var (host, port) = Split(text);
            if (IPAddress.TryParse(host, out var address)) endpoint = new IPEndPoint(address, port);
        }
        catch (FormatException)
        {
            // The Try form has no place for the reason.
        }
        return endpoint is not null;
    }

    /// <summary>The resolvers that this machine uses, in its order, without those that no query can go to; empty when there are none.</summary>
    public static IReadOnlyList<IPEndPoint> SystemResolvers()
    {
        IReadOnlyCollection<NameServer> found;
        try
        {
            found = NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false);
        }
        catch (InvalidOperationException)
        {
            return []; // DnsClient's way of saying that it found none
        }
        return Usable(found.Select(s => new IPEndPoint(IPAddress.Parse(s.Address), s.Port)));
    }

    /// <summary>Each usable one once, in order.</summary>
    internal static IReadOnlyList<IPEndPoint> Usable(IEnumerable<IPEndPoint> endpoints) =>
        [.. endpoints.Where(e => WhyUnusable(e.Address) is null).Distinct()];

    private static (string Host, int Port) Split(string text)
    {
        string host = text.Trim();
        if (host.AsSpan().ContainsAny("/ @,")) throw new FormatException($"resolver '{text}': write HOST, HOST:PORT or [IPv6]:PORT");
        string? port = null;
        if (host.StartsWith('['))
        {
            int close = host.IndexOf(']');
            if (close < 0) throw new FormatException($"resolver '{text}': '[' without ']'");
            string after = host[(close + 1)..];
            host = host[1..close];
            if (!IPAddress.TryParse(host, out var inside) || inside.AddressFamily != AddressFamily.InterNetworkV6)
                throw new FormatException($"resolver '{text}': '{host}' is not an IPv6 address");
            if (after.Length > 0 && after[0] != ':') throw new FormatException($"resolver '{text}': only ':PORT' may follow ']'");
            if (after.Length > 0) port = after[1..];
        }
        else if (host.AsSpan().Count(':') == 1)
        {
            int colon = host.IndexOf(':');
            port = host[(colon + 1)..];
            host = host[..colon];
        }
        if (host.Length == 0) throw new FormatException($"resolver '{text}': the host is missing");
        if (host.Contains(':') && !IPAddress.TryParse(host, out _)) throw new FormatException($"resolver '{text}': '{host}' is not an IPv6 address");
        // Digits and dots that are no full address: the system's parser would read "10.1" as 10.0.0.1, its resolver would guess.
        if (host.All(c => c is '.' or (>= '0' and <= '9')) && (host.AsSpan().Count('.') != 3 || !IPAddress.TryParse(host, out _)))
            throw new FormatException($"resolver '{text}': '{host}' is not an IPv4 address");
        if (IPAddress.TryParse(host, out var address) && WhyUnusable(address) is { } why) throw new FormatException($"resolver '{text}': {why}");
        if (port is null) return (host, DefaultPort);
        return int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 65535
            ? (host, number)
            : throw new FormatException($"resolver '{text}': the port must be a number from 1 to 65535");
    }

    private static string? WhyUnusable(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "the unspecified address is nobody's"
        : address.Equals(IPAddress.Broadcast) || address.IsIPv6Multicast || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240)
            ? "a multicast or broadcast address is not one server"
        // RFC 3879 deprecates them; Windows lists fec0:0:0:ffff::1 to 3 where nothing is configured.
        : address.IsIPv6SiteLocal ? "IPv6 site-local addresses are not in use any more (RFC 3879)"
        : null;
}
