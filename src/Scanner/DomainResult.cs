using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;

namespace Scanner;

/// <summary>Everything learned about one listed name: what becomes one row. A check that was not asked for is null.</summary>
public sealed record DomainResult
{
    public required ListedName Name { get; init; }

    /// <summary>When the first question about it was asked, UTC.</summary>
    public required DateTimeOffset ScannedAt { get; init; }

    /// <summary>The pass in which it was settled, 1-based.</summary>
    public int Pass { get; init; } = 1;

    public MxResult? Mx { get; init; }

    public SpfResult? Spf { get; init; }

    public DmarcResult? Dmarc { get; init; }

    public MtaStsResult? MtaSts { get; init; }

    public TlsRptResult? TlsRpt { get; init; }
}
