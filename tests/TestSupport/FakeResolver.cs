using System.Collections.Concurrent;
using System.Net;
using Scanner.Dns;

namespace Scanner.TestSupport;

/// <summary>
/// A small zone in memory: records by name and type, and a list of questions that fail. A name that nobody mentioned does not exist;
/// a name that has only other types, or names below it, answers NODATA.
/// </summary>
public sealed class FakeResolver : IResolver
{
    private readonly Dictionary<string, List<DnsRecord>> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<DnsQuestion, DnsStatus> _failures = [];
    private readonly Dictionary<string, string> _cnames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _signed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _denied = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<DnsQuestion> _asked = new();

    /// <summary>Every question asked, in order.</summary>
    public IReadOnlyCollection<DnsQuestion> Asked => _asked;

    /// <summary>One TXT record; several parts are several character-strings.</summary>
    public FakeResolver Txt(string name, params string[] strings) => Add(TxtRecord.FromText(name, 3600, strings));

    public FakeResolver Mx(string name, int preference, string exchange) => Add(new MxRecord(name, 3600, (ushort)preference, exchange));

    public FakeResolver A(string name, string address)
    {
        return Add(new AddressRecord(name, 3600, IPAddress.Parse(address)));
    }

    public FakeResolver Ptr(string name, string target) => Add(new PtrRecord(name, 3600, target));

    public FakeResolver Cname(string name, string target)
    {
        _cnames[name] = target;
        return this;
    }

    public FakeResolver Tlsa(string name, int usage, int selector, int matchingType, params byte[] data) =>
        Add(new TlsaRecord(name, 3600, (byte)usage, (byte)selector, (byte)matchingType, data));

    /// <summary>Zones whose answers have AD=1 when a question asks for proof.</summary>
    public FakeResolver Signed(params string[] zones)
    {
        _signed.UnionWith(zones);
        return this;
    }

    /// <summary>A name that compact denial answers for: NOERROR, and with proof NXNAME (RFC 9824 §3.1).</summary>
    public FakeResolver DeniedCompactly(string name)
    {
        _denied.Add(name);
        return this;
    }

    /// <summary>Makes one question fail.</summary>
    public FakeResolver Fail(string name, DnsRecordType type, DnsStatus status)
    {
        _failures[new DnsQuestion(name, type)] = status;
        return this;
    }

    public DnsAnswer Query(string name, DnsRecordType type) => Answer(new DnsQuestion(name, type));

    public ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken) => new(Answer(question));

    private FakeResolver Add(DnsRecord record)
    {
        if (!_records.TryGetValue(record.Owner, out var list)) _records[record.Owner] = list = [];
        list.Add(record);
        return this;
    }

    private DnsAnswer Answer(DnsQuestion question)
    {
        _asked.Enqueue(question);
        if (_failures.TryGetValue(question with { Dnssec = false }, out var failure)) return DnsAnswer.Without(question, failure);
        if (_denied.Contains(question.Name)) return DnsAnswer.Without(question, DnsStatus.Nodata) with { NameDenied = question.Dnssec, AuthenticData = question.Dnssec };
        string name = question.Name;
        string? target = null;
        bool signed = question.Dnssec && IsSigned(name);
        for (int links = 0; _cnames.TryGetValue(name, out string? next); links++)
        {
            if (links == 16) return DnsAnswer.Without(question, DnsStatus.CnameLoop);
            if (question.Type == DnsRecordType.Cname)
                return new DnsAnswer { Question = question, Status = DnsStatus.Ok, Records = [new CnameRecord(name, 3600, next)], AuthenticData = signed, Tries = 1 };
            name = target = next;
            signed &= IsSigned(name);
        }
        var status = DnsStatus.Nxdomain;
        DnsRecord[] found = [];
        if (_records.TryGetValue(name, out var all))
        {
            found = all.Where(r => TypeOf(r) == question.Type).ToArray();
            status = found.Length > 0 ? DnsStatus.Ok : DnsStatus.Nodata;
        }
        else if (_records.Keys.Concat(_cnames.Keys).Any(k => k.EndsWith("." + name, StringComparison.Ordinal)))
        {
            status = DnsStatus.Nodata;
        }
        return new DnsAnswer { Question = question, Status = status, Records = found, CnameTarget = target, Ttl = 3600, Tries = 1, AuthenticData = signed };
    }

    private bool IsSigned(string name) => _signed.Any(zone => DomainName.IsAtOrBelow(name, zone));

    private static DnsRecordType TypeOf(DnsRecord record) => record switch
    {
        AddressRecord { Address.AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } => DnsRecordType.Aaaa,
        AddressRecord => DnsRecordType.A,
        TxtRecord => DnsRecordType.Txt,
        MxRecord => DnsRecordType.Mx,
        TlsaRecord => DnsRecordType.Tlsa,
        NsRecord => DnsRecordType.Ns,
        PtrRecord => DnsRecordType.Ptr,
        SoaRecord => DnsRecordType.Soa,
        CnameRecord => DnsRecordType.Cname,
        OtherRecord other => other.Type,
        _ => 0,
    };
}
