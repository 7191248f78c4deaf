using Scanner.Dns;

namespace Scanner.Checks.Dmarc;

/// <summary>What one <c>_dmarc</c> name holds, after throwing out what is not DMARC.</summary>
public sealed record DmarcSelection
{
    /// <summary>The TXT answer at the name.</summary>
    public required DnsAnswer Answer { get; init; }

    /// <summary>The record's own state when there is exactly one, else Multiple, Absent or Unknown.</summary>
    public required DmarcRecordState State { get; init; }

    /// <summary>The record, valid or not, when there is exactly one.</summary>
    public DmarcRecord? Record { get; init; }

    /// <summary>Every TXT text at the name.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Is there text that is no DMARC record? Null when unknown.</summary>
    public bool? TxtOther { get; init; }
}

/// <summary>Selects the policy record at one name (RFC 9989 §4.10 steps 2 and 6; classification.md 5.2). Pure.</summary>
public static class DmarcSelector
{
    /// <param name="answer">The TXT answer at a <c>_dmarc</c> name; an unknown one gives the state Unknown.</param>
    public static DmarcSelection Select(DnsAnswer answer)
    {
        // RFC 9989 §4.10.1: a transient error is not an indication that there is no record.
        if (answer.Presence == Presence.Unknown) return new DmarcSelection { Answer = answer, State = DmarcRecordState.Unknown };

        var texts = TxtRrset.Texts(answer);
        DmarcRecord? found = null;
        int count = 0;
        foreach (string text in texts)
        {
            // Other text is discarded before anything is counted.
            if (DmarcRecordParser.Parse(text, out var record) == RecordMatch.NotThisType) continue;
            found = record;
            count++;
        }
        return new DmarcSelection
        {
            Answer = answer,
            // Several records are all discarded. RFC 9989 §4.10 steps 2 and 6, RFC 7489 §6.6.3 step 5
            State = count switch
            {
                0 => DmarcRecordState.Absent,
                1 => found!.State,
                _ => DmarcRecordState.Multiple,
            },
            Record = count == 1 ? found : null,
            Texts = texts,
            TxtOther = count < texts.Count,
        };
    }
}
