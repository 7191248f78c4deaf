using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scanner.Checks;
using Scanner.Dns;

namespace Scanner.Resolve;

/// <summary>
/// One DNS answer as text and back: the evidence columns. For people and programs alike; the records are in master file form (RFC 1035 §5.1).
/// <code>
/// _dmarc.example.com TXT ok
/// "v=DMARC1; p=none"
///
/// FIRST LINE: name, type, status, then flags: dnssec (asked with proof), ad (AD=1), nxname (compact denial), tries=N (other than 1), cname=NAME
/// EACH FURTHER LINE: the data of one record: TXT strings in quotes with \" \\ \DDD, MX preference and host, an address, TLSA, a name
/// </code>
/// What the classes do not depend on (TTL, times) is not in it; the row's base questions have columns for those.
/// </summary>
public static class AnswerText
{
    public static string Format(DnsAnswer answer, bool withTries = false)
    {
        var text = new ArrayBufferWriter<char>();
        Write(answer, text, withTries);
        return text.WrittenSpan.ToString();
    }

    /// <param name="withTries">Tell how many queries it took, for the row's own questions: shared answers would no longer be the same text in every
    /// row, which is what makes them small.</param>
    public static void Write(DnsAnswer answer, IBufferWriter<char> text, bool withTries = false)
    {
        text.Write(answer.Question.Name);
        text.Write(" ");
        text.Write(TypeName(answer.Question.Type));
        text.Write(" ");
        text.Write(answer.Status.Word());
        if (answer.Question.Dnssec) text.Write(" dnssec");
        if (answer.AuthenticData) text.Write(" ad");
        if (answer.NameDenied) text.Write(" nxname");
        if (withTries && answer.Tries != 1)
        {
            text.Write(" tries=");
            Write(text, answer.Tries);
        }
        if (answer.CnameTarget is { } target)
        {
            text.Write(" cname=");
            text.Write(target);
        }
        foreach (var record in answer.Records)
        {
            text.Write("\n");
            WriteData(text, record);
        }
    }

    /// <summary>False for text that this program did not write, or that a later one wrote with types of its own: such an answer counts as
    /// not there, so that what hangs on it is unknown.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DnsAnswer? answer)
    {
        answer = null;
        string[] lines = text.Split('\n');
        string[] head = lines[0].Split(' ');
        if (head.Length < 3 || head[0].Length == 0 || !TryParseType(head[1], out var type) || !Words.TryParse(head[2], out DnsStatus status)) return false;
        int tries = 1;
        bool dnssec = false, authentic = false, denied = false;
        string? target = null;
        foreach (string flag in head.AsSpan(3))
        {
            if (flag == "dnssec") dnssec = true;
            else if (flag == "ad") authentic = true;
            else if (flag == "nxname") denied = true;
            else if (flag.StartsWith("tries=", StringComparison.Ordinal) && int.TryParse(flag["tries=".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int sent)) tries = sent;
            else if (flag.StartsWith("cname=", StringComparison.Ordinal)) target = flag["cname=".Length..];
            else return false;
        }
        var records = new DnsRecord[lines.Length - 1];
        for (int i = 0; i < records.Length; i++)
        {
            if (ParseData(target ?? head[0], type, lines[i + 1]) is not { } record) return false;
            records[i] = record;
        }
        if (status == DnsStatus.Ok != records.Length > 0) return false;
        answer = new DnsAnswer
        {
            Question = new DnsQuestion(head[0], type, dnssec),
            Status = status,
            Records = records,
            CnameTarget = target,
            AuthenticData = authentic,
            NameDenied = denied,
            Tries = tries,
        };
        return true;
    }

    private static void WriteData(IBufferWriter<char> text, DnsRecord record)
    {
        switch (record)
        {
            case TxtRecord txt:
                for (int i = 0; i < txt.Strings.Count; i++)
                {
                    text.Write(i == 0 ? "\"" : " \"");
                    WriteEscaped(text, txt.Strings[i].Span);
                    text.Write("\"");
                }
                break;
            case MxRecord mx:
                Write(text, mx.Preference);
                text.Write(" ");
                text.Write(mx.Exchange);
                break;
            case AddressRecord address: Write(text, address.Address); break;
            case CnameRecord cname: text.Write(cname.Target); break;
            case NsRecord ns: text.Write(ns.Target); break;
            case PtrRecord ptr: text.Write(ptr.Target); break;
            case SoaRecord soa:
                text.Write(soa.PrimaryServer);
                text.Write(" ");
                Write(text, soa.Minimum);
                break;
            case TlsaRecord tlsa: text.Write(string.Create(CultureInfo.InvariantCulture, $"{tlsa.Usage} {tlsa.Selector} {tlsa.MatchingType} {Convert.ToHexStringLower(tlsa.Data.Span)}")); break;
            default: text.Write("-"); break;
        }
    }

    private static void WriteEscaped(IBufferWriter<char> text, ReadOnlySpan<byte> octets)
    {
        var to = text.GetSpan(4 * octets.Length);
        int length = 0;
        foreach (byte octet in octets)
        {
            if (octet is >= 0x20 and < 0x7F)
            {
                if (octet is (byte)'"' or (byte)'\\') to[length++] = '\\';
                to[length++] = (char)octet;
                continue;
            }
            to[length++] = '\\';
            octet.TryFormat(to[length..], out int digits, "D3", CultureInfo.InvariantCulture);
            length += digits;
        }
        text.Advance(length);
    }

    private static void Write<T>(IBufferWriter<char> text, T value) where T : ISpanFormattable
    {
        // The longest is an IPv6 address.
        value.TryFormat(text.GetSpan(64), out int length, default, CultureInfo.InvariantCulture);
        text.Advance(length);
    }

    private static DnsRecord? ParseData(string owner, DnsRecordType type, string data)
    {
        string[] words = data.Split(' ');
        switch (type)
        {
            case DnsRecordType.Txt:
                return ParseStrings(data) is { } strings ? new TxtRecord(owner, 0, strings) : null;
            case DnsRecordType.Mx when words.Length == 2 && ushort.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort preference):
                return new MxRecord(owner, 0, preference, words[1]);
            case DnsRecordType.A or DnsRecordType.Aaaa when IPAddress.TryParse(data, out var address)
                && address.AddressFamily == (type == DnsRecordType.A ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6):
                return new AddressRecord(owner, 0, address);
            case DnsRecordType.Cname when words.Length == 1: return new CnameRecord(owner, 0, data);
            case DnsRecordType.Ns when words.Length == 1: return new NsRecord(owner, 0, data);
            case DnsRecordType.Ptr when words.Length == 1: return new PtrRecord(owner, 0, data);
            case DnsRecordType.Soa when words.Length == 2 && uint.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint minimum):
                return new SoaRecord(owner, 0, words[0], minimum);
            case DnsRecordType.Tlsa when words.Length == 4 && TryOctet(words[0], out byte usage) && TryOctet(words[1], out byte selector) && TryOctet(words[2], out byte matching):
                return TryHex(words[3]) is { } octets ? new TlsaRecord(owner, 0, usage, selector, matching, octets) : null;
            default:
                return null;
        }
    }

    private static bool TryOctet(string word, out byte octet) => byte.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out octet);

    private static byte[]? TryHex(string word)
    {
        byte[] octets = new byte[word.Length / 2];
        return word.Length % 2 == 0 && Convert.FromHexString(word, octets, out _, out int written) == System.Buffers.OperationStatus.Done && written == octets.Length ? octets : null;
    }

    private static ReadOnlyMemory<byte>[]? ParseStrings(string data)
    {
        var strings = new List<ReadOnlyMemory<byte>>();
        var octets = new List<byte>();
        for (int at = 0; at < data.Length; at++)
        {
            if (strings.Count > 0 && data[at++] != ' ') return null;
            if (at >= data.Length || data[at++] != '"') return null;
            octets.Clear();
            while (true)
            {
                if (at >= data.Length) return null;
                char c = data[at++];
                if (c == '"') break;
                if (c == '\\')
                {
                    if (at + 2 < data.Length && byte.TryParse(data.AsSpan(at, 3), NumberStyles.None, CultureInfo.InvariantCulture, out byte octet))
                    {
                        octets.Add(octet);
                        at += 3;
                        continue;
                    }
                    if (at >= data.Length || data[at] is not ('"' or '\\')) return null;
                    c = data[at++];
                }
                if (c is < ' ' or > '~') return null;
                octets.Add((byte)c);
            }
            if (octets.Count > 255) return null;
            strings.Add(octets.ToArray());
            at--;
        }
        return [.. strings];
    }

    /// <summary>RFC 3597 §5: a type without a name of its own is TYPE and its number.</summary>
    private static string TypeName(DnsRecordType type) => TypeNames.TryGetValue(type, out string? name)
        ? name
        : string.Create(CultureInfo.InvariantCulture, $"TYPE{(ushort)type}");

    private static readonly FrozenDictionary<DnsRecordType, string> TypeNames =
        Enum.GetValues<DnsRecordType>().ToFrozenDictionary(type => type, type => type.ToString().ToUpperInvariant());

    private static bool TryParseType(string word, out DnsRecordType type)
    {
        if (Enum.TryParse(word, ignoreCase: true, out type) && Enum.IsDefined(type) && !char.IsAsciiDigit(word[0])) return true;
        bool numbered = word.StartsWith("TYPE", StringComparison.Ordinal) & ushort.TryParse(word.AsSpan(Math.Min(4, word.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        type = (DnsRecordType)number;
        return numbered;
    }
}
