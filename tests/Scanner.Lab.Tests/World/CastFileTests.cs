using System.Text;
using Scanner.Dns;
using Scanner.Lab.World;

namespace Scanner.Lab.Tests.World;

public class CastFileTests
{
    static IReadOnlyList<CastEntry> Parse(string text) => CastFile.Parse(new StringReader(text), "x.cast");

    static CastEntry One(string records) => Parse($"infra: x.lab\nwhy: a test\n{records}\n")[0];

    [Fact]
    public void ReadsAWholeEntry()
    {
        CastEntry entry = Parse("""
            # a comment
            name: x.lab
            why: one
            why: and two
              @       MX 10 mx1.@
              @       MX 0 .
              _dmarc  CNAME d.other.lab
              @       A 11.0.0.1
              @       AAAA 2600::1
              @       fault TXT servfail
            expect: mx_class=mx_present runs_mail=true
            expect: spf_near_miss=null
            """)[0];

        Assert.Equal(("x.lab", true, false, "one and two", "x.cast:2"), (entry.Name, entry.IsListed, entry.IsOpen, entry.Why, entry.Where));
        Assert.Equal([new MxRecord("x.lab", 300, 10, "mx1.x.lab"), new MxRecord("x.lab", 300, 0, ".")], entry.Nodes["x.lab"].Records[DnsRecordType.Mx]);
        Assert.Equal("d.other.lab", entry.Nodes["_dmarc.x.lab"].Cname);
        Assert.Equal((LabDnsFault.Servfail, LabDnsFault.None), (entry.Nodes["x.lab"].FaultFor(DnsRecordType.Txt), entry.Nodes["x.lab"].FaultFor(DnsRecordType.Mx)));
        Assert.Equal(("true", null), (entry.Expect["runs_mail"], entry.Expect["spf_near_miss"]));
    }

    [Theory]
    [InlineData("@ TXT \"a b\"", "a b", 1)]
    [InlineData("@ TXT \"a\" \"\" \" b\"", "a b", 3)]
    [InlineData("@ TXT \"\\\"q\\\"\"", "\"q\"", 1)]
    [InlineData("@ TXT \"a\\\\b\"", "a\\b", 1)]
    [InlineData("@ TXT \"a\\009b\\255\"", "a\tb\u00FF", 1)]
    [InlineData("@ TXT \"–\"", "\u00E2\u0080\u0093", 1)]
    public void TxtGivesOctets(string record, string text, int strings)
    {
        var txt = (TxtRecord)One("  " + record).Nodes["x.lab"].Records[DnsRecordType.Txt][0];
        Assert.Equal((text, strings), (txt.Text, txt.Strings.Count));
    }

    [Fact]
    public void PolicyHostsHaveBehaviourAndBody()
    {
        CastEntry entry = One("""
              mta-sts  HTTPS connection=tls_stall certificate=no_san http=garbage status=503 type=text/html location=https://a/
                | line one
                |
                > no end\n
            """);
        LabPolicyHost host = entry.Nodes["mta-sts.x.lab"].PolicyHost!;
        Assert.Equal((LabConnection.TlsStall, LabCertificate.NoSan, LabHttp.Garbage, 503, "text/html", "https://a/"),
            (host.Connection, host.Certificate, host.Http, host.Status, host.ContentType, host.Location));
        Assert.Equal("line one\r\n\r\nno end\n", Encoding.Latin1.GetString(host.Body));
        Assert.Equal(LabAddresses.Of(LabConnection.TlsStall), ((AddressRecord)entry.Nodes["mta-sts.x.lab"].Records[DnsRecordType.A][0]).Address);
    }

    [Fact]
    public void ShortPolicy()
    {
        LabPolicyHost host = One("  mta-sts policy enforce a.lab *.b.lab").Nodes["mta-sts.x.lab"].PolicyHost!;
        Assert.Equal("version: STSv1\r\nmode: enforce\r\nmx: a.lab\r\nmx: *.b.lab\r\nmax_age: 604800\r\n", Encoding.Latin1.GetString(host.Body));
    }

    [Theory]
    [InlineData("nonsense", 1, "name, infra, why or expect")]
    [InlineData("  @ A 1.2.3.4", 1, "before the first")]
    [InlineData("why: x", 1, "before the first")]
    [InlineData("name: a b c", 1, "NAME open")]
    [InlineData("name: Big.lab", 1, "lower case")]
    [InlineData("infra: a.lab", 1, "no 'why:'")]
    [InlineData("name: a.lab\nwhy: x", 2, "expects nothing")]
    [InlineData("infra: a.lab\nwhy: x\nexpect: mx_class=null_mx", 3, "not listed")]
    [InlineData("name: a.lab\nwhy: x\nexpect: mx_clas=null_mx", 3, "no column 'mx_clas'")]
    [InlineData("name: a.lab\nwhy: x\nexpect: mx_class=nullmx", 3, "no value of mx_class")]
    [InlineData("name: a.lab\nwhy: x\nexpect: mx_class", 3, "column=value")]
    [InlineData("name: a.lab\nwhy: x\nexpect: mx_class=null_mx mx_class=null_mx", 3, "expected twice")]
    [InlineData("infra: a.lab\nwhy: x\n\n  @ MX mail.lab", 4, "PREFERENCE")]
    [InlineData("infra: a.lab\nwhy: x\n  @ MX 70000 mail.lab", 3, "0 to 65535")]
    [InlineData("infra: a.lab\nwhy: x\n  @ MX 10 mail.lab.", 3, "trailing dot")]
    [InlineData("infra: a.lab\nwhy: x\n  @ MX 10 two words", 3, "blank")]
    [InlineData("infra: a.lab\nwhy: x\n  @ TXT unquoted", 3, "double quotes")]
    [InlineData("infra: a.lab\nwhy: x\n  @ TXT \"open", 3, "not closed")]
    [InlineData("infra: a.lab\nwhy: x\n  @ TXT \"\\x\"", 3, "escape")]
    [InlineData("infra: a.lab\nwhy: x\n  @ TXT \"\\256\"", 3, "escape")]
    [InlineData("infra: a.lab\nwhy: x\n  @ TXT", 3, "at least one string")]
    [InlineData("infra: a.lab\nwhy: x\n  @ A 2600::1", 3, "no address for A")]
    [InlineData("infra: a.lab\nwhy: x\n  @ SRV 1", 3, "no record type")]
    [InlineData("infra: a.lab\nwhy: x\n  @ fault TXT serfail", 3, "servfail")]
    [InlineData("infra: a.lab\nwhy: x\n  @ fault SRV silent", 3, "no type for a fault")]
    [InlineData("infra: a.lab\nwhy: x\n  ** TXT \"a\"", 3, "fault of everything")]
    [InlineData("infra: a.lab\nwhy: x\n  | body", 3, "without an HTTPS record")]
    [InlineData("infra: a.lab\nwhy: x\n  m HTTPS colour=red", 3, "nothing a host has")]
    [InlineData("infra: a.lab\nwhy: x\n  m HTTPS certificate=bad", 3, "wrong_name")]
    [InlineData("infra: a.lab\nwhy: x\n  m policy hard a", 3, "enforce|testing|none")]
    [InlineData("infra: a.lab\nwhy: x\n  m policy none\n  m policy none", 4, "twice")]
    [InlineData("infra: a.lab\nwhy: x\n  @ A 1.2.3.4\n  @ CNAME b.lab", 4, "CNAME only")]
    [InlineData("infra: a.lab\nwhy: x\n  @ CNAME b.lab\n  @ A 1.2.3.4\ninfra: c.lab", 5, "CNAME only")]
    [InlineData("infra: a.lab\nwhy: x\ninfra: a.lab\nwhy: y", 4, "there twice")]
    [InlineData("infra: a.lab open\nwhy: x\n  _dmarc TXT \"v=DMARC1\"", 3, "drop 'open'")]
    public void ErrorsNameFileLineAndFix(string text, int line, string fix)
    {
        var error = Assert.Throws<CastFormatException>(() => Parse(text));
        Assert.StartsWith($"x.cast:{line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(fix, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATooLongStringIsAnError() =>
        Assert.Contains("split it", Assert.Throws<CastFormatException>(() => One($"  @ TXT \"{new string('a', 256)}\"")).Message, StringComparison.Ordinal);

    [Fact]
    public void TheSameNameInTwoFilesIsAnError()
    {
        CastEntry one = CastFile.Parse(new StringReader("infra: a.lab\nwhy: x"), "one.cast")[0];
        CastEntry two = CastFile.Parse(new StringReader("infra: a.lab\nwhy: x"), "two.cast")[0];
        Assert.StartsWith("two.cast:1: a.lab is also at one.cast:1", Assert.Throws<FormatException>(() => new Cast([one, two])).Message, StringComparison.Ordinal);
    }
}
