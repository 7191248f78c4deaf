using System.Globalization;
using System.Net;
using System.Text;
using Scanner.Checks;
using Scanner.Dns;

namespace Scanner.Lab.World;

/// <summary>
/// Reads the cast's text format, which <c>data-samples/lab/README.md</c> describes. Line by line, no look-ahead; every error names
/// the file and the line and says what to write.
/// </summary>
public sealed class CastFile
{
    /// <summary>Seconds; short, as the lab has nothing to save.</summary>
    const uint Ttl = 300;

    readonly string _file;
    readonly List<CastEntry> _entries = [];
    readonly HashSet<string> _owners = [];
    CastEntry? _entry;
    CastNode? _pageNode;
    StringBuilder? _page;
    int _line;

    CastFile(string file) => _file = file;

    /// <exception cref="CastFormatException">The text is not in the format.</exception>
    public static IReadOnlyList<CastEntry> Parse(TextReader text, string file)
    {
        var parser = new CastFile(file);
        while (text.ReadLine() is { } line) parser.ReadLine(line);
        parser.EndEntry();
        return parser._entries;
    }

    void ReadLine(string line)
    {
        _line++;
        string content = line.Trim();
        if (content.Length == 0 || content[0] == '#') return;
        if (content[0] is '|' or '>') ReadPageLine(content);
        else if (!char.IsWhiteSpace(line[0])) ReadHeader(content);
        else if (_entry is null) throw Error("a record before the first 'name:' or 'infra:'");
        else
        {
            EndPage();
            ReadRecord(content);
        }
    }

    void ReadHeader(string content)
    {
        EndPage();
        int colon = content.IndexOf(':');
        string key = colon < 0 ? content : content[..colon];
        string value = colon < 0 ? "" : content[(colon + 1)..].Trim();
        switch (key)
        {
            case "name" or "infra":
                EndEntry();
                string[] words = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words.Length is 0 or > 2 || (words.Length == 2 && words[1] != "open")) throw Error($"write '{key}: NAME' or '{key}: NAME open'");
                if (words[0].Any(char.IsAsciiLetterUpper) || words[0].EndsWith('.')) throw Error("write the name in lower case and without a trailing dot");
                _entry = new CastEntry { Name = words[0], IsListed = key == "name", IsOpen = words.Length == 2, Where = $"{_file}:{_line}" };
                break;
            case "why":
                Current.Why = Current.Why.Length == 0 ? value : Current.Why + " " + value;
                break;
            case "expect":
                ReadExpectations(value, Current.Expect);
                break;
            case "expect-full":
                ReadExpectations(value, Current.ExpectFull);
                break;
            default:
                throw Error($"'{key}' is no key; use name, infra, why or expect (expect-full for a full run), and indent records by two blanks");
        }
    }

    void ReadExpectations(string value, Dictionary<string, string?> into)
    {
        if (!Current.IsListed) throw Error("an 'infra:' entry is not listed and expects nothing; write 'name:' instead");
        foreach (string pair in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            if (equals <= 0) throw Error($"'{pair}' is no expectation; write column=value");
            string column = pair[..equals];
            string? expected = pair[(equals + 1)..];
            // "null" is the null of the column, but for the one column that has a word of that spelling (the null MX).
            if (expected == "null" && CastColumns.Words.GetValueOrDefault(column)?.Contains("null") != true) expected = null;
            if (CastColumns.Complaint(column, expected) is { } complaint) throw Error(complaint);
            if (!into.TryAdd(column, expected)) throw Error($"{column} is expected twice in this entry; drop one");
        }
    }

    void ReadRecord(string content)
    {
        string owner = NextWord(ref content);
        string type = NextWord(ref content);
        if (owner == "**")
        {
            if (type != "fault" || NextWord(ref content) != "*") throw Error("'**' is for a fault of everything: '** fault * WORD'");
            Current.FaultEverywhere = ParseWord<LabDnsFault>(content, "fault");
            return;
        }
        string name = owner == "@" ? Current.Name : $"{owner}.{Current.Name}";
        CastNode node = Node(name);
        switch (type)
        {
            case "MX":
                if (!ushort.TryParse(NextWord(ref content), NumberStyles.None, CultureInfo.InvariantCulture, out ushort preference) || content.Length == 0)
                    throw Error("write 'OWNER MX PREFERENCE HOST', the preference from 0 to 65535");
                Add(node, DnsRecordType.Mx, new MxRecord(name, Ttl, preference, Host(content)));
                break;
            case "TXT":
                Add(node, DnsRecordType.Txt, new TxtRecord(name, Ttl, ParseStrings(content)));
                break;
            case "A" or "AAAA":
                if (!IPAddress.TryParse(content, out IPAddress? address) || address.ToString().Contains(':') != (type == "AAAA"))
                    throw Error($"'{content}' is no address for {type}");
                Add(node, type == "A" ? DnsRecordType.A : DnsRecordType.Aaaa, new AddressRecord(name, Ttl, address));
                break;
            case "CNAME":
                if (node.Cname is not null || node.Records.Count > 0) throw Error($"{name} has a CNAME and something else; RFC 1034 §3.6.2 allows the CNAME only");
                node.Cname = Host(content);
                break;
            case "nxdomain":
                node.Nxdomain = true;
                break;
            case "signed" when owner == "@":
                Current.IsSigned = true;
                break;
            case "signed-compact" when owner == "@":
                Current.DeniesCompactly = true;
                break;
            case "TLSA":
                string[] fields = content.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length != 4 || !fields.Take(3).All(f => byte.TryParse(f, NumberStyles.None, CultureInfo.InvariantCulture, out _)) || fields[3].Length % 2 != 0 || !fields[3].All(char.IsAsciiHexDigit))
                    throw Error("write 'OWNER TLSA USAGE SELECTOR MATCHING-TYPE HEX', the first three from 0 to 255");
                Add(node, DnsRecordType.Tlsa, new TlsaRecord(name, Ttl, byte.Parse(fields[0], CultureInfo.InvariantCulture), byte.Parse(fields[1], CultureInfo.InvariantCulture),
                    byte.Parse(fields[2], CultureInfo.InvariantCulture), Convert.FromHexString(fields[3])));
                break;
            case "exists":
                break;
            case "fault":
                string faulty = NextWord(ref content);
                if (!TryParseType(faulty, out DnsRecordType faultType)) throw Error($"'{faulty}' is no type for a fault; use *, A, AAAA, MX, TXT, SOA or TLSA");
                node.Faults[faultType] = ParseWord<LabDnsFault>(content, "fault");
                break;
            case "policy":
                ReadShortPolicy(node, content);
                break;
            case "HTTPS":
                ReadHost(node, content);
                break;
            default:
                throw Error($"'{type}' is no record type; use MX, TXT, A, AAAA, CNAME, TLSA, HTTPS, policy, fault, nxdomain, exists, or '@ signed'");
        }
    }

    /// <summary><c>policy MODE HOST…</c>: a well-kept policy host, in one line.</summary>
    void ReadShortPolicy(CastNode node, string content)
    {
        string mode = NextWord(ref content);
        if (mode is not ("enforce" or "testing" or "none")) throw Error("write 'OWNER policy enforce|testing|none HOST…'");
        var body = new StringBuilder($"version: STSv1\r\nmode: {mode}\r\n");
        foreach (string host in content.Split(' ', StringSplitOptions.RemoveEmptyEntries)) body.Append(CultureInfo.InvariantCulture, $"mx: {host}\r\n");
        body.Append("max_age: 604800\r\n");
        SetHost(node, new LabPolicyHost { Body = Encoding.Latin1.GetBytes(body.ToString()) });
    }

    void ReadHost(CastNode node, string content)
    {
        var host = new LabPolicyHost();
        foreach (string pair in content.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            string value = pair[(equals + 1)..];
            host = (equals < 0 ? pair : pair[..equals]) switch
            {
                "connection" => host with { Connection = ParseWord<LabConnection>(value, "connection") },
                "certificate" => host with { Certificate = ParseWord<LabCertificate>(value, "certificate") },
                "http" => host with { Http = ParseWord<LabHttp>(value, "http") },
                "status" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int status) => host with { Status = status },
                "type" => host with { ContentType = value },
                "location" => host with { Location = value },
                "retry_after" => host with { RetryAfter = value },
                "tls12" when equals < 0 => host with { OnlyTls12 = true },
                "http11" when equals < 0 => host with { OnlyHttp11 = true },
                _ => throw Error($"'{pair}' is nothing a host has; use connection= certificate= http= status= type= location= retry_after= tls12 http11"),
            };
        }
        SetHost(node, host);
        (_pageNode, _page) = (node, new StringBuilder());
    }

    void SetHost(CastNode node, LabPolicyHost host)
    {
        if (node.PolicyHost is not null) throw Error("this owner serves HTTPS twice; drop one");
        node.PolicyHost = host;
    }

    /// <summary><c>| text</c> is a line ended by CRLF, <c>&gt; text</c> one without an end; both know the escapes of TXT and \r, \n.</summary>
    void ReadPageLine(string content)
    {
        if (_page is null) throw Error("a body line without an HTTPS record above it");
        string text = content.Length > 1 && content[1] == ' ' ? content[2..] : content[1..];
        int at = 0;
        _page.Append(Unescape(text, ref at, '\0'));
        if (content[0] == '|') _page.Append("\r\n");
    }

    void EndPage()
    {
        if (_pageNode is not null) _pageNode.PolicyHost = _pageNode.PolicyHost! with { Body = Encoding.Latin1.GetBytes(_page!.ToString()) };
        (_pageNode, _page) = (null, null);
    }

    void EndEntry()
    {
        EndPage();
        if (_entry is not { } entry) return;
        if (entry.Why.Length == 0) throw Error($"the entry {entry.Name} has no 'why:'; say what it is about and the RFC section");
        if (entry.IsListed && entry.Expect.Count == 0) throw Error($"the entry {entry.Name} expects nothing; add 'expect:' or make it 'infra:'");
        if (!_owners.Add(entry.Name)) throw Error($"{entry.Name} is there twice; merge the two");
        foreach ((string owner, CastNode node) in entry.Nodes)
        {
            if (node.Cname is not null && node.Records.Count > 0) throw Error($"{owner} has a CNAME and something else; RFC 1034 §3.6.2 allows the CNAME only");
            // A policy host answers at the address that stands for its behaviour, unless the entry gives it another way.
            if (node.PolicyHost is { } host && node.Cname is null && !node.Records.ContainsKey(DnsRecordType.A) && !node.Records.ContainsKey(DnsRecordType.Aaaa))
                node.Records[DnsRecordType.A] = [new AddressRecord(owner, Ttl, LabAddresses.Of(host.Connection))];
            // Names below an open entry are not the entry's: a policy here would be inherited by names whose truth is drawn.
            if (entry.IsOpen && owner.StartsWith("_dmarc.", StringComparison.Ordinal)) throw Error($"the open entry {entry.Name} may have no _dmarc record; drop 'open'");
        }
        _entries.Add(entry);
        _entry = null;
    }

    CastEntry Current => _entry ?? throw Error("this line stands before the first 'name:' or 'infra:'");

    CastNode Node(string owner)
    {
        if (!Current.Nodes.TryGetValue(owner, out CastNode? node)) Current.Nodes[owner] = node = new CastNode();
        return node;
    }

    static void Add(CastNode node, DnsRecordType type, DnsRecord record)
    {
        if (!node.Records.TryGetValue(type, out List<DnsRecord>? list)) node.Records[type] = list = [];
        list.Add(record);
    }

    /// <summary>A full name without trailing dot; <c>.</c> is the root, a last <c>@</c> the entry's own name.</summary>
    string Host(string text) =>
        text.Contains(' ') ? throw Error($"'{text}' holds a blank; write \\032 for one inside a name")
        : text == "@" ? Current.Name
        : text.EndsWith(".@", StringComparison.Ordinal) ? text[..^1] + Current.Name
        : text.Length > 1 && text.EndsWith('.') ? throw Error("write names without a trailing dot")
        : text;

    ReadOnlyMemory<byte>[] ParseStrings(string text)
    {
        var strings = new List<ReadOnlyMemory<byte>>();
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == ' ') continue;
            if (text[at] != '"') throw Error("write TXT strings in double quotes: TXT \"one\" \"two\"");
            at++;
            byte[] octets = Encoding.Latin1.GetBytes(Unescape(text, ref at, '"'));
            if (octets.Length > 255) throw Error($"a string of {octets.Length} octets; RFC 1035 §3.3.14 allows 255, split it");
            strings.Add(octets);
        }
        return strings.Count > 0 ? [.. strings] : throw Error("TXT needs at least one string: TXT \"text\"");
    }

    /// <summary>Text up to the closing quote as one char per octet: <c>\DDD</c>, <c>\r</c>, <c>\n</c>, <c>\"</c> and <c>\\</c> are
    /// escapes, a character beyond ASCII stands for its UTF-8 octets.</summary>
    string Unescape(string text, ref int at, char quote)
    {
        var octets = new StringBuilder();
        Span<byte> utf8 = stackalloc byte[4];
        for (; at < text.Length; at++)
        {
            char c = text[at];
            if (c == quote && quote != '\0') return octets.ToString();
            if (c == '\\')
            {
                at++;
                if (at + 2 < text.Length && byte.TryParse(text.AsSpan(at, 3), NumberStyles.None, CultureInfo.InvariantCulture, out byte octet))
                {
                    octets.Append((char)octet);
                    at += 2;
                }
                else
                {
                    octets.Append((at < text.Length ? text[at] : '\0') switch
                    {
                        'r' => '\r',
                        'n' => '\n',
                        '"' => '"',
                        '\\' => '\\',
                        _ => throw Error(@"an escape is \DDD (000 to 255), \"", \\, \r or \n"),
                    });
                }
            }
            else if (c < 0x80) octets.Append(c);
            else
            {
                Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int used);
                foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)]) octets.Append((char)b);
                at += used - 1;
            }
        }
        return quote == '\0' ? octets.ToString() : throw Error("the string is not closed; add a double quote");
    }

    T ParseWord<T>(string word, string what) where T : struct, Enum =>
        Words.TryParse(word, out T value) ? value : throw Error($"'{word}' is no {what}; use one of: {string.Join(' ', Words.All<T>())}");

    static bool TryParseType(string word, out DnsRecordType type)
    {
        type = word switch { "A" => DnsRecordType.A, "AAAA" => DnsRecordType.Aaaa, "MX" => DnsRecordType.Mx, "TXT" => DnsRecordType.Txt, "SOA" => DnsRecordType.Soa, "TLSA" => DnsRecordType.Tlsa, _ => 0 };
        return type != 0 || word == "*";
    }

    static string NextWord(ref string text)
    {
        int end = text.IndexOf(' ');
        string word = end < 0 ? text : text[..end];
        text = end < 0 ? "" : text[end..].TrimStart();
        return word;
    }

    CastFormatException Error(string message) => new(_file, _line, message);
}
