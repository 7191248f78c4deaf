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
    public static IReadOnlyList<string> Texts(DnsAnswer answer) => answer.Records switch
    {
        // Most names have no record or one, and there is nothing to compare.
        [] => [],
        [TxtRecord only] => [only.Text],
        _ => Distinct(answer.RecordsOf<TxtRecord>()).ConvertAll(record => record.Text),
    };

    /// <summary>The records in the order received, each once (RFC 2181 §5).</summary>
    public static List<TxtRecord> Distinct(IEnumerable<TxtRecord> records)
    {
        var distinct = new List<TxtRecord>();
        HashSet<string>? seen = null;
        foreach (var record in records)
        {
            // Most often there is one, and no key is wanted.
            if (distinct.Count == 1) seen ??= [Key(distinct[0])];
            if (seen is null || seen.Add(Key(record))) distinct.Add(record);
        }
        return distinct;
    }

    /// <summary>Octets end at U+00FF, so U+0100 can only be the joint between two strings.</summary>
    private static string Key(TxtRecord record) => record.Strings.Count == 1
        ? record.Text
        : string.Join('\u0100', record.Strings.Select(s => Encoding.Latin1.GetString(s.Span)));
}
