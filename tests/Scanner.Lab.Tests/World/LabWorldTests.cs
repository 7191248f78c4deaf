using Scanner.Dns;
using Scanner.Lab.World;

namespace Scanner.Lab.Tests.World;

public class LabWorldTests
{
    static readonly LabWorld World = new(new Cast(CastFile.Parse(new StringReader("""
        infra: zone.lab
        why: a zone with one of each
          @             TXT "apex"
          a.b.c         TXT "deep"
          chain         CNAME link.zone.lab
          link          CNAME a.b.c.zone.lab
          dangling      CNAME nowhere.zone.lab
          loop          CNAME pool.zone.lab
          pool          CNAME loop.zone.lab
          out           CNAME mail.other.lab
          *.wild        TXT "made"
          exists.wild   TXT "own"
          below.e.wild  TXT "deeper"
          broken        nxdomain
          below.broken  TXT "still here"
          sick          fault TXT refused
          tosick        CNAME sick.zone.lab
        infra: x.y.other.lab
        why: a zone two labels below another
          @  TXT "x"
        infra: other.lab
        why: the other
          mail  TXT "there"
        infra: silent.lab
        why: nothing answers
          ** fault * silent
          @  fault MX late
        infra: suffix.lab open
        why: a suffix: names below belong to the population
          @  exists
        infra: inner.suffix.lab
        why: but this one does not
          @  TXT "inner"
        """), "test.cast")), new Population(new PopulationOptions()));

    static string Answer(string name, DnsRecordType type = DnsRecordType.Txt)
    {
        LabDnsResponse response = World.Resolve(name, type);
        Assert.All(response.Answers.OfType<TxtRecord>(), t => Assert.Equal(response.Answers.OfType<CnameRecord>().LastOrDefault()?.Target ?? name, t.Owner));
        return $"{response.Rcode} {string.Join(' ', response.Answers.Select(r => r is TxtRecord t ? t.Text : "->" + ((CnameRecord)r).Target.Split('.')[0]))}".Trim();
    }

    [Theory]
    [InlineData("zone.lab", "0 apex", "a record")]
    [InlineData("a.b.c.zone.lab", "0 deep", "a record further down")]
    [InlineData("b.c.zone.lab", "0", "an empty non-terminal exists (RFC 8020 §2)")]
    [InlineData("c.zone.lab", "0", "another")]
    [InlineData("z.c.zone.lab", "3", "a name that is not there")]
    [InlineData("chain.zone.lab", "0 ->link ->a deep", "two links, CNAMEs first")]
    [InlineData("dangling.zone.lab", "3 ->nowhere", "the RCODE is the last name's (RFC 6604 §3)")]
    [InlineData("loop.zone.lab", "0 ->pool ->loop", "a loop ends where it began")]
    [InlineData("out.zone.lab", "0 ->mail there", "into another zone")]
    [InlineData("any.wild.zone.lab", "0 made", "a wildcard makes the name")]
    [InlineData("two.labels.wild.zone.lab", "0 made", "of any depth (RFC 4592 §3.3)")]
    [InlineData("exists.wild.zone.lab", "0 own", "what exists is not covered")]
    [InlineData("sub.exists.wild.zone.lab", "3", "nor is what is below it (RFC 4592 §2.2.1)")]
    [InlineData("e.wild.zone.lab", "0", "nor an empty non-terminal")]
    [InlineData("wild.zone.lab", "0", "nor the name above the asterisk")]
    [InlineData("broken.zone.lab", "3", "a server that breaks RFC 8020")]
    [InlineData("below.broken.zone.lab", "0 still here", "and has something there")]
    [InlineData("y.other.lab", "0", "what leads to a deeper zone exists")]
    [InlineData("z.other.lab", "3", "what does not, does not")]
    [InlineData("_dmarc.suffix.lab", "3", "an open zone speaks for its underscore names")]
    [InlineData("inner.suffix.lab", "0 inner", "a zone below an open one is its own")]
    public void AnswersLikeAnAuthority(string name, string answer, string why) => Assert.True(answer == Answer(name), $"{why}: {Answer(name)}");

    [Fact]
    public void NodataIsForTheOtherTypes() => Assert.Equal((0, 0), (World.Resolve("zone.lab", DnsRecordType.Mx).Rcode, World.Resolve("zone.lab", DnsRecordType.Mx).Answers.Count));

    [Fact]
    public void TheCnameItselfCanBeAskedFor() =>
        Assert.Equal([new CnameRecord("chain.zone.lab", 300, "link.zone.lab")], World.Resolve("chain.zone.lab", DnsRecordType.Cname).Answers);

    [Theory]
    [InlineData("sick.zone.lab", DnsRecordType.Txt, LabDnsFault.Refused)]
    [InlineData("sick.zone.lab", DnsRecordType.Mx, LabDnsFault.None)]
    [InlineData("tosick.zone.lab", DnsRecordType.Txt, LabDnsFault.Refused)]
    [InlineData("silent.lab", DnsRecordType.Txt, LabDnsFault.Silent)]
    [InlineData("silent.lab", DnsRecordType.Mx, LabDnsFault.Late)]
    [InlineData("_dmarc.silent.lab", DnsRecordType.Txt, LabDnsFault.Silent)]
    public void Faults(string name, DnsRecordType type, LabDnsFault fault) => Assert.Equal(fault, World.Resolve(name, type).Fault);

    [Fact]
    public void NamesBelowAnOpenZoneAreDrawn()
    {
        Assert.Null(World.Cast.Zone("drawn.suffix.lab"));
        Assert.NotNull(World.Cast.Zone("suffix.lab"));
        Assert.NotNull(World.Cast.Zone("mta-sts.suffix.lab"));
        Assert.NotNull(World.Cast.Zone("_smtp._tls.suffix.lab"));
        Assert.Null(World.Cast.Zone("_dmarc.drawn.suffix.lab"));
    }

    /// <summary>More than the 16 links at which a resolver gives up come in one answer, and yet it ends.</summary>
    [Fact]
    public void ALongChainIsCutSomewhereBehindSixteen()
    {
        LabDnsResponse eighteen = new LabWorld().Resolve("_dmarc.dns-cname-long.lab", DnsRecordType.Txt);
        Assert.Equal((18, 1), (eighteen.Answers.OfType<CnameRecord>().Count(), eighteen.Answers.OfType<TxtRecord>().Count()));
    }
}
