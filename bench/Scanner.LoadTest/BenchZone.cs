using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Scanner.Dns;

namespace Scanner.LoadTest;

/// <summary>
/// The zone <c>test.</c> (RFC 6761 §6.2) of the load tests and the rule behind it: the rule writes the zone file that the name server
/// loads, the questions, and the answer that each of them must have. So every answer of a run is compared with what the zone says.
/// <para>
/// Each domain has the scan's five base questions: MX, TXT, and TXT at <c>_dmarc</c>, <c>_mta-sts</c> and <c>_smtp._tls</c>. About half
/// of the answers are negative, as in a real list: 43 of 100 domains have no DMARC record, 99 no MTA-STS and 99 no TLS-RPT
/// (NXDOMAIN), 10 have no MX (NODATA).
/// </para>
/// </summary>
public sealed class BenchZone
{
    public const int QuestionsPerDomain = 5;

    public const string Origin = "test";

    private static ReadOnlySpan<byte> DotSuffix => ".test"u8;

    private readonly DnsQuestion[] _questions;

    /// <param name="domains">1 to 10,000,000: the names have seven digits.</param>
    public BenchZone(int domains)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(domains, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(domains, 10_000_000);
        Domains = domains;
        // Made beforehand, so that what a run allocates is the client's.
        _questions = new DnsQuestion[domains * QuestionsPerDomain];
        for (int i = 0; i < _questions.Length; i++) _questions[i] = Make(i);
    }

    public int Domains { get; }

    public int Count => _questions.Length;

    /// <param name="n">Any number from 0: questions come again after <see cref="Count"/>.</param>
    public DnsQuestion this[long n] => _questions[n % _questions.Length];

    /// <summary>Question <paramref name="n"/> answered as the zone says?</summary>
    /// <param name="nxdomain">RCODE 3; with RCODE 0 false.</param>
    public bool IsRight(long n, bool nxdomain, IReadOnlyList<DnsRecord> answers)
    {
        int index = (int)(n % _questions.Length);
        int expected = ExpectedCount(index, out bool expectNxdomain);
        if (nxdomain != expectNxdomain || answers.Count != expected) return false;
        string owner = _questions[index].Name;
        Span<byte> text = stackalloc byte[128];
        for (int i = 0; i < expected; i++)
        {
            // A server may send the records of a set in any order (RFC 2181 §5).
            bool found = false;
            for (int j = 0; j < expected && !found; j++)
            {
                found = answers[j].Owner == owner && answers[j] switch
                {
                    MxRecord mx => IsMx(index, i, mx),
                    TxtRecord { Strings: [var octets] } => octets.Span.SequenceEqual(text[..Text(index, i, text)]),
                    _ => false,
                };
            }
            if (!found) return false;
        }
        return true;
    }

    /// <summary>Writes the zone as a master file (RFC 1035 §5).</summary>
    public void WriteZone(TextWriter output)
    {
        output.Write($"$ORIGIN {Origin}.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 900 86400 900\n@ NS ns\nns A 127.0.0.1\n");
        Span<byte> text = stackalloc byte[128];
        for (int index = 0; index < _questions.Length; index++)
        {
            int count = ExpectedCount(index, out _);
            string owner = _questions[index].Name[..^(Origin.Length + 1)];
            for (int i = 0; i < count; i++)
            {
                if (_questions[index].Type == DnsRecordType.Mx)
                    output.Write(string.Create(CultureInfo.InvariantCulture, $"{owner} MX {Preference(i)} {Exchange(index, i)}.\n"));
                else
                    output.Write($"{owner} TXT \"{Encoding.ASCII.GetString(text[..Text(index, i, text)])}\"\n");
            }
        }
    }

    /// <summary>One question a line, <c>name TYPE</c>: what dnsperf and the floor loop read.</summary>
    /// <param name="nameOnly">Names of the TXT questions only, for clients that ask one type a run (MassDNS).</param>
    public void WriteQuestions(TextWriter output, bool nameOnly)
    {
        foreach (var question in _questions)
        {
            if (!nameOnly) output.Write($"{question.Name} {(question.Type == DnsRecordType.Mx ? "MX" : "TXT")}\n");
            else if (question.Type == DnsRecordType.Txt) output.Write($"{question.Name}\n");
        }
    }

    /// <summary>The answer section as a server would send it, for servers in this process.</summary>
    public IReadOnlyList<DnsRecord> Answer(long n, out bool nxdomain)
    {
        int index = (int)(n % _questions.Length);
        var records = new DnsRecord[ExpectedCount(index, out nxdomain)];
        Span<byte> text = stackalloc byte[128];
        var (owner, type, _) = _questions[index];
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = type == DnsRecordType.Mx
                ? new MxRecord(owner, 3600, Preference(i), Exchange(index, i))
                : new TxtRecord(owner, 3600, [text[..Text(index, i, text)].ToArray()]);
        }
        return records;
    }

    /// <summary>Which question is this? False when it is none of the zone's.</summary>
    public bool TryFind(string name, DnsRecordType type, out long n)
    {
        n = -1;
        int end = name.Length - Origin.Length - 1;
        if (end < 8 || !int.TryParse(name.AsSpan(end - 7, 7), NumberStyles.None, CultureInfo.InvariantCulture, out int domain) || domain >= Domains) return false;
        for (int i = 0; i < QuestionsPerDomain; i++)
        {
            n = (long)domain * QuestionsPerDomain + i;
            if (_questions[n].Type == type && _questions[n].Name == name) return true;
        }
        return false;
    }

    private static DnsQuestion Make(int index)
    {
        string domain = string.Create(CultureInfo.InvariantCulture, $"d{index / QuestionsPerDomain:D7}.{Origin}");
        return (index % QuestionsPerDomain) switch
        {
            0 => new DnsQuestion(domain, DnsRecordType.Mx),
            1 => new DnsQuestion(domain, DnsRecordType.Txt),
            2 => new DnsQuestion("_dmarc." + domain, DnsRecordType.Txt),
            3 => new DnsQuestion("_mta-sts." + domain, DnsRecordType.Txt),
            _ => new DnsQuestion("_smtp._tls." + domain, DnsRecordType.Txt),
        };
    }

    private static int ExpectedCount(int index, out bool nxdomain)
    {
        uint percent = Mix((uint)index) % 100;
        int count = (index % QuestionsPerDomain) switch
        {
            0 => percent < 90 ? 2 : 0,
            1 => 3,
            2 => percent < 57 ? 1 : 0,
            _ => percent < 1 ? 1 : 0,
        };
        nxdomain = count == 0 && index % QuestionsPerDomain != 0;
        return count;
    }

    private static ushort Preference(int i) => (ushort)(10 * (i + 1));

    private static string Exchange(int index, int i) =>
        string.Create(CultureInfo.InvariantCulture, $"mx{i + 1}.d{index / QuestionsPerDomain:D7}.{Origin}");

    private bool IsMx(int index, int i, MxRecord mx) =>
        mx.Preference == Preference(i) && mx.Exchange.Length == 4 + _questions[index].Name.Length
        && mx.Exchange.StartsWith(i == 0 ? "mx1." : "mx2.", StringComparison.Ordinal) && mx.Exchange.EndsWith(_questions[index].Name, StringComparison.Ordinal);

    /// <summary>The octets of the i-th TXT record of a question; returns their number. Allocates nothing: it runs for each answer.</summary>
    private static int Text(int index, int i, Span<byte> octets)
    {
        uint domain = (uint)(index / QuestionsPerDomain);
        uint bits = Mix(domain ^ 0x5bd1e995);
        var text = new OctetWriter(octets);
        switch (index % QuestionsPerDomain, i)
        {
            case (1, 0):
                text.Add("v=spf1 include:_spf"u8);
                text.Add(bits % 100);
                text.Add(DotSuffix);
                text.Add(" ip4:11."u8);
                text.Add(bits >> 16 & 0xFF);
                text.Add("."u8);
                text.Add(bits >> 8 & 0xFF);
                text.Add("."u8);
                text.Add(bits & 0xFF);
                text.Add(" -all"u8);
                break;
            case (1, 1):
                text.Add("site-verification="u8);
                text.Add(bits, 'x', 8);
                text.Add(domain, 'D', 7);
                break;
            case (1, 2):
                text.Add("MS=ms"u8);
                text.Add(bits, 'D', 10);
                break;
            case (2, _):
                text.Add("v=DMARC1; p=none; rua=mailto:dmarc@d"u8);
                text.Add(domain, 'D', 7);
                text.Add(DotSuffix);
                break;
            case (3, _):
                text.Add("v=STSv1; id="u8);
                text.Add(bits, 'D', 10);
                text.Add(";"u8);
                break;
            default:
                text.Add("v=TLSRPTv1; rua=mailto:tls@d"u8);
                text.Add(domain, 'D', 7);
                text.Add(DotSuffix);
                break;
        }
        return text.Length;
    }

    /// <summary>The finaliser of MurmurHash3: the same zone everywhere.</summary>
    private static uint Mix(uint h)
    {
        h = (h ^ (h >> 16)) * 0x85ebca6b;
        h = (h ^ (h >> 13)) * 0xc2b2ae35;
        return h ^ (h >> 16);
    }

    /// <summary>Text and numbers into a buffer that is large enough.</summary>
    private ref struct OctetWriter(Span<byte> octets)
    {
        private readonly Span<byte> _octets = octets;

        public int Length { get; private set; }

        public void Add(ReadOnlySpan<byte> text)
        {
            text.CopyTo(_octets[Length..]);
            Length += text.Length;
        }

        public void Add(uint number, char format = 'D', byte digits = 1)
        {
            if (!Utf8Formatter.TryFormat(number, _octets[Length..], out int written, new StandardFormat(format, digits))) throw new InvalidOperationException("the buffer is too small");
            Length += written;
        }
    }
}
