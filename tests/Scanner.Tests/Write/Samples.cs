using System.Net;
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
using Scanner.Write;

namespace Scanner.Tests.Write;

/// <summary>Results made by hand, for tests of what comes behind the checks.</summary>
internal static class Samples
{
    public static RunStamp Stamp { get; } = new()
    {
        ScanId = "20260102T030405Z-1",
        ToolVersion = "0.1.0",
        ListSha256 = "ab12",
        PslVersion = "2026-01-01",
        Vantage = "a test",
    };

    public static DateTimeOffset Time { get; } = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)).AddMicroseconds(123_456);

    /// <summary>Nothing was asked.</summary>
    public static DomainResult Bare(int rank, string? name = null, InputClass kind = InputClass.Registrable) => new()
    {
        Name = new ListedName { Rank = rank, Input = name ?? $"d{rank}.example", Name = name ?? $"d{rank}.example", Class = kind, Tld = "example" },
        ScannedAt = Time,
    };

    public static DnsAnswer Answer(DnsStatus status, DnsRecordType type = DnsRecordType.Txt) =>
        DnsAnswer.Without(new DnsQuestion("q.example", type), status);

    /// <summary>A check's own answer: ok for what is there, nodata for what is not, timeout for unknown.</summary>
    public static DomainResult Mx(this DomainResult row, MxClass mx) => row with
    {
        Mx = new MxResult
        {
            Class = mx,
            Answer = Answer(mx switch
            {
                MxClass.Unknown => DnsStatus.Timeout,
                MxClass.Nxdomain => DnsStatus.Nxdomain,
                MxClass.ImplicitMx or MxClass.NoMail => DnsStatus.Nodata,
                _ => DnsStatus.Ok,
            }, DnsRecordType.Mx),
        },
    };

    public static DomainResult Spf(this DomainResult row, SpfStatus status, SpfClass kind, SpfEffectiveAll? all = null, SpfPermissive? permissive = null) => row with
    {
        Spf = new SpfResult
        {
            Status = status,
            Class = kind,
            EffectiveAll = all,
            Permissive = permissive,
            Answer = Answer(status == SpfStatus.Unknown ? DnsStatus.Servfail : DnsStatus.Ok),
        },
    };

    public static DomainResult Dmarc(this DomainResult row, DmarcClass kind, bool? own = null, bool? enforcing = null) => row with
    {
        Dmarc = new DmarcResult
        {
            Class = kind,
            Own = own,
            Record = DmarcRecordState.Valid,
            Source = DmarcSource.Self,
            Policy9989 = DmarcPolicy.None,
            Policy7489 = DmarcPolicy.None,
            EnfP = enforcing,
            EnfReject = enforcing,
            Enf7489 = enforcing,
            EnfFull = enforcing,
            Enf9989 = enforcing,
            Answer = Answer(kind == DmarcClass.Unknown ? DnsStatus.Refused : DnsStatus.Ok),
        },
    };

    public static DomainResult MtaSts(this DomainResult row, MtaStsStatus status, MtaStsMxMatch? match = null) => row with
    {
        MtaSts = new MtaStsResult
        {
            Status = status,
            MxMatch = match,
            Record = status == MtaStsStatus.Unknown ? MtaStsRecordState.Unknown : MtaStsRecordState.Ok,
            Answer = Answer(status switch { MtaStsStatus.Unknown => DnsStatus.Timeout, MtaStsStatus.Absent => DnsStatus.Nxdomain, _ => DnsStatus.Ok }),
        },
    };

    public static DomainResult TlsRpt(this DomainResult row, TlsRptStatus status) => row with
    {
        TlsRpt = new TlsRptResult { Status = status, Answer = Answer(status == TlsRptStatus.Unknown ? DnsStatus.Timeout : DnsStatus.Nodata) },
    };

    public static DomainResult Dkim(this DomainResult row, DkimPresence presence, DkimEnt ent) => row with
    {
        Dkim = new DkimResult { Presence = presence, Ent = ent, Answer = Answer(ent == DkimEnt.Unknown ? DnsStatus.Timeout : DnsStatus.Nodata) },
    };

    public static DomainResult Dane(this DomainResult row, DaneStatus status) => row with { Dane = new DaneResult { Status = status } };

    public static DomainResult Bimi(this DomainResult row, BimiStatus status) => row with
    {
        Bimi = new BimiResult { Status = status, Answer = Answer(status == BimiStatus.Unknown ? DnsStatus.Timeout : DnsStatus.Nodata) },
    };

    public static DomainResult Dnssec(this DomainResult row, DnssecState state) => row with
    {
        Dnssec = new DnssecResult(state, Answer(state == DnssecState.Unknown ? DnsStatus.Timeout : DnsStatus.Nodata, DnsRecordType.Soa), Untrusted: false),
    };

    /// <summary>Every column that can hold something does, with text that is hard to carry.</summary>
    public static DomainResult Full(int rank) => new()
    {
        Name = new ListedName
        {
            Rank = rank,
            Input = "MÜNCHEN\\\"'.Example.",
            Name = $"xn--mnchen-3ya-{rank}.example",
            Class = InputClass.Subdomain,
            OrganizationalDomain = "xn--mnchen-3ya.example",
            Tld = "example",
        },
        ScannedAt = Time,
        Pass = 2,
        Mx = new MxResult
        {
            Class = MxClass.MxPresent,
            Answer = new DnsAnswer
            {
                Question = new DnsQuestion("x.example", DnsRecordType.Mx),
                Status = DnsStatus.Ok,
                CnameTarget = "real.example",
                Ttl = 4_000_000_000,
                AuthenticData = true,
                OverTcp = true,
                Tries = 3,
                FailedTries = [DnsStatus.Timeout, DnsStatus.Servfail],
                Milliseconds = 12.5,
                Resolver = "192.0.2.53:53",
                Records = [new MxRecord("x.example", 60, 20, "mx2.example"), new MxRecord("x.example", 60, 10, "mx1.example")],
            },
            A = new DnsAnswer
            {
                Question = new DnsQuestion("x.example", DnsRecordType.A),
                Status = DnsStatus.Ok,
                Tries = 1,
                Records = [new AddressRecord("x.example", 60, IPAddress.Parse("192.0.2.1"))],
            },
            Aaaa = Answer(DnsStatus.Timeout, DnsRecordType.Aaaa),
            Targets =
            [
                new MxTarget(10, "mx1.example", MxTargetKind.Hostname) { Status = MxTargetStatus.AddrOkCname },
                new MxTarget(20, "mx2.example", MxTargetKind.UnderscoreHostname) { Status = MxTargetStatus.Unknown },
            ],
            Provider = "google",
            Quirks = [MxQuirk.NullMxPref, MxQuirk.NullMxMixed],
        },
        Spf = new SpfResult
        {
            Status = SpfStatus.PermerrorLookupLimit,
            Class = SpfClass.Invalid,
            Answer = Answer(DnsStatus.Ok) with { Tries = 1, Milliseconds = 0.25 },
            All = SpfAll.Softfail,
            EffectiveAll = SpfEffectiveAll.NeutralDefault,
            Permissive = SpfPermissive.Ip4Slash0,
            NoMail = false,
            Errors = ["permerror_lookup_limit", "loop"],
            SyntaxError = SpfSyntaxError.BadIp4,
            LookupsWorst = 11,
            VoidWorst = 0,
            EvalLevel = SpfEvalLevel.Tree,
            RedirectChain = ["r.example"],
            Includes = ["a.example", "b.example", "c.example"],
            IncludeDepth = 4,
            Ipv4Count = 1L << 32,
            WidestIp4 = 0,
            HasPtr = true,
            HasDynamicMacro = false,
            Length = 512,
            Strings = 3,
            NearMiss = SpfNearMiss.Quoted,
            Quirks = ["ptr"],
            Raw = @"v=spf1 \\ \226\128 ü 漢字 😀 ""quoted"" ~all",
            Candidates = ["", "v=spf1", new string('x', 70_000)],
            TxtRrsetBytes = 70_000,
            TxtOver450 = true,
            TxtOver512 = true,
            TxtNeededTcp = true,
        },
        Dmarc = new DmarcResult
        {
            Record = DmarcRecordState.InvalidSpNpNoRua,
            Class = DmarcClass.NoEffect,
            Answer = Answer(DnsStatus.Ok) with { Tries = 1 },
            Own = true,
            Source = DmarcSource.Psd,
            SourceName = "org.example",
            Policy9989 = DmarcPolicy.NoProcessing,
            Policy7489 = DmarcPolicy.Quarantine,
            P = "ReJect",
            Sp = "",
            Np = "x",
            Pct = 0,
            T = "y",
            Psd = "n",
            Adkim = "s",
            Aspf = "r",
            Fo = "1:d",
            Rua = ReportUriState.SomeInvalid,
            RuaHosts = ["rua.example"],
            Ruf = ReportUriState.AllInvalid,
            RuaAuth = ReportAuth.NotAuthorised,
            RufAuth = ReportAuth.NotNeeded,
            ReportHostsNxdomain = ["gone.example"],
            Quirks = ["tag_case"],
            UnknownTags = ["foo"],
            NearMiss = DmarcNearMiss.AtApex,
            TxtOther = true,
            Cname = "d.example",
            EnfP = true,
            EnfReject = false,
            Enf7489 = true,
            EnfFull = false,
            Enf9989 = true,
            Raw = "v=DMARC1; p=\t\u001B[31mred",
            Candidates = ["v=DMARC1; p=none", "v=DMARC1; p=reject"],
        },
        MtaSts = new MtaStsResult
        {
            Status = MtaStsStatus.FetchFailedTls,
            Record = MtaStsRecordState.Ok,
            Answer = Answer(DnsStatus.Ok) with { Tries = 2 },
            RecordError = MtaStsRecordError.IdTooLong,
            Id = "20260101",
            RecordLenient = true,
            LenientStatus = MtaStsStatus.ValidNone,
            NearMiss = MtaStsNearMiss.OtherVersion,
            TxtCname = "t.example",
            Stage = MtaStsStage.Tls,
            Error = MtaStsError.CertNameMismatch,
            PolicyErrors = [MtaStsError.MissingVersion],
            Mode = MtaStsMode.Enforce,
            MaxAge = 9_999_999_999,
            MxPatterns = ["*.example"],
            MxMatch = MtaStsMxMatch.Some,
            UnusedPatterns = ["old.example"],
            PolicyStrict = false,
            Quirks = ["bom"],
            Candidates = ["v=STSv1; id=1;"],
            RawTxt = "v=STSv1; id=1;",
            RawPolicy = "version: STSv1\r\nmode: enforce\r\n",
            Fetch = new PolicyFetch
            {
                FailedStage = MtaStsStage.Tls,
                Error = MtaStsError.CertNameMismatch,
                CertificateFlags = [MtaStsError.CertNameMismatch, MtaStsError.CertExpired],
                HttpStatus = 404,
                MediaType = "text/html",
                MediaTypeOk = false,
                RedirectHost = "www.example",
                HostCname = "h.example",
                Address = IPAddress.Parse("2001:db8::7"),
                HttpVersion = "2",
                RetryAfter = TimeSpan.FromMinutes(2),
                TlsVersion = "1.3",
                Transient = false,
                Milliseconds = 150,
            },
        },
        TlsRpt = new TlsRptResult
        {
            Status = TlsRptStatus.Invalid,
            Answer = Answer(DnsStatus.Ok) with { Tries = 1 },
            Error = TlsRptError.BadScheme,
            RuaMailto = true,
            RuaHttps = false,
            Raw = "v=TLSRPTv1; rua=ftp:x",
        },
        Dkim = new DkimResult
        {
            Presence = DkimPresence.KeyFound,
            Ent = DkimEnt.Inconclusive,
            Answer = Answer(DnsStatus.Nodata),
            Keys = [new DkimKey("s1", DkimKeyState.Weak, DkimKeyType.Rsa, 512, "s1.example"), new DkimKey("s2", DkimKeyState.Unknown, null, null, null)],
            SelectorsAsked = 8,
        },
        Dane = new DaneResult { Status = DaneStatus.Partial, Hosts = [new DaneHost("mx1.example", DaneHostStatus.Usable, ["3 1 1 ab"]), new DaneHost("mx2.example", DaneHostStatus.None, [])] },
        Bimi = new BimiResult
        {
            Status = BimiStatus.Invalid,
            Error = BimiError.BadL,
            Answer = Answer(DnsStatus.Ok),
            SourceName = "org.example",
            Effective = false,
            Raw = "v=BIMI1; l=x",
        },
        Dnssec = new DnssecResult(DnssecState.Bogus, Answer(DnsStatus.Bogus, DnsRecordType.Soa), Untrusted: false),
        Wildcard = new WildcardFindings(["dmarc"]),
        Evidence = Evidence(Answer(DnsStatus.Timeout), Answer(DnsStatus.Nxdomain, DnsRecordType.A)),
    };

    private static Scanner.Resolve.NameEvidence Evidence(DnsAnswer own, DnsAnswer shared)
    {
        var evidence = new Scanner.Resolve.NameEvidence();
        evidence.Add(own, shared: false);
        evidence.Add(shared, shared: true);
        return evidence;
    }

    /// <summary>Everything was asked and every lookup failed.</summary>
    public static DomainResult AllUnknown(int rank) => Bare(rank).Mx(MxClass.Unknown).Spf(SpfStatus.Unknown, SpfClass.Unknown)
        .Dmarc(DmarcClass.Unknown).MtaSts(MtaStsStatus.Unknown).TlsRpt(TlsRptStatus.Unknown)
        .Dkim(DkimPresence.Unknown, DkimEnt.Unknown).Dane(DaneStatus.Unknown).Bimi(BimiStatus.Unknown).Dnssec(DnssecState.Unknown);

    /// <summary>Everything was asked and nothing is there: the lists are empty, not null.</summary>
    public static DomainResult AllAbsent(int rank) => Bare(rank).Mx(MxClass.NoMail).Spf(SpfStatus.None, SpfClass.None)
        .Dmarc(DmarcClass.Absent, own: false, enforcing: false).MtaSts(MtaStsStatus.Absent).TlsRpt(TlsRptStatus.Absent)
        .Dkim(DkimPresence.Absent, DkimEnt.Absent).Dane(DaneStatus.None).Bimi(BimiStatus.Absent).Dnssec(DnssecState.Insecure);

    /// <summary>Writes rows into <c>folder/domains</c> and closes the part.</summary>
    public static async Task WriteAsync(string folder, IEnumerable<DomainResult> rows, RunStamp? stamp = null)
    {
        await using var writer = new PartWriter(Path.Combine(folder, "domains"), stamp ?? Stamp);
        foreach (var row in rows) await writer.AddAsync(row);
    }
}

/// <summary>A folder of its own for one test, gone afterwards. Its name holds what globs and SQL trip over.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"scanner test [1] it's {Guid.NewGuid():N}");

    public TestFolder() => Directory.CreateDirectory(Path);

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
