using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DnsClient;
using DnsClient.Protocol;
using DnsClient.Protocol.Options;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Transport;

/// <summary>Turns what DnsClient parsed into our records, undoing its own idea of text.</summary>
internal static class DnsClientRecords
{
    private const ushort ExtendedErrorOption = 15; // RFC 8914 §2

    public static DnsReply ToReply(IDnsQueryResponse response, bool overTcp)
    {
        var answers = new List<DnsRecord>(response.Answers.Count);
        foreach (var record in response.Answers)
        {
            if (record.RecordClass != QueryClass.IN) continue;
            if (Convert(record) is not { } converted)
                return DnsReply.Failed(TransportOutcome.Malformed, $"DnsClient lost octets of a {record.RecordType} record");
            answers.Add(converted);
        }
        uint? negativeTtl = null;
        bool hasNs = false, nameDenied = false;
        foreach (var record in response.Authorities)
        {
            // RFC 2308 §5: the smaller of the SOA's own TTL and its MINIMUM field.
            if (record is global::DnsClient.Protocol.SoaRecord soa) negativeTtl = Math.Min(TtlOf(soa), soa.Minimum);
            hasNs |= record is global::DnsClient.Protocol.NsRecord;
            nameDenied |= record is NSecRecord nsec && NsecTypeMap.HasNxname(nsec.TypeBitMapsRaw.ToArray());
        }
        int rcode = (int)response.Header.ResponseCode;
        IReadOnlyList<ushort> errors = [];
        foreach (var record in response.Additionals)
        {
            if (record is not OptRecord opt) continue;
            rcode |= (opt.InitialTimeToLive >> 24 & 0xFF) << 4; // RFC 6891 §6.1.3: the upper eight bits of the RCODE
            errors = ExtendedErrors(opt.Data);
        }
        return new DnsReply
        {
            Outcome = TransportOutcome.Answered,
            Rcode = rcode,
            Authoritative = response.Header.HasAuthorityAnswer,
            RecursionAvailable = response.Header.RecursionAvailable,
            AuthenticData = response.Header.IsAuthenticData,
            OverTcp = overTcp,
            Answers = answers,
            NegativeTtl = negativeTtl,
            HasAuthorityNs = hasNs,
            ExtendedErrors = errors,
            NameDenied = nameDenied,
        };
    }

    /// <summary>Null when DnsClient has lost what the record said.</summary>
    private static DnsRecord? Convert(DnsResourceRecord record)
    {
        if (OwnerOf(record.DomainName.Original) is not { } owner) return null;
        uint ttl = TtlOf(record);
        return record switch
        {
            global::DnsClient.Protocol.TxtRecord txt => TxtOctets.TryRecover([.. txt.EscapedText], [.. txt.Text], out var strings)
                ? new TxtRecord(owner, ttl, strings)
                : null,
            ARecord a => new AddressRecord(owner, ttl, a.Address),
            AaaaRecord aaaa => new AddressRecord(owner, ttl, aaaa.Address),
            global::DnsClient.Protocol.MxRecord mx => new MxRecord(owner, ttl, mx.Preference, NameOf(mx.Exchange)),
            CNameRecord cname => new CnameRecord(owner, ttl, NameOf(cname.CanonicalName)),
            global::DnsClient.Protocol.NsRecord ns => new NsRecord(owner, ttl, NameOf(ns.NSDName)),
            global::DnsClient.Protocol.PtrRecord ptr => new PtrRecord(owner, ttl, NameOf(ptr.PtrDomainName)),
            global::DnsClient.Protocol.SoaRecord soa => new SoaRecord(owner, ttl, NameOf(soa.MName), soa.Minimum),
            global::DnsClient.Protocol.TlsaRecord tlsa => new TlsaRecord(owner, ttl, (byte)tlsa.CertificateUsage, (byte)tlsa.Selector,
                (byte)tlsa.MatchingType, tlsa.CertificateAssociationData.ToArray()),
            RRSigRecord signature => new RrsigRecord(owner, ttl, (DnsRecordType)signature.CoveredType, signature.Labels),
            _ => new OtherRecord(owner, ttl, (DnsRecordType)record.RecordType),
        };
    }

    // RFC 2181 §8: a TTL with the top bit set is to be read as 0. TimeToLive would count down with the machine's clock.
    private static uint TtlOf(DnsResourceRecord record) => (uint)Math.Max(0, record.InitialTimeToLive);

    private static ushort[] ExtendedErrors(byte[]? options)
    {
        List<ushort>? found = null;
        ReadOnlySpan<byte> rest = options;
        // RFC 6891 §6.1.2: option code, length, data, until the end. What is cut short is left out.
        while (rest.Length >= 4)
        {
            ushort code = BinaryPrimitives.ReadUInt16BigEndian(rest);
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (length > rest.Length - 4) break;
            if (code == ExtendedErrorOption && length >= 2) (found ??= []).Add(BinaryPrimitives.ReadUInt16BigEndian(rest[4..]));
            rest = rest[(4 + length)..];
        }
        return found?.ToArray() ?? [];
    }

    /// <summary>A name inside RDATA. DnsClient escapes with <c>\DDD</c>, and also <c>; "</c> which need none in a name; a space it leaves.</summary>
    private static string NameOf(DnsString name)
    {
        string text = name.Value;
        if (text.AsSpan().ContainsAny("\\ "))
        {
            text = text.Replace("\\;", ";", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal).Replace(" ", "\\032", StringComparison.Ordinal);
        }
        return Canonical(text);
    }

    /// <summary>An owner name, which DnsClient gives as UTF-8 text without escapes; null when that was not UTF-8.</summary>
    private static string? OwnerOf(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.Contains('\\')) return Canonical(text);
        if (text.Contains('\uFFFD')) return null;
        var escaped = new StringBuilder();
        foreach (byte octet in Encoding.UTF8.GetBytes(text))
        {
            if (octet == '\\') escaped.Append("\\\\");
            else if (octet is > 32 and < 127) escaped.Append((char)octet);
            else escaped.Append(CultureInfo.InvariantCulture, $"\\{octet:000}");
        }
        return Canonical(escaped.ToString());
    }

    private static string Canonical(string name) => name.Length <= 1 ? "." : name.TrimEnd('.').ToLowerInvariant();
}
