using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scanner.Checks.Spf;

/// <summary>Who delivers a message: the arguments of check_host() (RFC 7208 §4.1), and what the macros of §7.2 say about them.</summary>
public sealed class SpfClient
{
    /// <param name="ip">The client's address; an IPv4-mapped one counts as IPv4 (RFC 7208 §5).</param>
    /// <param name="helo">The name given in HELO or EHLO, as it was given.</param>
    /// <param name="mailFrom">The reverse-path. When it is empty, postmaster at the HELO name is the sender (RFC 7208 §2.4).</param>
    /// <param name="time">For the macro <c>t</c>.</param>
    /// <param name="receiver">The checking host, for the macro <c>r</c>.</param>
    public SpfClient(IPAddress ip, string helo, string mailFrom, DateTimeOffset time, string receiver = "unknown")
    {
        Ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        Helo = helo;
        Time = time;
        Receiver = receiver;
        string sender = mailFrom.Length == 0 ? helo : mailFrom;
        int at = sender.LastIndexOf('@');
        // RFC 7208 §4.3: no local-part is "postmaster".
        LocalPart = at > 0 ? sender[..at] : "postmaster";
        Domain = sender[(at + 1)..];
        if (Ip.AddressFamily == AddressFamily.InterNetworkV6) Ip6 = SpfHosts.Ip6Of(Ip);
        else Ip4 = SpfHosts.Ip4Of(Ip);
    }

    /// <summary>Never an IPv4-mapped IPv6 address.</summary>
    public IPAddress Ip { get; }

    /// <summary>Null for an IPv6 client.</summary>
    public uint? Ip4 { get; }

    /// <summary>Null for an IPv4 client.</summary>
    public UInt128? Ip6 { get; }

    /// <summary>As the client gave it.</summary>
    public string Helo { get; }

    /// <summary>Of the sender, or <c>postmaster</c> (RFC 7208 §4.3).</summary>
    public string LocalPart { get; }

    /// <summary>The domain of the sender, as written.</summary>
    public string Domain { get; }

    /// <summary>When the check is made.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>The checking host's name.</summary>
    public string Receiver { get; }

    /// <summary>The name under which the client's reverse mapping stands (RFC 1035 §3.5, RFC 3596 §2.5).</summary>
    public string ReverseName => string.Join('.', Dotted().Split('.').Reverse()) + (Ip4 is null ? ".ip6.arpa" : ".in-addr.arpa");

    /// <summary>The value of a macro letter but <c>d</c> and <c>p</c>, which depend on where the evaluation is (RFC 7208 §7.2, §7.3).</summary>
    public string? ValueOf(char letter) => letter switch
    {
        's' => $"{LocalPart}@{Domain}",
        'l' => LocalPart,
        'o' => Domain,
        'h' => Helo,
        'i' => Dotted(),
        'v' => Ip4 is null ? "ip6" : "in-addr",
        'c' => Ip.ToString(),
        'r' => Receiver,
        't' => Time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>Octets of IPv4, nibbles of IPv6, with dots between (RFC 7208 §7.3).</summary>
    private string Dotted()
    {
        if (Ip6 is not { } bits) return Ip.ToString();
        var text = new StringBuilder(63);
        for (int shift = 124; shift >= 0; shift -= 4)
        {
            text.Append("0123456789abcdef"[(int)(uint)(bits >> shift & 0xF)]);
            if (shift > 0) text.Append('.');
        }
        return text.ToString();
    }
}
