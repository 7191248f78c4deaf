namespace Scanner.Dns;

/// <summary>
/// What became of one question, after every retry. The words are those of the stored column (snake_case of the member name).
/// "Did the lookup work" is kept apart from "what did we find": a timeout is never "no record".
/// </summary>
public enum DnsStatus : byte
{
    /// <summary>Nobody asked: the check is off, the name is excluded, or the run ended first.</summary>
    NotQueried = 0,
    /// <summary>RCODE 0 and at least one record of the asked type at the end of the CNAME chain.</summary>
    Ok = 1,
    /// <summary>RCODE 0 and no record of that type at the end of the chain (RFC 2308 §2.2).</summary>
    Nodata = 2,
    /// <summary>RCODE 3. After a CNAME it speaks of the last name of the chain (RFC 6604 §3).</summary>
    Nxdomain = 3,
    /// <summary>RCODE 2.</summary>
    Servfail = 4,
    /// <summary>RCODE 2 because validation failed: EDE 6 to 12 (RFC 8914), or a repeat with CD=1 answers.</summary>
    Bogus = 5,
    /// <summary>RCODE 5.</summary>
    Refused = 6,
    /// <summary>RCODE 4.</summary>
    Notimp = 7,
    /// <summary>RCODE 1, also without EDNS.</summary>
    Formerr = 8,
    /// <summary>Any other RCODE.</summary>
    OtherRcode = 9,
    /// <summary>No answer inside the budget.</summary>
    Timeout = 10,
    /// <summary>ICMP refusal or a socket error.</summary>
    NetworkError = 11,
    /// <summary>TC=1 and TCP did not complete.</summary>
    Truncated = 12,
    /// <summary>The answer does not parse.</summary>
    Malformed = 13,
    /// <summary>A referral, or an empty answer without recursion, from what should be a full resolver.</summary>
    Lame = 14,
    /// <summary>The chain comes back to itself or has more than 16 links.</summary>
    CnameLoop = 15,
    /// <summary>The name to ask would be longer than DNS allows, so it cannot exist (RFC 1035 §2.3.4).</summary>
    NameTooLong = 16,
}

/// <summary>The three-valued reading of a <see cref="DnsStatus"/>: is there such a record, is there none, or could we not tell?</summary>
public enum Presence : byte
{
    /// <summary>We could not tell. Never counted as absent.</summary>
    Unknown = 0,
    /// <summary>There is at least one record of the asked type.</summary>
    Present = 1,
    /// <summary>There is certainly none.</summary>
    Absent = 2,
}

/// <summary>What a <see cref="DnsStatus"/> means for those who count.</summary>
public static class DnsStatuses
{
    /// <summary>Only an answer may become "absent"; everything else stays unknown (RFC 7208 §4.4, RFC 5321 §5.1, RFC 9989 §4.10.1).</summary>
    public static Presence Presence(this DnsStatus status) => status switch
    {
        DnsStatus.Ok => Dns.Presence.Present,
        DnsStatus.Nodata or DnsStatus.Nxdomain or DnsStatus.NameTooLong => Dns.Presence.Absent,
        _ => Dns.Presence.Unknown,
    };

    /// <summary>Neither there nor certainly not there; also for a question that was never asked.</summary>
    public static bool IsUnknown(this DnsStatus status) => status.Presence() == Dns.Presence.Unknown;
}
