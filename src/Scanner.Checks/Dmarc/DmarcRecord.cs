namespace Scanner.Checks.Dmarc;

/// <summary>One of the tags that name a policy: p, sp, np.</summary>
/// <param name="Text">As published, blanks around it removed, one char per octet; null when the tag is missing.</param>
/// <param name="Policy">None, Quarantine or Reject; null when the tag is missing or says anything else, the empty value included.</param>
public readonly record struct PolicyTag(string? Text, DmarcPolicy? Policy)
{
    /// <summary>The tag is not in the record, which is not the same as an empty one.</summary>
    public bool IsMissing => Text is null;

    /// <summary>There, and none of the three words: RFC 9989 §4.10.1 then decides about the whole record.</summary>
    public bool IsInvalid => Text is not null && Policy is null;
}

/// <summary>The value of psd (RFC 9989 §4.7). Anything but the three letters counts as the default.</summary>
public enum DmarcPsd : byte
{
    /// <summary>u, missing or malformed: the tree walk decides.</summary>
    Undeclared = 0,
    /// <summary>y: a public suffix domain.</summary>
    Yes = 1,
    /// <summary>n: an organizational domain.</summary>
    No = 2,
}

/// <summary>A rua or ruf list.</summary>
/// <param name="Hosts">Distinct hosts of the valid addresses, in order.</param>
/// <param name="ValidCount">How many addresses are valid.</param>
public sealed record DmarcUriList(ReportUriState State, int ValidCount, IReadOnlyList<string> Hosts)
{
    /// <summary>For a record without the tag.</summary>
    public static readonly DmarcUriList Absent = new(ReportUriState.Absent, 0, []);
}

/// <summary>One DMARC policy record, parsed. Text values stand as published, one char per octet, null when the tag is missing.</summary>
public sealed record DmarcRecord
{
    /// <summary>The whole record, one char per octet.</summary>
    public required string Text { get; init; }

    /// <summary>By RFC 9989: Valid, or one of the Missing/Invalid members.</summary>
    public required DmarcRecordState State { get; init; }

    /// <summary>By RFC 7489, to which np is an unknown tag: a bad or contradictory np alone leaves the record valid.</summary>
    public required DmarcRecordState State7489 { get; init; }

    /// <summary>p: the policy for the name of the record (RFC 9989 §4.7).</summary>
    public PolicyTag P { get; init; }

    /// <summary>sp: for names below it that exist; p where it is missing.</summary>
    public PolicyTag Sp { get; init; }

    /// <summary>np: for names below it that do not exist; sp, then p, where it is missing. Unknown to RFC 7489.</summary>
    public PolicyTag Np { get; init; }

    /// <summary>t: y for test mode, see <see cref="IsTest"/>.</summary>
    public string? T { get; init; }

    /// <summary>psd as published; its meaning is <see cref="Psd"/>.</summary>
    public string? PsdText { get; init; }

    /// <summary>adkim: r or s, how near the DKIM domain must be (RFC 9989 §4.7). Not checked here.</summary>
    public string? Adkim { get; init; }

    /// <summary>aspf: r or s, how near the SPF domain must be (RFC 9989 §4.7). Not checked here.</summary>
    public string? Aspf { get; init; }

    /// <summary>fo: when failure reports are wanted (RFC 9989 §4.7). Not checked here.</summary>
    public string? Fo { get; init; }

    /// <summary>0 to 100; null when missing or not such a number.</summary>
    public int? Pct { get; init; }

    /// <summary>Where aggregate reports go (RFC 9990).</summary>
    public DmarcUriList Rua { get; init; } = DmarcUriList.Absent;

    /// <summary>Where failure reports go (RFC 9991).</summary>
    public DmarcUriList Ruf { get; init; } = DmarcUriList.Absent;

    /// <summary>Words of <see cref="DmarcResult.Quirks"/> that concern the text.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];

    /// <summary>Lower-case, distinct, in order.</summary>
    public IReadOnlyList<string> UnknownTags { get; init; } = [];

    /// <summary>Test mode, t=y (RFC 9989 §4.7). Anything but y is the default n.</summary>
    public bool IsTest => string.Equals(T, "y", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the record says that its name is a public suffix or an organizational domain.</summary>
    public DmarcPsd Psd =>
        string.Equals(PsdText, "y", StringComparison.OrdinalIgnoreCase) ? DmarcPsd.Yes
        : string.Equals(PsdText, "n", StringComparison.OrdinalIgnoreCase) ? DmarcPsd.No
        : DmarcPsd.Undeclared;
}
