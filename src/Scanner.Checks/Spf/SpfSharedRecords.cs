using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// Parsed records of the names that many others include: a few hundred providers stand behind most trees, and their records are read once for
/// each listed name that refers to them. Keyed by the text alone, so it holds for live and for recorded answers, and what a text says never
/// goes stale. Bounded: one place for each hash, the latest stays; long texts and malformed ones are parsed each time. Whoever fills it with
/// rubbish makes us parse, no more. For any number of threads: references are read and written whole, and what they lead to is immutable.
/// </summary>
internal static class SpfSharedRecords
{
    /// <summary>Octets. Providers' records stay below; a place holds some 25 KB of parsed terms at most.</summary>
    private const int LongestText = 1024;

    /// <summary>The end of a text, with its length, tells most records apart, and costs less than all of it.</summary>
    private const int HashedEnd = 48;

    private static readonly Entry?[] Places = new Entry?[1024];

    private sealed record Entry(string Text, SpfRecord Record);

    public static RecordMatch Parse(TxtRecord txt, out SpfRecord? record, out SpfSyntaxError? error)
    {
        string text = txt.Text;
        if (text.Length > LongestText) return SpfRecordParser.Parse(txt, out record, out error);
        ref var place = ref Places[(uint)(string.GetHashCode(text.AsSpan(Math.Max(0, text.Length - HashedEnd))) ^ text.Length) % (uint)Places.Length];
        if (place is { } entry && entry.Text == text)
        {
            (record, error) = (entry.Record, null);
            return RecordMatch.Valid;
        }
        var match = SpfRecordParser.Parse(txt, out record, out error);
        if (record is not null) place = new Entry(text, record);
        return match;
    }
}
