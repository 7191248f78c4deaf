using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scanner.Dns;
using Scanner.Resolve;

namespace Scanner.Tests.Resolve;

/// <summary>Evidence is worth what comes back from it.</summary>
public sealed class AnswerTextTests
{
    private const string Owner = "x.example";

    [Fact]
    public void TheFormIsAsDocumented()
    {
        Assert.Equal("_dmarc.x.example TXT ok\n\"v=DMARC1; p=none\"\n\"a\\\"b\\\\\" \"\\000\\255\"", AnswerText.Format(new DnsAnswer
        {
            Question = new DnsQuestion("_dmarc.x.example", DnsRecordType.Txt),
            Status = DnsStatus.Ok,
            Records = [TxtRecord.FromText(Owner, 60, "v=DMARC1; p=none"), TxtRecord.FromText(Owner, 60, "a\"b\\", "\0\u00FF")],
        }));
        Assert.Equal("x.example MX nxdomain dnssec ad cname=gone.example",
            AnswerText.Format(DnsAnswer.Without(new DnsQuestion(Owner, DnsRecordType.Mx, Dnssec: true), DnsStatus.Nxdomain) with { AuthenticData = true, CnameTarget = "gone.example" }));
    }

    [Fact]
    public void EveryStatusTypeAndFlagComesBack()
    {
        foreach (var status in Enum.GetValues<DnsStatus>().Where(s => s != DnsStatus.Ok))
            foreach (var type in Enum.GetValues<DnsRecordType>().Append((DnsRecordType)65))
                foreach (bool flag in (bool[])[false, true])
                    SameAgain(DnsAnswer.Without(new DnsQuestion(Owner, type, flag), status) with { AuthenticData = flag, NameDenied = flag, CnameTarget = flag ? @"odd\032name.example" : null });
    }

    [Fact]
    public void EveryKindOfRecordComesBack()
    {
        SameAgain(DnsRecordType.Mx, new MxRecord(Owner, 0, 0, "."), new MxRecord(Owner, 0, 65535, @"a\.b.example"));
        SameAgain(DnsRecordType.A, new AddressRecord(Owner, 0, IPAddress.Parse("192.0.2.1")));
        SameAgain(DnsRecordType.Aaaa, new AddressRecord(Owner, 0, IPAddress.Parse("2001:db8::1")));
        SameAgain(DnsRecordType.Soa, new SoaRecord(Owner, 0, "ns.example", 4_000_000_000));
        SameAgain(DnsRecordType.Ns, new NsRecord(Owner, 0, "ns.example"));
        SameAgain(DnsRecordType.Ptr, new PtrRecord(Owner, 0, "p.example"));
        SameAgain(DnsRecordType.Cname, new CnameRecord(Owner, 0, "c.example"));
        SameAgain(DnsRecordType.Tlsa, new TlsaRecord(Owner, 0, 3, 1, 1, new byte[] { 0, 255 }), new TlsaRecord(Owner, 0, 0, 0, 0, Array.Empty<byte>()));
        SameAgain(DnsRecordType.Txt, new TxtRecord(Owner, 0, []), TxtRecord.FromText(Owner, 0, ""), TxtRecord.FromText(Owner, 0, "\n", "\"", new string('x', 255)));
    }

    [Fact]
    public void AnyOctetsComeBackAndAnyTextIsReadOrRefused() => Prop.ForAll<byte[][], string>((strings, junk) =>
    {
        SameAgain(DnsRecordType.Txt, TxtRecord.FromText(Owner, 0, [.. strings.Select(s => Encoding.Latin1.GetString(s.AsSpan(0, Math.Min(255, s.Length))))]));
        _ = AnswerText.TryParse(junk ?? "", out _);
        _ = AnswerText.TryParse("x TXT ok\n" + junk, out _);
        return true;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("x.example")]
    [InlineData("x.example TXT fine")]
    [InlineData("x.example WHAT ok")]
    [InlineData("x.example 16 ok\n\"a\"")]
    [InlineData("x.example TXT ok")] // ok takes a record
    [InlineData("x.example TXT nodata\n\"a\"")]
    [InlineData("x.example TXT ok later-flag\n\"a\"")]
    [InlineData("x.example TXT ok\n\"a")]
    [InlineData("x.example TXT ok\n\"a\"\"b\"")]
    [InlineData("x.example TXT ok\n\"\\999\"")]
    [InlineData("x.example A ok\n2001:db8::1")]
    [InlineData("x.example MX ok\n70000 mx.example")]
    [InlineData("x.example TLSA ok\n3 1 1 abc")]
    public void WhatIsNotOursIsRefused(string text) => Assert.False(AnswerText.TryParse(text, out _));

    private static void SameAgain(DnsRecordType type, params DnsRecord[] records) =>
        SameAgain(new DnsAnswer { Question = new DnsQuestion(Owner, type), Status = DnsStatus.Ok, Records = records });

    private static void SameAgain(DnsAnswer answer)
    {
        string text = AnswerText.Format(answer);
        Assert.True(AnswerText.TryParse(text, out var back), text);
        Assert.Equal(text, AnswerText.Format(back));
        Assert.Equal((answer.Question, answer.Status, answer.CnameTarget, answer.AuthenticData, answer.NameDenied), (back.Question, back.Status, back.CnameTarget, back.AuthenticData, back.NameDenied));
        Assert.True(AnswerText.TryParse(AnswerText.Format(answer with { Tries = 3 }, withTries: true), out var counted));
        Assert.Equal(3, counted.Tries);
        Assert.Equal(answer.Records.Select(Data), back.Records.Select(Data));

        static object Data(DnsRecord record) => record switch
        {
            TxtRecord txt => string.Join('|', txt.Strings.Select(s => Convert.ToHexString(s.Span))),
            TlsaRecord tlsa => (tlsa.Usage, tlsa.Selector, tlsa.MatchingType, Convert.ToHexString(tlsa.Data.Span)),
            _ => record with { Owner = "", Ttl = 0 },
        };
    }
}
