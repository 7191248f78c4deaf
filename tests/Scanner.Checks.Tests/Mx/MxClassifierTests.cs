using System.Net;
using Scanner.Checks.Mx;
using Scanner.Dns;
using Scanner.TestSupport;

namespace Scanner.Checks.Tests.Mx;

public class MxClassifierTests
{
    private const string Name = "example.com";

    // classification.md 3.3, rows 4 to 7. Each target is "preference host".
    [Theory]
    [InlineData(MxClass.NullMx, "", "0 .")]
    [InlineData(MxClass.NullMx, "", "0 .", "0 .")] // identical records are one
    [InlineData(MxClass.NullMx, "null_mx_pref", "10 .")]
    [InlineData(MxClass.MxNoService, "null_mx_mixed", "0 .", "10 .")]
    [InlineData(MxClass.MxNoService, "null_mx_mixed", "0 .", "10 localhost")]
    [InlineData(MxClass.MxPresent, "null_mx_mixed", "0 .", "10 mx.example.com")]
    [InlineData(MxClass.MxNoService, "", "0 localhost")]
    [InlineData(MxClass.MxNoService, "", "0 127.0.0.1")]
    [InlineData(MxClass.MxNoService, "", "10 mail", "20 mx.example.test")]
    [InlineData(MxClass.MxPresent, "", "10 mail", "20 mx.example.com")]
    [InlineData(MxClass.MxPresent, "", "10 mx1.example.com", "20 mx2.example.com")]
    [InlineData(MxClass.MxPresent, "", "10 _dc-mx.0a1b.example.com")]
    public void Targets(MxClass expected, string quirks, params string[] targets)
    {
        var resolver = new FakeResolver();
        foreach (string[] target in targets.Select(t => t.Split(' '))) resolver.Mx(Name, int.Parse(target[0], System.Globalization.CultureInfo.InvariantCulture), target[1]);

        var result = MxClassifier.Classify(resolver.Query(Name, DnsRecordType.Mx));

        Assert.Equal(expected, result.Class);
        Assert.Equal(quirks, string.Join(',', result.Quirks.Select(q => q.Word())));
    }

    // Rows 1 to 3. Every status that is not an answer is unknown, never "no mail".
    [Fact]
    public void EveryStatusOfTheMxQuestion()
    {
        foreach (var status in Enum.GetValues<DnsStatus>().Where(s => s is not (DnsStatus.Ok or DnsStatus.Nodata)))
        {
            var result = MxClassifier.Classify(DnsAnswer.Without(new DnsQuestion(Name, DnsRecordType.Mx), status));
            var expected = status switch
            {
                DnsStatus.Nxdomain => MxClass.Nxdomain,
                DnsStatus.NameTooLong => MxClass.InvalidName,
                _ => MxClass.Unknown,
            };
            Assert.True(expected == result.Class, $"{status} gave {result.Class}");
            Assert.Equal(expected == MxClass.Unknown ? null : false, result.RunsMail);
        }
    }

    // Rows 11 to 13. "-" is nodata, "?" a failure, anything else an address.
    [Theory]
    [InlineData("8.8.8.8", "-", MxClass.ImplicitMx)]
    [InlineData("-", "2001:4860::1", MxClass.ImplicitMx)]
    [InlineData("8.8.8.8", "?", MxClass.ImplicitMx)]
    [InlineData("?", "2001:4860::1", MxClass.ImplicitMx)]
    [InlineData("-", "-", MxClass.NoMail)]
    [InlineData("127.0.0.1", "-", MxClass.NoMail)]
    [InlineData("10.0.0.1", "fe80::1", MxClass.NoMail)]
    [InlineData("?", "-", MxClass.Unknown)]
    [InlineData("-", "?", MxClass.Unknown)]
    [InlineData("127.0.0.1", "?", MxClass.Unknown)]
    [InlineData("?", "?", MxClass.Unknown)]
    public void NoMxRecords(string a, string aaaa, MxClass expected)
    {
        var mx = DnsAnswer.Without(new DnsQuestion(Name, DnsRecordType.Mx), DnsStatus.Nodata);

        var result = MxClassifier.Classify(mx, Addresses(a, DnsRecordType.A), Addresses(aaaa, DnsRecordType.Aaaa));

        Assert.Equal(expected, result.Class);
    }

    [Fact]
    public void NoMxRecordsAndNobodyAskedForAddresses() =>
        Assert.Equal(MxClass.Unknown, MxClassifier.Classify(DnsAnswer.Without(new DnsQuestion(Name, DnsRecordType.Mx), DnsStatus.Nodata)).Class);

    [Fact]
    public void OneAddressAnswerIsNotEnoughToSayThereIsNone()
    {
        var mx = DnsAnswer.Without(new DnsQuestion(Name, DnsRecordType.Mx), DnsStatus.Nodata);
        Assert.Equal(MxClass.Unknown, MxClassifier.Classify(mx, Addresses("-", DnsRecordType.A)).Class);
        Assert.Equal(MxClass.Unknown, MxClassifier.Classify(mx, aaaa: Addresses("-", DnsRecordType.Aaaa)).Class);
        Assert.Equal(MxClass.ImplicitMx, MxClassifier.Classify(mx, Addresses("8.8.8.8", DnsRecordType.A)).Class);
    }

    // classification.md 3.4: the denominator "mail", class by class.
    [Theory]
    [InlineData(MxClass.MxPresent, true)]
    [InlineData(MxClass.MxOk, true)]
    [InlineData(MxClass.MxDangling, true)]
    [InlineData(MxClass.MxUnverified, true)]
    [InlineData(MxClass.Unknown, null)]
    [InlineData(MxClass.InvalidName, false)]
    [InlineData(MxClass.Nxdomain, false)]
    [InlineData(MxClass.NullMx, false)]
    [InlineData(MxClass.MxNoService, false)]
    [InlineData(MxClass.ImplicitMx, false)]
    [InlineData(MxClass.NoMail, false)]
    public void RunsMail(MxClass mxClass, bool? expected) => Assert.Equal(
        expected, new MxResult { Class = mxClass, Answer = DnsAnswer.Without(new DnsQuestion(Name, DnsRecordType.Mx), DnsStatus.Ok) }.RunsMail);

    [Fact]
    public void AnAnswerWithoutTheRecordsItClaimsIsUnknown() =>
        Assert.Equal(MxClass.Unknown, MxClassifier.Classify(DnsAnswer.Without(new DnsQuestion(Name, DnsRecordType.Mx), DnsStatus.Ok)).Class);

    [Fact]
    public void TargetsAreSortedByPreferenceThenName()
    {
        var mx = new FakeResolver().Mx(Name, 20, "b.example.net").Mx(Name, 20, "a.example.net").Mx(Name, 5, "z.example.net").Query(Name, DnsRecordType.Mx);

        Assert.Equal(["5 z.example.net", "20 a.example.net", "20 b.example.net"],
            MxClassifier.Classify(mx).Targets.Select(t => $"{t.Preference} {t.Host}"));
    }

    [Fact]
    public void InvalidNameKeepsTheAnswerThatStandsForTheQuestionNotAsked()
    {
        var answer = DnsAnswer.Without(new DnsQuestion("a..b", DnsRecordType.Mx), DnsStatus.NotQueried);

        var result = MxClassifier.InvalidName(answer);

        Assert.Equal(MxClass.InvalidName, result.Class);
        Assert.Same(answer, result.Answer);
        Assert.False(result.RunsMail);
    }

    private static DnsAnswer Addresses(string text, DnsRecordType type)
    {
        var question = new DnsQuestion(Name, type);
        return text switch
        {
            "-" => DnsAnswer.Without(question, DnsStatus.Nodata),
            "?" => DnsAnswer.Without(question, DnsStatus.Servfail),
            _ => new DnsAnswer { Question = question, Status = DnsStatus.Ok, Records = [new AddressRecord(Name, 60, IPAddress.Parse(text))] },
        };
    }
}
