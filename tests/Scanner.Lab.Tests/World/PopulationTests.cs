using System.Text;
using Scanner.Dns;
using Scanner.Lab.World;

namespace Scanner.Lab.Tests.World;

public class PopulationTests
{
    static readonly Population Default = new(new PopulationOptions());

    /// <summary>The published shares come out, each within four standard errors of its parameter: over 200,000 fixed names, so this
    /// passes always or never.</summary>
    [Fact]
    public void SharesAreTheParameters()
    {
        var options = new PopulationOptions();
        NameDraw[] all = [.. Enumerable.Range(0, 200_000).Select(i => Default.Draw($"name{i}.com"))];
        NameDraw[] mail = [.. all.Where(d => d.Mx is { RunsMail: true })];
        NameDraw[] sts = [.. mail.Where(d => d.MtaSts is not null)];
        NameDraw[] noMail = [.. all.Where(d => d.Exists && d.Mx is { RunsMail: false })];

        Near(options.Dead, all, d => !d.Exists, "dead");
        Near(options.RunsMail, all, d => d.Mx is { RunsMail: true }, "runs mail");
        Near(options.NullMx, all, d => d.Mx?.Class == "null_mx", "null MX");
        Near(options.NoService, all, d => d.Mx?.Class == "mx_no_service", "no service");
        Near(options.ImplicitMx, all, d => d.Mx?.Class == "implicit_mx", "implicit MX");
        Near(options.Spf, mail, HasSpf, "SPF");
        Near(options.Dmarc, mail, HasDmarc, "DMARC");
        Near(options.Enforcing, mail, d => d.Dmarc is { EnfP: true }, "enforcing");
        Near(options.MtaSts, mail, d => d.MtaSts is not null, "MTA-STS");
        Near(0.70, sts, d => d.MtaSts!.Status is "valid_enforce" or "valid_testing", "working MTA-STS");
        Near(options.TlsRptWithMtaSts, sts, d => d.TlsRpt is not null, "TLS-RPT");
        Near(options.SpfWithoutMail, noMail, HasSpf, "SPF without mail");
        Near(options.DmarcWithoutMail, noMail, HasDmarc, "DMARC without mail");

        // Independent streams: SPF tells nothing of DMARC.
        Near(options.Dmarc, [.. mail.Where(HasSpf)], HasDmarc, "DMARC of those with SPF");

        static bool HasSpf(NameDraw d) => d.Spf is { Status: not "none" };
        static bool HasDmarc(NameDraw d) => d.Dmarc is { State: not "absent" };
        static void Near(double share, NameDraw[] names, Func<NameDraw, bool> has, string what)
        {
            double found = (double)names.Count(has) / names.Length;
            double error = Math.Sqrt(share * (1 - share) / names.Length);
            Assert.True(Math.Abs(found - share) < 4 * error, $"{what}: {found:P2} of {names.Length}, the parameter is {share:P2}");
        }
    }

    /// <summary>The draws are part of the published interface: a list scanned elsewhere has the same truth.</summary>
    [Fact]
    public void DrawsAreTheSameOnEveryMachine()
    {
        var answers = new StringBuilder();
        foreach (string name in (string[])["alpha.com", "beta.org", "gamma.co.uk", "delta.de", "epsilon.net", "zeta.io"])
            answers.Append(Default.Draw(name).Mx?.Class ?? "dead").Append(' ').Append(Default.Draw(name).Dmarc?.State ?? "-").Append(' ').Append(Default.Draw(name).Bits % 1000).Append('|');
        Assert.Equal("mx_present valid 627|mx_present - 627|mx_present - 86|mx_present - 96|mx_present valid 551|mx_present valid 527|", answers.ToString());
    }

    [Fact]
    public void AnotherSeedIsAnotherWorld()
    {
        var same = new Population(new PopulationOptions());
        var other = new Population(new PopulationOptions { Seed = 2 });
        string[] names = [.. LabList.Names(1000)];
        Assert.All(names, n => Assert.Equal(Default.Draw(n), same.Draw(n)));
        Assert.True(names.Count(n => Default.Draw(n).Dmarc != other.Draw(n).Dmarc) > 300);
    }

    [Theory]
    [InlineData("com", 0, "a top-level domain exists")]
    [InlineData("de", 0, "two letters")]
    [InlineData("xn--p1ai", 0, "an internationalised one")]
    [InlineData("localdomain", 3, "no top-level domain")]
    [InlineData("co.uk", 0, "a second level that is a registry")]
    [InlineData("_domainkey.alpha.com", 3, "an underscore name of nobody")]
    public void NamesWithoutDraw(string name, int rcode, string why)
    {
        foreach (DnsRecordType type in (DnsRecordType[])[DnsRecordType.Mx, DnsRecordType.Txt, DnsRecordType.A])
            Assert.True(Default.Resolve(name, type) is { Answers.Count: 0 } r && r.Rcode == rcode, why);
        Assert.Equal(3, Default.Resolve("_dmarc." + name, DnsRecordType.Txt).Rcode);
    }

    [Fact]
    public void ADeadNameHasNothing()
    {
        string dead = LabList.Names(1000).First(n => !Default.Draw(n).Exists);
        foreach (string prefix in (string[])["", "_dmarc.", "_mta-sts.", "_smtp._tls.", "_tls.", "mta-sts."])
            Assert.Equal(3, Default.Resolve(prefix + dead, DnsRecordType.Txt).Rcode);
        Assert.Null(Default.PolicyHost("mta-sts." + dead));
    }

    /// <summary>Every kind of set-up is served as its template says: addresses by connection, a body with the name's own MX hosts.</summary>
    [Fact]
    public void PolicyHostsServeTheirTemplate()
    {
        string[] names = [.. Enumerable.Range(0, 120_000).Select(i => $"sts{i}.com").Where(n => Default.Draw(n).MtaSts is not null)];
        foreach (string name in names)
        {
            NameDraw draw = Default.Draw(name);
            LabDnsResponse address = Default.Resolve("mta-sts." + name, DnsRecordType.A);
            LabPolicyHost? host = Default.PolicyHost("mta-sts." + name);
            Assert.Equal(draw.MtaSts!.Host is null, host is null);
            Assert.NotEmpty(Default.Resolve("_mta-sts." + name, DnsRecordType.Txt).Answers);
            if (host is null) continue;
            Assert.Equal(LabAddresses.Of(host.Connection), Assert.IsType<AddressRecord>(Assert.Single(address.Answers)).Address);
            string body = Encoding.Latin1.GetString(host.Body);
            Assert.DoesNotContain("{mx}", body, StringComparison.Ordinal);
            if (draw.MtaSts.Mode is not ("enforce" or "testing")) continue;

            // RFC 8461 §4.1, worked out again: does a pattern name the host, or "*." and the host without its first label?
            string[] patterns = [.. body.Split("\r\n").Where(l => l.StartsWith("mx: ", StringComparison.Ordinal)).Select(l => l[4..])];
            string[] hosts = [.. Default.Resolve(name, DnsRecordType.Mx).Answers.Cast<MxRecord>().Select(m => m.Exchange)];
            int matched = hosts.Count(h => patterns.Contains(h) || patterns.Contains("*." + DomainName.Parent(h)));
            Assert.Equal(new LabTruth(new LabWorld()).Expect(name, name)["mtasts_mx_match"], matched == hosts.Length ? "all" : matched > 0 ? "some" : "none");
        }
        Assert.Equal(PopulationTemplates.MtaSts.Rows.Count(), names.Select(n => Default.Draw(n).MtaSts).Distinct().Count());
    }

    [Fact]
    public void TextsCarryTheNameAndTwoDifferentIncludes()
    {
        foreach (string name in LabList.Names(3000))
            foreach (TxtRecord txt in Default.Resolve(name, DnsRecordType.Txt).Answers.Concat(Default.Resolve("_dmarc." + name, DnsRecordType.Txt).Answers).Cast<TxtRecord>())
            {
                Assert.DoesNotMatch("\\{(name|ip4|inc1|inc2)\\}", txt.Text);
                string[] includes = [.. txt.Text.Split(' ').Where(t => t.StartsWith("include:", StringComparison.Ordinal))];
                Assert.Equal(includes.Length, includes.Distinct().Count());
            }
    }

    [Fact]
    public void EveryTemplateOfSpfAndDmarcIsMet()
    {
        NameDraw[] draws = [.. Enumerable.Range(0, 100_000).Select(i => Default.Draw($"n{i}.net"))];
        Assert.Superset(PopulationTemplates.Spf.Rows.ToHashSet(), draws.Select(d => d.Spf).OfType<SpfTemplate>().ToHashSet());
        Assert.Superset(PopulationTemplates.Enforcing.Rows.Concat(PopulationTemplates.Lax.Rows).ToHashSet(), draws.Select(d => d.Dmarc).OfType<DmarcTemplate>().ToHashSet());
    }

    [Theory]
    [InlineData(-0.1, 0.5, 0.2)]
    [InlineData(0.78, 1.1, 0.2)]
    [InlineData(0.99, 0.5, 0.2)]
    [InlineData(0.78, 0.2, 0.3)]
    [InlineData(double.NaN, 0.5, 0.2)]
    public void SharesThatCannotBeAreRefused(double runsMail, double dmarc, double enforcing) =>
        Assert.Throws<ArgumentException>(() => new Population(new PopulationOptions { RunsMail = runsMail, Dmarc = dmarc, Enforcing = enforcing }));
}
