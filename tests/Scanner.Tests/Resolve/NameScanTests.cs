using System.Net;
using Scanner.Checks;
using Scanner.Checks.Dmarc;
using Scanner.Checks.MtaSts;
using Scanner.Checks.Names;
using Scanner.Checks.Spf;
using Scanner.Checks.TlsRpt;
using Scanner.Dns;
using Scanner.Resolve;
using Scanner.TestSupport;

namespace Scanner.Tests.Resolve;

/// <summary>What is asked for one name, and what is not.</summary>
public sealed class NameScanTests
{
    private const string Name = "example.com";

    // RFC 8020 §2: NXDOMAIN for the listed name; nothing below is asked for, and it is absent, not unknown.
    [Fact]
    public async Task NothingIsAskedBelowANameThatDoesNotExist()
    {
        var zone = new FakeResolver();
        var result = await Scan(zone);
        Assert.Equal([DnsRecordType.Mx, DnsRecordType.Txt], zone.Asked.Where(q => q.Name == Name).Select(q => q.Type).Order());
        Assert.DoesNotContain(zone.Asked, q => q.Name.StartsWith('_') && q.Name.EndsWith("." + Name, StringComparison.Ordinal));
        Assert.Equal((DnsStatus.NotQueried, true), (result.Dmarc!.Answer.Status, result.Dmarc.Answer.Pruned));
        Assert.Equal((DmarcRecordState.Absent, MtaStsStatus.Absent, TlsRptStatus.Absent), (result.Dmarc.Record, result.MtaSts!.Status, result.TlsRpt!.Status));
    }

    // Pruning must not cost a name what it inherits: np is there for names that do not exist (RFC 9989 §4.7).
    [Fact]
    public async Task APrunedNameStillInheritsDmarc()
    {
        var result = await Scan(new FakeResolver().Txt($"_dmarc.{Name}", "v=DMARC1; p=none; np=reject"), "ghost.example.com");
        Assert.True(result.Dmarc!.Answer.Pruned);
        Assert.Equal((DmarcClass.Reject, Name), (result.Dmarc.Class, result.Dmarc.SourceName));
    }

    [Fact]
    public async Task WithoutPruningEverythingIsAsked()
    {
        // A server that wrongly denies a name with something below it.
        var zone = new FakeResolver().Txt($"_dmarc.{Name}", "v=DMARC1; p=reject").Fail(Name, DnsRecordType.Mx, DnsStatus.Nxdomain).Fail(Name, DnsRecordType.Txt, DnsStatus.Nxdomain);
        Assert.Equal(DmarcClass.Absent, (await Scan(zone)).Dmarc!.Class);
        Assert.Equal(DmarcClass.Reject, (await Scan(zone, configure: o => o with { Prune = false })).Dmarc!.Class);
    }

    [Theory]
    [InlineData(DnsStatus.Nxdomain, DnsStatus.Nodata, false, "the two contradict each other: ask")]
    [InlineData(DnsStatus.Timeout, DnsStatus.Timeout, false, "nothing is known: ask")]
    [InlineData(DnsStatus.Nxdomain, DnsStatus.Timeout, true, "one says so, the other says nothing")]
    [InlineData(DnsStatus.Servfail, DnsStatus.Nxdomain, true, "one says so, the other says nothing")]
    public async Task WhenIsItPruned(DnsStatus mx, DnsStatus txt, bool pruned, string why)
    {
        var zone = new FakeResolver().Txt(Name, "x").Fail(Name, DnsRecordType.Mx, mx).Fail(Name, DnsRecordType.Txt, txt);
        Assert.True((await Scan(zone)).Dmarc!.Answer.Pruned == pruned, why);
    }

    // Who does not answer for the name will not answer for what lies below it: that is a later pass's, and unknown till then. Never absent (promise 1).
    [Theory]
    [InlineData(DnsStatus.Servfail, DnsStatus.Timeout, true, true)]
    [InlineData(DnsStatus.Servfail, DnsStatus.Timeout, false, false)]
    [InlineData(DnsStatus.Servfail, DnsStatus.Nodata, true, false)]
    [InlineData(DnsStatus.Nodata, DnsStatus.Timeout, true, false)]
    public async Task WhatLiesBelowAnUnansweredNameMayWait(DnsStatus mx, DnsStatus txt, bool mayWait, bool waits)
    {
        var zone = new FakeResolver().Txt($"_dmarc.{Name}", "v=DMARC1; p=reject").Fail(Name, DnsRecordType.Mx, mx).Fail(Name, DnsRecordType.Txt, txt);
        foreach (bool prune in (bool[])[true, false])
        {
            var result = await Scan(zone, configure: o => o with { LeaveBelowForLater = mayWait, Prune = prune });
            Assert.Equal(waits ? DmarcClass.Unknown : DmarcClass.Reject, result.Dmarc!.Class);
            Assert.Equal((waits ? DnsStatus.NotQueried : DnsStatus.Ok, false), (result.Dmarc.Answer.Status, result.Dmarc.Answer.Pruned));
            Assert.Equal(waits ? TlsRptStatus.Unknown : TlsRptStatus.Absent, result.TlsRpt!.Status);
            Assert.True(result.Evidence!.Unknown > 0);
        }
    }

    // RFC 6604 §3: after a CNAME the NXDOMAIN is the target's, and the name itself exists.
    [Fact]
    public async Task ADanglingAliasIsNotPruned() =>
        Assert.False((await Scan(new FakeResolver().Cname(Name, "gone.example.net").Txt($"_dmarc.{Name}", "v=DMARC1; p=reject"))).Dmarc!.Answer.Pruned);

    // Promise 1: a name on the opt-out list was not asked for, so nothing about it is absent.
    [Fact]
    public async Task AnExcludedNameIsUnknownAndAsksNothing()
    {
        var zone = new FakeResolver();
        var name = Listed(Name) with { Excluded = true };
        var result = await new DomainScanner(zone, zone, Options(), TimeProvider.System).ScanAsync(name, TestContext.Current.CancellationToken);
        Assert.Empty(zone.Asked);
        Assert.Empty(result.Evidence!.Answers);
        Assert.Equal(("unknown", "unknown", "unknown"), (result.Spf!.Status.Word(), result.Dmarc!.Record.Word(), result.TlsRpt!.Status.Word()));
        Assert.Null(result.Wildcard!.Records);
    }

    [Fact]
    public async Task AWildcardIsProbedOnlyWhereNoNeighbourDisprovesIt()
    {
        string control = $"{ControlName.LabelFor(Name)}.{Name}";
        var plain = new FakeResolver().Mx(Name, 0, "mx.example.net").Txt($"_dmarc.{Name}", "v=DMARC1; p=none");
        Assert.Empty((await Scan(plain)).Wildcard!.Records!);
        Assert.DoesNotContain(plain.Asked, q => q.Name == control);

        var wildcard = new FakeResolver().Mx(Name, 0, "mx.example.net");
        foreach (string label in (string[])["_dmarc", "_mta-sts", "_smtp._tls"]) wildcard.Txt($"{label}.{Name}", "v=DMARC1; p=none");
        wildcard.Txt(control, "v=DMARC1; p=none");
        Assert.Equal(["dmarc"], (await Scan(wildcard)).Wildcard!.Records);

        var silent = new FakeResolver().Mx(Name, 0, "mx.example.net").Txt($"_dmarc.{Name}", "v=DMARC1; p=none").Txt($"_mta-sts.{Name}", "x").Fail(control, DnsRecordType.Txt, DnsStatus.Timeout);
        Assert.Null((await Scan(silent)).Wildcard!.Records);
    }

    [Fact]
    public async Task TheEvidenceHoldsEveryAnswerOnce()
    {
        var zone = new FakeResolver().Mx(Name, 0, "mx.example.net").Txt(Name, "v=spf1 include:spf.example.net -all").Txt("spf.example.net", "v=spf1 -all");
        var result = await Scan(zone, configure: o => o with { Checks = ScanChecks.All });
        var held = result.Evidence!.Own.Concat(result.Evidence.Shared).Select(a => a.Question).ToList();
        Assert.Equal(zone.Asked.Distinct().OrderBy(q => q.ToString()), held.OrderBy(q => q.ToString()));
        Assert.Contains(result.Evidence.Shared, a => a.Question.Name == "spf.example.net");
    }

    [Fact]
    public async Task DaneAndDnssecSayNothingWithoutTrust()
    {
        var zone = new FakeResolver().Mx(Name, 0, "mx.example.net").A("mx.example.net", "8.8.8.8").Signed("com", "net");
        var result = await Scan(zone, configure: o => o with { Checks = ScanChecks.All, AdTrusted = false });
        Assert.Equal(("unknown", "unknown"), (result.Dane!.Status.Word(), result.Dnssec!.State.Word()));
        result = await Scan(zone, configure: o => o with { Checks = ScanChecks.All, AdTrusted = true });
        Assert.Equal(("none", "secure"), (result.Dane!.Status.Word(), result.Dnssec!.State.Word()));
    }

    [Theory]
    [InlineData("127.0.0.1", false, true, null)]
    [InlineData("::1", false, true, null)]
    [InlineData("192.0.2.53", false, true, "not trusted")]
    [InlineData("192.0.2.53", true, true, null)]
    [InlineData("127.0.0.1", false, false, "does not validate")]
    [InlineData("192.0.2.53", true, false, "does not validate")]
    public void WhenTheAdBitCounts(string resolver, bool vouched, bool validates, string? reason)
    {
        var options = Options() with { Resolvers = [new IPEndPoint(IPAddress.Parse(resolver), 53)], TrustAd = vouched };
        string? why = AdTrust.WhyNot(options, [new Scanner.Dns.Resolve.ResolverProbe(resolver, true, DnsStatus.Ok, 1, null) { Validates = validates }]);
        if (reason is null) Assert.Null(why);
        else Assert.Contains(reason, why, StringComparison.Ordinal);
    }

    // Names take over the clock of the one before, which must not run on.
    [Fact]
    public async Task Each_name_has_the_whole_of_its_time()
    {
        var zone = new SometimesSilent();
        var scanner = new DomainScanner(zone, zone, Options() with { NameDeadlineSeconds = 0.5 }, TimeProvider.System);
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(DnsStatus.Nodata, (await ScanAsync("answered.example")).Mx!.Answer.Status);
            await Task.Delay(TimeSpan.FromSeconds(0.6), TestContext.Current.CancellationToken);
            Assert.Equal(DnsStatus.Nodata, (await ScanAsync("after.example")).Mx!.Answer.Status);
            Assert.Equal(DnsStatus.Timeout, (await ScanAsync("silent.example")).Mx!.Answer.Status);
        }

        Task<DomainResult> ScanAsync(string name) => scanner.ScanAsync(Listed(name), TestContext.Current.CancellationToken);
    }

    /// <summary>Does not answer for names that say so, and for the others only when it may.</summary>
    private sealed class SometimesSilent : IResolver
    {
        public async ValueTask<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (question.Name.EndsWith("silent.example", StringComparison.Ordinal)) await Task.Delay(Timeout.Infinite, cancellationToken);
            return DnsAnswer.Without(question, DnsStatus.Nodata);
        }
    }

    private static ListedName Listed(string name) => NameNormaliser.Normalise(name, 1, PublicSuffixList.Embedded, out _)!;

    private static ScanOptions Options() => new()
    {
        List = new Scanner.Input.ListOptions { Source = "test" },
        Output = "",
        Resolvers = [],
        PolicyFetch = new PolicyFetchOptions { UserAgent = "test" },
        SpfLevel = SpfEvalLevel.Tree,
    };

    private static Task<DomainResult> Scan(FakeResolver zone, string name = Name, Func<ScanOptions, ScanOptions>? configure = null) =>
        new DomainScanner(zone, zone, (configure ?? (o => o))(Options()), TimeProvider.System).ScanAsync(Listed(name), TestContext.Current.CancellationToken);
}
