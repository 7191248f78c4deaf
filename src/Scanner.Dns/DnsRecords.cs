using System.Net;
using System.Text;

namespace Scanner.Dns;

/// <summary>Record types by their number on the wire; a number that nobody named here is kept as it is.</summary>
public enum DnsRecordType : ushort
{
    /// <summary>An IPv4 address (RFC 1035 §3.4.1).</summary>
    A = 1,
    /// <summary>A name server of the zone (RFC 1035 §3.3.11).</summary>
    Ns = 2,
    /// <summary>The canonical name of an alias (RFC 1035 §3.3.1).</summary>
    Cname = 5,
    /// <summary>The start of a zone of authority (RFC 1035 §3.3.13).</summary>
    Soa = 6,
    /// <summary>A pointer to another name, mostly from an address (RFC 1035 §3.3.12).</summary>
    Ptr = 12,
    /// <summary>A mail exchange (RFC 1035 §3.3.9).</summary>
    Mx = 15,
    /// <summary>Text strings (RFC 1035 §3.3.14).</summary>
    Txt = 16,
    /// <summary>An IPv6 address (RFC 3596 §2.1).</summary>
    Aaaa = 28,
    /// <summary>The pseudo-record of EDNS (RFC 6891 §6.1); it belongs into the additional section.</summary>
    Opt = 41,
    /// <summary>A DNSSEC signature (RFC 4034 §3).</summary>
    Rrsig = 46,
    /// <summary>A TLS certificate association (RFC 6698 §2).</summary>
    Tlsa = 52,
}

/// <summary>One resource record as it came. Names are lower-case, without the trailing dot, the root is ".";
/// odd octets inside a label are escaped as <c>\.</c>, <c>\\</c> or <c>\DDD</c> (RFC 4343 §2.1).</summary>
/// <param name="Owner">The name that the record belongs to.</param>
/// <param name="Ttl">Seconds, 0 to 2^31-1.</param>
public abstract record DnsRecord(string Owner, uint Ttl);

/// <summary>An A or AAAA record; the family of the address tells which.</summary>
public sealed record AddressRecord(string Owner, uint Ttl, IPAddress Address) : DnsRecord(Owner, Ttl);

/// <param name="Target">The name that the owner is an alias of; it may be an alias again.</param>
public sealed record CnameRecord(string Owner, uint Ttl, string Target) : DnsRecord(Owner, Ttl);

/// <param name="Target">The name of a server of the owner's zone.</param>
public sealed record NsRecord(string Owner, uint Ttl, string Target) : DnsRecord(Owner, Ttl);

/// <summary>The name of an address (RFC 1035 §3.3.12).</summary>
public sealed record PtrRecord(string Owner, uint Ttl, string Target) : DnsRecord(Owner, Ttl);

/// <param name="Minimum">Seconds; with the record's own TTL the bound for negative answers (RFC 2308 §5).</param>
public sealed record SoaRecord(string Owner, uint Ttl, string PrimaryServer, uint Minimum) : DnsRecord(Owner, Ttl);

/// <param name="Exchange">The root, ".", is the null MX (RFC 7505).</param>
public sealed record MxRecord(string Owner, uint Ttl, ushort Preference, string Exchange) : DnsRecord(Owner, Ttl);

/// <summary>A TXT record with its octets untouched.</summary>
/// <param name="Strings">The character-strings in order, 0 to 255 octets each.</param>
public sealed record TxtRecord(string Owner, uint Ttl, IReadOnlyList<ReadOnlyMemory<byte>> Strings) : DnsRecord(Owner, Ttl)
{
    /// <summary>
    /// All strings joined with nothing between (RFC 7208 §3.3, RFC 9989 §4.5, RFC 8461 §3.1), one char per octet (U+0000 to U+00FF),
    /// so that nothing is lost and parsers can work on text. Not UTF-8 decoded.
    /// </summary>
    public string Text => _text ??= Strings.Count == 1
        ? Encoding.Latin1.GetString(Strings[0].Span)
        : string.Concat(Strings.Select(s => Encoding.Latin1.GetString(s.Span)));

    private string? _text;

    /// <summary>A record from text, one char per octet; each part becomes one character-string.</summary>
    public static TxtRecord FromText(string owner, uint ttl, params string[] strings) =>
        new(owner, ttl, strings.Select(s => (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(s)).ToArray());
}

/// <summary>What a TLS server's certificate has to match (RFC 6698 §2). Numbers nobody has registered are kept as they are.</summary>
/// <param name="Usage">0 to 255; 2 (DANE-TA) and 3 (DANE-EE) are those that SMTP uses (RFC 7672 §3.1).</param>
/// <param name="Selector">0 the whole certificate, 1 its public key.</param>
/// <param name="MatchingType">0 the data itself, 1 its SHA-256, 2 its SHA-512.</param>
/// <param name="Data">The certificate association data, as it came.</param>
public sealed record TlsaRecord(string Owner, uint Ttl, byte Usage, byte Selector, byte MatchingType, ReadOnlyMemory<byte> Data) : DnsRecord(Owner, Ttl);

/// <summary>A signature, of which only what proves a wildcard is kept: fewer labels than its owner has (RFC 4034 §3.1.3).</summary>
/// <param name="Labels">Of the name that was signed, the root and a leading "*" not counted.</param>
public sealed record RrsigRecord(string Owner, uint Ttl, DnsRecordType TypeCovered, byte Labels) : DnsRecord(Owner, Ttl);

/// <summary>A type we carry but do not read.</summary>
public sealed record OtherRecord(string Owner, uint Ttl, DnsRecordType Type) : DnsRecord(Owner, Ttl);
