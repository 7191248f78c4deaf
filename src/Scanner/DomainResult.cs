using Scanner.Checks.Bimi;
using Scanner.Checks.Dane;
using Scanner.Checks.Dkim;
using Scanner.Checks.Dmarc;
using Scanner.Checks.Dnssec;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;

namespace Scanner;

/// <summary>Everything learned about one listed name: what becomes one row. A check that was not asked for is null.</summary>
public sealed record DomainResult
{
    public required ListedName Name { get; init; }

    /// <summary>When the first question about it was asked, UTC.</summary>
    public required DateTimeOffset ScannedAt { get; init; }

    /// <summary>In the order of the scan, from 0; stands for the name in journal and parts. Not a column.</summary>
    public int Position { get; init; }

    /// <summary>The pass in which it was settled, or asked for the last time, 1-based.</summary>
    public int Pass { get; init; } = 1;

    /// <summary>Every answer behind this row; null for rows that nobody asked for, and where it is not kept.</summary>
    public Resolve.NameEvidence? Evidence { get; init; }

    /// <summary>A fault of this program while it worked on the name; the answers then say "not queried". Null for nearly every row.</summary>
    public string? ScanError { get; init; }

    public MxResult? Mx { get; init; }

    public SpfResult? Spf { get; init; }

    public DmarcResult? Dmarc { get; init; }

    public MtaStsResult? MtaSts { get; init; }

    public TlsRptResult? TlsRpt { get; init; }

    public DkimResult? Dkim { get; init; }

    public DaneResult? Dane { get; init; }

    public BimiResult? Bimi { get; init; }

    public DnssecResult? Dnssec { get; init; }

    /// <summary>Which records a TXT wildcard made; null when nobody looked.</summary>
    public WildcardFindings? Wildcard { get; init; }

    /// <summary>The answers to the base questions: MX, TXT, _dmarc, _mta-sts, _smtp._tls.</summary>
    public IEnumerable<DnsAnswer> BaseAnswers()
    {
        if (Mx is not null) yield return Mx.Answer;
        if (Spf is not null) yield return Spf.Answer;
        if (Dmarc is not null) yield return Dmarc.Answer;
        if (MtaSts is not null) yield return MtaSts.Answer;
        if (TlsRpt is not null) yield return TlsRpt.Answer;
    }
}

/// <summary>Records that a wildcard made: valid for every receiver, but nobody wrote them for this name (classification.md 2.5).</summary>
/// <param name="Records">The checks whose record it is, as words of <c>--checks</c>; empty for none, null when the probe has no answer.</param>
public sealed record WildcardFindings(IReadOnlyList<string>? Records)
{
    public static readonly WildcardFindings None = new([]);

    public static readonly WildcardFindings Unknown = new((IReadOnlyList<string>?)null);
}
