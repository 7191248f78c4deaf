using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>How much room the TXT records at a name take, all of them and not the SPF record alone (RFC 7208 §3.4). Octets.</summary>
/// <param name="Rdata">All character-strings with their length octets.</param>
/// <param name="NameAndText">"The combined length of the DNS name and the text of all the records": the figure to keep under 450.</param>
/// <param name="Message">The answer without EDNS, names compressed, an alias not counted: a reply that a server gives over UDP when it fits
/// 512 (RFC 1035 §2.3.4).</param>
internal readonly record struct TxtSizes(int Rdata, int NameAndText, int Message)
{
    /// <summary>Header (RFC 1035 §4.1.1), and the type and class of the question.</summary>
    private const int HeaderAndQuestion = 12 + 4;

    /// <summary>Pointer, type, class, TTL and length of a record (RFC 1035 §4.1.3, §4.1.4).</summary>
    private const int RecordHead = 2 + 2 + 2 + 4 + 2;

    public static TxtSizes Of(DnsAnswer answer)
    {
        int rdata = 0, text = 0, records = 0;
        // By index: an enumerator is an object, and every name comes through here.
        for (int r = 0; r < answer.Records.Count; r++)
        {
            if (answer.Records[r] is not TxtRecord) continue;
            var strings = ((TxtRecord)answer.Records[r]).Strings;
            records++;
            for (int i = 0; i < strings.Count; i++)
            {
                text += strings[i].Length;
                rdata += strings[i].Length + 1;
            }
        }
        int name = answer.Question.Name.Length;
        // On the wire a name is a length octet before each label and a zero at the end: two more than its text.
        return new TxtSizes(rdata, name + text, HeaderAndQuestion + name + 2 + records * RecordHead + rdata);
    }
}
