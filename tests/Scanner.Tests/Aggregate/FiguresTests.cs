using Scanner.Aggregate;
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
using Scanner.Tests.Write;
using Scanner.Write;

namespace Scanner.Tests.Aggregate;

/// <summary>Every expected number is counted by hand.</summary>
public sealed class FiguresTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What one row says about each metric: + holds, - does not, ? unknown. Each metric has at least one of each.</summary>
    private static readonly (string Verdicts, string Why, Func<DomainResult, DomainResult> Make)[] _rows =
    [
        // SPF: published valid strict fail softfail neutral pass invalid
        ("spf: + + + + - - - -", "SPF -all", r => r.Spf(SpfStatus.Valid, SpfClass.Fail, SpfEffectiveAll.Fail, SpfPermissive.None)),
        ("spf: + + - - + - - -", "SPF ~all", r => r.Spf(SpfStatus.Valid, SpfClass.Softfail, SpfEffectiveAll.Softfail, SpfPermissive.None)),
        ("spf: + + - - - + - -", "SPF without all", r => r.Spf(SpfStatus.Valid, SpfClass.Neutral, SpfEffectiveAll.NeutralDefault, SpfPermissive.None)),
        ("spf: + + - - - - + -", "SPF -all behind ip4:0.0.0.0/0", r => r.Spf(SpfStatus.Valid, SpfClass.Pass, SpfEffectiveAll.Fail, SpfPermissive.Ip4Slash0)),
        ("spf: + + - - - - - -", "SPF that depends on the client", r => r.Spf(SpfStatus.Valid, SpfClass.Dynamic, SpfEffectiveAll.Dynamic, SpfPermissive.None)),
        ("spf: + - - - - - - +", "SPF syntax error", r => r.Spf(SpfStatus.PermerrorSyntax, SpfClass.Invalid)),
        ("spf: + - - - - - - +", "two SPF records", r => r.Spf(SpfStatus.PermerrorMultipleRecords, SpfClass.Invalid)),
        ("spf: - - - - - - - -", "no SPF", r => r.Spf(SpfStatus.None, SpfClass.None)),
        ("spf: ? ? ? ? ? ? ? ?", "TXT not answered", r => r.Spf(SpfStatus.Unknown, SpfClass.Unknown)),
        ("spf: + ? ? ? ? ? ? ?", "-all, but an include not answered", r => r.Spf(SpfStatus.Temperror, SpfClass.Unknown, SpfEffectiveAll.Fail, SpfPermissive.None)),
        ("spf: + ? - ? ? ? ? ?", "~all, and an include not answered: strict it is in no case", r => r.Spf(SpfStatus.Temperror, SpfClass.Unknown, SpfEffectiveAll.Softfail, SpfPermissive.None)),
        ("spf: + ? ? ? ? ? ? ?", "a redirect not answered", r => r.Spf(SpfStatus.Temperror, SpfClass.Unknown)),

        // DMARC: own effective none quarantine reject | p reject 7489 full 9989
        ("dmarc: + + + - - - - - - -", "p=none", r => r.Dmarc(DmarcClass.None, own: true, enforcing: false)),
        ("dmarc: + + - + - + + + + +", "p=quarantine", r => r.Dmarc(DmarcClass.Quarantine, own: true, enforcing: true)),
        ("dmarc: - + - - + + + + + +", "reject, inherited", r => r.Dmarc(DmarcClass.Reject, own: false, enforcing: true)),
        ("dmarc: + - - - - - - - - -", "a record without effect", r => r.Dmarc(DmarcClass.NoEffect, own: true, enforcing: false)),
        ("dmarc: - - - - - - - - - -", "no DMARC", r => r.Dmarc(DmarcClass.Absent, own: false, enforcing: false)),
        ("dmarc: ? ? ? ? ? ? ? ? ? ?", "_dmarc not answered", r => r.Dmarc(DmarcClass.Unknown)),
        ("dmarc: - ? ? ? ? ? ? ? ? ?", "no own record, an ancestor not answered", r => r.Dmarc(DmarcClass.Unknown, own: false)),

        // MTA-STS: published working enforcing testing delivery_risk
        ("mtasts: + + + - -", "enforce, all match", r => r.MtaSts(MtaStsStatus.ValidEnforce, MtaStsMxMatch.All)),
        ("mtasts: + + + - -", "enforce, some match", r => r.MtaSts(MtaStsStatus.ValidEnforce, MtaStsMxMatch.Some)),
        ("mtasts: + + + - +", "enforce, none matches", r => r.MtaSts(MtaStsStatus.ValidEnforce, MtaStsMxMatch.None)),
        ("mtasts: + + + - ?", "enforce, MX not answered", r => r.MtaSts(MtaStsStatus.ValidEnforce, MtaStsMxMatch.Unknown)),
        ("mtasts: + + - + -", "testing, none matches", r => r.MtaSts(MtaStsStatus.ValidTesting, MtaStsMxMatch.None)),
        ("mtasts: + + - + -", "testing, MX not answered", r => r.MtaSts(MtaStsStatus.ValidTesting, MtaStsMxMatch.Unknown)),
        ("mtasts: + - - - -", "mode none", r => r.MtaSts(MtaStsStatus.ValidNone, MtaStsMxMatch.NotApplicable)),
        ("mtasts: + - - - -", "certificate for another name", r => r.MtaSts(MtaStsStatus.FetchFailedTls)),
        ("mtasts: + - - - -", "two records", r => r.MtaSts(MtaStsStatus.RecordMultiple)),
        ("mtasts: + - - - -", "bad policy", r => r.MtaSts(MtaStsStatus.PolicyInvalid)),
        ("mtasts: - - - - -", "no record", r => r.MtaSts(MtaStsStatus.Absent)),
        ("mtasts: ? ? ? ? ?", "_mta-sts not answered", r => r.MtaSts(MtaStsStatus.Unknown)),

        ("tlsrpt: +", "valid", r => r.TlsRpt(TlsRptStatus.Valid)),
        ("tlsrpt: +", "invalid", r => r.TlsRpt(TlsRptStatus.Invalid)),
        ("tlsrpt: +", "two records", r => r.TlsRpt(TlsRptStatus.Multiple)),
        ("tlsrpt: -", "no record", r => r.TlsRpt(TlsRptStatus.Absent)),
        ("tlsrpt: ?", "_smtp._tls not answered", r => r.TlsRpt(TlsRptStatus.Unknown)),

        // DKIM: namespace key_found
        ("dkim: + +", "a key", r => r.Dkim(DkimPresence.KeyFound, DkimEnt.Exists)),
        ("dkim: + +", "a key behind a wildcard", r => r.Dkim(DkimPresence.KeyFound, DkimEnt.Inconclusive)),
        ("dkim: + -", "revoked keys only", r => r.Dkim(DkimPresence.RevokedOnly, DkimEnt.Exists)),
        ("dkim: + -", "a namespace and no key", r => r.Dkim(DkimPresence.NamespaceOnly, DkimEnt.Exists)),
        ("dkim: - -", "nothing below _domainkey", r => r.Dkim(DkimPresence.Absent, DkimEnt.Absent)),
        ("dkim: ? -", "compact denial, no key at the selectors tried", r => r.Dkim(DkimPresence.NotFound, DkimEnt.Inconclusive)),
        ("dkim: + ?", "a namespace, a selector not answered", r => r.Dkim(DkimPresence.Unknown, DkimEnt.Exists)),
        ("dkim: ? ?", "_domainkey not answered", r => r.Dkim(DkimPresence.Unknown, DkimEnt.Unknown)),

        // DANE: full partial
        ("dane: + -", "every host", r => r.Dane(DaneStatus.Full)),
        ("dane: - +", "some hosts", r => r.Dane(DaneStatus.Partial)),
        ("dane: - -", "no TLSA", r => r.Dane(DaneStatus.None)),
        ("dane: - -", "TLSA without signatures", r => r.Dane(DaneStatus.TlsaInsecure)),
        ("dane: ? ?", "TLSA that fails validation: bogus is unknown for what lies on it (classification.md 2.6)", r => r.Dane(DaneStatus.Bogus)),
        ("dane: ? ?", "no trusted resolver", r => r.Dane(DaneStatus.Unknown)),

        ("bimi: +", "a logo", r => r.Bimi(BimiStatus.Logo)),
        ("bimi: +", "a logo with evidence", r => r.Bimi(BimiStatus.LogoWithEvidence)),
        ("bimi: -", "declined", r => r.Bimi(BimiStatus.Declined)),
        ("bimi: -", "invalid", r => r.Bimi(BimiStatus.Invalid)),
        ("bimi: -", "no record", r => r.Bimi(BimiStatus.Absent)),
        ("bimi: ?", "not answered", r => r.Bimi(BimiStatus.Unknown)),

        ("dnssec: +", "signed", r => r.Dnssec(DnssecState.Secure)),
        ("dnssec: -", "not signed", r => r.Dnssec(DnssecState.Insecure)),
        ("dnssec: -", "signed, and fails", r => r.Dnssec(DnssecState.Bogus)),
        ("dnssec: ?", "no trusted resolver", r => r.Dnssec(DnssecState.Unknown)),
    ];

    private static readonly Dictionary<string, string[]> _metrics = new()
    {
        ["spf"] = ["spf_published", "spf_valid", "spf_strict", "spf_fail", "spf_softfail", "spf_neutral", "spf_pass", "spf_invalid"],
        ["dmarc"] = ["dmarc_own", "dmarc_effective", "dmarc_none", "dmarc_quarantine", "dmarc_reject", "enf_p", "enf_reject", "enf_7489", "enf_full", "enf_9989"],
        ["mtasts"] = ["mtasts_published", "mtasts_working", "mtasts_enforcing", "mtasts_testing", "mtasts_delivery_risk"],
        ["tlsrpt"] = ["tlsrpt_published"],
        ["dkim"] = ["dkim_namespace", "dkim_key_found"],
        ["dane"] = ["dane_full", "dane_partial"],
        ["bimi"] = ["bimi_published"],
        ["dnssec"] = ["dnssec_secure"],
    };

    [Fact]
    public async Task EachRowSaysOfEachMetricWhatItShould()
    {
        // One row at a time over its own check: size 1, so the figure is the row's verdict.
        await Samples.WriteAsync(_folder.Path, _rows.Select((r, i) => r.Make(Samples.Bare(i + 1).Mx(MxClass.MxPresent))));
        using var database = Open(_folder.Path);
        for (int i = 0; i < _rows.Length; i++)
        {
            string[] parts = _rows[i].Verdicts.Split(": ");
            string[] metrics = _metrics[parts[0]];
            string columns = string.Join(" || ' ' || ", metrics.Select(m => $"CASE is_{m} WHEN true THEN '+' WHEN false THEN '-' ELSE '?' END"));
            string verdicts = database.Query($"SELECT {columns} FROM facts WHERE rank = {i + 1}", r => r.GetString(0))[0];
            Assert.Equal((_rows[i].Why, parts[1]), (_rows[i].Why, verdicts));
        }
    }

    [Fact]
    public void EveryMetricHasAYesANoAndAnUnknown()
    {
        Assert.Equal(Metrics.All.Select(m => m.Name), _metrics.SelectMany(m => m.Value));
        foreach (var (check, metrics) in _metrics)
            for (int m = 0; m < metrics.Length; m++)
            {
                var verdicts = _rows.Where(r => r.Verdicts.StartsWith(check + ": ", StringComparison.Ordinal)).Select(r => r.Verdicts.Split(": ")[1].Split(' ')[m]);
                Assert.True(verdicts.Distinct().Count() == 3, metrics[m]);
            }
    }

    [Fact]
    public async Task NumeratorDecidedUnknownShareAndBounds()
    {
        // Runs mail: 3 yes, 1 no, 1 unknown, 1 excluded from queries after all. Besides: a yes that runs no mail.
        await Samples.WriteAsync(_folder.Path,
        [
            .. Enumerable.Range(1, 3).Select(n => Samples.Bare(n).Mx(MxClass.MxPresent).TlsRpt(TlsRptStatus.Valid)),
            Samples.Bare(4).Mx(MxClass.MxPresent).TlsRpt(TlsRptStatus.Absent),
            Samples.Bare(5).Mx(MxClass.MxPresent).TlsRpt(TlsRptStatus.Unknown),
            Samples.Bare(6).Mx(MxClass.NoMail).TlsRpt(TlsRptStatus.Valid),
            Samples.Bare(7), // on the opt-out list: nothing is known
        ]);
        var figures = Compute(_folder.Path);
        Assert.Equal(new Figure("tlsrpt_published", "mail", 3, 4, 1, 5, 3 / 4.0, 3 / 5.0, 4 / 5.0), figures.Find("tlsrpt_published", "mail"));
        Assert.Equal(new Figure("tlsrpt_published", "listed", 4, 5, 2, 7, 4 / 5.0, 4 / 7.0, 6 / 7.0), figures.Find("tlsrpt_published", "listed"));
        Assert.Equal(new Figure("tlsrpt_published", "no_mail_declared", 0, 0, 0, 0, null, null, null), figures.Find("tlsrpt_published", "no_mail_declared"));
    }

    [Fact]
    public async Task NothingDecidedHasBoundsAndNoShare()
    {
        await Samples.WriteAsync(_folder.Path, [Samples.Bare(1).TlsRpt(TlsRptStatus.Unknown)]);
        Assert.Equal(new Figure("tlsrpt_published", "listed", 0, 0, 1, 1, null, 0, 1), Compute(_folder.Path).Find("tlsrpt_published", "listed"));
    }

    [Fact]
    public async Task DenominatorsByHand()
    {
        var excluded = Samples.Bare(15);
        await Samples.WriteAsync(_folder.Path,
        [
            Samples.Bare(1).Mx(MxClass.MxPresent),      // has_mx_rr mail mail_or_addr
            Samples.Bare(2).Mx(MxClass.MxPresent),
            Samples.Bare(3).Mx(MxClass.NullMx),         // has_mx_rr no_mail_declared
            Samples.Bare(4).Mx(MxClass.MxNoService),    // has_mx_rr no_mail_declared
            Samples.Bare(5).Mx(MxClass.ImplicitMx),     // mail_or_addr
            Samples.Bare(6).Mx(MxClass.NoMail),
            Samples.Bare(7).Mx(MxClass.Nxdomain),       // not resolvable
            Samples.Bare(8).Mx(MxClass.Unknown),        // nothing answered: not resolvable, in no mail denominator
            Samples.Bare(9).Mx(MxClass.Unknown).Spf(SpfStatus.None, SpfClass.None),   // MX failed, TXT answered: resolvable
            Samples.Bare(10).Mx(MxClass.Unknown).MtaSts(MtaStsStatus.Absent),         // only _mta-sts answered, with nxdomain: resolvable
            Samples.Bare(11).Mx(MxClass.Unknown) with { Spf = NoSuchName() },         // MX failed, TXT says there is no such name
            Samples.Bare(12).Mx(MxClass.NoMail) with { Spf = NoSuchName() },          // they contradict each other: MX counts
            Samples.Bare(13, "192.0.2.1", InputClass.IpLiteral),                      // not listed
            Samples.Bare(14, "a..b", InputClass.InvalidName).Mx(MxClass.InvalidName), // not listed
            excluded with { Name = excluded.Name with { Excluded = true } },          // listed, nothing known
        ]);
        var figures = Compute(_folder.Path);
        Assert.Equal("listed 13, resolvable 9, has_mx_rr 4, mail 2, mail_usable , mail_or_addr 3, no_mail_declared 2", Text(figures.Denominators));
        Assert.Equal(5, figures.MailUnknown); // 8 to 11 and the excluded one
        Assert.Equal(15, figures.Rows);
        Assert.Null(figures.Find("spf_published", "mail_usable"));
        Assert.Equal(13, figures.Find("spf_published", "listed")!.Size);
    }

    [Fact]
    public async Task MailUsableWhereTheHostsWereResolved()
    {
        await Samples.WriteAsync(_folder.Path,
        [
            Samples.Bare(1).Mx(MxClass.MxOk).TlsRpt(TlsRptStatus.Valid), Samples.Bare(2).Mx(MxClass.MxDangling).TlsRpt(TlsRptStatus.Valid),
            Samples.Bare(3).Mx(MxClass.MxUnverified).TlsRpt(TlsRptStatus.Valid), Samples.Bare(4).Mx(MxClass.NullMx).TlsRpt(TlsRptStatus.Valid),
        ]);
        var figures = Compute(_folder.Path);
        Assert.Equal("listed 4, resolvable 4, has_mx_rr 4, mail 3, mail_usable 1, mail_or_addr 3, no_mail_declared 1", Text(figures.Denominators));
        Assert.Equal(1, figures.Find("tlsrpt_published", "mail_usable")!.Decided);
    }

    [Fact]
    public async Task AllHostsDanglingIsZeroAndNotNull()
    {
        await Samples.WriteAsync(_folder.Path, [Samples.Bare(1).Mx(MxClass.MxDangling)]);
        Assert.Equal(0, Compute(_folder.Path).Denominators["mail_usable"]);
    }

    [Fact]
    public async Task ChecksThatWereNotAskedForHaveNoFigures()
    {
        await Samples.WriteAsync(_folder.Path, [Samples.Bare(1).Spf(SpfStatus.None, SpfClass.None), Samples.Bare(2).Spf(SpfStatus.Unknown, SpfClass.Unknown)]);
        var figures = Compute(_folder.Path);
        Assert.Equal("listed 2, resolvable 1, has_mx_rr , mail , mail_usable , mail_or_addr , no_mail_declared ", Text(figures.Denominators));
        Assert.Equal(_metrics["spf"], figures.All.Select(f => f.Metric).Distinct());
        Assert.Equal(["listed", "resolvable"], figures.All.Select(f => f.Denominator).Distinct());
        Assert.Null(figures.MailUnknown);
    }

    [Fact]
    public async Task AllMetricsOverAllDenominatorsInTheirOrder()
    {
        await Samples.WriteAsync(_folder.Path, [Samples.Full(1), Samples.AllAbsent(2), Samples.AllUnknown(3), Samples.Bare(4).Mx(MxClass.MxOk)]);
        var expected = Metrics.All.SelectMany(m => Metrics.Denominators.Select(d => (m.Name, d.Name)));
        Assert.Equal(expected, Compute(_folder.Path).All.Select(f => (f.Metric, f.Denominator)));
        Assert.All(Compute(_folder.Path).All, f => Assert.Equal(f.Size, f.Decided + f.Unknown));
    }

    [Fact]
    public async Task CompletenessCountsEveryFinalStatus()
    {
        await Samples.WriteAsync(_folder.Path,
        [
            Samples.Bare(1).Mx(MxClass.MxPresent).Spf(SpfStatus.Unknown, SpfClass.Unknown), // TXT servfail, the name resolves
            Samples.Bare(2).Mx(MxClass.Unknown).Spf(SpfStatus.Unknown, SpfClass.Unknown),   // nothing answered
            Samples.Bare(3).Mx(MxClass.NoMail),
            Samples.Bare(4) with { Mx = new MxResult { Class = MxClass.Unknown, Answer = Samples.Answer(DnsStatus.NotQueried, DnsRecordType.Mx) } },
        ]);
        var figures = Compute(_folder.Path);
        Assert.Equal(
            [
                new("mx", "nodata", false, 1, 1), new("mx", "not_queried", false, 1, 0), new("mx", "ok", false, 1, 1),
                new("mx", "timeout", true, 1, 0), new("txt", "servfail", true, 2, 1),
            ],
            figures.Queries);
    }

    [Fact]
    public async Task ShardsAddUpToTheWhole()
    {
        DomainResult[] all = [.. _rows.Select((r, i) => r.Make(Samples.Bare(i + 1).Mx(i % 3 == 0 ? MxClass.NullMx : MxClass.MxPresent)))];
        await Samples.WriteAsync(_folder["whole"], all);
        await Samples.WriteAsync(_folder["a"], all.Where(r => r.Name.Rank % 2 == 0));
        await Samples.WriteAsync(_folder["b"], all.Where(r => r.Name.Rank % 2 == 1));
        Assert.Equal(Compute(_folder["whole"]).All, Compute(_folder["a"], _folder["b"]).All);
        Assert.Equal(0, Compute(_folder["a"], _folder["b"]).DuplicateRows);
        Assert.Equal(all.Length, Compute(_folder["whole"], _folder["a"], _folder["b"]).DuplicateRows);
    }

    [Fact]
    public async Task AWordThatThisVersionDoesNotKnowCountsLikeAnyOther()
    {
        await Samples.WriteAsync(_folder.Path, Enumerable.Range(1, 4).Select(n => Samples.Bare(n).Mx(MxClass.MxPresent).Spf(SpfStatus.Valid, SpfClass.Fail)));
        Assert.Equal(4, Compute(_folder.Path).Find("spf_valid", "mail")!.Numerator);
        ParquetRows.Rewrite(_folder.Path, "* REPLACE (CASE WHEN rank = 2 THEN 'of_the_future' ELSE spf_status END AS spf_status)");
        var figure = Compute(_folder.Path).Find("spf_valid", "mail")!;
        Assert.Equal((3, 4, 0), (figure.Numerator, figure.Decided, figure.Unknown));
        using var database = Open(_folder.Path);
        Assert.Equal(["of_the_future 1", "valid 3"], database.Query("SELECT spf_status || ' ' || count(*) FROM facts GROUP BY spf_status ORDER BY spf_status", r => r.GetString(0)));
    }

    [Fact]
    public void NoRowsAtAll()
    {
        using var database = RowDatabase.Open([]);
        var figures = Figures.Compute(database);
        Assert.Equal(0, figures.Rows);
        Assert.Equal(0, figures.Denominators["listed"]);
        Assert.Empty(figures.All);
    }

    [Fact]
    public void APartThatIsNoParquetIsNamed()
    {
        File.WriteAllText(_folder["part-00000.parquet"], "not a Parquet file at all");
        var error = Assert.Throws<IOException>(() => RowDatabase.Open([_folder["part-00000.parquet"]]));
        Assert.Contains("part-00000.parquet", error.Message, StringComparison.Ordinal);
    }

    private static SpfResult NoSuchName() => new() { Status = SpfStatus.None, Class = SpfClass.None, Answer = Samples.Answer(DnsStatus.Nxdomain) };

    [Theory]
    [InlineData(RowUse.Rows)]
    [InlineData(RowUse.Figures)]
    [InlineData(RowUse.Report)]
    public void WhatDoesNotFitIntoMemoryGoesToTheDisk(RowUse use)
    {
        using var database = RowDatabase.Open([], use);
        // Some 250 MB to sort, with 128 MB to do it in.
        Assert.Equal(2_000_000, database.Query("SELECT count(DISTINCT place) FROM (SELECT row_number() OVER (ORDER BY text) AS place FROM (SELECT md5(range::VARCHAR) || repeat('x', 90) AS text FROM range(2000000)))", r => r.GetInt64(0))[0]);
    }

    private static RowDatabase Open(params string[] folders) =>
        RowDatabase.Open([.. folders.SelectMany(f => RunFolder.Open(f).ClosedParts())]);

    private static Figures Compute(params string[] folders)
    {
        using var database = Open(folders);
        return Figures.Compute(database);
    }

    private static string Text(IReadOnlyDictionary<string, long?> sizes) => string.Join(", ", sizes.Select(d => $"{d.Key} {d.Value}"));
}
