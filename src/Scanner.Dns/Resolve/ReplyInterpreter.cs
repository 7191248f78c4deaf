using System.Net.Sockets;
using Scanner.Dns.Transport;

namespace Scanner.Dns.Resolve;

/// <summary>Pure: what one reply of a recursive resolver says about one question. Knows nothing of tries, time or caches.</summary>
public static class ReplyInterpreter
{
    /// <summary>Links of a CNAME chain that are followed. No RFC has a number; resolvers stop between 8 and 16.</summary>
    public const int MaxCnameLinks = 16;

    /// <summary>Seconds. RFC 2308 §5: one to three hours have been found to work well for negative answers.</summary>
    public const uint MaxNegativeTtl = 3 * 3600;

    /// <param name="exchange">What the caller knows about how the reply came about; goes into the answer as it is.</param>
    public static DnsAnswer Interpret(DnsQuestion question, DnsReply reply, in ExchangeHistory exchange = default)
    {
        var reading = Read(question, reply);
        return new DnsAnswer
        {
            Question = question,
            Status = reading.Status,
            Records = reading.Records ?? [],
            CnameTarget = reading.CnameTarget,
            Ttl = reading.Ttl,
            AuthenticData = reply.AuthenticData,
            // After a CNAME the NSEC may be about any link of the chain.
            NameDenied = reply.NameDenied && reading.Status == DnsStatus.Nodata && reading.CnameTarget is null,
            OverTcp = reply.OverTcp,
            ExtendedErrors = reply.ExtendedErrors,
            Tries = exchange.Tries,
            FailedTries = exchange.FailedTries ?? [],
            Milliseconds = exchange.Milliseconds,
            Resolver = reply.Outcome == TransportOutcome.Answered ? exchange.Resolver : null,
            AskedLast = exchange.Resolver,
        };
    }

    private static Reading Read(DnsQuestion question, DnsReply reply)
    {
        switch (reply.Outcome)
        {
            case TransportOutcome.Timeout: return new(DnsStatus.Timeout);
            case TransportOutcome.NetworkError: return new(DnsStatus.NetworkError);
            case TransportOutcome.Truncated: return new(DnsStatus.Truncated);
            case TransportOutcome.Malformed: return new(DnsStatus.Malformed);
        }
        // RCODEs: RFC 1035 §4.1.1
        switch (reply.Rcode)
        {
            case 0 or 3: break;
            case 1: return new(DnsStatus.Formerr);
            case 2: return new(IsValidationFailure(reply) ? DnsStatus.Bogus : DnsStatus.Servfail);
            case 4: return new(DnsStatus.Notimp);
            case 5: return new(DnsStatus.Refused);
            default: return new(DnsStatus.OtherRcode);
        }

        string name = question.Name;
        string? target = null;
        uint ttl = uint.MaxValue;
        if (question.Type != DnsRecordType.Cname)
        {
            // A chain that comes back to itself never ends, so counting finds it too.
            for (int links = 0; FindCname(reply.Answers, name) is { } cname; links++)
            {
                if (links == MaxCnameLinks) return new(DnsStatus.CnameLoop) { CnameTarget = target };
                name = target = cname.Target;
                ttl = Math.Min(ttl, cname.Ttl);
            }
        }

        // Records of other owners are somebody else's: not an answer to this question (RFC 2181 §5.4.1 ranks them as untrusted).
        int matching = 0;
        for (int i = 0; i < reply.Answers.Count; i++)
        {
            if (!IsAnswer(reply.Answers[i], question.Type, name)) continue;
            matching++;
            ttl = Math.Min(ttl, reply.Answers[i].Ttl);
        }
        // Mostly all of them are, and then there is nothing to copy.
        var records = matching == 0 ? null : matching == reply.Answers.Count ? reply.Answers : AnswersAmong(reply.Answers, question.Type, name);

        if (reply.Rcode == 3)
        {
            // "The name does not exist" and a record of that name contradict each other. No RFC says which to believe; we believe neither.
            if (records is not null) return new(DnsStatus.Malformed);
            // RFC 6604 §3: after a CNAME the RCODE speaks of the last name.
            return new(DnsStatus.Nxdomain) { CnameTarget = target, Ttl = NegativeTtl(ttl, reply) };
        }
        if (records is not null) return new(DnsStatus.Ok) { Records = records, CnameTarget = target, Ttl = ttl };
        if (IsLame(reply, target)) return new(DnsStatus.Lame) { CnameTarget = target };
        return new(DnsStatus.Nodata) { CnameTarget = target, Ttl = NegativeTtl(ttl, reply) };
    }

    /// <summary>
    /// Nothing found, and the server does not recurse (RA=0): is that an answer? With an SOA it is NODATA (RFC 2308 §2.2). Without one,
    /// NS records make it a referral; without AA nobody vouches for it; and behind a CNAME the server has merely not looked further.
    /// From a server that does recurse, the chain was followed to its end (RFC 1034 §3.6.2, §4.3.2), and empty means NODATA.
    /// </summary>
    private static bool IsLame(DnsReply reply, string? cnameTarget) =>
        !reply.RecursionAvailable && reply.NegativeTtl is null && (reply.HasAuthorityNs || !reply.Authoritative || cnameTarget is not null);

    // RFC 2308 §5: a negative answer without an SOA should not be cached.
    private static uint NegativeTtl(uint chainTtl, DnsReply reply) => Math.Min(chainTtl, Math.Min(reply.NegativeTtl ?? 0, MaxNegativeTtl));

    /// <summary>RFC 8914 §4.7 to §4.13: INFO-CODEs 6 (DNSSEC bogus) to 12 (NSEC missing).</summary>
    private static bool IsValidationFailure(DnsReply reply)
    {
        foreach (ushort code in reply.ExtendedErrors)
            if (code is >= 6 and <= 12) return true;
        return false;
    }

    private static CnameRecord? FindCname(IReadOnlyList<DnsRecord> answers, string owner)
    {
        // By index: to enumerate an interface allocates, and this runs for every answer.
        for (int i = 0; i < answers.Count; i++)
            if (answers[i] is CnameRecord cname && SameName(cname.Owner, owner)) return cname;
        return null;
    }

    private static List<DnsRecord> AnswersAmong(IReadOnlyList<DnsRecord> records, DnsRecordType type, string owner) =>
        [.. records.Where(record => IsAnswer(record, type, owner))];

    private static bool IsAnswer(DnsRecord record, DnsRecordType type, string owner) => TypeOf(record) == type && SameName(record.Owner, owner);

    // Case means nothing in DNS (RFC 4343). Names are ASCII here: other octets are escaped.
    private static bool SameName(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static DnsRecordType TypeOf(DnsRecord record) => record switch
    {
        TxtRecord => DnsRecordType.Txt,
        MxRecord => DnsRecordType.Mx,
        AddressRecord { Address.AddressFamily: AddressFamily.InterNetworkV6 } => DnsRecordType.Aaaa,
        AddressRecord => DnsRecordType.A,
        CnameRecord => DnsRecordType.Cname,
        NsRecord => DnsRecordType.Ns,
        PtrRecord => DnsRecordType.Ptr,
        SoaRecord => DnsRecordType.Soa,
        TlsaRecord => DnsRecordType.Tlsa,
        RrsigRecord => DnsRecordType.Rrsig,
        OtherRecord other => other.Type,
        _ => 0,
    };

    private readonly record struct Reading(DnsStatus Status)
    {
        public IReadOnlyList<DnsRecord>? Records { get; init; }
        public string? CnameTarget { get; init; }
        public uint Ttl { get; init; }
    }
}

/// <summary>How a reply came about, as it stands in the <see cref="DnsAnswer"/>.</summary>
/// <param name="Tries">Queries sent for the question so far, this one included.</param>
/// <param name="FailedTries">What the earlier ones came to, oldest first; null for none.</param>
/// <param name="Milliseconds">Since the first of them, without waiting for permits.</param>
/// <param name="Resolver">Who was asked last, <c>address:port</c>.</param>
public readonly record struct ExchangeHistory(int Tries, IReadOnlyList<DnsStatus>? FailedTries, double Milliseconds, string? Resolver);
