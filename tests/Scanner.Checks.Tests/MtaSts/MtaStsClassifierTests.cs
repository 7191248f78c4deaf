using System.Text;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>The worked examples M1 to M26 (TXT records), X1 to X7 (MX match) and F14, F15 of classification.md 6.6 and 6.8.</summary>
public sealed class MtaStsClassifierTests
{
    private const string Owner = "_mta-sts.example.com";

    [Theory]
    [InlineData("M1", "v=STSv1; id=20240101T000000;", MtaStsRecordState.Ok, "20240101T000000", null, "RFC 8461 §3.1's own form")]
    [InlineData("M2", "v=STSv1;id=1", MtaStsRecordState.Ok, "1", null, "blanks around \";\" and the final \";\" are optional")]
    [InlineData("M3", "v=STSv1 ; id=1", MtaStsRecordState.Ok, "1", null, "delim = *WSP \";\" *WSP")]
    [InlineData("M4", "v=STSv1 ; id=1|unrelated", MtaStsRecordState.Absent, null, null, "with several, the literal v=STSv1; decides")]
    [InlineData("M5", "v=STSv1; id=abc123|v=spf1 -all", MtaStsRecordState.Ok, "abc123", null, "the wildcard's SPF is discarded")]
    [InlineData("M6", "v=spf1 -all", MtaStsRecordState.Absent, null, null, "somebody else's text")]
    [InlineData("M7", "v=STSv1; id=1|v=STSv1; id=2", MtaStsRecordState.RecordMultiple, null, null, "not exactly one")]
    [InlineData("M8", "v=STSv1; id=2024-01-01", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.BadId, "no hyphen")]
    [InlineData("M9", "v=STSv1; id=2024_01_01", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.BadId, "no underscore")]
    [InlineData("M10", "v=STSv1;", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.MissingId, "id is required")]
    [InlineData("M11", "v=STSv1", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.MissingId, "at least one field")]
    [InlineData("M12", "v=STSv1; id=", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.BadId, "empty id")]
    [InlineData("M13", "v=STSv1; id=123456789012345678901234567890123", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.IdTooLong, "33 digits")]
    [InlineData("M14", "v=STSv1; id = 1", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.SpaceAroundEq, "no blank around \"=\"")]
    [InlineData("M15", "v=stsv1; id=1", MtaStsRecordState.Absent, null, null, "%s: case-sensitive")]
    [InlineData("M16", "V=STSv1; id=1", MtaStsRecordState.Absent, null, null, "the tag is inside the literal")]
    [InlineData("M17", "id=1; v=STSv1", MtaStsRecordState.Absent, null, null, "must begin with the version")]
    [InlineData("M18", "v=STSv1, id=1", MtaStsRecordState.Absent, null, null, "a comma is no delimiter")]
    [InlineData("M19", "v=STSv2; id=1", MtaStsRecordState.Absent, null, null, "other version")]
    [InlineData("M20", "v=STSv1; id=abc; id=def", MtaStsRecordState.Ok, "abc", null, "first wins")]
    [InlineData("M21", "v=STSv1; ext-1=foo; id=abc", MtaStsRecordState.Ok, "abc", null, "unknown fields ignored, order free")]
    [InlineData("M22", "v=STSv1; id=abc; note=a b", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.BadField, "blank in a value")]
    [InlineData("M23", "v=STSv1; id=abc;;", MtaStsRecordState.RecordInvalid, null, MtaStsRecordError.EmptyField, "double delimiter")]
    public void Records(string example, string texts, MtaStsRecordState state, string? id, MtaStsRecordError? error, string why)
    {
        var result = Record(texts.Split('|'));
        Assert.True((result.Record, result.Id, result.RecordError) == (state, id, error), $"{example}: {result.Record} {result.Id} {result.RecordError}; {why}");
        var status = state switch
        {
            MtaStsRecordState.Absent => MtaStsStatus.Absent,
            MtaStsRecordState.RecordMultiple => MtaStsStatus.RecordMultiple,
            MtaStsRecordState.RecordInvalid => MtaStsStatus.RecordInvalid,
            _ => MtaStsStatus.Unknown, // until the policy is fetched
        };
        Assert.Equal(status, result.Status);
    }

    [Fact]
    public void M24_Strings_are_joined_without_a_space() =>
        Assert.Equal("20240101", Classify(new FakeResolver().Txt(Owner, "v=STSv1; id=2024", "0101")).Id);

    [Fact]
    public void M25_Cname_is_followed_and_noted()
    {
        var result = Classify(new FakeResolver().Cname(Owner, "_mta-sts.provider.example").Txt("_mta-sts.provider.example", "v=STSv1; id=p1"));
        Assert.Equal((MtaStsRecordState.Ok, "p1", "_mta-sts.provider.example"), (result.Record, result.Id, result.TxtCname));
    }

    [Fact]
    public void M26_What_could_not_be_asked_is_unknown_never_absent()
    {
        foreach (var status in Enum.GetValues<DnsStatus>().Where(s => s.IsUnknown()))
        {
            var result = Classify(new FakeResolver().Fail(Owner, DnsRecordType.Txt, status));
            Assert.True((result.Record, result.Status) == (MtaStsRecordState.Unknown, MtaStsStatus.Unknown), status.ToString());
            Assert.False(MtaStsClassifier.WantsFetch(result));
        }
        foreach (var status in new[] { DnsStatus.Nodata, DnsStatus.Nxdomain, DnsStatus.NameTooLong })
            Assert.Equal(MtaStsStatus.Absent, Classify(new FakeResolver().Fail(Owner, DnsRecordType.Txt, status)).Status);
    }

    [Fact]
    public void Same_text_cut_differently_is_two_records_but_a_repeated_record_is_one()
    {
        Assert.Equal(MtaStsRecordState.RecordMultiple,
            Classify(new FakeResolver().Txt(Owner, "v=STSv1; id=1").Txt(Owner, "v=STSv1;", " id=1")).Record);
        Assert.Equal(MtaStsRecordState.Ok, Classify(new FakeResolver().Txt(Owner, "v=STSv1 ; id=1").Txt(Owner, "v=STSv1 ; id=1")).Record);
    }

    [Theory]
    [InlineData("v=STSv1; id=1", true, true)]
    [InlineData("v=STSv1; id=2024-01-01", true, true)]
    [InlineData("v=STSv1; id = 1", true, true)]
    [InlineData("v=STSv1; id=abc; note=a b", true, true)]
    [InlineData("v=STSv1; id=abc;;", true, true)]
    [InlineData("v=STSv1;; junk; id=abc", true, true)]
    [InlineData("v=STSv1; id=", false, false)]
    [InlineData("v=STSv1", false, false)]
    [InlineData("v=STSv1 id=1", false, false)]
    [InlineData("v=STSv1 x; id=1", false, false)]
    [InlineData("v=stsv1; id=1", null, false)]
    public void A_policy_is_fetched_when_a_lenient_reader_would(string text, bool? lenient, bool wants)
    {
        var result = Record(text);
        Assert.Equal((lenient, wants), (result.RecordLenient, MtaStsClassifier.WantsFetch(result)));
    }

    [Theory]
    [InlineData("v=stsv1; id=1", MtaStsNearMiss.VersionCase)]
    [InlineData("V=STSv1; id=1", MtaStsNearMiss.VersionCase)]
    [InlineData("v=STSv1, id=1", MtaStsNearMiss.VersionDelimiter)]
    [InlineData("v=STSv1:id=1", MtaStsNearMiss.VersionDelimiter)]
    [InlineData("v = STSv1; id=1", MtaStsNearMiss.VersionDelimiter)]
    [InlineData("v=STSv1 ; id=1|other", MtaStsNearMiss.VersionDelimiter)]
    [InlineData("v=STSv2; id=1", MtaStsNearMiss.OtherVersion)]
    [InlineData("v=STSv10; id=1", MtaStsNearMiss.OtherVersion)]
    [InlineData("v=STS1; id=1", MtaStsNearMiss.OtherVersion)]
    [InlineData(" v=STSv1; id=1", MtaStsNearMiss.LeadingSpace)]
    [InlineData("\"v=STSv1; id=1\"", MtaStsNearMiss.Quoted)]
    [InlineData("\u00E2\u0080\u009Cv=STSv1; id=1", MtaStsNearMiss.Quoted)]
    [InlineData("id=1; v=STSv1", MtaStsNearMiss.VersionNotFirst)]
    [InlineData("v=spf1 -all", null)]
    [InlineData("", null)]
    public void Near_misses_are_absent_but_named(string texts, MtaStsNearMiss? miss)
    {
        var result = Record(texts.Split('|'));
        Assert.Equal((MtaStsStatus.Absent, miss, miss is null ? 0 : 1), (result.Status, result.NearMiss, result.Candidates.Count));
    }

    /// <summary>An RRset has no order: the first kind of the list is told, and all texts are kept.</summary>
    [Theory]
    [InlineData("id=1; v=STSv1", "v=stsv1; id=1")]
    [InlineData("v=stsv1; id=1", "id=1; v=STSv1")]
    public void Of_several_near_misses_one_is_told_and_all_are_kept(params string[] texts)
    {
        var result = Record(texts);
        Assert.Equal((MtaStsNearMiss.VersionCase, 2), (result.NearMiss, result.Candidates.Count));
    }

    [Fact]
    public void Raw_text_is_kept_escaped() =>
        Assert.Equal(@"v=STSv1; id=1\\\255", Record("v=STSv1; id=1\\\u00FF").RawTxt);

    [Theory]
    [InlineData("X1", "*.example.net", "a.example.net", true)]
    [InlineData("X2", "*.example.net", "example.net", false)]
    [InlineData("X3", "*.example.net", "a.b.example.net", false)]
    [InlineData("X4", "MAIL.example.com", "mail.EXAMPLE.com.", true)]
    [InlineData("suffix of a label", "*.example.net", "a.badexample.net", false)]
    [InlineData("empty first label", "*.example.net", ".example.net", false)]
    public void Patterns(string example, string pattern, string host, bool matches) =>
        Assert.True(MtaStsMxMatcher.Matches(pattern, host) == matches, example);

    [Theory]
    [InlineData("X5", MxClass.MxOk, "mx1.example.com mx2.example.com", "mx1.example.com", MtaStsMxMatch.Some, "")]
    [InlineData("X6", MxClass.ImplicitMx, "", "mail.example.com", MtaStsMxMatch.None, "mail.example.com")]
    [InlineData("X6, named", MxClass.ImplicitMx, "", "example.com", MtaStsMxMatch.All, "")]
    [InlineData("X7", MxClass.NullMx, ".", "mail.example.com", MtaStsMxMatch.NotApplicable, "")]
    [InlineData("null MX among others is no host", MxClass.MxPresent, ". mx1.example.com", "mx1.example.com", MtaStsMxMatch.All, "")]
    [InlineData("unused", MxClass.MxPresent, "mx1.example.com", "mx1.example.com *.example.org", MtaStsMxMatch.All, "*.example.org")]
    [InlineData("none", MxClass.MxDangling, "mx1.example.com", "*.example.org", MtaStsMxMatch.None, "*.example.org")]
    [InlineData("MX unknown", MxClass.Unknown, "", "mx1.example.com", MtaStsMxMatch.Unknown, "")]
    [InlineData("no MX", MxClass.NoMail, "", "mx1.example.com", MtaStsMxMatch.NotApplicable, "")]
    [InlineData("no MX, whatever is listed", MxClass.NoMail, "a.example", "mx1.example.com", MtaStsMxMatch.NotApplicable, "")]
    [InlineData("null MX, whatever is listed", MxClass.NullMx, "a.example", "mx1.example.com", MtaStsMxMatch.NotApplicable, "")]
    [InlineData("no such name", MxClass.Nxdomain, "a.example", "mx1.example.com", MtaStsMxMatch.NotApplicable, "")]
    [InlineData("no name", MxClass.InvalidName, "a.example", "mx1.example.com", MtaStsMxMatch.NotApplicable, "")]
    [InlineData("says no mail", MxClass.MxNoService, "localhost", "mx1.example.com", MtaStsMxMatch.NotApplicable, "")]
    public void Live_hosts(string example, MxClass mxClass, string hosts, string patterns, MtaStsMxMatch match, string unused)
    {
        var result = MtaStsClassifier.Classify(Record("v=STSv1; id=1"), Body(PolicyWith(patterns)), Mx(mxClass, hosts));
        Assert.True((result.Status, result.MxMatch, string.Join(' ', result.UnusedPatterns)) == (MtaStsStatus.ValidEnforce, match, unused), example);
    }

    [Fact]
    public void Without_the_MX_check_the_match_is_unknown_and_with_mode_none_it_does_not_apply()
    {
        Assert.Equal(MtaStsMxMatch.Unknown, MtaStsClassifier.Classify(Record("v=STSv1; id=1"), Body(PolicyWith("a.example")), mx: null).MxMatch);
        var none = MtaStsClassifier.Classify(Record("v=STSv1; id=1"), Body("version: STSv1\nmode: none\nmax_age: 1\n"), Mx(MxClass.MxOk, "a.example"));
        Assert.Equal((MtaStsStatus.ValidNone, MtaStsMxMatch.NotApplicable), (none.Status, none.MxMatch));
    }

    [Theory]
    [InlineData(MtaStsStage.Dns, MtaStsError.HostNodata, MtaStsStatus.FetchFailedDns)]
    [InlineData(MtaStsStage.Tcp, MtaStsError.ConnRefused, MtaStsStatus.FetchFailedTcp)]
    [InlineData(MtaStsStage.Tls, MtaStsError.CertExpired, MtaStsStatus.FetchFailedTls)]
    [InlineData(MtaStsStage.Http, MtaStsError.Http404, MtaStsStatus.FetchFailedHttp)]
    [InlineData(MtaStsStage.Body, MtaStsError.BodyTooLarge, MtaStsStatus.FetchFailedBody)]
    public void The_rung_that_breaks_is_the_status(MtaStsStage stage, MtaStsError error, MtaStsStatus status)
    {
        var result = MtaStsClassifier.Classify(Record("v=STSv1; id=1"), new PolicyFetch { FailedStage = stage, Error = error }, mx: null);
        Assert.Equal((status, stage, error, null, null), (result.Status, result.Stage, result.Error, result.Mode, result.PolicyStrict));
        Assert.Null(result.RawPolicy);
    }

    /// <summary>Octets that are no text and hold no field break one rung earlier; with one field among them they are a bad policy.</summary>
    [Theory]
    [InlineData("\u001F\u008B\u0008\0\0", MtaStsStatus.FetchFailedBody, MtaStsStage.Body, MtaStsError.NotText)]
    [InlineData("\u001F\u008B\u0008\nmode: none\n", MtaStsStatus.PolicyInvalid, MtaStsStage.Policy, MtaStsError.MissingVersion)]
    [InlineData("no field\n", MtaStsStatus.PolicyInvalid, MtaStsStage.Policy, MtaStsError.MissingVersion)]
    public void What_is_no_text(string octets, MtaStsStatus status, MtaStsStage stage, MtaStsError error)
    {
        var result = MtaStsClassifier.Classify(Record("v=STSv1; id=1"), Body(octets), mx: null);
        Assert.Equal((status, stage, error), (result.Status, result.Stage, result.Error));
    }

    [Fact]
    public void A_bad_record_stays_bad_whatever_its_policy_is()
    {
        var result = MtaStsClassifier.Classify(Record("v=STSv1; id=2024-01-01"), Body(PolicyWith("mx.example.com")), mx: null);
        Assert.Equal((MtaStsStatus.RecordInvalid, MtaStsStatus.ValidEnforce), (result.Status, result.LenientStatus));
    }

    [Fact]
    public void An_unusable_policy_has_no_mode_but_keeps_its_text()
    {
        var result = MtaStsClassifier.Classify(Record("v=STSv1; id=1"), Body("version: STSv1\nmode: enforce\nmax_age: \u00FF\n"), mx: null);
        Assert.Equal((MtaStsStatus.PolicyInvalid, MtaStsStage.Policy, MtaStsError.BadMaxAge, null), (result.Status, result.Stage, result.Error, result.Mode));
        Assert.Equal([MtaStsError.BadMaxAge, MtaStsError.MissingMx], result.PolicyErrors);
        Assert.Equal("version: STSv1\nmode: enforce\nmax_age: \\255\n", result.RawPolicy);
    }

    [Fact]
    public void F14_A_503_is_worth_asking_again_and_a_redirect_is_not()
    {
        Assert.True(HttpsPolicyFetcher.IsTransient(MtaStsError.Http5xx));
        Assert.False(HttpsPolicyFetcher.IsTransient(MtaStsError.HttpRedirect));
        Assert.False(HttpsPolicyFetcher.IsTransient(null));
    }

    [Fact]
    public void F15_The_parents_record_says_nothing_about_a_subdomain()
    {
        var resolver = new FakeResolver().Txt(Owner, "v=STSv1; id=1").A("mail.example.com", "192.0.2.1");
        var result = MtaStsClassifier.ClassifyRecord(resolver.Query("_mta-sts.mail.example.com", DnsRecordType.Txt));
        Assert.Equal(MtaStsStatus.Absent, result.Status);
        Assert.False(MtaStsClassifier.WantsFetch(result));
    }

    private static MtaStsResult Record(params string[] texts)
    {
        var resolver = new FakeResolver();
        foreach (string text in texts) resolver.Txt(Owner, text);
        return Classify(resolver);
    }

    private static MtaStsResult Classify(FakeResolver resolver) => MtaStsClassifier.ClassifyRecord(resolver.Query(Owner, DnsRecordType.Txt));

    private static PolicyFetch Body(string text) => new() { HttpStatus = 200, Body = Encoding.Latin1.GetBytes(text) };

    private static string PolicyWith(string patterns) =>
        "version: STSv1\nmode: enforce\nmax_age: 604800\n" + string.Concat(patterns.Split(' ').Select(p => $"mx: {p}\n"));

    private static MxResult Mx(MxClass mxClass, string hosts) => new()
    {
        Class = mxClass,
        Answer = DnsAnswer.Without(new DnsQuestion("example.com", DnsRecordType.Mx), hosts == "" ? DnsStatus.Nodata : DnsStatus.Ok),
        Targets = [.. hosts.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select((h, i) => new MxTarget(10 * i, h, h == "." ? MxTargetKind.Null : MxTargetKind.Hostname))],
    };
}
