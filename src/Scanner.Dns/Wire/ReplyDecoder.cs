using System.Buffers.Binary;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Wire;

/// <summary>
/// Reads a reply out of the receive buffer (RFC 1035 §4). Every read is checked against the message; what does not parse to the end of its
/// last record is <see cref="TransportOutcome.Malformed"/>, never an exception and never half an answer. Strings are made for what is kept only.
/// </summary>
internal static class ReplyDecoder
{
    private const ushort ExtendedErrorOption = 15; // RFC 8914 §2

    /// <summary>
    /// Does this message answer our question: a response with our ID, and name, type and class of its question as sent (RFC 5452 §9.1)?
    /// A server that could not read the question leaves it out of its error, so an error without one passes.
    /// </summary>
    /// <param name="caseBits">Not 0: the letters of the name must have come back as <see cref="QueryEncoder.Encode"/> sent them.</param>
    public static bool IsAnswerTo(ReadOnlySpan<byte> message, ushort id, DnsQuestion question, ulong caseBits)
    {
        if (message.Length < MessageHeader.Length) return false;
        var header = new MessageHeader(message);
        if (header.Id != id || !header.IsQueryResponse) return false;
        if (header.Questions == 0) return header.Rcode is not (0 or 3) && !header.Truncated;
        if (header.Questions != 1) return false;
        var rest = message[MessageHeader.Length..];
        bool sameName = caseBits == 0
            ? WireName.Matches(rest, question.Name, out int length)
            : WireName.MatchesExactly(rest, question.Name, caseBits, out length);
        return sameName
            && rest.Length - length >= 4
            && BinaryPrimitives.ReadUInt16BigEndian(rest[length..]) == (ushort)question.Type
            && BinaryPrimitives.ReadUInt16BigEndian(rest[(length + 2)..]) == MessageHeader.ClassIn;
    }

    /// <param name="message">One for which <see cref="IsAnswerTo"/> holds.</param>
    public static DnsReply Decode(ReadOnlySpan<byte> message, DnsQuestion question, bool overTcp)
    {
        var header = new MessageHeader(message);
        var reader = new RecordReader(message, question.Name);
        if (header.Questions == 1 && !reader.TrySkipQuestion()) return Malformed;

        // A record has at least 11 octets: a count that cannot be true reserves no memory.
        if (header.Answers + header.Authorities + header.Additionals > message.Length / RecordReader.MinLength) return Malformed;
        DnsRecord[] answers = header.Answers == 0 ? [] : new DnsRecord[header.Answers];
        int kept = 0;
        for (int i = 0; i < header.Answers; i++)
        {
            if (!reader.TryReadHeader(keepOwner: true, out var record) || !reader.TryReadData(record, out var read)) return Malformed;
            // Another class is another tree: nothing in it answers us.
            if (record.Class == MessageHeader.ClassIn) answers[kept++] = read;
        }

        uint? negativeTtl = null;
        bool hasNs = false;
        bool nameDenied = false;
        for (int i = 0; i < header.Authorities; i++)
        {
            if (!reader.TryReadHeader(keepOwner: false, out var record)) return Malformed;
            if (record.Type == DnsRecordType.Soa)
            {
                if (!reader.TryReadSoaMinimum(record, out uint minimum)) return Malformed;
                // RFC 2308 §5: the smaller of the SOA's own TTL and its MINIMUM field.
                negativeTtl = Math.Min(record.Ttl, minimum);
            }
            else if (record.Type == DnsRecordType.Ns)
            {
                if (!reader.TrySkipNameData(record)) return Malformed;
                hasNs = true;
            }
            else if (record.Type == NsecTypeMap.Nsec)
            {
                if (!reader.TryReadTypeMap(record, out var map)) return Malformed;
                nameDenied |= NsecTypeMap.HasNxname(map);
            }
            else
            {
                reader.SkipData(record);
            }
        }

        int rcode = header.Rcode;
        ushort[] errors = [];
        for (int i = 0; i < header.Additionals; i++)
        {
            if (!reader.TryReadHeader(keepOwner: false, out var record)) return Malformed;
            if (record.Type == DnsRecordType.Opt)
            {
                rcode = header.Rcode | (int)(record.RawTtl >> 24) << 4; // RFC 6891 §6.1.3: the upper eight bits of the RCODE
                errors = ExtendedErrors(message.Slice(record.DataStart, record.DataLength));
            }
            reader.SkipData(record);
        }

        if (kept < answers.Length) Array.Resize(ref answers, kept);
        if (kept == 0 && errors.Length == 0) return NegativeReplies.Get(header, rcode, negativeTtl, hasNs, nameDenied, overTcp);
        return new DnsReply
        {
            Outcome = TransportOutcome.Answered,
            Rcode = rcode,
            Authoritative = header.Authoritative,
            RecursionAvailable = header.RecursionAvailable,
            AuthenticData = header.AuthenticData,
            OverTcp = overTcp,
            Answers = answers,
            NegativeTtl = negativeTtl,
            HasAuthorityNs = hasNs,
            ExtendedErrors = errors,
            NameDenied = nameDenied,
        };
    }

    private static DnsReply Malformed { get; } = DnsReply.Failed(TransportOutcome.Malformed, "the answer does not parse");

    /// <summary>RFC 6891 §6.1.2: option code, length, data, until the end. What is cut short is left out.</summary>
    private static ushort[] ExtendedErrors(ReadOnlySpan<byte> options)
    {
        ushort[] found = [];
        while (options.Length >= 4)
        {
            ushort code = BinaryPrimitives.ReadUInt16BigEndian(options);
            int length = BinaryPrimitives.ReadUInt16BigEndian(options[2..]);
            if (length > options.Length - 4) break;
            if (code == ExtendedErrorOption && length >= 2) found = [.. found, BinaryPrimitives.ReadUInt16BigEndian(options[4..])];
            options = options[(4 + length)..];
        }
        return found;
    }
}

/// <summary>What stands before a record's data, and where that is. The data are inside the message.</summary>
/// <param name="RawTtl">As it came: in an OPT record it is no TTL.</param>
internal readonly record struct RecordHeader(string Owner, DnsRecordType Type, ushort Class, uint RawTtl, int DataStart, int DataLength)
{
    /// <summary>Seconds; with the top bit set it is to be read as 0 (RFC 2181 §8).</summary>
    public uint Ttl => RawTtl > int.MaxValue ? 0 : RawTtl;
}
