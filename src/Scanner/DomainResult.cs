using Scanner.Checks.Dmarc;
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

    /// <summary>The answers to the base questions that were asked: MX, TXT, _dmarc, _mta-sts, _smtp._tls.</summary>
    public IEnumerable<DnsAnswer> BaseAnswers()
    {
        if (Mx is not null) yield return Mx.Answer;
        if (Spf is not null) yield return Spf.Answer;
        if (Dmarc is not null) yield return Dmarc.Answer;
        if (MtaSts is not null) yield return MtaSts.Answer;
        if (TlsRpt is not null) yield return TlsRpt.Answer;
    }
}
