using System.Net;
using System.Text;

namespace Scanner.Dns;

/// <summary>Record types by their number on the wire; a number that nobody named here is kept as it is.</summary>
public enum DnsRecordType : ushort
{
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Opt = 41,
    Rrsig = 46,
    Tlsa = 52,
}

/// <summary>One resource record as it came. Names are lower-case, without the trailing dot, the root is ".";
/// odd octets inside a label are escaped as <c>\.</c>, <c>\\</c> or <c>\DDD</c> (RFC 4343 §2.1).</summary>
/// <param name="Owner">The name that the record belongs to.</param>
/// <param name="Ttl">Seconds, 0 to 2^31-1.</param>
public abstract record DnsRecord(string Owner, uint Ttl);

public sealed record AddressRecord(string Owner, uint Ttl, IPAddress Address) : DnsRecord(Owner, Ttl);

public sealed record CnameRecord(string Owner, uint Ttl, string Target) : DnsRecord(Owner, Ttl);

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

public sealed record TlsaRecord(string Owner, uint Ttl, byte Usage, byte Selector, byte MatchingType, ReadOnlyMemory<byte> Data) : DnsRecord(Owner, Ttl);

/// <summary>A signature, of which only what proves a wildcard is kept: fewer labels than its owner has (RFC 4034 §3.1.3).</summary>
/// <param name="Labels">Of the name that was signed, the root and a leading "*" not counted.</param>
public sealed record RrsigRecord(string Owner, uint Ttl, DnsRecordType TypeCovered, byte Labels) : DnsRecord(Owner, Ttl);

/// <summary>A type we carry but do not read.</summary>
public sealed record OtherRecord(string Owner, uint Ttl, DnsRecordType Type) : DnsRecord(Owner, Ttl);
