using System.Text;
using Scanner.Dns;

namespace Scanner.Checks;

/// <summary>The TXT records of one answer as texts.</summary>
public static class TxtRrset
{
    /// <summary>
    /// The joined texts in the order received, one char per octet. Identical records collapse, for a set holds none twice (RFC 2181 §5);
    /// two records with the same text but split differently are two (classification.md 2.4).
    /// </summary>
    public static IReadOnlyList<string> Texts(DnsAnswer answer)
    {
        var texts = new List<string>();
        HashSet<string>? seen = null;
        string? firstKey = null;
        foreach (var record in answer.RecordsOf<TxtRecord>())
        {
            string key = Key(record);
            if (firstKey is null) firstKey = key;
            else if (!(seen ??= [firstKey]).Add(key)) continue;
            texts.Add(record.Text);
        }
        return texts;
    }

    /// <summary>Octets end at U+00FF, so U+0100 can only be the joint between two strings.</summary>
    private static string Key(TxtRecord record) => record.Strings.Count == 1
        ? record.Text
        : string.Join('\u0100', record.Strings.Select(s => Encoding.Latin1.GetString(s.Span)));
}
